"""What the server keeps for one client: its connection, what waits for it, and what it may still send.

The reader owns what is read, the postman owns what is written; two counters, each written by one of them, tell how
many bytes were read and not handled yet. A client that floods makes only its own reader wait, and then TCP's flow
control makes the client wait.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from chatkit.net.connection import Connection
from chatkit.protocol.member import Member

CREDIT = 65536  # bytes that may be read and not handled yet


@dataclass(eq=False, slots=True)
class Seat:
    """One client of the server."""

    connection: Connection
    member: Member | None = None  # from when the postman let it in
    reader: threading.Thread | None = None
    outbox: bytearray = field(default_factory=bytearray)  # the system would not take it yet
    close_by: float | None = None  # monotonic time; set once the seat is to be left
    sent_fin: bool = False
    reader_is_done: bool = False
    trouble: str = ""  # why writing failed: the system tells an error once, and then the reader sees only an end
    _read: int = 0  # written by the reader
    _handled: int = 0  # written by the postman
    _alarm: threading.Event | None = None  # there while the reader waits: a thousand that do not wait need no memory

    def charge(self, size: int) -> None:
        """Note that `size` bytes were read, and wait while too many are not handled. Only the reader calls it."""
        self._read += size
        while self._is_in_debt():
            self._wait(self._is_in_debt)

    def pay_back(self, size: int) -> None:
        """Note that `size` bytes were handled. Only the postman calls it."""
        self._handled += size
        self._ring()

    def rest(self, until: float) -> None:
        """Let the reader pause to a moment of the monotonic clock, for less if the seat is to be left."""
        while not self.is_left and (seconds := until - time.monotonic()) > 0:
            self._wait(lambda: not self.is_left, seconds)

    def leave_by(self, deadline: float) -> None:
        """The seat is to be left: nothing holds the reader any more."""
        self.close_by = deadline
        self._ring()

    @property
    def is_left(self) -> bool:
        """Whether nothing that still comes is obeyed."""
        return self.close_by is not None

    def is_overdue(self, now: float) -> bool:
        """Whether the seat should have been left by now."""
        return self.close_by is not None and now >= self.close_by

    def _is_in_debt(self) -> bool:
        return self._read - self._handled > CREDIT and not self.is_left

    def _wait(self, is_to_wait: Callable[[], bool], seconds: float | None = None) -> None:
        self._alarm = threading.Event()
        if is_to_wait():  # looked at after the alarm is there: what changes from here on rings it
            self._alarm.wait(seconds)
        self._alarm = None

    def _ring(self) -> None:
        if alarm := self._alarm:
            alarm.set()
