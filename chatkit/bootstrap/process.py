"""Ending other programs, and being ended, so that none is left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any


def end(process: subprocess.Popen[Any], grace: float, patience: float) -> None:
    """Let the process end by itself for `grace` seconds (a Ctrl-C reached it as well), tell it to, at last make it."""
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    finally:  # also after one more Ctrl-C
        process.kill()
        process.wait()


@contextmanager
def unwinding() -> Iterator[None]:
    """Within, SIGTERM and a closed terminal unwind the program as Ctrl-C does: what was begun is tidied up."""
    signals = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = [signal.signal(number, _unwind) for number in signals]
    try:
        yield
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)


def _unwind(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def hand_over(command: list[str]) -> int:
    """Become another program; returns its exit code where a program can only be started (Windows)."""
    sys.stdout.flush()
    sys.stderr.flush()
    if sys.platform != "win32":
        os.execv(command[0], command)
    return _follow(command)


def _follow(command: list[str]) -> int:
    with subprocess.Popen(command) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:  # it got the Ctrl-C as well: how to end is its affair
                continue
