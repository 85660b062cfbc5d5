"""Where the IP datagram begins in a frame: each kind of link puts a header of its own before it.

    | addresses | type |  VLAN tag, MPLS label, PPPoE, LLC: any of them, each with a type of its own | datagram |

The numbers of links are those of https://www.tcpdump.org/linktypes.html, the types are EtherTypes (IEEE 802).
"""

from collections.abc import Callable

NULL, ETHERNET, RAW, LOOP, SLL, IPV4, IPV6, SLL2 = 0, 1, 101, 108, 113, 228, 229, 276
RAW_ON_BSD, RAW_ON_OPENBSD = 12, 14
PPP, PPP_HDLC, PPP_ETHER, CISCO_HDLC = 9, 50, 51, 104

MAX_HEADERS = 20  # between the link's own and IP's; Wireshark follows as many VLAN tags

# link: bytes before the datagram. BSD's loopback writes the address family there, in its own byte order and with its
# own numbers: the version in the IP header tells the same and is the same everywhere.
_FIXED = {NULL: 4, LOOP: 4, RAW: 0, RAW_ON_BSD: 0, RAW_ON_OPENBSD: 0, IPV4: 0, IPV6: 0}
# link: where its header has the type of what comes next, and how long that header is
_TYPED = {ETHERNET: (12, 14), SLL: (14, 16), SLL2: (0, 20), CISCO_HDLC: (2, 4)}

_TYPES_OF_IP = (0x0800, 0x86DD)
_TAGS = (0x8100, 0x88A8, 0x9100)  # VLAN, and VLAN in VLAN
_MPLS, _PPPOE = 0x8847, 0x8864
_MAX_LENGTH = 1500  # a type up to here is a length, and LLC comes next (IEEE 802.3)
_UNKNOWN = 0xFFFF  # no type: nothing is known to come next

_Next = tuple[int, int]  # the type of what comes next, and where that begins


def datagram_start(link_type: int, data: bytes) -> int | None:
    """The offset of the IP header; None where the frame carries something else."""
    if link_type in _TYPED:
        place, at = _TYPED[link_type]
        return _follow(data, _number(data, place), at)
    if link_type in (PPP, PPP_HDLC):
        return _follow(data, *_serial(data))
    if link_type == PPP_ETHER:
        return _follow(data, _PPPOE, 0)
    return _FIXED.get(link_type)


def vlan(link_type: int, data: bytes) -> int:
    """The number of the VLAN whose tag is the last before the datagram; 0 without one."""
    start = datagram_start(link_type, data) or 0
    return _number(data, start - 4) & 0x0FFF if start >= 6 and _number(data, start - 6) in _TAGS else 0


def _follow(data: bytes, kind: int, at: int) -> int | None:
    for _ in range(MAX_HEADERS + 1):
        if kind in _TYPES_OF_IP:
            return at
        read = _llc if 0 < kind <= _MAX_LENGTH else _HEADERS.get(kind)
        if read is None:
            return None
        kind, at = read(data, at)
    return None


def _vlan(data: bytes, at: int) -> _Next:
    return _number(data, at + 2), at + 4


def _mpls(data: bytes, at: int) -> _Next:
    """A label doesn't say what it labels: behind the last one (RFC 3032, section 2.1) the version of IP tells."""
    is_last = data[at + 2 : at + 3] and data[at + 2] & 1
    if not is_last:
        return _MPLS, at + 4
    version = data[at + 4] >> 4 if at + 4 < len(data) else 0
    return {4: 0x0800, 6: 0x86DD}.get(version, _UNKNOWN), at + 4


def _pppoe(data: bytes, at: int) -> _Next:
    return _ppp(data, at + 6)


def _ppp(data: bytes, at: int) -> _Next:
    """The protocol takes two bytes, or one where the other would be 0 (RFC 1661, section 6.5)."""
    is_short = data[at : at + 1] and data[at] & 1
    number, size = (data[at], 1) if is_short else (_number(data, at), 2)
    return {0x0021: 0x0800, 0x0057: 0x86DD, 0x0281: _MPLS}.get(number, _UNKNOWN), at + size


def _serial(data: bytes) -> _Next:
    """PPP may have HDLC's address and control before it, and Cisco's HDLC is found under PPP's number too."""
    if data[:1] in (b"\x0f", b"\x8f"):
        return _number(data, 2), 4
    return _ppp(data, 2 if data[:2] == b"\xff\x03" else 0)


def _llc(data: bytes, at: int) -> _Next:
    """LLC (IEEE 802.2) with SNAP's five bytes, the last two of them a type, or with IP's own number."""
    if data[at : at + 6] in (b"\xaa\xaa\x03\x00\x00\x00", b"\xaa\xaa\x03\x00\x00\xf8"):
        return _number(data, at + 6), at + 8
    return (0x0800 if data[at : at + 3] == b"\x06\x06\x03" else _UNKNOWN), at + 3


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big")


_HEADERS: dict[int, Callable[[bytes, int], _Next]] = {
    **dict.fromkeys(_TAGS, _vlan),
    _MPLS: _mpls,
    0x8848: _mpls,  # multicast
    _PPPOE: _pppoe,
}
