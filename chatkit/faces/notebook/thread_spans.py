"""What each thread did, and from when to when.

A small server writes a diary: it says itself what it waits for. Of chatkit's own server the events tell it:

    RECEIVED  in reader-1   it waited in recv until then
    ACCEPTED  in accept     it waited in accept until then
    SENT      in postman    it was sending since the event before, or else waited for a letter

The work between two waits of chatkit's server is not measured. It is shown as a moment, and not as a length.
"""

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from chatkit.net.event import Address, Event, What


class Doing(Enum):
    """What a thread does."""

    ACCEPT = "waiting in accept"
    RECV = "waiting in recv"
    LETTER = "waiting for a letter"
    LOCK = "waiting for the lock"
    SEND = "sending"
    RUN = "running"


@dataclass(frozen=True, slots=True)
class Span:
    """One thing that a thread did; times are in seconds since the epoch."""

    thread: str
    doing: Doing
    start: float
    stop: float
    note: str = ""


class Diary:
    """What the threads of a small server wait for, as each of them says."""

    def __init__(self) -> None:
        self._done: deque[Span] = deque()  # append is safe from any thread
        self._current: dict[str, tuple[Doing, float, str]] = {}  # each thread writes its own entry only

    @contextmanager
    def doing(self, doing: Doing, note: str = "") -> Iterator[None]:
        """Note that this thread does so, as long as the block lasts."""
        name, start = threading.current_thread().name, time.time()
        self._current[name] = doing, start, note
        try:
            yield
        finally:
            self._done.append(Span(name, doing, start, time.time(), note))
            self._current.pop(name)

    def spans(self) -> tuple[Span, ...]:
        """All so far, with what goes on now; a thread that waits for nothing is running."""
        now = time.time()
        current = [Span(name, doing, start, now, note) for name, (doing, start, note) in self._current.copy().items()]
        return tuple(_with_running([*self._done.copy(), *current]))


def _with_running(spans: list[Span]) -> Iterator[Span]:
    for name in dict.fromkeys(span.thread for span in spans):
        own = sorted((span for span in spans if span.thread == name), key=lambda span: span.start)
        yield from own
        yield from (Span(name, Doing.RUN, one.stop, next.start) for one, next in pairwise(own) if one.stop < next.start)


# ---- chatkit's own server ----

_WAITS = {"accept": Doing.ACCEPT, "reader": Doing.RECV, "postman": Doing.LETTER}
_BETWEEN = (What.QUEUED, What.TAKEN, What.KEPT)  # no wait ends with these
_PREFIX = "chat-"


def spans_of(events: Iterable[Event], until: float) -> tuple[Span, ...]:
    """What the threads of a Server did, as its events tell; who waits still is taken to wait until then."""
    story = _Story()
    for event in sorted(events, key=lambda event: event.when):
        story.tell(event)
    return tuple(story.ended(until))


class _Story:
    """The events that were told so far."""

    def __init__(self) -> None:
        self._spans: list[Span] = []
        self._since: dict[str, float] = {}  # for each thread, the time of its last event
        self._accepted: dict[Address, float] = {}
        self._reader: dict[Address, str] = {}
        self._is_sending = False

    def tell(self, event: Event) -> None:
        if event.what in _BETWEEN:
            return
        if event.what is What.LISTENING:
            self._since |= {f"{_PREFIX}accept": event.when, f"{_PREFIX}postman": event.when}
        if event.what is What.ACCEPTED and event.address:
            self._accepted[event.address] = event.when
        if waits := _waits_of(event.thread):
            self._returned(event, waits)
        if event.what is What.CLOSED and event.address in self._reader:
            self._end(self._reader[event.address], event.when)
        if event.what is What.STOPPED:
            for thread in list(self._since):
                self._end(thread, event.when)

    def ended(self, until: float) -> list[Span]:
        for thread in list(self._since):
            self._end(thread, until)
        return self._spans

    def _returned(self, event: Event, waits: Doing) -> None:
        """What the thread was in has returned."""
        begin = event.when
        if waits is Doing.RECV and event.address:
            self._reader[event.address] = event.thread
            begin = self._accepted.get(event.address, begin)
        doing, now = waits, Doing.RUN
        if waits is Doing.LETTER:
            doing = Doing.SEND if self._is_sending and event.what is What.SENT else waits
            now = Doing.SEND if event.what in (What.SENT, What.DELIVERED) else now
            self._is_sending = event.what in (What.SAID, What.JOINED, What.LEFT, What.DELIVERED)
        self._spans.append(Span(event.thread, doing, self._since.get(event.thread, begin), event.when))
        self._spans.append(Span(event.thread, now, event.when, event.when, _said(event)))
        self._since[event.thread] = event.when

    def _end(self, thread: str, when: float) -> None:
        start, waits = self._since.pop(thread, None), _waits_of(thread)
        if start is not None and waits and start < when:
            self._spans.append(Span(thread, waits, start, when))


def _waits_of(thread: str) -> Doing | None:
    """What a thread of this name waits in; None if it is none of the server's."""
    return _WAITS.get(thread.removeprefix(_PREFIX).partition("-")[0]) if thread.startswith(_PREFIX) else None


def _said(event: Event) -> str:
    """The event in a few words."""
    size = f"{event.bytes} bytes" if event.bytes else ""
    return " ".join(filter(None, (event.what.value, event.who, size, event.text[:40])))
