"""A capture as a table for a notebook, a row for each frame. All of it comes from the wire, so all is escaped."""

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import Flag, Segment, at
from chatkit.tcp.style import NO_FORMULAS
from chatkit.tcp.visible import visible

if TYPE_CHECKING:
    from chatkit.capture.capture import Capture

MAX_ROWS = 50
TEXT_LIMIT = 60  # characters of payload
CELL = "text-align:left;padding:0 6px;white-space:nowrap"
COLUMNS = ("No.", "Time", "From", "To", "Flags", "Seq", "Ack", "Length", "Info")


def table(capture: "Capture") -> str:
    """The capture as HTML: a sentence that says what it is, and its first frames."""
    rows = "".join(_html_row(cells) for cells in _rows(capture))
    left_out = len(capture.frames) - MAX_ROWS
    more = f"<p>... {left_out} more frames</p>" if left_out > 0 else ""
    remarks = "".join(f"<p>Note: {escape(remark)}</p>" for remark in capture.remarks)
    heads = "".join(f'<th scope="col" style="{CELL}">{name}</th>' for name in COLUMNS)
    return (
        f'<div class="{NO_FORMULAS}"><table style="font-family:monospace">'
        f'<caption style="text-align:left">{escape(_caption(capture))}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{more}{remarks}</div>"
    )


def _caption(capture: "Capture") -> str:
    lost = f" The kernel lost {capture.dropped} frames." if capture.dropped else ""
    sizes = f"{len(capture.frames)} frames, {len(capture.conversations)} conversations"
    return f"{sizes}, {capture.source}.{lost} Seq and Ack are relative."


def _rows(capture: "Capture") -> Iterator[tuple[str, ...]]:
    frames = capture.frames[:MAX_ROWS]
    last, start = (frames[-1].number, frames[0].nanoseconds) if frames else (0, 0)
    places = {s.frame: (talk, s) for talk in capture.conversations for s in talk.segments.up_to(last)}
    for frame in frames:
        time = f"{(frame.nanoseconds - start) / 1e9:.6f}"
        if frame.number in places:
            yield str(frame.number), time, *_cells(*places[frame.number])
        else:
            yield str(frame.number), time, "", "", "", "", "", str(frame.length), "not a TCP segment, or a copy of one"


def _cells(talk: Conversation, segment: Segment) -> tuple[str, ...]:
    seq, ack = talk.relative(segment)
    options = str(segment.options) if segment.flags & Flag.SYN else ""  # elsewhere they repeat themselves
    info = visible(segment.payload, TEXT_LIMIT) if segment.size else options
    return (
        at(segment.source),
        at(segment.destination),
        str(segment.flags),
        str(seq),
        "" if ack is None else str(ack),
        str(segment.size),
        info,
    )


def _html_row(cells: tuple[str, ...]) -> str:
    return "<tr>" + "".join(f'<td style="{CELL}"><bdi>{escape(cell)}</bdi></td>' for cell in cells) + "</tr>"
