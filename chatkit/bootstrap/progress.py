"""Runs the steps of a long job and shows that they live: which of how many, for how long, and what came last.

    [2/3] installing the packages   17 s   Collecting numpy        a terminal: one line, painted over

    [2/3] installing the packages                                  a file, a pipe, a dumb terminal: a line for each news
           17 s  Collecting numpy
"""

import os
import queue
import re
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from chatkit.bootstrap.process import end

TICK = 1.0  # seconds
SILENCE = 10.0  # seconds without news after which a pipe gets a line all the same
NEWS_WIDTH = 90  # characters
PATIENCE = 3.0  # seconds for an interrupted step to tidy up

# The lines of uv and pip that are news to somebody who waits.
NEWS = re.compile(
    r"\s*(Collecting|Obtaining|Downloading|Downloaded|Installing|Building|Built|Resolved|Prepared|Installed)\b"
)


@dataclass(frozen=True)
class Step:
    """A command, and what it does, in words."""

    doing: str
    command: tuple[str, ...]


class StepFailed(Exception):
    """A step ended with an error; `output` is all that it said."""

    def __init__(self, step: Step, output: str) -> None:
        super().__init__(step.doing)
        self.output = output


@dataclass(frozen=True)
class Workshop:
    """Where steps run, with which environment variables, and the file that keeps all they say."""

    folder: Path
    variables: Mapping[str, str]
    log: Path

    def run(self, step: Step, title: str) -> None:
        """Run a step and show it; raises StepFailed where its command fails."""
        display = Display(title, sys.stderr)
        display.begin()
        with self._running(step) as process:
            output = "".join(display.following(what_it_says(process)))
        display.end("failed" if process.returncode else "done")
        self._keep(step, output)
        if process.returncode:
            raise StepFailed(step, output)

    @contextmanager
    def _running(self, step: Step) -> Iterator[subprocess.Popen[str]]:
        with subprocess.Popen(
            step.command,
            cwd=self.folder,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as process:
            try:
                yield process
            finally:
                end(process, grace=PATIENCE, patience=PATIENCE)

    def _keep(self, step: Step, output: str) -> None:
        with suppress(OSError), self.log.open("a", encoding="utf-8") as log:  # a full disk: the end of it is shown
            log.write(f"$ {' '.join(step.command)}\n{output}\n")


def what_it_says(process: subprocess.Popen[str]) -> Iterator[str]:
    """Each line of the process as it comes, and an empty string for each second without one."""
    said: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_listen, args=(process, said), name="listens to a step", daemon=True).start()
    while True:
        try:
            line = said.get(timeout=TICK)
        except queue.Empty:
            line = ""
        if line is None:
            return
        yield line


def _listen(process: subprocess.Popen[str], said: "queue.Queue[str | None]") -> None:
    assert process.stdout is not None
    for line in process.stdout:
        said.put(line)
    said.put(None)


@dataclass
class Display:
    """One step on the screen."""

    title: str
    screen: TextIO
    started: float = field(default_factory=time.monotonic)
    shown: float = field(default_factory=time.monotonic)
    last: str = ""

    def begin(self) -> None:
        """Say what begins."""
        if not self.paints:
            self._write(self.title + "\n")

    def following(self, lines: Iterator[str]) -> Iterator[str]:
        """Pass the lines on, and show them."""
        for line in lines:
            self.last = line.strip() or self.last
            self._show(is_news=NEWS.match(line) is not None)
            yield line

    def end(self, how: str) -> None:
        """Say how it ended, and after how long."""
        self.last = how
        self._show(is_news=True)
        if self.paints:
            self._write("\n")

    @property
    def paints(self) -> bool:
        """Can a line of this screen be painted over?"""
        return self.screen.isatty() and os.environ.get("TERM") != "dumb"

    def _show(self, is_news: bool) -> None:
        seconds = f"{time.monotonic() - self.started:3.0f} s"
        if self.paints:
            room = shutil.get_terminal_size().columns - 1
            self._write("\r" + f"{self.title}  {seconds}  {self.last}"[:room].ljust(room))
        elif is_news or time.monotonic() - self.shown > SILENCE:
            self.shown = time.monotonic()
            self._write(f"       {seconds}  {textwrap.shorten(self.last, NEWS_WIDTH)}\n")

    def _write(self, text: str) -> None:
        self.screen.write(text)
        self.screen.flush()
