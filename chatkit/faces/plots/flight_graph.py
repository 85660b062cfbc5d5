"""Bytes in flight: sent, and not acknowledged; beside the peer's window, which is the most that there may be.

Where the two meet, the receiver sets the pace (flow control). Where there is room between them, something else does:
the network (congestion control), or a sender that has no more to say.

The congestion window tells which of the two. It is in no header, so the sender's kernel has to be asked meanwhile
(`lan.tcp_info`): give what it told as `cwnd`, pairs of seconds since 1970 and bytes.
"""

from collections.abc import Mapping, Sequence

from chatkit.faces.plots import look
from chatkit.faces.plots.direction import Direction, direction
from chatkit.faces.plots.marks import span
from chatkit.faces.plots.plot import TIME, Plot
from chatkit.faces.plots.windows import closed_in_words, shade_closed, why_not_drawn, window_in_words
from chatkit.faces.plots.words import between, count, moment, sentences
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import Endpoint

ROOM = 2.5  # times the most that is in flight: so far up the window is shown


def bytes_in_flight(
    conversation: Conversation,
    sender: Endpoint | None = None,
    *,
    names: Mapping[Endpoint, str] | None = None,
    cwnd: Sequence[tuple[float, int]] = (),
) -> Plot:
    """Draw what one end has on its way, by default the one that sent more, and what its peer and `cwnd` allow."""
    way = direction(conversation, sender, names)
    plot = Plot(f"Bytes in flight: {way.heading}", way.source)
    plot.label(TIME, "bytes in flight, and allowed")
    if not way.data:
        return plot.say(way.nothing)
    most = _draw_flight(plot, way)
    top = max(_draw_window(plot, way, most), _draw_cwnd(plot, way, cwnd, most))
    shade_closed(plot, way)
    plot.show_time(*span(way))
    plot.axis.set_ylim(-0.02 * top, 1.06 * top)
    plot.add_legend()
    plot.words = sentences(_in_words(way), window_in_words(way), closed_in_words(way), _cwnd_in_words(cwnd))
    return plot


def _draw_flight(plot: Plot, way: Direction) -> int:
    """Fill what is below it; gives the most that is in flight."""
    points = [(way.since(flight.segment), flight.in_flight) for flight in way.flights]
    moments, heights = zip(*points, strict=True)
    plot.axis.fill_between(moments, heights, step="post", color=look.DATA, alpha=0.15, linewidth=0)
    plot.steps(points, way.length, "in flight", look.DATA, "-")
    return int(max(heights))


def _draw_window(plot: Plot, way: Direction, most: int) -> float:
    """Draw it as far as there is room; gives how high the picture is to be."""
    windows = [(way.since(flight.segment), window) for flight in way.windows if (window := flight.window) is not None]
    if not windows:
        plot.note(why_not_drawn(way))
        return most
    sizes = [size for _, size in windows]
    is_seen = min(sizes) <= ROOM * most
    label = (
        "the peer's window" if is_seen else f"the peer's window: above the picture, {count(min(sizes), 'byte')} or more"
    )
    plot.steps(windows, way.length, label, look.WINDOW, "--")
    return max(most, min(max(sizes), ROOM * most)) if is_seen else most


def _draw_cwnd(plot: Plot, way: Direction, cwnd: Sequence[tuple[float, int]], most: int) -> float:
    """Draw it as far as there is room; gives how high the picture is to be."""
    if not cwnd:
        return most
    start = way.conversation.segments[0].time
    label = "the sender's congestion window, as its kernel told"
    plot.steps([(when - start, size) for when, size in cwnd], way.length, label, look.CWND, "-.")
    return min(max(size for _, size in cwnd), ROOM * most)


def _cwnd_in_words(cwnd: Sequence[tuple[float, int]]) -> str:
    return f"The sender's congestion window is {between([size for _, size in cwnd], 'byte')}." if cwnd else ""


def _in_words(way: Direction) -> str:
    most = max(way.flights, key=lambda flight: flight.in_flight)
    return f"At most {count(most.in_flight, 'byte')} are in flight, at {moment(way.since(most.segment))}."
