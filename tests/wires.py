"""The log of a wire, written by hand: what left when, and who got it.

    log = HandLog()
    log.add(segment, 10)                        it leaves after 10 ms, and arrives at once
    log.add(segment, 20, [70])                  it arrives 50 ms later
    log.add(segment, 30, [], Fate.DROPPED)

It is what a scene reads, and needs no LAN.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from chatkit.lan.log import Delivery, Fate, Passage
from chatkit.tcp.segment import Segment
from tests.talks import ANN, SERVER, frame_of

START = 1_700_000_000_000_000_000
QUICK = 0.05  # milliseconds on the way, of what arrives at once
NAMES = {ANN[0]: "ann", SERVER[0]: "server", "10.0.0.2": "bob"}


@dataclass(frozen=True)
class Place:
    """A host, as a scene needs it."""

    address: str


HOSTS = {name: Place(address) for address, name in NAMES.items()}


class HandLog:
    """Passages in the order in which they are added; times are in milliseconds."""

    def __init__(self) -> None:
        self.passages: list[Passage] = []

    def add(
        self, segment: Segment, at: float, arrives: Sequence[float] | None = None, fate: Fate = Fate.DELIVERED
    ) -> Passage:
        number = len(self.passages) + 1
        data = frame_of(segment, number).data
        sender, receiver = NAMES[segment.source[0]], NAMES[segment.destination[0]]
        passage = Passage(number, _nanoseconds(at), sender, data, fate, "a rule" if fate is not Fate.DELIVERED else "")
        for when in (at + QUICK,) if arrives is None else arrives:
            passage.deliveries.append(Delivery(receiver, _nanoseconds(when), data))
        self.passages.append(passage)
        return passage

    def since(self, number: int) -> Iterator[Passage]:
        return islice(self.passages, number, None)


def log_of(segments: Sequence[Segment]) -> HandLog:
    """They leave a millisecond apart, and arrive at once."""
    log = HandLog()
    for number, segment in enumerate(segments, 1):
        log.add(segment, number)
    return log


def _nanoseconds(milliseconds: float) -> int:
    return START + round(milliseconds * 1e6)
