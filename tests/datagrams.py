"""Datagrams and fragments of them made byte by byte, with right or wrong numbers in their headers, and links around."""

from ipaddress import ip_address
from struct import pack

from chatkit.capture.frame import Frame
from chatkit.lan.checksums import checksum
from chatkit.tcp.segment import Segment
from tests.figures import ENDS
from tests.talks import ACK, PSH, frame_of

A4, B4 = "192.0.2.1", "192.0.2.2"
A6, B6 = "2001:db8::1", "2001:db8::2"
IPV4, IPV6 = b"\x08\x00", b"\x86\xdd"
HELLO = ENDS.up(PSH | ACK, 1, 1, b"hello")
SECOND = 10**9  # nanoseconds


def tcp(segment: Segment = HELLO) -> bytes:
    """The segment's header and payload, as IP carries it."""
    return frame_of(segment, 1).data[34:]


def ipv4(
    payload: bytes,
    *,
    offset: int = 0,
    more: bool = False,
    identification: int = 7,
    protocol: int = 6,
    options: bytes = b"",
    total: int | None = None,
) -> bytes:
    """An IPv4 datagram, or a fragment of one."""
    size = 20 + len(options)
    lengths = 0x40 | size // 4, 0, size + len(payload) if total is None else total
    place = more << 13 | offset // 8
    addresses = ip_address(A4).packed + ip_address(B4).packed + options
    head = pack("!BBHHHBBH", *lengths, identification, place, 64, protocol, 0) + addresses
    return head[:10] + checksum(head).to_bytes(2, "big") + head[12:] + payload


def ipv6(payload: bytes, *, first: int = 6, length: int | None = None) -> bytes:
    """An IPv6 datagram with `first` as its next header."""
    head = pack("!IHBB", 6 << 28, len(payload) if length is None else length, first, 64)
    return head + ip_address(A6).packed + ip_address(B6).packed + payload


def ipv6_fragment(
    payload: bytes, *, offset: int = 0, more: bool = False, identification: int = 7, of: int = 6
) -> bytes:
    """An IPv6 datagram with a fragment header."""
    return ipv6(pack("!BBHI", of, 0, offset | more, identification) + payload, first=44)


def extension(following: int, units: int = 0) -> bytes:
    """A header with options, all of them padding, of 8 bytes and so many times 8 more (RFC 8200, section 4.2)."""
    return bytes([following, units, 1, 4 + 8 * units]) + bytes(4 + 8 * units)


def authentication(following: int) -> bytes:
    """An authentication header of 24 bytes, which counts its length in fours (RFC 4302, section 2.2)."""
    return bytes([following, 4, 0, 0]) + bytes(20)


def ethernet(datagram: bytes, tags: bytes = b"") -> bytes:
    """A frame with that datagram, and tags before its type."""
    return bytes(12) + tags + (IPV6 if datagram[0] >> 4 == 6 else IPV4) + datagram


def tag(number: int = 5, kind: int = 0x8100) -> bytes:
    """A VLAN tag."""
    return pack("!HH", kind, number)


def frames_of(*data: bytes, link_type: int = 1, apart: int = 1_000_000) -> list[Frame]:
    """Frames numbered from 1, so many nanoseconds apart."""
    return [Frame(n, 1_700_000_000 * SECOND + n * apart, each, link_type) for n, each in enumerate(data, start=1)]


def cut(frame: Frame, size: int) -> Frame:
    """The frame as a capture with this snaplen has it."""
    return Frame(frame.number, frame.nanoseconds, frame.data[:size], frame.link_type, frame.length)
