"""Three servers, and a class that grows: how long does it take until all have heard one line?

    figures = measure()                  10, 100, 300 and 1000 clients, as far as they fit
    broadcast_cost(figures)              the same as a plot (plots/broadcast_cost.py)

Server and crowd are processes of their own, on this computer: no other process, and not this one, is changed for them.
The crowd reads what it hears, and that takes time, too: the same for all servers.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chatkit.errors import MachineError
from chatkit.teach.figures import ASYNCIO, SELECTOR, THREADS, Figure, Figures

SERVERS = (THREADS, SELECTOR, ASYNCIO)
SIZES = (10, 100, 300, 1000)
LINES = 5  # that are said to each class
FOLDER = Path(__file__).parents[3] / "labs" / "04-a-thousand-clients"

_OTHERS = 50  # descriptors that a process needs beside those of its clients
_MOST_ON_WINDOWS = 500  # sockets: its select() takes 512

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]


def measure(sizes: tuple[int, ...] = SIZES) -> Figures:
    """Let a class grow at each of the three servers. Raises MachineError where not even the smallest fits."""
    most = most_clients()
    fits = tuple(size for size in sizes if size <= most)
    remarks = tuple(f"{size} clients do not fit: a process may have {most} here." for size in sizes if size > most)
    rows: list[Figure] = []
    for server in SERVERS:
        try:
            rows.extend(_grown(server, fits))
        except MachineError as error:
            remarks += (f"{server}: {error}",)
    if not rows:
        raise MachineError(f"Nothing could be measured here. {' '.join(remarks)}")
    return Figures(tuple(rows), remarks)


def most_clients() -> int:
    """How many clients one process may have here, if it asks for all that it can get."""
    if resource is None:
        return _MOST_ON_WINDOWS
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return sys.maxsize if hard == resource.RLIM_INFINITY else hard - _OTHERS


def _grown(server: str, sizes: tuple[int, ...]) -> Iterator[Figure]:
    with _program(str(FOLDER / f"{server}_server.py")) as serving:
        port = _answer(serving).rpartition(" ")[2]
        with _program("-m", "chatkit.faces.notebook.crowd", port) as crowd:
            for size in sizes:
                _ask(crowd, f"grow {size}")
                cost = float(_ask(crowd, f"say {LINES}"))
                yield Figure(server, size, cost, _told(serving.pid, "Threads"), _memory(serving.pid))


@contextmanager
def _program(*words: str) -> Iterator["subprocess.Popen[str]"]:
    """Run Python in a process that talks in lines, and end it afterwards."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, *words], cwd=FOLDER.parents[1], text=True, **pipes)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _ask(process: "subprocess.Popen[str]", line: str) -> str:
    assert process.stdin is not None
    process.stdin.write(f"{line}\n")
    process.stdin.flush()
    return _answer(process)


def _answer(process: "subprocess.Popen[str]") -> str:
    """The next line that it prints. Raises MachineError, with what it complains of, where it ends instead."""
    assert process.stdout is not None and process.stderr is not None
    if line := process.stdout.readline():
        return line.strip()
    complaint = process.stderr.read().strip().splitlines() or ["it ended without a word"]
    raise MachineError(complaint[-1])


def _memory(pid: int) -> int | None:
    kibibytes = _told(pid, "VmRSS")
    return None if kibibytes is None else kibibytes * 1024


def _told(pid: int, name: str) -> int | None:
    """A number that Linux tells of a process (proc_pid_status(5)); None elsewhere."""
    path = Path(f"/proc/{pid}/status")
    if not path.exists():
        return None
    rows = (line.split() for line in path.read_text().splitlines())
    return next((int(row[1]) for row in rows if row[0] == f"{name}:"), None)
