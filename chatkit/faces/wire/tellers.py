"""What programs told of one connection, counted in bytes: which call took, and which gave, these bytes of a stream.

    events    RECEIVED 9   RECEIVED 15   RECEIVED 5
    bytes     0 ..... 9 ............ 24 ...... 29            bytes 9 to 24 came with the second

Nothing is matched by time or by looks. Where the events do not begin with the connection, no byte can be counted, and
nothing is found.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from chatkit.net.event import Event, What
from chatkit.protocol.names import fold
from chatkit.tcp.conversation import Conversation

_BORN = {What.CONNECTED, What.ACCEPTED}


@dataclass(frozen=True, slots=True)
class Teller:
    """The events of one end of one connection, from its CONNECTED or ACCEPTED on; none if that was not told."""

    events: tuple[Event, ...]

    def __bool__(self) -> bool:
        return bool(self.events)

    def of(self, *kinds: What) -> list[Event]:
        """Those of these kinds."""
        return [event for event in self.events if event.what in kinds]

    def covering(self, start: int, end: int, *kinds: What) -> list[Event]:
        """Those whose bytes, counted from the beginning, hold any from `start` up to `end`."""
        return _covering([(event, event.bytes) for event in self.of(*kinds)], start, end)

    def with_line(self, number: int, kind: What) -> Event | None:
        """The letter that holds this line, counted from 0."""
        return next(iter(_covering([(event, int(event.text)) for event in self.of(kind)], number, number + 1)), None)

    def owed(self, start: int, end: int) -> list[Event]:
        """The same for what the postman gave to one client: KEPT waited in the outbox, behind what was DELIVERED."""
        return _covering([(event, event.bytes) for event in self._as_owed()], start, end)

    def freed(self, end: int) -> Event | None:
        """The SENT that took the last byte before `end` out of the outbox; None where it was not seen to."""
        at = kept = 0
        for event in self._as_owed():
            size = event.bytes if event.what is What.KEPT else 0
            if at < end <= at + size:
                return next(iter(self.covering(kept + end - at - 1, kept + end - at, What.SENT)), None)
            at, kept = at + event.bytes, kept + size
        return None

    def begun(self, sent: Event) -> Event | None:
        """The SENDING that `sent` ends: the last in its thread."""
        before = self.events[: self.events.index(sent)]
        return next((e for e in reversed(before) if e.what is What.SENDING and e.thread == sent.thread), None)

    def _as_owed(self) -> Iterator[Event]:
        """What goes at once comes before what is kept, though it is told after it."""
        kept: list[Event] = []
        for event in self.of(What.KEPT, What.DELIVERED):
            if event.what is What.KEPT:
                kept.append(event)
            else:
                yield event
                yield from kept
                kept.clear()
        yield from kept


def client_of(events: Iterable[Event], talk: Conversation, name: str) -> Teller:
    """What the client of a conversation told: its events have the server's address."""
    return _since_birth([e for e in events if e.address == talk.server and fold(e.who) == fold(name)], talk)


def server_of(events: Iterable[Event], talk: Conversation) -> Teller:
    """What the server told of a conversation: these events have the client's address."""
    return _since_birth([e for e in events if e.address == talk.client], talk)


def _since_birth(events: Sequence[Event], talk: Conversation) -> Teller:
    """A port, or a name, may be used again: only from the first that was born after this conversation's SYN."""
    born = [place for place, event in enumerate(events) if event.what in _BORN]
    own = [place for place in born if events[place].when >= talk.segments[0].time]
    if not own:
        return Teller(())
    end = next((place for place in born if place > own[0]), len(events))
    return Teller(tuple(events[own[0] : end]))


def _covering(sized: Iterable[tuple[Event, int]], start: int, end: int) -> list[Event]:
    found, at = [], 0
    for event, size in sized:
        if at < end and at + size > start:
            found.append(event)
        at += size
    return found if at >= end else []
