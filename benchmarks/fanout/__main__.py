"""How fast the server hands one message to many, beside others on this machine.

    .venv/bin/python -m benchmarks.fanout [--clients 10 100 1000] [--slow 0 1 10 100] [--rounds 5] [--servers ...]

Every server is a process of its own and is visited in turn, round by round; the tables have medians, and ratios to "the
limit": a server in C that does nothing but hand messages on, with one system call for each receiver. The load checks
that each receiver gets each message once, whole, in its sender's order, and all of them in one order.

It judges nothing: compare the ratios, for absolute figures move with the machine.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import TypeVar

from benchmarks.fanout.servers import TITLES, has_compiler, running, why_not
from benchmarks.fanout.visit import IN_FLIGHT, PACE, SENDERS, Figures, Visit, visit, visit_with_slow

SLOW_AMONG = 1000  # who read

T = TypeVar("T", str, int)
Write = Callable[[float, float], str]  # a figure, and that of the first row
Columns = dict[str, tuple[str, Write]]  # a figure: its title, and how it is written


def _rate(value: float, first: float) -> str:
    return f"{value / first:.2f}  {value / 1e6:.3f} M/s"


def _latency(value: float, first: float) -> str:
    return f"{value / first:.2f}  {value * 1000:.2f} ms"


COLUMNS: Columns = {
    "many": (f"{SENDERS} senders, {IN_FLIGHT} in flight", _rate),
    "one": ("1 in flight", _rate),
    "p99": (f"p99 at {PACE:,}/s", _latency),
    "join": ("all joined", lambda value, _: f"{value:.2f} s"),
    "memory": ("memory each", lambda value, _: f"{value / 1024:.1f} KiB"),
    "cpu": ("CPU per delivery", lambda value, _: f"{value * 1e6:.2f} us"),
}
SLOW_COLUMNS: Columns = {
    "many": ("throughput", _rate),
    "p99": (f"p99 at {PACE:,}/s", _latency),
    "memory": ("memory each", lambda value, _: f"{value / 1024:.1f} KiB"),
    "cut": ("cut off", lambda value, _: f"{value:.0f}"),
    "cut after": ("the last after", lambda value, _: f"{value:.1f} s"),
}


def main() -> None:
    """Measure, and print the tables."""
    options = _parser().parse_args()
    print(f"The load is written in {'C' if has_compiler() else 'Python, which may hold up a fast server'}.\n")
    missing = {name: reason for name in options.servers if (reason := why_not(name, options.python))}
    options.servers = [name for name in options.servers if name not in missing]
    with tempfile.TemporaryDirectory() as folder:
        for clients in options.clients:
            print(_table_of_all(options, Path(folder), clients), flush=True)
        if len(options.slow) > 1:
            for name in options.servers:
                print(_table_of_slow(options, Path(folder), name), flush=True)
    for name, reason in missing.items():
        print(f"{TITLES[name]}: {reason}.")


def _table_of_all(options: argparse.Namespace, folder: Path, clients: int) -> str:
    found: dict[str, list[Visit]] = {name: [] for name in options.servers}
    for name in _in_turn(options.rounds, options.servers):
        with running(name, folder, options.python) as server:
            found[name].append(visit(server, folder, clients, options.seconds))
    return table(f"{clients} clients", {TITLES[name]: visits for name, visits in found.items()}, COLUMNS)


def _table_of_slow(options: argparse.Namespace, folder: Path, name: str) -> str:
    found: dict[int, list[Visit]] = {slow: [] for slow in options.slow}
    for slow in _in_turn(options.rounds, options.slow):
        with running(name, folder, options.python) as server:
            found[slow].append(visit_with_slow(server, folder, SLOW_AMONG, slow, options.seconds))
    title = f"{TITLES[name]}, {SLOW_AMONG} clients"
    return table(title, {f"and {slow} that never read": visits for slow, visits in found.items()}, SLOW_COLUMNS)


def _in_turn(rounds: int, what: list[T]) -> Iterator[T]:
    for number in range(1, rounds + 1):
        for one in what:
            print(f"\rround {number} of {rounds}: {one!s:12}", end="", file=sys.stderr, flush=True)
            yield one
    print("\r" + " " * 40 + "\r", end="", file=sys.stderr)


def table(title: str, rows: dict[str, list[Visit]], columns: Columns) -> str:
    """Write the medians in columns, beside those of the first row."""
    lines = [f"{title:36}" + "".join(f"{heading:>26}" for heading, _ in columns.values())]
    first = medians(next(iter(rows.values())))
    for name, visits in rows.items():
        figures = medians(visits)
        cells = [_cell(what, write, figures, first) for what, (_, write) in columns.items()]
        faults = sorted(set().union(*(one.faults for one in visits)))
        lines.append(
            f"{name:36}" + "".join(f"{cell:>26}" for cell in cells) + ("  " + ", ".join(faults) if faults else "")
        )
    return "\n".join(lines) + "\n"


def _cell(what: str, write: Write, figures: Figures, first: Figures) -> str:
    return write(figures[what], first.get(what, figures[what])) if what in figures else ""


def medians(visits: list[Visit]) -> Figures:
    """The median of each figure, over those visits that have it."""
    known = dict.fromkeys(what for one in visits for what in one.figures)
    return {what: median(one.figures[what] for one in visits if what in one.figures) for what in known}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.fanout", description="How fast one message is handed to many, beside other servers."
    )
    parser.add_argument("--clients", type=int, nargs="*", default=[10, 100, 1000], help="how many, table by table")
    parser.add_argument("--slow", type=int, nargs="*", default=[0, 1, 10, 100], help="how many more never read")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="that one measurement takes")
    parser.add_argument(
        "--servers", nargs="+", default=list(TITLES), choices=list(TITLES), help="the first is the measure"
    )
    parser.add_argument("--python", default=sys.executable, help="a Python that has uvloop and websockets")
    return parser


if __name__ == "__main__":
    main()
