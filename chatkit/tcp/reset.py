"""Why an end sent a RST: what the capture shows of it (RFC 9293, section 3.5.2 and 3.5.3).

An end resets for two reasons. It has been told to, and takes the next number of its own; or it answers a segment that
it has no connection for, and takes its number from that segment's ACK. What its program did, nobody sees from outside:
where the wire leaves more than one reason, all are named, the likeliest first.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from chatkit.tcp.bits import ACK, FIN, RST, SYN
from chatkit.tcp.segment import Endpoint, Segment
from chatkit.tcp.sequence import add, distance

UNANSWERED = 3  # repetitions in a row, without a word from the other end, after which an end may have given up


class Cause(Enum):
    """Why there was a reset, as a sentence about the end that sent it."""

    REFUSED = "nobody listens there: the RST answers a SYN"
    UNREAD_DATA = "it closed, or its program ended, before it had read all that had come"
    ABORTED = "it was told to abort instead of closing, as by SO_LINGER with a time of 0"
    CLOSED = "it had closed both directions, and then data came"
    UNKNOWN = "it knows no such connection (any more), so the RST answers with the number of the ACK that came"
    GAVE_UP = "it had asked again and again without an answer"
    FORGED = "it did not end by the RST, or the number of it is not the next: somebody else may have sent it"


@dataclass(slots=True)
class _Before:
    """What had passed before the RST."""

    sender: Endpoint
    next_seq: int | None = None  # after the highest number that the sender of the RST had sent
    heard: Segment | None = None  # the last from the other end
    answered: bool = False  # by the sender, since
    closed: bool = False  # the sender had sent a FIN
    unread: bool = False  # data had come, and the sender has sent none since
    got_data: bool = False
    late: Segment | None = None  # data that came after the sender's FIN, and that it has not acknowledged
    repetitions: int = 0  # of the sender, in a row

    def add(self, segment: Segment) -> None:
        if segment.source == self.sender:
            self._sends(segment)
        else:
            self._hears(segment)

    def _sends(self, segment: Segment) -> None:
        is_new = self.next_seq is None or distance(self.next_seq, segment.end) > 0
        is_repeated = not is_new and distance(segment.seq, self.next_seq or 0) > 0
        self.repetitions = self.repetitions + 1 if is_repeated else 0
        if is_new:
            self.next_seq = segment.end
        self.answered = True
        self.closed |= bool(int(segment.flags) & FIN)
        self.unread &= not segment.size
        if self.late and int(segment.flags) & ACK and distance(self.late.end, segment.ack) >= 0:
            self.late = None

    def _hears(self, segment: Segment) -> None:
        self.heard, self.answered, self.repetitions = segment, False, 0
        if segment.size:
            self.unread = self.got_data = True
            self.late = segment if self.closed else None


def causes(segments: Iterable[Segment], reset: Segment) -> tuple[Cause, ...]:
    """Why the first RST of a conversation was sent: every reason that the capture allows, the likeliest first.

    There is none where the capture has nothing before it.
    """
    before, rest = _Before(reset.source), iter(segments)
    for segment in rest:
        if int(segment.flags) & RST:
            break
        before.add(segment)
    goes_on = any(later.source == reset.source and not int(later.flags) & RST for later in rest)
    return tuple(dict.fromkeys(_causes(before, reset, goes_on)))


def _causes(before: _Before, reset: Segment, goes_on: bool) -> Iterator[Cause]:
    if before.heard is None and before.next_seq is None:
        return
    if goes_on or not _fits(before, reset):
        yield Cause.FORGED
        return
    if _answers_syn(before, reset):
        yield Cause.REFUSED
        return
    if before.repetitions >= UNANSWERED:
        yield Cause.GAVE_UP
    if before.late:
        yield Cause.CLOSED
    is_answer = _answers_ack(before, reset)
    if is_answer:
        yield Cause.UNKNOWN
    if not before.late and not (is_answer and before.closed):
        yield from (Cause.UNREAD_DATA, Cause.ABORTED) if before.unread else (Cause.ABORTED,)
        yield from (Cause.UNREAD_DATA,) if before.got_data else ()


def _fits(before: _Before, reset: Segment) -> bool:
    """Whether its receiver has a reason to believe it (RFC 9293, section 3.5.3; RFC 5961, section 3.2)."""
    if before.next_seq is None and before.heard and not int(before.heard.flags) & ACK:
        return _answers_syn(before, reset)
    expected = {before.next_seq, before.heard.ack if before.heard and int(before.heard.flags) & ACK else None}
    return expected == {None} or reset.seq in expected


def _answers_syn(before: _Before, reset: Segment) -> bool:
    syn = before.heard
    if before.next_seq is not None or syn is None or not int(syn.flags) & SYN or int(syn.flags) & ACK:
        return False
    return bool(int(reset.flags) & ACK) and reset.ack in (syn.end, add(syn.seq, 1))


def _answers_ack(before: _Before, reset: Segment) -> bool:
    """An end that resets on its own account has, with most systems, an ACK in its RST; an answer has none."""
    heard = before.heard
    if heard is None or before.answered or int(reset.flags) & ACK:
        return False
    return bool(int(heard.flags) & ACK) and reset.seq == heard.ack
