"""Round trips, timed by one end's segments and what acknowledges them, and the timeout that follows (RFC 6298).

    A  SEQ=1  ------>            timed from here
    B         <------  ACK=2     to here

It is the trip from where the capture was made to the peer and back: caught at the sender it is what the sender
measures, caught at the receiver it is little more than the time that the receiver took to answer.

Karn's rule (RFC 6298, section 3): an ACK of what was sent twice may answer either copy, so it times nothing. Nor does
it time what was sent before that repetition and lies beyond it, for that has waited at the receiver until the gap was
filled.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chatkit.tcp.bits import ACK, RST
from chatkit.tcp.segment import Endpoint, Segment
from chatkit.tcp.sequence import distance

ALPHA, BETA = 1 / 8, 1 / 4  # RFC 6298, section 2.3
K = 4  # how many times the variation is added to the smoothed round trip, section 2.2
LEAST_RTO = 1.0  # seconds, section 2.4


@dataclass(frozen=True, slots=True)
class RttSample:
    """One measured round trip, and the estimates after it; all in seconds."""

    segment: Segment  # what was timed: it takes sequence numbers, and was sent once
    ack: Segment  # the first that acknowledges all of it
    rtt: float
    srtt: float  # the smoothed round trip
    rttvar: float  # how far round trips stray from it
    rto: float  # the RFC's timeout, at least 1 s; Linux adds at least 0.2 s to `srtt`, so its timeouts are shorter


def rtt_samples(segments: Sequence[Segment], endpoint: Endpoint) -> tuple[RttSample, ...]:
    """The round trips of the endpoint's segments, in the order of their ACKs.

    The granularity of the clock, G in section 2, is taken for 0.
    """
    samples: list[RttSample] = []
    for segment, ack in _timed(segments, endpoint):
        samples.append(_sample(segment, ack, samples[-1] if samples else None))
    return tuple(samples)


def _sample(segment: Segment, ack: Segment, last: RttSample | None) -> RttSample:
    """RFC 6298, sections 2.2 to 2.4."""
    rtt = ack.time - segment.time
    if last is None:
        srtt, rttvar = rtt, rtt / 2
    else:
        rttvar = (1 - BETA) * last.rttvar + BETA * abs(last.srtt - rtt)
        srtt = (1 - ALPHA) * last.srtt + ALPHA * rtt
    return RttSample(segment, ack, rtt, srtt, rttvar, max(LEAST_RTO, srtt + K * rttvar))


def _timed(segments: Sequence[Segment], endpoint: Endpoint) -> Iterator[tuple[Segment, Segment]]:
    """Each segment that was sent once, with the first ACK of all of it."""
    waiting: deque[Segment] = deque()  # for their ACKs, in the order of their numbers
    top: int | None = None  # after the highest number sent
    for segment in segments:
        if int(segment.flags) & RST:
            continue
        if segment.source != endpoint:
            while int(segment.flags) & ACK and waiting and distance(waiting[0].end, segment.ack) >= 0:
                yield waiting.popleft(), segment
        elif segment.length:
            if top is None or distance(top, segment.seq) >= 0:
                waiting.append(segment)
            else:
                _forget(waiting, segment.seq)
            if top is None or distance(top, segment.end) > 0:
                top = segment.end


def _forget(waiting: deque[Segment], seq: int) -> None:
    """Karn's rule: what has a number from `seq` on is not timed any more."""
    while waiting and distance(seq, waiting[-1].end) > 0:
        waiting.pop()
