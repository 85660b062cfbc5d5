"""What stands in the headers of a frame: as much of Ethernet, ARP, IP, TCP and UDP as a rule of the wire asks about.

Nothing is read before somebody asks for it, and a frame that is cut or forged has None, or nothing, where nothing can
be read.
"""

import struct
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address

from chatkit.lan.datagram import ARP, Datagram, datagram, network_layer

LEAST_BYTES, MOST_BYTES = 14, 1514  # of a frame: an Ethernet header, and the 1500 bytes that it may carry

KINDS = ("arp", "tcp", "udp", "icmp", "ip", "other")
FLAGS = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")  # from the lowest bit on, RFC 9293 3.1

_CARRIED = {6: ("tcp", 20), 17: ("udp", 8), 1: ("icmp", 4), 58: ("icmp", 4)}  # number: kind, least bytes of its header
_ARP_OF_IPV4 = bytes.fromhex("0001 0800 06 04")  # hardware and protocol, and how long their addresses are, RFC 826


@dataclass(frozen=True)
class Headers:
    """One frame, seen by its headers. `sender` is the name of the host that sent it, empty for one that was injected;
    `receiver` that of the host whose MAC address it is for, empty where that is nobody's, or everybody's."""

    data: bytes
    sender: str = ""
    receiver: str = ""

    @property
    def source_mac(self) -> str:
        """As people write it."""
        return mac_text(self.data[6:12])

    @property
    def destination_mac(self) -> str:
        """As people write it."""
        return mac_text(self.data[:6])

    @cached_property
    def kind(self) -> str:
        """One of arp, tcp, udp, icmp (of IPv6 too), ip, other.

        "ip" is a datagram that carries something else, or a fragment, or one that is cut, so that its headers are not
        in this frame.
        """
        if self.datagram is None:
            return "arp" if self._ether_type == ARP else "other"
        kind, least = _CARRIED.get(self.datagram.protocol, ("ip", 0))
        is_here = self.datagram.is_first and self.datagram.transport + least <= min(self.datagram.end, len(self.data))
        return kind if is_here else "ip"

    @cached_property
    def source(self) -> str | None:
        """The IP address of the sender; of ARP too."""
        return self._address(0)

    @cached_property
    def destination(self) -> str | None:
        """The IP address of the receiver; of ARP, the one that is asked for."""
        return self._address(1)

    @cached_property
    def ports(self) -> tuple[int, int] | None:
        """Source and destination port, of TCP or UDP."""
        if self.kind not in ("tcp", "udp"):
            return None
        source, destination = struct.unpack_from("!HH", self.data, self.transport)
        return source, destination

    @cached_property
    def flags(self) -> frozenset[str]:
        """The names of the TCP flags that are set; none where it is not TCP."""
        bits = self.data[self.transport + 13] if self.kind == "tcp" else 0
        return frozenset(name for bit, name in enumerate(FLAGS) if bits >> bit & 1)

    @cached_property
    def seq(self) -> int | None:
        """The sequence number, of TCP."""
        return self._number(4)

    @cached_property
    def ack(self) -> int | None:
        """The acknowledgment number, of TCP, also where the ACK flag is not set."""
        return self._number(8)

    @cached_property
    def payload(self) -> bytes:
        """What TCP or UDP carries, without the padding of short frames."""
        if self.datagram is None or self._header_bytes is None:
            return b""
        return self.data[self.datagram.transport + self._header_bytes : self.datagram.end]

    @cached_property
    def datagram(self) -> Datagram | None:
        """The IP datagram in it."""
        return datagram(self.data)

    @property
    def transport(self) -> int:
        """Where TCP or UDP begins, in bytes; the end of the frame where there is no datagram."""
        return self.datagram.transport if self.datagram else len(self.data)

    @property
    def _ether_type(self) -> int:
        return network_layer(self.data)[0]

    @property
    def _header_bytes(self) -> int | None:
        match self.kind:
            case "udp":
                return 8
            case "tcp":
                size = 4 * (self.data[self.transport + 12] >> 4)
                return size if size >= 20 else None  # less is forged
        return None

    def _number(self, at: int) -> int | None:
        at += self.transport
        return int.from_bytes(self.data[at : at + 4], "big") if self.kind == "tcp" else None

    def _address(self, which: int) -> str | None:
        if self.datagram:
            return str(ip_address(self.datagram.addresses[which]))
        ether_type, at = network_layer(self.data)
        if ether_type != ARP or self.data[at : at + 6] != _ARP_OF_IPV4 or len(self.data) < at + 28:
            return None
        at += (14, 24)[which]
        return str(ip_address(self.data[at : at + 4]))


def mac_text(mac: bytes) -> str:
    """02:00:00:00:00:01, say."""
    return mac.hex(":")


def mac_bytes(text: str) -> bytes:
    """The same, the other way."""
    return bytes.fromhex(text.replace(":", ""))
