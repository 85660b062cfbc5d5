"""Fuzz: garbage for the room and for the server, and a long day of people who come, talk and vanish. All is seeded."""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from random import Random

import pytest

from chatkit.net.event import Address
from chatkit.net.server import Server
from chatkit.protocol import messages as m
from chatkit.protocol.framing import MAX_LINE_BYTES, LineSplitter
from chatkit.protocol.limits import Limits
from chatkit.protocol.member import Member, State
from chatkit.protocol.messages import Code
from chatkit.protocol.names import fold
from chatkit.protocol.room import Room
from tests.needs import needs_linux
from tests.peer import TIMEOUT, Peer

pytestmark = pytest.mark.slow

SEEDS = (1, 2, 3)
STEPS = 20_000  # what happens to the room in one run
GARBAGE_TIME = 8.0  # seconds of garbage for the server
DAY = 20.0  # seconds that people come and go

# ---- what is sent ----

_NAMES = [b"ann", b"bob", b"ANN", b"carl", b"dan", "zoë".encode(), "zoe\u0308".encode(), "ａｎｎ".encode()]
_WORDS = [
    *_NAMES, b"-", b"_", b"x" * 21, b"", b" ", "\u3164".encode(), "\u202e".encode(), "👩‍👩‍👧".encode(),
    b"\xff", b"\0", b"\t", b"\r", b"y" * 7995, b"z" * 8001,
]  # fmt: skip
_VERBS = [b"PASS", b"JOIN", b"SAY", b"TELL", b"WHO", b"PING", b"PONG", b"QUIT", b"CAPTURE", b"HELLO", b"say", b"Join"]
_SENSE = [b"JOIN %s"] * 6 + [b"SAY hi %s"] * 6 + [b"TELL %s hi", b"PING %s", b"PONG %s", b"WHO", b""]


def some_line(random: Random) -> bytes:
    """Give a line without its LF: mostly a good one, often one that went wrong, seldom mere noise."""
    choice = random.random()
    if choice < 0.7:
        return random.choice(_SENSE).replace(b"%s", random.choice(_NAMES))
    if choice < 0.72:
        return random.randbytes(random.randrange(40)).replace(b"\n", b"")
    line = b" ".join([random.choice(_VERBS), *random.choices(_WORDS, k=random.randrange(4))])
    return mutated(line, random) if choice < 0.8 else line


def mutated(line: bytes, random: Random) -> bytes:
    at = random.randrange(len(line) + 1)
    noise = random.randbytes(random.randrange(3)).replace(b"\n", b"")
    return line[:at] + noise + line[at + random.randrange(3) :]


def in_pieces(data: bytes, random: Random) -> Iterator[bytes]:
    while data:
        size = random.choice((1, 2, 7, 100, 5000, 100_000))
        yield data[:size]
        data = data[size:]


# ---- the room alone ----


@dataclass
class Ear:
    """All that one member got, read as a client reads it: whatever cannot be true fails."""

    lines: list[bytes] = field(default_factory=list)
    name: str = ""
    present: set[str] = field(default_factory=set)
    listing: list[str] = field(default_factory=list)

    def hear(self, data: bytes) -> None:
        assert data.endswith(b"\n")
        for line in data[:-1].split(b"\n"):
            assert len(line) < MAX_LINE_BYTES
            self.lines.append(line)
            self.understand(m.decode_reply(line))

    def understand(self, reply: m.Reply) -> None:
        assert isinstance(reply, m.Hello) == (len(self.lines) == 1)
        match reply:
            case m.Welcome(name):
                assert not self.name
                self.name = name
            case m.Users(count, names):
                self.listing += names
                if len(self.listing) == count:
                    assert self.name in self.listing
                    assert not self.present or self.present == set(self.listing)
                    self.present, self.listing = set(self.listing), []
            case m.Joined(name):
                assert self.name and name not in self.present
                self.present.add(name)
            case m.Left(name):
                assert name != self.name
                self.present.remove(name)
            case m.Said(name) | m.Told(name):
                assert name in self.present
            case m.Unknown():
                raise AssertionError(f"{reply} is not in chat/1")


class Stage:
    """A room whose members write down what they get; `patience` is how often the bag is emptied, 1 for each time."""

    def __init__(self, patience: float) -> None:
        self.room = Room(Limits(max_clients=12, max_per_address=5, join_time=60, idle=600))
        self.members: list[Member] = []
        self.ears: list[Ear] = []
        self.patience = patience

    def enter(self, host: str, now: float) -> None:
        self.members.append(self.room.enter((host, len(self.members)), now))
        self.ears.append(Ear())

    def deliver(self) -> None:
        for member, data in self.room.bag.take().items():
            self.ears[self.members.index(member)].hear(data)

    def forget_the_closed(self) -> None:
        for member in self.room.closing:
            assert member.state is State.CLOSING
            self.room.forget(member)
        self.room.closing.clear()


