"""A crowd: many clients of one server, all in one thread of a process of its own.

    python3 -m chatkit.faces.notebook.crowd PORT        obeys what it reads, line by line, and answers each with a line

    grow 100    let clients come until there are 100, all in the room            -> 100
    say 10      let the first say 10 lines, each once all have heard the last    -> the seconds of one, the median

A process of its own, because it wants more descriptors than a notebook may have; and one thread, because what is to be
measured is the server. It looks at each line that anybody hears: who misses one, or hears it twice, is an error.
"""

import contextlib
import selectors
import socket
import statistics
import sys
import time
from collections.abc import Callable
from types import TracebackType

from chatkit.net.event import Address
from chatkit.protocol.framing import LineSplitter

ENOUGH = 4096  # descriptors
PATIENCE = 30.0  # seconds that any one thing may take
AT_ONCE = 50  # clients that connect before the first of them has been greeted: macOS lets 128 wait at a door

try:
    import resource
except ImportError:  # Windows, which counts sockets in another way
    resource = None  # type: ignore[assignment]


class Lost(Exception):
    """Not all went as it should: says what."""


class Visitor:
    """One client, and what it has heard that matters."""

    def __init__(self, address: Address, name: str) -> None:
        self.name = name
        self.greeted = self.is_in = False
        self.texts: list[bytes] = []  # of the lines that others have said
        self.end = ""
        self.sock = socket.create_connection(address, PATIENCE)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._splitter = LineSplitter()

    def send(self, line: str) -> None:
        """Send a short line, for which there is room."""
        self.sock.sendall(f"{line}\n".encode())

    def read(self) -> None:
        """Take what is there."""
        data = self.sock.recv(262_144)
        if not data:
            raise Lost(f"{self.name} was hung up on{self.end}")
        for line in self._splitter.feed(data):
            self._hear(line)

    def _hear(self, line: bytes) -> None:
        verb, _, rest = line.partition(b" ")
        match verb:
            case b"SAID":
                self.texts.append(rest.partition(b" ")[2])
            case b"HELLO":
                self.greeted = True
            case b"WELCOME":
                self.is_in = True
            case b"PING":
                self.send(f"PONG {rest.decode()}")
            case b"ERROR" | b"BYE":
                self.end = f": {line.decode()}"


class Crowd:
    """All clients; the first one is who speaks."""

    def __init__(self, address: Address) -> None:
        self.visitors: list[Visitor] = []
        self._address, self._said = address, 0
        self._ready: list[Visitor] = []  # who had something to read in the last turn
        self._selector = selectors.DefaultSelector()

    def grow(self, size: int) -> int:
        """Let clients come until there are so many, and all are in the room. Raises Lost."""
        newcomers: list[Visitor] = []
        while len(self.visitors) < size:
            newcomers.extend(self._come() for _ in range(min(AT_ONCE, size - len(self.visitors))))
            self._until(lambda: all(one.greeted for one in newcomers), "greeted")
        for one in newcomers:
            one.send(f"JOIN {one.name}")
        self._until(lambda: all(one.is_in for one in newcomers), "let in")
        self.say(1)  # when all have heard it, they have heard of each other, too
        return len(self.visitors)

    def say(self, lines: int) -> float:
        """Let the first say so many lines; give the seconds until all have heard one, the median. Raises Lost."""
        return statistics.median(self._say_one() for _ in range(lines))

    def _say_one(self) -> float:
        speaker, *listeners = self.visitors
        self._said += 1
        began = time.perf_counter()
        speaker.send(f"SAY {self._said}")
        self._hear_of(listeners, str(self._said).encode())
        return time.perf_counter() - began

    def _hear_of(self, listeners: list[Visitor], text: bytes) -> None:
        """Each of them hears this line, once, and nothing else that was said."""
        waiting = set(listeners)

        def all_heard() -> bool:
            waiting.difference_update([one for one in self._ready if one.texts])
            return not waiting

        self._until(all_heard, "told")
        for one in listeners:
            if one.texts != [text]:
                raise Lost(f"{one.name} heard {one.texts} where {[text]} was said")
            one.texts.clear()

    def _come(self) -> Visitor:
        visitor = Visitor(self._address, f"guest{len(self.visitors)}")
        self.visitors.append(visitor)
        self._selector.register(visitor.sock, selectors.EVENT_READ, visitor)
        return visitor

    def _until(self, happened: Callable[[], bool], what: str) -> None:
        self._ready = []
        deadline = time.monotonic() + PATIENCE
        while not happened():
            self._ready = [key.data for key, _ in self._selector.select(0.1)]
            for visitor in self._ready:
                visitor.read()
            if time.monotonic() > deadline:
                raise Lost(f"of {len(self.visitors)} clients not all were {what} within {PATIENCE:g} seconds")

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for visitor in self.visitors:
            visitor.sock.close()
        self._selector.close()


def allow_descriptors() -> None:
    """Let this process have as many as it may: macOS begins with 256."""
    if resource is not None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        allowed = ENOUGH if hard == resource.RLIM_INFINITY else min(ENOUGH, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, allowed), hard))


def main(port: int) -> int:
    """Obey until nothing more comes."""
    allow_descriptors()
    with contextlib.suppress(KeyboardInterrupt), Crowd(("127.0.0.1", port)) as crowd:
        verbs: dict[str, Callable[[int], float]] = {"grow": crowd.grow, "say": crowd.say}
        for line in sys.stdin:
            verb, number = line.split()
            try:
                print(verbs[verb](int(number)), flush=True)
            except (Lost, OSError) as error:
                sys.exit(f"{verb} {number}: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
