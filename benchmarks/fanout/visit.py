"""One visit to one server: everybody joins, then talks in several ways; what that took is noted."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from benchmarks.fanout.servers import Running, build, has_compiler

SENDERS, IN_FLIGHT = 8, 64
PACE = 50_000  # deliveries a second
UNTIL_CUT_OFF = 4  # times as long as the others: an outbox has to fill up
UNTIL_BLOCKED = 0.5  # seconds, after which the system takes nothing more for who does not read

Answer = dict[str, float]
Figures = dict[str, float]


class Load:
    """The program that connects the clients and checks what they hear."""

    def __init__(self, server: Running, folder: Path, clients: int, slow: int = 0) -> None:
        command = [*_program(server, folder), str(clients), str(slow)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, command: str) -> Answer:
        """Have it do something, and give what it measured."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        words = self._process.stdout.readline().split()
        return dict(zip(words[::2], map(float, words[1::2]), strict=True))

    def __enter__(self) -> "Load":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()


def _program(server: Running, folder: Path) -> list[str]:
    if has_compiler():
        return [str(build("load", folder)), str(server.port), server.dialect]
    return [sys.executable, str(Path(__file__).with_name("load.py")), str(server.port)]


@dataclass
class Visit:
    """What one server took with so many clients, and what was wrong with what it delivered."""

    figures: Figures = field(default_factory=dict)
    faults: set[str] = field(default_factory=set)

    def note(self, answer: Answer) -> None:
        """Note what was delivered wrongly in one of the flows."""
        for fault, words in FAULTS.items():
            if answer[fault]:
                self.faults.add(words)


FAULTS = {
    "missing": "lost",
    "disorder": "out of order or twice",
    "wrong": "garbled or cut off",
    "other_order": "no common order",
}


def visit(server: Running, folder: Path, clients: int, seconds: float) -> Visit:
    """Measure everything with clients that all read."""
    found = Visit()
    before = memory(server.pid)
    with Load(server, folder, clients) as load:
        joined = load.ask("join")
        if joined["knowing"] < clients:
            found.faults.add("joins that nobody heard of")
        found.figures["join"] = joined["seconds"]
        found.figures["memory"] = (memory(server.pid) - before) / clients
        spent = cpu_seconds(server.pid)
        many = load.ask(f"flow {min(SENDERS, clients)} {IN_FLIGHT} {seconds}")
        # the warm-up costs, too: so by all that was delivered, not only by what was counted
        found.figures["cpu"] = (cpu_seconds(server.pid) - spent) / max(1, many["messages"] * (clients - 1))
        one = load.ask(f"flow 1 1 {seconds}")
        paced = load.ask(f"paced {min(SENDERS, clients)} {PACE} {seconds}")
    found.figures |= {"many": many["per_second"], "one": one["per_second"], "p99": paced["p99"]}
    for answer in (many, one, paced):
        found.note(answer)
    return found


def visit_with_slow(server: Running, folder: Path, clients: int, slow: int, seconds: float) -> Visit:
    """Measure what `clients` notice of `slow` more that never read."""
    found = Visit()
    before = memory(server.pid)
    with Load(server, folder, clients + slow, slow) as load:
        load.ask("join")
        load.ask(f"flow {SENDERS} {IN_FLIGHT} {UNTIL_BLOCKED}")
        paced = load.ask(f"paced {SENDERS} {PACE} {seconds}")
        many = load.ask(f"flow {SENDERS} {IN_FLIGHT} {seconds * UNTIL_CUT_OFF}")
        found.figures["memory"] = (memory(server.pid) - before) / clients
    found.figures |= {"many": many["per_second"], "p99": paced["p99"], "cut": many["slow_cut"]}
    if "slow_cut_after" in many and many["slow_cut"]:
        found.figures["cut after"] = many["slow_cut_after"]
    for answer in (paced, many):
        found.note(answer)
    return found


def memory(pid: int) -> float:
    """Bytes of memory that a process has for itself (PSS), as its kernel counts them."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(float(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def cpu_seconds(pid: int) -> float:
    """Seconds that a process has worked, in itself and in the kernel."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
