"""Many segments as columns of numbers: a million fit, and a question about all of them is one step of numpy.

    row    pair  reverse   seq  ack  flags  size
      0       0    False   100    0    SYN     0    ->  segments[0]   a Segment, made when somebody asks for it
      1       0     True   300  101    ...     0
      2       1    False   ...

A pair is two endpoints; `reverse` says that the second of them sent the segment.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, Self, overload

import numpy as np
from numpy.typing import NDArray

from chatkit.tcp.segment import Endpoint, Flag, Segment

Rows = NDArray[np.int64]


class Origin(Protocol):
    """Where the segments of columns come from."""

    def segment(self, row: int) -> Segment:
        """The segment of a row: the same object each time."""

    def payloads(self, rows: Rows, starts: Rows, lengths: Rows) -> list[bytes]:
        """Of each row's payload so many bytes from there."""


@dataclass(frozen=True, eq=False)
class Columns:
    """What the headers of many segments say, in the order of the capture."""

    frame: NDArray[np.int64]  # its number
    pair: NDArray[np.int32]
    reverse: NDArray[np.bool_]
    seq: NDArray[np.uint32]
    ack: NDArray[np.uint32]
    flags: NDArray[np.uint8]
    size: NDArray[np.uint32]  # bytes of payload on the wire
    captured: NDArray[np.uint32]  # bytes of payload in the capture
    ends: Sequence[tuple[Endpoint, Endpoint]]  # of each pair
    origin: Origin


class Segments(Sequence[Segment]):
    """Some rows of columns, as a sequence of segments."""

    def __init__(self, columns: Columns, rows: Rows | None = None) -> None:
        self.columns = columns
        self.rows: Rows = np.arange(len(columns.seq)) if rows is None else rows

    @classmethod
    def of(cls, segments: Iterable[Segment]) -> "Segments":
        """Take segments that are objects; those that are columns already stay what they are."""
        return segments if isinstance(segments, Segments) else cls(_columns(tuple(segments)))

    @property
    def frame(self) -> NDArray[np.int64]:
        return self.columns.frame[self.rows]

    @property
    def seq(self) -> NDArray[np.uint32]:
        return self.columns.seq[self.rows]

    @property
    def flags(self) -> NDArray[np.uint8]:
        return self.columns.flags[self.rows]

    @property
    def size(self) -> NDArray[np.uint32]:
        return self.columns.size[self.rows]

    @property
    def captured(self) -> NDArray[np.uint32]:
        return self.columns.captured[self.rows]

    @property
    def first_byte(self) -> NDArray[np.uint32]:
        """The sequence numbers of their first bytes of payload: a SYN takes a number and is no byte."""
        return self.seq + self._has(Flag.SYN)

    @property
    def ends(self) -> tuple[tuple[Endpoint, Endpoint], ...]:
        """The pairs of endpoints that they go between."""
        return tuple(self.columns.ends[pair] for pair in np.unique(self.columns.pair[self.rows]).tolist())

    def sent_by(self, endpoint: Endpoint) -> Self:
        """Those that the endpoint sent."""
        columns = self.columns
        first, second = (np.array([pair[end] == endpoint for pair in columns.ends], bool) for end in (0, 1))
        pair = columns.pair[self.rows]
        return self._where(np.where(columns.reverse[self.rows], second[pair], first[pair]))

    def with_flags(self, mask: Flag) -> Self:
        """Those that have at least one of these flags."""
        return self._where(self._has(mask))

    def without_flags(self, mask: Flag) -> Self:
        """Those that have none of these flags."""
        return self._where(~self._has(mask))

    def with_data(self) -> Self:
        """Those that carry payload."""
        return self._where(self.size > 0)

    def with_port(self, port: int) -> Self:
        """Those from or to this port."""
        has_port = np.array([port in (one[1], other[1]) for one, other in self.columns.ends], bool)
        return self._where(has_port[self.columns.pair[self.rows]])

    def up_to(self, frame: int) -> Self:
        """Those in frames with numbers up to this one."""
        return self._where(self.frame <= frame)

    def in_frame(self, frame: int) -> Segment | None:
        """The segment that this frame carries; None if it carries none of them."""
        places = np.flatnonzero(self.frame == frame)
        return self[int(places[0])] if len(places) else None

    def at(self, rows: Rows) -> Self:
        """Other rows of the same columns."""
        return type(self)(self.columns, rows)

    @overload
    def __getitem__(self, index: int) -> Segment: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> "Segment | Self":
        if isinstance(index, slice):
            return self.at(self.rows[index])
        return self.columns.origin.segment(int(self.rows[index]))

    def __iter__(self) -> Iterator[Segment]:
        return map(self.columns.origin.segment, self.rows.tolist())

    def __len__(self) -> int:
        return len(self.rows)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(Segment.__eq__, self, other))

    def __hash__(self) -> int:
        return hash(self.rows.tobytes())

    def __repr__(self) -> str:
        return f"<{len(self)} segments>"

    def _has(self, mask: Flag) -> NDArray[np.bool_]:
        has: NDArray[np.bool_] = (self.flags & np.uint8(mask)) != 0
        return has

    def _where(self, mask: NDArray[np.bool_]) -> Self:
        return self.at(self.rows[mask])


def steps(numbers: NDArray[np.uint32], start: int) -> Rows:
    """How far each sequence number lies from `start`: step by step, for a stream may outgrow the circle."""
    return np.cumsum(np.diff(numbers, prepend=np.uint32(start)).view(np.int32), dtype=np.int64)


class _Objects:
    """Segments that are objects already."""

    def __init__(self, segments: tuple[Segment, ...]) -> None:
        self._segments = segments

    def segment(self, row: int) -> Segment:
        return self._segments[row]

    def payloads(self, rows: Rows, starts: Rows, lengths: Rows) -> list[bytes]:
        places = zip(rows.tolist(), starts.tolist(), lengths.tolist(), strict=True)
        return [self._segments[row].payload[start : start + length] for row, start, length in places]


def _columns(segments: tuple[Segment, ...]) -> Columns:
    pairs: dict[frozenset[Endpoint], int] = {}
    ends: list[tuple[Endpoint, Endpoint]] = []
    numbers: list[int] = []
    for segment in segments:
        both = frozenset((segment.source, segment.destination))
        if both not in pairs:
            pairs[both] = len(ends)
            ends.append((segment.source, segment.destination))
        numbers.append(pairs[both])
    return Columns(
        frame=np.array([s.frame for s in segments], np.int64),
        pair=np.array(numbers, np.int32),
        reverse=np.array([s.source != ends[pair][0] for s, pair in zip(segments, numbers, strict=True)], np.bool_),
        seq=np.array([s.seq for s in segments], np.uint32),
        ack=np.array([s.ack for s in segments], np.uint32),
        flags=np.array([int(s.flags) for s in segments], np.uint8),
        size=np.array([s.size for s in segments], np.uint32),
        captured=np.array([len(s.payload) for s in segments], np.uint32),
        ends=ends,
        origin=_Objects(segments),
    )
