"""What the threads of a server did, on one axis of time: a row for each thread.

    accept     ──────────────────────────▌──────────────────     waiting in accept
    reader-1   ────────▌────────────────────────────────────     waiting in recv, running
    reader-2   ──────────────────▌┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈▌──────     waiting for the lock

    events = []
    server.subscribe(events.append)
    thread_timeline(events)

Height and outline say what colour says, too: a wait for something to come is a thin line, work is a full bar, and a
wait for another thread is an empty one. Each bar has a title, to be read by pointing at it.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from html import escape

from chatkit.faces.axis import round_numbers
from chatkit.faces.notebook.aligned import aligned
from chatkit.faces.notebook.thread_spans import Doing, Span, spans_of
from chatkit.net.event import Event
from chatkit.tcp.figure import figure
from chatkit.tcp.style import STYLE

WIDTH, LEFT, RIGHT = 900, 130, 880  # the time axis is between the last two
HEAD, ROW, FOOT = 14, 30, 66
MIN_WIDTH = 620  # narrower, and the words are too small to read: then it scrolls
LEAST = 2.5  # of a bar, so that a moment is seen
TICKS = 8  # at most

_THIN = 3
_CLASS = "chatkit-threads"
_LOOKS = {  # colour, height, style
    Doing.ACCEPT: ("ack", _THIN, "fill-opacity:.5;stroke:none"),
    Doing.RECV: ("ack", _THIN, "fill-opacity:.5;stroke:none"),
    Doing.LETTER: ("ack", _THIN, "fill-opacity:.5;stroke:none"),
    Doing.LOCK: ("rst", 14, "fill-opacity:.12;stroke-width:1.5;stroke-dasharray:4 3"),
    Doing.SEND: ("syn", 10, "stroke:none"),
    Doing.RUN: ("fin", 18, "stroke:none"),
}
_LEGEND = (
    (Doing.RECV, "waiting for something to come"),
    (Doing.RUN, "running"),
    (Doing.SEND, "sending"),
    (Doing.LOCK, "waiting for the lock"),
)


def thread_timeline(
    story: Iterable[Event | Span], start: float | None = None, stop: float | None = None
) -> "ThreadTimeline":
    """Draw what the events of a Server tell, or the spans of a diary; times are in seconds since the epoch.

    Without `start` it begins with the first of them; without `stop` it ends now for events, else with the last.
    """
    told = list(story)
    events = [one for one in told if isinstance(one, Event)]
    spans = [one for one in told if isinstance(one, Span)]
    spans += spans_of(events, time.time() if stop is None else stop)
    begin = min((span.start for span in spans), default=0.0) if start is None else start
    end = max((span.stop for span in spans), default=begin) if stop is None else stop
    inside = (_cut(span, begin, end) for span in spans if span.stop >= begin and span.start <= end)
    return ThreadTimeline(tuple(sorted(inside, key=lambda span: (_place(span.thread), span.start))), begin, end)


@dataclass(frozen=True, slots=True, repr=False)
class ThreadTimeline:
    """Some spans between two moments. It prints as a table, and draws itself in a notebook."""

    spans: tuple[Span, ...]
    start: float
    stop: float

    @property
    def threads(self) -> tuple[str, ...]:
        """The names of the threads, in the order of the rows."""
        return tuple(dict.fromkeys(span.thread for span in self.spans))

    def seconds(self, thread: str, doing: Doing) -> float:
        """For how long this thread did so."""
        return sum(span.stop - span.start for span in self.spans if (span.thread, span.doing) == (thread, doing))

    @property
    def alt_text(self) -> str:
        """What the picture shows."""
        if not self.spans:
            return "No thread of a server did anything in this time."
        rows = "; ".join(f"{_short(thread)}: {self._summary(thread)}" for thread in self.threads)
        return f"{len(self.threads)} threads in {_time(self.stop - self.start)}. {rows}."

    def _summary(self, thread: str) -> str:
        own = [span for span in self.spans if span.thread == thread]
        done = (doing for doing in Doing if any(span.doing is doing for span in own))
        return ", ".join(self._amount(thread, doing, own) for doing in done)

    def _amount(self, thread: str, doing: Doing, own: list[Span]) -> str:
        times = sum(span.doing is doing for span in own)
        seconds = self.seconds(thread, doing)
        return f"{doing.value} {_time(seconds)}" if seconds else f"{doing.value} at {times} moment{'s' * (times != 1)}"

    def __repr__(self) -> str:
        if not self.spans:
            return self.alt_text
        return aligned([(_short(thread), self._summary(thread)) for thread in self.threads])

    def _repr_html_(self) -> str:
        return figure(self.svg(), repr(self), MIN_WIDTH)

    def svg(self) -> str:
        """The picture alone."""
        height = HEAD + ROW * len(self.threads) + FOOT
        body = "".join((*self._axis(), *self._rows(), *_legend(height - 12)))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="{_CLASS}" role="img" viewBox="0 0 {WIDTH} {height}" '
            f'width="{WIDTH}" height="{height}" style="max-width:100%;height:auto" fill="currentColor" '
            f'font-family="system-ui, sans-serif" font-size="13" aria-label="Threads of a server over time">'
            f"<title>Threads of a server over time</title><desc>{escape(self.alt_text)}</desc>"
            f"<style>{STYLE.replace('chatkit-ladder', _CLASS)}</style>{body}</svg>"
        )

    def _rows(self) -> Iterator[str]:
        for number, thread in enumerate(self.threads):
            middle = HEAD + ROW * number + ROW // 2
            yield f'<text x="{LEFT - 12}" y="{middle + 4}" text-anchor="end">{escape(_short(thread))}</text>'
            own = [span for span in self.spans if span.thread == thread]
            yield from (self._bar(span, middle) for span in sorted(own, key=_layer))

    def _bar(self, span: Span, middle: int) -> str:
        colour, height, style = _LOOKS[span.doing]
        x = self._x(span.start)
        width = max(self._x(span.stop) - x, LEAST)
        return (
            f'<rect class="{colour}" x="{x:.1f}" y="{middle - height / 2:g}" width="{width:.1f}" height="{height}" '
            f'style="{style}"><title>{escape(self._title(span))}</title></rect>'
        )

    def _title(self, span: Span) -> str:
        note = f": {span.note}" if span.note else ""
        lasting = f" for {_time(span.stop - span.start)}" if span.stop > span.start else ""
        return f"{_short(span.thread)}, {span.doing.value}{note}, at {_time(span.start - self.start)}{lasting}"

    def _axis(self) -> Iterator[str]:
        bottom = HEAD + ROW * len(self.threads)
        for seconds in round_numbers(self.stop - self.start, TICKS):
            x = self._x(self.start + seconds)
            yield f'<path d="M{x:.1f} {HEAD - 6}V{bottom + 4}" stroke="currentColor" stroke-opacity=".18"/>'
            yield _number(x, bottom + 19, f"{seconds * 1000:g}", "middle")
        yield _number(LEFT - 12, bottom + 19, "milliseconds", "end")

    def _x(self, when: float) -> float:
        return LEFT + (RIGHT - LEFT) * (when - self.start) / ((self.stop - self.start) or 1.0)


def _number(x: float, y: int, words: str, anchor: str) -> str:
    return f'<text class="faint" x="{x:.1f}" y="{y}" text-anchor="{anchor}" font-size="12">{words}</text>'


def _layer(span: Span) -> tuple[bool, int]:
    """Waits for something to come lie below all else, and a small bar above a large one."""
    height = _LOOKS[span.doing][1]
    return height > _THIN, -height


def _cut(span: Span, start: float, stop: float) -> Span:
    return replace(span, start=max(span.start, start), stop=min(span.stop, stop))


def _place(thread: str) -> tuple[int, int, str]:
    """Who accepts comes first, the readers by their numbers, and the postman last."""
    kind, _, number = _short(thread).partition("-")
    first = {"accept": 0, "reader": 1, "postman": 3}.get(kind, 2)
    return first, int(number) if number.isdecimal() else 0, thread


def _short(thread: str) -> str:
    return thread.removeprefix("chat-")


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.2f} ms"


def _legend(y: int) -> Iterator[str]:
    x = LEFT
    for doing, words in _LEGEND:
        colour, height, style = _LOOKS[doing]
        place = f'x="{x}" y="{y - 4 - height / 2:g}" width="22" height="{height}"'
        yield f'<rect class="{colour}" {place} style="{style}"/>'
        yield f'<text x="{x + 30}" y="{y}" font-size="12">{words}</text>'
        x += 56 + 7 * len(words)
