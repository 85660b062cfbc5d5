"""The headers of a frame up to TCP's: where each of their fields lies.

    | Ethernet | VLAN tag | ARP, or IPv4 with options, or IPv6 with extensions | ...

The places are those of the pictures in the RFCs; bits are counted from the highest, as there.
"""

from chatkit.capture import link
from chatkit.capture.datagram import Datagram
from chatkit.faces.wire.field import Field, Header, Layer, Place, ip, mac, noted, number, read
from chatkit.faces.wire.field_table import PROTOCOLS, of_bytes
from chatkit.faces.wire.options import IP_OPTIONS, options
from chatkit.lan.checksums import checksum

ETHERNET = Header(
    Layer.LINK,
    "Ethernet",
    (Place("eth.dst", 0, 6, read=mac), Place("eth.src", 6, 6, read=mac), Place("eth.type", 12, 2)),
)
TAG = Header(
    Layer.LINK,
    "VLAN tag (802.1Q)",
    (
        Place("vlan.priority", 0, 2, (0, 3)),
        Place("vlan.dei", 0, 2, (3, 4)),
        Place("vlan.id", 0, 2, (4, 16)),
        Place("vlan.etype", 2, 2),
    ),
)
LOOPBACK = Header(Layer.LINK, "BSD loopback", (Place("null.family", 0, 4, read=lambda data: _family(data)),))
COOKED = Header(
    Layer.LINK,
    "Linux cooked (SLL)",
    (
        Place("sll.pkttype", 0, 2),
        Place("sll.hatype", 2, 2),
        Place("sll.halen", 4, 2),
        Place("sender", 6, 8, read=mac),
        Place("sll.etype", 14, 2),
    ),
)
COOKED_2 = Header(
    Layer.LINK,
    "Linux cooked (SLL2)",
    (
        Place("sll.etype", 0, 2),
        Place("reserved", 2, 2),
        Place("sll.ifindex", 4, 4),
        Place("sll.hatype", 8, 2),
        Place("sll.pkttype", 10, 1),
        Place("sll.halen", 11, 1),
        Place("sender", 12, 8, read=mac),
    ),
)
ARP = Header(
    Layer.NETWORK,
    "ARP",
    (
        Place("arp.hw.type", 0, 2),
        Place("arp.proto.type", 2, 2),
        Place("arp.hw.size", 4, 1),
        Place("arp.proto.size", 5, 1),
        Place("arp.opcode", 6, 2),
        Place("arp.src.hw_mac", 8, 6, read=mac),
        Place("arp.src.proto_ipv4", 14, 4, read=ip),
        Place("arp.dst.hw_mac", 18, 6, read=mac),
        Place("arp.dst.proto_ipv4", 24, 4, read=ip),
    ),
)
IPV4 = Header(
    Layer.NETWORK,
    "IPv4",
    (
        Place("ip.version", 0, 1, (0, 4)),
        Place("ip.hdr_len", 0, 1, (4, 8), unit=4),
        Place("ip.dsfield.dscp", 1, 1, (0, 6)),
        Place("ip.dsfield.ecn", 1, 1, (6, 8)),
        Place("ip.len", 2, 2),
        Place("ip.id", 4, 2),
        Place("ip.flags", 6, 2, (0, 3)),
        Place("ip.frag_offset", 6, 2, (3, 16), unit=8),
        Place("ip.ttl", 8, 1),
        Place("ip.proto", 9, 1),
        Place("ip.checksum", 10, 2),
        Place("ip.src", 12, 4, read=ip),
        Place("ip.dst", 16, 4, read=ip),
    ),
)
IPV6 = Header(
    Layer.NETWORK,
    "IPv6",
    (
        Place("ipv6.version", 0, 4, (0, 4)),
        Place("ipv6.tclass.dscp", 0, 4, (4, 10)),
        Place("ipv6.tclass.ecn", 0, 4, (10, 12)),
        Place("ipv6.flow", 0, 4, (12, 32)),
        Place("ipv6.plen", 4, 2),
        Place("ipv6.nxt", 6, 1),
        Place("ipv6.hlim", 7, 1),
        Place("ipv6.src", 8, 16, read=ip),
        Place("ipv6.dst", 24, 16, read=ip),
    ),
)
_LINKS = {
    link.ETHERNET: (ETHERNET, 14),
    link.NULL: (LOOPBACK, 4),
    link.LOOP: (LOOPBACK, 4),
    link.SLL: (COOKED, 16),
    link.SLL2: (COOKED_2, 20),
}
_TAGS = (0x8100, 0x88A8, 0x9100)
_ARP_OF_IPV4 = bytes.fromhex("0800 06 04")
_ADDRESSES = {4: slice(12, 20), 6: slice(8, 40)}  # of both ends, in IP's header


