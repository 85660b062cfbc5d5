"""Conversations by chance, one after the other on one private LAN: what two programs can do to each other over TCP.

    evening = play(plans(Random(7), 200))      what each program did, and the same wire seen from three places

The dice make the plan, so a seed always plays the same conversations; how long each takes is the machine's affair.
"""

import fcntl
import select
import socket
import struct
import termios
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import TypeVar

from chatkit.capture.capture import Capture
from chatkit.capture.wire_capture import capture_of
from chatkit.lan.headers import Headers
from chatkit.lan.lan import Lan
from chatkit.lan.rule import Rule
from chatkit.lan.rules import delay, drop, duplicate, reorder
from chatkit.lan.settings import Settings
from chatkit.lan.stage import ANN, PORT, SERVER, acknowledge_now, caller, reset, ruled, until
from chatkit.lan.tcp_info import tcp_info

T = TypeVar("T")

VIEWS = (ANN, SERVER, None)  # of the wire, as `capture_of` takes them
PATIENCE = 4.0  # seconds for one conversation
FIRST_PORT = 20_000  # of the clients; each conversation has its own
NOBODY = 9001  # a port on which nobody listens
SMALL_BUFFER_BYTES = 4096
CHUNK = 65_536


class Ending(Enum):
    """How a conversation is to end."""

    CLIENT = "the client closes first"
    SERVER = "the server closes first"
    BOTH = "both close at once"
    CLIENT_HALF = "the client closes, and the server goes on talking"
    SERVER_HALF = "the server closes, and the client goes on talking"
    CLIENT_ABORTS = "the client resets, by a linger time of 0"
    SERVER_ABORTS = "the server resets, by a linger time of 0"
    CLIENT_UNREAD = "the client closes with unread data"
    SERVER_UNREAD = "the server closes with unread data"
    REFUSED = "nobody listens"
    SILENCE = "nobody answers"
    OPEN = "nobody closes before the capture ends"


class Trouble(Enum):
    """What the wire, or a program that does not read, does to it."""

    NONE = "none"
    LOSS = "any segment but a SYN gets lost by chance"
    ONE_LOST = "one segment with data gets lost, on a slow wire"
    LAST_LOST = "the last segment with data gets lost"
    ACKS_LOST = "ACKs get lost by chance"
    SYN_LOST = "the first SYN gets lost"
    SYNACK_LOST = "the first SYN,ACK gets lost"
    REORDERED = "segments overtake each other"
    DUPLICATED = "segments come twice"
    DELAYED = "segments come late"
    STALLED = "the server does not read until its window is closed"


_ENDINGS = {
    Ending.CLIENT: 62, Ending.SERVER: 36, Ending.BOTH: 14, Ending.CLIENT_HALF: 14, Ending.SERVER_HALF: 8,
    Ending.CLIENT_ABORTS: 12, Ending.SERVER_ABORTS: 10, Ending.SERVER_UNREAD: 12, Ending.CLIENT_UNREAD: 8,
    Ending.REFUSED: 8, Ending.SILENCE: 6, Ending.OPEN: 10,
}  # fmt: skip
_TROUBLES = {
    Trouble.NONE: 96, Trouble.LOSS: 18, Trouble.ONE_LOST: 16, Trouble.LAST_LOST: 8, Trouble.ACKS_LOST: 8,
    Trouble.SYN_LOST: 8, Trouble.SYNACK_LOST: 4, Trouble.REORDERED: 12, Trouble.DUPLICATED: 10, Trouble.DELAYED: 10,
    Trouble.STALLED: 10,
}  # fmt: skip

ORDERLY = {Ending.CLIENT, Ending.SERVER, Ending.BOTH, Ending.CLIENT_HALF, Ending.SERVER_HALF}
_NEVER_OPEN = {Ending.REFUSED, Ending.SILENCE}


@dataclass(frozen=True)
class Plan:
    """What is to happen."""

    port: int  # of the client
    ending: Ending
    trouble: Trouble
    says: tuple[tuple[str, bytes], ...]  # who, and what is given to one send()
    late: tuple[bytes, ...]  # said by whom the other has said goodbye to
    waits: bool  # after each send, until it has been read and acknowledged
    lingers: bool  # at the close, until the FIN has been acknowledged: that makes four segments
    nodelay: bool
    settings: dict[str, Settings]
    seed: int

    @property
    def is_plain(self) -> bool:
        """Nothing gets lost or overtaken, each line has its ACK, and both ends close in order."""
        return self.trouble is Trouble.NONE and self.waits and self.ending in ORDERLY - {Ending.BOTH}


