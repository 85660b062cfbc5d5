"""A stretch of a scene as SVG: a lifeline for every host, time running down, an arrow for each segment.

      ann               server              bob
       |-- SYN seq 0 ---->|                  |
       |                  |-- accept()       |          a call stands at the host that made it
       |                  |------\\           |
       |                  |       \\--------->|          what is on its way for a while comes in further down
       |-- data ---x      |                  |          dropped

Rows are as far apart as their times, within limits. Colour says nothing that words, crosses and dashes don't say too.
All text comes from the wire, so all of it is escaped.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

from chatkit.faces.wire import strokes, words
from chatkit.faces.wire.scene import Arrow, Call, Host, Page, Part, Step, Talk
from chatkit.tcp.states import Possible, State
from chatkit.tcp.style import STYLE

LEFT, RIGHT = 200, 170  # before the first lifeline stand frame and time, and states; behind the last there are states
CALLS = 75  # more on both sides, where there are calls
WIDE, CLOSE = 520, 400  # between two lifelines, where there are two, and where there are more
HEAD = 70  # where the first row begins
SLOPE = 10  # of a segment that arrives at once
PIXELS = 400  # for a second, between two rows
MOST = 80  # pixels that a pause may take
PAUSE = 0.25  # seconds: a longer one is told in words
PAYLOAD_LIMIT = 40  # columns between two lifelines
SMALL = 'font-size="12"'

_HEIGHT = {Part.WHOLE: 44, Part.LEAVES: 44, Part.ARRIVES: 40, Part.CALL: 26}
LINE = 16  # more, for each line of words under the arrow: its payload, and why it did not arrive
_DOTTED = {State.CLOSED, State.LISTEN}

FRESH = (  # a segment that has just come flies once along its way, for who has not asked for less motion
    "@media (prefers-reduced-motion:no-preference){.chatkit-ladder .fresh{animation:ck-fly .3s}"
    "@keyframes ck-fly{from{opacity:0}to{opacity:1}}}"
)


@dataclass(frozen=True)
class Look:
    """How a page is to be drawn."""

    relative: bool = True  # numbers counted from the ISNs
    chosen: tuple[str, float, str] | None = None  # the key of the step to point at
    fresh: int | None = None  # steps from this position on have just come
    styled: bool = True  # it brings its own style
    hosts: tuple[Host, ...] = ()  # lifelines to be drawn in any case
    has_calls: bool = False  # leave room for calls in any case


def draw(page: Page, look: Look | None = None) -> str:
    """The page as an SVG of its own."""
    picture = _Picture(page, look or Look())
    body = "".join(sorted(picture.parts(), key=strokes.is_text))  # words lie on top of what crosses them
    style = f"<style>{STYLE}</style>" if picture.look.styled else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chatkit-ladder chatkit-wire" role="img" '
        f'viewBox="0 0 {picture.width} {picture.y}" width="{picture.width}" height="{picture.y}" '
        f'style="max-width:100%;height:auto" fill="currentColor" font-family="system-ui, sans-serif" font-size="14" '
        f'aria-label="Segments on the wire"><title>Segments on the wire</title>'
        f"<desc>{escape(words.summary(page))}</desc>{style}{body}</svg>"
    )


def least_width(hosts: int, has_calls: bool = False) -> int:
    """Narrower, and the words of a picture with so many lifelines are too small to read: then it has to scroll."""
    return 3 * _width(hosts, has_calls) // 4


@dataclass
class _Line:
    """A lifeline while it is drawn downwards; a host with several conversations is in several states at once."""

    host: Host
    x: int
    since: int = HEAD
    states: dict[int, Possible] = field(default_factory=dict)  # by the number of the conversation

    def bar(self, until: int) -> str:
        """Draw it from where the states began to here: dotted without a connection, bold where one is ESTABLISHED."""
        known = {state.known for state in self.states.values()}
        dash = ' stroke-dasharray="2 5"' if known <= _DOTTED | {None} else ""
        width = 4 if State.ESTABLISHED in known else 1.5
        begin, self.since = self.since, until
        return f'<path class="life" d="M{self.x} {begin}V{until}" stroke-width="{width}"{dash}/>'


@dataclass
class _Picture:
    page: Page
    look: Look
    y: int = HEAD
    lines: dict[Host, _Line] = field(default_factory=dict)
    began: dict[int, int] = field(default_factory=dict)  # frame: how far down its arrow began
    leaving: dict[int, Arrow] = field(default_factory=dict)  # frames on their way

    def __post_init__(self) -> None:
        hosts = _in_order(self.page.hosts, self.look.hosts)
        self.gap = WIDE if len(hosts) < 3 else CLOSE
        has_calls = self.look.has_calls or any(step.call for step in self.page.steps)
        left = LEFT + CALLS * has_calls
        self.lines = {host: _Line(host, left + self.gap * place) for place, host in enumerate(hosts)}
        self.width = _width(len(hosts), has_calls)

    def parts(self) -> Iterator[str]:
        """Everything in the picture, from the top down; `y` then says how high it is."""
        yield from self._heads()
        yield from self._first_states()
        last = self.page.steps[0].time if self.page.steps else 0.0
        for step in self.page.steps:
            yield from self._pause(step, step.time - last)
            last = max(last, step.time)
            yield from self._row(step)
        for frame, arrow in self.leaving.items():
            yield from self._unended(arrow, self.began[frame])
        self.y += 14
        yield from (line.bar(self.y) for line in self.lines.values())
        self.y += 22
        if self.page.source:
            yield strokes.text(
                self.width // 2, self.y - 4, f"({self.page.source})", f'text-anchor="middle" class="faint" {SMALL}'
            )
        self.y += 4

    def _heads(self) -> Iterator[str]:
        for host, line in self.lines.items():
            yield strokes.text(line.x, 20, host.name, 'text-anchor="middle" font-weight="700" font-size="16"')
            if host.address != host.name:
                yield strokes.text(line.x, 38, host.address, 'text-anchor="middle" class="faint" font-size="13"')

    def _first_states(self) -> Iterator[str]:
        """What the ends are in before the first row; a server with several conversations may be in several states."""
        for talk in self.page.talks:
            for host, state in zip((talk.client, talk.server), self.page.before[talk.number], strict=True):
                self.lines[host].states[talk.number] = state
        for line in self.lines.values():
            states = set(line.states.values())
            if len(states) == 1 and (known := next(iter(states)).known):
                times = f" ({len(line.states)})" if len(line.states) > 1 else ""
                side = self._outside(line)
                anchor = "start" if side > 0 else "end"
                place = f'text-anchor="{anchor}" class="state halo" font-size="13" font-weight="600"'
                yield strokes.text(line.x + side * 14, HEAD - 8, known.value + times, place)

    def _pause(self, step: Step, seconds: float) -> Iterator[str]:
        """Leave room for the time that has passed, and for what is not shown."""
        self.y += int(min(MOST, max(0.0, seconds) * PIXELS))
        if seconds >= PAUSE:
            self.y += 6
            yield strokes.text(14, self.y - 8, f"{seconds:.1f} s pass", f'class="faint" font-style="italic" {SMALL}')
        if step.skipped:
            self.y += 20
            first = next(iter(self.lines.values()))
            yield strokes.text(
                first.x + self.gap // 2,
                self.y - 4,
                words.skipped(step),
                f'text-anchor="middle" class="faint halo" {SMALL}',
            )

    def _row(self, step: Step) -> Iterator[str]:
        top = self.y
        has_payload = bool(step.arrow and step.arrow.segment.size and step.part is not Part.ARRIVES)
        is_lost = bool(step.arrow and words.ending(step.arrow))
        height = _HEIGHT[step.part] + LINE * has_payload + LINE * is_lost
        if self.look.chosen == step.key:
            yield f'<rect class="spot" x="4" y="{top + 4}" width="{self.width - 8}" height="{height}" rx="6"/>'
        if step.call:
            yield from self._call(step.call, top + 16)
        elif step.arrow:
            is_fresh = self.look.fresh is not None and step.position >= self.look.fresh
            yield from self._arrow(step.arrow, step.part, top, " fresh" * is_fresh)
        self.y = top + height

    # ---- calls ----

    def _call(self, call: Call, y: int) -> Iterator[str]:
        """A mark on the lifeline, and beside it the call with its thread."""
        line = self.lines.get(call.host)
        if line is None:
            return
        side = self._outside(line)
        x = line.x + side * 16
        anchor = "start" if side > 0 else "end"
        partner = f"{_partner(call.talk, call.host)}, " if call.talk and self._is_shared(line) else ""
        yield f'<path class="call" d="M{line.x} {y - 9}l6 5l-6 5l-6 -5z"/>'
        yield (
            f'<text class="halo" x="{x}" y="{y}" text-anchor="{anchor}" font-size="13"><tspan class="mono" '
            f'font-weight="600">{escape(call.words)}</tspan><tspan class="faint" dx="6" font-size="12">'
            f"{escape(partner + call.thread.removeprefix('chat-'))}</tspan></text>"
        )

    def _is_shared(self, line: _Line) -> bool:
        """Whether the host has several conversations, so that it has to be said which."""
        return sum(line.host in (talk.client, talk.server) for talk in self.page.talks) > 1

    def _outside(self, line: _Line) -> int:
        """-1 for the first lifeline, whose words stand on its left; 1 for the others."""
        return -1 if line is next(iter(self.lines.values())) else 1

    # ---- arrows ----

    def _arrow(self, arrow: Arrow, part: Part, top: int, fresh: str) -> Iterator[str]:
        sender, receiver = self.lines[arrow.sender], self.lines[arrow.receiver]
        step = 1 if receiver.x > sender.x else -1
        if part is Part.ARRIVES:
            y = top + 20
            self.leaving.pop(arrow.segment.frame, None)
            begin = self.began.get(arrow.segment.frame, HEAD)
            yield strokes.shaft(sender.x, begin, receiver.x, y, arrow, fresh)
            label = f"frame {arrow.segment.frame} arrives"
            anchor = "end" if step > 0 else "start"
            yield strokes.text(
                receiver.x - step * 14, y + 15, label, f'text-anchor="{anchor}" class="faint halo" {SMALL}'
            )
            yield from self._change(receiver, arrow, y, step, is_sender=False)
            return
        line = self.began[arrow.segment.frame] = top + 26
        yield from self._labels(arrow, sender, step, line, stays=part is Part.LEAVES)
        yield from self._margin(arrow, line)
        yield from self._change(sender, arrow, line, -step, is_sender=True)
        if part is Part.WHOLE:
            yield strokes.shaft(sender.x, line, receiver.x, line + SLOPE, arrow, fresh)
            yield from self._change(receiver, arrow, line + SLOPE, step, is_sender=False)
        elif arrow.arrived is None and not arrow.is_on_its_way:
            yield from self._lost(arrow, sender, step, line)
        else:
            self.leaving[arrow.segment.frame] = arrow

    def _labels(self, arrow: Arrow, sender: _Line, step: int, line: int, stays: bool) -> Iterator[str]:
        """What it is, above its shaft; under it the payload. Where arrows may cross, near the sender."""
        x, anchor = sender.x + step * self.gap // 2, "middle"
        if stays or self.leaving:
            x, anchor = sender.x + step * 14, "start" if step > 0 else "end"
        remark = words.remark(arrow)
        said = f'<tspan class="rst" font-style="italic" dx="8">{escape(remark)}</tspan>' if remark else ""
        yield (
            f'<text class="halo" x="{x}" y="{line - 6}" text-anchor="{anchor}">'
            f'<tspan class="{strokes.kind(arrow.segment)}" font-weight="700">{words.flags(arrow)}</tspan>'
            f'<tspan dx="8">{words.numbers(arrow, self.look.relative)}</tspan>{said}</text>'
        )
        if arrow.segment.size:
            yield (
                f'<text class="halo" x="{x}" y="{line + 27}" text-anchor="{anchor}"><tspan class="data mono" '
                f'font-weight="600" font-size="13">{escape(words.data(arrow, self._room()))}</tspan></text>'
            )

    def _room(self) -> int:
        return PAYLOAD_LIMIT if self.gap == WIDE else PAYLOAD_LIMIT - 12

    def _margin(self, arrow: Arrow, line: int) -> Iterator[str]:
        yield strokes.text(14, line - 2, f"frame {arrow.segment.frame}", 'font-size="13"')
        yield strokes.text(14, line + 13, words.clock(arrow.sent - self.page.start), f'class="faint" {SMALL}')

    def _lost(self, arrow: Arrow, sender: _Line, step: int, y: int) -> Iterator[str]:
        """A cross where it ended; only a wire of one's own knows who dropped it."""
        end = sender.x + step * self.gap * 6 // 10
        yield strokes.half(sender.x + step * 3, y, end, y + 7, arrow)
        yield f'<path class="lost" d="M{end - 7} {y}l14 14m0 -14l-14 14" fill="none" stroke-width="3"/>'
        anchor = "start" if step > 0 else "end"
        why = strokes.fitting(words.ending(arrow), self.gap - 30)
        below = y + (43 if arrow.segment.size else 27)
        yield strokes.text(sender.x + step * 14, below, why, f'text-anchor="{anchor}" class="halo" {SMALL}')

    def _unended(self, arrow: Arrow, y: int) -> Iterator[str]:
        """It has not arrived by the end of the page."""
        sender, receiver = self.lines[arrow.sender], self.lines[arrow.receiver]
        end, bottom = sender.x + (receiver.x - sender.x) * 3 // 4, max(self.y + 8, y + 14)
        anchor = "start" if receiver.x > sender.x else "end"
        yield strokes.half(sender.x, y, end, bottom, arrow)
        label = f"frame {arrow.segment.frame}: on its way"
        yield strokes.text(end, bottom + 4, label, f'text-anchor="{anchor}" class="faint halo" {SMALL}')

    # ---- states ----

    def _change(self, line: _Line, arrow: Arrow, y: int, side: int, is_sender: bool) -> Iterator[str]:
        """The state that one end is in now, if it is another: on the other side of the lifeline than the arrow."""
        now = arrow.left if is_sender else arrow.landed
        if now is None:
            return
        state = now.client if line.host == arrow.talk.client else now.server
        if state == line.states.get(arrow.talk.number):
            return
        yield line.bar(y)
        line.states[arrow.talk.number] = state
        yield f'<circle cx="{line.x}" cy="{y}" r="4.5"/>'
        yield self._state(line, state, y + 5, side, arrow.talk)

    def _state(self, line: _Line, state: Possible, y: int, side: int, talk: Talk) -> str:
        name = state.known.value if state.known else "state not known"
        partner = f'<tspan class="faint" font-weight="400" dx="6">{escape(_partner(talk, line.host))}</tspan>'
        return (
            f'<text class="state halo" x="{line.x + side * 14}" y="{y}" text-anchor="{"start" if side > 0 else "end"}" '
            f'font-size="13" font-weight="600">{name}{partner if self._is_shared(line) else ""}</text>'
        )


def _in_order(hosts: Sequence[Host], wanted: Sequence[Host]) -> list[Host]:
    """The lifelines that are wanted in any case, in their order, if they have all that the page needs."""
    return list(wanted) if set(hosts) <= set(wanted) else list(hosts)


def _width(hosts: int, has_calls: bool) -> int:
    between = WIDE if hosts == 2 else CLOSE * max(1, hosts - 1)
    return LEFT + between + RIGHT + 2 * CALLS * has_calls


def _partner(talk: Talk, host: Host) -> str:
    return f"with {(talk.server if host == talk.client else talk.client).name}"
