"""The IP datagram in a frame: where it begins and ends, what it carries, and where that begins.

    | Ethernet, 14 bytes | VLAN tags, 4 bytes each | IP header | what it carries | padding of a short frame |
                                                   begin       transport         end

A frame with no datagram in it, or with one whose header is cut or forged, has none (RFC 791 3.1, RFC 8200 3).
"""

from dataclasses import dataclass
from functools import cached_property

IPV4, IPV6, ARP = 0x0800, 0x86DD, 0x0806  # Ethernet's types
_VLAN_TAGS = (b"\x81\x00", b"\x88\xa8")  # IEEE 802.1Q

_FRAGMENT = 44
_EXTENSIONS = {0, 43, 60, _FRAGMENT}  # hop-by-hop options, routing, destination options: RFC 8200 4
_LEAST_EXTENSION_BYTES = 8


@dataclass(frozen=True)
class Datagram:
    """Positions count from the first byte of the frame; those after the end of a frame that is cut are possible."""

    frame: bytes
    version: int  # 4 or 6
    begin: int
    transport: int
    end: int
    protocol: int  # what it carries, by its number: 6 is TCP
    is_fragment: bool  # a part of a datagram
    is_first: bool  # the part with the header of what it carries; so is a whole datagram

    @cached_property
    def addresses(self) -> tuple[bytes, bytes]:
        """Source and destination."""
        at, size = (self.begin + 12, 4) if self.version == 4 else (self.begin + 8, 16)
        return self.frame[at : at + size], self.frame[at + size : at + 2 * size]


def network_layer(frame: bytes) -> tuple[int, int]:
    """Give the Ethernet type, after any VLAN tags, and where that which it announces begins."""
    at = 14
    while frame[at - 2 : at] in _VLAN_TAGS:
        at += 4
    return int.from_bytes(frame[at - 2 : at], "big"), at


def datagram(frame: bytes) -> Datagram | None:
    """Find the datagram in a frame."""
    ether_type, begin = network_layer(frame)
    find = _FINDERS.get(ether_type)
    return find(frame, begin) if find else None


def _version_4(frame: bytes, begin: int) -> Datagram | None:
    if len(frame) < begin + 20 or frame[begin] >> 4 != 4:
        return None
    transport, end = begin + 4 * (frame[begin] & 0x0F), begin + _number(frame, begin + 2)
    if transport < begin + 20 or transport > min(end, len(frame)):
        return None
    fragment = _number(frame, begin + 6)
    more, offset = bool(fragment & 0x2000), fragment & 0x1FFF
    return Datagram(frame, 4, begin, transport, end, frame[begin + 9], more or offset > 0, offset == 0)


def _version_6(frame: bytes, begin: int) -> Datagram | None:
    if len(frame) < begin + 40 or frame[begin] >> 4 != 6:
        return None
    at, end = begin + 40, begin + 40 + _number(frame, begin + 4)
    protocol, is_fragment, offset = frame[begin + 6], False, 0
    while protocol in _EXTENSIONS and offset == 0 and at + _LEAST_EXTENSION_BYTES <= min(end, len(frame)):
        size = 8 + 8 * frame[at + 1]
        if protocol == _FRAGMENT:
            size, is_fragment, offset = 8, True, _number(frame, at + 2) >> 3
        protocol, at = frame[at], at + size
    return Datagram(frame, 6, begin, at, end, protocol, is_fragment, offset == 0)


def _number(frame: bytes, at: int) -> int:
    return int.from_bytes(frame[at : at + 2], "big")


_FINDERS = {IPV4: _version_4, IPV6: _version_6}
