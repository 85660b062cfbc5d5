"""The checksums in a frame, computed anew after somebody changed it (RFC 1071).

Each is the ones' complement of a sum of 16-bit words: of the IPv4 header alone; and of TCP, UDP or ICMPv6 with the
addresses and the length before it (the pseudo header, RFC 9293 3.1, RFC 768, RFC 8200 8.1).
"""

from chatkit.lan.datagram import Datagram, datagram

_ICMP, _TCP, _UDP, _ICMP6 = 1, 6, 17, 58
_PLACES = {_TCP: 16, _UDP: 6, _ICMP: 2, _ICMP6: 2}  # where the checksum is, in the header


def checksum(data: bytes | bytearray) -> int:
    """The Internet checksum of these bytes."""
    total = sum(data[0::2]) * 256 + sum(data[1::2])
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def with_checksums(frame: bytes) -> bytes:
    """Give the frame with right checksums; one that is not IP stays as it is.

    Of a fragment, and of a datagram that is cut, only the IPv4 header has its own here: the rest is not all in it.
    """
    found = datagram(frame)
    if found is None:
        return frame
    data = bytearray(frame)
    if found.version == 4:
        _put(data, found.begin + 10, _of_ip_header(data, found))
    place = found.transport + _PLACES.get(found.protocol, len(frame))
    if not found.is_fragment and place + 2 <= found.end <= len(frame):
        _put(data, place, 0)
        _put(data, place, _of_what_it_carries(data, found))
    return bytes(data)


def _of_ip_header(data: bytearray, found: Datagram) -> int:
    _put(data, found.begin + 10, 0)
    return checksum(data[found.begin : found.transport])


def _of_what_it_carries(data: bytearray, found: Datagram) -> int:
    segment = bytes(data[found.transport : found.end])
    if found.protocol == _ICMP:  # which has no pseudo header
        return checksum(segment)
    pseudo_header = b"".join(found.addresses) + len(segment).to_bytes(4, "big") + found.protocol.to_bytes(4, "big")
    value = checksum(pseudo_header + segment)
    return 0xFFFF if found.protocol == _UDP and value == 0 else value  # 0 would say that there is none


def _put(data: bytearray, at: int, value: int) -> None:
    data[at : at + 2] = value.to_bytes(2, "big")
