"""One conversation on the wire of a LAN, followed segment by segment as each of them leaves and arrives.

    record = story.leaves(segment, passage)
    story.arrives(record, segment, when)
    record.arrow()

A record becomes an arrow only when it is to be shown.
"""

from bisect import bisect_left
from collections import deque
from dataclasses import dataclass, replace

from chatkit.faces.wire.scene import Arrow, Talk
from chatkit.lan.log import Fate, Passage
from chatkit.tcp.bits import ACK, FIN, RST, SYN
from chatkit.tcp.conversation import Relative, States
from chatkit.tcp.history import follow
from chatkit.tcp.judge import Judgements, judge
from chatkit.tcp.segment import Segment
from chatkit.tcp.sequence import add, distance
from chatkit.tcp.witness import Witness

OPENING = 4  # segments that tell how it began
AT_ONCE = 0.001  # seconds on the way: what takes less, and meets nothing on it, arrives at once


@dataclass(slots=True, eq=False)
class Record:
    """A segment that left; `leaves` and `lands` say after how many happenings of its story."""

    story: "Story"
    segment: Segment
    passage: Passage
    judgements: Judgements
    leaves: int
    number: int  # among those of its sender
    answers: int  # segments that the other end had sent by then
    lands: int | None = None
    arrived: float | None = None
    is_at_once: bool = False
    is_given_up: bool = False  # nobody waits for it any more

    def arrow(self) -> Arrow:
        """Draw it, as far as it has got."""
        passage, states = self.passage, self.story.states
        landed = None if self.lands is None else States(*states[self.lands])
        return Arrow(
            self.segment,
            self.story.talk,
            sent=self.segment.time,
            arrived=self.arrived,
            is_at_once=self.is_at_once,
            fate=passage.fate,
            rule=passage.rule,
            judgements=self.judgements,
            relative=self.story.relative(self.segment),
            left=States(*states[self.leaves]),
            landed=landed,
            is_on_its_way=self.arrived is None and passage.fate is not Fate.DROPPED and not self.is_given_up,
        )


@dataclass(frozen=True, slots=True)
class Late:
    """An arrival in a row of its own; of a frame that the wire doubled there are two."""

    record: Record
    arrived: float
    lands: int

    def arrow(self) -> Arrow:
        """The arrow as this arrival ends it."""
        landed = States(*self.record.story.states[self.lands])
        return replace(self.record.arrow(), arrived=self.arrived, is_at_once=False, landed=landed)


@dataclass(slots=True)
class _Side:
    """What one end has done."""

    sent: int = 0
    arrived_to: int = -1  # the highest number of those that have arrived
    late_at: float = 0.0  # when the last one arrived that has a row for that
    syn: int | None = None  # the number of its first SYN
    has_reset: bool = False
    has_finished: bool = False
    base: int | None = None  # what relative numbers are counted from


class Story:
    """Both ends of one conversation, and all that passed between them by now."""

    def __init__(self, talk: Talk, first: Segment) -> None:
        self.talk, self.records = talk, list[Record]()
        self.late: list[Late] = []  # in the order of their arrivals
        self._sides = {endpoint: _Side() for endpoint in talk.endpoints}
        self._witness = Witness(first)
        self._told: list[tuple[Segment, bool]] = []  # (segment, whether it arrived)
        self._cached: list[States] | None = None
        self._to_judge: deque[Segment] = deque()
        self._verdicts = judge(iter(self._to_judge.popleft, None))

    @property
    def before(self) -> States:
        """What both ends were in before the first segment, as the next ones tell."""
        history = follow([record.segment for record in self.records[:OPENING]], self.talk.endpoints[0])
        return States(history.client_before, history.server_before)

    @property
    def states(self) -> list[States]:
        """Of both ends, after each happening."""
        if self._cached is None:
            self._cached = [States(*states) for states in self._witness.states]
        return self._cached

    def is_left_by(self, segment: Segment) -> bool:
        """Whether the segment is a SYN that opens another conversation between the same ends."""
        flags = int(segment.flags)
        if not flags & SYN or flags & ACK:
            return False
        sides = self._sides.values()
        is_over = any(side.has_reset for side in sides) or all(side.has_finished for side in sides)
        own = self._sides[segment.source].syn
        return is_over or own not in (None, segment.seq)

    def leaves(self, segment: Segment, passage: Passage) -> Record:
        """It came out of its sender."""
        side, other = self._sides[segment.source], self._sides[segment.destination]
        self._note(segment, side, other)
        self._to_judge.append(segment)
        judgements = next(self._verdicts)
        self._tell(segment, arrived=False)
        record = Record(self, segment, passage, judgements, len(self._told) - 1, side.sent, other.sent)
        side.sent += 1
        self.records.append(record)
        return record

    def arrives(self, record: Record, segment: Segment, when: float) -> None:
        """It was handed to its receiver, perhaps rewritten."""
        side, other = self._sides[record.segment.source], self._sides[record.segment.destination]
        if record.passage.fate is not Fate.CORRUPTED:  # TCP throws it away: its checksum is wrong
            self._tell(segment, arrived=True)
        if record.arrived is None:
            record.arrived, record.lands = when, len(self._told) - 1
            record.is_at_once = when - record.segment.time < AT_ONCE and not self._has_met(record, side, other)
            if record.is_at_once:
                side.arrived_to = max(side.arrived_to, record.number)
                return
        side.arrived_to, side.late_at = max(side.arrived_to, record.number), when
        self.late.append(Late(record, when, len(self._told) - 1))

    def late_between(self, start: float, stop: float) -> list[Late]:
        """The arrivals of this time that have a row of their own."""
        first, last = (bisect_left(self.late, when, key=lambda late: late.arrived) for when in (start, stop))
        return self.late[first:last]

    def relative(self, segment: Segment) -> Relative:
        """The numbers counted from the ISNs; where no SYN was seen, the first byte seen is 1."""
        own, other = self._sides[segment.source].base, self._sides[segment.destination].base
        seq = distance(own or 0, segment.seq)
        return Relative(seq, distance(other or 0, segment.ack) if int(segment.flags) & ACK else None)

    def _has_met(self, record: Record, side: _Side, other: _Side) -> bool:
        """Whether something was sent against it, passed it, or arrived before it in a row further down."""
        is_passed = side.arrived_to > record.number or side.late_at > record.segment.time
        return is_passed or other.sent > record.answers

    def _note(self, segment: Segment, side: _Side, other: _Side) -> None:
        flags = int(segment.flags)
        if side.has_reset and not flags & RST:  # it goes on: the RST was forged, or not obeyed
            side.has_reset = False
            self._begin_again(segment)
        side.has_reset |= bool(flags & RST)
        side.has_finished |= bool(flags & FIN)
        if flags & SYN and side.syn is None:
            side.syn = side.base = segment.seq
        if side.base is None:
            side.base = add(segment.seq, -1)
        if flags & ACK and other.base is None:
            other.base = add(segment.ack, -1)

    def _begin_again(self, coming: Segment) -> None:
        """Follow it all once more, knowing what came after the RST."""
        left = [segment for segment, arrived in self._told if not arrived]
        self._witness = Witness(left[0], [*left, coming])
        told, self._told = self._told, []
        for segment, arrived in told:
            self._tell(segment, arrived)

    def _tell(self, segment: Segment, arrived: bool) -> None:
        (self._witness.arrives if arrived else self._witness.leaves)(segment)
        self._told.append((segment, arrived))
        self._cached = None
