"""Experiments with the threads of a server; each is done to any of the four servers, and gives who heard what.

    while_another_stays(OneAtATime, lan)    is bob served while ann is there?
    while_one_leaves(ThreadEach, lan)       ann leaves while a line is being sent to everybody
    while_two_speak(ThreadEach, lan)        two lines are being sent at once
    while_one_sleeps(WithLock, lan)         one client doesn't read
    torn_lines(lan)                         two threads call sendall on one socket: no server, and nobody chooses

Which thread runs next is the system's choice. Here the choice is made: between two sends the server is held until the
other thing has happened, or can't. What a server allows there may happen to it on any day.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass

from chatkit.faces.notebook.aligned import aligned
from chatkit.faces.notebook.guest import FEW, MANY, STALLED, TURN, Guest, in_turns
from chatkit.faces.notebook.small_servers import BUFFER_BYTES, SmallServer
from chatkit.faces.notebook.thread_spans import Span
from chatkit.faces.notebook.thread_timeline import ThreadTimeline, thread_timeline
from chatkit.net.event import Event, What
from chatkit.net.host import Host
from chatkit.net.server import Server

Kind = type[SmallServer] | type[Server]
Hosts = Mapping[str, Host]
Lock = AbstractContextManager[object]

_LONG = "x" * 7900
_LINES = 30  # of that length: more than a client that sleeps can take


@dataclass(frozen=True, repr=False)
class Told:
    """How an experiment went."""

    server: str
    story: str
    rows: tuple[tuple[str, str], ...]  # a guest, and what it heard
    timeline: ThreadTimeline

    def __repr__(self) -> str:
        return "\n".join(filter(None, (f"{self.server}: {self.story}", aligned(self.rows) if self.rows else "")))


def while_another_stays(kind: Kind, hosts: Hosts) -> Told:
    """Ann is there and says nothing; bob comes. Is he welcomed before she leaves?"""
    with _Stage(kind, hosts, "ann") as stage:
        bob = stage.enter("bob", waits=False)
        early = bob.hears("WELCOME", FEW if stage.takes_one else MANY)
        stage.guests["ann"].leave()
        late = bob.hears("WELCOME")
        when = "while ann is there" if early else "only after ann has left" if late else "never"
        return stage.told(f"bob is welcomed {when}.")


def while_one_leaves(kind: Kind, hosts: Hosts) -> Told:
    """Dave says something; after it has been sent to one, ann leaves."""
    with _Stage(kind, hosts, "ann", "bob", "carl", "dave") as stage:

        def ann_leaves() -> None:
            stage.guests["ann"].leave()
            in_turns(lambda: "ann" not in stage.server.users, FEW)

        with stage.held_once(ann_leaves):
            stage.guests["dave"].say("one")
            stage.settle(("bob", "carl"), 1)
        missed = sum(not stage.guests[name].said for name in ("bob", "carl"))
        return stage.told(f"2 who stay ought to hear dave; {missed} missed it.", ("bob", "carl"))


def while_two_speak(kind: Kind, hosts: Hosts) -> Told:
    """Ann says one thing; after it has been sent to one, bob says another."""
    with _Stage(kind, hosts, "carl", "dave", "ann", "bob") as stage:

        def bob_speaks() -> None:
            stage.guests["bob"].say("two")
            in_turns(lambda: len(stage.guests["dave"].said) > 0 and len(stage.guests["carl"].said) > 1, FEW)

        with stage.held_once(bob_speaks):
            stage.guests["ann"].say("one")
            stage.settle(("carl", "dave"), 2)
        heard = {stage.guests[name].said for name in ("carl", "dave")}
        order = "the same order" if len(heard) == 1 else "different orders"
        return stage.told(f"carl and dave hear two lines, in {order}.", ("carl", "dave"))


def while_one_sleeps(kind: Kind, hosts: Hosts) -> Told:
    """Ann says many long lines, each once bob has heard the one before; carl doesn't read. Then eve comes."""
    with _Stage(kind, hosts, "ann") as stage:
        carl, bob = stage.enter("carl", sleeps=True), stage.enter("bob")
        said = _say_until_bob_hears_no_more(stage.guests["ann"], bob)
        eve = stage.enter("eve", waits=False)
        is_in, heard = eve.hears("WELCOME", STALLED), len(bob.said)
        timeline = stage.timeline()
        carl.wake()
        in_turns(lambda: len(bob.said) == said)
        rows = (
            ("ann", f"said {said} lines"),
            ("bob", f"heard {heard} while carl slept, {len(bob.said)} after carl woke"),
            ("eve", "was welcomed while carl slept" if is_in else "was not welcomed while carl slept"),
        )
        return Told(kind.__name__, "carl does not read.", rows, timeline)


