"""What each segment of a capture is to its sender, and to its receiver when it has arrived.

A segment moves its sender when it is sent and its receiver when it arrives. It has arrived at once, unless the capture
shows otherwise. It is still on its way when the receiver's next segment

- does not acknowledge its SYN or FIN,
- repeats the SYN or FIN that it acknowledges,
- answers an earlier SYN or FIN, which is done before anything else is read,
- goes on as if there were no RST;

or when its sender sends it again before that. So two SYNs cross as in RFC 9293's Figure 7, two FINs as in Figure 13,
and a SYN that was lost never arrives. The first SYN or FIN of an end that is captured is taken for the first it sent.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from chatkit.tcp.bits import ACK, FIN, PSH, RST, SYN
from chatkit.tcp.segment import Endpoint, Segment
from chatkit.tcp.sequence import add, distance
from chatkit.tcp.states import Event

E = Event
MAX_FLYING = 16  # SYNs, FINs and RSTs on their way at one time: no sane connection has more than two
MOST_BEHIND = 1 << 24  # numbers that a RST of one's own may be behind: more than any window but the widest
MAX_AHEAD = 64  # segments that are looked at to see whether one is sent again
Happening = tuple[int, Event]  # to which end (0 the client, 1 the server), and what


class Line(NamedTuple):
    """A segment is sent, or arrives, or both, and this happens by it."""

    segment: Segment
    sent: bool
    arrived: bool
    happenings: tuple[Happening, ...]


class Start(Enum):
    """How the capture begins for one end."""

    OPENS = "it sends a SYN"
    ANSWERS = "it sends a SYN,ACK"
    IS_CALLED = "a SYN is sent to it"
    IS_ANSWERED = "a SYN,ACK is sent to it"
    MIDSTREAM = "no SYN is seen"


def start_of(segments: Sequence[Segment], client: Endpoint, side: int) -> Start:
    """How the capture begins for this end, by the first segment of each."""
    own, other = _first_flags(segments, client, side), _first_flags(segments, client, 1 - side)
    if own & SYN:
        return Start.ANSWERS if own & ACK else Start.OPENS
    if other & SYN:
        return Start.IS_ANSWERED if other & ACK else Start.IS_CALLED
    return Start.MIDSTREAM


def observe(segments: Sequence[Segment], client: Endpoint) -> Iterator[Line]:
    """Go through the segments of one conversation once, in the order of the capture."""
    ends = (End(0), End(1))
    for index, segment in enumerate(segments):
        ends[segment.source != client].foresee(index, segment)
    for side, end in enumerate(ends):
        if start_of(segments, client, side) is Start.MIDSTREAM:
            end.heard.add(E.HEARS_ACK_OF_SYN)
    return _Observer(segments, client, ends).lines()


def _first_flags(segments: Sequence[Segment], client: Endpoint, side: int) -> int:
    """The flags of the first segment that an end sent; none if it sent none."""
    return next((int(s.flags) for s in segments if (s.source != client) == side), 0)


@dataclass
class End:
    """What is known of one end."""

    side: int
    # from the whole of the capture
    sent: list[int] = field(default_factory=list)  # the indices of its segments
    repeats: list[int] = field(default_factory=list)  # of those that take numbers which it had taken before
    last_talk: int = -1  # of its last that is no RST
    top: int | None = None  # after the highest number that it sends
    refused: dict[int, int] = field(default_factory=dict)  # the ACKs that it answers by a RST, and the RST's index
    # from what has passed so far
    syn_end: int | None = None  # what acknowledges its SYN
    fin_end: int | None = None
    highest: int | None = None  # after the highest number sent
    is_active: bool = False  # sent a SYN that was no answer
    is_reset: bool = False  # has heard a RST, and sent no SYN since
    owes: bool = False  # has heard a SYN or FIN, and sent nothing since
    heard: set[Event] = field(default_factory=set)

    def foresee(self, index: int, segment: Segment) -> None:
        """Note that this end will send the segment, as the one with this index."""
        self.sent.append(index)
        if self.top is not None and segment.length and distance(segment.seq, self.top) > 0:
            self.repeats.append(index)
        if self.top is None or distance(self.top, segment.end) > 0:
            self.top = segment.end
        if not int(segment.flags) & RST:
            self.last_talk = index
        elif not int(segment.flags) & ACK:
            self.refused[segment.seq] = index

    def next_after(self, index: int) -> int | None:
        """The index of its next segment."""
        place = bisect_right(self.sent, index)
        return self.sent[place] if place < len(self.sent) else None

    def sends(self, index: int, segment: Segment, other: "End") -> Iterator[Event]:
        """What a segment is to this end, which sends it."""
        self.owes = False
        if int(segment.flags) & RST:
            if index > self.last_talk and not self._never_sent(index, segment, other):
                yield E.REFUSES if self._refuses(segment, other) else E.SENDS_RST
            return
        is_new = self.highest is None or distance(self.highest, segment.end) > 0
        if is_new:
            self.highest = segment.end
        if int(segment.flags) & SYN:
            yield from self._sends_syn(segment, other)
        elif segment.size and is_new:
            yield E.SENDS_DATA
        elif int(segment.flags) & ACK and not self._is_first_fin(segment):
            yield E.SENDS_ACK
        if self._is_first_fin(segment):
            self.fin_end = segment.end
            yield E.SENDS_FIN

    def _refuses(self, reset: Segment, other: "End") -> bool:
        """Whether it has no connection: it has sent nothing, and resets what has come (RFC 9293, section 3.5.2)."""
        is_answer = E.HEARS_SYN in self.heard or (other.highest is not None and not int(reset.flags) & ACK)
        return self.highest is None and is_answer

    def _sends_syn(self, segment: Segment, other: "End") -> Iterator[Event]:
        is_first = self.syn_end is None
        self.syn_end = add(segment.seq, 1)
        if int(segment.flags) & ACK:
            if other.syn_end is None:  # the SYN that it answers was not captured
                other.syn_end = segment.ack
            yield E.SENDS_SYN_ACK
        elif is_first or self.is_reset:
            self.is_active, self.is_reset = True, False
            yield E.SENDS_SYN

    def _is_first_fin(self, segment: Segment) -> bool:
        return bool(int(segment.flags) & FIN) and self.fin_end != segment.end

    def hears(self, index: int, segment: Segment, other: "End") -> Iterator[Event]:
        """What a segment is to this end, which gets it; each is news only once."""
        if int(segment.flags) & RST:
            is_its_own = index > other.last_talk and not other._never_sent(index, segment, self)
            if is_its_own or self._believes(index, segment, other):
                self.is_reset = True
                yield E.HEARS_RST if self.is_active else E.HEARS_RST_PASSIVE
            return
        news = self.news(segment)
        self.heard.update(news)
        yield from news
        if int(segment.flags) & (SYN | FIN):
            self.owes = True

    def _never_sent(self, index: int, reset: Segment, other: "End") -> bool:
        """Whether a RST is forged: its number was never this end's turn, and the other end goes on (RFC 5961)."""
        off = 0 if self.highest is None else distance(self.highest, reset.seq)
        return other.last_talk > index and not -MOST_BEHIND <= off <= 0

    def _believes(self, index: int, reset: Segment, other: "End") -> bool:
        """Whether it falls silent at a RST that its peer never sent: it has the next number (RFC 5961, section 3)."""
        return reset.seq == other.highest and index > self.last_talk

    def news(self, segment: Segment) -> tuple[Event, ...]:
        """What this end would hear by a segment and has not heard before, in the order of RFC 9293, section 3.10.7."""
        last = E.HEARS_ACK_OF_SYN if self.fin_end is None else E.HEARS_ACK_OF_FIN
        if last in self.heard and not int(segment.flags) & (SYN | FIN):
            return ()
        return tuple(event for event in self._tells(segment) if event not in self.heard)

    def _refused_and_went_on(self, segment: Segment) -> bool:
        """Whether the segment belongs to an older connection than the one that the end opens (RFC 9293, Figure 8)."""
        return self.refused.get(segment.ack, self.last_talk) < self.last_talk

    def _tells(self, segment: Segment) -> Iterator[Event]:
        if self.is_active and E.HEARS_ACK_OF_SYN not in self.heard and self._refused_and_went_on(segment):
            return
        if int(segment.flags) & SYN:
            yield E.HEARS_SYN
        if int(segment.flags) & ACK:
            if self.syn_end is None or distance(self.syn_end, segment.ack) >= 0:
                yield E.HEARS_ACK_OF_SYN
            if self.fin_end is not None and distance(self.fin_end, segment.ack) >= 0:
                yield E.HEARS_ACK_OF_FIN
        if int(segment.flags) & FIN:
            yield E.HEARS_FIN