Action = Callable[[Stage], None]


def some_action(random: Random, count: int, now: float) -> Action:
    """Give something that may happen to a room that `count` members have entered so far."""
    choice, who = random.random(), max(0, count - 1 - int(random.expovariate(0.1)))
    line, host = some_line(random), f"10.0.0.{random.randrange(3)}"
    if count == 0 or choice < 0.03:
        return lambda stage: stage.enter(host, now)
    if choice < 0.97:
        return lambda stage: stage.room.hear(stage.members[who], line, now)
    if choice < 0.975:
        return lambda stage: stage.room.leave(stage.members[who], "gone", now)
    if choice < 0.98:
        return lambda stage: stage.room.end(stage.members[who], now)
    if choice < 0.985:
        return lambda stage: stage.room.fail(stage.members[who], Code.TOO_LONG, "too long", now)
    return lambda stage: stage.room.tick(now)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_line_whatever_breaks_the_room_and_batches_change_nothing(seed: int) -> None:
    random = Random(seed)
    single, batched = Stage(patience=1), Stage(patience=0.05)
    now = 0.0
    for _ in range(STEPS):
        now += random.choice((0, 0, 0, 0.01, 0.1, 1))
        action = some_action(random, len(single.members), now)
        for stage in (single, batched):
            action(stage)
            if random.random() < stage.patience:
                stage.deliver()
            stage.forget_the_closed()
    batched.deliver()
    assert [ear.lines for ear in batched.ears] == [ear.lines for ear in single.ears]
    check_who_is_here(single)


def check_who_is_here(stage: Stage) -> None:
    """What everybody in the room believes is what the room knows."""
    names = stage.room.names
    assert len({fold(name) for name in names}) == len(names)
    assert sum(member.state is State.JOINED for member in stage.members) == len(names)
    for member, ear in zip(stage.members, stage.ears, strict=True):
        if member.state is State.JOINED:
            assert ear.name == member.name
            assert ear.present == set(names)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_stream_whatever_breaks_the_splitter(seed: int) -> None:
    random = Random(seed)
    for _ in range(300):
        stream = b"\n".join(some_line(random) for _ in range(random.randrange(30)))
        whole, cut = LineSplitter(), LineSplitter()
        lines = whole.feed(stream)
        assert [line for piece in in_pieces(stream, random) for line in cut.feed(piece)] == lines
        assert cut.too_long == whole.too_long


# ---- a server, and people who say anything ----


def talk_garbage(address: Address, random: Random, until: float) -> None:
    while time.monotonic() < until:
        with contextlib.suppress(OSError), Peer(address) as peer:
            peer.sock.settimeout(0.05)
            data = b"\n".join(some_line(random) for _ in range(random.randrange(60)))
            for piece in in_pieces(data, random):
                peer.send(piece)
                if random.random() < 0.1:
                    peer.sock.recv(1000)
            end_somehow(peer, random)


def end_somehow(peer: Peer, random: Random) -> None:
    match random.randrange(4):
        case 0:
            peer.reset()
        case 1:
            peer.finish()
            peer.sock.recv(100_000)
        case 2:
            peer.send(b"\nQUIT\n")
            peer.sock.recv(100_000)
        case 3:
            peer.close()


@pytest.mark.parametrize("seed", SEEDS[:1])
def test_two_who_talk_sense_hear_each_other_whatever_the_others_send(seed: int) -> None:
    with Server(port=0, limits=Limits(max_per_address=0)) as server:
        until = time.monotonic() + GARBAGE_TIME
        noise = [
            threading.Thread(target=talk_garbage, args=(server.address, Random(seed * 100 + n), until))
            for n in range(3)
        ]
        with Peer(server.address, "sane-1") as first, Peer(server.address, "sane-2") as second:
            first.until("JOINED sane-2")
            for thread in noise:
                thread.start()
            for number in range(100_000):
                first.send(f"SAY {number}\n")
                assert second.until("SAID sane-1 ") == f"SAID sane-1 {number}"
                second.send(f"SAY {number}\n")
                assert first.until("SAID sane-2 ") == f"SAID sane-2 {number}"
                if time.monotonic() > until:
                    break
        for thread in noise:
            thread.join(TIMEOUT)


