"""Throughput: bytes per second. Goodput counts every byte of the stream once; what is sent again comes on top of it.

A bin is at least a round trip wide where the transfer is long enough: TCP sends in bursts, one for each round trip,
and narrower bins would show the bursts rather than the pace.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from itertools import pairwise
from math import floor, log10
from typing import NamedTuple

from chatkit.faces.plots import look
from chatkit.faces.plots.direction import Direction, direction
from chatkit.faces.plots.plot import TIME, Plot
from chatkit.faces.plots.words import count, duration, moment
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import Endpoint

BINS = 50  # at most about so many, and no more than segments
LEAST_BINS = 4  # rather than bins of a round trip
LEAST_WIDTH = 0.001  # seconds


class Rates(NamedTuple):
    """Bytes per second, bin by bin."""

    start: float  # of the first bin, in seconds
    width: float  # of each, in seconds
    good: list[float]  # counting every byte of the stream once
    all: list[float]  # with what was sent again

    @property
    def edges(self) -> list[float]:
        """Where the bins begin, and where the last one ends."""
        return [self.start + number * self.width for number in range(len(self.good) + 1)]


def throughput(
    conversation: Conversation, sender: Endpoint | None = None, *, names: Mapping[Endpoint, str] | None = None
) -> Plot:
    """Draw the bytes per second of payload from one end, by default the one that sent more."""
    way = direction(conversation, sender, names)
    plot = Plot(f"Throughput: {way.heading}", way.source)
    if not way.data:
        plot.label(TIME, "payload, in bytes per second")
        return plot.say(way.nothing)
    rates = rates_of(way)
    plot.label(TIME, f"payload, in bytes per second, bins of {duration(rates.width)}")
    _draw(plot, rates)
    plot.words = _in_words(way, rates)
    return plot


def _draw(plot: Plot, rates: Rates) -> None:
    mean = sum(rates.good) / len(rates.good)
    plot.axis.stairs(rates.good, rates.edges, fill=True, color=look.DATA, alpha=0.3)
    plot.axis.stairs(rates.good, rates.edges, color=look.DATA, linewidth=1.5, label="goodput: every byte once")
    if rates.all != rates.good:
        plot.axis.stairs(
            rates.all, rates.edges, color=look.AGAIN, linewidth=1.5, linestyle="--", label="with what was sent again"
        )
    plot.axis.axhline(mean, color=look.FAINT, linestyle=":", linewidth=1.5, label=f"mean goodput: {mean:,.0f} bytes/s")
    plot.axis.set_ylim(bottom=0)
    plot.add_legend()


def _in_words(way: Direction, rates: Rates) -> str:
    sent = sum(spot.segment.size for spot in way.data)
    good = round(sum(rates.good) * rates.width)
    best = max(range(len(rates.good)), key=lambda number: rates.good[number])
    again = f"Sent once more: {count(sent - good, 'byte')}." if sent > good else "No byte is sent twice."
    return (
        f"{count(good, 'byte')} in {count(len(rates.good), 'bin')} of {duration(rates.width)}, from "
        f"{moment(rates.start)} to {moment(rates.edges[-1])}: a mean of {sum(rates.good) / len(rates.good):,.0f} bytes "
        f"per second. The best bin, at {moment(rates.edges[best])}, has {rates.good[best]:,.0f} per second. {again}"
    )


def rates_of(way: Direction) -> Rates:
    """Sort the payload into bins by the time at which it was seen."""
    start, end = way.sending
    width = _width(way, end - start)
    number = floor((end - start) / width) + 1
    good, everything = [0.0] * number, [0.0] * number
    covered = _Covered()
    for spot in way.data:
        place = floor((spot.time - start) / width)
        everything[place] += spot.segment.size / width
        good[place] += covered.add(spot.place, spot.place + spot.segment.size) / width
    return Rates(start, width, good, everything)


def _width(way: Direction, span: float) -> float:
    """A round number of seconds, for bins that cover so many."""
    width = span / min(BINS, len(way.data))
    if (handshake := way.conversation.handshake) and handshake.rtt <= span / LEAST_BINS:
        width = max(width, handshake.rtt)
    return _round(max(width, LEAST_WIDTH))


def _round(seconds: float) -> float:
    """The next of 1, 2, 5, 10, ... that is no smaller."""
    unit = 10.0 ** floor(log10(seconds))
    return next(step * unit for step in (1, 2, 5, 10) if step * unit >= seconds * 0.999)


class _Covered:
    """The places that have been seen: edges in order, where seen and not seen take turns."""

    def __init__(self) -> None:
        self._edges: list[int] = []

    def add(self, start: int, end: int) -> int:
        """Add the places from start to end; gives how many of them are new."""
        low, high = bisect_left(self._edges, start), bisect_right(self._edges, end)
        points = [start, *self._edges[low:high], end]
        is_seen, new = low % 2 == 1, 0
        for here, there in pairwise(points):
            new += 0 if is_seen else there - here
            is_seen = not is_seen
        self._edges[low:high] = [start] * (low % 2 == 0) + [end] * (high % 2 == 0)
        return new