class _Observer:
    def __init__(self, segments: Sequence[Segment], client: Endpoint, ends: tuple[End, End]) -> None:
        self.segments = segments
        self.client = client
        self.ends = ends
        self.flying: list[int] = []  # sent, and not yet arrived

    def lines(self) -> Iterator[Line]:
        for index, segment in enumerate(self.segments):
            sender, receiver = self._ends_of(index)
            sends = tuple((sender.side, event) for event in sender.sends(index, segment, receiver))
            self.flying = [other for other in self.flying if not self._replaces(index, other)]
            if self._is_in_flight(index, index):
                self.flying = [*self.flying[1 - MAX_FLYING :], index]  # what is pushed out is never seen to arrive
                yield Line(segment, True, False, sends)
            else:
                yield Line(segment, True, True, sends + self._arrives(index))
            for late in [late for late in self.flying if not self._is_in_flight(late, index)]:
                self.flying.remove(late)
                yield Line(self.segments[late], False, True, self._arrives(late))

    def _ends_of(self, index: int) -> tuple[End, End]:
        """(sender, receiver)."""
        side = int(self.segments[index].source != self.client)
        return self.ends[side], self.ends[1 - side]

    def _arrives(self, index: int) -> tuple[Happening, ...]:
        sender, receiver = self._ends_of(index)
        return tuple((receiver.side, event) for event in receiver.hears(index, self.segments[index], sender))

    def _is_in_flight(self, index: int, now: int) -> bool:
        """Whether the capture shows that the segment has not arrived when segment number `now` has passed."""
        segment = self.segments[index]
        sender, receiver = self._ends_of(index)
        answered_at = receiver.next_after(now)
        if index < now and self._is_covered(index, now, answered_at):
            return True
        if answered_at is None:
            return self._is_sent_again(index, now, len(self.segments))
        answer = self.segments[answered_at]
        if int(segment.flags) & RST:
            return index > sender.last_talk and not int(answer.flags) & (RST | SYN)
        if not int(segment.flags) & (SYN | FIN) and not receiver.news(segment):
            return False  # it changes nothing: one line will do
        return receiver.owes or _repeats_acknowledged(answer, segment) or self._is_unanswered(index, now, answered_at)

    def _is_unanswered(self, index: int, now: int, answered_at: int) -> bool:
        """Whether the receiver's next segment shows that a SYN or FIN has not come, or its sender thinks so."""
        segment, answer = self.segments[index], self.segments[answered_at]
        if not int(segment.flags) & (SYN | FIN) or int(answer.flags) & RST:
            return False
        if not int(answer.flags) & ACK or distance(_control_end(segment), answer.ack) < 0:
            return True
        return self._is_sent_again(index, now, answered_at)

    def _is_sent_again(self, index: int, now: int, until: int) -> bool:
        """Whether its sender repeats a SYN or FIN after segment number `now` and before `until`."""
        segment = self.segments[index]
        if not int(segment.flags) & (SYN | FIN):
            return False
        repeats = self._ends_of(index)[0].repeats
        first = bisect_right(repeats, now)
        between = repeats[first : min(first + MAX_AHEAD, bisect_left(repeats, until))]
        return any(_sends_again(self.segments[later], segment) for later in between)

    def _is_covered(self, index: int, now: int, answered_at: int | None) -> bool:
        """Whether a late ACK needs no arrival: its sender's next segment acknowledges as much, before any answer."""
        segment, next_at = self.segments[index], self._ends_of(index)[0].next_after(now)
        if int(segment.flags) & (SYN | FIN | RST) or next_at is None:
            return False
        return (answered_at is None or next_at < answered_at) and self._replaces(next_at, index)

    def _replaces(self, index: int, other: int) -> bool:
        """Whether the segment makes the one on its way needless: it is the same again, or acknowledges as much."""
        new, old = self.segments[index], self.segments[other]
        if new.source != old.source or int(old.flags) & RST:
            return False
        if int(old.flags) & (SYN | FIN):
            return old.seq == new.seq and not (int(old.flags) ^ int(new.flags)) & ~PSH
        return bool(int(new.flags) & ACK) and distance(old.ack, new.ack) >= 0


def _repeats_acknowledged(answer: Segment, segment: Segment) -> bool:
    """Whether the answer is a SYN or FIN that the segment acknowledges."""
    return (
        bool(int(segment.flags) & ACK and int(answer.flags) & (SYN | FIN))
        and distance(_control_end(answer), segment.ack) >= 0
    )


def _control_end(segment: Segment) -> int:
    """What acknowledges its SYN or FIN; a SYN's data need not be taken with it (RFC 7413, section 4.2.2)."""
    return segment.end if int(segment.flags) & FIN else add(segment.seq, 1)


def _sends_again(later: Segment, segment: Segment) -> bool:
    """Whether a segment brings another again, or what comes before it. A SYN that comes again as SYN,ACK does not:
    it answers the other end's SYN, in a simultaneous open."""
    answers_too = int(later.flags) & SYN and int(later.flags) & ACK and not int(segment.flags) & ACK
    return distance(segment.seq, later.seq) <= 0 and not answers_too
