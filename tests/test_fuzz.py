"""Fuzz: a million lines for the room, and some tens of thousands for a server. All is seeded.

CHATKIT_SEED=7 python3 -m pytest tests/test_fuzz.py
"""

import contextlib
import os
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from random import Random
from typing import Any

import pytest

from chatkit.errors import ProtocolError
from chatkit.net.event import Address
from chatkit.net.server import Server
from chatkit.protocol import messages as m
from chatkit.protocol.framing import MAX_LINE_BYTES, LineSplitter
from chatkit.protocol.limits import Limits
from chatkit.protocol.member import Member, State
from chatkit.protocol.messages import Code
from chatkit.protocol.names import fold
from chatkit.protocol.room import Room
from tests.peer import TIMEOUT, Peer

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("CHATKIT_SEED", "1"))
SEEDS = range(SEED, SEED + 4)
LINES = 250_000  # for the room, with each seed
LINES_OF_ONE = 10_000  # for the server, from each of those who talk garbage

# ---- what is sent ----

_NAMES = [b"ann", b"bob", b"ANN", b"carl", b"dan", "zoë".encode(), "zoe\u0308".encode(), "ａｎｎ".encode()]
_WORDS = [
    *_NAMES, b"-", b"_", b"x" * 21, b"", b" ", "\u3164".encode(), "\u202e".encode(), "👩‍👩‍👧".encode(),
    b"\xff", b"\0", b"\t", b"\r", b"y" * 7995, b"z" * 8001,
]  # fmt: skip
_VERBS = [b"PASS", b"JOIN", b"SAY", b"TELL", b"WHO", b"PING", b"PONG", b"QUIT", b"CAPTURE", b"HELLO", b"say", b"Join"]
_SENSE = [b"JOIN %s"] * 3 + [b"SAY hi %s"] * 6 + [b"TELL %s hi", b"PING %s", b"PONG %s", b"WHO", b""]


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

understand = lru_cache(1000)(m.decode_reply)  # the same line goes to many


@dataclass
class Ear:
    """What one member got, read as a client reads it: whatever cannot be true fails."""

    last: list[m.Reply] = field(default_factory=list)  # of the last piece
    name: str = ""
    present: set[str] = field(default_factory=set)
    listing: list[str] = field(default_factory=list)
    was_greeted: bool = False
    all: Any = field(default_factory=sha256)

    def hear(self, data: bytes) -> None:
        assert data.endswith(b"\n")
        self.all.update(data)
        lines = data[:-1].split(b"\n")
        assert max(map(len, lines)) < MAX_LINE_BYTES
        self.last = [understand(line) for line in lines]
        for reply in self.last:
            self.take(reply)

    def take(self, reply: m.Reply) -> None:
        assert isinstance(reply, m.Hello) is not self.was_greeted
        self.was_greeted = True
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
    """A room whose members are read as clients read; `patience` is how often the bag is emptied, 1 for each time."""

    def __init__(self, patience: float, password: str | None = None) -> None:
        self.room = Room(Limits(max_clients=12, max_per_address=5, join_time=60, idle=600), password)
        self.members: list[Member] = []
        self.alive: list[int] = []  # the numbers of those who are not closing
        self.ears: dict[Member, Ear] = {}
        self.splitters: dict[Member, LineSplitter] = {}
        self.patience = patience

    def enter(self, host: str, now: float) -> None:
        member = self.room.enter((host, len(self.members)), now)
        self.alive.append(len(self.members))
        self.members.append(member)
        self.ears[member], self.splitters[member] = Ear(), LineSplitter()

    def feed(self, member: Member, data: bytes, now: float) -> None:
        """Do what the server does with bytes that came."""
        splitter = self.splitters[member]
        for line in splitter.feed(data):
            self.room.hear(member, line, now)
        if splitter.too_long:
            self.room.fail(member, Code.TOO_LONG, "too long", now)

    def deliver(self) -> None:
        for member, data in self.room.bag.take().items():
            self.ears[member].hear(data)

    def forget_the_closed(self) -> None:
        for member in self.room.closing:
            assert member.state is State.CLOSING
            self.room.forget(member)
        self.alive = [number for number in self.alive if self.members[number].state is not State.CLOSING]
        self.room.closing.clear()
        self.room.minutes.clear()


Action = Callable[[Stage], None]


def some_action(random: Random, stage: Stage, lines: list[bytes], now: float) -> Action:
    """Give something that may happen to such a room: mostly, one who is there says these lines."""
    choice, host = random.random(), f"10.0.0.{random.randrange(5)}"
    data = b"\n".join([*lines, b""])
    if not stage.members or choice < 0.15:
        return lambda stage: stage.enter(host, now)
    is_alive = stage.alive and random.random() < 0.95
    who = random.choice(stage.alive) if is_alive else random.randrange(len(stage.members))
    if choice < 0.95:
        return lambda stage: stage.feed(stage.members[who], data, now)
    if choice < 0.97:
        return lambda stage: stage.feed(stage.members[who], data[:-2], now)
    if choice < 0.98:
        return lambda stage: stage.room.leave(stage.members[who], "gone", now)
    if choice < 0.99:
        return lambda stage: stage.room.end(stage.members[who], now)
    return lambda stage: stage.room.tick(now)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_line_whatever_breaks_the_room_and_batches_change_nothing(seed: int) -> None:
    random = Random(seed)
    single, batched = Stage(patience=1), Stage(patience=0.05)
    now, lines = 0.0, 0
    while lines < LINES:
        now += random.choice((0, 0, 0, 0.01, 0.1, 1))
        some = [some_line(random) for _ in range(random.randrange(1, 9))]
        action = some_action(random, single, some, now)
        for stage in (single, batched):
            action(stage)
            if random.random() < stage.patience:
                stage.deliver()
            stage.forget_the_closed()
        lines += len(some)
    batched.deliver()
    assert digests(batched) == digests(single)
    check_who_is_here(single)


