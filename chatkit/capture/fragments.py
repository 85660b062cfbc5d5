"""Datagrams that came in fragments, in whatever order, put together (RFC 791, section 3.2; RFC 8200, section 4.5).

    payload   | 0 | 8 | 16| 24| 32| 40|
    first     [-------]
    last                      [-------]    what is seen, a bit for every 8 bytes: 1 1 0 0 1 1

Where fragments contradict each other nobody can tell which of them the receiver took: their datagram is given up, the
fragments of it still to come included (RFC 5722, section 3). Repeated bytes do no harm. A fragment that the capture cut
is put in its place all the same: the datagram is readable up to there, and its length is known.
"""

from collections import OrderedDict
from collections.abc import Iterator

from chatkit.capture.datagram import EXTENSIONS, TCP, Datagram, Fragment, behind_extensions
from chatkit.capture.frame import Frame
from chatkit.capture.link import vlan

PATIENCE = 60  # seconds from the first fragment that came (RFC 8200, section 4.5; RFC 1122, section 3.3.2)
MAX_UNFINISHED = 256  # datagrams, so 16 MB: beyond that the oldest is forgotten
MAX_BYTES = 65_535  # of a datagram that is put together

_Key = tuple[object, ...]


class Fragments:
    """The unfinished datagrams of a capture; it takes the fragments in the order of their frames."""

    def __init__(self) -> None:
        self._unfinished: OrderedDict[_Key, _Unfinished] = OrderedDict()  # the oldest first

    def add(self, frame: Frame, datagram: Datagram) -> tuple[bytes, Datagram] | None:
        """Take a fragment; if it completes a datagram, give its payload, as far as captured, and what is where."""
        fragment = datagram.fragment
        self._forget(frame.nanoseconds - PATIENCE * 10**9)
        if fragment is None or not _is_sound(datagram, fragment):
            return None
        key = _key(frame, datagram, fragment)
        unfinished = self._unfinished.setdefault(key, _Unfinished(frame.nanoseconds))
        unfinished.add(datagram, fragment, frame.data[datagram.start : datagram.end])
        if not unfinished.is_complete:
            return None
        del self._unfinished[key]
        return unfinished.whole(datagram)

    def _forget(self, before: int) -> None:
        while self._unfinished:
            oldest = next(iter(self._unfinished.values()))
            if oldest.began >= before and len(self._unfinished) <= MAX_UNFINISHED:
                return
            self._unfinished.popitem(last=False)


class _Unfinished:
    def __init__(self, began: int) -> None:
        self.began = began  # nanoseconds since 1970
        self.is_given_up = False
        self._data = bytearray()
        self._seen = 0  # the lowest bit stands for the first 8 bytes
        self._reach = 0  # end of the fragment that goes farthest
        self._size: int | None = None  # known from the last fragment
        self._readable = MAX_BYTES  # bytes from the first on that are captured, at most
        self._protocol = 0  # as the first fragment has it

    @property
    def is_complete(self) -> bool:
        return self._size is not None and self._seen == (1 << _units(self._size)) - 1 and not self.is_given_up

    def add(self, datagram: Datagram, fragment: Fragment, data: bytes) -> None:
        start, end = fragment.offset, fragment.offset + datagram.end - datagram.start
        seen = (1 << _units(end)) - (1 << start // 8)
        if start == 0:
            self._protocol = datagram.protocol
        if not fragment.has_more:
            self.is_given_up |= self._size not in (None, end)
            self._size = end
        self._reach = max(self._reach, end)
        self.is_given_up |= self._size is not None and self._reach > self._size
        self.is_given_up |= self._differs(start, data, self._seen & seen)
        self._keep(start, end, data)
        self._seen |= seen

    def whole(self, last: Datagram) -> tuple[bytes, Datagram] | None:
        data = bytes(self._data[: self._readable])
        size = self._size or 0
        datagram = last._replace(protocol=self._protocol, start=0, end=size, fragment=None)
        behind = behind_extensions(data, datagram)
        return (data, behind) if behind else None

    def _differs(self, start: int, data: bytes, overlap: int) -> bool:
        """Whether the data is other than what was seen; what the capture cut off can't be compared."""
        captured = min(self._readable, start + len(data))
        return any(
            self._data[at : min(at + 8, captured)] != data[at - start : min(at + 8, captured) - start]
            for at in _places(overlap)
            if at < captured
        )

    def _keep(self, start: int, end: int, data: bytes) -> None:
        if self.is_given_up:
            self._data.clear()
            return
        self._data.extend(bytes(max(0, start + len(data) - len(self._data))))
        self._data[start : start + len(data)] = data
        if start + len(data) < end:
            self._readable = min(self._readable, start + len(data))


def _is_sound(datagram: Datagram, fragment: Fragment) -> bool:
    """Whether it may be part of a segment; all but the last must have a multiple of 8 bytes."""
    size = datagram.end - datagram.start
    may_have_tcp = datagram.protocol == TCP or datagram.protocol in EXTENSIONS
    has_room = size > 0 and fragment.offset + size <= MAX_BYTES
    return may_have_tcp and has_room and not (fragment.has_more and size % 8)


def _key(frame: Frame, datagram: Datagram, fragment: Fragment) -> _Key:
    """What all fragments of a datagram have in common: of IPv4 the protocol too. A VLAN is a link of its own."""
    protocol = None if datagram.identification is None else datagram.protocol
    link = vlan(frame.link_type, frame.data)
    return link, datagram.source, datagram.destination, protocol, fragment.identification


def _units(size: int) -> int:
    return (size + 7) // 8


def _places(units: int) -> Iterator[int]:
    while units:
        lowest = units & -units
        yield (lowest.bit_length() - 1) * 8
        units ^= lowest
