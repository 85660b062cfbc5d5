"""The wire view: segments appear one by one on the lifelines of their hosts, with the calls and the TCP states.

    WireView(capture)                   a film of a capture: play it, step through it, choose a step to open its bytes
    WireView(lan)                       what passes the wire of a LAN, while it passes
    WireView(live)                      the same of a capture that is being made

Callbacks of the widgets, whoever makes the traffic, and the cell only change what is wanted, under a lock; the painter
alone changes what is seen. Without JavaScript of its own: an SVG, a list of the steps in words, buttons.
"""

import threading
import time
from collections.abc import Mapping, Sequence
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
from chatkit.faces.wire.growing import Growing
from chatkit.faces.wire.picture import Look, draw, least_width
from chatkit.faces.wire.reel import Reel
from chatkit.faces.wire.scene import Choice, Kind, Page, Scene, Selection, Step, lifelines
from chatkit.faces.wire.wire_style import STYLE
from chatkit.faces.wire.wired import Wired
from chatkit.lan.lan import Lan
from chatkit.tcp.style import NO_FORMULAS
from chatkit.tcp.visible import visible

ROWS = 10  # steps in the picture, so that it can be seen as a whole
MOST_ROWS = 40
MOST_TALKS, MOST_MESSAGES = 200, 100  # in the lists to choose from
MOST_LIFELINES = 6  # that stand there before anything happens on them
LIST = "Steps: click one, or type its number above, to open its bytes"
SLOW = 1.0  # seconds for a step of a film
PATIENT = 0.5  # seconds between two changes of the lists while the film runs

Source = Capture | Lan | OngoingCapture | Scene


