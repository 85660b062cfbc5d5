"""The log of a wire as a table: which frame went from whom to whom, what it was, and what became of it.

    27  0.3053 s  ann > nobody  84  TCP PSH,ACK "SAY hi\\n"  dropped by drop(nth=1, sent_by='ann')

A recorded log stands in a file beside its recorded capture: a line for each frame, with sender, receivers, fate, rule.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape
from operator import attrgetter
from pathlib import Path

from chatkit.capture.dissect import segment_in
from chatkit.capture.frame import Frame
from chatkit.capture.packets import packet
from chatkit.capture.recorded import FOLDER, recorded
from chatkit.lan.log import Delivery, Fate, Passage
from chatkit.tcp.visible import visible

TEXT_LIMIT = 28  # columns of payload
COLUMNS = ("No.", "Time", "From", "To", "Bytes", "What it is", "What became of it")

_CELL = "text-align:left;padding:0 8px;white-space:nowrap;vertical-align:top"
_LAST = "text-align:left;padding:0 8px;min-width:14em"  # a rule may be long: it takes several lines


@dataclass(frozen=True, repr=False)
class LogView:
    """Passages, and a sentence that says where they come from. It shows itself as text or in a notebook."""

    passages: Sequence[Passage]
    source: str
    start: int  # nanoseconds since 1970, from which times are counted

    def first(self, count: int) -> "LogView":
        """Only so many, from the beginning."""
        return replace(self, passages=self.passages[:count])

    def last(self, count: int) -> "LogView":
        """Only so many, up to the end."""
        return replace(self, passages=self.passages[-count:])

    def with_text(self, text: str) -> "LogView":
        """Only those that carry this text."""
        return replace(self, passages=[p for p in self.passages if text.encode() in p.data])

    def __repr__(self) -> str:
        return "\n".join([f"({self.source})", *("  ".join(self._cells(passage)) for passage in self.passages)])

    def _repr_html_(self) -> str:
        heads = "".join(f'<th scope="col" style="{_CELL}">{name}</th>' for name in COLUMNS)
        return (
            f'<div>{escape(self.source)}</div><div style="overflow-x:auto"><table style="font-family:monospace">'
            f"<thead><tr>{heads}</tr></thead><tbody>{''.join(map(self._html_row, self.passages))}</tbody></table></div>"
        )

    def _html_row(self, passage: Passage) -> str:
        bold = "" if passage.fate is Fate.DELIVERED else ";font-weight:bold"
        styles = [_CELL] * (len(COLUMNS) - 1) + [_LAST]
        cells = (
            f'<td style="{style}{bold}"><bdi>{escape(cell)}</bdi></td>'
            for style, cell in zip(styles, self._cells(passage), strict=True)
        )
        return f"<tr>{''.join(cells)}</tr>"

    def _cells(self, passage: Passage) -> tuple[str, ...]:
        seconds = (passage.nanoseconds - self.start) / 1e9
        fate = f"{passage.fate.value} by {passage.rule}" if passage.rule else passage.fate.value
        return (
            str(passage.number),
            f"{seconds:.4f} s",
            passage.sender or "the wire",
            ", ".join(delivery.host for delivery in passage.deliveries) or "nobody",
            str(len(passage.data)),
            _what(passage),
            fate,
        )


def view_of(log: Iterable[Passage]) -> LogView:
    """Show what a wire has logged."""
    passages = tuple(log)
    return LogView(passages, "the log of the wire", passages[0].nanoseconds if passages else 0)


def recorded_view(name: str) -> LogView:
    """Show a log that was recorded together with the capture of this name."""
    capture = recorded(name)
    lines = _file(name).read_text("utf-8").splitlines()
    passages = tuple(_passage(frame, line) for frame, line in zip(capture.frames, lines, strict=True))
    return LogView(passages, capture.source, passages[0].nanoseconds)


def save_log(log: Iterable[Passage], name: str, folder: Path = FOLDER) -> None:
    """Write what `recorded_view` reads, in the order in which a capture has the frames."""
    _file(name, folder).write_text(
        "".join(f"{_line(p)}\n" for p in sorted(log, key=attrgetter("nanoseconds"))), "utf-8"
    )


def _file(name: str, folder: Path = FOLDER) -> Path:
    return folder / f"{name}.tsv"


def _line(passage: Passage) -> str:
    receivers = " ".join(delivery.host for delivery in passage.deliveries)
    return "\t".join((passage.sender, receivers, passage.fate.value, passage.rule))


def _passage(frame: Frame, line: str) -> Passage:
    sender, receivers, fate, rule = line.split("\t")
    deliveries = [Delivery(host, frame.nanoseconds, frame.data) for host in receivers.split()]
    return Passage(frame.number, frame.nanoseconds, sender, frame.data, Fate(fate), rule, deliveries)


def _what(passage: Passage) -> str:
    """The frame in a few words: TCP as we know it, the rest as scapy says it."""
    frame = Frame(passage.number, passage.nanoseconds, passage.data)
    if segment := segment_in(frame):
        payload = f" {visible(segment.payload, TEXT_LIMIT)}" if segment.size else ""
        return f"TCP {segment.flags}{payload}"
    return str(packet(frame).payload.summary())
