"""What the server prints: one line for each event that is worth one.

    14:02:11  127.0.0.1:50132        ann joined
    14:02:40  127.0.0.1:50134        bob left: closed without QUIT

The server's threads must never wait for a screen, so they only put an event down here; the main thread prints.
"""

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TextIO

from chatkit.faces.alphabets import remark_on
from chatkit.faces.colours import colour_of
from chatkit.faces.tty.rows import rows
from chatkit.faces.tty.screen_text import DIM, RED, YELLOW, harmless, hue, isolate, styled, wants_colour
from chatkit.net.event import Address, Event, What
from chatkit.net.host import write_address

MAX_WAITING = 10_000  # lines; when nobody takes them (a terminal stopped with Ctrl-S), the next are lost


@dataclass(frozen=True, slots=True)
class Entry:
    """How one kind of event reads; `style` "" means the colour of the name."""

    words: str
    style: str = ""


WORTH_A_LINE = {
    What.JOINED: Entry("{who} joined{remark}"),
    What.LEFT: Entry("{who} left{why}"),
    What.REFUSED: Entry("{who} was refused ({code}): {sentence}", YELLOW),
    What.TROUBLE: Entry("trouble{why}", RED),
}

_ADDRESS_WIDTH = len("255.255.255.255:65535")
_LEAST_ROOM = 20  # columns
_INDENT = " " * (len("14:02:11  ") + _ADDRESS_WIDTH + 2)


def log_line(event: Event, colour: bool = False, width: int = 0) -> str | None:
    """Give the line for an event, in rows of at most `width` columns or, for 0, as one; None if it is not worth one."""
    entry = WORTH_A_LINE.get(event.what)
    if entry is None:
        return None
    text = isolate(harmless(event.text))
    code, _, sentence = text.partition(" ")
    who = event.who or "somebody"  # who has not joined has no name
    why, remark = f": {text}" if text else "", remark_on(event.who)
    words = entry.words.format(who=who, why=why, code=code, sentence=sentence, remark=remark)
    style = entry.style or (hue(colour_of(event.who).terminal) if event.who else DIM)
    clock = time.strftime("%H:%M:%S", time.localtime(event.when))
    address = f"{_shown(event.address):{_ADDRESS_WIDTH}}"
    if width:
        room = max(_LEAST_ROOM, width - len(_INDENT))
        words = f"\n{_INDENT}".join(rows(words, room, taken=len(address) - _ADDRESS_WIDTH))
    return f"{styled(clock, DIM, colour)}  {address}  {styled(words, style, colour)}"


class Log:
    """The lines that wait to be printed on a stream, each flushed so that a pipe gets it at once."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._colour = wants_colour(stream)
        self._waiting: SimpleQueue[Event] = SimpleQueue()
        self._overflowed = self._failing = False

    def note(self, event: Event) -> None:
        """Keep an event to be printed. For the server's threads: it never waits."""
        if event.what not in WORTH_A_LINE:
            return
        if self._waiting.qsize() < MAX_WAITING:
            self._waiting.put(event)
        else:
            self._overflowed = True

    def print_what_comes(self, patience: float) -> None:
        """Print what waits, after waiting for it for at most `patience` seconds."""
        for event in self._take(patience):
            self.say(log_line(event, self._colour, self._width) or "")
        if self._overflowed:
            self._overflowed = False
            self.say("(lines are missing here: more came than could be printed)")

    def say(self, text: str) -> None:
        """Print a line. On a full disk it is missing, and the chat goes on. Raises BrokenPipeError: nobody reads."""
        try:
            print(text, file=self._stream, flush=True)
            self._failing = False
        except BrokenPipeError:
            raise
        except OSError as error:
            if not self._failing:
                print(f"The log cannot be printed: {error.strerror}. The chat goes on.", file=sys.stderr)
            self._failing = self._overflowed = True

    @property
    def _width(self) -> int:
        """The columns of the terminal; 0 where it is none."""
        try:
            return os.get_terminal_size(self._stream.fileno()).columns
        except OSError:
            return 0

    def _take(self, patience: float) -> Iterator[Event]:
        try:
            yield self._waiting.get(timeout=patience)
            while True:
                yield self._waiting.get_nowait()
        except Empty:
            return


def _shown(address: Address | None) -> str:
    return write_address(address) if address else ""
