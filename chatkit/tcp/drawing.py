"""The ladder as a picture: two lifelines, time running down, an arrow for each segment.

    client ----+                    +---- server
    SYN-SENT   |--- SYN seq 100 --->|     SYN-RECEIVED
               |<-- SYN,ACK --------|

Payload stands in clear under its arrow. Colour says nothing that words don't say too. All text comes from the wire,
so all of it is escaped. The colours follow the theme of the page (see `style`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from chatkit.tcp.figure import figure
from chatkit.tcp.history import Moment
from chatkit.tcp.judge import Judgement
from chatkit.tcp.segment import Flag, Segment, at
from chatkit.tcp.states import Possible, State
from chatkit.tcp.style import STYLE
from chatkit.tcp.visible import visible

if TYPE_CHECKING:
    from chatkit.tcp.ladder import Ladder, Row

WIDTH = 900
LEFT, RIGHT = 226, 748  # the lifelines
HEAD = 74  # where the first row begins
SLOPE = 10  # a segment takes time to travel
MIN_WIDTH = 680  # narrower, and the numbers are too small to read: then it scrolls
PAYLOAD_LIMIT = 42  # columns between the lifelines

_ORDINARY = {Judgement.OPENING, Judgement.NEW_DATA, Judgement.PURE_ACK, Judgement.CLOSING, Judgement.RESET}
_DOTTED = {State.CLOSED, State.LISTEN}


def draw(ladder: "Ladder") -> str:
    """The ladder as an SVG of its own."""
    picture = _Picture(ladder)
    body = "".join(picture.parts())
    title = escape(" and ".join(ladder.heading))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chatkit-ladder" role="img" viewBox="0 0 {WIDTH} {picture.y}" '
        f'width="{WIDTH}" height="{picture.y}" style="max-width:100%;height:auto" fill="currentColor" '
        f'font-family="system-ui, sans-serif" font-size="14" aria-label="{title}">'
        f"<title>Segments between {title}</title><desc>{escape(ladder.alt_text())}</desc>"
        f"<style>{STYLE}</style>{body}</svg>"
    )


def page(ladder: "Ladder") -> str:
    """The picture, and the same as text for those who do not see it."""
    return figure(draw(ladder), ladder.in_full(), MIN_WIDTH, "The same as text")


@dataclass
class _Side:
    """One lifeline while it is drawn downwards."""

    x: int
    anchor: str
    state: Possible
    since: int  # y from which on the state holds

    @property
    def label_x(self) -> int:
        return self.x - 16 if self.anchor == "end" else self.x + 16


@dataclass
class _Picture:
    ladder: "Ladder"
    y: int = HEAD
    sides: tuple[_Side, _Side] = field(init=False)
    leaving: dict[int, tuple[int, int]] = field(default_factory=dict)  # frame on its way: where its arrow began
    arriving: set[int] = field(default_factory=set)  # frames that arrive in a later row

    def __post_init__(self) -> None:
        before = self.ladder.conversation.history
        self.sides = (_Side(LEFT, "end", before.client_before, HEAD), _Side(RIGHT, "start", before.server_before, HEAD))
        self.arriving = {m.segment.frame for m in before.moments if m.arrived and not m.sent}
        talk = self.ladder.conversation
        self.verdicts = {s.frame: judged for s, judged in zip(talk.segments, talk.judgements, strict=True)}
        self.start = self.ladder.conversation.segments[0].time

    def parts(self) -> Iterator[str]:
        """Everything in the picture, from the top down; `y` then says how high it is."""
        yield from self._heads()
        for side in self.sides:
            yield _state(side, HEAD - 6)
        self.y += 8
        for row in self.ladder.shown:
            yield from self._skip(row) if row.skipped else self._row(row.moment)
        for frame, (x, y) in self.leaving.items():
            yield from self._lost(x, y) if frame not in self.arriving else self._arrived_unseen(x, y)
        self.y += 14
        for side in self.sides:
            yield _lifeline(side, self.y)
        self.y += 24
        label = self.ladder.label_of_source
        yield _text((LEFT + RIGHT) // 2, self.y - 4, label, 'text-anchor="middle" class="faint" font-size="12"')
        self.y += 4

    def _heads(self) -> Iterator[str]:
        talk = self.ladder.conversation
        for x, endpoint, role in ((LEFT, talk.client, "client"), (RIGHT, talk.server, "server")):
            name = self.ladder.names.get(endpoint, role)
            yield _text(x, 20, name, 'text-anchor="middle" font-weight="700" font-size="16"')
            yield _text(x, 38, at(endpoint), 'text-anchor="middle" class="faint" font-size="13"')

    def _skip(self, row: "Row") -> Iterator[str]:
        """The lifelines break off, and go on in the states that the rows left out have led to."""
        for side, state in zip(self.sides, (row.moment.client, row.moment.server), strict=True):
            yield _lifeline(side, self.y)
            changed, side.state, side.since = state != side.state, state, self.y + 42
            if changed:
                yield _state(side, self.y + 42)
        self.y += 26
        yield _text((LEFT + RIGHT) // 2, self.y, f"... {row.skipped} more", 'text-anchor="middle" class="faint"')
        self.y += 16

    def _row(self, moment: Moment) -> Iterator[str]:
        segment = moment.segment
        top = self.y
        line = top + 25
        is_pointed_at = self.ladder.points_at(segment)
        height = 58 if segment.size and moment.sent else 42
        if is_pointed_at:
            yield f'<rect class="spot" x="4" y="{top + 5}" width="{WIDTH - 8}" height="{height}" rx="6"/>'
        if moment.sent:
            yield from self._labels(segment, moment, line)
        yield from self._arrow(moment, line)
        if moment.sent:
            yield from self._margin(segment, line)
        for side, state, y in zip(self.sides, (moment.client, moment.server), self._touches(moment, line), strict=True):
            if y is not None and state != side.state:
                yield from self._change(side, state, y)
        self.y = top + height + 4

    def _touches(self, moment: Moment, line: int) -> tuple[int | None, int | None]:
        """How far down the arrow touches each lifeline; None where it does not."""
        leaves, arrives = line if moment.sent else None, line + SLOPE if moment.arrived else None
        return (leaves, arrives) if self._is_rightward(moment.segment) else (arrives, leaves)

    def _labels(self, segment: Segment, moment: Moment, line: int) -> Iterator[str]:
        seq, ack = self.ladder.numbers(segment)
        words = f"seq {seq}" + ("" if ack is None else f"  ack {ack}")
        flags = f'<tspan class="{_kind(segment)}" font-weight="700">{str(segment.flags) or "no flags"}</tspan>'
        label = f'{flags}<tspan dx="8">{words}</tspan>{self._verdict(segment)}'
        x, anchor, halo = (LEFT + RIGHT) // 2, "middle", ""
        if self.leaving.keys() & self.arriving or not moment.arrived:  # arrows may cross here: stay near the sender
            x, anchor = (LEFT + 14, "start") if self._is_rightward(segment) else (RIGHT - 14, "end")
            halo = ' class="halo"'
        yield f'<text{halo} x="{x}" y="{line - 6}" text-anchor="{anchor}">{label}</text>'
        if segment.size:
            yield from self._payload(segment, x, anchor, halo, line)

    def _verdict(self, segment: Segment) -> str:
        """What is unusual about it."""
        words = ", ".join(verdict.value for verdict in Judgement if verdict in self.verdicts[segment.frame] - _ORDINARY)
        return f'<tspan class="rst" font-style="italic" dx="8">{words}</tspan>' if words else ""

    def _payload(self, segment: Segment, x: int, anchor: str, halo: str, line: int) -> Iterator[str]:
        count = f"{segment.size} byte{'' if segment.size == 1 else 's'}"
        shown = visible(segment.payload, PAYLOAD_LIMIT) if self.ladder.data else ""
        yield (
            f'<text{halo} x="{x}" y="{line + 27}" text-anchor="{anchor}">'
            f'<tspan class="faint" font-size="13">{count}</tspan>'
            f'<tspan class="data mono" font-weight="600" dx="8">{escape(shown)}</tspan></text>'
        )

    def _is_rightward(self, segment: Segment) -> bool:
        return segment.source == self.ladder.conversation.client

    def _arrow(self, moment: Moment, line: int) -> Iterator[str]:
        segment = moment.segment
        begin, end = (LEFT, RIGHT) if self._is_rightward(segment) else (RIGHT, LEFT)
        if moment.sent and moment.arrived:
            yield _line(begin, line, end, line + SLOPE, _kind(segment), self.ladder.points_at(segment))
        elif moment.sent:
            self.leaving[segment.frame] = (begin, line)
        elif segment.frame in self.leaving:
            _, began = self.leaving.pop(segment.frame)
            yield _line(begin, began, end, line + SLOPE, _kind(segment), self.ladder.points_at(segment))
            x, anchor = (RIGHT - 14, "end") if end == RIGHT else (LEFT + 14, "start")
            yield _text(
                x,
                line - 6,
                f"frame {segment.frame} arrives",
                f'text-anchor="{anchor}" class="faint halo" font-size="12"',
            )

    def _lost(self, x: int, y: int) -> Iterator[str]:
        """A segment of which the capture does not show that it arrived."""
        step = 1 if x == LEFT else -1
        end = x + step * 270
        yield f'<path class="lost" d="M{x} {y}L{end} {y + 7}" fill="none" stroke-width="1.5" stroke-dasharray="5 4"/>'
        yield f'<path class="lost" d="M{end - 6} {y + 1}l12 12m0 -12l-12 12" fill="none" stroke-width="2"/>'
        anchor = "start" if step > 0 else "end"
        yield _text(
            end + step * 12, y + 12, "no sign of arrival", f'text-anchor="{anchor}" class="faint halo" font-size="12"'
        )

    def _arrived_unseen(self, x: int, y: int) -> Iterator[str]:
        """A segment that arrives in a row which is left out."""
        yield _line(x, y, RIGHT if x == LEFT else LEFT, y + SLOPE, "ack", False)

    def _margin(self, segment: Segment, line: int) -> Iterator[str]:
        yield _text(14, line + 4, f"frame {segment.frame}", 'font-size="13"')
        yield _text(14, line + 19, _milliseconds(segment.time - self.start), 'class="faint" font-size="12"')

    def _change(self, side: _Side, state: Possible, y: int) -> Iterator[str]:
        yield _lifeline(side, y)
        side.state, side.since = state, y
        yield f'<circle cx="{side.x}" cy="{y}" r="4.5"/>'
        yield _state(side, y + 5)


def _kind(segment: Segment) -> str:
    """What decides the colour."""
    for flag, kind in ((Flag.RST, "rst"), (Flag.SYN, "syn"), (Flag.FIN, "fin")):
        if flag in segment.flags:
            return kind
    return "data" if segment.size else "ack"


def _line(x: int, y: int, end_x: int, end_y: int, kind: str, is_pointed_at: bool) -> str:
    """An arrow; drawn by hand, because an SVG marker is found by its id, and a notebook has many pictures."""
    step = 1 if end_x > x else -1
    tip = end_x - step * 3
    slope = (end_y - y) / (end_x - x)
    back = tip - step * 11
    on_line = end_y - slope * (end_x - back)
    width = 3 if is_pointed_at else 2
    return (
        f'<g class="{kind}"><path d="M{x + step * 3} {y}L{back} {on_line:.1f}" fill="none" stroke-width="{width}"/>'
        f'<path stroke="none" d="M{tip} {end_y}L{back} {on_line - 5:.1f}L{back} {on_line + 5:.1f}Z"/></g>'
    )


def _lifeline(side: _Side, until: int) -> str:
    """From where the state began to here: dotted while there is no connection, bold while it is ESTABLISHED."""
    state = side.state.known
    dash = ' stroke-dasharray="2 5"' if state in _DOTTED or state is None else ""
    width = 4 if state is State.ESTABLISHED else 1.5
    return f'<path class="life" d="M{side.x} {side.since}V{until}" stroke-width="{width}"{dash}/>'


def _state(side: _Side, y: int) -> str:
    words = side.state.known.value if side.state.known else "state not known"
    return _text(side.label_x, y, words, f'text-anchor="{side.anchor}" class="state" font-size="13" font-weight="600"')


def _text(x: int, y: int, words: str, attributes: str) -> str:
    return f'<text x="{x}" y="{y}" {attributes}>{escape(words)}</text>'


def _milliseconds(seconds: float) -> str:
    return f"{seconds:.3f} s" if seconds >= 1 else f"{seconds * 1000:.3f} ms"