@dataclass
class Talk:
    """What was done, as the programs know it."""

    plan: Plan
    sent: dict[str, bytearray] = field(default_factory=lambda: {ANN: bytearray(), SERVER: bytearray()})
    closed_first: str = ""  # ann or server; empty where nobody can be sure
    is_over: bool = False  # as planned: all that was sent has come, and both ends have read that it is over
    stuck: str = ""  # why it was broken off

    @property
    def port(self) -> int:
        """The client's, which tells it from all others."""
        return self.plan.port

    def __str__(self) -> str:
        plan = self.plan
        return f"client {plan.port} ({plan.ending.value}; {plan.trouble.value}; {'waits' if plan.waits else 'rushes'})"


@dataclass(frozen=True)
class Evening:
    """All conversations, and the captures of them."""

    talks: tuple[Talk, ...]
    captures: dict[str | None, Capture]


# ---- the plan ----


def plans(dice: Random, count: int) -> Iterator[Plan]:
    """Plans in which every ending and every trouble has its share."""
    endings, troubles = _deck(dice, _ENDINGS, count), _deck(dice, _TROUBLES, count)
    for number, (ending, trouble) in enumerate(zip(endings, troubles, strict=True)):
        yield plan(dice, FIRST_PORT + number, ending, Trouble.NONE if ending in _NEVER_OPEN else trouble)


def plan(dice: Random, port: int, ending: Ending, trouble: Trouble) -> Plan:
    """One plan; the dice decide what is not said."""
    settings = {name: _settings(dice) for name in (ANN, SERVER)}
    says, late = tuple(_says(dice, trouble)), tuple(_late(dice, ending))
    waits = trouble not in (Trouble.ONE_LOST, Trouble.STALLED) and dice.random() < 0.6
    return Plan(
        port,
        ending,
        trouble,
        says,
        late,
        waits,
        dice.random() < 0.5,
        dice.random() < 0.5,
        settings,
        dice.randrange(999),
    )


