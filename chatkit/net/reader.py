"""What the thread of one client does: receive, split into lines, and put them as letters into the postman's queue.

It obeys nothing and writes nothing. It waits in three places: for bytes; for the throttle, where its client says too
much a second; and for the postman, where too much of its client is not handled yet. Meanwhile it does not read, and
TCP's flow control makes the client wait, too.
"""

import time
from queue import SimpleQueue

from chatkit.net.connection import why_lost
from chatkit.net.event import Event, Events, What
from chatkit.net.letter import Heard, HeardTooMuch, HungUp, Letter
from chatkit.net.seat import Seat
from chatkit.net.throttle import Throttle
from chatkit.protocol.framing import MAX_LINE_BYTES, LineSplitter


class Reader:
    """Reads from one seat; `run` is the body of its thread, `rate` the lines that it may say a second."""

    __slots__ = ("_events", "_letters", "_seat", "_splitter", "_throttle")

    def __init__(self, seat: Seat, letters: "SimpleQueue[Letter]", events: Events, rate: float) -> None:
        self._seat, self._letters, self._events = seat, letters, events
        self._splitter, self._throttle = LineSplitter(), Throttle(rate, time.monotonic())

    def run(self) -> None:
        """Read to the end of the stream; the last letter tells how it ended."""
        try:
            self._read_to_end()
        except OSError as error:
            self._letters.put(HungUp(self._seat, why_lost(error)))
        else:
            self._letters.put(HungUp(self._seat))

    def _read_to_end(self) -> None:
        seat, splitter = self._seat, self._splitter
        while (data := seat.connection.receive()) and not seat.is_overdue(time.monotonic()):
            if self._events.wants(What.RECEIVED):
                name = seat.member.name if seat.member else ""
                self._events.emit(Event(What.RECEIVED, name, seat.connection.peer, len(data)))
            if splitter.too_long or seat.is_left:
                continue  # read and dropped, so that the ERROR is not destroyed by an RST
            self._pass_on(splitter.feed(data))
            if splitter.too_long:
                self._letters.put(HeardTooMuch(seat, f"a line of over {MAX_LINE_BYTES} bytes, that is the most"))

    def _pass_on(self, lines: list[bytes]) -> None:
        """Put lines into the queue as fast as the seat may speak: one read can hold sixty thousand."""
        for portion in self._throttle.portions(lines):
            now = time.monotonic()
            self._seat.rest(now + self._throttle.spend(len(portion), now))
            if self._seat.is_left:
                return
            size = sum(map(len, portion)) + len(portion)
            if self._events.wants_deliveries:
                self._tell_queued(len(portion), size)
            self._letters.put(Heard(self._seat, portion, size))
            self._seat.charge(size)

    def _tell_queued(self, lines: int, size: int) -> None:
        name = self._seat.member.name if self._seat.member else ""
        self._events.emit_detail(Event(What.QUEUED, name, self._seat.connection.peer, size, str(lines)))
