"""What an observer calls each segment, in Wireshark's words: it compares the segment with what both ends sent before.

The capture is all there is to judge by, so a judgement is a reading, not a fact: a segment that the capture has
twice looks like a retransmission, and one that the network delivered late looks out of order.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum

from chatkit.tcp.bits import ACK, FIN, RST, SYN
from chatkit.tcp.flight import Shifts, shifts, window
from chatkit.tcp.segment import Endpoint, Segment
from chatkit.tcp.sequence import add, distance

REORDERING = 0.003  # seconds, where the handshake does not tell the round trip: see _is_overtaken
FAST_RETRANSMIT = 0.020  # seconds after the last duplicate ACK
PROBES = ((0, 1), (-1, 0))  # (numbers past the last that was sent, bytes) of a zero window probe: BSD's, and Linux's
MAX_GAPS = 64  # of one end that are remembered


class Judgement(Enum):
    """One word about a segment; several may hold at once."""

    OPENING = "opens"  # SYN
    NEW_DATA = "new data"
    PURE_ACK = "acknowledgement"
    CLOSING = "closes"  # FIN
    RESET = "resets"
    RETRANSMISSION = "retransmission"
    SPURIOUS_RETRANSMISSION = "spurious retransmission"  # of what had been acknowledged; a RETRANSMISSION, too
    FAST_RETRANSMISSION = "fast retransmission"
    OUT_OF_ORDER = "out of order"
    AFTER_GAP = "previous segment not captured"
    ACKED_UNSEEN = "acknowledges what was not captured"
    DUPLICATE_ACK = "duplicate ACK"
    ZERO_WINDOW = "zero window"
    ZERO_WINDOW_PROBE = "zero window probe"
    WINDOW_FULL = "window full"  # it takes all that the other end allows
    WINDOW_UPDATE = "window update"
    KEEP_ALIVE = "keep-alive"
    KEEP_ALIVE_ACK = "keep-alive ACK"

    __hash__ = object.__hash__  # there is one of each, and Enum's own hash is slow


Judgements = frozenset[Judgement]
J = Judgement


def judge(segments: Iterable[Segment]) -> Iterator[Judgements]:
    """Judge the segments of one conversation, in the order of the capture."""
    ends: dict[Endpoint, _Seen] = {}
    opening = _Opening()
    for segment in segments:
        own, peer = ends.get(segment.source), ends.get(segment.destination)
        if own is None or peer is None:
            own, peer = (ends.setdefault(end, _Seen()) for end in (segment.source, segment.destination))
        now = _Now(segment, own)
        verdict = frozenset(_judge(now, own, peer, opening))
        yield verdict
        if not now.flags & RST:  # it may be anybody's, and nothing of its sender's comes after it
            opening.remember(now)
            _remember(now, own, peer, verdict, opening.shifts)


class _Now:
    """What is read off a segment once, and asked for often."""

    __slots__ = ("ahead", "end", "flags", "length", "segment", "size")

    def __init__(self, segment: Segment, own: "_Seen") -> None:
        self.segment = segment
        self.flags = int(segment.flags)
        self.size = segment.size
        self.length = self.size + bool(self.flags & SYN) + bool(self.flags & FIN)
        self.end = add(segment.seq, self.length)
        self.ahead = 0 if own.next_seq is None else distance(own.next_seq, segment.seq)


@dataclass(slots=True)
class _Seen:
    """What one end has sent so far."""

    next_seq: int | None = None  # after the highest number sent: SND.NXT, as far as seen
    next_seq_at: float = 0.0
    ack: int | None = None  # the last
    highest_ack: int | None = None
    acked_at: float = 0.0
    window: int = 0  # as the header has it
    right_edge: int | None = None  # what its window allows its peer to send up to, where the scale is known
    duplicate_acks: int = 0  # of `ack`, whatever else came between them
    kept_alive: bool = False  # its last segment was a keep-alive
    is_opening: bool = False  # its last segment was a SYN that was no answer
    gaps: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=MAX_GAPS))  # (from, to) not seen so far


@dataclass(slots=True)
class _Opening:
    """What the handshake tells about both ends."""

    syns: dict[Endpoint, Segment] = field(default_factory=dict)
    shifts: Shifts = field(default_factory=dict)
    called_at: float | None = None  # when the last SYN was sent that is no answer, until its answer is acknowledged
    reordering: float = REORDERING  # seconds

    def remember(self, now: _Now) -> None:
        segment, kind = now.segment, now.flags & (SYN | ACK)
        if now.flags & SYN:
            self.syns[segment.source] = segment
            self.shifts = shifts(tuple(self.syns.values()))
            self.called_at = segment.time if kind == SYN else self.called_at
        elif kind == ACK and self.called_at is not None:
            self.reordering = segment.time - self.called_at or REORDERING
            self.called_at = None


def _judge(now: _Now, own: _Seen, peer: _Seen, opening: _Opening) -> Iterator[Judgement]:
    segment, flags, ahead = now.segment, now.flags, now.ahead
    if flags & RST:
        yield J.RESET
        return
    if not segment.window and not flags & (SYN | FIN):
        yield J.ZERO_WINDOW
    if flags & SYN:
        yield J.OPENING
    if flags & FIN:
        yield J.CLOSING
    if ahead > 0:
        yield J.AFTER_GAP
    if flags & ACK and _acknowledges_unseen(segment.ack, own, peer):
        yield J.ACKED_UNSEEN
    if now.size <= 1 and not flags & (SYN | FIN):
        if peer.ack is not None and not peer.window and (ahead, now.size) in PROBES:
            yield J.ZERO_WINDOW_PROBE
            return
        if ahead == -1:
            yield J.KEEP_ALIVE
            return
    if now.length:
        yield from _judge_data(now, own, peer, opening.reordering)
    else:
        yield _judge_ack(now, own, peer)


def _acknowledges_unseen(ack: int, own: _Seen, peer: _Seen) -> bool:
    """Whether it acknowledges more than any ACK of this end before, and among it what the capture lacks."""
    if peer.next_seq is None or (own.highest_ack is not None and distance(own.highest_ack, ack) <= 0):
        return False
    return distance(peer.next_seq, ack) > 0 or (bool(peer.gaps) and distance(peer.gaps[0][0], ack) > 0)


def _judge_data(now: _Now, own: _Seen, peer: _Seen, reordering: float) -> Iterator[Judgement]:
    if now.size and not now.flags & (SYN | FIN) and now.end == peer.right_edge:
        yield J.WINDOW_FULL
    if now.size and peer.highest_ack is not None and distance(now.end, peer.highest_ack) >= 0:
        yield from (J.RETRANSMISSION, J.SPURIOUS_RETRANSMISSION)
    elif now.ahead >= 0 or (now.ahead == -1 and now.size > 1):  # a probe may have brought the first byte before
        if now.size:
            yield J.NEW_DATA
    elif now.flags & SYN and now.flags & ACK and own.is_opening:
        return  # both ends open at once: this SYN is sent again to answer the other's
    elif _is_asked_for(now.segment, peer):
        yield J.FAST_RETRANSMISSION
    elif _is_overtaken(now, own, reordering):
        yield J.OUT_OF_ORDER
    else:
        yield J.RETRANSMISSION


def _is_asked_for(segment: Segment, peer: _Seen) -> bool:
    """Whether duplicate ACKs have just asked for it: the capture may lack one of the three that RFC 5681 wants."""
    return peer.duplicate_acks >= 2 and peer.ack == segment.seq and segment.time - peer.acked_at < FAST_RETRANSMIT


def _is_overtaken(now: _Now, own: _Seen, reordering: float) -> bool:
    """Whether it was sent before data from beyond it, and comes late: none of its numbers have been seen, and it comes
    sooner after that data than anything that was asked for could, which takes a round trip."""
    is_soon = now.segment.time - own.next_seq_at < reordering
    return is_soon and any(distance(start, now.segment.seq) >= 0 <= distance(now.end, end) for start, end in own.gaps)


def _overlap(now: _Now, start: int, end: int) -> bool:
    return distance(now.segment.seq, end) > 0 and distance(start, now.end) > 0


def _judge_ack(now: _Now, own: _Seen, peer: _Seen) -> Judgement:
    segment = now.segment
    if now.ahead or own.ack is None or segment.ack != own.ack:
        return J.PURE_ACK
    if not segment.window:
        return J.PURE_ACK
    if segment.window != own.window:
        return J.WINDOW_UPDATE
    if peer.kept_alive:
        return J.KEEP_ALIVE_ACK
    return J.DUPLICATE_ACK  # Wireshark's rule: RFC 5681, section 2, counts it only while data is outstanding


def _remember(now: _Now, own: _Seen, peer: _Seen, verdict: Judgements, shifts: Shifts) -> None:
    segment = now.segment
    if own.next_seq is not None and now.ahead > 0:
        own.gaps.append((own.next_seq, segment.seq))
        _forget_acknowledged(own.gaps, peer.highest_ack)
    elif own.gaps and now.length and now.ahead < 0:
        own.gaps = deque(_without(own.gaps, now), MAX_GAPS)
    if own.next_seq is None or (distance(own.next_seq, now.end) > 0 and J.ZERO_WINDOW_PROBE not in verdict):
        own.next_seq, own.next_seq_at = now.end, segment.time
    if now.flags & ACK:
        own.duplicate_acks = 0 if segment.ack != own.ack else own.duplicate_acks + (J.DUPLICATE_ACK in verdict)
        own.ack, own.acked_at = segment.ack, segment.time
        if own.highest_ack is None or distance(own.highest_ack, segment.ack) > 0:
            own.highest_ack = segment.ack
            _forget_acknowledged(peer.gaps, segment.ack)
    allowed = window(segment, shifts)
    own.window, own.right_edge = segment.window, None if allowed is None else add(segment.ack, allowed)
    own.is_opening = now.flags & (SYN | ACK) == SYN
    own.kept_alive = J.KEEP_ALIVE in verdict


def _forget_acknowledged(gaps: deque[tuple[int, int]], ack: int | None) -> None:
    """What has been acknowledged is not missing any more; of one that is acknowledged in part, the rest is."""
    while ack is not None and gaps and distance(gaps[0][0], ack) > 0:
        _, end = gaps.popleft()
        if distance(ack, end) > 0:
            gaps.appendleft((ack, end))


def _without(gaps: Iterable[tuple[int, int]], now: _Now) -> Iterator[tuple[int, int]]:
    """What is left of the gaps when the segment has filled its part."""
    for start, end in gaps:
        if not _overlap(now, start, end):
            yield start, end
            continue
        yield from ((a, b) for a, b in ((start, now.segment.seq), (now.end, end)) if distance(a, b) > 0)