def _deck(dice: Random, shares: dict[T, int], count: int) -> list[T]:
    cards = [card for card, share in shares.items() for _ in range(share)]
    dice.shuffle(cards)
    return (cards * (count // len(cards) + 1))[:count]


def _settings(dice: Random) -> Settings:
    sack, scaling, timestamps = (dice.random() < 0.6 for _ in range(3))
    return {"sack": sack, "window_scaling": scaling, "timestamps": timestamps}


def _says(dice: Random, trouble: Trouble) -> Iterator[tuple[str, bytes]]:
    """One to twelve lines each way, in any order; some are cut in two, and some glued to the next."""
    up = [b"PASS tulip\n"] * (dice.random() < 0.3) + [b"JOIN ann\n"]
    up += [_line(dice, b"SAY ", number) for number in range(dice.randint(0 if len(up) > 1 else 1, 12 - len(up)))]
    down = [_line(dice, b"SAID bob ", number) for number in range(dice.randint(1, 12))]
    if trouble in (Trouble.ONE_LOST, Trouble.STALLED):
        up.append(b"SAY " + b"long " * 3600 + b"\n")
    lanes = {ANN: deque(_sends(dice, up)), SERVER: deque(_sends(dice, down))}
    while any(lanes.values()):
        who = dice.choice([name for name, lane in lanes.items() if lane])
        yield who, lanes[who].popleft()


def _late(dice: Random, ending: Ending) -> Iterator[bytes]:
    if ending is Ending.CLIENT_HALF:
        yield from (_line(dice, b"SAID bob ", 90 + number) for number in range(dice.randint(1, 4)))
    if ending is Ending.SERVER_HALF:
        yield from (_line(dice, b"SAY ", 90 + number) for number in range(dice.randint(1, 4)))


def _line(dice: Random, verb: bytes, number: int) -> bytes:
    """A line of 1 byte to 20 kB."""
    if dice.random() < 0.1:
        return b"\n"
    word = dice.choice(["hello", "café", "naïve 🦊", "👩‍👩‍👧", "x", "tulip"])
    size = dice.choice([1, 1, 1, 1, 2, 4, 8, 30, 200, 1000])
    return verb + f"{number} ".encode() + (word * size).encode()[:20_000].decode(errors="ignore").encode() + b"\n"


def _sends(dice: Random, lines: list[bytes]) -> Iterator[bytes]:
    held = b""
    for line in lines:
        match dice.randrange(6):
            case 0:
                held += line
            case 1 if len(line) > 1:
                cut = dice.randrange(1, len(line))
                yield held + line[:cut]
                yield line[cut:]
                held = b""
            case _:
                yield held + line
                held = b""
    if held:
        yield held


# ---- the rules of the wire ----


def _rules(plan: Plan) -> list[Rule]:
    """What is done to the frames of this one conversation."""
    port, seed, dice = plan.port, plan.seed, Random(plan.seed)
    both = [delay(0.03, port=port)] if plan.ending is Ending.BOTH else []
    match plan.trouble:
        case Trouble.LOSS:
            return [
                *both,
                drop(port=port, chance=dice.choice([0.05, 0.15, 0.25]), at_most=4, seed=seed, without="SYN RST"),
            ]
        case Trouble.ONE_LOST:
            late = both or [delay(0.008, port=port)]
            return [*late, drop(port=port, sent_by=ANN, nth=dice.randint(3, 9), carrying_data=True)]
        case Trouble.LAST_LOST:
            who = dice.choice([ANN, SERVER])
            count = sum(1 for sender, _ in plan.says if sender == who)
            return [*both, drop(port=port, sent_by=who, nth=count, carrying_data=True)]
        case Trouble.ACKS_LOST:
            return [*both, drop(port=port, carrying_data=False, without="SYN RST", chance=0.3, at_most=5, seed=seed)]
        case Trouble.SYN_LOST:
            return [*both, drop(port=port, sent_by=ANN, flags="SYN", nth=1)]
        case Trouble.SYNACK_LOST:
            return [*both, drop(port=port, sent_by=SERVER, flags="SYN", nth=1)]
        case Trouble.REORDERED:
            return [*both, reorder(dice.randint(1, 3), 0.02, port=port, chance=0.3, seed=seed, without="SYN")]
        case Trouble.DUPLICATED:
            return [*both, duplicate(port=port, chance=0.4, seed=seed)]
        case Trouble.DELAYED:
            return [delay(0.01, 0.008, port=port, seed=seed)]
    return both


# ---- the play ----


class Stuck(Exception):
    """What was waited for did not come in time."""


def play(plans: Iterable[Plan]) -> Evening:
    """Play these, and look at the wire from everywhere before those that are still open are closed.

    Raises LanError where there can be no LAN.
    """
    with Lan(ANN, SERVER) as lan, ExitStack() as still_open:
        talks = tuple(_play(lan, plan, still_open) for plan in plans)
        until(lambda: not lan.wire.waiting, "the end of what is on its way")
        return Evening(talks, {view: capture_of(lan.wire, at=view) for view in VIEWS})


def _play(lan: Lan, plan: Plan, still_open: ExitStack) -> Talk:
    talk = Talk(plan)
    for name in (ANN, SERVER):
        lan[name].set(**plan.settings[name])
    with ExitStack() as rules:
        for rule in _rules(plan):
            rules.enter_context(ruled(lan, rule))
        try:
            _act(lan, talk, still_open)
        except (Stuck, OSError) as why:
            talk.stuck = f"{type(why).__name__}: {why}"
    return talk


def _act(lan: Lan, talk: Talk, still_open: ExitStack) -> None:
    plan = talk.plan
    with ExitStack() as stack:
        ann = stack.enter_context(caller(lan, ANN, plan.port))
        if plan.ending in _NEVER_OPEN:
            return _call_in_vain(lan, talk, ann)
        ann.settimeout(PATIENCE)
        server = stack.enter_context(_accepted(lan, plan, ann))
        pair = _Pair(lan, talk, {ANN: ann, SERVER: server})
        try:
            _talk(pair)
            _END[plan.ending](pair)
        except BaseException:
            reset(ann)
            reset(server)
            raise
        if plan.ending is Ending.OPEN:
            still_open.push(stack.pop_all())


def _accepted(lan: Lan, plan: Plan, ann: socket.socket) -> socket.socket:
    """The server's end, when ann has called; nobody listens any more then."""
    with lan[SERVER].listen(PORT) as door:
        door.settimeout(PATIENCE)
        if plan.trouble is Trouble.STALLED:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER_BYTES // 2)
        ann.connect((lan[SERVER].address, PORT))
        return door.accept()[0]


def _call_in_vain(lan: Lan, talk: Talk, ann: socket.socket) -> None:
    if talk.plan.ending is Ending.REFUSED:
        talk.is_over = ann.connect_ex((lan[SERVER].address, NOBODY)) != 0
        return
    with ruled(lan, drop(port=talk.port)):
        ann.settimeout(Random(talk.plan.seed).choice([0.05, 0.1, 1.2]))  # seconds: the last is enough for a second SYN
        with suppress(TimeoutError):
            ann.connect((lan[SERVER].address, PORT))
        talk.is_over = True
        ann.close()


class _Pair:
    """Both sockets, moved by one thread: what is to be sent is sent when there is room, and what comes is read."""

    def __init__(self, lan: Lan, talk: Talk, sockets: dict[str, socket.socket]) -> None:
        self.lan, self.talk, self.plan, self.sockets = lan, talk, talk.plan, sockets
        self.deadline = time.monotonic() + PATIENCE
        self.began = len(lan.wire.log)
        self.outbox: dict[str, deque[bytes]] = {ANN: deque(), SERVER: deque()}
        self.came = {ANN: bytearray(), SERVER: bytearray()}
        self.at_end: set[str] = set()  # who has read the end of the other's stream
        self.reading = {ANN, SERVER}
        for sock in sockets.values():
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, self.plan.nodelay)

    def say(self, who: str, data: bytes) -> None:
        """Have it sent, with one send() if there is room."""
        self.outbox[who].append(data)

    def until(self, is_so: Callable[[], bool], what: str) -> None:
        """Go on until it is so."""
        while not is_so():
            if time.monotonic() > self.deadline:
                raise Stuck(what)
            self._move()

    def until_sent(self, *names: str) -> None:
        """Until their systems have taken all of it."""
        self.until(lambda: not any(self.outbox[name] for name in names), "room for what is to be sent")

    def until_heard(self) -> None:
        """Until all has been acknowledged and read."""
        self.until(lambda: all(self._is_heard(name) for name in self.sockets), "the ACK of all that was sent")

    def shut(self, who: str) -> None:
        """Send FIN."""
        self.sockets[who].shutdown(socket.SHUT_WR)

    def until_end(self, who: str) -> None:
        """Until this end has read that the other has no more to say."""
        self.until(lambda: who in self.at_end, "the end of the stream")

    def state(self, who: str) -> str:
        """As the kernel says it."""
        return tcp_info(self.sockets[who]).state

    def _is_heard(self, who: str) -> bool:
        return not self.outbox[who] and not unacknowledged(self.sockets[who]) and self.is_read(who)

    def is_read(self, who: str) -> bool:
        """Whether the other has read all that this end has sent."""
        reader = _other(who)
        return reader not in self.reading or len(self.came[reader]) == len(self.talk.sent[who])

    def _move(self) -> None:
        readers = {self.sockets[name]: name for name in self.reading - self.at_end}
        writers = {self.sockets[name]: name for name, waiting in self.outbox.items() if waiting}
        readable, writable, _ = select.select(list(readers), list(writers), [], 0.001)
        for sock in writable:
            self._send(writers[sock])
        for sock in readable:
            self._read(readers[sock])

    def _send(self, who: str) -> None:
        data = self.outbox[who][0]
        with suppress(BlockingIOError):
            count = self.sockets[who].send(data)
            self.talk.sent[who] += data[:count]
            self.outbox[who].popleft()
            if data[count:]:
                self.outbox[who].appendleft(data[count:])

    def _read(self, who: str) -> None:
        with suppress(BlockingIOError):
            data = self.sockets[who].recv(CHUNK)
            self.came[who] += data
            if not data:
                self.at_end.add(who)


def unacknowledged(sock: socket.socket) -> int:
    """Bytes that its system has taken and that are not acknowledged yet (SIOCOUTQ, tcp(7))."""
    return struct.unpack("i", fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4)))[0]


