"""How fast the wire of a LAN is, beside a bridge of the kernel between the same hosts.

    .venv/bin/python -m benchmarks.lan

Both are made anew for each round, in turn, and the table has the medians. Senders and receivers are processes of
their own. It judges nothing: compare the ratios, for absolute figures move with the machine.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

from chatkit.lan import Lan
from chatkit.lan.helper import SWITCH, Helper
from chatkit.lan.host import LanHost
from chatkit.lan.plan import places

ROUNDS = 5
NAMES = ("ann", "bob", "eve")
CLASS = tuple(f"student{number}" for number in range(1, 41))
LOADS = {"bytes": 60_000_000, "frames": 50_000, "round-trip": 1000}

_TRAFFIC = str(Path(__file__).with_name("traffic.py"))
_BRIDGE = str(Path(__file__).with_name("bridge.py"))
_INTERFACE = "/proc/net/dev"
_SENT = 9  # column of it: frames

Figures = dict[str, float]


def main() -> None:
    """Measure, and print the table."""
    argparse.ArgumentParser(prog="python -m benchmarks.lan", description=__doc__).parse_args()
    wire: list[Figures] = []
    bridge: list[Figures] = []
    why_no_bridge = ""
    for number in range(1, ROUNDS + 1):
        print(f"\rround {number} of {ROUNDS}", end="", file=sys.stderr, flush=True)
        wire.append(measure_wire() | {"start-up of 3": start_up(NAMES), "start-up of 40": start_up(CLASS)})
        if not why_no_bridge:
            try:
                bridge.append(measure_bridge())
            except RuntimeError as error:
                why_no_bridge = str(error)
    print("\r", end="", file=sys.stderr)
    print(table(medians(wire), medians(bridge)))
    if why_no_bridge:
        print(why_no_bridge)


def measure_wire() -> Figures:
    """One round over the wire, with what was lost: it may be nothing."""
    with Lan(*NAMES) as lan:
        figures = {what: load(lan, what) for what in LOADS}
        while lan.wire.waiting:
            time.sleep(0.001)
        logged = len(lan.wire.log) + lan.wire.log.beyond
        return figures | {"lost": lan.wire.lost, "sent": sum(map(frames_sent, lan.values())), "logged": logged}


def measure_bridge() -> Figures:
    """One round over a bridge. Raises RuntimeError where the kernel has none."""
    homes = places(NAMES, ipv6=False)
    helper = Helper(homes)
    try:
        build = helper.run(SWITCH, [sys.executable, _BRIDGE], stderr=subprocess.PIPE, text=True)
        if complaint := build.communicate()[1]:
            raise RuntimeError(complaint)
        hosts = {home.name: LanHost(home, helper, str) for home in homes}
        return {what: load(hosts, what) for what in LOADS}
    finally:
        helper.close()


def load(hosts: Mapping[str, LanHost], what: str) -> float:
    """Let ann send to bob, and give what one of them measured."""
    receiver = start(hosts["bob"], "receive", what)
    assert receiver.stdout
    receiver.stdout.readline()  # it is ready
    sender = start(hosts["ann"], "send", what, hosts["bob"].address)
    answers = [float(process.communicate()[0]) for process in (sender, receiver)]
    return max(answers)  # the one that did not measure says 0


def start(host: LanHost, role: str, what: str, *address: str) -> subprocess.Popen[str]:
    """Start one of the two programs."""
    command = [sys.executable, _TRAFFIC, role, what, str(LOADS[what]), *address]
    return host.run(command, stdout=subprocess.PIPE, text=True)


def frames_sent(host: LanHost) -> int:
    """How many frames the host's interface has sent, as its kernel counts them."""
    counters = host.run(["cat", _INTERFACE], stdout=subprocess.PIPE, text=True).communicate()[0]
    (numbers,) = (line.split(":")[1].split() for line in counters.splitlines() if "eth0:" in line)
    return int(numbers[_SENT])


def start_up(names: tuple[str, ...]) -> float:
    """Seconds until a LAN of these hosts is there."""
    begin = time.perf_counter()
    lan = Lan(*names)
    took = time.perf_counter() - begin
    lan.close()
    return took


# ---- the table ----

ROWS: dict[str, tuple[str, float, Callable[[float], str]]] = {  # what it is, the goal, and how it is written
    "bytes": ("TCP, one connection, MB/s", 40e6, lambda value: f"{value / 1e6:.0f}"),
    "frames": ("frames of 60 bytes, frames/s", 40e3, lambda value: f"{value:,.0f}"),
    "round-trip": ("round trip, microseconds", 0, lambda value: f"{value * 1e6:.0f}"),
    "start-up of 3": ("start-up of 3 hosts, s", 0.5, lambda value: f"{value:.2f}"),
    "start-up of 40": ("start-up of 40 hosts, s", 2.0, lambda value: f"{value:.2f}"),
    "sent": ("frames sent, all rounds", 0, lambda value: f"{value:,.0f}"),
    "logged": ("frames logged, all rounds", 0, lambda value: f"{value:,.0f}"),
    "lost": ("frames lost by the wire", 0, lambda value: f"{value:,.0f}"),
}


SUMS = ("sent", "logged", "lost")  # of all rounds, the others are medians


def medians(rounds: list[Figures]) -> Figures:
    """The median of each figure; of what was lost, all of it."""
    if not rounds:
        return {}
    middle = {what: median(figures[what] for figures in rounds) for what in rounds[0]}
    return middle | {what: sum(figures[what] for figures in rounds) for what in rounds[0] if what in SUMS}


def table(wire: Figures, bridge: Figures) -> str:
    """Write the figures in columns."""
    lines = [f"{f'median of {ROUNDS} rounds':32}{'wire':>12}{'bridge':>12}{'wire/bridge':>14}{'goal':>10}"]
    for what, (title, goal, write) in ROWS.items():
        other, ratio = "", ""
        if what in bridge:
            other, ratio = write(bridge[what]), f"{wire[what] / bridge[what]:.2f}"
        aim = write(goal) if goal or what == "lost" else ""
        lines.append(f"{title:32}{write(wire[what]):>12}{other:>12}{ratio:>14}{aim:>10}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
