"""What each field is for, in one sentence, and where that is written.

The keys are Wireshark's names, to be typed into its filter. Each row has what the field is called, the sentence, the
source, and how its number is written in clear.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from chatkit.tcp.segment import Flag


class About(NamedTuple):
    """A row of the table."""

    label: str
    sentence: str
    source: str = ""
    words: Callable[[int], str] | None = None


# ---- how numbers are written ----

ETHER_TYPES = {
    0x0800: "IPv4", 0x0806: "ARP", 0x86DD: "IPv6", 0x8100: "802.1Q tag", 0x88A8: "802.1ad tag", 0x9100: "VLAN tag",
    0x8847: "MPLS", 0x8848: "MPLS multicast", 0x8864: "PPPoE",
}  # fmt: skip
PROTOCOLS = {
    0: "hop-by-hop options", 1: "ICMP", 6: "TCP", 17: "UDP", 43: "routing header", 44: "fragment header",
    51: "authentication header", 58: "ICMPv6", 59: "nothing", 60: "destination options",
}  # fmt: skip
_ECN = ("not ECN-capable", "ECN-capable, ECT(1)", "ECN-capable, ECT(0)", "congestion experienced")
_OPERATIONS = {1: "request", 2: "reply"}
_DIRECTIONS = ("to us", "broadcast", "multicast", "to somebody else", "sent by us")
_FAMILIES = {2: "IPv4", 10: "IPv6 on Linux", 24: "IPv6 on NetBSD", 28: "IPv6 on FreeBSD", 30: "IPv6 on macOS"}
_SHORT_LENGTH = 1500  # up to here an Ethernet type is a length (IEEE 802.3)


def of_bytes(value: int) -> str:
    """`1 byte`, `20 bytes`."""
    return f"{value:,} byte{'s' * (value != 1)}".replace(",", "\u202f")


def _hex(digits: int) -> Callable[[int], str]:
    return lambda value: f"0x{value:0{digits}x}"


def _named(names: Mapping[int, str] | tuple[str, ...], digits: int = 0) -> Callable[[int], str]:
    known = names if isinstance(names, Mapping) else dict(enumerate(names))
    return lambda value: (f"0x{value:0{digits}x}" if digits else str(value)) + _meaning(known, value)


def _meaning(names: Mapping[int, str], value: int) -> str:
    return f": {names[value]}" if value in names else ""


def _type(value: int) -> str:
    return of_bytes(value) + " follow" if value <= _SHORT_LENGTH else _named(ETHER_TYPES, 4)(value)


def _tcp_flags(value: int) -> str:
    return f"0x{value:02x}: {Flag(value & 0xFF) or 'none'}"


def _fragment_flags(value: int) -> str:
    names = [name for bit, name in ((2, "don't fragment"), (1, "more fragments")) if value & bit]
    return f"{value:03b}: {', '.join(names) or 'none set'}"


# ---- the table ----

_8023, _8021Q = "IEEE 802.3, 3.1", "IEEE 802.1Q, 9.6"
_LINKS = "tcpdump.org/linktypes.html"
_ARP, _IP, _IPV6, _TCP = "RFC 826", "RFC 791, 3.1", "RFC 8200, 3", "RFC 9293, 3.1"

ABOUT: dict[str, About] = {
    # Ethernet, and its tags
    "eth.dst": About(
        "Destination MAC",
        "The interface on this link that is to take the frame; ff:ff:ff:ff:ff:ff is everybody.",
        _8023,
    ),
    "eth.src": About(
        "Source MAC", "The interface on this link that sent the frame; it changes at every router.", _8023
    ),
    "eth.type": About("Type", "What the frame carries; up to 1500 it is a length instead.", _8023, _type),
    "vlan.priority": About("Priority", "How urgent a switch should take the frame, from 0 to 7.", _8021Q),
    "vlan.dei": About("Drop eligible", "1 lets a busy switch drop this frame first.", _8021Q),
    "vlan.id": About("VLAN", "Which of the virtual LANs on this cable the frame is on.", _8021Q),
    "vlan.etype": About("Type", "What comes after the tag.", _8021Q, _type),
    "link": About(
        "More link headers", "MPLS labels, PPPoE or LLC stand between the link's own header and IP's.", _LINKS
    ),
    "eth.padding": About(
        "Padding",
        "Fills a frame to Ethernet's least size of 60 bytes, or is a trailer; it belongs to nobody's data.",
        "IEEE 802.3, 4.2.3.3",
    ),
    # links without Ethernet
    "null.family": About(
        "Address family",
        "BSD's loopback has no Ethernet header, only this number, in the byte order of its computer.",
        _LINKS,
        _named(_FAMILIES),
    ),
    "sll.pkttype": About(
        "Direction", "Whom the frame was for, as the capturing computer saw it.", _LINKS, _named(_DIRECTIONS)
    ),
    "sll.hatype": About("Hardware type", "What kind of interface it was; 1 is Ethernet, 772 loopback.", _LINKS),
    "sll.halen": About(
        "Address length", "How many of the next eight bytes are the sender's address.", _LINKS, of_bytes
    ),
    "sender": About("Sender's address", "The sender's address on its link, filled up with zeros.", _LINKS),
    "sll.etype": About("Type", "What comes next, by the same numbers as in Ethernet.", _LINKS, _named(ETHER_TYPES, 4)),
    "reserved": About("Reserved", "Always 0.", _LINKS),
    "sll.ifindex": About("Interface", "The number of the interface on the computer that captured it.", _LINKS),
    # ARP
    "arp.hw.type": About("Hardware type", "What kind of link the question is about; 1 is Ethernet.", _ARP),
    "arp.proto.type": About("Protocol type", "What kind of address is asked for.", _ARP, _named(ETHER_TYPES, 4)),
    "arp.hw.size": About("MAC length", "How long an address of the link is.", _ARP, of_bytes),
    "arp.proto.size": About("IP length", "How long an address of the protocol is.", _ARP, of_bytes),
    "arp.opcode": About("Operation", "1 asks who has an address, 2 answers.", _ARP, _named(_OPERATIONS)),
    "arp.src.hw_mac": About(
        "Sender's MAC",
        "The MAC address that goes with the sender's IP address; nobody checks whether that is true.",
        _ARP,
    ),
    "arp.src.proto_ipv4": About("Sender's IP", "The IP address that the sender says it has.", _ARP),
    "arp.dst.hw_mac": About("Target's MAC", "Zeros in a question: this is what is asked for.", _ARP),
    "arp.dst.proto_ipv4": About("Target's IP", "The IP address whose owner is wanted.", _ARP),
    # IPv4
    "ip.version": About("Version", "4 for IPv4.", _IP),
    "ip.hdr_len": About(
        "Header length", "The header's length; in the bits it is counted in words of 4 bytes.", _IP, of_bytes
    ),
    "ip.dsfield.dscp": About("DSCP", "How routers should treat the datagram; 0 is as any other.", "RFC 2474, 3"),
    "ip.dsfield.ecn": About(
        "ECN",
        "A router can say here that it is congested, instead of dropping the datagram.",
        "RFC 3168, 5",
        _named(_ECN),
    ),
    "ip.len": About(
        "Total length",
        "The whole datagram's length, header and payload; what the frame has beyond is padding.",
        _IP,
        of_bytes,
    ),
    "ip.id": About(
        "Identification",
        "The same in all fragments of one datagram, so that they find each other.",
        "RFC 6864",
        _hex(4),
    ),
    "ip.flags": About(
        "Flags", "Whether routers may cut the datagram, and whether more fragments follow.", _IP, _fragment_flags
    ),
    "ip.frag_offset": About(
        "Fragment offset",
        "Where this fragment's bytes belong in the datagram; in the bits it is counted in 8 bytes.",
        _IP,
        of_bytes,
    ),
    "ip.ttl": About("Time to live", "Each router takes one away; at 0 the datagram is thrown away.", _IP),
    "ip.proto": About("Protocol", "What the datagram carries.", "RFC 791, 3.1; IANA", _named(PROTOCOLS)),
    "ip.checksum": About(
        "Header checksum", "Guards this header, and nothing behind it.", "RFC 791, 3.1; RFC 1071", _hex(4)
    ),
    "ip.src": About("Source", "The host that sent the datagram, unless somebody forged it.", _IP),
    "ip.dst": About("Destination", "The host that the datagram is for, over however many links.", _IP),
    "ip.opt.type": About("IP option", "A wish to the routers on the way; most of them ignore it today.", _IP),
    # IPv6
    "ipv6.version": About("Version", "6 for IPv6.", _IPV6),
    "ipv6.tclass.dscp": About("DSCP", "How routers should treat the datagram; 0 is as any other.", "RFC 2474, 3"),
    "ipv6.tclass.ecn": About(
        "ECN",
        "A router can say here that it is congested, instead of dropping the datagram.",
        "RFC 3168, 5",
        _named(_ECN),
    ),
    "ipv6.flow": About(
        "Flow label",
        "The same for all datagrams of a conversation, so that routers send them the same way.",
        "RFC 6437",
        _hex(5),
    ),
    "ipv6.plen": About("Payload length", "How much follows this header, extension headers included.", _IPV6, of_bytes),
    "ipv6.nxt": About("Next header", "What comes next.", _IPV6, _named(PROTOCOLS)),
    "ipv6.hlim": About("Hop limit", "Each router takes one away; at 0 the datagram is thrown away.", _IPV6),
    "ipv6.src": About("Source", "The host that sent the datagram, unless somebody forged it.", _IPV6),
    "ipv6.dst": About("Destination", "The host that the datagram is for, over however many links.", _IPV6),
    "extensions": About(
        "Extension headers",
        "IPv6's options and fragments have headers of their own, between its fixed one and TCP's.",
        "RFC 8200, 4",
    ),
    # TCP
    "tcp.srcport": About("Source port", "Which socket of the sending host it comes from.", _TCP),
    "tcp.dstport": About("Destination port", "Which socket of the receiving host it is for.", _TCP),
    "tcp.seq_raw": About(
        "Sequence number",
        "The number of the first byte of payload in its stream; of a SYN, the number from which its sender counts.",
        "RFC 9293, 3.4",
    ),
    "tcp.ack_raw": About(
        "Acknowledgment number",
        "The next number that the sender expects: everything before it has come.",
        "RFC 9293, 3.4",
    ),
    "tcp.hdr_len": About(
        "Data offset", "Where the payload begins; in the bits it is counted in words of 4 bytes.", _TCP, of_bytes
    ),
    "tcp.flags.res": About("Reserved", "Bits for later; a sender sets them to 0.", _TCP),
    "tcp.flags": About(
        "Control bits",
        "What the segment does: opens (SYN), acknowledges (ACK), ends (FIN), breaks off (RST).",
        _TCP,
        _tcp_flags,
    ),
    "tcp.window_size_value": About(
        "Window",
        "How many bytes more the sender is ready to take, counted from its acknowledgment number.",
        "RFC 9293, 3.8.6; RFC 7323, 2",
    ),
    "tcp.checksum": About(
        "Checksum",
        "Guards header and payload, together with the addresses in IP's header.",
        "RFC 9293, 3.1; RFC 1071",
        _hex(4),
    ),
    "tcp.urgent_pointer": About(
        "Urgent pointer",
        "Where urgent data end; means something only with URG, and nobody should use it.",
        "RFC 9293, 3.1; RFC 6093",
    ),
    "tcp.options.mss_val": About(
        "Maximum segment size",
        "The largest payload that this end wants to get in one segment; rides in a SYN only.",
        "RFC 9293, 3.7.1",
    ),
    "tcp.options.wscale.shift": About(
        "Window scale",
        "By how many bits this end's later window fields are to be shifted to the left; rides in a SYN only.",
        "RFC 7323, 2",
    ),
    "tcp.options.sack_perm": About(
        "SACK permitted", "This end understands selective acknowledgments; rides in a SYN only.", "RFC 2018, 2"
    ),
    "tcp.options.sack": About(
        "SACK blocks",
        "What has come behind a gap: each block from its first number to the one after its last.",
        "RFC 2018, 3",
    ),
    "tcp.options.timestamp": About(
        "Timestamps",
        "The sender's clock, and the last of the other's clock that it saw: a round-trip time in every ACK.",
        "RFC 7323, 3",
    ),
    "tcp.options.nop": About(
        "No operation", "One byte that only fills, so that the next option begins at a word.", "RFC 9293, 3.2"
    ),
    "tcp.options.eol": About("End of options", "Nothing follows but zeros.", "RFC 9293, 3.2"),
    "tcp.options.tfo": About(
        "Fast Open cookie", "Lets a SYN carry data; an empty one asks for a cookie.", "RFC 7413, 4.1"
    ),
    "tcp.options.unknown": About(
        "Other option",
        "An option that is not explained here, or one of a wrong length: a receiver skips it.",
        "RFC 9293, 3.1",
    ),
    # payload, and what is not read
    "chatkit.line": About(
        "Chat line", "The application's own bytes: TCP counts them and does not look into them.", "PROTOCOL.md"
    ),
    "tcp.payload": About(
        "Payload", "The application's own bytes: TCP counts them and does not look into them.", "RFC 9293, 3.1"
    ),
    "data": About("Data", "Bytes that are not read further here."),
}
