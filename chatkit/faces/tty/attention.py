"""Whether somebody reads the terminal: nobody knows, but who pressed a key a short while ago does."""

import threading
import time
from collections.abc import Callable

from chatkit.faces.unread import Unread
from chatkit.faces.updates import Line

AWAY = 30.0  # seconds without a key


class Attention:
    """What is unread, told by keys and lines. For any thread; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._typed = clock, clock()
        self._lock = threading.Lock()  # guards both
        self._unread = Unread()

    @property
    def count(self) -> int:
        """How many messages came while nobody read."""
        return self._unread.count

    def pressed(self) -> None:
        """A key was pressed."""
        with self._lock:
            self._typed, self._unread = self._clock(), self._unread.looks()

    def came(self, line: Line) -> bool:
        """A line is to be shown; give whether it is the first unread one."""
        with self._lock:
            is_away = self._clock() - self._typed > AWAY
            before = self._unread.looks_away() if is_away else self._unread
            self._unread = before.after(line)
            return self._unread.begins_after(before)
