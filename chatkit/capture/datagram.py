"""Reads the header of IP's datagram, and of IPv6 the headers that may stand between it and TCP's.

    | IP header | extension headers | TCP header ... | padding |
    |<----------- IP's total length ---------------->|

What IP says of its length counts, not what the frame has: Ethernet pads short frames, and padding is no payload. Only
where it says more than there was on the wire, the frame counts.
"""

from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple

TCP, UDP = 6, 17
_HOP_BY_HOP, _ROUTING, _FRAGMENT, _AUTHENTICATION, _DESTINATION, _SHIM6 = 0, 43, 44, 51, 60, 140
# RFC 8200, section 4; RFC 4302; RFC 5533. Behind those of RFC 6275 and 7401 (135, 139) nothing comes.
EXTENSIONS = (_HOP_BY_HOP, _ROUTING, _FRAGMENT, _AUTHENTICATION, _DESTINATION, _SHIM6)


class Fragment(NamedTuple):
    """Which part of its datagram's payload a fragment has."""

    identification: int  # the same in all fragments of a datagram
    offset: int  # bytes before it
    has_more: bool  # after it


class Datagram(NamedTuple):
    """What an IP header says, and where its payload lies in the bytes it was read from."""

    source: str
    destination: str
    protocol: int
    start: int
    end: int  # on the wire; beyond the bytes where the capture cut them
    identification: int | None  # of IPv4
    fragment: Fragment | None = None  # None where it is whole


def datagram_at(data: bytes, start: int, length: int) -> Datagram | None:
    """Read the IP header at `start` of a frame that had `length` bytes on the wire."""
    version = data[start] >> 4 if start < len(data) else 0
    if version == 4 and len(data) >= start + 20:
        return _ipv4(data, start, length)
    if version == 6 and len(data) >= start + 40:
        return _ipv6(data, start, length)
    return None


def behind_extensions(data: bytes, datagram: Datagram) -> Datagram | None:
    """The datagram with what comes after the extension headers as its payload; None where they are cut."""
    protocol, at = datagram.protocol, datagram.start
    while protocol in EXTENSIONS:
        if at + 8 > len(data):
            return None
        fragment = _fragment(data, at) if protocol == _FRAGMENT else None
        protocol, at = data[at], at + _size(protocol, data[at + 1])
        if fragment:
            return datagram._replace(protocol=protocol, start=at, fragment=fragment)
    return datagram._replace(protocol=protocol, start=at) if at > datagram.start else datagram


def _ipv4(data: bytes, start: int, length: int) -> Datagram | None:
    header = (data[start] & 0x0F) * 4
    total = _number(data, start + 2)
    if header < 20 or 0 < total < header:
        return None
    # With segmentation offload the datagram may outgrow the field, which is 0 then: the frame's length tells
    end = min(start + total, length) if total else length
    source, destination = _address(data[start + 12 : start + 16]), _address(data[start + 16 : start + 20])
    identification, place = _number(data, start + 4), _number(data, start + 6)
    offset, has_more = (place & 0x1FFF) * 8, bool(place & 0x2000)
    fragment = Fragment(identification, offset, has_more) if offset or has_more else None
    datagram = Datagram(source, destination, data[start + 9], start + header, end, identification, fragment)
    return datagram if fragment else behind_extensions(data, datagram)


def _ipv6(data: bytes, start: int, length: int) -> Datagram | None:
    size = _number(data, start + 4)
    end = min(start + 40 + size, length) if size else length  # 0 as above: a jumbogram (RFC 2675), or offload
    source, destination = _address(data[start + 8 : start + 24]), _address(data[start + 24 : start + 40])
    return behind_extensions(data, Datagram(source, destination, data[start + 6], start + 40, end, None))


def _fragment(data: bytes, at: int) -> Fragment | None:
    """None where it is the whole after all: an atomic fragment (RFC 6946)."""
    place = _number(data, at + 2)
    offset, has_more = place & 0xFFF8, bool(place & 1)
    identification = int.from_bytes(data[at + 4 : at + 8], "big")
    return Fragment(identification, offset, has_more) if offset or has_more else None


def _size(protocol: int, length: int) -> int:
    """Bytes of an extension header, by what it says of its length: each kind counts in its own way."""
    match protocol:
        case 44:
            return 8
        case 51:
            return (length + 2) * 4
        case _:
            return (length + 1) * 8


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big")


@lru_cache(maxsize=4096)
def _address(packed: bytes) -> str:
    return str(ip_address(packed))