def _talk(pair: _Pair) -> None:
    if pair.plan.trouble is Trouble.STALLED:
        pair.reading.discard(SERVER)
    for who, data in pair.plan.says:
        pair.say(who, data)
        if pair.plan.waits:
            pair.until(lambda who=who: pair.is_read(who) and not pair.outbox[who], "the reader")
            acknowledge_now(pair.sockets[_other(who)])
            pair.until_heard()
    if pair.plan.trouble is Trouble.STALLED:
        _stall(pair)


def _stall(pair: _Pair) -> None:
    """Until the server has no room for more; then it reads."""
    port, log = pair.plan.port, pair.lan.wire.log

    def is_closed() -> bool:
        frames = (Headers(row.data, row.sender) for row in log.since(pair.began) if row.sender == SERVER)
        return any(frame.ports == (PORT, port) and _window(frame) == 0 and "RST" not in frame.flags for frame in frames)

    pair.until(is_closed, "a window of 0")
    pair.reading.add(SERVER)


def _window(frame: Headers) -> int:
    return int.from_bytes(frame.data[frame.transport + 14 : frame.transport + 16], "big")


def _other(who: str) -> str:
    return SERVER if who == ANN else ANN


# ---- endings ----


def _close(first: str) -> Callable[[_Pair], None]:
    """One end after the other; in between the second says what it has left to say."""
    second = _other(first)

    def end(pair: _Pair) -> None:
        pair.until_sent(ANN, SERVER)
        pair.talk.closed_first = first
        pair.shut(first)
        pair.until_end(second)
        if pair.plan.lingers or pair.plan.late:
            acknowledge_now(pair.sockets[second])
            pair.until(lambda: pair.state(first) == "FIN-WAIT-2", "the ACK of the FIN")
        for data in pair.plan.late:
            pair.say(second, data)
        pair.until_sent(second)
        pair.shut(second)
        _be_over(pair)

    return end