# ---- a long day ----


@dataclass(frozen=True)
class Visit:
    """What one visitor did: how many messages it sent, and whether it made sure that the server read them all."""

    name: str
    messages: int
    politely: bool


class Day:
    """People who come, talk and go, each in their own way."""

    def __init__(self, address: Address, until: float) -> None:
        self.visits: Queue[Visit] = Queue()
        self._address, self._until = address, until

    def live(self, seed: int) -> None:
        random, number = Random(seed), 0
        while time.monotonic() < self._until:
            number += 1
            self.visits.put(self.visit(f"v{seed}-{number}", random))

    def visit(self, name: str, random: Random) -> Visit:
        messages, leave = random.randrange(30), random.choice((self.quit, self.half_close, self.reset, self.sit))
        with Peer(self._address, name) as peer:
            talk = "".join(f"SAY {n} {'x' * random.randrange(50)}\n" for n in range(messages)).encode()
            for piece in in_pieces(talk, random):
                peer.send(piece)
            leave(peer)
        return Visit(name, messages, leave in (self.quit, self.half_close))

    def quit(self, peer: Peer) -> None:
        peer.send("QUIT bye\n")
        peer.finish()
        assert peer.rest().endswith("BYE\n")

    def half_close(self, peer: Peer) -> None:
        peer.send("SAY half a li")
        peer.finish()
        peer.rest()

    def reset(self, peer: Peer) -> None:
        peer.reset()

    def sit(self, peer: Peer) -> None:
        peer.send("PING here\n")
        peer.until("PONG here")


class Witness:
    """Hears everything, in its own thread, from its own joining to the end of the server."""

    def __init__(self, address: Address, name: str) -> None:
        self.peer = Peer(address, name)
        self.peer.sock.settimeout(None)
        self.heard: list[str] = []
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        while line := self.peer.line():
            if line.startswith("PING"):
                self.peer.send(line.replace("PING", "PONG"))
            else:
                self.heard.append(line.rstrip("\n"))

    def join(self) -> None:
        self._thread.join(TIMEOUT)
        assert not self._thread.is_alive()
        self.peer.close()


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@needs_linux
@pytest.mark.timeout(120)
def test_a_long_day_leaves_nothing_behind_and_everybody_heard_everything_once() -> None:
    threads, open_files = threading.active_count(), descriptors()
    server = Server(port=0, limits=Limits(rate=0, max_per_address=0)).start()
    witnesses = [Witness(server.address, f"witness-{n}") for n in range(2)]
    day = Day(server.address, time.monotonic() + DAY)
    visitors = [threading.Thread(target=day.live, args=(seed,)) for seed in range(1, 7)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    wait_until_only_are_left(server, 2)
    server.stop()
    for witness in witnesses:
        witness.join()
    assert (threading.active_count(), descriptors()) == (threads, open_files)
    check_what_was_heard([witness.heard for witness in witnesses], list(day.visits.queue))


def wait_until_only_are_left(server: Server, count: int) -> None:
    """The last visitors are gone; the server has yet to notice."""
    with Peer(server.address, "porter") as porter:
        names = {*server.users} | {"porter"}
        while len(names) > count + 1:
            line = porter.line()
            assert line
            if line.startswith("LEFT"):
                names.discard(line.split()[1])
        porter.send("WHO\n")
        assert int(porter.until("USERS").split()[1]) == count + 1


def check_what_was_heard(transcripts: list[list[str]], visits: list[Visit]) -> None:
    first, second = transcripts
    assert first[0] == "JOINED witness-1"
    assert first[1:] == second  # one order, and nobody missed anything
    by_name: dict[str, list[str]] = {visit.name: [] for visit in visits}
    for line in second:
        verb, name, *rest = line.split(" ")
        if name in by_name:
            by_name[name].append(f"{verb} {rest[0]}" if verb == "SAID" else verb)
    for visit in visits:
        check_visit(visit, by_name[visit.name])
    assert len(visits) > 100
    assert Counter(visit.politely for visit in visits).keys() == {True, False}


def check_visit(visit: Visit, heard: list[str]) -> None:
    """JOINED, then what was said in its order with no gap, then LEFT; all of it, from who left politely."""
    joined, *said, left = heard
    assert (joined, left) == ("JOINED", "LEFT")
    assert said == [f"SAID {n}" for n in range(len(said))]
    assert len(said) == visit.messages if visit.politely else len(said) <= visit.messages
