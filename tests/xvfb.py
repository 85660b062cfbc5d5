"""A screen that exists only in memory, and somebody who sits before it.

The fixture `display` is the name of an X display (":1") with a window manager, if openbox is there. What is waited for
has a time limit.
"""

import os
import select
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PATIENCE = 25.0  # seconds, for whatever another program has to do on a machine that is busy
SCREEN = "1280x900x24"


@pytest.fixture(scope="session")
def display(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if shutil.which("Xvfb") is None:
        pytest.skip("needs Xvfb: sudo apt install xvfb openbox xdotool imagemagick python3-tk (Debian, Ubuntu)")
    with a_screen(tmp_path_factory.mktemp("home")) as name:
        yield name


@contextmanager
def a_screen(home: Path) -> Iterator[str]:
    """Start a display with a window manager; `home` is an empty folder."""
    with _xvfb() as name, _window_manager(name, home):
        yield name


def wait_until(true: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Look again and again, for things that happen in another process and cannot be waited for otherwise."""
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, f"waited {patience:g} seconds in vain: {what}"
        time.sleep(0.02)


@dataclass(frozen=True)
class Person:
    """Somebody at a display, who types, clicks and looks."""

    display: str

    def find(self, title: str) -> str:
        """Wait for a window, whose title matches this regular expression, and give its id."""
        found: list[str] = []

        def look() -> bool:
            answer = self._try("xdotool", "search", "--onlyvisible", "--name", title)
            found[:] = answer.stdout.split()
            return bool(found)

        wait_until(look, f"a window with the title {title}")
        return found[0]

    def sees_no(self, title: str) -> bool:
        return not self._try("xdotool", "search", "--onlyvisible", "--name", title).stdout.split()

    def focus(self, window: str) -> None:
        self._do("xdotool", "windowfocus", "--sync", window)

    def resize(self, window: str, width: int, height: int) -> None:
        self._do("xdotool", "windowsize", "--sync", window, str(width), str(height))

    def types(self, text: str) -> None:
        self._do("xdotool", "type", "--delay", "8", text)

    def presses(self, *keys: str) -> None:
        """Press keys one after the other, such as "Tab" or "ctrl+a"."""
        self._do("xdotool", "key", "--delay", "8", *keys)

    def clicks(self, window: str, x: int, y: int) -> None:
        self._do("xdotool", "mousemove", "--sync", "--window", window, str(x), str(y), "click", "1")

    def photographs(self, path: Path) -> None:
        """Save what is on the screen."""
        self._do("import", "-window", "root", str(path))

    def photographs_window(self, window: str, path: Path) -> None:
        """Save what one window shows."""
        self._do("import", "-window", window, str(path))

    def _do(self, *command: str) -> None:
        done = self._try(*command)
        assert done.returncode == 0, f"{command} failed: {done.stderr}"

    def _try(self, *command: str) -> "subprocess.CompletedProcess[str]":
        env = os.environ | {"DISPLAY": self.display}
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False)


@contextmanager
def _xvfb() -> Iterator[str]:
    """Start Xvfb on a display that it chooses itself, so that two test runs do not meet."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", SCREEN, "-nolisten", "tcp", "-noreset"]
    with open(reading) as numbers, _running(command, pass_fds=(writing,)):
        os.close(writing)
        assert select.select([numbers], [], [], PATIENCE)[0], "Xvfb did not start"
        yield f":{numbers.readline().strip()}"


@contextmanager
def _window_manager(display: str, home: Path) -> Iterator[None]:
    if shutil.which("openbox") is None:
        yield
        return
    env = os.environ | {"DISPLAY": display, "HOME": str(home)}
    with _running(["openbox", "--sm-disable"], env=env):
        ready = ["xdotool", "get_num_desktops"]  # only a window manager can answer
        wait_until(lambda: subprocess.run(ready, env=env, capture_output=True).returncode == 0, "openbox to start")
        yield


@contextmanager
def _running(command: list[str], env: dict[str, str] | None = None, pass_fds: tuple[int, ...] = ()) -> Iterator[None]:
    process = subprocess.Popen(
        command, env=env, pass_fds=pass_fds, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
