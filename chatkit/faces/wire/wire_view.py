"""The wire view: segments appear one by one on the lifelines of their hosts, with the calls and the TCP states.

    WireView(capture)                   a film of a capture: play it, step through it, choose a step to open its bytes
    WireView(lan)                       what passes the wire of a LAN, while it passes
    WireView(live)                      the same of a capture that is being made

Callbacks of the widgets, whoever makes the traffic, and the cell only change what is wanted, under a lock; the painter
alone changes what is seen. Without JavaScript of its own: an SVG, a list of the steps in words, buttons.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from html import escape
from types import TracebackType
from typing import Any

from ipywidgets import HTML, Box, Layout, Select, VBox

from chatkit.capture.capture import Capture
from chatkit.capture.ongoing import OngoingCapture
from chatkit.errors import MisuseError
from chatkit.faces.widgets.guarded import guarded
from chatkit.faces.widgets.painter import Painter
from chatkit.faces.wire import words
from chatkit.faces.wire.anatomy import anatomy
from chatkit.faces.wire.calls import Heard
from chatkit.faces.wire.captured import scene_of
from chatkit.faces.wire.controls import Controls
from chatkit.faces.wire.film import MOST_ROWS, Film
from chatkit.faces.wire.growing import Growing
from chatkit.faces.wire.picture import draw, least_width
from chatkit.faces.wire.scene import Page, Part, Scene, Step
from chatkit.faces.wire.selection import Choice
from chatkit.faces.wire.wire_style import STYLE
from chatkit.faces.wire.wired import Wired
from chatkit.lan.lan import Lan
from chatkit.tcp.style import NO_FORMULAS
from chatkit.tcp.visible import visible

ROWS = 10  # steps in the picture, so that it can be seen as a whole
MOST_TALKS, MOST_MESSAGES = 200, 100  # in the lists to choose from
LIST = "Steps: click one, or type its number above, to open its bytes"
PATIENT = 0.5  # seconds between two changes of the lists while the film runs

Source = Capture | Lan | OngoingCapture | Scene


class WireView:
    """Shows a scene; the last value of a cell draws it. `heard` are the calls that programs tell of; it may grow.

    `rows` is how many steps are seen at once, 40 at most. Of a LAN, a port may be chosen: then frames are numbered as
    in a capture of that port. What goes on is followed until `close`.
    """

    def __init__(
        self,
        source: Source,
        *,
        names: Mapping[str, str] | None = None,
        heard: Sequence[Heard] = (),
        port: int | None = None,
        rows: int = ROWS,
    ) -> None:
        if not 1 <= rows <= MOST_ROWS:
            raise MisuseError(f"{rows} rows: a picture has 1 to {MOST_ROWS}")
        is_live = isinstance(source, Lan) or (isinstance(source, OngoingCapture) and source.is_running)
        self._film = Film(_scene(source, names, heard, port), rows, is_live)
        self._lock = threading.RLock()  # guards the film, and what is kept of the last painting
        self._trouble = ""
        self._painter: Painter | None = None
        self._painted: object = None  # what is seen now
        self._opened: object = None  # the step whose bytes are seen now
        self._listed: list[Step] = []
        self._is_stale, self._listed_at = True, 0.0
        self._setter = 0  # the thread that changes the list of steps now
        self._make(rows)
        self._paint()
        if is_live:
            self._ask()

    # ---- for cells ----

    @property
    def scene(self) -> Scene:
        """What there is to see."""
        return self._film.scene

    def svg(self) -> str:
        """The picture as it is now, with its own style."""
        with self._lock:
            return self._drawn(self._film.page())

    def text(self) -> str:
        """The same in words, line by line."""
        with self._lock:
            return self._told(self._film.page())

    def close(self) -> None:
        """Follow nothing any more, and end the thread; what has come can still be looked through."""
        with self._lock:
            self._film.stop()
            painter, self._painter = self._painter, None
        if painter:
            painter.ask()
            painter.close()

    def __enter__(self) -> "WireView":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<WireView of {self.scene.source}: {len(self.scene.entries)} steps>"

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """The widget; and for paper, and for notebooks that are saved, the picture and the words."""
        with self._lock:
            page = self._film.paper()
            drawn, told = self._drawn(page), self._told(page)
        in_words = f"<details><summary>The same in words</summary><pre>{escape(told)}</pre></details>"
        scrolled = f'<div style="overflow-x:auto">{drawn}</div>'
        static = f'<figure class="{NO_FORMULAS}" style="margin:0">{scrolled}{in_words}</figure>'
        return {**self.box._repr_mimebundle_(**options), "text/html": static, "text/plain": told}

    def _drawn(self, page: Page) -> str:
        return draw(page, self._film.look(self._is_relative))

    def _told(self, page: Page) -> str:
        return "\n".join([words.summary(page), "", *words.tell(page, self._is_relative)])

    # ---- the parts ----

    def _make(self, rows: int) -> None:
        self._controls = Controls(
            press=lambda button: self._change(lambda: self._film.press(button)),
            go=lambda place: self._change(lambda: self._film.go(place)),
            want=lambda: self._change(self._want),
            pace=self._film.reel.pace,
        )
        self._picture, self._caption, self._anatomy = HTML(), HTML(), HTML()
        self._list = Select(options=[], rows=rows + 1, description=LIST)
        self._list.observe(self._on_choice, "index")
        film = Box([self._picture])
        film.add_class("ck-film")
        style = HTML(STYLE, layout=Layout(display="none"))
        self.box = VBox([style, *self._controls.box, film, self._caption, self._list, self._anatomy])
        self.box.add_class("ck-wire")

    @property
    def _is_relative(self) -> bool:
        return not self._controls.absolute.value

    # ---- callbacks of the widgets ----

    def _want(self) -> None:
        self._film.want(Choice(self._controls.wanted_talk, self._controls.wanted), self._controls.pace)

    def _on_choice(self, change: Mapping[str, Any]) -> None:
        index = change["new"]
        if threading.get_ident() != self._setter and index is not None:
            self._change(lambda: self._film.choose(self._listed[index]))

    def _change(self, work: Callable[[], None]) -> None:
        """Change the film, and say what goes wrong; then ask for what has changed to be painted."""
        with self._lock:
            self._trouble = ""
            guarded(work, self._complain)()
        self._ask()

    def _complain(self, sentence: str) -> None:
        self._trouble = sentence

    def _ask(self) -> None:
        with self._lock:
            if self._painter is None:
                self._painter = Painter(self._paint, "wire")
            self._painter.ask()

    # ---- what is seen: the painter's thread, and once the cell's ----

    def _paint(self) -> None:
        with self._lock:
            film = self._film
            has_news = film.advance()
            chosen = film.chosen.key if film.chosen else None
            seen = (film.place, film.length, film.selection.choice, film.reel.is_playing, chosen)
            is_changed = has_news or (*seen, self._is_relative, self._trouble) != self._painted
            self._painted = (*seen, self._is_relative, self._trouble)
            if is_changed:
                self._is_stale = True
                self._show(film.page())
            if self._is_stale and (not film.runs or time.monotonic() - self._listed_at > PATIENT):
                self._is_stale, self._listed_at = False, time.monotonic()
                self._show_lists(film.page())
            if (film.is_live or film.runs) and self._painter:
                self._painter.ask()

    def _show(self, page: Page) -> None:
        look = self._film.look(self._is_relative, styled=False)
        width = least_width(max(2, len(look.hosts or page.hosts)), look.has_calls)
        drawn = f'<div style="min-width:{width}px">{draw(page, look)}</div>'
        _set(self._picture, f'<div style="overflow-x:auto">{drawn}</div>')
        _set(self._caption, self._caption_of(page))
        self._controls.set_playing(self._film.reel.is_playing)

    def _caption_of(self, page: Page) -> str:
        """The last step in words, as a teacher would read it out."""
        if self._trouble:
            return f'<div class="ck-caption" role="alert">{escape(self._trouble)}</div>'
        count = f'<span class="ck-count">Step {self._film.place} of {self._film.length}</span>'
        lines = list(words.tell(page, self._is_relative))
        said = escape(" ".join(lines[-1].split())) if lines else "Nothing has passed yet."
        live = ' aria-live="polite"' if self._film.is_slow else ""
        return f'<div class="ck-caption"{live}>{count}<br><b><bdi>{said}</bdi></b></div>'

    def _show_lists(self, page: Page) -> None:
        """What is dear to show, and nobody reads while it changes ten times a second."""
        self._list_steps(page)
        self._controls.set_number(self._film.place, self._film.length)
        self._offer_choices()
        if self._film.chosen is not self._opened:
            self._opened = self._film.chosen
            _set(self._anatomy, self._bytes_of(self._film.chosen))

    def _list_steps(self, page: Page) -> None:
        """The steps of the picture, to choose from."""
        labels = [f"{self._number(step):>5}  {words.row(step, page.start, self._is_relative)}" for step in page.steps]
        keys = [step.key for step in page.steps]
        chosen = self._film.chosen.key if self._film.chosen else None
        index = keys.index(chosen) if chosen in keys else None
        if labels == [label for label, _ in self._list.options] and index == self._list.index:
            return
        self._listed = list(page.steps)
        self._setter = threading.get_ident()
        try:
            with self._list.hold_sync():
                self._list.options = [(label, number) for number, label in enumerate(labels)]
                self._list.index = index
        finally:
            self._setter = 0

    def _number(self, step: Step) -> str:
        """What to type to come to this step; an arrival belongs to one before it."""
        return "" if step.part is Part.ARRIVES else str(self._film.selection.place_after(step.position))

    def _offer_choices(self) -> None:
        talks = [(str(talk), talk.number) for talk in self.scene.talks[:MOST_TALKS]]
        messages = [
            (f"frame {arrow.segment.frame}: {visible(arrow.segment.payload, 40)}", place)
            for place, arrow in self._film.selection.messages(MOST_MESSAGES)
        ]
        self._controls.offer(talks, messages)

    def _bytes_of(self, step: Step | None) -> str:
        """The bytes of a segment, field by field."""
        if step is None or step.arrow is None:
            return ""
        arrow, talk = step.arrow, self.scene.conversation(step.arrow.talk)
        lines = talk.lines(arrow.segment.source)
        return anatomy(self.scene.frame(arrow), arrow.segment, lines, talk)._repr_html_()


def _set(widget: HTML, value: str) -> None:
    """What is the same is not sent again."""
    if widget.value != value:
        widget.value = value


def _scene(source: Source, names: Mapping[str, str] | None, heard: Sequence[Heard], port: int | None) -> Scene:
    match source:
        case Scene():
            return source
        case Lan():
            return Wired(source.wire.log, source, heard, port)
        case Capture():
            return scene_of(source, names, heard)
        case OngoingCapture():
            return Growing(source, names, heard)
    raise MisuseError(f"{source!r} has no wire to look at: give a capture, a LAN, or a capture that is being made")
