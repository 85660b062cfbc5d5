"""A token bucket: so many lines a second, and a burst of twice that.

Whoever is faster is not told off, and nothing is thrown away: the server reads it later, the receive window fills, and
TCP's flow control slows the sender.
"""

import math
from collections.abc import Iterator

_PORTION = 100  # lines


class Throttle:
    """The bucket of one connection; `rate` is in lines a second, 0 for no limit."""

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self._tokens = 2 * rate
        self._when = now

    def portions(self, lines: list[bytes]) -> Iterator[list[bytes]]:
        """Cut the lines of one read into portions of at most a second's worth; one read can hold sixty thousand."""
        size = min(_PORTION, math.ceil(self._rate)) or _PORTION
        return (lines[start : start + size] for start in range(0, len(lines), size))

    def spend(self, lines: int, now: float) -> float:
        """Take a token for each line, and give the seconds to wait before they may go on."""
        if self._rate <= 0:
            return 0.0
        self._tokens = min(2 * self._rate, self._tokens + self._rate * (now - self._when)) - lines
        self._when = now
        return max(0.0, -self._tokens / self._rate)
