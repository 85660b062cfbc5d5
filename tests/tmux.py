"""A terminal with a person at it: tmux, in which keys are pressed and the screen is read."""

import contextlib
import shlex
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator

from tests.programs import PATIENCE, ROOT, environment

_EXIT_CODE = "exit code "
_RUN = f'trap : INT; "$@"; echo "{_EXIT_CODE}$?"; exec cat'  # cat keeps the screen until the end of the test


class Pane:
    """One terminal of `width` columns and 24 rows."""

    def __init__(self, tmux: "Tmux", name: str) -> None:
        self._tmux, self._name = tmux, name

    def type(self, text: str) -> None:
        """Press the keys of a text."""
        self._tmux.run("send-keys", "-t", self._name, "-l", text)

    def press(self, *keys: str) -> None:
        """Press keys by their tmux names: Enter, C-c, Left."""
        self._tmux.run("send-keys", "-t", self._name, *keys)

    def enter(self, text: str) -> None:
        self.type(text)
        self.press("Enter")

    def paste(self, text: str) -> None:
        """Paste as a terminal does, marked where the program asked for marks."""
        self._tmux.run("set-buffer", text)
        self._tmux.run("paste-buffer", "-p", "-t", self._name)

    def resize(self, width: int) -> None:
        self._tmux.run("resize-window", "-t", self._name, "-x", str(width))

    def rows(self, styles: bool = False) -> list[str]:
        """Give the rows down to the last that is not empty."""
        text = self._tmux.run("capture-pane", "-p", *(["-e"] if styles else []), "-t", self._name)
        return [row.rstrip() for row in text.rstrip("\n").split("\n")]

    @property
    def cursor(self) -> int:
        """The column of the cursor, the first is 0."""
        return int(self._ask("cursor_x"))

    @property
    def title(self) -> str:
        return self._ask("pane_title")

    @property
    def exit_code(self) -> int:
        """Wait for the program to exit by itself."""
        self.wait_for(_EXIT_CODE)
        return int("".join(self.rows()).rpartition(_EXIT_CODE)[2])

    def wait_for(self, text: str) -> None:
        """Wait until a row has the text."""
        self._until(lambda: any(text in row for row in self.rows()), f"no {text!r} on the screen")

    def wait_for_last(self, row: str) -> None:
        """Wait until the last row is this one."""
        self._until(lambda: self.rows()[-1] == row, f"the last row is not {row!r}")

    def _until(self, is_so: Callable[[], bool], complaint: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not is_so():
            if time.monotonic() > deadline:
                raise AssertionError(f"{complaint}:\n" + "\n".join(self.rows()))
            time.sleep(0.02)

    def _ask(self, variable: str) -> str:
        return self._tmux.run("display-message", "-p", "-t", self._name, f"#{{{variable}}}").rstrip("\n")


class Tmux:
    """A tmux server of our own, with nobody's configuration."""

    def __init__(self) -> None:
        self._words = ("tmux", "-L", f"chatkit-{uuid.uuid4().hex[:12]}", "-f", "/dev/null")
        self._count = 0

    def open(self, *words: str, width: int = 80) -> Pane:
        """Run a program in a terminal of its own."""
        self._count += 1
        name = f"pane{self._count}"
        command = shlex.join(["sh", "-c", _RUN, "sh", *words])
        self.run("new-session", "-d", "-s", name, "-x", str(width), "-y", "24", "-c", str(ROOT), command)
        return Pane(self, name)

    def chat(self, *words: str, width: int = 80) -> Pane:
        """Run `python3 -m chatkit chat WORDS`."""
        return self.open(sys.executable, "-m", "chatkit", "chat", *words, width=width)

    def run(self, *words: str) -> str:
        words = (*self._words, *words)
        done = subprocess.run(words, env=environment(), capture_output=True, timeout=PATIENCE, check=True)
        return done.stdout.decode()

    def close(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):  # it ends with its last pane
            self.run("kill-server")


@contextlib.contextmanager
def tmux() -> Iterator[Tmux]:
    terminal = Tmux()
    try:
        yield terminal
    finally:
        terminal.close()