def link_fields(link_type: int, data: bytes, until: int | None) -> list[Field]:
    """The fields before IP's header, which begins at `until` if there is one."""
    header, at = _LINKS.get(link_type, (None, 0))
    fields = list(read(header, data, 0)) if header else []
    while header in (ETHERNET, TAG) and number(data[at - 2 : at]) in _TAGS and len(data) > at:
        fields += read(TAG, data, at)
        at += 4
    if until is not None and at < until:
        words = of_bytes(until - at)
        fields.append(Field(Layer.LINK, "More of the link", "link", at, until, words, words))
    return fields


def arp_fields(data: bytes, at: int) -> list[Field]:
    """The fields of ARP as it is for IPv4 on Ethernet; none where it is for something else."""
    is_known = data[at + 2 : at + 6] == _ARP_OF_IPV4[: max(0, len(data) - at - 2)]
    return list(read(ARP, data, at)) if is_known else []


def ip_fields(data: bytes, at: int, datagram: Datagram | None) -> list[Field]:
    """The fields of IP's header with its options or extensions."""
    version = data[at] >> 4 if at < len(data) else 0
    if version == 4:
        return _ipv4(data, at)
    if version == 6:
        return _ipv6(data, at, datagram)
    return []


def pseudo_header(data: bytes, at: int, datagram: Datagram) -> bytes:
    """What TCP's checksum guards beside the segment (RFC 9293, 3.1): addresses, protocol, length."""
    addresses = data[at:][_ADDRESSES[data[at] >> 4]]
    return addresses + (datagram.end - datagram.start).to_bytes(4, "big") + datagram.protocol.to_bytes(4, "big")


def _ipv4(data: bytes, at: int) -> list[Field]:
    fields = list(read(IPV4, data, at))
    header = (data[at] & 0x0F) * 4
    if header < 20:
        return noted(fields, {"ip.hdr_len": "less than the 20 bytes that a header takes: forged, or damaged"})
    fields += options(IP_OPTIONS, data[: at + header], at + 20)
    return noted(fields, {"ip.checksum": _verdict(data, at, at + header)})


def _verdict(data: bytes, at: int, end: int) -> str:
    if end > len(data):
        return "not checked: the capture has not all of the header"
    if checksum(data[at:end]) == 0:
        return "right"
    right = checksum(data[at : at + 10] + bytes(2) + data[at + 12 : end])
    return f"wrong: 0x{right:04x} would be right"


def _ipv6(data: bytes, at: int, datagram: Datagram | None) -> list[Field]:
    fields, end = list(read(IPV6, data, at)), min(at + 40, len(data))
    if datagram and datagram.start > end:
        first = PROTOCOLS.get(data[at + 6], f"number {data[at + 6]}")
        words = f"{of_bytes(datagram.start - end)}, the first of them: {first}"
        stop = min(datagram.start, len(data))
        fields.append(Field(Layer.OPTIONS, "IPv6 extensions", "extensions", end, stop, words, words))
    return fields


def _family(data: bytes) -> int:
    """It is in the order of the computer that captured: of the two, the smaller number is a family."""
    return min(int.from_bytes(data, "little"), int.from_bytes(data, "big"))
