"""A picture that can say what it shows: a figure of matplotlib, with an alternative text.

It belongs to no window and to none of pyplot's lists, so it works without a display, in any thread, and nobody has to
close it. Its paper is white and its ink dark on a page of any colour: that can be read everywhere, and be printed.
"""

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from io import BytesIO
from pathlib import Path
from textwrap import fill

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from chatkit.errors import MisuseError
from chatkit.faces.plots.look import FAINT, GRID, INK, PAPER, drawable
from chatkit.faces.plots.words import sentences
from chatkit.tcp.style import NO_FORMULAS

TIME = "time since the first segment, in seconds"
SIZE = (9.0, 5.4)  # inches
SHARPNESS = 2  # dots for each pixel in a notebook, where screens have up to two
PIXELS_PER_INCH = 100
LINE = 72  # characters of a legend in one line
ROOM = 64  # characters in a line of the title
SHORT = 100  # characters of the line below the title

_METADATA = {".png": ("Title", "Description"), ".svg": ("Title", "Description"), ".pdf": ("Title", "Subject")}

Points = Sequence[tuple[float, float]]


class Plot(Figure):
    """One pair of axes with a title, and in words what is to be seen there."""

    def __init__(self, title: str, source: str = "") -> None:
        super().__init__(figsize=SIZE, dpi=PIXELS_PER_INCH, layout="constrained", facecolor=PAPER)
        self.title, self.source, self.words = title, source, ""
        self.axis = _dressed(self.add_subplot())
        self.axis.set_title(
            fill(drawable(title), ROOM), x=0, ha="left", pad=24, size=13, weight="bold", color=INK, parse_math=False
        )
        self._below = self.axis.annotate(
            "", (0, 1), (0, 9), xycoords="axes fraction", textcoords="offset points", size=9, color=FAINT,
            parse_math=False,
        )  # fmt: skip
        self.note("")

    @property
    def alt_text(self) -> str:
        """What the picture shows."""
        return sentences(f"{self.title}.", self.words, self.source)

    def note(self, sentence: str) -> None:
        """Say something below the title, where the source is."""
        self._below.set_text(drawable(sentences(sentence, _shortened(self.source))))

    def show_time(self, start: float, end: float) -> None:
        """Show what lies between these two, with a margin."""
        margin = (end - start) * 0.03 or 0.001
        self.axis.set_xlim(start - margin, end + margin)

    def label(self, horizontal: str, vertical: str) -> None:
        """Say what the axes count, and in which unit."""
        self.axis.set_xlabel(horizontal, size=11, color=INK)
        self.axis.set_ylabel(vertical, size=11, color=INK)

    def steps(self, points: Points, until: float, label: str, colour: str, dashes: str) -> None:
        """Draw a line that keeps its height to the next point, and the last to the time `until`."""
        across, up = zip(*points, (until, points[-1][1]), strict=True)
        self.axis.step(across, up, dashes, where="post", label=label, color=colour, linewidth=1.5)

    def add_legend(self) -> None:
        """Explain whatever has a label, below the axes: there it covers nothing."""
        handles, labels = self.axis.get_legend_handles_labels()
        if handles:
            columns = 4 if len("".join(labels)) <= LINE else 3
            self.legend(
                handles, labels, loc="outside lower left", ncols=columns, fontsize=10, labelcolor=INK, frameon=False
            )

    def say(self, sentence: str) -> "Plot":
        """Show a sentence in the place of data that is not there."""
        self.words = sentence
        self.axis.set_xticks([])
        self.axis.set_yticks([])
        self.axis.text(
            0.5, 0.5, drawable(sentence), transform=self.axis.transAxes, ha="center", va="center", size=12, color=INK,
            wrap=True, parse_math=False,
        )  # fmt: skip
        return self

    def save(self, path: str | Path) -> Path:
        """Write it as png, svg or pdf, with its alternative text in the file's metadata."""
        path = Path(path)
        if path.suffix.lower() not in _METADATA:
            raise MisuseError(f"a plot is saved as {', '.join(_METADATA)}, not as {path.name!r}")
        title, description = _METADATA[path.suffix.lower()]
        self._write(path, path.suffix[1:].lower(), {title: self.title, description: self.alt_text})
        return path

    def svg(self) -> str:
        """The picture as an SVG of its own, which says in words what it shows."""
        picture = BytesIO()
        self._write(picture, "svg", {"Date": None})
        drawn = picture.getvalue().decode("utf-8")
        head, _, body = drawn[drawn.index("<svg") :].partition(">")
        words = f"<title>{escape(self.title)}</title><desc>{escape(self.alt_text)}</desc>"
        return f'{head} role="img" aria-label="{escape(self.title)}" style="max-width:100%;height:auto">{words}{body}'

    def _repr_html_(self) -> str:
        picture = BytesIO()
        self._write(picture, "png", {})
        width = round(self.get_figwidth() * PIXELS_PER_INCH)
        words = escape(self.alt_text)
        return (
            f'<figure style="margin:0"><img alt="{words}" width="{width}" style="max-width:100%;height:auto" '
            f'src="data:image/png;base64,{b64encode(picture.getvalue()).decode()}">'
            f'<details class="{NO_FORMULAS}"><summary>The same in words</summary><p>{words}</p></details></figure>'
        )

    def _write(self, file: Path | BytesIO, kind: str, metadata: dict[str, str | None]) -> None:
        """On its own paper, whatever style the reader has chosen for other figures."""
        self.savefig(file, format=kind, dpi=SHARPNESS * PIXELS_PER_INCH, facecolor=PAPER, metadata=metadata)

    def __repr__(self) -> str:
        return f"<Plot: {self.alt_text}>"


def _dressed(axis: Axes) -> Axes:
    """Every colour is set here: a style that the reader has chosen for other figures might be light on dark."""
    axis.set_facecolor(PAPER)
    axis.grid(True, color=GRID, linewidth=0.8)
    axis.set_axisbelow(True)
    axis.tick_params(colors=INK, labelsize=10)
    for side, spine in axis.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(FAINT)
    axis.ticklabel_format(axis="x", style="plain", useOffset=False)
    axis.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    return axis


def _shortened(line: str) -> str:
    """Without its middle where it is long: a path is known by its end."""
    return line if len(line) <= SHORT else f"{line[: SHORT // 2]} … {line[-SHORT // 2 :]}"
