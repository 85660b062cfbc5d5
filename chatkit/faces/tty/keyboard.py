"""Where the keys come from: a terminal that hands over each key at once, or a pipe that brings whole lines.

Every wait has a time limit: so the face can look after other things in between, and Ctrl-C works on Windows.
"""

import codecs
import contextlib
import os
import selectors
import sys
import time
from types import TracebackType
from typing import TextIO

from chatkit.faces.tty.typed_line import REDRAW

_AT_ONCE = 4096  # bytes taken in one read
_POLL = 0.02  # seconds between two looks at a Windows console
_WINDOWS_KEYS = dict(zip("HPMKGOS", ("[A", "[B", "[C", "[D", "[H", "[F", "[3~"), strict=True))  # after NUL or U+00E0


class Keyboard:
    """A pipe, a file, or a terminal that gives whole lines; `with` gives a terminal back as it was."""

    def __init__(self, stream: TextIO) -> None:
        self._file = stream.fileno()
        self._decoder = codecs.getincrementaldecoder(stream.encoding)("replace")

    def read(self, patience: float) -> str | None:
        """Wait for at most `patience` seconds; give what came, "" for nothing, None at the end."""
        if not self._is_ready(patience):
            return ""
        try:
            data = os.read(self._file, _AT_ONCE)
        except OSError:
            return None  # the terminal is gone
        return self._decoder.decode(data) if data else None

    def __enter__(self) -> "Keyboard":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Nothing to give back."""

    def _is_ready(self, patience: float) -> bool:
        if sys.platform == "win32":
            return True  # select() takes only sockets there: reading has to wait
        with selectors.SelectSelector() as selector:  # the one that takes files, and terminals on macOS
            selector.register(self._file, selectors.EVENT_READ)
            return bool(selector.select(patience))


def key_by_key(stream: TextIO) -> Keyboard:
    """Give the keyboard of a terminal that hands over each key at once and shows none of them."""
    if sys.platform == "win32":
        return _Console(stream)
    else:
        return _Cbreak(stream)


if sys.platform == "win32":
    import msvcrt

    class _Console(Keyboard):
        def read(self, patience: float) -> str | None:
            deadline = time.monotonic() + patience
            while not msvcrt.kbhit():
                if time.monotonic() > deadline:
                    return ""
                time.sleep(_POLL)
            keys = ""
            while msvcrt.kbhit():
                keys += self._key(msvcrt.getwch())
            return keys.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # an emoji comes in two halves

        def _key(self, first: str) -> str:
            if first not in "\0\xe0":
                return first
            return "\x1b" + _WINDOWS_KEYS.get(msvcrt.getwch(), "[~")

else:
    import termios
    import tty

    class _Cbreak(Keyboard):
        def __enter__(self) -> Keyboard:
            self._before = termios.tcgetattr(self._file)
            self._set()
            return self

        def __exit__(
            self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
        ) -> None:
            with contextlib.suppress(termios.error):  # it is gone
                termios.tcsetattr(self._file, termios.TCSADRAIN, self._before)

        def read(self, patience: float) -> str | None:
            try:
                if termios.tcgetattr(self._file) != self._mode:  # we were stopped, and a shell had the terminal
                    self._set()
                    return REDRAW
            except termios.error:
                return None  # the terminal is gone
            return super().read(patience)

        def _set(self) -> None:
            tty.setcbreak(self._file)
            self._mode = termios.tcgetattr(self._file)
