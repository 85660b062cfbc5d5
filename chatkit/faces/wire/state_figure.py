"""RFC 9293's Figure 5 as a picture, with both ends of a conversation in it.

    ┌──────────●client      the state of the client: a disc, and its name at the upper edge
    │ SYN-SENT │
    └──◆server─┘            the state of the server: a diamond, and its name at the lower edge

An arc that was just taken is bold, and has the mark of the end that took it. What leaves no trace on a wire is dotted.
Only where things lie is decided here. What arcs there are, `figure_5` reads out of the table.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from chatkit.faces.wire.figure_5 import UNSEEN, Arc, arcs
from chatkit.tcp.states import Possible, State
from chatkit.tcp.style import STYLE
from chatkit.tcp.visible import columns

S = State

WIDTH, HEIGHT = 900, 676
HALF_WIDTH, HALF_HEIGHT = 74, 21  # of a box
NAME_LIMIT = 14  # columns of a name beside its mark
LEFT, MIDDLE, RIGHT = 130, 450, 770
MARKS = ("●", "◆")
COLOURS = ("syn", "fin")  # of client and server
BOTH = "ack"

_CLASS = "chatkit-states"

Point = tuple[int, int]

PLACES: dict[State, Point] = {  # the middle of each box
    S.CLOSED: (MIDDLE, 40),
    S.LISTEN: (MIDDLE, 130),
    S.SYN_RECEIVED: (LEFT, 220),
    S.SYN_SENT: (RIGHT, 220),
    S.ESTABLISHED: (MIDDLE, 310),
    S.FIN_WAIT_1: (LEFT, 400),
    S.CLOSE_WAIT: (RIGHT, 400),
    S.FIN_WAIT_2: (LEFT, 500),
    S.CLOSING: (MIDDLE, 500),
    S.LAST_ACK: (RIGHT, 500),
    S.TIME_WAIT: (MIDDLE, 600),
}
CLOSED_AGAIN = (RIGHT, 600)  # as in the RFC, the end has a box of its own


class Route(NamedTuple):
    """How an arc runs, and where its words stand."""

    points: tuple[Point, ...]
    words_at: Point
    anchor: str = "start"


ROUTES: dict[tuple[State, State], Route] = {
    (S.CLOSED, S.LISTEN): Route(((436, 61), (436, 109)), (428, 90), "end"),
    (S.LISTEN, S.CLOSED): Route(((464, 109), (464, 61)), (472, 90)),
    (S.CLOSED, S.SYN_SENT): Route(((524, 34), (800, 34), (800, 199)), (640, 27)),
    (S.SYN_SENT, S.CLOSED): Route(((748, 199), (748, 52), (524, 52)), (640, 68)),
    (S.LISTEN, S.SYN_SENT): Route(((524, 136), (696, 213)), (622, 168)),
    (S.LISTEN, S.SYN_RECEIVED): Route(((376, 136), (204, 213)), (278, 168), "end"),
    (S.SYN_RECEIVED, S.LISTEN): Route(((104, 199), (104, 124), (376, 124)), (240, 117), "middle"),
    (S.SYN_SENT, S.SYN_RECEIVED): Route(((696, 220), (204, 220)), (MIDDLE, 213), "middle"),
    (S.SYN_SENT, S.ESTABLISHED): Route(((696, 227), (524, 304)), (622, 276)),
    (S.SYN_RECEIVED, S.ESTABLISHED): Route(((204, 227), (376, 304)), (278, 276), "end"),
    (S.SYN_RECEIVED, S.FIN_WAIT_1): Route(((104, 241), (104, 379)), (112, 325)),
    (S.ESTABLISHED, S.FIN_WAIT_1): Route(((376, 316), (204, 394)), (278, 350), "end"),
    (S.ESTABLISHED, S.CLOSE_WAIT): Route(((524, 316), (696, 394)), (622, 350)),
    (S.FIN_WAIT_1, S.FIN_WAIT_2): Route(((104, 421), (104, 479)), (112, 455)),
    (S.FIN_WAIT_1, S.CLOSING): Route(((204, 406), (376, 494)), (302, 446)),
    (S.CLOSE_WAIT, S.LAST_ACK): Route(((RIGHT, 421), (RIGHT, 479)), (762, 455), "end"),
    (S.FIN_WAIT_2, S.TIME_WAIT): Route(((204, 506), (376, 594)), (302, 546)),
    (S.CLOSING, S.TIME_WAIT): Route(((MIDDLE, 521), (MIDDLE, 579)), (458, 555)),
    (S.LAST_ACK, S.CLOSED): Route(((RIGHT, 521), (RIGHT, 579)), (762, 555), "end"),
    (S.TIME_WAIT, S.CLOSED): Route(((524, 600), (696, 600)), (610, 593), "middle"),
}
RESET = Route(((610, 646), (790, 646), (790, 621)), (602, 650), "end")
RESET_WORDS = "from every state: snd RST, rcv RST"


@dataclass(frozen=True)
class EndThere:
    """One end of a conversation, as the figure shows it."""

    name: str
    state: Possible
    was_open: bool  # so that CLOSED is the end, and not the beginning
    path: tuple[Arc, ...]  # that it has just taken


Ends = tuple[EndThere, ...]  # (client, server), or nobody


def draw(ends: Ends, title: str, words: str, note: str = "") -> str:
    """The figure as an SVG of its own; `note` stands below it."""
    body = "".join((*_arcs(ends), *_boxes(ends), *_tags(ends), *_notes(ends, note)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{_CLASS}" role="img" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" style="max-width:100%;height:auto" fill="currentColor" '
        f'font-family="system-ui, sans-serif" font-size="14" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title><desc>{escape(words)}</desc>"
        f"<style>{STYLE.replace('chatkit-ladder', _CLASS)}</style>{body}</svg>"
    )


def _arcs(ends: Ends) -> Iterator[str]:
    """Lines first, since words lie on top of what crosses them."""
    shown = [(ROUTES[way], words, _takers(ends, way)) for way, words in arcs().items()]
    shown.append((RESET, RESET_WORDS, [who for who, end in enumerate(ends) if any(arc.is_reset for arc in end.path)]))
    for route, _, takers in shown:
        yield _line(route, takers)
    yield from (_line(ROUTES[way], [], ' stroke-dasharray="2 5" stroke-opacity=".75"') for way in UNSEEN)
    yield from (_label(route, words, takers) for route, words, takers in shown)
    yield from (_label(ROUTES[way], words, [], "faint ") for way, words in UNSEEN.items())


def _takers(ends: Ends, way: tuple[State, State]) -> list[int]:
    """Which ends have just gone this way."""
    return [who for who, end in enumerate(ends) if any((a.start, a.end) == way and not a.is_reset for a in end.path)]


def _line(route: Route, takers: list[int], dots: str = "") -> str:
    """From point to point, with a head at the last; drawn by hand, since a marker would be found by its id."""
    *_, before, tip = route.points
    width = 4 if takers else 1.4
    size = 13 if takers else 9
    back, left, right = _head(before, tip, size)
    points = " ".join(f"{x},{y}" for x, y in (*route.points[:-1], back))
    return (
        f'<g class="{_colour(takers)}"><polyline points="{points}" fill="none" stroke-width="{width}"{dots}/>'
        f'<path stroke="none" d="M{tip[0]} {tip[1]}L{left}L{right}Z"/></g>'
    )


def _head(before: Point, tip: Point, size: int) -> tuple[Point, str, str]:
    """Where the head of an arrow begins, and its two other corners."""
    across, down = tip[0] - before[0], tip[1] - before[1]
    length = (across**2 + down**2) ** 0.5
    x, y = across / length, down / length
    back = tip[0] - x * size, tip[1] - y * size
    corners = (f"{back[0] + sign * y * size / 2:.1f} {back[1] - sign * x * size / 2:.1f}" for sign in (1, -1))
    return (round(back[0]), round(back[1])), next(corners), next(corners)


def _label(route: Route, words: str, takers: list[int], kind: str = "") -> str:
    marks = "".join(f'<tspan class="{COLOURS[who]}">{MARKS[who]} </tspan>' for who in takers)
    weight = ' font-weight="700" font-size="15"' if takers else ""
    x, y = route.words_at
    return f'<text class="{kind}halo" x="{x}" y="{y}" text-anchor="{route.anchor}"{weight}>{marks}{words}</text>'


def _colour(takers: list[int]) -> str:
    return COLOURS[takers[0]] if len(takers) == 1 else BOTH


def _boxes(ends: Ends) -> Iterator[str]:
    """The box of each state, thick where an end is in it."""
    lit = [(at, who) for who, end in enumerate(ends) for at in _where(end)]
    for state, place in (*PLACES.items(), (S.CLOSED, CLOSED_AGAIN)):
        inside = [who for at, who in lit if at == place]
        x, y = place[0] - HALF_WIDTH, place[1] - HALF_HEIGHT
        shape = f'x="{x}" y="{y}" width="{2 * HALF_WIDTH}" height="{2 * HALF_HEIGHT}" rx="7"'
        yield f'<rect {shape} style="fill:var(--ck-back);stroke:none"/>'
        style = "fill-opacity:.16;stroke-width:4" if inside else "fill-opacity:0;stroke-width:1.4"
        yield f'<rect class="{_colour(inside)}" {shape} style="{style}"/>'
        words_at = f'x="{place[0]}" y="{place[1] + 5}" text-anchor="middle"'
        yield f'<text {words_at} font-weight="{700 if inside else 500}">{state.value}</text>'


def _where(end: EndThere) -> list[Point]:
    """The middles of the boxes that it may be in."""
    return [CLOSED_AGAIN if state is S.CLOSED and end.was_open else PLACES[state] for state in end.state]


def _tags(ends: Ends) -> Iterator[str]:
    """The client's name at the upper edge of its box, the server's at the lower: so neither hides the other."""
    for who, end in enumerate(ends):
        name = f"{MARKS[who]} {_shortened(end.name)}{'' if end.state.known else '?'}"
        width = 16 + 7.8 * columns(name)
        for x, y in _where(end):
            left = x - HALF_WIDTH - 10 if who == 0 else x + HALF_WIDTH + 10 - width
            top = y - HALF_HEIGHT - 12 if who == 0 else y + HALF_HEIGHT - 8
            yield _tag(name, left, top, width, COLOURS[who], is_sure=end.state.known is not None)


def _tag(name: str, left: float, top: int, width: float, colour: str, is_sure: bool) -> str:
    dash = "" if is_sure else ";stroke-dasharray:3 3"
    return (
        f'<rect class="{colour}" x="{left:.1f}" y="{top}" width="{width:.1f}" height="20" rx="10" '
        f'style="fill:var(--ck-back);stroke-width:1.6{dash}"/>'
        f'<text x="{left + width / 2:.1f}" y="{top + 15}" text-anchor="middle" font-weight="700" font-size="13">'
        f'<tspan class="{colour}">{escape(name)}</tspan></text>'
    )


def _notes(ends: Ends, note: str) -> Iterator[str]:
    """Who is where, in the free corner; and what the dots mean."""
    for line, (mark, end) in enumerate(zip(MARKS, ends, strict=False)):
        state = end.state.known.value if end.state.known else "state not known"
        words = f'<tspan class="{COLOURS[line]}">{mark}</tspan> {escape(end.name)}: {state}'
        yield f'<text x="8" y="{24 + 22 * line}" font-size="15">{words}</text>'
    dotted = "dotted: what leaves no trace on a wire"
    yield f'<text class="faint" x="8" y="{HEIGHT - 6}" font-size="12">{dotted}</text>'
    yield f'<text class="faint" x="{WIDTH - 8}" y="{HEIGHT - 6}" text-anchor="end" font-size="12">{escape(note)}</text>'


def _shortened(name: str) -> str:
    return name if columns(name) <= NAME_LIMIT else name[: NAME_LIMIT // 2] + "…"
