"""What a student has answered so far: a plain file, a line of JSON for each thing that happened, the last at its end.

    progress = Progress.of("ann")            ~/.chatkit/progress-ann.jsonl
    progress.predict("close.segments", "3")  before the capture is made
    progress.add(feedback, "4", "12")        after it
    progress.reset()                         the old file is kept beside it

A file, because a kernel ends and a student comes back tomorrow; lines, because what was written stays when a program
ends in the middle of one.
"""

import getpass
import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from chatkit.errors import MachineError, MisuseError
from chatkit.teach.catalogue import find_question, questions
from chatkit.teach.feedback import Feedback, Verdict

FILE, STUDENT = "CHATKIT_PROGRESS", "CHATKIT_STUDENT"  # in the environment: where the file is, or whose it is


class What(Enum):
    """What happened."""

    PREDICTED = "predicted"
    ANSWERED = "answered"
    HINTED = "hinted"  # a hint was shown
    SHOWN = "shown"  # the solution was


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the file."""

    when: str  # ISO 8601, UTC
    what: str
    question: str
    answer: str = ""
    frame: str = ""
    verdict: str = ""
    named: str = ""  # the misconception
    judged_on: str = ""

    @property
    def moment(self) -> datetime:
        """When it was."""
        return datetime.fromisoformat(self.when)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a student is with one question."""

    question: str
    tries: int
    verdict: str  # the best so far; empty if there is none
    predicted: str
    hints: int
    solution_shown: bool


class Progress:
    """The file of one student."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of(cls, student: str | None = None) -> "Progress":
        """Of this student, or of whoever the environment or the system says it is."""
        if student is None and (file := os.environ.get(FILE)):
            return cls(Path(file))
        name = student or os.environ.get(STUDENT) or getpass.getuser()
        if not re.fullmatch(r"[\w.@-]{1,64}", name) or name.startswith("."):
            raise MisuseError(f"{name!r} names no student: letters, digits, and . @ _ - are allowed, at most 64")
        return cls(Path.home() / ".chatkit" / f"progress-{name}.jsonl")

    # ---- writing ----

    def predict(self, id: str, answer: str) -> None:
        """Keep what the student expects."""
        self._append(What.PREDICTED, id, answer=answer)

    def add(self, feedback: Feedback, answer: str, frame: str = "") -> None:
        """Keep an answer and its verdict."""
        named = feedback.named.id if feedback.named else ""
        self._append(
            What.ANSWERED,
            feedback.question.id,
            answer=answer,
            frame=frame,
            verdict=feedback.verdict.word,
            named=named,
            judged_on=feedback.judged_on,
        )

    def hint(self, id: str, is_solution: bool) -> None:
        """Keep that a hint, or the solution, was shown."""
        self._append(What.SHOWN if is_solution else What.HINTED, id)

    def reset(self) -> Path | None:
        """Begin anew; give the file that now holds what there was, or None if there was nothing."""
        if not self.path.exists():
            return None
        old = self.path.with_suffix(f".{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.old")
        self.path.rename(old)
        return old

    # ---- reading ----

    def __iter__(self) -> Iterator[Entry]:
        """All that can be read; a line that was cut, or that somebody has spoilt, is left out."""
        try:
            text = self.path.read_text("utf-8", errors="replace")
        except FileNotFoundError:
            return
        except OSError as error:
            raise MachineError(f"{self.path} cannot be read: {error.strerror}.") from error
        for line in text.split("\n"):
            if entry := _entry(line):
                yield entry

    def prediction(self, id: str) -> Entry | None:
        """The student's last for this question."""
        made = [entry for entry in self if entry.what == What.PREDICTED.value and entry.question == id]
        return made[-1] if made else None

    def standings(self) -> tuple[Standing, ...]:
        """One for each question, in the order in which they are taught."""
        entries = tuple(self)
        return tuple(
            _standing(question.id, [e for e in entries if e.question == question.id]) for question in questions()
        )

    def __repr__(self) -> str:
        done = sum(standing.verdict == Verdict.RIGHT.word for standing in self.standings())
        return f"<Progress in {self.path}: {done} of {len(questions())} questions right>"

    def _append(self, what: What, id: str, **details: str) -> None:
        entry = Entry(datetime.now(UTC).isoformat(), what.value, find_question(id).id, **details)
        line = json.dumps({name: value for name, value in asdict(entry).items() if value}, ensure_ascii=False)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "ab", opener=_private) as file:
                file.write(_separator(self.path) + line.encode("utf-8", errors="replace") + b"\n")
        except OSError as error:
            remedy = f"Set {FILE} to a file that can be written."
            raise MachineError(f"{self.path} cannot be written: {error.strerror}. {remedy}") from error


def _private(path: str, flags: int) -> int:
    """Open it so that only its owner may read it, if it is made anew."""
    return os.open(path, flags, 0o600)


def _separator(path: Path) -> bytes:
    """A line that was cut is ended before the next begins."""
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        if file.tell() == 0:
            return b""
        file.seek(-1, os.SEEK_END)
        return b"" if file.read() == b"\n" else b"\n"


def _entry(line: str) -> Entry | None:
    try:
        return Entry(**{str(name): str(value) for name, value in json.loads(line).items()})
    except (ValueError, TypeError, AttributeError):
        return None


def _standing(id: str, entries: list[Entry]) -> Standing:
    answers = [entry for entry in entries if entry.what == What.ANSWERED.value]
    order = [verdict.word for verdict in Verdict]
    verdicts = sorted((e.verdict for e in answers if e.verdict in order), key=order.index)
    predicted = [entry.answer for entry in entries if entry.what == What.PREDICTED.value]
    return Standing(
        question=id,
        tries=len(answers),
        verdict=verdicts[-1] if verdicts else "",
        predicted=predicted[-1] if predicted else "",
        hints=sum(entry.what == What.HINTED.value for entry in entries),
        solution_shown=any(entry.what == What.SHOWN.value for entry in entries),
    )
