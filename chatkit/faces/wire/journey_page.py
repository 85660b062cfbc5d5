"""A journey as a picture: a row for each step, its time on one axis, and the way of the message through them.

    1  ann's thread      |[==]                       send() 15 bytes      0.000 ms
    2  ann's TCP         |  o                        frame 12             0.021 ms
    3  server's TCP      |   o                       frame 13, ACK        0.034 ms
       ...

The axis is true to time, so it shows where the time goes; it ends where the message arrives. A filled mark is on the
message's way, a hollow one is aside of it, a triangle comes later. The list below has a sentence for each number.
"""

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from chatkit.faces.axis import round_numbers
from chatkit.tcp.figure import scrolled
from chatkit.tcp.style import NO_FORMULAS, STYLE

if TYPE_CHECKING:
    from chatkit.faces.wire.journey import Journey
    from chatkit.faces.wire.lanes import Step

WIDTH, LEFT, RIGHT = 900, 210, 810  # the axis is between the last two; behind it stand the times
HEAD, ROW, FOOT = 34, 30, 30
MIN_WIDTH = 740  # narrower, and the words are too small to read: then it scrolls
TICKS = 6  # at most
LEAST = 3.0  # pixels of what lasts

_CLASS = "chatkit-journey"
_COLOURS = {"THREAD": "fin", "TCP": "syn", "WIRE": "ack", "READER": "fin", "FACE": "fin"}  # by the name of the lane
_STYLE = STYLE.replace("chatkit-ladder", _CLASS) + (
    f".{_CLASS} .aside{{fill:var(--ck-back);stroke-width:2}}"
    f".{_CLASS} .way{{fill:none;stroke:currentColor;stroke-opacity:.5;stroke-dasharray:2 3}}"
)


def text(journey: "Journey") -> str:
    """The steps, and then what nobody told."""
    lines = [_heading(journey), *([f"({journey.source})"] if journey.source else []), ""]
    for number, step in enumerate(journey.steps, 1):
        lines.append(f"{number:3}  {_time(step, journey):26}  {journey.place(step.lane):20}  {step.sentence}")
    return "\n".join([*lines, *(["", "Not told:"] if journey.untold else []), *(f"  {one}" for one in journey.untold)])


def page(journey: "Journey") -> str:
    """The picture, a sentence for each step, and what nobody told."""
    picture = scrolled(draw(journey), MIN_WIDTH)
    steps = "".join(_item(journey, step) for step in journey.steps)
    missing = "".join(f"<li>{escape(one)}</li>" for one in journey.untold)
    untold = f"<p>Not told:</p><ul>{missing}</ul>" if missing else ""
    return f'<figure class="{NO_FORMULAS}" style="margin:0;line-height:1.5">{picture}<ol>{steps}</ol>{untold}</figure>'


def _item(journey: "Journey", step: "Step") -> str:
    place, sentence = escape(journey.place(step.lane)), escape(step.sentence)
    return f"<li><b>{place}</b>, {_time(step, journey)}: <bdi>{sentence}</bdi></li>"


def draw(journey: "Journey") -> str:
    """The picture as an SVG of its own."""
    height = HEAD + ROW * len(journey.steps) + FOOT
    body = "".join((*_axis(journey, height), *_way(journey), *_rows(journey), _source(journey, height)))
    title = escape(_heading(journey))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{_CLASS}" role="img" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" style="max-width:100%;height:auto" fill="currentColor" '
        f'font-family="system-ui, sans-serif" font-size="13" aria-label="{title}"><title>{title}</title>'
        f"<desc>{escape(text(journey))}</desc><style>{_STYLE}</style>{body}</svg>"
    )


def _heading(journey: "Journey") -> str:
    to = f" to {journey.receiver}" if journey.receiver else ""
    length = f"{len(journey.steps)} steps in {_clock(journey.seconds)}"
    return f"The journey of {journey.message} from {journey.sender}{to}: {length}"


