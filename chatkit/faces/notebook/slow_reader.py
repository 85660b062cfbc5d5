"""A room of eight, of whom one does not read: who it is, chance decides, and only the capture tells.

    capture = let_one_sleep(lan)       they come, and talk, and one takes nothing out of its socket
    roll(capture)                      who they were, and how much went each way

One says nothing, and one says more than the others; both read everything. All are in one thread, and each line is heard
before the next is said. The one that sleeps has a small buffer, so that few lines fill it; in the end it wakes up, and
reads what it has missed.
"""

import contextlib
import random
import socket
from dataclasses import dataclass

from chatkit.capture.capture import Capture
from chatkit.capture.catch import Catch
from chatkit.errors import LanError
from chatkit.faces.notebook.aligned import aligned
from chatkit.faces.notebook.guest import in_turns
from chatkit.faces.notebook.stand_in import StandIn, StandInHost
from chatkit.faces.notebook.tcp_views import SERVER, catching
from chatkit.lan.host import LanHost
from chatkit.lan.lan import Lan
from chatkit.net.event import Address
from chatkit.net.server import Server
from chatkit.protocol.framing import LineSplitter
from chatkit.teach.slow_reader import guests

GUESTS = "guests"  # the host that all of them are on
RECORDED = "slow-reader"
NAMES = ("ann", "bob", "carl", "dave", "eve", "finn", "gina", "hugo")
ROUNDS, LINE_BYTES = 2, 400
SMALL_BYTES = 1024  # what the system keeps for the one that sleeps; it takes the least that it allows
PATIENCE = 10.0  # seconds
_LOOKS = 200  # for the window that closes: the server's system waits a while before it fills the last of it


def let_one_sleep(lan: Lan | StandIn) -> Capture:
    """Play it, and give what was on the wire; where nothing can be caught, give the recorded one."""
    with Server(0, host=lan[SERVER], daemon=True) as server:
        with catching(lan, server.address[1], RECORDED) as live:
            if not live.why_not:
                _play(lan[GUESTS], server.address, live)
        return live.stop()


def _play(host: LanHost | StandInHost, address: Address, live: Catch) -> None:
    *early, last = random.sample(NAMES, len(NAMES))
    quiet, busy, asleep = random.sample(early, 3)
    with _Table(host, address) as table:
        for name in (*early, last):
            table.seat(name, sleeps=name == asleep)
        for name in (*early, last, busy) * ROUNDS:
            if name != quiet:
                table.say(name)
        port = table.guests[asleep].port
        in_turns(lambda: _has_closed(live, port), _LOOKS)
        table.wake(asleep)


def _has_closed(live: Catch, port: int) -> bool:
    talks = live.capture.conversations
    return any(talk.zero_windows(talk.client) for talk in talks if talk.client[1] == port)


class _Guest:
    """One client."""

    def __init__(self, sock: socket.socket, sleeps: bool) -> None:
        self.sock, self.sleeps = sock, sleeps
        self.port: int = sock.getsockname()[1]
        self._splitter = LineSplitter()

    def hear_until(self, verb: bytes, times: int = 1) -> None:
        """Read until so many lines with this verb have come. Raises LanError where the stream ends before."""
        while times > 0:
            data = self.sock.recv(65536)
            if not data:
                raise LanError(f"The connection ended before {verb.decode()} came.")
            times -= sum(line.startswith(verb) for line in self._splitter.feed(data))

    def leave(self) -> None:
        """Say QUIT, and read to the end, so that nothing unread makes a reset of it."""
        with self.sock, contextlib.suppress(OSError):  # the server has gone first
            self.sock.sendall(b"QUIT\n")
            self.sock.shutdown(socket.SHUT_WR)
            while self.sock.recv(65536):
                pass


class _Table:
    """All who have come, in that order. They leave politely."""

    def __init__(self, host: LanHost | StandInHost, address: Address) -> None:
        self.guests: dict[str, _Guest] = {}
        self._host, self._address, self._said = host, address, dict.fromkeys(NAMES, 0)

    def seat(self, name: str, sleeps: bool) -> None:
        """Let somebody come and join."""
        sock = self._host.socket(socket.AF_INET, socket.SOCK_STREAM, 0)
        sock.settimeout(PATIENCE)
        if sleeps:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BYTES)
        sock.connect(self._address)
        self.guests[name] = _Guest(sock, sleeps)
        sock.sendall(f"JOIN {name}\n".encode())
        self.guests[name].hear_until(b"WELCOME ")

    def say(self, name: str) -> None:
        """Let one say a line, and all others but the one that sleeps hear it."""
        self._said[name] += 1
        self.guests[name].sock.sendall(f"SAY {'bla ' * (LINE_BYTES // 4)}\n".encode())
        for other, guest in self.guests.items():
            if other != name and not guest.sleeps:
                guest.hear_until(b"SAID ")

    def wake(self, name: str) -> None:
        """Let the one that sleeps read what the others have said."""
        missed = sum(said for other, said in self._said.items() if other != name)
        self.guests[name].hear_until(b"SAID ", missed)

    def __enter__(self) -> "_Table":
        return self

    def __exit__(self, *_: object) -> None:
        for guest in self.guests.values():
            guest.leave()


# ---- who was there ----


@dataclass(frozen=True, repr=False)
class Roll:
    """The clients, in the order in which they came."""

    rows: tuple[tuple[str, ...], ...]
    source: str

    def __repr__(self) -> str:
        heading = ("client", "port", "lines said", "bytes received")
        return f"{aligned([heading, *self.rows])}\n({self.source})"


def roll(capture: Capture) -> Roll:
    """List those who joined. Whether somebody reads does not stand there."""
    rows = ((one.name, str(one.port), str(one.said), str(one.received)) for one in guests(capture))
    return Roll(tuple(rows), capture.source)
