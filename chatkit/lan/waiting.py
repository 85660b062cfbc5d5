"""Copies of frames that are held back: for some time, or until later frames of the same sender have overtaken them.

    put(copy)  --->  .---------------------------------.  ---> due()
                     |  a heap: what goes next is first |
    overtaken  --->  '---------------------------------'     goes at once, if its delay is over

Only the thread of the wire puts and takes. Time is that of the monotonic clock, in nanoseconds: when somebody sets the
clock of the computer, no frame may be held back for an hour.
"""

import heapq
import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from chatkit.lan.log import Passage
from chatkit.lan.rule import Copy

_GONE = -1


@dataclass(slots=True, eq=False)
class Waiting:
    """A copy that waits, and the ports that it will go out of."""

    copy: Copy
    passage: Passage
    targets: Sequence[int]
    order: int  # in which they came
    goes_at: int = _GONE
    overtaken_by: set[int] = field(default_factory=set)  # numbers of frames


class WaitingRoom:
    """Where they wait. Its length counts those that are still to be handed over."""

    def __init__(self) -> None:
        self._queue: list[tuple[int, int, Waiting]] = []  # a heap by time, and by order
        self._order = itertools.count()
        self._patient: dict[str, list[Waiting]] = {}  # by sender: those that others shall overtake
        self._count = 0

    def put(self, copy: Copy, passage: Passage, targets: Sequence[int]) -> None:
        """Let the copy wait; one that has to wait for nothing is due at once."""
        waiting = Waiting(copy, passage, targets, next(self._order))
        if copy.behind:
            self._patient.setdefault(passage.sender, []).append(waiting)
        self._count += 1
        self._schedule(waiting, copy.due)

    def due(self) -> Iterator[Waiting]:
        """Give those whose time has come, in order; each counts as waiting until the next is asked for."""
        while self._queue and self._queue[0][0] <= time.monotonic_ns():
            goes_at, _, waiting = heapq.heappop(self._queue)
            if goes_at == waiting.goes_at:  # else it had been put forward, and has gone
                waiting.goes_at = _GONE
                yield waiting
                self._count -= 1
                self._note_overtaking(waiting.passage)

    @property
    def seconds_left(self) -> float | None:
        """How long until the next is due; None if none waits."""
        return max(0, self._queue[0][0] - time.monotonic_ns()) / 1_000_000_000 if self._queue else None

    @property
    def is_patient(self) -> bool:
        """Whether some wait for others to overtake them."""
        return bool(self._patient)

    def __len__(self) -> int:
        return self._count

    def _schedule(self, waiting: Waiting, goes_at: int) -> None:
        waiting.goes_at = goes_at
        heapq.heappush(self._queue, (goes_at, waiting.order, waiting))

    def _note_overtaking(self, passed: Passage) -> None:
        """This frame has been handed over: for some that came before it, it may be the one they waited for."""
        patient = self._patient.pop(passed.sender, [])
        still_patient = [each for each in patient if not self._may_go(each, passed)]
        if still_patient:
            self._patient[passed.sender] = still_patient

    def _may_go(self, waiting: Waiting, passed: Passage) -> bool:
        if waiting.goes_at == _GONE:  # out of patience
            return True
        if passed.number > waiting.passage.number:
            waiting.overtaken_by.add(passed.number)
        is_overtaken = len(waiting.overtaken_by) >= waiting.copy.behind
        if is_overtaken and waiting.copy.patience:
            self._schedule(waiting, waiting.copy.ready)
        return is_overtaken
