"""chatkit as a program of its own: started as a user starts it, watched through its output."""

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from queue import Empty, Queue

from tests.peer import TIMEOUT

ROOT = Path(__file__).parent.parent
PATIENCE = 4 * TIMEOUT  # seconds: starting a Python takes a while on a busy machine


class Program:
    """A process whose output is read by a thread, so that waiting for a line has a time limit."""

    def __init__(self, *words: str, env: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            words,
            cwd=ROOT,
            env={**environment(), **(env or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        self._lines: Queue[str | None] = Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.seen = ""

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Give the first match in a line that has not been looked at yet."""
        while (line := self._next()) is not None:
            if match := re.search(pattern, line):
                return match
        raise AssertionError(f"no {pattern!r} in:\n{self.seen}")

    def type(self, text: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def interrupt(self, number: int = signal.SIGINT) -> None:
        self.process.send_signal(number)

    def end(self) -> int:
        """Wait for the end, with no more input, and give the exit code; `seen` is then all of the output."""
        assert self.process.stdin
        self.process.stdin.close()
        code = self.process.wait(PATIENCE)
        while self._next() is not None:
            pass
        return code

    def close(self) -> None:
        self.process.kill()
        with self.process:
            self._reader.join()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _next(self) -> str | None:
        try:
            line = self._lines.get(timeout=PATIENCE)
        except Empty:
            raise AssertionError(f"nothing more came after:\n{self.seen}") from None
        self.seen += line or ""
        return line

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def chatkit(*words: str, env: dict[str, str] | None = None) -> Program:
    """Start `python3 -m chatkit WORDS`."""
    return Program(sys.executable, "-m", "chatkit", *words, env=env)


def serving(*options: str, env: dict[str, str] | None = None) -> tuple[Program, int]:
    """Start a server on a free port; give it, and the port, once it says that connections are allowed."""
    program = chatkit("serve", "--port", "0", *options, env=env)
    try:
        port = int(program.wait_for(r"server on port (\d+)")[1])
        program.wait_for("Ctrl-C ends it")
    except BaseException:
        program.close()
        raise
    return program, port


def environment() -> dict[str, str]:
    """Give the environment for a program, without what would change its looks or its limits."""
    ours = ("NO_COLOR", "PYTHONUNBUFFERED", "PYTHONIOENCODING", "CHATKIT_PASSWORD", "COLUMNS", "LINES")
    return {**{name: value for name, value in os.environ.items() if name not in ours}, "PYTHONUTF8": "1"}
