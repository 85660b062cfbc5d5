"""Answers in a text file, a line for each question: what a student fills in with any editor.

    handshake.synack-ack = 2783843330 frame 2       a value, and a frame that shows it
    close.segments =                                no answer yet
    client = 40000                                  which conversation is meant, where the capture has several

Empty lines, and lines that begin with #, are for people.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chatkit.errors import MisuseError
from chatkit.protocol.text import quote
from chatkit.teach.typed import count

PORT, CLIENT = "port", "client"  # of the server, of the client: not questions, but which conversation is meant
MAX_BYTES = 65_536

_ROW = re.compile(r"\s*(?P<id>[A-Za-z0-9._-]+)\s*[=:]\s*(?P<rest>.*?)\s*")
_REST = re.compile(r"(?P<value>.*?)(?:(?:^|[\s,;]+)frame\s*(?P<frame>\S*))?", re.I)


@dataclass(frozen=True, slots=True)
class Written:
    """An answer as it was written; empty where nothing was."""

    value: str = ""
    frame: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.value, f"frame {self.frame}" if self.frame else "") if part)


@dataclass(frozen=True, slots=True)
class AnswerSheet:
    """Answers by the ids of their questions; `port` is the server's and `client` the client's, if they are given."""

    answers: Mapping[str, Written] = field(default_factory=dict)
    port: int | None = None
    client: int | None = None

    @classmethod
    def parse(cls, text: str, ids: Collection[str]) -> "AnswerSheet":
        """Read the text of such a file. Raises MisuseError, with the number of the line, where it can't be meant."""
        rows: dict[str, tuple[int, str]] = {}
        for number, line in enumerate(text.split("\n"), start=1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            id, rest = _row(number, line, {*ids, PORT, CLIENT})
            if id in rows:
                raise MisuseError(f"Line {number} answers {id} again: line {rows[id][0]} did so, too. Delete one.")
            rows[id] = number, rest
        ports = {name: _port(*rows.pop(name)) for name in (PORT, CLIENT) if name in rows}
        return cls({id: _written(rest) for id, (_, rest) in rows.items()}, ports.get(PORT), ports.get(CLIENT))

    @classmethod
    def read(cls, path: Path, ids: Collection[str]) -> "AnswerSheet":
        """Read such a file. Raises MisuseError."""
        try:
            data = path.read_bytes()
        except OSError as error:
            raise MisuseError(f"The answers in {path} cannot be read: {error.strerror}.") from error
        return cls.decode(data, ids)

    @classmethod
    def decode(cls, data: bytes, ids: Collection[str]) -> "AnswerSheet":
        """Read the bytes of such a file. Raises MisuseError."""
        if len(data) > MAX_BYTES:
            raise MisuseError(f"The answers take {len(data)} bytes, at most {MAX_BYTES}: is it the right file?")
        try:
            return cls.parse(data.decode("utf-8-sig"), ids)  # some editors of Windows put a BOM first
        except UnicodeDecodeError as error:
            raise MisuseError("The answers are no UTF-8 text. Save them as plain text, UTF-8.") from error

    def answer(self, id: str) -> Written:
        """What was written for a question."""
        return self.answers.get(id, Written())

    def __str__(self) -> str:
        """The text of such a file, without the lines for people."""
        ports = {PORT: self.port, CLIENT: self.client}
        rows = [f"{name} = {port}" for name, port in ports.items() if port is not None]
        return "\n".join([*rows, *(f"{id} = {written}".rstrip() for id, written in self.answers.items()), ""])


def _row(number: int, line: str, ids: Collection[str]) -> tuple[str, str]:
    row = _ROW.fullmatch(line)
    if row is None:
        raise MisuseError(f"Line {number} is no answer: {quote(line)}. Write ID = VALUE, or ID = VALUE frame NUMBER.")
    if row["id"] not in ids:
        raise MisuseError(f"Line {number}: {quote(row['id'])} is no question of this lab.")
    return row["id"], row["rest"]


def _written(rest: str) -> Written:
    found = _REST.fullmatch(rest)
    assert found, "the frame is optional, so everything matches"
    return Written(found["value"].rstrip(" \t,;"), found["frame"] or "")


def _port(number: int, rest: str) -> int | None:
    try:
        return count(rest)
    except MisuseError as error:
        raise MisuseError(f"Line {number}: {error}") from error
