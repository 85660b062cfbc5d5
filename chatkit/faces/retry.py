"""The next try to connect, as a value: why, when, and whether there is one."""

import math
from dataclasses import dataclass

from chatkit.faces.backoff import Backoff
from chatkit.net.tls_trouble import UNTRUSTED
from chatkit.protocol.messages import Code

# How many tries in a row may end with this code. Whatever else goes wrong may mend itself: then there is no limit.
TRIES: dict[str, int] = {
    Code.NAME_TAKEN: 5,  # by our own lost connection, perhaps: the server notices that it is dead
    Code.BAD_NAME: 1,
    Code.PASSWORD_NEEDED: 1,
    Code.WRONG_PASSWORD: 1,
    Code.TOO_MANY_TRIES: 1,
    UNTRUSTED: 1,  # somebody may stand in between: a person has to look
}


@dataclass(frozen=True, slots=True)
class Retry:
    """A try that waits for its time. `due` is on the clock of time.monotonic()."""

    reason: str  # a sentence: how the last try ended, or the connection
    number: int  # of this try, the first is 1
    due: float
    code: str | None = None  # of the ERROR that ended the last try
    times: int = 0  # so many tries in a row ended with it

    def seconds(self, now: float) -> int:
        """The seconds left to wait, rounded up."""
        return max(0, math.ceil(self.due - now))

    def next_second(self, now: float) -> float:
        """How long `seconds` stays what it is."""
        return max(0.0, self.due - now - max(0, self.seconds(now) - 1))

    def plan(self, now: float) -> str:
        """Say what comes."""
        seconds = self.seconds(now)
        return f"Trying again {f'in {seconds} s' if seconds else 'now'} (try {self.number})."


def next_try(last: Retry | None, reason: str, code: str | None, backoff: Backoff, now: float) -> Retry | None:
    """Give the try after `last`, or None where trying again does not help."""
    times = last.times + 1 if last and last.code == code else 1
    if times >= TRIES.get(code or "", math.inf):
        return None
    number = last.number + 1 if last else 1
    return Retry(reason, number, now + backoff.wait(number), code, times)
