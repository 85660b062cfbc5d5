"""What one can press and choose in the wire view: the film's buttons, its speed, and what is to be seen."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ipywidgets import BoundedIntText, Button, Dropdown, HBox, ToggleButton

from chatkit.faces.wire.film import Press
from chatkit.faces.wire.scene import Kind

LIVE = 0.0  # a list cannot hold None
EVERY = -1
SPEEDS = (
    ("as it happens", LIVE),
    ("10 steps a second", 0.1),
    ("3 steps a second", 1 / 3),
    ("1 step a second", 1.0),
    ("1 step in 3 seconds", 3.0),
)
KINDS = {
    Kind.OPENING: ("SYN", "Segments that open"),
    Kind.DATA: ("data", "Segments that carry data"),
    Kind.PURE_ACK: ("pure ACKs", "Segments that only acknowledge; left out, they are counted"),
    Kind.CLOSING: ("FIN", "Segments that close"),
    Kind.RESET: ("RST", "Segments that reset"),
    Kind.CALL: ("calls", "The socket calls, at the margin of the host that made them"),
}
NO_MESSAGE = ("Jump to a message", -1)
EVERY_TALK = ("all conversations", EVERY)

Changed = Callable[..., None]


class Controls:
    """The buttons and lists; each calls what it was given when somebody uses it, and not when it is `set`."""

    def __init__(
        self,
        press: Callable[[Press], None],
        go: Callable[[int], None],
        want: Callable[[], None],
        pace: float | None,
    ):
        self.film = [_button(one.value, tip, icon, partial(press, one)) for one, tip, icon in _FILM]
        self.speed = Dropdown(options=SPEEDS, value=pace or LIVE, description="Speed")
        self.talk = Dropdown(options=[EVERY_TALK], value=EVERY, description="Show")
        self.number = BoundedIntText(0, min=0, max=0, description="Step")  # arrow keys: JupyterLab takes those of lists
        self.message = Dropdown(options=[NO_MESSAGE], value=-1)
        self.kinds = {kind: ToggleButton(True, description=words, tooltip=tip) for kind, (words, tip) in KINDS.items()}
        self.absolute = ToggleButton(False, description="absolute numbers", tooltip="Not counted from the ISN")
        self.absolute.add_class("ck-plain")
        self._setter = 0  # the thread that puts something into the lists now
        for widget in (self.speed, self.talk, self.absolute, *self.kinds.values()):
            widget.observe(self._unless_set(want), "value")
        self.message.observe(self._unless_set(lambda: self._go_to_message(go)), "value")
        self.number.observe(self._unless_set(lambda: go(self.number.value)), "value")
        film = _tools(*self.film, self.number, self.speed, self.message)
        self.box = [film, _tools(self.talk, *self.kinds.values(), self.absolute)]

    @property
    def pace(self) -> float | None:
        """Seconds for a step; None: as they come."""
        return float(self.speed.value) or None

    @property
    def wanted_talk(self) -> int | None:
        """The conversation that is to be seen; None: all."""
        return None if self.talk.value == EVERY else int(self.talk.value)

    @property
    def wanted(self) -> frozenset[Kind]:
        """The kinds that are switched on."""
        return frozenset(kind for kind, button in self.kinds.items() if button.value)

    def set_playing(self, is_playing: bool) -> None:
        """Say on the button what it will do."""
        play = self.film[2]
        play.description, play.icon = ("Pause", "pause") if is_playing else ("Play", "play")

    def set_number(self, place: int, most: int) -> None:
        """Say which step is shown last, and how many there are."""
        if (self.number.value, self.number.max) != (place, most):
            self._setter = threading.get_ident()
            try:
                with self.number.hold_sync():
                    self.number.max = most
                    self.number.value = place
            finally:
                self._setter = 0

    def offer(self, talks: Sequence[tuple[str, int]], messages: Sequence[tuple[str, int]]) -> None:
        """Put these into the lists."""
        self._setter = threading.get_ident()
        try:
            _offer(self.talk, [EVERY_TALK, *talks])
            _offer(self.message, [NO_MESSAGE, *messages])
        finally:
            self._setter = 0

    def _go_to_message(self, go: Callable[[int], None]) -> None:
        if self.message.value != NO_MESSAGE[1]:
            go(self.message.value)

    def _unless_set(self, work: Callable[[], Any]) -> Changed:
        def callback(_: object) -> None:
            if threading.get_ident() != self._setter:
                work()

        return callback


_FILM = (
    (Press.FIRST, "To the beginning", "fast-backward"),
    (Press.BACK, "One step back", "step-backward"),
    (Press.PLAY, "Go on, or pause", "play"),
    (Press.NEXT, "One step on", "step-forward"),
    (Press.LAST, "To the end", "fast-forward"),
)


def _offer(widget: Dropdown, options: list[tuple[str, Any]]) -> None:
    """Change what a list offers, and keep what was chosen where it is still there."""
    if list(widget.options) == options:
        return
    value = widget.value
    with widget.hold_sync():
        widget.options = options
        widget.value = value if value in [one for _, one in options] else options[0][1]


def _button(words: str, tip: str, icon: str, clicked: Callable[[], None]) -> Button:
    button = Button(description=words, tooltip=tip, icon=icon)
    button.on_click(lambda _: clicked())
    return button


def _tools(*widgets: Any) -> HBox:
    box = HBox(widgets)
    box.add_class("ck-tools")
    return box
