"""What two plots show and say of the peer's window: how large it is, and when it is closed."""

from chatkit.faces.plots import look
from chatkit.faces.plots.direction import Direction
from chatkit.faces.plots.plot import Plot
from chatkit.faces.plots.words import at_times, between, count, duration


def shade_closed(plot: Plot, way: Direction) -> None:
    """Shade the times in which the sender may send nothing."""
    for number, (start, end) in enumerate(_closed(way)):
        plot.axis.axvspan(
            start, end, facecolor=look.SHADE, edgecolor=look.WINDOW, hatch="//", hatch_linewidth=0.4, linewidth=0,
            alpha=0.5, zorder=0, label="" if number else "window closed",
        )  # fmt: skip


def window_in_words(way: Direction) -> str:
    """`The peer's window is between 2,896 and 65,535 bytes.`"""
    sizes = [window for flight in way.windows if (window := flight.window) is not None]
    return f"The peer's window is {between(sizes, 'byte')}." if sizes else why_not_drawn(way)


def why_not_drawn(way: Direction) -> str:
    """What the capture lacks, if the window is not known."""
    reason = "the SYNs, which tell how it is scaled, are not all" if way.answers else "no segment of the peer is"
    return f"The window is not drawn: {reason} in the capture."


def closed_in_words(way: Direction) -> str:
    """`The peer's window closed 2 times, at 0.2 s and 0.8 s, for 400 ms in all.`; empty if it did not."""
    times = _closed(way)
    if not times:
        return ""
    whole = duration(sum(end - start for start, end in times))
    starts = at_times([start for start, _ in times])
    return f"The peer's window closed {count(len(times), 'time')}, {starts}, for {whole}{' in all' * (len(times) > 1)}."


def _closed(way: Direction) -> list[tuple[float, float]]:
    """From when to when, in seconds since the first segment."""
    return [
        (way.since(time.closed), way.since(time.reopened) if time.reopened else way.length)
        for time in way.conversation.zero_windows(way.receiver)
    ]
