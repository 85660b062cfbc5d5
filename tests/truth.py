"""What chatkit reads in a capture, in plain tuples: for comparing it with what other programs read in the same file."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

from chatkit.capture.capture import Capture
from chatkit.tcp.conversation import Conversation, conversations
from chatkit.tcp.judge import Judgement
from chatkit.tcp.segment import Endpoint
from chatkit.tcp.teardown import Ending

CLOSED_BY = {Ending.OPEN: "open", Ending.HALF_CLOSED: "half", Ending.CLOSED: "fin", Ending.RESET: "rst"}
AGAIN = {Judgement.RETRANSMISSION, Judgement.FAST_RETRANSMISSION, Judgement.OUT_OF_ORDER}


class Reading(TypedDict):
    """One conversation; pairs are (first sender, the other)."""

    a: Endpoint
    b: Endpoint
    payload: tuple[bytes, bytes]
    isn: tuple[int | None, int | None]
    handshake_complete: bool
    initial_rtt: float | None
    closed_by: str
    retransmissions: tuple[int, int]
    segments: list[tuple[int, int, int, int | None, int]]  # frame, direction, relative seq, relative ack, bytes


def analyse(path: str) -> Iterator[Reading]:
    """Read every conversation of a file, in the order in which they begin; copies of frames count, as they do there."""
    for talk in conversations(Capture.read(Path(path)).every_segment):
        yield _reading(talk)


def _reading(talk: Conversation) -> Reading:
    a = talk.segments[0].source
    b = talk.segments[0].destination
    return Reading(
        a=a,
        b=b,
        payload=(talk.reassembled(a).captured, talk.reassembled(b).captured),
        isn=(talk.isn(a), talk.isn(b)),
        handshake_complete=talk.handshake is not None,
        initial_rtt=talk.handshake.rtt if talk.handshake else None,
        closed_by=CLOSED_BY[talk.teardown.ending],
        retransmissions=(_again(talk, a), _again(talk, b)),
        segments=[(s.frame, int(s.source != a), *talk.relative(s), s.size) for s in talk.segments],
    )


def _again(talk: Conversation, endpoint: Endpoint) -> int:
    return sum(
        bool(verdict & AGAIN) for s, verdict in zip(talk.segments, talk.judgements, strict=True) if s.source == endpoint
    )
