"""Which steps are shown by now: they come as they happen, or one after another at a speed that eyes can follow.

    reel = Reel(pace=0.5)           two steps a second
    reel.play()
    reel.advance(57)                of 57 steps, so many are shown now

It knows no thread and no screen. Whoever shows the steps asks it as often as it likes, and the clock is handed in.
"""

import time
from collections.abc import Callable


class Reel:
    """A place among steps, which moves while it plays. `pace` is in seconds for a step; None: as they come."""

    def __init__(self, pace: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.pace = pace
        self.place = 0  # so many steps are shown
        self.is_playing = False
        self._clock = clock
        self._next_at = 0.0  # when the next step has its turn

    def play(self) -> None:
        """Go on from here; the next step has its turn at once."""
        self.is_playing, self._next_at = True, self._clock()

    def pause(self) -> None:
        """Stay here."""
        self.is_playing = False

    def set_pace(self, pace: float | None) -> None:
        """Go on at another speed."""
        self.pace, self._next_at = pace, self._clock()

    def go(self, place: int, length: int) -> None:
        """Show so many of the steps, and stay there."""
        self.pause()
        self.place = min(max(place, 0), length)

    def advance(self, length: int) -> int:
        """Move on to where it has to be by now, where there are so many steps; give how many are to be shown."""
        self.place = min(self.place, length)
        if self.is_playing:
            self.place = length if self.pace is None else self._paced(self.pace, length)
        return self.place

    def _paced(self, pace: float, length: int) -> int:
        now = self._clock()
        turns = 1 + int((now - self._next_at) / pace) if now >= self._next_at else 0
        shown = min(self.place + turns, length)
        self._next_at += pace * (shown - self.place)
        if shown == length:  # a step that comes later is not shown at once because we have waited for it
            self._next_at = max(self._next_at, now)
        return shown
