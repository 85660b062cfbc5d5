"""What stands out in a time-sequence graph, how it is drawn, and what it is called.

Each has a shape of its own: colours are lost in print, and not everybody sees them all.
"""

from dataclasses import dataclass

from chatkit.faces.plots import look
from chatkit.faces.plots.direction import Direction, Spot, called
from chatkit.faces.plots.words import at_times, count
from chatkit.tcp.judge import Judgement as J


@dataclass(frozen=True)
class Mark:
    """A sign for what an observer calls by this name."""

    judgement: J
    one: str
    many: str
    shape: str  # as matplotlib names it
    colour: str
    size: float = 8  # points

    def words(self, spots: tuple[Spot, ...]) -> str:
        """`3 retransmissions at 0.2 s, 0.4 s and 0.8 s`."""
        return f"{self.label(spots)} {at_times([spot.time for spot in spots])}"

    def label(self, spots: tuple[Spot, ...]) -> str:
        """`3 retransmissions`."""
        return count(len(spots), self.one, self.many)


OF_SENT = (
    Mark(J.RETRANSMISSION, "retransmission", "retransmissions", "o", look.AGAIN),
    Mark(J.FAST_RETRANSMISSION, "fast retransmission", "fast retransmissions", "D", look.AGAIN),
    Mark(J.OUT_OF_ORDER, "segment out of order", "segments out of order", "^", look.INK),
    Mark(J.ZERO_WINDOW_PROBE, "zero window probe", "zero window probes", "v", look.WINDOW),
    Mark(J.KEEP_ALIVE, "keep-alive", "keep-alives", "*", look.INK, 10),
    Mark(J.RESET, "reset by the sender", "resets by the sender", "X", look.RESET, 11),
)
OF_ANSWERS = (
    Mark(J.DUPLICATE_ACK, "duplicate ACK", "duplicate ACKs", "x", look.INK, 6),
    Mark(J.ZERO_WINDOW, "zero window", "zero windows", "s", look.WINDOW, 7),
    Mark(J.RESET, "reset by the receiver", "resets by the receiver", "P", look.RESET, 11),
)


def marked(way: Direction) -> list[tuple[Mark, tuple[Spot, ...]]]:
    """The marks that occur, and where."""
    sent = [(mark, called(way.sent, mark.judgement)) for mark in OF_SENT]
    answered = [(mark, called(way.answers, mark.judgement)) for mark in OF_ANSWERS]
    return [(mark, spots) for mark, spots in sent + answered if spots]


def span(way: Direction) -> tuple[float, float]:
    """From when to when data is on its way, and whatever stands out; how it opens and closes smoothly lies outside."""
    top = max(spot.place + spot.segment.size for spot in way.data)
    acknowledged = [spot.time for spot in way.answers if spot.place >= top][:1]
    told = [spot.time for _, spots in marked(way) for spot in spots]
    reopened = [way.since(time.reopened) for time in way.conversation.zero_windows(way.receiver) if time.reopened]
    start, end = way.sending
    return (0 if min([start, *told]) < start else start), max([end, *acknowledged, *told, *reopened])
