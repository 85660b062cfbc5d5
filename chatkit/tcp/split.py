"""Which segments belong together: the same two endpoints, until a SYN between them begins anew.

A port may serve twice, so the 4-tuple alone doesn't name a conversation; its SYN's number does. Only SYN, FIN and RST
tell where one ends and the next begins, so only these are looked at one by one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from chatkit.tcp.segment import Endpoint, Flag, Segment
from chatkit.tcp.segments import Segments
from chatkit.tcp.sequence import add


@dataclass(slots=True)
class _Part:
    """One conversation as it grows."""

    isns: dict[Endpoint, int] = field(default_factory=dict)
    answered: dict[Endpoint, int] = field(default_factory=dict)  # the SYN of each end, as the other's SYN,ACK has it
    closed: set[Endpoint] = field(default_factory=set)  # who sent a FIN
    is_reset: bool = False

    def add(self, segment: Segment) -> None:
        if segment.flags & Flag.SYN:
            self.isns.setdefault(segment.source, segment.seq)
            if segment.flags & Flag.ACK:
                self.answered.setdefault(segment.destination, add(segment.ack, -1))
        if segment.flags & Flag.FIN:
            self.closed.add(segment.source)
        self.is_reset |= bool(segment.flags & Flag.RST)

    def is_left_by(self, segment: Segment) -> bool:
        """Whether the segment is the SYN of another conversation than this one."""
        if not segment.flags & Flag.SYN or segment.flags & Flag.ACK:
            return False
        isn = self.isns.get(segment.source, self.answered.get(segment.source))
        if isn is None:
            return not self.isns or self.has_ended  # else both ends open at once
        return isn != segment.seq or self.has_ended

    @property
    def has_ended(self) -> bool:
        """Whether it had been open and is over: a SYN that was refused and is sent again does not begin anew."""
        return len(self.isns) == 2 and (len(self.closed) == 2 or self.is_reset)


def split(segments: Segments) -> list[Segments]:
    """The segments of each conversation, in the order of their first segments."""
    pair = segments.columns.pair[segments.rows]
    order = segments.rows[np.argsort(pair, kind="stable")]
    edges = np.flatnonzero(np.diff(segments.columns.pair[order])) + 1
    parts = (part for rows in np.split(order, edges) for part in _split_pair(segments.at(rows)))
    return sorted(parts, key=lambda part: int(part.rows[0]))


def _split_pair(segments: Segments) -> Iterator[Segments]:
    """Split what passed between two endpoints where a SYN begins anew."""
    if not len(segments):
        return
    opens = (segments.flags & np.uint8(Flag.SYN | Flag.ACK)) == Flag.SYN
    if not opens[1:].any():
        yield segments  # as it is nearly always
        return
    cuts = np.searchsorted(segments.rows, list(_beginnings(segments.with_flags(Flag.SYN | Flag.FIN | Flag.RST))))
    yield from (segments.at(rows) for rows in np.split(segments.rows, cuts) if len(rows))


def _beginnings(turns: Segments) -> Iterator[int]:
    """The rows of the SYNs that begin a conversation."""
    part = _Part()
    for row, segment in zip(turns.rows.tolist(), turns, strict=True):
        if part.is_left_by(segment):
            part = _Part()
            yield row
        part.add(segment)
