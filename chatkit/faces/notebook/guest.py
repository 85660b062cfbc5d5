"""A client for experiments with servers: it joins, says lines, and keeps what it hears.

    with Guest("bob", server.address, lan["bob"]) as bob:
        bob.say("hello")
        bob.hears("SAID ann hi")         True as soon as it has come; False if it doesn't come

Waiting is counted in turns of this process and not in seconds: a slow computer takes longer, and sees the same.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType

from chatkit.net.event import Address
from chatkit.net.host import THIS_COMPUTER, Host
from chatkit.protocol.framing import LineSplitter

TURN = 0.002  # seconds
FEW, STALLED, MANY = 150, 600, 2500  # turns: for what can't happen, for what may not, and for what has to

_SMALL_BYTES = 16384  # what the system keeps for a guest that doesn't read


def in_turns(happened: Callable[[], bool], turns: int = MANY) -> bool:
    """Whether it has happened; let the other threads run as long as it hasn't."""
    for _ in range(turns):
        if happened():
            return True
        time.sleep(TURN)
    return happened()


class Guest:
    """One client, with a thread that reads, unless it sleeps: then nothing is read until `wake`."""

    def __init__(self, name: str, address: Address, host: Host = THIS_COMPUTER, sleeps: bool = False) -> None:
        self.name = name
        self.lines: list[str] = []  # the thread that reads appends
        self._awake = threading.Event()
        self._sock = host.connect(address)
        self._sock.settimeout(None)
        if sleeps:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BYTES)
        else:
            self._awake.set()
        self._thread = threading.Thread(target=self._read, name=f"chat-guest-{name}", daemon=True)
        self._thread.start()
        self.tell(f"JOIN {name}")

    def tell(self, line: str) -> None:
        """Send a line as it is."""
        self._sock.sendall(f"{line}\n".encode())

    def say(self, text: str) -> None:
        """Say it to everybody."""
        self.tell(f"SAY {text}")

    @property
    def said(self) -> tuple[str, ...]:
        """What the others have said, as far as it was heard."""
        return tuple(line for line in list(self.lines) if line.startswith("SAID "))

    def hears(self, start: str, turns: int = MANY) -> bool:
        """Whether a line that begins so has come, or comes now."""
        return in_turns(lambda: any(line.startswith(start) for line in list(self.lines)), turns)

    def wake(self) -> None:
        """Begin to read."""
        self._awake.set()

    def leave(self) -> None:
        """Close the connection, and end the thread. Safe to call twice."""
        self._awake.set()
        with contextlib.suppress(OSError):  # it is closed, or the server has gone first
            self._sock.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._sock.close()

    def __enter__(self) -> "Guest":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.leave()

    def _read(self) -> None:
        self._awake.wait()
        splitter = LineSplitter()
        with contextlib.suppress(OSError):  # the connection ends
            while data := self._sock.recv(65536):
                self.lines += [line.decode(errors="replace") for line in splitter.feed(data)]