def digests(stage: Stage) -> list[bytes]:
    return [stage.ears[member].all.digest() for member in stage.members]


def check_who_is_here(stage: Stage) -> None:
    """What everybody in the room believes is what the room knows."""
    names = stage.room.names
    assert len({fold(name) for name in names}) == len(names)
    assert sum(member.state is State.JOINED for member in stage.members) == len(names)
    for member, ear in stage.ears.items():
        if member.state is State.JOINED:
            assert ear.name == member.name
            assert ear.present == set(names)


# ---- each answer ----

NEW, JOINED, CLOSING = State

ANSWERS: dict[
    tuple[State, type], list[tuple[str, State]]
] = {  # PROTOCOL.md, section 7: what comes back, where it leads
    (NEW, m.Pass): [("", NEW)],
    (NEW, m.Join): [
        ("WELCOME( USERS)+", JOINED),
        ("bad-name|name-taken|password-needed|wrong-password", NEW),
        ("wrong-password", CLOSING),  # the third
        ("(bad-name|name-taken|password-needed|wrong-password) too-many-tries", CLOSING),
    ],
    (NEW, m.Say): [("not-joined", NEW)],
    (NEW, m.Tell): [("not-joined", NEW)],
    (NEW, m.Who): [("not-joined", NEW)],
    (NEW, m.Capture): [("not-joined", NEW)],
    (NEW, m.Ping): [("PONG", NEW)],
    (NEW, m.Pong): [("", NEW)],
    (NEW, m.Quit): [("BYE", CLOSING)],
    (JOINED, m.Pass): [("already-joined", JOINED)],
    (JOINED, m.Join): [("already-joined", JOINED)],
    (JOINED, m.Say): [("", JOINED)],
    (JOINED, m.Tell): [("(TOLD|no-such-name)?", JOINED)],  # it may be oneself
    (JOINED, m.Who): [("(USERS ?)+", JOINED)],
    (JOINED, m.Capture): [("no-capture", JOINED)],
    (JOINED, m.Ping): [("PONG", JOINED)],
    (JOINED, m.Pong): [("", JOINED)],
    (JOINED, m.Quit): [("BYE", CLOSING)],
}


def kind_of(line: bytes) -> type | str:
    """Give the class of the request, or the code of the error that it is."""
    try:
        return type(m.decode_request(line))
    except ProtocolError as error:
        return error.code


def allowed(state: State, line: bytes) -> list[tuple[str, State]]:
    """Give what may be answered to this line in this state, as a pattern, each with the state that follows."""
    kind = kind_of(line) if line and state is not CLOSING else ""
    if isinstance(kind, str):  # nothing is answered by nothing, and what is wrong in itself by its error
        return [(kind, CLOSING if kind == Code.TOO_LONG else state)]
    return ANSWERS[state, kind]


def in_words(replies: list[m.Reply]) -> str:
    """Give the verbs, and of errors the codes."""
    return " ".join(reply.code if isinstance(reply, m.Error) else type(reply).__name__.upper() for reply in replies)


@pytest.mark.parametrize("password", [None, "ann"])
def test_each_line_is_answered_as_the_protocol_says(password: str | None) -> None:
    random, stage, seen = Random(SEED), Stage(1, password), set[tuple[State, type | str]]()
    for number in range(LINES // 5):
        if len(stage.alive) < 8:
            stage.enter(f"10.0.0.{number}", 0.0)  # each from an address of its own: nobody waits for a name
            stage.room.hear(stage.members[-1], b"PASS ann", 0.0)
            stage.deliver()
        member, line = stage.members[random.choice(stage.alive)], some_line(random)
        ear, before = stage.ears[member], member.state
        ear.last = []
        stage.room.hear(member, line, 0.0)
        stage.deliver()
        stage.forget_the_closed()
        answer = in_words(ear.last), member.state
        assert any(re.fullmatch(what, answer[0]) and then is answer[1] for what, then in allowed(before, line)), (
            f"{line[:80]!r} from one who is {before.value} was answered by {answer}"
        )
        seen.add((before, kind_of(line)))
    assert seen >= ANSWERS.keys()


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


def talk_garbage(address: Address, random: Random) -> None:
    lines = 0
    while lines < LINES_OF_ONE:
        some = [some_line(random) for _ in range(random.randrange(60))]
        lines += len(some)
        with contextlib.suppress(OSError), Peer(address) as peer:
            peer.sock.settimeout(0.05)
            for piece in in_pieces(b"\n".join(some), random):
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


def test_two_who_talk_sense_hear_each_other_whatever_the_others_send() -> None:
    with Server(port=0, limits=Limits(rate=0, max_per_address=0)) as server:
        noise = [threading.Thread(target=talk_garbage, args=(server.address, Random(SEED + n))) for n in range(3)]
        with Peer(server.address, "sane-1") as first, Peer(server.address, "sane-2") as second:
            first.until("JOINED sane-2")
            for thread in noise:
                thread.start()
            number = 0
            while any(thread.is_alive() for thread in noise):
                number += 1
                first.send(f"SAY {number}\n")
                assert second.until("SAID sane-1 ") == f"SAID sane-1 {number}"
                second.send(f"SAY {number}\n")
                assert first.until("SAID sane-2 ") == f"SAID sane-2 {number}"
            assert number > 100
        for thread in noise:
            thread.join(TIMEOUT)
