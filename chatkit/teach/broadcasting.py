"""Exercise 16: a student's room sends lines to many clients from many threads, and is judged by what they heard.

    class Room:
        def join(self, client)        from now on the client hears what is said
        def leave(self, client)       from now on it hears nothing
        def say(self, line)           everybody in the room hears the line, which is bytes and ends with LF
        def close(self)               when it returns, every thread that the room has started is over

A client has one method, `sendall(data)`. It is like a socket's: a long one has several steps, it waits while the client
does not read, and it raises OSError when the client has gone. All methods of a room are called by many threads at once.

What happens is played elsewhere (faces/notebook/broadcast_stage.py) and comes here as a record for each step.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from chatkit.teach.broadcasting_mistakes import (
    ANOTHER_ORDER,
    ERROR_GETS_OUT,
    GONE_STAYS,
    HEARD_AFTER_LEAVING,
    LIST_CHANGED,
    LOCK_KEPT,
    SLOW_STALLS_ALL,
    THREAD_SAFE,
    THREADS_LEFT,
)
from chatkit.teach.code import CodeFeedback, Mistake
from chatkit.teach.verdict import Verdict

SUBJECT = "broadcasting"

Lines = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is asked for; `title` is a sentence that is true when it is done."""

    id: str
    title: str
    story: str  # what was done
    unheard: Mistake | None = None  # what it means when somebody misses a line here


