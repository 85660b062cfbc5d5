"""python3 -m chatkit capture: catches what passes on a port until Ctrl-C, and saves it; or says what a file holds."""

import argparse
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from chatkit.capture import pcap
from chatkit.capture.capture import Capture
from chatkit.capture.frame import ETHERNET
from chatkit.capture.live import LiveCapture

DEFAULT_PORT = 9898
STREAM = Path("-")
TICK = 0.2  # seconds between two looks at the counter


def main(argv: list[str]) -> int:
    """Capture, or read a file; returns the exit code."""
    options = _parser().parse_args(argv)
    if options.file and options.file != STREAM and options.file.exists():
        print(Capture.read(options.file))
        print(f"\nSee it:  python3 -m chatkit ladder {options.file}")
        return 0
    path = options.to or options.file or Path(time.strftime("chat-%Y%m%d-%H%M%S.pcap"))
    if path == STREAM:
        _capture(options, _stream_to(sys.stdout.buffer), sys.stderr)
    else:
        _report(_capture(options, _show_count, sys.stdout), path)
    return 0


def _capture(options: argparse.Namespace, look: Callable[[LiveCapture], None], notes: TextIO) -> Capture:
    """Capture until somebody or the time says stop, and look at what there is now and then."""
    with _stopped_by_signals() as stopped, LiveCapture(options.port or None, options.interface) as live:
        limit = f" or {options.seconds:g} s" if options.seconds else ""
        print(f"Capturing on {live.where}. Ctrl-C{limit} ends it.", file=notes, flush=True)
        until = time.monotonic() + (options.seconds or float("inf"))
        while not stopped.wait(TICK) and live.is_running and time.monotonic() < until:
            look(live)
        live.stop()
        look(live)
    return live.capture


def _show_count(live: LiveCapture) -> None:
    if sys.stdout.isatty():
        print(f"\r{len(live)} frames ", end="", flush=True)


def _stream_to(output: BinaryIO) -> Callable[[LiveCapture], None]:
    """Write frames as they come, for a program that reads a pcap file from a pipe."""
    written = 0

    def look(live: LiveCapture) -> None:
        nonlocal written
        if not written:
            link_types = [frame.link_type for frame in live.since(0)[:1]]
            output.write(pcap.header(*link_types or [ETHERNET]) if link_types or not live.is_running else b"")
        frames = live.since(written)
        output.writelines(map(pcap.record, frames))
        output.flush()
        written += len(frames)

    return look


def _report(capture: Capture, path: Path) -> None:
    capture.save(path)
    print(f"\n{capture}\n\n{capture.fitness}\n\nSaved as {path}.")
    print(f"See it:  python3 -m chatkit ladder {path}\n         wireshark {path}")


@contextmanager
def _stopped_by_signals() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets, and whatever else asks the program to end: what was caught is saved first."""
    stopped = threading.Event()
    wanted = [signal.SIGINT, signal.SIGTERM]
    before = [signal.signal(number, lambda *_: stopped.set()) for number in wanted]
    try:
        yield stopped
    finally:
        for number, handler in zip(wanted, before, strict=True):
            signal.signal(number, handler)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m chatkit capture",
        description="Capture what passes on a port until Ctrl-C, save it, and say whether it is fit to be read. "
        "With a FILE that is there: say what it holds. `capture - | wireshark -k -i -` shows it as it comes.",
    )
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="read it; or, if there is none, save to it; - is stdout"
    )
    parser.add_argument(
        "--port", type=int, default=DEFAULT_PORT, metavar="N", help=f"the port ({DEFAULT_PORT}); 0: all"
    )
    parser.add_argument("--interface", metavar="NAME", help="where to listen (this computer's loopback)")
    parser.add_argument("--to", type=Path, metavar="FILE", help="save to this file, even if it is there")
    parser.add_argument("--seconds", type=float, metavar="S", help="end by itself after so long")
    return parser
