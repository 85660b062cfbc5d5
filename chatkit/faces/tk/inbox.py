"""What waits to be shown in a window, which may be slower than a server: never more than a window can hold.

Of lines the newest wait, and how many were let go is said; of lists of users the last; nothing else is let go.
"""

import threading
from collections import deque

from chatkit.faces.updates import Kind, Line, Roster, Status, Update

MAX_LINES = 2000


class Inbox:
    """Put from any thread; take from the face's own. Neither waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards all below
        self._first: deque[Update] = deque()  # what is older than all that waits behind it
        self._waiting: deque[Line | Status] = deque()
        self._roster: Roster | None = None
        self._let_go = 0

    def put(self, update: Update) -> None:
        """Let it wait."""
        with self._lock:
            if isinstance(update, Roster):
                self._roster = update
                return
            self._waiting.append(update)
            while len(self._waiting) > MAX_LINES:
                self._let_oldest_go()

    def take(self, at_most: int) -> list[Update]:
        """Give the oldest, and the list of users if there is another one."""
        with self._lock:
            self._mention_lines_let_go()
            last = [self._roster] if self._roster else []
            self._roster = None
            taken: list[Update] = []
            for waiting in (self._first, self._waiting):
                while waiting and len(taken) + len(last) < at_most:
                    taken.append(waiting.popleft())
            return taken + last

    def _let_oldest_go(self) -> None:
        oldest = self._waiting.popleft()
        if isinstance(oldest, Status):
            self._first.append(oldest)
        else:
            self._let_go += 1

    def _mention_lines_let_go(self) -> None:
        if self._let_go:
            self._first.append(Line(Kind.NOTICE, f"{self._let_go} lines came too fast to be shown."))
            self._let_go = 0
