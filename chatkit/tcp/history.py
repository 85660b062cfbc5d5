"""Both ends of a conversation, followed through the table of states.

What cannot be known is not guessed. The ends are followed as the set of all pairs of states that they could be in; each
event leaves out the pairs that could not have done it, and then the end of the story leaves out the beginnings that do
not lead there. Of a capture that begins midstream this finds out what can be found out: both have sent data after each
other, so both are ESTABLISHED.

The capture has no trace of 2MSL passing, so TIME-WAIT is the last that is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, product

from chatkit.tcp.observer import Happening, Start, observe, start_of
from chatkit.tcp.segment import Endpoint, Segment
from chatkit.tcp.states import (
    FIGURE_5,
    FIN_ACKNOWLEDGED,
    FIN_HEARD,
    FIN_SENT,
    SYNCHRONIZED,
    Possible,
    State,
)


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a ladder: a segment is sent, or arrives, or both as is usual; then the ends are in these states."""

    segment: Segment
    sent: bool
    arrived: bool
    client: Possible
    server: Possible


@dataclass(frozen=True, slots=True)
class History:
    """Both ends from before the first segment to after the last."""

    client_before: Possible
    server_before: Possible
    moments: tuple[Moment, ...]


Pair = tuple[State, State]  # (client, server)
Pairs = frozenset[Pair]

_BEGINNINGS: dict[Start, tuple[State, ...]] = {
    Start.OPENS: (State.CLOSED,),
    Start.ANSWERS: (State.LISTEN, State.SYN_RECEIVED),
    Start.IS_CALLED: (State.CLOSED, State.LISTEN),
    Start.IS_ANSWERED: (State.SYN_SENT,),
    Start.MIDSTREAM: (*SYNCHRONIZED, State.CLOSED),
}


def follow(segments: Sequence[Segment], client: Endpoint) -> History:
    """Follow both ends through the segments of one conversation, in the order of the capture."""
    segments = tuple(segments)  # the moments keep them all, and here they are looked at more than once
    lines = list(observe(segments, client))
    before, *after = resolved(beginning(segments, client), [line.happenings for line in lines])
    moments = (
        Moment(line.segment, line.sent, line.arrived, *ends_of(pairs)) for line, pairs in zip(lines, after, strict=True)
    )
    return History(*ends_of(before), tuple(moments))


def resolved(before: Pairs, lines: Sequence[Sequence[Happening]]) -> list[Pairs]:
    """Give the pairs before the first line and after each: what came later tells more about what came before."""
    happenings = [happening for line in lines for happening in line]
    known = list(accumulate(happenings, _step, initial=before))
    for index in range(len(happenings) - 1, -1, -1):
        known[index] = _leading_to(known[index], known[index + 1], happenings[index])
    return [known[last] for last in accumulate(map(len, lines), initial=0)]


def beginning(segments: Sequence[Segment], client: Endpoint) -> Pairs:
    """Give the pairs that the ends may be in before the first segment."""
    clients, servers = (_BEGINNINGS[start_of(segments, client, side)] for side in (0, 1))
    return frozenset(pair for pair in product(clients, servers) if _agree(*pair)) or frozenset(
        product(clients, servers)
    )


def _agree(client: State, server: State) -> bool:
    """Whether two ends can be in these states at the same time, nothing being on its way between them."""
    return _allows(client, server) and _allows(server, client)


def _allows(mine: State, other: State) -> bool:
    """Nobody has heard a FIN that the other has not sent, nor an ACK of a FIN that the other has not heard."""
    if mine in FIN_HEARD and other not in FIN_SENT:
        return False
    return mine not in FIN_ACKNOWLEDGED or other in FIN_HEARD or other is State.CLOSED


_ALL_PAIRS: Pairs = frozenset((client, server) for client, server in product(State, State) if _agree(client, server))


@lru_cache(maxsize=4096)
def _step(pairs: Pairs, happening: Happening) -> Pairs:
    """Move the pairs. If none of them could have done it, the capture has missed something: then what an end
    was seen to send tells anew where it is, and what it may have heard tells nothing."""
    moved = _moved(pairs, happening)
    if moved:
        return moved
    return _moved(_ALL_PAIRS, happening) if happening[1].name.startswith("SENDS") else pairs


@lru_cache(maxsize=4096)
def _leading_to(before: Pairs, after: Pairs, happening: Happening) -> Pairs:
    """Those pairs of `before` that the happening takes into `after`."""
    if not _moved(before, happening):
        return before & after or before
    return frozenset(pair for pair in before if _moved(frozenset([pair]), happening) & after) or before


def _moved(pairs: Pairs, happening: Happening) -> Pairs:
    side, event = happening
    moved: set[Pair] = set()
    for pair in pairs:
        state = FIGURE_5.get((pair[side], event))
        if state:
            moved.add((state, pair[1]) if side == 0 else (pair[0], state))
    return frozenset(moved)


@lru_cache(maxsize=4096)
def ends_of(pairs: Pairs) -> tuple[Possible, Possible]:
    """Give what each end may be in: (client, server)."""
    return Possible(client for client, _ in pairs), Possible(server for _, server in pairs)
