"""How a conversation was closed: by a FIN from each end, or by a reset (RFC 9293, section 3.6)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from chatkit.tcp.reset import Cause, causes
from chatkit.tcp.segment import Endpoint, Flag, Segment
from chatkit.tcp.segments import Segments, steps
from chatkit.tcp.sequence import add, distance


class Ending(Enum):
    """How far a conversation got towards its end."""

    OPEN = "still open"  # neither FIN nor RST was captured
    HALF_CLOSED = "closed by one end only"
    CLOSED = "closed by both ends"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Teardown:
    """How a conversation ended."""

    ending: Ending
    first: Endpoint | None  # who sent the first FIN, or the RST where there is no FIN
    segments: tuple[Segment, ...]  # each FIN and what first acknowledges it: three if one of them does both, else four
    reset: Segment | None  # the first RST
    causes: tuple[Cause, ...]  # of that RST: every reason that the capture allows, the likeliest first
    is_simultaneous: bool  # each end sent its FIN before it had the other's (RFC 9293, Figure 13)
    half_closed_bytes: int  # sent by the other end when it knew of the first FIN

    @property
    def is_half_close(self) -> bool:
        """Whether the end that sent the first FIN went on to receive: it has closed one direction, not both."""
        return self.half_closed_bytes > 0 and Cause.CLOSED not in self.causes

    @property
    def why(self) -> str:
        """Why it was reset, in words; empty if it was not."""
        return ", or ".join(cause.value for cause in self.causes)

    def __repr__(self) -> str:
        frames = ", ".join(str(segment.frame) for segment in self.segments)
        how = ", both at once" if self.is_simultaneous else ", after a half-close" if self.is_half_close else ""
        why = f", in frame {self.reset.frame}: {self.why or 'why, the capture does not show'}" if self.reset else ""
        return f"<Teardown: {self.ending.value}{', in frames ' + frames if frames else ''}{how}{why}>"


def teardown(segments: Sequence[Segment]) -> Teardown:
    """Find the FINs, what acknowledges them, and the RST."""
    segments = Segments.of(segments)
    turns = segments.with_flags(Flag.FIN | Flag.RST)
    begin = int(np.searchsorted(segments.rows, turns.rows[0])) if turns else len(segments)
    closing = _Closing(tops=_tops(segments[:begin]))
    for at, segment in enumerate(segments[begin:], begin):
        closing.add(at, segment)
    fins, reset = list(closing.fins.values()), closing.reset
    return Teardown(
        ending=Ending.RESET if reset else (Ending.OPEN, Ending.HALF_CLOSED, Ending.CLOSED)[len(fins)],
        first=fins[0].source if fins else reset.source if reset else None,
        segments=tuple(closing.parts.values()),
        reset=reset,
        causes=causes(segments, reset) if reset else (),
        is_simultaneous=len(fins) == 2 and not _acknowledges(fins[1], fins[0]),
        half_closed_bytes=closing.half_closed_bytes,
    )


def _tops(before: Segments) -> dict[Endpoint, int]:
    """After the highest byte that each end has sent before anybody closes."""
    tops: dict[Endpoint, int] = {}
    for endpoint in {end for pair in before.ends for end in pair}:
        data = before.sent_by(endpoint).with_data()
        if data:
            ends = data.first_byte + data.size
            tops[endpoint] = add(int(ends[0]), int(np.append(0, steps(ends[1:], int(ends[0]))).max()))
    return tops


@dataclass(slots=True)
class _Closing:
    """What has passed so far."""

    fins: dict[Endpoint, Segment] = field(default_factory=dict)  # the first of each end
    acknowledged: set[Endpoint] = field(default_factory=set)  # whose FIN
    parts: dict[int, Segment] = field(default_factory=dict)  # FINs and their ACKs, by their place in the capture
    reset: Segment | None = None
    tops: dict[Endpoint, int] = field(default_factory=dict)  # after the highest byte of each end
    half_closed_bytes: int = 0

    def add(self, at: int, segment: Segment) -> None:
        if segment.flags & Flag.RST:
            self.reset = self.reset or segment
            return
        fin = self.fins.get(segment.destination)
        knows = fin is not None and _acknowledges(segment, fin)
        if knows and segment.destination not in self.acknowledged:
            self.acknowledged.add(segment.destination)
            self.parts[at] = segment
        if segment.size:
            self._add_data(segment, is_half_closed=knows and segment.source not in self.fins)
        if segment.flags & Flag.FIN and segment.source not in self.fins:
            self.fins[segment.source] = segment
            self.parts[at] = segment

    def _add_data(self, segment: Segment, is_half_closed: bool) -> None:
        end = add(segment.first_byte, segment.size)
        known = self.tops.get(segment.source, segment.first_byte)
        fresh = distance(known, end)
        if fresh > 0:
            self.tops[segment.source] = end
            self.half_closed_bytes += min(fresh, segment.size) if is_half_closed else 0


def _acknowledges(segment: Segment, other: Segment) -> bool:
    return bool(segment.flags & Flag.ACK) and distance(other.end, segment.ack) >= 0
