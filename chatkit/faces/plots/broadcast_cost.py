"""What one line costs as the class grows: a broadcast is one send for each who hears it, whoever does the sending."""

from chatkit.faces.plots import look
from chatkit.faces.plots.plot import Plot
from chatkit.faces.plots.words import count, duration, sentences
from chatkit.teach.figures import Figure, Figures

_LOOKS = (("o", look.DATA, "-"), ("s", look.WINDOW, "--"), ("^", look.AGAIN, ":"))  # mark, colour, line


def broadcast_cost(figures: Figures) -> Plot:
    """Draw, for each server, the time until all have heard a line, over how many they are."""
    plot = Plot("What one line costs as the class grows", "(server and crowd on this computer)")
    plot.label("clients", "ms until all have heard a line")
    if not figures.rows:
        return plot.say(sentences("Nothing was measured.", *figures.remarks))
    for server, (mark, colour, dashes) in zip(figures.servers, _LOOKS, strict=False):
        rows = figures.of(server)
        plot.axis.plot(
            [row.clients for row in rows], [row.cost * 1000 for row in rows],
            dashes, marker=mark, color=colour, label=server, linewidth=1.5,
        )  # fmt: skip
    plot.axis.set_xlim(left=0)
    plot.axis.set_ylim(bottom=0)
    plot.add_legend()
    plot.words = sentences(*(_in_words(server, figures.of(server)) for server in figures.servers), *figures.remarks)
    return plot


def _in_words(server: str, rows: tuple[Figure, ...]) -> str:
    """`threads: a line to 10 clients takes 0.3 ms, one to 1,000 takes 91 ms, 300 times as long.`"""
    first, last = rows[0], rows[-1]
    said = f"{server}: a line to {count(first.clients, 'client')} takes {duration(first.cost)}"
    if first is last:
        return f"{said}."
    times = last.cost / first.cost
    return f"{said}, one to {last.clients:,} takes {duration(last.cost)}, {times:,.0f} times as long."
