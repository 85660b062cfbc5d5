"""The line that a person is typing, as a value: keys go in, finished lines come out. It knows no terminal.

    keys  "helo" LEFT "l" ENTER     ->     "hello"

A terminal sends a key that is no character as an escape sequence (LEFT is ESC [ D), and what is pasted between two of
them, so that a pasted line end does not send half of it.
"""

import re
from collections import deque
from collections.abc import Callable

from chatkit.faces.tty.screen_text import columns
from chatkit.protocol.text import MAX_TEXT_BYTES, clean

ENTER = "\r"
CTRL_C = "\x03"
CTRL_D = "\x04"
REDRAW = "\x0c"  # Ctrl-L; a keyboard also sends it when another program has had the terminal
UP, DOWN, RIGHT, LEFT, HOME, END, DELETE = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F", "\x1b[3~"
PASTE, PASTED = "\x1b[200~", "\x1b[201~"

_KEY = re.compile(r"\x1b\[[0-?]{0,16}[ -/]{0,16}[@-~]|\x1bO[@-~]|\x1b[^\[O\x1b]|[^\x1b]", re.DOTALL)  # ECMA-48 5.4
_UNFINISHED = re.compile(r"\x1b(\[[0-?]{0,16}[ -/]{0,16}|O)?")
_MAX_HISTORY = 100


class TypedLine:
    """What stands before and after the cursor, and the lines that were typed earlier."""

    def __init__(self) -> None:
        self.before = self.after = ""
        self.ended = False  # by Ctrl-D on an empty line
        self._history: deque[str] = deque(maxlen=_MAX_HISTORY)
        self._back = 0  # how far back in the history we look; 0 is the line itself
        self._draft = ""  # the line itself, while we look back
        self._pasting = False
        self._unread = ""  # the start of a sequence whose end has not come

    @property
    def text(self) -> str:
        """The whole line."""
        return self.before + self.after

    def feed(self, keys: str) -> list[str]:
        """Take what the keyboard sent, in whatever pieces; give the lines that Enter finished.

        Raises KeyboardInterrupt for a Ctrl-C that comes as a key.
        """
        finished = []
        for key in self._split(keys):
            if key in (ENTER, "\n") and not self._pasting:
                finished.append(self._finish())
            else:
                self._press(key)
        return finished

    def window(self, width: int) -> tuple[str, str]:
        """Give as much from before and after the cursor as fits into `width` columns."""
        after = _fitting(self.after, max(width // 4, width - columns(self.before)))
        return _fitting(self.before[::-1], width - columns(after))[::-1], after

    def _split(self, keys: str) -> list[str]:
        """Cut what came into characters and escape sequences, and keep a sequence that has not come whole."""
        unread, self._unread = self._unread + keys, ""
        found, at = [], 0
        while at < len(unread):
            if match := _KEY.match(unread, at):
                found.append(match.group())
                at = match.end()
            elif _UNFINISHED.fullmatch(unread, at):
                self._unread = unread[at:]
                break
            else:
                at += 1  # an ESC that begins nothing
        return found

    def _press(self, key: str) -> None:
        if key in (PASTE, PASTED):
            self._pasting = key == PASTE
        elif key == CTRL_C:
            raise KeyboardInterrupt
        elif key in _ACTIONS and not self._pasting:
            _ACTIONS[key](self)
        elif not key.startswith("\x1b"):
            self._insert(clean(key))

    def _insert(self, text: str) -> None:
        if len(self.text) + len(text) <= MAX_TEXT_BYTES:
            self.before += text

    def _finish(self) -> str:
        line = self.text
        if line and (not self._history or self._history[-1] != line):
            self._history.append(line)
        self._replace("")
        self._back = 0
        return line

    # ---- what keys do ----

    def _redraw(self) -> None:
        """The line stays as it is."""

    def _left(self) -> None:
        kept, moved = _without_last(self.before)
        self.before, self.after = kept, moved + self.after

    def _right(self) -> None:
        moved = _first(self.after)
        self.before, self.after = self.before + moved, self.after[len(moved) :]

    def _home(self) -> None:
        self.before, self.after = "", self.text

    def _end(self) -> None:
        self.before, self.after = self.text, ""

    def _backspace(self) -> None:
        self.before, _ = _without_last(self.before)

    def _delete(self) -> None:
        self.after = self.after[len(_first(self.after)) :]

    def _delete_or_end(self) -> None:
        self.ended = self.ended or not self.text
        self._delete()

    def _cut_before(self) -> None:
        self.before = ""

    def _cut_after(self) -> None:
        self.after = ""

    def _cut_word(self) -> None:
        self.before = re.sub(r"\S*\s*$", "", self.before)

    def _earlier(self) -> None:
        self._look_back(self._back + 1)

    def _later(self) -> None:
        self._look_back(self._back - 1)

    def _look_back(self, steps: int) -> None:
        if not 0 <= steps <= len(self._history):
            return
        if self._back == 0:
            self._draft = self.text
        self._back = steps
        self._replace(self._history[-steps] if steps else self._draft)

    def _replace(self, text: str) -> None:
        self.before, self.after = text, ""


def _first(text: str) -> str:
    """Give the first character with the marks that stand on it."""
    size = 1
    while size < len(text) and columns(text[size]) == 0:
        size += 1
    return text[:size]


def _without_last(text: str) -> tuple[str, str]:
    """Split off the last character, with the marks that stand on it."""
    at = len(text) - 1
    while at > 0 and columns(text[at]) == 0:
        at -= 1
    return text[: max(at, 0)], text[max(at, 0) :]


def _fitting(text: str, width: int) -> str:
    """Give as much from the start as fits into `width` columns."""
    for size in range(len(text)):
        width -= columns(text[size])
        if width < 0:
            return text[:size]
    return text


_ACTIONS: dict[str, Callable[[TypedLine], None]] = {
    REDRAW: TypedLine._redraw,
    LEFT: TypedLine._left, "\x1bOD": TypedLine._left, "\x02": TypedLine._left,
    RIGHT: TypedLine._right, "\x1bOC": TypedLine._right, "\x06": TypedLine._right,
    UP: TypedLine._earlier, "\x1bOA": TypedLine._earlier, "\x10": TypedLine._earlier,
    DOWN: TypedLine._later, "\x1bOB": TypedLine._later, "\x0e": TypedLine._later,
    HOME: TypedLine._home, "\x1bOH": TypedLine._home, "\x1b[1~": TypedLine._home, "\x01": TypedLine._home,
    END: TypedLine._end, "\x1bOF": TypedLine._end, "\x1b[4~": TypedLine._end, "\x05": TypedLine._end,
    "\x7f": TypedLine._backspace, "\b": TypedLine._backspace,
    DELETE: TypedLine._delete, CTRL_D: TypedLine._delete_or_end,
    "\x15": TypedLine._cut_before, "\x0b": TypedLine._cut_after, "\x17": TypedLine._cut_word,
}  # fmt: skip
