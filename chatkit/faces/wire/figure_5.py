"""RFC 9293's Figure 5 as it is to be drawn: the arcs, read out of the table in `tcp.states`, in the figure's words.

    arcs()[S.LAST_ACK, S.CLOSED]                              "rcv ACK of FIN"
    path(S.SYN_SENT, (E.HEARS_SYN, E.HEARS_ACK_OF_SYN))       one Arc: SYN-SENT to ESTABLISHED, "rcv SYN,ACK"

A segment may be two events in a row to an end. Where the figure has one arc for both, so have we.
"""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from chatkit.tcp.states import FIGURE_5, Event, State

S, E = State, Event

WORDS = {
    E.SENDS_SYN: "snd SYN",
    E.SENDS_FIN: "snd FIN",
    E.SENDS_RST: "snd RST",
    E.REFUSES: "snd RST",
    E.HEARS_RST: "rcv RST",
    E.HEARS_RST_PASSIVE: "rcv RST",
    E.HEARS_SYN: "rcv SYN",
    E.HEARS_ACK_OF_SYN: "rcv ACK of SYN",
    E.HEARS_ACK_OF_FIN: "rcv ACK of FIN",
    E.HEARS_FIN: "rcv FIN",
}
RESETS = {"snd RST", "rcv RST"}
SYN_ACK = (E.HEARS_SYN, E.HEARS_ACK_OF_SYN)  # what one segment is to an end that has sent a SYN

UNSEEN = {  # the figure has them, and they leave no trace on a wire: calls of the user, and a clock
    (S.CLOSED, S.LISTEN): "passive OPEN",
    (S.LISTEN, S.CLOSED): "CLOSE",
    (S.SYN_SENT, S.CLOSED): "CLOSE",
    (S.TIME_WAIT, S.CLOSED): "timeout=2MSL",
}


class Arc(NamedTuple):
    """From one state to another, and by what."""

    start: State
    end: State
    words: str

    @property
    def is_reset(self) -> bool:
        """Whether it is one of those that lead from everywhere to CLOSED, and that the figure leaves out."""
        return self.words in RESETS and self.end is S.CLOSED

    def __str__(self) -> str:
        return f"{self.start.value} → {self.end.value} by {self.words}"


@cache
def arcs() -> dict[tuple[State, State], str]:
    """The arcs of the figure that a segment can take; without the resets."""
    moves = [Arc(state, end, WORDS[event]) for (state, event), end in FIGURE_5.items() if event in WORDS]
    drawn = {(arc.start, arc.end): arc.words for arc in moves if arc.start is not arc.end and not arc.is_reset}
    return drawn | {(S.SYN_SENT, _walk(S.SYN_SENT, SYN_ACK)[-1]): "rcv SYN,ACK"}


def path(state: State, events: Sequence[Event]) -> tuple[Arc, ...]:
    """The arcs that these events take an end along; none where it stays, or where the table knows no way."""
    if state is S.SYN_SENT and tuple(events[:2]) == SYN_ACK:
        middle = _walk(state, SYN_ACK)[-1]
        return (Arc(state, middle, arcs()[state, middle]), *path(middle, events[2:]))
    states = _walk(state, events)
    moves = (Arc(*ends, WORDS[event]) for ends, event in zip(pairwise(states), events, strict=False) if event in WORDS)
    return tuple(arc for arc in moves if arc.start is not arc.end)


def _walk(state: State, events: Sequence[Event]) -> list[State]:
    """The state, and the states after each event; it ends where the table does."""
    states = [state]
    for event in events:
        following = FIGURE_5.get((states[-1], event))
        if following is None:
            break
        states.append(following)
    return states
