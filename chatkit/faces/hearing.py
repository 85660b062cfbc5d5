"""What the server says on one connection, told to a face.

The client's reader hears it, and begins before the chat's worker knows that we are in. What comes so early waits, so
that a face is told first that we are connected, then what was said before we came, then the rest.
"""

import threading
from collections import deque
from collections.abc import Callable

from chatkit.faces.alphabets import remark_on
from chatkit.faces.updates import Door, Kind, Line, Roster, Status
from chatkit.net.client import Client, Gone
from chatkit.protocol import messages as m

BEFORE = "What was said before you came:"
OWN_CAPTURE = "Your own capture: "

_MOST_EARLY = 20_000  # messages that may wait; of more, the oldest are lost


class Hearing:
    """The listener of one Client. `ended(reason)` is called once, if it was begun."""

    def __init__(self, door: Door, ended: Callable[[str], None]) -> None:
        self._door, self._ended = door, ended
        self._telling = threading.Lock()  # guards the order of what two threads tell, and _early
        self._early: deque[m.Reply | Gone] | None = deque(maxlen=_MOST_EARLY)
        self._client: Client | None = None
        self._asked = threading.Semaphore(0)  # WHOs: so many of the next lists of users are shown as lines
        self._hears_past = False

    def begin(self, client: Client, status: Status) -> None:
        """Tell that we are in, and what has come."""
        with self._telling:
            self._client = client
            if client.connected:  # else what came ends with its Gone
                self._door(status)
                self._door(Roster(client.users))
            early, self._early = self._early or (), None
            for message in early:
                self._tell(message)

    def expect_list(self) -> None:
        """The user asked for the list of users, and wants to read it."""
        self._asked.release()

    def hear(self, message: m.Reply | Gone) -> None:
        """Tell it, or keep it until we have begun."""
        with self._telling:
            if self._early is None:
                self._tell(message)
            else:
                self._early.append(message)

    def _tell(self, message: m.Reply | Gone) -> None:
        match message:
            case m.Said(name, text):
                self._door(Line(Kind.SAID, text, name))
            case m.Told(name, text):
                self._door(Line(Kind.TOLD, text, name))
            case m.Past(name, text):
                self._tell_past(name, text)
            case m.Joined(name):
                self._notice_change(f"{name} joined{remark_on(name)}")
            case m.Left(name, text):
                self._notice_change(f"{name} left ({text})" if text else f"{name} left")
            case m.Users(count, names):
                self._tell_list(count, names)
            case m.Captured(url):
                self._door(Line(Kind.NOTICE, f"{OWN_CAPTURE}{url}"))
            case m.Error(_, text):
                self._door(Line(Kind.TROUBLE, text))
            case Gone(reason):
                self._door(Roster(()))
                self._ended(reason)

    def _tell_past(self, name: str, text: str) -> None:
        if not self._hears_past:
            self._hears_past = True
            self._door(Line(Kind.NOTICE, BEFORE))
        self._door(Line(Kind.PAST, text, name))

    def _notice_change(self, text: str) -> None:
        self._door(Line(Kind.NOTICE, text))
        if self._client:
            self._door(Roster(self._client.users))

    def _tell_list(self, count: int, names: tuple[str, ...]) -> None:
        self._door(Roster(names))
        if self._asked.acquire(blocking=False):
            self._door(Line(Kind.NOTICE, f"{count} here: {', '.join(names)}"))
