"""A transcript: each event of the server as one line of JSON, in a file that outlives the server.

    {"time": "2026-03-02T09:15:04.250117+00:00", "what": "said", "who": "ann", "address": ["127.0.0.1", 50132],
     "bytes": 0, "text": "hello", "thread": "chat-postman"}                                      (on one line)

Each line is one `write` to the end of the file, so that `kill -9` cannot take away what happened before it. What the
room never makes an event of is not here either: the password, and what was told to one alone.
"""

import json
import os
import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from chatkit.errors import MachineError
from chatkit.net.event import Event, What

MODE = 0o600  # what a class says is nobody else's business
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class TranscriptFile:
    """Writes the events that it is told to the end of a file; `complain` hears once when the disk takes no more.

    Raises MachineError where the file cannot be had.
    """

    def __init__(self, path: str | Path, complain: Callable[[Event], None]) -> None:
        self._file = _open(Path(path))
        self._complain = complain
        self._lock = threading.Lock()  # guards the three below: events come from several threads
        self._is_at_line_start = _ends_with_line_end(self._file)  # not after a crash in the middle of a line
        self._missing = 0
        self._closed = False

    def note(self, event: Event) -> None:
        """Write one event. The disk's cache takes it at once; a disk that is full holds up nobody."""
        with self._lock:
            trouble = None if self._closed else self._try_to_write(event)
        if trouble:
            self._complain(Event(What.TROUBLE, text=f"the transcript has a gap from here on: {trouble}"))

    def close(self) -> None:
        """Write no more. Safe to call twice."""
        with self._lock:
            if not self._closed:
                os.close(self._file)
            self._closed = True

    def __enter__(self) -> "TranscriptFile":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _try_to_write(self, event: Event) -> str | None:
        """Write it, after a line that says how many are missing; give the reason when it first goes wrong."""
        gap = Event(What.TROUBLE, text=f"{self._missing} events are missing here: the disk did not take them")
        try:
            if self._missing:
                self._write(gap)
                self._missing = 0
            self._write(event)
        except OSError as error:
            self._missing += 1
            return error.strerror if self._missing == 1 else None
        return None

    def _write(self, event: Event) -> None:
        """Write a line; what a full disk took of it is no line, and the next begins on a line of its own."""
        data = (b"" if self._is_at_line_start else b"\n") + to_line(event)
        while data:
            written = os.write(self._file, data)
            data = data[written:]
            self._is_at_line_start = not data


def to_line(event: Event) -> bytes:
    """Give the line for an event, with its LF."""
    time = datetime.fromtimestamp(event.when, UTC).isoformat(timespec="microseconds")
    seen = {"address": event.address, "bytes": event.bytes, "text": event.text, "thread": event.thread}
    fields = {"time": time, "what": event.what.value, "who": event.who, **seen}
    return json.dumps(fields, ensure_ascii=False).encode() + b"\n"


# ---- reading ----


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a file has: the events, and the numbers of the lines that are none, such as one that a crash cut."""

    events: tuple[Event, ...]
    unreadable: tuple[int, ...] = ()

    @property
    def said(self) -> tuple[Event, ...]:
        """What was said to all, in its order."""
        return tuple(event for event in self.events if event.what is What.SAID)

    def __repr__(self) -> str:
        cut = f", unreadable lines: {', '.join(map(str, self.unreadable))}" if self.unreadable else ""
        return f"<Transcript: {len(self.events)} events, {len(self.said)} messages{cut}>"


def read_transcript(path: str | Path) -> Transcript:
    """Read a file that a server wrote, also while it still writes. Raises MachineError where there is none."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise MachineError(f"The transcript {path} cannot be read: {error.strerror}.") from error
    *lines, rest = data.split(b"\n")
    read = [(number, _from_line(line)) for number, line in enumerate(lines, start=1)]
    cut = (len(lines) + 1,) if rest else ()
    events = tuple(event for _, event in read if event)
    return Transcript(events, tuple(number for number, event in read if event is None) + cut)


def _from_line(line: bytes) -> Event | None:
    """Give the event of a line, None if it is no such line: the file may be anybody's."""
    try:
        fields = json.loads(line)
        when, what = datetime.fromisoformat(fields["time"]).timestamp(), What(fields["what"])
        address = (str(fields["address"][0]), int(fields["address"][1])) if fields["address"] else None
        who, text, thread = (str(fields[name]) for name in ("who", "text", "thread"))
        return Event(what, who, address, int(fields["bytes"]), text, when, thread)
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError):
        return None


# ---- the file ----


def _open(path: Path) -> int:
    """Open a regular file to append to: on a pipe that nobody reads, the server would wait."""
    try:
        file = os.open(path, _FLAGS, MODE)
    except OSError as error:
        raise MachineError(f"The transcript {path} cannot be written: {error.strerror}.") from error
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise MachineError(f"The transcript {path} cannot be written: it is no ordinary file.")
    return file


def _ends_with_line_end(file: int) -> bool:
    if os.lseek(file, 0, os.SEEK_END) == 0:
        return True
    os.lseek(file, -1, os.SEEK_END)
    return os.read(file, 1) == b"\n"