def _say_until_bob_hears_no_more(ann: Guest, bob: Guest) -> int:
    """Give how many lines were said: all, unless one did not arrive."""
    for number in range(1, _LINES + 1):
        ann.say(f"{number} {_LONG}")
        if not bob.hears(f"SAID ann {number} ", STALLED):
            return number
    return _LINES


class _Stage:
    """A server of some kind, and its guests."""

    def __init__(self, kind: Kind, hosts: Hosts, *names: str) -> None:
        self.kind, self.guests, self._names = kind, dict[str, Guest](), names
        self._hosts, self._exits = hosts, ExitStack()
        self._events: list[Event] = []

    def __enter__(self) -> "_Stage":
        host = self._hosts["server"]
        self.server: SmallServer | Server = (
            Server(0, host=host, daemon=True) if issubclass(self.kind, Server) else self.kind(host)
        )
        if isinstance(self.server, Server):
            self.server.subscribe(self._events.append)
        self._exits.enter_context(self.server)
        self._start = time.time()
        for name in self._names:
            self.enter(name)
        return self

    def __exit__(self, *_: object) -> None:
        for guest in self.guests.values():
            guest.leave()
        self._exits.close()

    @property
    def takes_one(self) -> bool:
        """Whether one thread does it all."""
        return isinstance(self.server, SmallServer) and type(self.server).serve is SmallServer.serve

    def enter(self, name: str, waits: bool = True, sleeps: bool = False) -> Guest:
        """Let somebody join, and wait until the server knows."""
        guest = Guest(name, self.server.address, self._hosts["guests"], sleeps)
        self.guests[name] = guest
        if waits:
            in_turns(lambda: name in self.server.users)
        return guest

    @contextmanager
    def held_once(self, action: Callable[[], None]) -> Iterator[None]:
        """Do it in the server's thread, between two sends of a line to everybody: after the first of them."""
        first = threading.Lock()  # is taken once, by whoever comes first

        def once() -> None:
            if first.acquire(blocking=False):
                action()

        if isinstance(self.server, SmallServer):
            self.server.between_two_sends = once
            yield
        else:
            end = self.server.subscribe(lambda e: once() if e.what is What.DELIVERED else None, every_delivery=True)
            yield
            end()

    def settle(self, names: tuple[str, ...], lines: int) -> None:
        """Wait until they have heard so many lines, or nobody hears any more."""
        in_turns(lambda: all(len(self.guests[name].said) >= lines for name in names), 3 * FEW)

    def timeline(self) -> ThreadTimeline:
        """What the threads of the server did so far."""
        story: list[Event | Span] = list(self._events)
        if isinstance(self.server, SmallServer):
            story += self.server.diary.spans()
        return thread_timeline(story, self._start, time.time())

    def told(self, story: str, names: tuple[str, ...] = ()) -> Told:
        """How it went, with what these guests heard."""
        rows = tuple((name, ", ".join(self.guests[name].said) or "heard nothing") for name in names)
        return Told(self.kind.__name__, story, rows, self.timeline())


# ---- two threads, one socket ----

_TALKERS = ("a", "b")
_EACH = 10  # lines
_LINE_BYTES = 200_000


@dataclass(frozen=True)
class Torn:
    """How many lines arrived, and how many of them are made of pieces of two."""

    lines: int
    torn: int
    bytes: int

    def __repr__(self) -> str:
        return f"{self.torn} of {self.lines} lines are torn; of {self.bytes:,} bytes none is lost"


def torn_lines(hosts: Hosts, with_lock: bool = False) -> Torn:
    """Let two threads call sendall on one socket, with a lock around each line or without, and look at what arrives.

    One thread's lines are all "a", the other's are all "b". The reader begins when both are in the middle of it.
    """
    lock: Lock = threading.Lock() if with_lock else nullcontext()  # guards the socket, from the first byte to the last
    with hosts["server"].listen(0) as listener:
        address = hosts["server"].address, listener.getsockname()[1]
        with hosts["guests"].connect(address) as sender, listener.accept()[0] as reader:
            sender.settimeout(None)
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
            threads = [threading.Thread(target=_talk, args=(sender, letter, lock)) for letter in _TALKERS]
            for thread in threads:
                thread.start()
            time.sleep(TURN * 25)  # both get as far as they can; each line is much longer than that
            data = _read(reader, len(_TALKERS) * _EACH * (_LINE_BYTES + 1))
            for thread in threads:
                thread.join()
    lines = data.split(b"\n")[:-1]
    return Torn(len(lines), sum(line not in _WHOLE for line in lines), len(data))


_WHOLE = {letter.encode() * _LINE_BYTES for letter in _TALKERS}


def _talk(sock: socket.socket, letter: str, lock: Lock) -> None:
    for _ in range(_EACH):
        with lock:
            sock.sendall(letter.encode() * _LINE_BYTES + b"\n")


def _read(sock: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size and (piece := sock.recv(65536)):
        data += piece
    return bytes(data)