STEPS = (
    Step("all", "A line is heard by everybody in the room.", "Ann, bob and carl join, and a line is said."),
    Step(
        "left", "Who has left hears no more.", "Ann, bob and carl join, ann leaves, and a line is said."
    ),
    Step(
        "gone", "Who has gone harms nobody else.",
        "Ann, bob and carl join, ann's connection breaks, and two lines are said.", LIST_CHANGED,
    ),
    Step(
        "leaving", "Somebody may leave while a line is sent.",
        "Ann, bob and carl join. While a line is being sent to ann, another thread calls leave(ann).", LIST_CHANGED,
    ),
    Step(
        "joining", "Somebody may join while a line is sent.",
        "Ann and bob join. While a line is being sent to ann, another thread calls join(carl).",
    ),
    Step(
        "whole", "Each line stays whole, though two threads speak at once.",
        "Ann joins. While the first half of a line is sent to her, another thread says a second line.",
    ),
    Step(
        "order", "All hear the lines in the same order.",
        "Ann and bob join. A line is said, and before one line of the code of say(), another thread says a second.",
    ),
    Step(
        "slow", "Who does not read makes nobody wait.",
        "Ann, bob and carl join. Ann does not read. Two lines are said, and dave joins and hears a third.",
    ),
    Step("over", "When the room is closed, its threads are over.", "Ann and bob join, a line is said, it closes."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Record:
    """What happened in one step; clients are called by their names."""

    step: Step
    wanted: dict[str, Lines]  # what each ought to hear, whatever the order
    heard: dict[str, bytes]  # what was sent to each
    asleep: dict[str, bytes] | None = None  # what had been sent while one did not read
    tried: dict[str, int] | None = None  # by client that had gone: how many lines were tried on it
    errors: tuple[BaseException, ...] = ()  # that got out of the room's methods, or ended its threads
    stuck: tuple[str, ...] = ()  # calls that did not return, though nothing held them up
    threads: tuple[str, ...] = ()  # of the room that go on after close()


def feedback(records: Iterable[Record]) -> CodeFeedback:
    """The steps that went well, then the first that did not; later records are not asked for."""
    done: dict[str, None] = {}  # in order: a step may be played several times
    for record in records:
        if verdict := judge(record):
            done.pop(f"{Verdict.RIGHT.sign} {record.step.title}", None)
            return _said(record, list(done), *verdict)
        done[f"{Verdict.RIGHT.sign} {record.step.title}"] = None
    return CodeFeedback(SUBJECT, Verdict.RIGHT, (*done, "The room is right, in all steps."))


def judge(record: Record) -> tuple[str, Mistake | None] | None:
    """What was seen that was not to be, and the mistake that explains it; None if all was well."""
    for looks in (_errors, _stuck, _stall, _torn, _unheard, _too_much, _orders, _tried, _left_over):
        if found := looks(record):
            return found
    return None


def _said(record: Record, done: list[str], seen: str, named: Mistake | None) -> CodeFeedback:
    todo = next((error for error in record.errors if isinstance(error, NotImplementedError)), None)
    if todo:
        return CodeFeedback(SUBJECT, Verdict.MISSING, (*done, f"There is still to do: {todo or 'the room'}"))
    verdict = Verdict.ALMOST if named else Verdict.NOT_YET
    sentences = (*done, f"{Verdict.NOT_YET.sign} {record.step.title}", f"{record.step.story} {seen}")
    return CodeFeedback(SUBJECT, verdict, (*sentences, named.explanation) if named else sentences, named)


Found = tuple[str, Mistake | None] | None


def _errors(record: Record) -> Found:
    for error in record.errors:
        named = ERROR_GETS_OUT if isinstance(error, OSError) else None
        if isinstance(error, RuntimeError) and "during iteration" in str(error):
            named = LIST_CHANGED
        return f"It raised {type(error).__name__} ({error}).", named
    return None


def _stuck(record: Record) -> Found:
    """A call that waits for ever waits for a lock that nobody gives back; or for who doesn't read."""
    if not record.stuck:
        return None
    named = SLOW_STALLS_ALL if record.step.id == "slow" else LOCK_KEPT if record.step.id == "gone" else None
    return f"{record.stuck[0]} did not return.", named


def _torn(record: Record) -> Found:
    """Bytes that are no lines which anybody said."""
    for name, wanted in record.wanted.items():
        said = {line for lines in record.wanted.values() for line in lines}
        lines = record.heard[name].splitlines(keepends=True)
        if any(line not in said for line in lines) and len(wanted) > 1:
            return f"{name} was sent {_shown(record.heard[name])}.", THREAD_SAFE
    return None


def _unheard(record: Record) -> Found:
    for name, wanted in record.wanted.items():
        missed = [line for line in wanted if line not in record.heard[name].splitlines(keepends=True)]
        if missed:
            named = record.step.unheard
            if record.step.id == "gone" and not any(missed[0] in data for data in record.heard.values()):
                named = ERROR_GETS_OUT
            return f"{name} did not hear {_shown(missed[0])}.", named
    return None


def _too_much(record: Record) -> Found:
    for name, wanted in record.wanted.items():
        if len(record.heard[name].splitlines()) > len(wanted):
            named = HEARD_AFTER_LEAVING if record.step.id == "left" and not wanted else None
            return f"{name} was sent {_shown(record.heard[name])}, which is too much.", named
    return None


def _orders(record: Record) -> Found:
    if record.step.id == "order" and len(set(record.heard.values())) > 1:
        heard = ", ".join(f"{name} was sent {_shown(data)}" for name, data in record.heard.items())
        return f"{heard}.", ANOTHER_ORDER
    return None


def _stall(record: Record) -> Found:
    """Somebody who reads has heard less than all, while somebody else did not read."""
    for name, data in (record.asleep or {}).items():
        if len(data.splitlines()) < len(record.wanted[name]):
            return f"While ann did not read, {name} was sent {_shown(data) if data else 'nothing'}.", SLOW_STALLS_ALL
    return None


def _tried(record: Record) -> Found:
    for name, times in (record.tried or {}).items():
        if times > 1:
            return f"sendall() was called {times} times for {name}.", GONE_STAYS
    return None


def _left_over(record: Record) -> Found:
    if record.step.id != "over" or not record.threads:
        return None
    return f"After that there is still {', '.join(record.threads)}.", THREADS_LEFT


def _shown(data: bytes) -> str:
    text = repr(data)
    return text if len(text) <= 100 else f"{text[:100]} ..."
