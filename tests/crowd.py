"""A crowd: many clients in one thread, each with a recording of what it said and heard.

    with Crowd(server.address) as crowd:
        witness = crowd.come("witness")
        crowd.run(lambda: witness.joined)
        ann = crowd.come("ann")
        ann.say(3)
        ann.quit()
        crowd.run(lambda: ann.is_over)

Nothing moves but in `run`. So a test says what all want to do, and then lets it happen, all at once.
"""

import selectors
import socket
import struct
import time
from collections.abc import Callable
from types import TracebackType

from chatkit.net.event import Address
from chatkit.protocol.framing import LineSplitter
from tests.peer import TIMEOUT
from tests.promise import Recording, judge

_READ_SIZE = 65536
_PAUSE = 0.02  # seconds to wait for something to happen
_READ = "read-"  # begins the token of a PING that asks how much was read

Connect = Callable[[Address], socket.socket]


def _connect(address: Address) -> socket.socket:
    """Give a socket that is on its way: so a thousand can connect at once."""
    sock = socket.socket()
    sock.setblocking(False)
    sock.connect_ex(address)
    return sock


class Visitor:
    """One client. `end` is how its connection ended: "" as long as it lives, "end" for a FIN, else the error."""

    def __init__(self, sock: socket.socket, name: str, number: int) -> None:
        self.recording = Recording(name)
        self.end = ""
        self.joined = False
        self.is_deaf = False  # then it does not read
        self.is_silent = False  # then it does not answer PING
        self._sock, self._number = sock, number
        self._out = bytearray()
        self._splitter = LineSplitter()
        self._finishes = self._has_finished = False

    @property
    def name(self) -> str:
        return self.recording.name

    @property
    def heard(self) -> list[str]:
        return self.recording.heard

    @property
    def has_answer(self) -> bool:
        """Whether its JOIN was granted or refused, if it ever says one."""
        return self.joined or any(line.startswith("ERROR") for line in self.heard)

    @property
    def is_over(self) -> bool:
        return bool(self.end)

    # ---- what it does, in the next `run` ----

    def send(self, data: str | bytes) -> None:
        if not self._finishes:
            self._out += data.encode() if isinstance(data, str) else data

    def say(self, times: int = 1, filling: str = "") -> None:
        """Say something that nobody else says, so often."""
        for _ in range(0 if self._finishes else times):
            text = f"{self._number}.{len(self.recording.said)}{filling}"
            self.recording.said.append(text)
            self.send(f"SAY {text}\n")

    def ask(self) -> None:
        """Ask the server whether it has read all up to here."""
        self.send(f"PING {_READ}{len(self.recording.said)}\n")

    def quit(self) -> None:
        """Leave as section 12 asks for: QUIT, FIN, read to the end."""
        self.ask()
        self.send("QUIT\n")
        self.finish()

    def finish(self) -> None:
        """Half-close, once all is sent."""
        self._finishes = True

    def reset(self) -> None:
        """End with an RST, at once."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.is_done("reset")

    # ---- what the crowd does with it ----

    def fileno(self) -> int:
        return self._sock.fileno()

    def wishes(self) -> int:
        """What to wait for, as selectors want it; 0 for nothing."""
        reads = 0 if self.is_deaf else selectors.EVENT_READ
        writes = selectors.EVENT_WRITE if self._out or (self._finishes and not self._has_finished) else 0
        return 0 if self.is_over else reads | writes

    def act(self, events: int) -> None:
        try:
            if events & selectors.EVENT_WRITE:
                self._write()
            if events & selectors.EVENT_READ:
                self._read()
        except BlockingIOError:
            pass
        except OSError as error:
            self.is_done(error.strerror or str(error))

    def is_done(self, how: str) -> None:
        self.end = self.end or how
        self._sock.close()

    def _write(self) -> None:
        del self._out[: self._sock.send(self._out[:_READ_SIZE])]
        if not self._out and self._finishes:
            self._has_finished = True
            self._sock.shutdown(socket.SHUT_WR)

    def _read(self) -> None:
        data = self._sock.recv(_READ_SIZE)
        for line in self._splitter.feed(data):
            self._hear(line.decode())
        if not data:
            self.is_done("end")

    def _hear(self, line: str) -> None:
        verb, _, rest = line.partition(" ")
        self.heard.append(line)
        if verb == "PING" and not self.is_silent:
            self.send(f"PONG {rest}\n")
        elif verb == "WELCOME":
            self.joined = True
        elif verb == "PONG" and rest.startswith(_READ):
            self.recording.read = int(rest.removeprefix(_READ))


class Crowd:
    """All clients of one test; the first is the witness of what happens. Closes all their sockets in the end."""

    def __init__(self, address: Address) -> None:
        self.visitors: list[Visitor] = []
        self._address = address
        self._alive: list[Visitor] = []

    @property
    def alive(self) -> list[Visitor]:
        """Those whose connections are not over, the first who came first."""
        self._alive = [visitor for visitor in self._alive if not visitor.is_over]
        return self._alive

    def come(self, name: str = "", connect: Connect = _connect) -> Visitor:
        """Somebody connects, and wants to join, if it has a name; `connect` gives the socket."""
        sock = connect(self._address)
        sock.setblocking(False)
        visitor = Visitor(sock, name, len(self.visitors))
        visitor.send(f"JOIN {name}\n" if name else "")
        self.visitors.append(visitor)
        self._alive.append(visitor)
        return visitor

    def open_with(self, *names: str) -> list[Visitor]:
        """Let these come, each once the one before it is in, and give them."""
        for name in names:
            visitor = self.come(name)
            self.run(lambda one=visitor: one.joined)
        return self.visitors[-len(names) :]

    def run(self, until: Callable[[], bool], seconds: float = TIMEOUT) -> None:
        """Let all do what they want to; it has to come to this within `seconds`."""
        deadline = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < deadline, f"not within {seconds:g} seconds: {self}"
            self._step()

    def run_for(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._step(left)

    def broken_promises(self) -> list[str]:
        """Judge what all have heard."""
        witness, *others = (visitor.recording for visitor in self.visitors)
        return judge(witness, others)

    def __repr__(self) -> str:
        return f"<Crowd of {len(self.visitors)}, connected: {', '.join(one.name for one in self.alive) or 'nobody'}>"

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for visitor in self.visitors:
            visitor.is_done("closed")

    def _step(self, pause: float = _PAUSE) -> None:
        """Wait a little for any of the sockets, and serve those that are ready."""
        with selectors.DefaultSelector() as selector:  # each time anew: what they wish for, and who is there, changes
            for visitor in self.alive:
                if wishes := visitor.wishes():
                    selector.register(visitor, wishes, visitor)
            for key, events in selector.select(pause):
                key.data.act(events)
