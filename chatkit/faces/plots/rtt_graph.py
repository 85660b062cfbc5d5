"""Round-trip times, and what TCP makes of them: a smoothed mean, and the timeout after which it sends again (RFC 6298).

What was sent twice is not timed, for nobody knows which of the two the ACK answers (Karn's rule): so where segments
got lost, dots are missing.
"""

from collections.abc import Mapping, Sequence
from statistics import median

from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from chatkit.faces.plots import look
from chatkit.faces.plots.direction import Direction, direction
from chatkit.faces.plots.plot import TIME, Plot
from chatkit.faces.plots.words import at_times, count, duration, sentences
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.rtt import RttSample
from chatkit.tcp.segment import Endpoint

NO_SAMPLES = "No round trip can be timed: no segment that was sent once has its ACK in the capture."
WIDE = 20  # times the shortest round trip: if the timeout is longer than that, the scale is logarithmic
MANY = 1000  # times: beyond that, only powers of ten are written at the scale
MILLI = 1000


def rtt(
    conversation: Conversation, sender: Endpoint | None = None, *, names: Mapping[Endpoint, str] | None = None
) -> Plot:
    """Draw the round trips that one end measures, by default the one that sent more, in milliseconds."""
    way = direction(conversation, sender, names)
    plot = Plot(f"Round-trip times of {way.heading}", way.source)
    plot.label(TIME, "round-trip time, in ms")
    samples = conversation.rtts(way.sender)
    if not samples:
        return plot.say(NO_SAMPLES)
    _draw(plot, way, samples)
    plot.words = sentences(_samples_in_words(way, samples), _karn_in_words(way))
    return plot


def _draw(plot: Plot, way: Direction, samples: Sequence[RttSample]) -> None:
    moments = [way.since(sample.ack) for sample in samples]
    trips, smoothed, timeouts = _columns(samples)
    plot.axis.plot(moments, trips, "o", color=look.DATA, markersize=5, zorder=3, label=count(len(trips), "round trip"))
    plot.steps([*zip(moments, smoothed, strict=True)], way.length, "smoothed (SRTT)", look.WINDOW, "-")
    plot.steps([*zip(moments, timeouts, strict=True)], way.length, "timeout (RTO)", look.RESET, "--")
    _scale(plot.axis, min(trips), max(timeouts))
    _draw_again(plot, way)
    plot.show_time(0, way.length)
    plot.add_legend()


def _columns(samples: Sequence[RttSample]) -> tuple[list[float], ...]:
    """The round trips, their smoothed mean and the timeout, in milliseconds."""
    rows = [(sample.rtt, sample.srtt, sample.rto) for sample in samples]
    return tuple([value * MILLI for value in column] for column in zip(*rows, strict=True))


def _scale(axis: Axes, low: float, high: float) -> None:
    """Linear if all of it can be seen then. A capture with coarse times has round trips of 0, and no logarithm."""
    if low <= 0 or high / low < WIDE:
        axis.set_ylim(bottom=min(low, 0))
    else:
        axis.set_yscale("log")
        axis.set_ylabel(f"{axis.get_ylabel()} (logarithmic)")
        axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high / low < MANY else (1,)))
        axis.set_ylim(low / 1.5, high * 1.5)
        axis.yaxis.set_minor_formatter(NullFormatter())
    axis.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))


def _draw_again(plot: Plot, way: Direction) -> None:
    """Mark at the foot when something was sent again."""
    if way.again:
        plot.axis.plot(
            [spot.time for spot in way.again], [0.03] * len(way.again), "x", color=look.AGAIN, markeredgewidth=2,
            transform=plot.axis.get_xaxis_transform(), label=f"{count(len(way.again), 'retransmission')}: not timed",
        )  # fmt: skip


def _samples_in_words(way: Direction, samples: Sequence[RttSample]) -> str:
    trips, last = [sample.rtt for sample in samples], samples[-1]
    return (
        f"{count(len(trips), 'round trip')}, from {duration(min(trips))} to {duration(max(trips))}, with a median of "
        f"{duration(median(trips))}, as timed where the capture was made. At the end the smoothed round trip is "
        f"{duration(last.srtt)}, and the timeout {duration(last.rto)}, which RFC 6298 keeps at 1 s at least."
    )


def _karn_in_words(way: Direction) -> str:
    if not way.again:
        return "Nothing was sent again, so every ACK of something new could be timed."
    again = f"{count(len(way.again), 'retransmission')} {at_times([spot.time for spot in way.again])}"
    return f"Left out by Karn's rule is what was sent twice: {again}."
