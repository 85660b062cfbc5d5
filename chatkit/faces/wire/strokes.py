"""The strokes of a picture of the wire: arrows, arrows that come to no end, and words."""

from html import escape

from chatkit.faces.wire.scene import Arrow
from chatkit.tcp.judge import Judgement
from chatkit.tcp.segment import Flag, Segment
from chatkit.tcp.visible import columns

_AGAIN = {Judgement.RETRANSMISSION, Judgement.FAST_RETRANSMISSION, Judgement.SPURIOUS_RETRANSMISSION}


def kind(segment: Segment) -> str:
    """What decides the colour."""
    for flag, kind in ((Flag.RST, "rst"), (Flag.SYN, "syn"), (Flag.FIN, "fin")):
        if flag in segment.flags:
            return kind
    return "data" if segment.size else "ack"


def dash(arrow: Arrow) -> str:
    """A retransmission is dashed."""
    return ' stroke-dasharray="9 5"' if arrow.judgements & _AGAIN else ""


def shaft(x: int, y: int, end_x: int, end_y: int, arrow: Arrow, fresh: str) -> str:
    """An arrow; drawn by hand, because an SVG marker is found by its id, and a notebook has many pictures."""
    step = 1 if end_x > x else -1
    tip = end_x - step * 3
    slope = (end_y - y) / (end_x - x)
    back = tip - step * 11
    on_line = end_y - slope * (end_x - back)
    return (
        f'<g class="{kind(arrow.segment)}{fresh}"><path d="M{x + step * 3} {y}L{back} {on_line:.1f}" fill="none" '
        f'stroke-width="2"{dash(arrow)}/>'
        f'<path stroke="none" d="M{tip} {end_y}L{back} {on_line - 5:.1f}L{back} {on_line + 5:.1f}Z"/></g>'
    )


def half(x: int, y: int, end_x: int, end_y: int, arrow: Arrow) -> str:
    """A shaft that comes to no end."""
    path = f'<path d="M{x} {y}L{end_x} {end_y}" fill="none" stroke-width="2"{dash(arrow)}/>'
    return f'<g class="{kind(arrow.segment)}">{path}</g>'


def is_text(part: str) -> bool:
    return part.startswith("<text")


def fitting(text: str, pixels: int) -> str:
    """As much of the text as has room."""
    most = pixels // 6
    return text if columns(text) <= most else text[: most - 1] + "…"


def text(x: int, y: int, said: str, attributes: str) -> str:
    return f'<text x="{x}" y="{y}" {attributes}>{escape(said)}</text>'
