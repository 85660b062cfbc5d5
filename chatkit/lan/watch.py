"""What the thread of the wire sleeps on: frames at the ports, somebody who rings, the end of the LAN, or the time."""

import os
import select
import threading
from collections.abc import Sequence

from chatkit.lan.port import Port

_MOST_FOR_SELECT = 1023  # the highest descriptor that select(2) takes


class Watch:
    """Watches the ports, and `alive`, a descriptor that hangs up when the LAN is gone. Raises OSError."""

    def __init__(self, ports: Sequence[Port], alive: int) -> None:
        self.is_alive = True  # whether the LAN is there
        self._alive = alive
        self._numbers = {port.fileno(): number for number, port in enumerate(ports)}
        self._epoll = select.epoll()
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._closing = threading.Lock()  # guards _bell: nobody may ring one that is closed, or is another's by then
        self._epoll.register(self._bell, select.EPOLLIN)
        self._epoll.register(alive, select.EPOLLRDHUP)
        for descriptor in self._numbers:
            self._epoll.register(descriptor, select.EPOLLIN)

    def wait(self, seconds: float | None) -> list[int]:
        """Sleep at most so long, None for ever; give the numbers of the ports that have frames."""
        found = []
        for descriptor, _ in self._events(seconds):
            if descriptor == self._bell:
                os.eventfd_read(self._bell)
            elif descriptor == self._alive:
                self.is_alive = False
            else:
                found.append(self._numbers[descriptor])
        return found

    def ring(self) -> None:
        """Let `wait` return at once; any thread may ring, also when it is over."""
        with self._closing:
            if self._bell >= 0:
                os.eventfd_write(self._bell, 1)

    def close(self) -> None:
        """Give back its descriptors."""
        with self._closing:
            os.close(self._bell)
            self._bell = -1
        self._epoll.close()

    def _events(self, seconds: float | None) -> list[tuple[int, int]]:
        if seconds is not None and self._epoll.fileno() <= _MOST_FOR_SELECT:
            select.select([self._epoll], [], [], seconds)  # by the microsecond: epoll rounds up to milliseconds
            seconds = 0
        return self._epoll.poll(seconds)
