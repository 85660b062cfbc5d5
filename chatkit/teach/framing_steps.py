"""What a framing has to do, step by step: each step has streams, in pieces, and the lines that are in them.

A step asks for one thing more than those before it, so that the first one which fails says what is missing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from chatkit.teach.code import Pieces, Run


@dataclass(frozen=True, slots=True)
class Case:
    """A stream in pieces, and its lines."""

    pieces: Pieces
    lines: tuple[str, ...]
    asked: tuple[int, ...] | None = None  # for each line, the piece that its LF came in; None where that isn't judged

    def is_met_by(self, run: Run) -> bool:
        """Whether this is what was to be done."""
        return run.error is None and run.lines == self.lines and self.asked in (None, run.asked)

    def tells_alike(self, one: Run, other: Run) -> bool:
        """Whether both did the same with it, as far as this case judges."""
        return one.is_like(other) and (self.asked is None or one.asked == other.asked)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is asked for; `title` is a sentence that is true when it is done."""

    id: str
    title: str
    cases: tuple[Case, ...]


def _each_cut(stream: bytes, *lines: str) -> tuple[Case, ...]:
    """The stream cut in two at every byte, and cut into its bytes."""
    in_two = (Case((stream[:at], stream[at:]), lines) for at in range(1, len(stream)))
    return (*in_two, Case(tuple(_bytes_of(stream)), lines))


def _bytes_of(stream: bytes) -> Iterator[bytes]:
    return (stream[at : at + 1] for at in range(len(stream)))


def _whole(*lines: str) -> Case:
    return Case(("".join(f"{line}\n" for line in lines).encode(),), lines)


# Characters at which str.splitlines() splits, and chat/1 does not
_NO_LINE_ENDS = ("\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\r")

STEPS = (
    Step("one-piece", "A line that comes in one piece is given as text, without its LF.", (_whole("SAY hello"),)),
    Step(
        "glued", "Lines that come glued together, in one piece, are given one by one.",
        (_whole("SAY one", "SAY two"), _whole("SAY one", "SAY two", "SAY three"),
         Case((b"SAY one\nSAY two\n", b"SAY three\n"), ("SAY one", "SAY two", "SAY three"))),
    ),
    Step(
        "cut", "A line that comes in several pieces is put together, wherever it is cut.",
        (Case((b"SAY he", b"llo\n"), ("SAY hello",)), Case((b"SAY ", b"hel", b"lo\n"), ("SAY hello",)),
         *_each_cut(b"SAY hello\nSAY bye\n", "SAY hello", "SAY bye")),
    ),
    Step(
        "character", "A character that is cut in two heals.",
        (_whole("SAY café 😀"), Case((b"SAY caf\xc3", b"\xa9\n"), ("SAY café",)),
         *_each_cut("é\n😀\n".encode(), "é", "😀")),
    ),
    Step(
        "cr", "A CR just before the LF goes with it, in whatever pieces the two come.",
        (Case((b"SAY hello\r\n",), ("SAY hello",)), *_each_cut(b"one\r\ntwo\r\n", "one", "two")),
    ),
    Step("spaces", "Spaces stay where they were typed.", (_whole(" SAY  hi "), _whole("SAY hi "), _whole(" "))),
    Step("only-lf", "Nothing but LF ends a line.", tuple(_whole(f"one{character}two") for character in _NO_LINE_ENDS)),
    Step(
        "empty-line", 'A line with nothing in it is given as "".',
        (_whole("one", "", "two"), _whole(""), Case((b"one\n", b"\n", b"two\n"), ("one", "", "two"))),
    ),
    Step(
        "rest", "What follows the last LF is thrown away.",
        (Case((b"SAY one\nSAY tw",), ("SAY one",)), Case((b"SAY one\n", b"SAY tw"), ("SAY one",)),
         Case((b"SAY",), ()), Case((b"caf\xc3",), ()), Case((), ())),
    ),
    Step(
        "empty-piece", "An empty piece brings nothing, and ends nothing.",
        (Case((b"SAY one\n", b"", b"SAY two\n"), ("SAY one", "SAY two")),
         Case((b"", b"SAY he", b"", b"llo\n"), ("SAY hello",))),
    ),
    Step(
        "at-once", "A line is given as soon as its LF has come, before the next piece is asked for.",
        (Case((b"SAY one\n", b"SAY two\nSAY thr", b"ee", b"\n"), ("SAY one", "SAY two", "SAY three"), (1, 2, 4)),),
    ),
)  # fmt: skip
