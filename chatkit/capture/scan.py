"""Frames -> segments, all at once: what the headers say, gathered into columns of numbers.

    frames   | Ethernet | IPv4 | TCP | ...      one gather for the IP headers of many frames, one for those of TCP,
             | Ethernet | IPv6 | TCP | ...      and each field is a column
             | VLAN | fragment | ...            what is not plain is read one by one, by `dissect`

Plain is: a whole datagram with TCP right behind its IP header, on a link whose own header has a fixed length.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from chatkit.capture import link
from chatkit.capture.datagram import TCP
from chatkit.capture.dissect import segment_in, segments_in
from chatkit.capture.endpoints import Codes, Endpoints
from chatkit.capture.frame import Frame
from chatkit.capture.packed import Numbers, Packed
from chatkit.tcp.segment import Segment
from chatkit.tcp.segments import Columns, Rows, Segments

CHUNK = 1 << 16  # frames in one go: what is gathered of them fits into a cache

# link type: where the datagram begins, and where the EtherType stands that says what it is, if there is one
_PLAIN: dict[int, tuple[int, int | None]] = {
    link.ETHERNET: (14, 12),
    link.SLL: (16, 14),
    link.SLL2: (20, 0),
    link.NULL: (4, None),
    link.LOOP: (4, None),
    link.RAW: (0, None),
    link.IPV4: (0, None),
    link.IPV6: (0, None),
}
_ETHER_TYPES = {4: 0x0800, 6: 0x86DD}  # by IP version

_NUMBER = np.dtype([("number", ">u2")])
_IPV4 = np.dtype(  # RFC 791, section 3.1
    [
        ("version", "u1"), ("service", "u1"), ("total", ">u2"),
        ("identification", ">u2"), ("fragment", ">u2"),
        ("ttl", "u1"), ("protocol", "u1"), ("checksum", ">u2"),
        ("source", ">u4"),
        ("destination", ">u4"),
    ]
)  # fmt: skip
_IPV6 = np.dtype(  # RFC 8200, section 3
    [
        ("version", "u1"), ("label", "u1", 3),
        ("payload", ">u2"), ("protocol", "u1"), ("hops", "u1"),
        ("source", ">u8", 2),
        ("destination", ">u8", 2),
    ]
)  # fmt: skip
_TCP = np.dtype(  # RFC 9293, section 3.1
    [
        ("source", ">u2"), ("destination", ">u2"),
        ("seq", ">u4"),
        ("ack", ">u4"),
        ("offset", "u1"), ("flags", "u1"), ("window", ">u2"),
        ("checksum", ">u2"), ("urgent", ">u2"),
    ]
)  # fmt: skip
_MORE_OR_LATER = 0x3FFF  # of IPv4's fragment field: more fragments, and the offset

_SEGMENT = np.dtype(  # what is kept of each
    [
        ("place", "i4"),  # of its frame among all frames
        ("source", "u8"), ("destination", "u8"),  # as `Endpoints` has them
        ("seq", "u4"), ("ack", "u4"), ("flags", "u1"),
        ("size", "u4"), ("captured", "u4"), ("payload", "i8"),  # bytes on the wire, in the capture, and where these lie
    ]
)  # fmt: skip
_Table = NDArray[Any]


def scan(frames: Packed) -> Segments:
    """The segments of a capture, in the order of their frames."""
    scanner = _Scanner(frames)
    table = scanner.table()
    pair, reverse, ends = scanner.endpoints.pairs(table["source"], table["destination"])
    columns = {name: np.ascontiguousarray(table[name]) for name in ("seq", "ack", "flags", "size", "captured")}
    origin = _Scanned(frames, scanner.objects, table["place"].copy(), table["payload"].copy())
    number = frames.number[table["place"]]
    return Segments(Columns(frame=number, pair=pair, reverse=reverse, ends=ends, origin=origin, **columns))


class _Scanner:
    """Reads the headers of frames, given by their places in the capture."""

    def __init__(self, frames: Packed) -> None:
        self.endpoints = Endpoints()
        self.objects: dict[int, Segment] = {}  # that were read one by one, by the place of the frame
        self._frames = frames
        self._memory = np.frombuffer(frames.memory, np.uint8)

    def table(self) -> _Table:
        """All segments, a line for each."""
        table, count = np.empty(len(self._frames), _SEGMENT), 0
        for at in range(0, len(self._frames), CHUNK):
            for part in self._plain(np.arange(at, min(at + CHUNK, len(self._frames)))):
                table[count : count + len(part)] = part
                count += len(part)
        others = self._others(table["place"][:count])
        if not count + len(others) or (not len(others) and (np.diff(table["place"][:count]) > 0).all()):
            return table[:count]
        table = np.concatenate([table[:count], others])
        return table[np.argsort(table["place"], kind="stable")]

    def _plain(self, places: Numbers) -> Iterator[_Table]:
        """The segments of those frames that are plain, link by link."""
        kinds = self._frames.link_type[places]
        for kind in set(np.unique(kinds).tolist()) & _PLAIN.keys():
            here = places[kinds == kind]
            yield self._ipv4(here, *_PLAIN[kind])
            yield self._ipv6(here, *_PLAIN[kind])

    def _others(self, plain: Numbers) -> _Table:
        """The segments of the rest, read one by one."""
        is_left = np.ones(len(self._frames), bool)
        is_left[plain] = False
        places = np.flatnonzero(is_left).tolist()
        feed = _Feed(self._frames, places)
        for segment in segments_in(feed):
            self.objects[feed.place] = segment
        code = self.endpoints.code
        lines = [
            (place, code(s.source), code(s.destination), s.seq, s.ack, s.flags, s.size, len(s.payload), 0)
            for place, s in self.objects.items()
        ]
        return np.array(lines, _SEGMENT)

    def _ipv4(self, places: Numbers, offset: int, type_at: int | None) -> _Table:
        places = self._of_version(4, places, offset, type_at, _IPV4)
        at = self._frames.start[places] + offset
        ip = self._gather(at, _IPV4)
        header = (ip["version"] & 0x0F).astype(np.int64) * 4
        is_plain = (ip["protocol"] == TCP) & (ip["fragment"] & _MORE_OR_LATER == 0) & (header >= _IPV4.itemsize)
        ends = self.endpoints.ipv4(ip["source"]), self.endpoints.ipv4(ip["destination"])
        return self._tcp(places, at + header, at + ip["total"], is_plain, *ends)

    def _ipv6(self, places: Numbers, offset: int, type_at: int | None) -> _Table:
        places = self._of_version(6, places, offset, type_at, _IPV6)
        at = self._frames.start[places] + offset
        ip = self._gather(at, _IPV6)
        begin = at + _IPV6.itemsize
        ends = self.endpoints.ipv6(ip["source"]), self.endpoints.ipv6(ip["destination"])
        return self._tcp(places, begin, begin + ip["payload"], ip["protocol"] == TCP, *ends)

    def _of_version(
        self, version: int, places: Numbers, offset: int, type_at: int | None, header: np.dtype[Any]
    ) -> Numbers:
        """Those frames that carry a datagram of this version, with room for its header."""
        places = places[self._frames.captured[places] >= offset + header.itemsize]
        start = self._frames.start[places]
        fits = self._memory[start + offset] >> 4 == version
        if type_at is not None:
            fits &= self._gather(start + type_at, _NUMBER)["number"] == _ETHER_TYPES[version]
        fitting: Numbers = places[fits]
        return fitting

    def _tcp(
        self,
        places: Numbers,
        begin: Numbers,
        end: Numbers,
        is_plain: NDArray[np.bool_],
        source: Codes,
        destination: Codes,
    ) -> _Table:
        """The segments that lie in memory from `begin` to `end`: those that do, and whose header is whole."""
        start, captured = self._frames.start[places], self._frames.captured[places]
        caught, sent = start + captured, start + np.maximum(captured, self._frames.wire_length[places])
        is_plain = is_plain & (begin + _TCP.itemsize <= np.minimum(end, caught)) & (end <= sent)
        tcp = self._gather(np.where(is_plain, begin, 0), _TCP)
        payload = begin + (tcp["offset"] >> 4).astype(np.int64) * 4
        is_plain &= (payload >= begin + _TCP.itemsize) & (payload <= end)
        table = np.empty(len(places), _SEGMENT)
        table["place"], table["payload"], table["size"] = places, payload, end - payload
        table["captured"] = np.maximum(0, np.minimum(end, caught) - payload)
        table["source"], table["destination"] = source | tcp["source"], destination | tcp["destination"]
        table["seq"], table["ack"], table["flags"] = tcp["seq"], tcp["ack"], tcp["flags"]
        return table[is_plain]

    def _gather(self, at: Numbers, header: np.dtype[Any]) -> _Table:
        """The headers that begin at these places in memory."""
        if not len(at):
            return np.array([], header)
        return sliding_window_view(self._memory, header.itemsize)[at].view(header)[:, 0]


class _Feed:
    """Gives frames one by one; `place` is that of the last, which has completed the segment that comes next."""

    def __init__(self, frames: Packed, places: list[int]) -> None:
        self._frames, self._places = frames, places
        self.place = -1

    def __iter__(self) -> Iterator[Frame]:
        for place in self._places:
            self.place = place
            yield self._frames[place]


class _Scanned:
    """Where the segments come from, for whoever wants one of them, or its bytes."""

    def __init__(self, frames: Packed, objects: dict[int, Segment], places: Numbers, payloads: Numbers) -> None:
        self._frames, self._objects, self._places, self._payloads = frames, objects, places, payloads
        self._made: dict[int, Segment] = {}

    def segment(self, row: int) -> Segment:
        if row not in self._made:
            place = int(self._places[row])
            segment = self._objects.get(place) or segment_in(self._frames[place])
            assert segment  # its header has been read
            self._made[row] = segment
        return self._made[row]

    def payloads(self, rows: Rows, starts: Rows, lengths: Rows) -> list[bytes]:
        memory = self._frames.memory
        begins = self._payloads[rows] + starts
        pieces = [memory[begin:end] for begin, end in zip(begins.tolist(), (begins + lengths).tolist(), strict=True)]
        if self._objects:
            for index, place in enumerate(self._places[rows].tolist()):
                if place in self._objects:
                    start = int(starts[index])
                    pieces[index] = self._objects[place].payload[start : start + int(lengths[index])]
        return pieces