def _source(journey: "Journey", height: int) -> str:
    """What kind of evidence it is: a recorded capture must not pass for one's own."""
    words = f"({journey.source})" if journey.source else ""
    place = f'x="{WIDTH // 2}" y="{height - 8}" text-anchor="middle"'
    return f'<text class="faint" {place} font-size="12">{escape(words)}</text>'


# ---- the axis ----


def _x(journey: "Journey", when: float) -> float:
    """Where a moment is; what comes after the end of the way stands at the end of the axis."""
    share = (when - journey.start) / (journey.seconds or 1.0)
    return LEFT + (RIGHT - LEFT) * min(share, 1.0)


def _axis(journey: "Journey", height: int) -> Iterator[str]:
    yield f'<text class="faint" x="{LEFT - 12}" y="18" text-anchor="end" font-size="12">milliseconds</text>'
    for seconds in round_numbers(journey.seconds, TICKS):
        x = _x(journey, journey.start + seconds)
        yield f'<path d="M{x:.1f} {HEAD - 8}V{height - FOOT}" stroke="currentColor" stroke-opacity=".18"/>'
        yield f'<text class="faint" x="{x:.1f}" y="18" text-anchor="middle" font-size="12">{seconds * 1000:g}</text>'


# ---- the rows ----


def _way(journey: "Journey") -> Iterator[str]:
    """The line of the message through its steps: down, and to the right."""
    on_way = [(at, step) for at, step in enumerate(journey.steps) if not step.is_aside]
    points = "L".join(f"{_x(journey, step.when):.1f} {_middle(at)}" for at, step in on_way)
    yield f'<path class="way" d="M{points}"/>'


def _rows(journey: "Journey") -> Iterator[str]:
    before = None
    for at, step in enumerate(journey.steps):
        y = _middle(at)
        lane = "" if step.lane is before else journey.place(step.lane)
        yield f'<text class="faint" x="8" y="{y + 4}" font-size="12">{at + 1}</text>'
        yield f'<text x="{LEFT - 12}" y="{y + 4}" text-anchor="end" font-weight="600">{escape(lane)}</text>'
        yield _mark(journey, step, y)
        yield _label(journey, step, y)
        when = f"{(step.when - journey.start) * 1000:.3f} ms"
        yield f'<text class="faint" x="{WIDTH - 4}" y="{y + 4}" text-anchor="end" font-size="12">{when}</text>'
        before = step.lane


def _mark(journey: "Journey", step: "Step", y: int) -> str:
    colour = next((c for word, c in _COLOURS.items() if word in step.lane.name), "data")
    x, title = _x(journey, step.when), f"<title>{escape(step.sentence)}</title>"
    if step.until is not None and step.until > step.when:
        width = max(_x(journey, step.until) - x, LEAST)
        return f'<rect class="{colour}" x="{x:.1f}" y="{y - 6}" width="{width:.1f}" height="12" rx="2">{title}</rect>'
    if step.when > journey.start + journey.seconds:
        return f'<path class="{colour} aside" d="M{x:.1f} {y - 5}l7 5l-7 5z">{title}</path>'
    aside = " aside" * step.is_aside
    return f'<circle class="{colour}{aside}" cx="{x:.1f}" cy="{y}" r="5">{title}</circle>'


def _label(journey: "Journey", step: "Step", y: int) -> str:
    """Behind the mark, or before it where there is more room."""
    begin, end = _x(journey, step.when), _x(journey, step.until or step.when)
    x, anchor = (end + 12, "start") if begin - LEFT < RIGHT - end else (begin - 12, "end")
    return f'<text class="halo" x="{x:.1f}" y="{y + 4}" text-anchor="{anchor}">{escape(step.label)}</text>'


def _middle(at: int) -> int:
    return HEAD + ROW * at + ROW // 2


def _time(step: "Step", journey: "Journey") -> str:
    since = f"{(step.when - journey.start) * 1000:.3f} ms"
    return since if step.until is None else f"{since}, for {_clock(step.until - step.when)}"


def _clock(seconds: float) -> str:
    return f"{seconds:.3f} s" if seconds >= 1 else f"{seconds * 1000:.3f} ms"