class WireView:
    """Shows a scene; the last value of a cell draws it. `heard` are the calls that programs tell of; it may grow.

    `rows` is how many steps are seen at once, 40 at most. What goes on is followed until `close`.
    """

    def __init__(
        self, source: Source, *, names: Mapping[str, str] | None = None, heard: Sequence[Heard] = (), rows: int = ROWS
    ) -> None:
        if not 1 <= rows <= MOST_ROWS:
            raise MisuseError(f"{rows} rows: a picture has 1 to {MOST_ROWS}")
        self.scene = _scene(source, names, heard)
        self._rows = rows
        self._is_live = isinstance(source, Lan) or (isinstance(source, OngoingCapture) and source.is_running)
        self._lock = threading.RLock()  # guards the film: scene, selection, reel, and what is chosen
        self._selection = Selection(self.scene)
        self._reel = Reel(None if self._is_live else SLOW)
        self._chosen: Step | None = None
        self._trouble = ""
        self._painter: Painter | None = None
        self._painted: object = None  # what is seen now
        self._before = 0  # how many steps had been shown before those that are new
        self._listed: list[Step] = []
        self._listed_at = self._offered_at = 0.0
        self._setter = 0  # the thread that changes the list of steps now
        self._make()
        self._begin()

    # ---- for cells ----

    def svg(self) -> str:
        """The picture as it is now, with its own style."""
        with self._lock:
            return draw(self._page(), self._look())

    def text(self) -> str:
        """The same in words, line by line."""
        with self._lock:
            page = self._page()
            return "\n".join([words.summary(page), "", *words.tell(page, not self._controls.absolute.value)])

    def close(self) -> None:
        """Follow nothing any more, and end the thread; what has come can still be looked through."""
        with self._lock:
            if self._is_live:
                self.scene.look(everything=True)
                self._reel.advance(self._selection.grow())
            self._is_live = False
            self._reel.pause()
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
        bundle = self.box._repr_mimebundle_(**options)
        return {**bundle, "text/html": self._static(), "text/plain": self.text()}

    def _static(self) -> str:
        in_words = f"<details><summary>The same in words</summary><pre>{escape(self.text())}</pre></details>"
        return (
            f'<figure class="{NO_FORMULAS}" style="margin:0"><div style="overflow-x:auto">{self.svg()}</div>'
            f"{in_words}</figure>"
        )

    # ---- the parts ----

    def _make(self) -> None:
        self._controls = Controls(
            step=lambda press: self._guarded(lambda: self._press(press))(),
            changed=self._guarded(self._choose_what),
            jump=lambda place: self._guarded(lambda: self._go(place))(),
            pace=self._reel.pace,
        )
        self._picture, self._caption, self._anatomy = HTML(), HTML(), HTML()
        self._list = Select(options=[], rows=self._rows + 1, description=LIST)
        self._list.observe(self._on_choice, "index")
        film = Box([self._picture])
        film.add_class("ck-film")
        style = HTML(STYLE, layout=Layout(display="none"))
        self.box = VBox([style, *self._controls.box, film, self._caption, self._list, self._anatomy])
        self.box.add_class("ck-wire")

    def _begin(self) -> None:
        if self._is_live:
            self._reel.play()
        else:
            self._reel.go(self._rows, len(self._selection))
        self._paint()
        if self._is_live:
            self._ask()

    # ---- callbacks of the widgets ----

    def _press(self, button: str) -> None:
        length = len(self._selection)
        match button:
            case "First":
                self._reel.go(1, length)
            case "Back":
                self._reel.go(max(1, self._reel.place - 1), length)
            case "Next":
                self._reel.go(self._reel.place + 1, length)
            case "Last":
                self._reel.go(length, length)
                if self._is_live:
                    self._reel.play()
            case _ if self._reel.is_playing:
                self._reel.pause()
            case _:
                self._replay(length)
        self._chosen = None

    def _replay(self, length: int) -> None:
        """Go on; a film that has come to its end begins again."""
        if not self._is_live and self._reel.place == length:
            self._reel.go(0, length)
        self._reel.play()

    def _go(self, place: int) -> None:
        """Show the film up to this step, and open it."""
        self._reel.go(place, len(self._selection))
        steps = self._selection.page(place - 1, place).steps if place else ()
        self._chosen = steps[0] if steps else None

    def _choose_what(self) -> None:
        """Make the film of what is wanted now, and stay where it is in the scene."""
        at, controls = self._position(), self._controls
        self._reel.set_pace(controls.pace)
        choice = Choice(controls.wanted_talk, controls.wanted)
        if choice != self._selection.choice:
            self._selection = Selection(self.scene, choice)
            place = self._selection.place_after(at)
            self._reel.place = min(max(place, self._rows), len(self._selection))

    def _position(self) -> int:
        """Where in the scene the last step stands that is seen."""
        steps = self._selection.page(self._reel.place - 1, self._reel.place).steps if self._reel.place else ()
        return steps[-1].position if steps else len(self.scene.entries)

    def _on_choice(self, change: Mapping[str, Any]) -> None:
        index = change["new"]
        if threading.get_ident() != self._setter and index is not None:
            self._guarded(lambda: self._choose(index))()

    def _choose(self, index: int) -> None:
        if index < len(self._listed):
            self._chosen = self._listed[index]
            self._reel.pause()

    def _guarded(self, work: Any) -> Any:
        """Do it under the lock, and show what goes wrong; then ask for what has changed to be painted."""

        def callback(*_: object) -> None:
            with self._lock:
                self._trouble = ""
                guarded(work, self._complain)()
            self._ask()

        return callback

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
            has_news = self._is_live and self.scene.look()
            length = self._selection.grow()
            before, place = self._reel.place, self._reel.advance(length)
            runs = self._reel.is_playing and (self._is_live or place < length)
            if self._reel.is_playing and not runs:
                self._reel.pause()
            now = (place, length, self._selection.choice, self._controls.absolute.value, self._reel.is_playing)
            seen = (*now, self._chosen and self._chosen.key, self._trouble)
            if has_news or seen != self._painted:
                self._painted = seen
                self._before = before
                self._show(before if self._reel.is_playing else place, runs)
            if (self._is_live or runs) and self._painter:
                self._painter.ask()

    def _show(self, fresh_from: int, runs: bool) -> None:
        page = self._page()
        is_slow = self._reel.pace is not None  # else nobody could follow, and a browser has enough to do
        look = self._look(self._selection.position_of(fresh_from) if is_slow else None, styled=False)
        width = least_width(max(2, len(look.hosts or page.hosts)), look.has_calls)
        wide = f'<div style="min-width:{width}px">{draw(page, look)}</div>'
        self._set(self._picture, f'<div style="overflow-x:auto">{wide}</div>')
        self._set(self._caption, self._caption_of(page))
        self._controls.set_playing(self._reel.is_playing)
        now = time.monotonic()
        if not runs or now - self._listed_at > PATIENT:
            self._listed_at = now
            self._list_steps(page)
            self._controls.set_number(self._reel.place, len(self._selection))
            self._offer_choices()
            self._set(self._anatomy, self._open_bytes())

    def _page(self) -> Page:
        """The last rows; and what has come since the last painting, also where that is more."""
        place = self._reel.place
        return self._selection.page(max(0, place - MOST_ROWS, min(self._before, place - self._rows)), place)

    def _look(self, fresh: int | None = None, styled: bool = True) -> Look:
        number = self._selection.choice.talk
        talks = self.scene.talks if number is None else self.scene.talks[number : number + 1]
        hosts = lifelines(talks[: 2 * MOST_LIFELINES])
        return Look(
            relative=not self._controls.absolute.value,
            chosen=self._chosen.key if self._chosen else None,
            fresh=fresh,
            styled=styled,
            hosts=tuple(hosts) if len(hosts) <= MOST_LIFELINES else (),
            has_calls=self.scene.has_calls and Kind.CALL in self._selection.choice.kinds,
        )

    def _caption_of(self, page: Page) -> str:
        """The last step in words: what a teacher would say to it."""
        if self._trouble:
            return f'<div class="ck-caption" role="alert">{escape(self._trouble)}</div>'
        count = f'<span class="ck-count">Step {self._reel.place} of {len(self._selection)}</span>'
        lines = list(words.tell(page, not self._controls.absolute.value))
        said = escape(" ".join(lines[-1].split())) if lines else "Nothing has passed yet."
        is_slow = self._reel.pace is not None
        live = ' aria-live="polite"' if is_slow or not self._reel.is_playing else ""
        return f'<div class="ck-caption"{live}>{count}<br><b><bdi>{said}</bdi></b></div>'

    def _list_steps(self, page: Page) -> None:
        """The steps of the picture, to choose from."""
        labels = [words.row(step, page.start, not self._controls.absolute.value) for step in page.steps]
        keys = [step.key for step in page.steps]
        chosen = keys.index(self._chosen.key) if self._chosen and self._chosen.key in keys else None
        if labels == [label for label, _ in self._list.options] and chosen == self._list.index:
            return
        self._listed = list(page.steps)
        self._setter = threading.get_ident()
        try:
            with self._list.hold_sync():
                self._list.options = [(label, number) for number, label in enumerate(labels)]
                self._list.index = chosen
        finally:
            self._setter = 0

    def _offer_choices(self) -> None:
        talks = [(str(talk), talk.number) for talk in self.scene.talks[:MOST_TALKS]]
        messages = [
            (f"frame {arrow.segment.frame}: {visible(arrow.segment.payload, 40)}", place)
            for place, arrow in self._selection.messages(MOST_MESSAGES)
        ]
        self._controls.offer(talks, messages)

    def _open_bytes(self) -> str:
        """The bytes of the segment that is chosen, field by field."""
        arrow = self._chosen.arrow if self._chosen else None
        if arrow is None:
            return ""
        talk = self.scene.conversation(arrow.talk)
        opened = anatomy(self.scene.frame(arrow), arrow.segment, talk.lines(arrow.segment.source), talk)
        return opened._repr_html_()

    def _set(self, widget: HTML, value: str) -> None:
        if widget.value != value:
            widget.value = value


def _scene(source: Source, names: Mapping[str, str] | None, heard: Sequence[Heard]) -> Scene:
    match source:
        case Scene():
            return source
        case Lan():
            return Wired(source.wire.log, source, heard)
        case Capture():
            return scene_of(source, names, heard)
        case OngoingCapture():
            return Growing(source, names, heard)
    raise MisuseError(f"{source!r} has no wire to look at: give a capture, a LAN, or a capture that is being made")
