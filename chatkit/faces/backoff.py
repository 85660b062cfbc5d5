"""How long to wait before the next try: each time up to twice as long, and by chance.

    try      1      2      3      4      5      6 ...
    at most  1 s    2 s    4 s    8 s   16 s   30 s ...

A server that restarts loses all its clients in one moment. If each came back a second later, they would all come in
one moment again, so each waits a time between nothing and the most: full jitter (Marc Brooker, "Exponential Backoff
and Jitter", AWS Architecture Blog, 2015). TCP doubles its timeout, too (RFC 6298, 5.5), without the chance.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

_DOUBLINGS = 32  # enough for any `most`; of more, the number would grow too large for a float


@dataclass(frozen=True, slots=True)
class Backoff:
    """`first` and `most` are in seconds; `chance` gives a number from 0 up to 1."""

    first: float = 1.0
    most: float = 30.0
    chance: Callable[[], float] = random.random

    def ceiling(self, number: int) -> float:
        """The seconds that we wait at most before this try; the first is 1."""
        return min(self.most, math.ldexp(self.first, min(number - 1, _DOUBLINGS)))

    def wait(self, number: int) -> float:
        """The seconds to wait before this try, by chance."""
        return self.chance() * self.ceiling(number)


USUAL = Backoff()
