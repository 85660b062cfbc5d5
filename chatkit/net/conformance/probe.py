"""A client made of nothing but a socket: it sends the bytes that it is told to, and reads lines by itself.

It shares no code with chatkit's own client: a mistake that both ends make is no agreement. So it is strict: what it
gives is what came, up to the LF.
"""

import os
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterable
from enum import Enum

from chatkit.errors import PeerError
from chatkit.protocol.text import quote

APART = 0.03  # seconds between two pieces, so that even a busy server gets them from two recv() calls

_BREATH = 0.005  # seconds before a PING, so that it is not glued to what was sent before
_READ_SIZE = 65536
_RST_ON_CLOSE = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)  # struct linger: on, for 0 seconds
_SHOWN = 4


class Broken(PeerError):
    """A rule is broken; the text names the bug, as one would to the student who wrote it."""


class Ending(Enum):
    """How the server ended its direction of the connection."""

    OPEN = "open"
    FIN = "FIN"
    RST = "RST"


class Probe:
    """One connection. `wait` lets time pass while all probes of the visit read; `news` tells which lines concern us."""

    def __init__(
        self, sock: socket.socket, patience: float, wait: Callable[[float], None], news: Callable[[str], bool]
    ) -> None:
        self.sock, self.patience = sock, patience
        self.name = ""
        self.ending = Ending.OPEN
        self.answers_ping = self.reads = True
        self._wait, self._concerns_us = wait, news
        self._lines: deque[str] = deque()
        self._rest = b""
        self._is_greeted = False  # the first line is for us, whatever it is
        self._was_reset = False  # `send` was told so; then `recv` is not told again

    # ---- sending ----

    def send(self, line: str) -> None:
        """Send one line, as a client should."""
        self.send_raw(line.encode() + b"\n")

    def say(self, text: str) -> None:
        """Say it to all."""
        self.send(f"SAY {text}")

    def send_raw(self, *pieces: bytes) -> None:
        """Send bytes, each piece in a segment of its own. Raises OSError."""
        for number, piece in enumerate(pieces):
            if number:
                time.sleep(APART)
            self.sock.sendall(piece)

    def pour(self, data: bytes) -> None:
        """Send much, without looking at what comes; stop when the server resets the connection, or reads no more."""
        view = memoryview(data)
        while view:
            try:
                view = view[self.sock.send(view[:_READ_SIZE]) :]
            except ConnectionError:
                self._was_reset = True
                return
            except TimeoutError:
                return

    def send_on(self, moments: int = 20) -> None:
        """Send for a moment more, as a client does that has not looked yet at what came."""
        for _ in range(moments):
            self.pour(b"x")
            time.sleep(_BREATH)

    def half_close(self) -> None:
        """Send FIN; the server can still send."""
        self.sock.shutdown(socket.SHUT_WR)

    def vanish(self) -> None:
        """End without a word."""
        self.sock.close()

    def reset(self) -> None:
        """End with an RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST_ON_CLOSE)
        self.sock.close()

    # ---- hearing ----

    def next(self) -> str | None:
        """Give the next line without its LF; None if none comes within `patience`, or ever."""
        return self._next(time.monotonic() + self.patience)

    def until(self, start: str | tuple[str, ...], patience: float | None = None) -> list[str]:
        """Give all lines up to the first that begins so (or so); or all that come within `patience`, if none does."""
        heard: list[str] = []
        deadline = time.monotonic() + (self.patience if patience is None else patience)
        while (line := self._next(deadline)) is not None:
            heard.append(line)
            if line.startswith(start):
                break
        return heard

    def get(self, start: str, bug: str, patience: float | None = None) -> str:
        """Give the first line that begins so, and skip those before it; if none comes, that is the `bug`."""
        heard = self.until(start, patience)
        if heard and heard[-1].startswith(start):
            return heard[-1]
        came = listed([line for line in heard if not line.startswith("USERS")])
        end = "" if self.ending is Ending.OPEN else f", and the connection ended ({self.ending.value})"
        raise Broken(f"{bug}: {quote(start)} was expected, {came} came{end}")

    def fence(self) -> list[str]:
        """Give all lines that the server wrote before it handled what we send now."""
        return [line for line in self._ping("PONG fence") if not line.startswith("PONG fence")]

    def is_obeyed(self) -> bool:
        """Whether the server still answers on this connection."""
        return any(line.startswith(("PONG", "ERROR")) for line in self._ping(("PONG", "ERROR")))

    def end(self) -> Ending:
        """Wait for the end of the server's stream; OPEN if it does not end within `patience`."""
        deadline = time.monotonic() + self.patience
        while self.ending is Ending.OPEN and time.monotonic() < deadline:
            self._wait(deadline - time.monotonic())
        return self.ending

    def _ping(self, answer: str | tuple[str, ...]) -> list[str]:
        """Give all lines up to the answer to a PING; all that come, if there is none."""
        time.sleep(_BREATH)
        try:
            self.send("PING fence")
        except OSError:
            self.ending = Ending.RST
        return self.until(answer)

    # ---- reading ----

    @property
    def is_listening(self) -> bool:
        """Whether there may be something to receive."""
        return self.reads and self.ending is Ending.OPEN and self.sock.fileno() >= 0

    def receive(self) -> None:
        """Read what is there; the socket is known to have something."""
        try:
            data = self.sock.recv(_READ_SIZE)
        except OSError:
            self.ending = Ending.RST
            return
        if not data:
            self.ending = Ending.RST if self._was_reset else Ending.FIN
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._take(line.decode("utf-8", "backslashreplace") for line in lines)

    def _take(self, lines: Iterable[str]) -> None:
        for line in lines:
            if self.answers_ping and line.startswith("PING "):
                self._answer(line.removeprefix("PING "))
            elif self._concerns_us(line) or not self._is_greeted:
                self._lines.append(line)
            self._is_greeted = True

    def _answer(self, token: str) -> None:
        try:
            self.send(f"PONG {token}")
        except OSError:
            self.ending = Ending.RST

    def _next(self, deadline: float) -> str | None:
        while not self._lines and self.ending is Ending.OPEN and (left := deadline - time.monotonic()) > 0:
            self._wait(left)
        return self._lines.popleft() if self._lines else None


def listed(lines: list[str]) -> str:
    """Quote some lines inside a sentence."""
    shown = ", ".join(quote(line) for line in lines[:_SHOWN])
    more = f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return shown + more if lines else "nothing"
