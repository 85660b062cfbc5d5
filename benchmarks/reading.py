"""How fast a capture is read, beside tshark and what else is installed: whole processes, in turn, medians.

    .venv/bin/python -m benchmarks.reading [--frames 1000000] [--rounds 5] [--file KEPT.pcap]

The capture is of real chat traffic that is made for it, on a private LAN. All readers must give the same answers. What
takes a minute for a million frames is measured on the first 10,000 only, where starting a program counts as well.
"""

import argparse
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.chatter import PORT
from benchmarks.readers import TSHARK_FIELDS, from_tshark
from chatkit import Capture, Lan
from chatkit.capture import pcap
from chatkit.capture.wire_capture import capture_of

FEW = 10_000  # frames
CLIENTS, MESSAGES = 20, 3200  # of each of two hosts, in one round of chat: some 340,000 frames
ROOT = Path(__file__).parent.parent
PEERS = ("tshark", "dpkt", "scapy")


@dataclass
class Measured:
    """What one reader took, round by round."""

    seconds: list[float] = field(default_factory=list)
    peak_bytes: list[int] = field(default_factory=list)


def main() -> None:
    """Make the capture, measure, and print the tables."""
    options = _parser().parse_args()
    with tempfile.TemporaryDirectory() as folder:
        many = options.file or Path(folder) / "many.pcap"
        if not many.exists():
            make(many, options.frames)
        few = Path(folder) / "few.pcap"
        frames = Capture.read(many).frames
        pcap.write(few, frames[:FEW], 1)
        print(table(many, len(frames), measure(many, ["tshark", "chatkit-streams", "chatkit"], options.rounds)))
        print(table(few, min(FEW, len(frames)), measure(few, [*PEERS, "chatkit-streams", "chatkit"], options.rounds)))
    print("Not installed, so not measured: " + (", ".join(name for name in PEERS if not is_there(name)) or "nothing"))


def make(path: Path, frames: int) -> None:
    """Write a capture of so many frames: people who chat on a LAN, one round after another."""
    with path.open("wb") as file:
        file.write(pcap.header(1))
        written = 0
        while written < frames:
            for frame in chat(CLIENTS, MESSAGES).frames[: frames - written]:
                file.write(pcap.record(frame))
                written += 1
            print(f"\r{written} of {frames} frames", end="", file=sys.stderr, flush=True)
    print("\r", end="", file=sys.stderr)


def chat(clients: int, messages: int) -> Capture:
    """One round of chat: the clients of two hosts, and the server, are processes of their own."""
    serve = [sys.executable, "-m", "chatkit", "serve", "--open", "--port", str(PORT), "--rate", "0"]
    with Lan("server", "ann", "bob") as lan:
        server = lan["server"].run(serve, cwd=ROOT, stdout=subprocess.PIPE)
        assert server.stdout
        server.stdout.readline()  # it listens
        talkers = [
            lan[name].run(_python("chatter", name, clients, messages, lan["server"].address), cwd=ROOT)
            for name in ("ann", "bob")
        ]
        if any(talker.wait() for talker in talkers):
            raise RuntimeError("the chat broke off")
        server.terminate()
        server.communicate()
        return capture_of(lan.wire)


def measure(path: Path, readers: list[str], rounds: int) -> dict[str, Measured]:
    """Let each reader that is there read the file, in turn; their answers have to agree."""
    found = {name: Measured() for name in readers if is_there(name)}
    answers: dict[str, list[str]] = {}
    for number in range(1, rounds + 1):
        for name, measured in found.items():
            print(f"\rround {number} of {rounds}: {name:16}", end="", file=sys.stderr, flush=True)
            answers[name] = run(name, path, measured)
    print("\r", end="", file=sys.stderr)
    for name, answer in answers.items():
        if answer != answers["chatkit"]:
            raise RuntimeError(f"{name} and chatkit differ: {set(answer) ^ set(answers['chatkit'])}")
    return found


def run(name: str, path: Path, measured: Measured) -> list[str]:
    """Run one reader, note what it took, and give its answers."""
    with tempfile.NamedTemporaryFile("w+") as output, tempfile.NamedTemporaryFile("w+") as notes:
        begin = time.perf_counter()
        subprocess.run(_command(name, path), stdout=output, stderr=notes, cwd=ROOT, check=True)
        measured.seconds.append(time.perf_counter() - begin)
        if name == "tshark":
            return sorted(from_tshark(Path(output.name)))
        measured.peak_bytes.append(int(Path(notes.name).read_text()))
        return Path(output.name).read_text().splitlines()


def is_there(name: str) -> bool:
    """Whether a reader is installed."""
    if name == "tshark":
        return shutil.which(name) is not None
    return name.startswith("chatkit") or importlib.util.find_spec(name) is not None


def _command(name: str, path: Path) -> list[str]:
    if name != "tshark":
        return _python("readers", name, path)
    fields = [argument for field_name in TSHARK_FIELDS for argument in ("-e", field_name)]
    return ["tshark", "-r", str(path), "-T", "fields", *fields]


def _python(module: str, *arguments: object) -> list[str]:
    return [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]


def table(path: Path, frames: int, found: dict[str, Measured]) -> str:
    """Write the medians in columns, each beside tshark's where there is one."""
    size = path.stat().st_size
    lines = [f"{f'{frames:,} frames, {size / 1e6:.1f} MB':28}{'s':>8}{'frames/s':>12}{'x tshark':>10}{'peak/file':>11}"]
    for name, measured in found.items():
        seconds = median(measured.seconds)
        ratio = f"{median(found['tshark'].seconds) / seconds:.1f}" if "tshark" in found else ""
        peak = f"{median(measured.peak_bytes) / size:.2f}" if measured.peak_bytes else ""
        lines.append(f"{name:28}{seconds:8.2f}{frames / seconds:12,.0f}{ratio:>10}{peak:>11}")
    return "\n".join(lines) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="How fast a capture is read, beside tshark.")
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--file", type=Path, help="use this pcap file of Ethernet frames, or keep here what is made")
    return parser


if __name__ == "__main__":
    main()
