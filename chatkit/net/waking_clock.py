"""A clock that stands still while this process is suspended.

While a laptop sleeps its clock goes on, and what others say waits unread in the kernel. By that clock everybody has
been silent for hours when it wakes up. By this one, nobody has.
"""

import time

LONGEST_STEP = 0.5  # seconds; whoever looks at the clock all the time, and finds more, was not there meanwhile


class WakingClock:
    """Counts seconds of being awake; for one thread, which looks at it several times a second."""

    def __init__(self) -> None:
        self._looked = time.monotonic()
        self._now = self._looked

    def look(self) -> float:
        """Give the time in seconds; it never goes back."""
        now = time.monotonic()
        self._now += min(now - self._looked, LONGEST_STEP)
        self._looked = now
        return self._now
