"""A student's function is run on pieces of a stream, and what it does is noted: never a traceback, never a hang.

    piece, piece, piece  ->  function  ->  line, line        with each line, how many pieces had been asked for

Code that goes round for ever is ended by counting its lines of Python, and what it gives: no clock, so a slow machine
judges as a fast one does.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from chatkit.teach.card import card
from chatkit.teach.verdict import Verdict

MAX_STEPS = 200_000  # lines of Python that are run for one stream; a good solution takes a few for each byte

Pieces = tuple[bytes, ...]
LinesOf = Callable[[Iterator[bytes]], Iterable[object]]


class Endless(BaseException):
    """It would have gone on for ever. No Exception, so that a student's `except Exception` does not swallow it."""


class NoLines(Exception):
    """It gave nothing that lines can be taken from."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a function did with one stream."""

    lines: tuple[object, ...]
    asked: tuple[int, ...]  # for each line, how many pieces had been asked for when it came
    error: BaseException | None = None  # what ended it, if that was not the end of the stream

    def is_like(self, other: "Run") -> bool:
        """Whether both gave the same lines, and ended alike."""
        return self.lines == other.lines and type(self.error) is type(other.error)


def run(function: LinesOf, pieces: Pieces) -> Run:
    """Hand the pieces over, one by one, and take the lines."""
    feed = _Feed(pieces)
    lines: list[object] = []
    asked: list[int] = []
    most = 2 * sum(map(len, pieces)) + len(pieces) + 10  # a wrong function may give two lines for a byte
    try:
        with _counted_steps():
            for line in _lines_given_by(function, feed):
                lines.append(line)
                asked.append(feed.asked)
                if len(lines) > most:
                    raise Endless(f"it gave more than {most} lines")
    except (Exception, SystemExit, Endless) as error:  # whatever a student's code may raise, but not Ctrl-C
        return Run(tuple(lines), tuple(asked), error.with_traceback(None))
    return Run(tuple(lines), tuple(asked))


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake that has a name; the models make it, each in another way, and so tell what it gives."""

    id: str
    name: str
    explanation: str
    models: tuple[LinesOf, ...]
    shows_in: str = ""  # the id of the step that shows it best, if that is not the first that fails


@dataclass(frozen=True, slots=True, repr=False)
class CodeFeedback:
    """A function, judged. It prints as text and draws itself in a notebook, as the feedback on an answer does."""

    subject: str
    verdict: Verdict
    sentences: tuple[str, ...]  # the steps that went well, then the one that did not, and why
    named: Mistake | None = None  # the mistake recognised

    @property
    def heading(self) -> str:
        """The verdict in words, with the name of the mistake where there is one."""
        return self.verdict.word + (f": {self.named.name}" if self.named else "")

    def __repr__(self) -> str:
        return "\n  ".join((f"{self.verdict.sign} {self.heading} ({self.subject})", *self.sentences))

    def _repr_html_(self) -> str:
        return card(self)


class _Feed(Iterator[bytes]):
    """The pieces, and how many of them have been asked for."""

    def __init__(self, pieces: Pieces) -> None:
        self._rest = iter(pieces)
        self.asked = 0

    def __next__(self) -> bytes:
        piece = next(self._rest)
        self.asked += 1
        return piece


def _lines_given_by(function: LinesOf, feed: _Feed) -> Iterable[object]:
    given = function(feed)
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise NoLines(f"it gave {given!r}, where lines were to be yielded one by one")
    return given


@contextmanager
def _counted_steps() -> Iterator[None]:
    """Raise Endless inside code that takes too many steps. A debugger counts in its own way, and is left alone."""
    if sys.gettrace() is not None:
        yield
        return
    left = MAX_STEPS

    def count(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise Endless(f"it was still running after {MAX_STEPS} lines of Python")
        return count

    sys.settrace(count)
    try:
        yield
    finally:
        sys.settrace(None)
