"""The time-sequence graph of W. R. Stevens and of tcptrace: all that one end sends, and all that its peer says to it.

      seq |         ___|- - -   right edge of the window: up to here the end may send
          |  - - -|    I        a segment, from its first byte to after its last
          |       I    |-----   what the peer has acknowledged
          |  I    |----
          +------------------- time

The height from the ACKs' steps to the newest segment is what is in flight; the width from a segment to the step that
covers it is the round trip. A segment that gets lost looks like any other: only what follows tells.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from matplotlib.collections import LineCollection

from chatkit.faces.plots import look
from chatkit.faces.plots.direction import Direction, Spot, direction
from chatkit.faces.plots.marks import OF_ANSWERS, marked, span
from chatkit.faces.plots.plot import TIME, Plot
from chatkit.faces.plots.windows import closed_in_words, shade_closed, why_not_drawn, window_in_words
from chatkit.faces.plots.words import count, moment, sentences
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import Endpoint
from chatkit.tcp.sequence import distance

FEW, FEW_MARKS = 300, 50  # segments, and what stands out: so many can be told apart
ROOM = 1.3  # times the height of the data: so far up the window is shown


def time_sequence(
    conversation: Conversation, sender: Endpoint | None = None, *, names: Mapping[Endpoint, str] | None = None
) -> Plot:
    """Draw the segments of one end, by default the one that sent more, with its peer's ACKs and window."""
    way = direction(conversation, sender, names)
    plot = Plot(f"Time-sequence graph: {way.heading}", way.source)
    plot.label(TIME, "relative sequence number, in bytes")
    if not way.data:
        return plot.say(way.nothing)
    _draw_bars(plot, [spot for spot in way.data if not spot.is_again], look.DATA)
    _draw_bars(plot, [spot for spot in way.data if spot.is_again], look.AGAIN)
    _draw_acks(plot, way)
    top = _draw_window(plot, way)
    _draw_blocks(plot, way)
    shade_closed(plot, way)
    _draw_marks(plot, way)
    plot.show_time(*span(way))
    plot.axis.set_ylim(min(0, *(spot.place for spot in way.data)) - 0.03 * top, 1.03 * top)
    plot.add_legend()
    plot.words = sentences(_data_in_words(way), _marks_in_words(way), closed_in_words(way), window_in_words(way))
    return plot


# ---- what is drawn ----


def _draw_bars(plot: Plot, spots: Sequence[Spot], colour: str) -> None:
    """A bar for each segment, with a cap at either end: neighbours of one moment must not look like one."""
    bars = [[(spot.time, spot.place), (spot.time, _end(spot))] for spot in spots]
    caps = [end for bar in bars for end in bar]
    if not bars:
        return
    plot.axis.add_collection(LineCollection(bars, colors=colour, linewidths=2, zorder=3))
    size = 7 if len(bars) <= FEW else 3
    plot.axis.plot(*zip(*caps, strict=True), "_", color=colour, markersize=size, zorder=3)
    if colour == look.DATA:
        plot.axis.plot([], [], "|", color=colour, markersize=12, markeredgewidth=2.5, label="data segment")


def _draw_acks(plot: Plot, way: Direction) -> None:
    """The line never goes back: an older ACK that comes late takes nothing away."""
    acks = [spot for spot in way.answers if not spot.is_reset]
    if not acks:
        return
    heights = accumulate((spot.place for spot in acks), max)
    points = [(spot.time, height) for spot, height in zip(acks, heights, strict=True)]
    plot.steps(points, way.length, "acknowledged", look.FAINT, "-")


def _draw_window(plot: Plot, way: Direction) -> float:
    """Draw its right edge as far as there is room; gives how high the picture is to be."""
    top = max(map(_end, way.data))
    edges = [(way.since(flight.segment), edge) for flight in way.windows if (edge := flight.right_edge) is not None]
    if not edges:
        plot.note(why_not_drawn(way))
        return top
    is_seen = min(edge for _, edge in edges) <= ROOM * top
    label = "right edge of the window" if is_seen else "right edge of the window: above the picture"
    plot.steps(edges, way.length, label, look.WINDOW, "--")
    return min(max(top, *(edge for _, edge in edges)), ROOM * top) if is_seen else top


def _draw_blocks(plot: Plot, way: Direction) -> None:
    """What the receiver has beyond a gap (RFC 2018)."""
    blocks = [block for spot in way.answers for block in _blocks(spot)]
    if blocks:
        plot.axis.add_collection(LineCollection(blocks, colors=look.SACK, linewidths=5, zorder=2))
        plot.axis.plot([], [], "|", color=look.SACK, markersize=12, markeredgewidth=5, label="SACK block")


def _blocks(spot: Spot) -> Iterator[list[tuple[float, int]]]:
    for block in spot.segment.options.sack:
        yield [(spot.time, spot.place + distance(spot.segment.ack, edge)) for edge in block]


def _draw_marks(plot: Plot, way: Direction) -> None:
    for mark, spots in marked(way):
        size = mark.size if len(spots) <= FEW_MARKS else 4
        heights = [spot.place if mark in OF_ANSWERS else (spot.place + _end(spot)) / 2 for spot in spots]
        plot.axis.plot(
            [spot.time for spot in spots], heights, mark.shape, color=mark.colour, markersize=size,
            fillstyle="none", markeredgewidth=1.8, label=mark.label(spots), zorder=4,
        )  # fmt: skip


def _end(spot: Spot) -> int:
    return spot.place + spot.segment.size


# ---- what is said ----


def _data_in_words(way: Direction) -> str:
    first, last = way.sending
    size = sum(spot.segment.size for spot in way.data)
    when = f"from {moment(first)} to {moment(last)}" if len(way.data) > 1 else f"at {moment(first)}"
    return (
        "Horizontally the time since the first segment, vertically relative sequence numbers: "
        f"{count(len(way.data), 'data segment')} with {count(size, 'byte')}, {when}."
    )


def _marks_in_words(way: Direction) -> str:
    marks = marked(way)
    if not marks:
        return "Nothing is sent again, and nothing out of order."
    return f"What stands out: {'; '.join(mark.words(spots) for mark, spots in marks)}."
