"""What is left of a LAN on this machine: whoever is in one of its namespaces, or holds one open."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from chatkit.lan import Lan

PATIENCE = 10.0  # seconds

_KINDS = ("user", "pid", "mnt", "net")


def namespaces(lan: Lan) -> set[str]:
    """Give the namespaces of a LAN, as links in /proc name them: "net:[4026532281]"."""
    found = _links(f"/proc/{lan._helper.pid}/ns")
    for host in lan.values():
        with host.run(["readlink", *(f"/proc/self/ns/{kind}" for kind in _KINDS)], stdout=subprocess.PIPE) as program:
            found |= set(program.communicate(timeout=PATIENCE)[0].decode().split())
    return found - _links("/proc/self/ns")


def traces(namespaces: set[str]) -> list[str]:
    """Give every process that is in one of these namespaces or holds one open, and what it runs."""
    return [line for process in Path("/proc").glob("[0-9]*") for line in _trace(process, namespaces)]


def helpers_of(process: int) -> list[int]:
    """Give the processes that it started, the youngest last."""
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def descriptors() -> int:
    """Count the open files of this process."""
    return len(os.listdir("/proc/self/fd"))


def wait_until(condition: Callable[[], object], what: str = "that") -> None:
    """Look again and again until it holds; fail after a time limit."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come in {PATIENCE} seconds"
        time.sleep(0.005)


def wait_until_nothing_is_left(of: set[str]) -> None:
    """Fail with what is left, after a time limit."""
    deadline = time.monotonic() + PATIENCE
    while left := traces(of):
        assert time.monotonic() < deadline, left
        time.sleep(0.005)


def _trace(process: Path, namespaces: set[str]) -> Iterator[str]:
    if (_links(f"{process}/ns") | _links(f"{process}/fd")) & namespaces:
        try:
            yield f"{process.name} {(process / 'cmdline').read_bytes().decode().split(chr(0))}"
        except OSError:
            return  # it has just ended


def _links(folder: str) -> set[str]:
    """Where the links in a folder lead; those that may not be read lead nowhere."""
    found = set()
    try:
        for entry in os.listdir(folder):
            found.add(os.readlink(f"{folder}/{entry}"))
    except OSError:
        pass  # it has ended, or is somebody else's
    return found