def _both(pair: _Pair) -> None:
    pair.until_heard()
    pair.shut(ANN)
    pair.shut(SERVER)
    _be_over(pair)


def _be_over(pair: _Pair) -> None:
    """Until both ends have read that it is over, and their systems think so, too."""
    for end in (ANN, SERVER):
        pair.until_end(end)
        pair.until(lambda end=end: pair.state(end) == "CLOSED", "the end of the connection")
    pair.talk.is_over = all(pair.is_read(end) for end in (ANN, SERVER))


def _abort(who: str) -> Callable[[_Pair], None]:
    def end(pair: _Pair) -> None:
        if pair.plan.lingers:
            pair.until_heard()
        else:
            pair.until_sent(ANN, SERVER)
        reset(pair.sockets[who])
        _be_reset(pair, _other(who))

    return end


def _leave_unread(who: str) -> Callable[[_Pair], None]:
    def end(pair: _Pair) -> None:
        pair.until_heard()
        pair.reading.discard(who)
        pair.say(_other(who), b"SAY is anybody there?\n" if who == SERVER else b"SAID bob are you there?\n")
        pair.until_heard()
        pair.sockets[who].close()
        _be_reset(pair, _other(who))

    return end


def _be_reset(pair: _Pair, who: str) -> None:
    """Until this end has heard of it. A RST is not sent again, and no rule here drops one."""
    pair.reading.clear()
    pair.until(lambda: pair.state(who) == "CLOSED", "the reset")
    pair.talk.is_over = True


def _stay(pair: _Pair) -> None:
    pair.until_heard()
    pair.talk.is_over = True


_END: dict[Ending, Callable[[_Pair], None]] = {
    Ending.CLIENT: _close(ANN),
    Ending.SERVER: _close(SERVER),
    Ending.BOTH: _both,
    Ending.CLIENT_HALF: _close(ANN),
    Ending.SERVER_HALF: _close(SERVER),
    Ending.CLIENT_ABORTS: _abort(ANN),
    Ending.SERVER_ABORTS: _abort(SERVER),
    Ending.CLIENT_UNREAD: _leave_unread(ANN),
    Ending.SERVER_UNREAD: _leave_unread(SERVER),
    Ending.OPEN: _stay,
}
