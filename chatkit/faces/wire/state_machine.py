"""The state machine of TCP, with both ends of a conversation going through it, segment by segment.

TcpStateMachine()                       RFC 9293's Figure 5, with nobody in it
machine = TcpStateMachine(conversation)
machine                                 step forward and back, or let it play
machine.at(7)                           as it was after frame 7, to be kept: a picture of its own
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

from ipywidgets import HTML, Button, HBox, IntSlider, Play, VBox, link

from chatkit.errors import MisuseError
from chatkit.faces.wire.figure_5 import path
from chatkit.faces.wire.state_figure import MARKS, EndThere, draw
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.figure import figure, scrolled
from chatkit.tcp.history import Moment
from chatkit.tcp.observer import observe
from chatkit.tcp.segment import Endpoint
from chatkit.tcp.states import Event, Possible, State
from chatkit.tcp.style import NO_FORMULAS

MIN_WIDTH = 640  # narrower, and the words are too small to read: then it scrolls
PACE = 1500  # milliseconds from step to step while it plays

_TITLE = "The states of a TCP connection"
_NOBODY = "RFC 9293, Figure 5: the eleven states of an end, and the segments that lead from one to another."


@dataclass(frozen=True, repr=False)
class Station:
    """Both ends after one step: a picture that stands still."""

    words: str  # what has just happened
    ends: tuple[EndThere, ...]
    source: str = ""  # what kind of evidence it is

    @property
    def states(self) -> tuple[Possible, ...]:
        """Of both ends: (client, server)."""
        return tuple(end.state for end in self.ends)

    def svg(self) -> str:
        """The picture alone."""
        return draw(self.ends, _TITLE, self.text(), self._label)

    def text(self) -> str:
        """What the picture shows."""
        return "\n".join(filter(None, [self.words, *self.where, self._label]))

    @property
    def where(self) -> list[str]:
        """A line for each end: its state, and how it came there."""
        return [f"{mark} {end.name}: {_stands(end)}" for mark, end in zip(MARKS, self.ends, strict=False)]

    @property
    def _label(self) -> str:
        return f"({self.source})" if self.source else ""

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return figure(self.svg(), self.text(), MIN_WIDTH)


class TcpStateMachine:
    """The figure; with a conversation, a widget that steps both ends through it.

    `names` says what to call an endpoint; else they are client and server.
    """

    def __init__(self, conversation: Conversation | None = None, names: Mapping[Endpoint, str] | None = None) -> None:
        self.conversation = conversation
        self.stations = tuple(_stations(conversation, names or {})) if conversation else (Station(_NOBODY, ()),)
        self._painting = threading.Lock()  # cells and buttons both step: who paints last paints the newest

    @property
    def source(self) -> str:
        """What kind of evidence it is."""
        return self.conversation.source if self.conversation else ""

    @property
    def now(self) -> Station:
        """What is shown: at first, what was before the first segment."""
        return self.stations[int(self._slider.value)]

    def at(self, frame: int) -> Station:
        """What was when this frame had been sent. Raises MisuseError for a frame of another conversation."""
        return self.stations[self._step_of(frame)]

    def go_to(self, frame: int) -> None:
        """Show it."""
        self._slider.value = self._step_of(frame)

    def step(self, by: int = 1) -> None:
        """Go on by so many steps, or back; never beyond the first and the last."""
        self._slider.value = min(max(self._slider.value + by, 0), len(self.stations) - 1)

    def svg(self) -> str:
        """What is shown, as a picture."""
        return self.now.svg()

    def text(self) -> str:
        """In words, all steps by which an end comes into another state."""
        return "\n".join(
            f"{number:>3}. {_flat(station)}"
            for number, station in enumerate(self.stations)
            if number == 0 or station.states != self.stations[number - 1].states
        )

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self.now._repr_html_()

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """The widget; and for paper, and for notebooks that are saved, the picture and the words."""
        if self.conversation is None:
            return {}
        return {**self.box._repr_mimebundle_(**options), "text/html": self._repr_html_(), "text/plain": self.text()}

    def _step_of(self, frame: int) -> int:
        moments = self.conversation.history.moments if self.conversation else ()
        for number, moment in enumerate(moments, start=1):
            if moment.sent and moment.segment.frame == frame:
                return number
        raise MisuseError(f"frame {frame} is not in this conversation")

    # ---- the widget ----

    @cached_property
    def _slider(self) -> IntSlider:
        slider = IntSlider(0, 0, len(self.stations) - 1, description="Step")
        slider.observe(lambda _: self._show(), names="value")
        return slider

    @cached_property
    def _picture(self) -> HTML:
        return HTML(scrolled(self.svg(), MIN_WIDTH))

    @cached_property
    def _words(self) -> HTML:
        return HTML(_said(self.now))

    @cached_property
    def box(self) -> VBox:
        """The figure with what steps it: buttons, a slider for the arrow keys, and a player."""
        play = Play(min=0, max=len(self.stations) - 1, interval=PACE, description="Play")
        link((self._slider, "value"), (play, "value"))
        controls = HBox([_button("◀ Back", lambda _: self.step(-1)), _button("Next ▶", lambda _: self.step()), play])
        controls.layout.flex_flow = "row wrap"
        controls.children += (self._slider,)
        return VBox([controls, self._words, self._picture, HTML(_all_moves(self.text()))])

    def _show(self) -> None:
        with self._painting:
            now = self.now
            self._picture.value, self._words.value = scrolled(now.svg(), MIN_WIDTH), _said(now)


# ---- from the conversation ----


def _stations(talk: Conversation, names: Mapping[Endpoint, str]) -> Iterator[Station]:
    """What was before the first segment, and after each step."""
    called = [names.get(end, role) for end, role in zip(talk.endpoints, ("client", "server"), strict=True)]
    before = (talk.history.client_before, talk.history.server_before)
    ends = tuple(EndThere(name, state, False, ()) for name, state in zip(called, before, strict=True))
    yield Station("Before the first segment", ends, talk.source)
    for moment, line in zip(talk.history.moments, observe(talk.segments, talk.client), strict=True):
        ends = tuple(
            _moved(end, [event for side, event in line.happenings if side == who], state)
            for who, (end, state) in enumerate(zip(ends, (moment.client, moment.server), strict=True))
        )
        yield Station(_told(talk, called, moment), ends, talk.source)


def _moved(end: EndThere, events: list[Event], state: Possible) -> EndThere:
    """The end in its next state, with the arcs that led there if the capture leaves no doubt about them."""
    taken = path(end.state.known, events) if end.state.known else ()
    is_sure = taken and taken[-1].end is state.known
    return EndThere(end.name, state, end.was_open or State.CLOSED not in end.state, taken if is_sure else ())


def _told(talk: Conversation, names: list[str], moment: Moment) -> str:
    """`Frame 3, ann → server: <SEQ=0><CTL=SYN>`."""
    segment = moment.segment
    sender, receiver = names if segment.source == talk.client else names[::-1]
    label = talk.ladder(relative=True).label(segment)
    fate = "" if moment.arrived else ", which has not arrived yet"
    if not moment.sent:
        return f"Frame {segment.frame} arrives at {receiver}: {label}"
    return f"Frame {segment.frame}, {sender} → {receiver}: {label}{fate}"


# ---- words ----


def _stands(end: EndThere) -> str:
    """`SYN-SENT (CLOSED → SYN-SENT by snd SYN)`."""
    steps = ", then ".join(map(str, end.path))
    return f"{end.state!r}" + (f" ({steps})" if steps else "")


def _flat(station: Station) -> str:
    where = "; ".join(f"{end.name} {_stands(end)}" for end in station.ends)
    return f"{station.words}. {where}" if where else station.words


def _said(station: Station) -> str:
    """The step, which is read out to those who do not see it."""
    lines = "<br>".join(map(escape, [station.words, *station.where]))
    return f'<div class="{NO_FORMULAS}" style="line-height:1.4" role="status" aria-live="polite">{lines}</div>'


def _all_moves(text: str) -> str:
    return f'<details class="{NO_FORMULAS}"><summary>All changes in words</summary><pre>{escape(text)}</pre></details>'


def _button(words: str, clicked: Callable[[Button], None]) -> Button:
    button = Button(description=words)
    button.layout.width = "auto"
    button.on_click(clicked)
    return button
