"""The stage on which a student's room is tried: each step is played with threads, and recorded.

    caller threads  ---- join, leave, say ---->  the student's room  ---- sendall ---->  clients of the stage

The clients are no sockets, but behave as sockets do, and stop where a socket may stop: in the middle of a send. There
the stage lets another thread do something, and waits until that is done, or until it is plain that it has to wait.
That is counted in turns and not in seconds, so a slow computer judges as a fast one does.
"""

import sys
import threading
import types
from collections.abc import Callable, Iterator
from typing import Any

from chatkit.faces.notebook.guest import FEW, STALLED, in_turns
from chatkit.teach.broadcasting import STEPS, SUBJECT, Lines, Record, Step, feedback
from chatkit.teach.code import CodeFeedback
from chatkit.teach.verdict import Verdict

ONE, TWO, THREE = b"SAID ann one\n", b"SAID bob two\n", b"SAID carl three\n"

BRIEF = 40  # turns: a line that waits for a lock is met many times
MOST_SWITCHES = 100

Room = Any  # what a student has written
Moment = Callable[["StageClient"], None]


def check_broadcasting(room_class: Callable[[], Room] | None) -> CodeFeedback:
    """Judge a room: the feedback tells the steps that went well, then the first that did not. It takes seconds."""
    if not callable(room_class):
        return CodeFeedback(SUBJECT, Verdict.MISSING, (f"Room has to be a class; it is {room_class!r}.",))
    return feedback(_records(room_class))


def _records(room_class: Callable[[], Room]) -> Iterator[Record]:
    for step in STEPS:
        for switch_at in range(1, MOST_SWITCHES):
            stage = Stage(step, room_class, switch_at)
            yield stage.play()
            if stage.is_last:
                break


class StageClient:
    """Somebody in the room; `half_way` is called in the middle of each send."""

    def __init__(self, name: str, place: int) -> None:
        self.name, self._place = name, place
        self.pieces: list[bytes] = []  # append is safe from any thread
        self.tried = 0
        self.is_gone = False
        self.reads = threading.Event()
        self.reads.set()
        self.half_way: Moment = _nothing

    def sendall(self, data: bytes) -> None:
        """Take the data in two steps. Raises ConnectionResetError if the client has gone."""
        self.tried += 1
        if self.is_gone:
            raise ConnectionResetError(f"{self.name} has gone")
        middle = len(data) // 2
        self.pieces.append(data[:middle])
        self.half_way(self)
        self.reads.wait()
        self.pieces.append(data[middle:])

    @property
    def heard(self) -> bytes:
        """All that was sent to it."""
        return b"".join(list(self.pieces))

    def __hash__(self) -> int:  # in a set they stand in the order of their places, in every run
        return self._place

    def __eq__(self, other: object) -> bool:
        return self is other

    def __repr__(self) -> str:
        return f"<client {self.name}>"


class Switch:
    """Lets something else happen before one line of a student's code: the first, the second, and so on.

    The system may switch to another thread there, and seldom does. Under a debugger, which traces lines too, no switch
    comes.
    """

    def __init__(self, at: int, file: str, action: Callable[[], None]) -> None:
        self.came = False
        self._left, self._file, self._action = at, file, action

    def run(self, call: Callable[[], object]) -> None:
        """Run it, with the switch when its turn has come."""
        if sys.gettrace() is not None:
            call()
            return
        sys.settrace(self._trace)
        try:
            call()
        finally:
            sys.settrace(None)

    def _trace(self, frame: types.FrameType, event: str, arg: Any) -> Any:
        if frame.f_code.co_filename != self._file or self.came:
            return None
        if event == "line":
            self._left -= 1
            if not self._left:
                self.came = True
                self._action()
        return self._trace


def code_of(room: Room) -> str:
    """The file of a room's say()."""
    code = getattr(getattr(type(room), "say", None), "__code__", None)
    return code.co_filename if code else ""


def _nothing(_: StageClient) -> None:
    """Nobody wants to come in between."""


