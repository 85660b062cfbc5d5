"""The bytes of one direction, put together again from segments that may repeat, overlap, come late, or not at all.

    segments   [ 4..8 ]  [0..4]  [2..6]        ->       pieces   [0..4][4..8]
                          late    again

Where two segments bring different bytes for one place, the one captured first counts, as it does for most receivers.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from chatkit.tcp.segment import Flag, Segment
from chatkit.tcp.segments import Segments, steps
from chatkit.tcp.sequence import add


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that one segment brought first."""

    offset: int  # of the first byte in the stream, counted from 0
    segment: Segment
    start: int  # of the first byte in the segment's payload
    length: int

    @property
    def end(self) -> int:
        return self.offset + self.length

    @property
    def data(self) -> bytes:
        return self.segment.payload[self.start : self.start + self.length]


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes that were sent, for what follows them was seen, and that the capture has not."""

    offset: int
    length: int


Places = NDArray[np.int64]  # a line for each piece: its offset, the row of its segment, its start, its length
OFFSET, ROW, START, LENGTH = range(4)
_Hole = tuple[int, int]  # where nothing has been seen yet: from, to


@dataclass(frozen=True, eq=False, repr=False)
class Stream:
    """The pieces of one direction in the order of the stream, neither touching twice nor overlapping."""

    segments: Segments  # that they are from
    places: Places  # of the pieces
    end: int  # how long the stream is known to be, in bytes, gaps included

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        segment = self.segments.columns.origin.segment
        return tuple(Piece(at, segment(row), start, length) for at, row, start, length in self.places.tolist())

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        edges = np.append(0, self.places[:, OFFSET] + self.places[:, LENGTH])
        missing = np.append(self.places[:, OFFSET], self.end) - edges
        return tuple(Gap(int(edges[at]), int(missing[at])) for at in np.flatnonzero(missing > 0))

    @cached_property
    def data(self) -> bytes:
        """The bytes up to the first gap: what a receiver could have read."""
        whole = self.gaps[0].offset if self.gaps else self.end
        return self._bytes(self.places[: np.searchsorted(self.places[:, OFFSET], whole)])

    @cached_property
    def captured(self) -> bytes:
        """All bytes that were captured; where there are gaps, what lies around them is joined."""
        return self._bytes(self.places) if self.gaps else self.data

    @property
    def runs(self) -> Iterator[tuple[int, bytes]]:
        """The stretches between the gaps: where each begins, and its bytes."""
        ends = self.places[:, OFFSET] + self.places[:, LENGTH]
        breaks = np.flatnonzero(self.places[1:, OFFSET] > ends[:-1]) + 1
        for run in np.split(self.places, breaks):
            if len(run):
                yield int(run[0, OFFSET]), self._bytes(run)

    def between(self, start: int, stop: int) -> tuple[Piece, ...]:
        """The parts of pieces that hold the bytes from offset `start` up to `stop`."""
        first, last = np.searchsorted(self.places[:, OFFSET], [start, stop])
        segment = self.segments.columns.origin.segment
        parts: list[Piece] = []
        for offset, row, at, length in self.places[max(0, first - 1) : last].tolist():
            low, high = max(start, offset), min(stop, offset + length)
            if low < high:
                parts.append(Piece(low, segment(row), at + low - offset, high - low))
        return tuple(parts)

    def __repr__(self) -> str:
        gaps = f", {len(self.gaps)} gaps" if self.gaps else ""
        return f"<Stream of {self.end} bytes in {len(self.places)} pieces{gaps}>"

    def _bytes(self, places: Places) -> bytes:
        payloads = self.segments.columns.origin.payloads
        return b"".join(payloads(places[:, ROW], places[:, START], places[:, LENGTH]))


def reassemble(segments: Iterable[Segment], isn: int | None) -> Stream:
    """Put the segments of one direction together; without an ISN the stream begins with the first byte seen.

    What a segment has beyond the highest offset so far is new; what it has before that can only fill a hole.
    """
    # What a reset carries is a remark on the stream, not a part of it (RFC 9293, section 3.5.3)
    sent = Segments.of(segments).without_flags(Flag.RST)
    start = sent[0].first_byte if isn is None and sent else add(isn or 0, 1)
    sent = sent.at(sent.rows[(sent.size > 0) | ((sent.flags & np.uint8(Flag.FIN)) != 0)])
    offset = steps(sent.first_byte, start)
    first = max(0, -int(offset.min(initial=0))) if isn is None else 0  # midstream: something from before came later
    offset += first
    stop, end = offset + sent.captured, offset + sent.size
    highest = np.maximum.accumulate(np.append(first, end))
    begin = np.maximum(offset, highest[:-1])
    new = np.stack([begin, sent.rows, begin - offset, stop - begin], 1)
    late = (offset < highest[:-1]) & (sent.captured > 0)
    filled = _filled(_holes(first, highest, begin, stop), sent.rows[late], offset[late], stop[late])
    return Stream(sent, _in_order(new, filled), int(highest[-1]))


def _filled(holes: list[_Hole], *late: NDArray[np.int64]) -> list[tuple[int, int, int, int]]:
    """The pieces that late segments bring into holes: of each segment its row, and from where to where it goes."""
    if not holes:
        return []
    return [
        (low, row, low - offset, high - low)
        for row, offset, stop in zip(*(column.tolist() for column in late), strict=True)
        for low, high in _fill(holes, offset, stop)
    ]


def _in_order(new: Places, filled: list[tuple[int, int, int, int]]) -> Places:
    """All pieces that have a length, by their offsets."""
    new = new[new[:, LENGTH] > 0]
    if not filled:
        return new
    places = np.concatenate([new, np.array(filled, np.int64)])
    return places[np.argsort(places[:, OFFSET], kind="stable")]


def _holes(first: int, highest: NDArray[np.int64], begin: NDArray[np.int64], stop: NDArray[np.int64]) -> list[_Hole]:
    """What was passed over when it was sent: before a segment begins, and at its end what the capture has cut."""
    edges = np.stack([highest[:-1], begin, np.maximum(stop, highest[:-1]), highest[1:]], 1).reshape(-1, 2)
    holes = [(start, end) for start, end in edges[edges[:, 0] < edges[:, 1]].tolist()]
    return [(0, first), *holes] if first else holes


def _fill(holes: list[_Hole], low: int, high: int) -> Iterator[_Hole]:
    """The holes between `low` and `high`, or the parts of them that lie there: they are holes no longer."""
    at = bisect_right(holes, low, key=lambda hole: hole[1])
    while at < len(holes) and holes[at][0] < high:
        start, end = holes[at]
        filled = max(start, low), min(end, high)
        rest = [hole for hole in ((start, filled[0]), (filled[1], end)) if hole[0] < hole[1]]
        holes[at : at + 1] = rest
        at += len(rest)
        yield filled
