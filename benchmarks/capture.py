"""How many frames a live capture loses, beside scapy's own sniffer and dumpcap: the same flood for each, in turn.

    sudo .venv/bin/python -m benchmarks.capture [--rate 100000] [--seconds 3] [--rounds 3]

The flood is UDP on loopback, from a process of its own that counts what it sends. What the kernel had to drop, it says.
"""

import argparse
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from chatkit import LiveCapture
from chatkit.capture.sniffing import sniff_on_loopback
from chatkit.errors import CaptureError

PORT = 9797
FLOOD = str(Path(__file__).with_name("flood.py"))


@dataclass(frozen=True)
class Caught:
    """What became of one flood."""

    sent: int
    kept: int
    dropped: int | None  # as the kernel says; None where it is not asked
    rate: float  # frames per second that were sent


def main() -> None:
    """Measure, and print the table."""
    options = _parser().parse_args()
    ways: dict[str, Callable[[], Caught]] = {
        "chatkit": lambda: by_chatkit("scapy", options.rate, options.seconds),
        "chatkit, by dumpcap": lambda: by_chatkit("dumpcap", options.rate, options.seconds),
        "scapy's AsyncSniffer": lambda: by_scapy(options.rate, options.seconds),
    }
    print(f"{'':24}{'frames/s':>12}{'sent':>10}{'kept':>10}{'dropped':>10}{'kept/sent':>12}")
    for name, way in ways.items():
        try:
            print(line(name, [way() for _ in range(options.rounds)]))
        except CaptureError as error:
            print(f"{name:24}not measured: {error}")


def line(name: str, rounds: list[Caught]) -> str:
    """One way in columns: sums over all rounds, the median of the rates."""
    sent, kept = sum(r.sent for r in rounds), sum(r.kept for r in rounds)
    dropped = "" if rounds[0].dropped is None else f"{sum(r.dropped or 0 for r in rounds):,}"
    return f"{name:24}{median(r.rate for r in rounds):12,.0f}{sent:10,}{kept:10,}{dropped:>10}{kept / sent:12.4f}"


def by_chatkit(means: str, rate: int, seconds: float) -> Caught:
    """A `LiveCapture`, by one of its means."""
    with LiveCapture(PORT, by=means) as live:
        sent, took = flood(rate, seconds)
    return Caught(sent, len(live.capture.frames), live.capture.dropped, sent / took)


def by_scapy(rate: int, seconds: float) -> Caught:
    """scapy as one would start it: it dissects each packet as it comes."""
    from scapy.sendrecv import AsyncSniffer

    sniff_on_loopback(PORT)  # whether that is allowed
    sniffer = AsyncSniffer(iface="lo", store=True, lfilter=lambda packet: packet.haslayer("UDP"))
    sniffer.start()
    time.sleep(0.5)  # until it listens
    sent, took = flood(rate, seconds)
    time.sleep(1)
    sniffer.stop()
    kept = sum(packet["UDP"].dport == PORT for packet in sniffer.results) // 2  # on loopback each comes twice
    return Caught(sent, kept, None, sent / took)


def flood(rate: int, seconds: float) -> tuple[int, float]:
    """Let the other process send; give how many it sent, and in how many seconds."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:  # or the kernel would answer by ICMP
        sink.bind(("127.0.0.1", PORT))
        command = [sys.executable, FLOOD, str(PORT), str(rate), str(seconds)]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return int(said[0]), float(said[1])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="How many frames a live capture loses.")
    parser.add_argument("--rate", type=int, default=100_000, help="frames per second")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    return parser


if __name__ == "__main__":
    main()