class Stage:
    """One step, with a new room."""

    def __init__(self, step: Step, room_class: Callable[[], Room], switch_at: int) -> None:
        self._step, self._room_class, self._switch_at = step, room_class, switch_at
        self.is_last = True  # whether there is no other way to play this step
        self._room: Room = None
        self._clients: dict[str, StageClient] = {}
        self._wanted: dict[str, Lines] = {}
        self._asleep: dict[str, bytes] | None = None  # what they had heard while one did not read
        self._stalled: tuple[str, ...] = ()  # calls that had not returned then
        self._errors: list[BaseException] = []
        self._calls: list[tuple[str, threading.Thread]] = []
        self._first = threading.Lock()  # is taken once, by the first who comes to the moment

    def play(self) -> Record:
        """Let it happen, then close the room, and say what was seen."""
        before, hook = set(threading.enumerate()), threading.excepthook
        threading.excepthook = self._note_error
        try:
            self._call("Room()", self._open)
            if not self._errors:
                _PLAYS[self._step.id](self)
                self._settle()
                self._call("close()", self._close)
            in_turns(lambda: not self._going_on(before), FEW)
        finally:
            threading.excepthook = hook
        return self._record(before)

    # ---- the steps ----

    def all(self) -> None:
        """A line for everybody."""
        self._join("ann", "bob", "carl")
        self._say(ONE)
        self._wanted = {"ann": (ONE,), "bob": (ONE,), "carl": (ONE,)}

    def left(self) -> None:
        """Ann leaves before something is said."""
        self._join("ann", "bob", "carl")
        self._leave("ann")
        self._say(ONE)
        self._wanted = {"ann": (), "bob": (ONE,), "carl": (ONE,)}

    def gone(self) -> None:
        """Ann's connection breaks, and nobody calls leave."""
        self._join("ann", "bob", "carl")
        self._clients["ann"].is_gone = True
        self._wanted = {"bob": (ONE,), "carl": (ONE,)}
        self._say(ONE)
        self._settle()
        self._wanted = {"bob": (ONE, TWO), "carl": (ONE, TWO)}
        self._say(TWO)

    def leaving(self) -> None:
        """Whoever is sent to first leaves meanwhile."""
        self._join("ann", "bob", "carl")
        self._wanted = {"ann": (ONE,), "bob": (ONE,), "carl": (ONE,)}

        def leave(client: StageClient) -> None:
            self._meanwhile(f"leave({client.name})", lambda: self._room.leave(client))
            self._wanted = {name: lines for name, lines in self._wanted.items() if name != client.name}

        self._at_first_send(leave)
        self._say(ONE)

    def joining(self) -> None:
        """Carl joins while a line is sent; he may hear it or not."""
        self._join("ann", "bob")
        carl = self._new("carl")
        self._at_first_send(lambda _: self._meanwhile("join(carl)", lambda: self._room.join(carl)))
        self._say(ONE)
        self._wanted = {"ann": (ONE,), "bob": (ONE,)}

    def whole(self) -> None:
        """Two speak to one."""
        self._join("ann")
        self._at_first_send(lambda _: self._second_line())
        self._say(ONE)
        self._wanted = {"ann": (ONE, TWO)}

    def order(self) -> None:
        """Two speak to two: the second when the first has come to the line of code whose turn it is."""
        self._join("ann", "bob")
        switch = Switch(self._switch_at, code_of(self._room), lambda: self._meanwhile("say(TWO)", self._say_two, BRIEF))
        self._call(f"say({ONE!r})", lambda: switch.run(lambda: self._room.say(ONE)))
        lines = (ONE, TWO) if switch.came else (ONE,)
        self._wanted, self.is_last = {"ann": lines, "bob": lines}, not switch.came

    def slow(self) -> None:
        """Ann does not read; all calls have to return, and all others to hear."""
        self._join("ann", "bob", "carl")
        ann = self._clients["ann"]
        ann.reads.clear()
        three = (ONE, TWO, THREE)
        self._wanted = {"bob": three, "carl": three, "dave": (THREE,)}
        went_on = self._say(ONE) and self._say(TWO) and self._join("dave") and self._say(THREE)
        if went_on:
            self._settle()
        self._asleep = {name: self._heard(name) for name in self._wanted}
        self._stalled = () if went_on else self._stuck()
        ann.reads.set()
        self._wanted = {"ann": three, **self._wanted}

    def over(self) -> None:
        """The room closes, as it does in every step."""
        self._join("ann", "bob")
        self._say(ONE)
        self._wanted = {"ann": (ONE,), "bob": (ONE,)}

    # ---- what they are made of ----

    def _open(self) -> None:
        self._room = self._room_class()

    def _close(self) -> None:
        """Close the room; where that is not written yet, only the last step asks for it."""
        try:
            self._room.close()
        except NotImplementedError:
            if self._step.id == "over":
                raise

    def _new(self, name: str) -> StageClient:
        self._clients[name] = client = StageClient(name, len(self._clients))
        return client

    def _join(self, *names: str) -> bool:
        return all(self._call(f"join({name})", self._room.join, self._new(name)) for name in names)

    def _leave(self, name: str) -> None:
        self._call(f"leave({name})", self._room.leave, self._clients[name])

    def _say(self, line: bytes) -> bool:
        return self._call(f"say({line!r})", self._room.say, line)

    def _at_first_send(self, action: Moment) -> None:
        """Do it once, in the middle of the first send."""

        def once(client: StageClient) -> None:
            if self._first.acquire(blocking=False):
                action(client)

        for client in self._clients.values():
            client.half_way = once

    def _meanwhile(self, words: str, call: Callable[[], object], turns: int = FEW) -> None:
        """Let another thread do it, and wait until it is done or has to wait."""
        thread = self._start(words, call)
        in_turns(lambda: not thread.is_alive(), turns)

    def _say_two(self) -> None:
        self._room.say(TWO)

    def _second_line(self) -> None:
        """Let another thread say it, and wait until it has been sent, or can't be."""
        before = {name: len(client.pieces) for name, client in self._clients.items()}
        self._start(f"say({TWO!r})", self._say_two)
        in_turns(lambda: all(len(self._clients[name].pieces) >= seen + 2 for name, seen in before.items()), FEW)

    def _call(self, words: str, function: Callable[..., object], *arguments: object) -> bool:
        """Call it in a thread of its own; whether it returned."""
        thread = self._start(words, lambda: function(*arguments))
        return in_turns(lambda: not thread.is_alive(), STALLED)

    def _start(self, words: str, call: Callable[[], object]) -> threading.Thread:
        def work() -> None:
            try:
                call()
            except (Exception, SystemExit) as error:  # whatever a student's code may raise
                self._errors.append(error.with_traceback(None))

        thread = threading.Thread(target=work, name=f"chat-caller of {words}", daemon=True)
        self._calls.append((words, thread))
        thread.start()
        return thread

    def _settle(self) -> None:
        """Wait until all have heard what they ought to, every call has returned, or neither happens."""
        in_turns(lambda: bool(self._errors) or (self._all_heard() and not self._stuck()), STALLED)

    def _all_heard(self) -> bool:
        return all(len(self._heard(name)) >= sum(map(len, lines)) for name, lines in self._wanted.items())

    def _heard(self, name: str) -> bytes:
        return self._clients[name].heard if name in self._clients else b""

    def _stuck(self) -> tuple[str, ...]:
        return tuple(words for words, thread in self._calls if thread.is_alive())

    def _going_on(self, before: set[threading.Thread]) -> tuple[str, ...]:
        ours = {thread for _, thread in self._calls}
        return tuple(thread.name for thread in threading.enumerate() if thread not in before | ours)

    def _note_error(self, failed: threading.ExceptHookArgs) -> None:
        """A thread of the room was ended by an error."""
        if failed.exc_value:
            self._errors.append(failed.exc_value.with_traceback(None))

    def _record(self, before: set[threading.Thread]) -> Record:
        return Record(
            step=self._step,
            wanted=self._wanted,
            heard={name: client.heard for name, client in self._clients.items()},
            asleep=self._asleep,
            tried={name: client.tried for name, client in self._clients.items() if client.is_gone},
            errors=tuple(self._errors),
            stuck=self._stalled or self._stuck(),
            threads=self._going_on(before),
        )


_PLAYS: dict[str, Callable[[Stage], None]] = {
    "all": Stage.all,
    "left": Stage.left,
    "gone": Stage.gone,
    "leaving": Stage.leaving,
    "joining": Stage.joining,
    "whole": Stage.whole,
    "order": Stage.order,
    "slow": Stage.slow,
    "over": Stage.over,
}
