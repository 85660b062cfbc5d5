"""The screen of a terminal chat: messages scroll by, and the line that is being typed stays whole below them.

    14:02  bob: hello
    14:03  bob: are you there?
    ann> yes, I a_

A message that comes while somebody types erases that line, takes its place, and the line is painted again below: in one
write, under one lock, so that no two threads mix. Where nobody types, at a pipe, lines are only printed.
"""

import os
import threading
from types import TracebackType
from typing import TextIO

from chatkit.faces.tty.screen_text import columns, styled
from chatkit.faces.tty.typed_line import REDRAW, TypedLine

_ERASE = "\r\x1b[K"  # to the start of the row, and erase to its end (ECMA-48 8.3.41)
_MARK_PASTES, _DO_NOT = "\x1b[?2004h", "\x1b[?2004l"  # pasted text comes between two sequences
_KEEP_TITLE, _OWN_TITLE = "\x1b[22;2t", "\x1b[23;2t"  # a stack of titles (xterm control sequences)
_LEAST_WIDTH = 10  # columns for the typed line, however long the prompt


class PipeScreen:
    """Prints what is shown, troubles on a stream of their own, and cuts what is read into lines."""

    width = 0  # rows have no end

    def __init__(self, out: TextIO, troubles: TextIO) -> None:
        self._out, self._troubles = out, troubles
        self._lock = threading.Lock()  # guards both streams
        self._rest = ""
        self.ended = False

    def show(self, text: str, is_trouble: bool = False) -> None:
        """Show a line. Where that cannot be done any more the chat ends, and Python says why at its own end."""
        with self._lock:
            try:
                print(text, file=self._troubles if is_trouble else self._out, flush=True)
            except OSError:  # the disk is full, or whoever read it is gone
                self.ended = True

    def prompt(self, text: str, style: str = "") -> None:
        """Nobody is there to see it."""

    def title(self, text: str) -> None:
        """There is no window."""

    def typed(self, keys: str) -> list[str]:
        """Take what was read, and give the lines that are finished."""
        *lines, self._rest = (self._rest + keys).split("\n")
        return lines

    def last(self) -> list[str]:
        """Give what was read after the last line end."""
        return [self._rest] if self._rest else []

    def mute(self) -> None:
        """Show nothing any more: a thread that is still writing when Python ends would end it with an abort."""
        self._lock.acquire()

    def __enter__(self) -> "PipeScreen":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Nothing to give back."""


class TypingScreen:
    """A terminal with a person at it, who types while it is entered."""

    def __init__(self, out: TextIO, colour: bool) -> None:
        self._out, self._colour = out, colour
        self._lock = threading.Lock()  # guards the stream, and the line that is typed on it
        self._line = TypedLine()
        self._prompt, self._style = "", ""
        self._title = ""
        self._typing = False
        self._width = self.width

    @property
    def width(self) -> int:
        """The columns of a row."""
        try:
            return os.get_terminal_size(self._out.fileno()).columns or 80
        except OSError:
            return 80  # it does not say

    @property
    def ended(self) -> bool:
        """Whether the person pressed Ctrl-D."""
        return self._line.ended

    def show(self, text: str, is_trouble: bool = False) -> None:
        """Show lines above the one that is typed."""
        with self._lock:
            self._write(f"{_ERASE}{text}\n{self._painted()}")

    def prompt(self, text: str, style: str = "") -> None:
        """Change what stands before the typed line."""
        with self._lock:
            self._prompt, self._style = text, style
            self._write(self._painted())

    def title(self, text: str) -> None:
        """Put a harmless text into the title of the terminal's window; "" brings back its own."""
        with self._lock:
            self._entitle(text)

    def typed(self, keys: str) -> list[str]:
        """Take what the keyboard gave, show it, and give the lines that are finished."""
        with self._lock:
            lines = self._line.feed(keys)
            if keys or self._width != self.width:
                self._width = self.width
                self._write((_MARK_PASTES if REDRAW in keys else "") + self._painted())  # a shell may have ended it
            return lines

    def last(self) -> list[str]:
        """What was not finished with Enter is not sent."""
        return []

    def mute(self) -> None:
        """Show nothing any more: a thread that is still writing when Python ends would end it with an abort."""
        self._lock.acquire()

    def __enter__(self) -> "TypingScreen":
        with self._lock:
            self._typing = True
            self._write(_MARK_PASTES + self._painted())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Nothing is typed any more: what is still shown stands alone."""
        with self._lock:
            self._typing = False
            self._write(_ERASE + _DO_NOT)
            self._entitle("")

    def _entitle(self, text: str) -> None:
        if text == self._title:
            return
        before, after = _KEEP_TITLE * (not self._title), _OWN_TITLE * (not text)
        self._title = text
        self._write(f"{before}\x1b]2;{text or 'chatkit'}\x07{after}")  # where no stack is known, the name will do

    def _painted(self) -> str:
        """Give the typed line. Where the cursor goes the terminal counts itself: it knows how wide its letters are."""
        if not self._typing:
            return ""
        prompt = styled(self._prompt, self._style, self._colour)
        before, after = self._line.window(max(_LEAST_WIDTH, self._width - columns(self._prompt) - 1))
        return _ERASE + prompt + before + (f"{after}\r{prompt}{before}" if after else "")

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


Screen = PipeScreen | TypingScreen
