"""What is the same in every window, without a window: one thread takes events, and calls what belongs to each.

    keys, clicks  --do-->  the queue of events  --one after the other-->  handlers, in the face's own thread

While a handler waits, nothing else is handled: no key, no click, nothing is painted. That is called frozen.
"""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from queue import Empty, SimpleQueue
from types import TracebackType

from chatkit.faces.notebook.guest import FEW, in_turns
from chatkit.net.host import Host

Handler = Callable[[], None]
Hosts = Mapping[str, Host]

PERIOD = 0.02  # seconds between two looks into the queue of what has come
LATE = b"HELLO, at last"


class Face:
    """A thread that handles events; `seen` says what was handled, in order."""

    def __init__(self) -> None:
        self.seen: list[str] = []  # the face's thread appends
        self._events: SimpleQueue[Handler | None] = SimpleQueue()
        self._later: list[tuple[float, int, Handler]] = []  # the face's thread alone: when, and what
        self._number = count()
        self._thread = threading.Thread(target=self.run, name="chat-face", daemon=True)

    def do(self, handler: Handler) -> None:
        """An event has happened. May be called from any thread."""
        self._events.put(handler)

    def key(self, letter: str) -> None:
        """The user presses a key."""
        self.do(lambda: self.show(f"key {letter}"))

    def after(self, seconds: float, handler: Handler) -> None:
        """Call it in so many seconds. For handlers only, as in Tk."""
        heappush(self._later, (time.monotonic() + seconds, next(self._number), handler))

    def show(self, words: str) -> None:
        """Paint it. For handlers only."""
        self.seen.append(words)

    def __enter__(self) -> "Face":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._events.put(None)
        self._thread.join()

    def run(self) -> None:
        """Handle one event after the other, until the end comes."""
        while (handler := self._next()) is not None:
            handler()

    def _next(self) -> Handler | None:
        """The next event, or what is due before one comes."""
        while self._later:
            wait = self._later[0][0] - time.monotonic()
            if wait <= 0:
                return heappop(self._later)[2]
            try:
                return self._events.get(timeout=wait)
            except Empty:
                continue
        return self._events.get()


@dataclass(frozen=True)
class Order:
    """In which order a face has handled what happened."""

    seen: tuple[str, ...]

    def __repr__(self) -> str:
        return "\n".join(f"{number}. {words}" for number, words in enumerate(self.seen, 1))


def connecting_in_the_handler(hosts: Hosts) -> Order:
    """The button Connect calls connect() and recv() itself. The server is slow, and the user types meanwhile."""

    def connect(face: Face, call: Callable[[], bytes]) -> None:
        face.show("Connect is clicked")
        face.show(call().decode())

    return _while_the_server_is_slow(hosts, connect)


def connecting_in_a_thread(hosts: Hosts) -> Order:
    """The button starts a thread, which puts what comes into a queue. The face looks there now and then."""

    def connect(face: Face, call: Callable[[], bytes]) -> None:
        face.show("Connect is clicked")
        came: SimpleQueue[bytes] = SimpleQueue()
        threading.Thread(target=lambda: came.put(call()), name="chat-caller", daemon=True).start()

        def look() -> None:
            if came.empty():
                face.after(PERIOD, look)
            else:
                face.show(came.get().decode())

        look()

    return _while_the_server_is_slow(hosts, connect)


def _while_the_server_is_slow(hosts: Hosts, connect: Callable[[Face, Callable[[], bytes]], None]) -> Order:
    """Click Connect, type two keys, wait until they are handled or can't be; only then the server says something."""
    with closing(hosts["server"].listen(0)) as listener, Face() as face:
        address = hosts["server"].address, listener.getsockname()[1]

        def call() -> bytes:
            with hosts["ann"].connect(address) as sock:
                sock.settimeout(None)
                return sock.recv(100)

        face.do(lambda: connect(face, call))
        with listener.accept()[0] as server_end:
            for letter in "hi":
                face.key(letter)
            in_turns(lambda: "key i" in face.seen, FEW)
            server_end.sendall(LATE)
            in_turns(lambda: len(face.seen) == 4)
    return Order(tuple(face.seen))


def two_threads_count(whole: bool) -> int:
    """Two threads add 1 to a number, and give what it is then. `whole` lets one finish before the other begins."""
    number, turn, both_have_read = {"shown": 0}, threading.Lock(), threading.Barrier(2)

    def add() -> None:
        if whole:
            with turn:
                number["shown"] += 1
            return
        read = number["shown"]
        both_have_read.wait()  # the system may switch here; so it does
        number["shown"] = read + 1

    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return number["shown"]
