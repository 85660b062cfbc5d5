"""Lines that a frame is sent over: one that takes its time, and one that has a rate and a queue before it.

Each is asked when a frame that comes to it at some time leaves it. A frame may come to it before one that was asked
for earlier, since rules before this one may have delayed that one: so both keep a list of what is under way, by time.
All times are in nanoseconds.
"""

from bisect import bisect_right
from operator import itemgetter

_came, _left = itemgetter(0), itemgetter(1)


class SlowLine:
    """A line that takes each frame another time, and on which none overtakes another."""

    def __init__(self) -> None:
        self._on_it: list[tuple[int, int]] = []  # when each came, and when it leaves

    def leaves(self, comes: int, takes: int, now: int) -> int:
        """Give the time at which a frame leaves that would, alone, take so long."""
        on_it = self._on_it
        del on_it[: bisect_right(on_it, now, key=_left)]
        at = bisect_right(on_it, comes, key=_came)
        leaves = max(comes + takes, _left(on_it[at - 1]) if at else 0)
        if at < len(on_it):
            leaves = min(leaves, _left(on_it[at]))
        on_it.insert(at, (comes, leaves))
        return leaves


class NarrowLine:
    """A line on which one frame is sent at a time, and at most `queue` wait for it."""

    def __init__(self, queue: int) -> None:
        self._queue = queue
        self._busy: list[tuple[int, int]] = []  # from when to when it sends, in order

    def leaves(self, comes: int, takes: int, now: int) -> int | None:
        """Give the time at which a frame is sent that takes so long; None if the queue is full when it comes."""
        busy = self._busy
        del busy[: bisect_right(busy, now, key=_left)]
        first = at = bisect_right(busy, comes, key=_left)
        start = comes
        while at < len(busy) and start + takes > busy[at][0]:
            start, at = busy[at][1], at + 1
        if at - first > self._queue:  # the first of them is being sent, the others wait
            return None
        busy.insert(at, (start, start + takes))
        return start + takes
