"""The servers that are measured, and how each is started: as a process of its own, on a free port of loopback."""

import contextlib
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
HERE = Path(__file__).parent
NO_LIMITS = ("--rate", "0", "--max-clients", "0", "--max-per-address", "0")

TITLES = {
    "limit": "C, coalescing (the limit)",
    "chatkit": "chatkit serve",
    "each": "C, one send per message",
    "batched": "asyncio protocol, batched by hand",
    "uvloop": "the same on uvloop",
    "streams": "asyncio streams",
    "websocket": "websockets broadcast",
    "naive": "naive threads, sendall under a lock",
    "ngircd": "ngircd (C, IRC)",
}
DIALECTS = {"ngircd": "irc", "websocket": "websocket"}  # the others speak chat/1
GIVEN_A_PORT = ("chatkit", "ngircd")  # the others choose one and print it
NEEDS = {"uvloop": "uvloop", "websocket": "websockets"}  # packages

NGIRCD = """\
[Global]
Name = irc.example
Info = benchmark
Listen = 127.0.0.1
Ports = {port}
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxNickLength = 20
MaxPenaltyTime = 0
PingTimeout = 3600
[Options]
DNS = no
Ident = no
PAM = no
"""


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    name: str
    port: int
    pid: int

    @property
    def dialect(self) -> str:
        """What it speaks."""
        return DIALECTS.get(self.name, "chat")


def why_not(name: str, python: str) -> str:
    """Say why a server cannot be measured here, or ""."""
    if (name in ("limit", "each") or name in DIALECTS) and not has_compiler():
        return "needs a C compiler (cc)"
    if name == "ngircd":
        return "" if ngircd() else "is not installed"
    if package := NEEDS.get(name, ""):
        found = subprocess.run([python, "-c", f"import {package}"], capture_output=True).returncode == 0
        return "" if found else f"needs {package}; give a Python that has it with --python"
    return ""


def has_compiler() -> bool:
    """Whether the load and the limit can be had in C; the load in Python speaks chat/1 only."""
    return shutil.which("cc") is not None


def ngircd() -> str | None:
    """Where ngircd is: Debian puts it where only root looks."""
    return shutil.which("ngircd") or shutil.which("ngircd", path="/usr/sbin")


def build(name: str, folder: Path) -> Path:
    """Compile one of the C programs, once."""
    program = folder / name
    if not program.exists():
        subprocess.run(["cc", "-O2", "-o", program, HERE / f"{name}.c"], check=True)
    return program


@contextlib.contextmanager
def running(name: str, folder: Path, python: str = sys.executable) -> Iterator[Running]:
    """Start a server, wait until it listens, and end it afterwards."""
    port = _free_port()
    with open(folder / f"{name}.log", "wb") as log:
        output = log if name in GIVEN_A_PORT else subprocess.PIPE
        process = subprocess.Popen(_command(name, port, folder, python), cwd=ROOT, stdout=output, stderr=log)
    try:
        if process.stdout:
            port = int(process.stdout.readline())
        else:
            _wait_until_it_listens(port)
        yield Running(name, port, process.pid)
    finally:
        process.kill()
        process.communicate()


def _command(name: str, port: int, folder: Path, python: str) -> list[str]:
    match name:
        case "chatkit":
            return [sys.executable, "-m", "chatkit", "serve", *NO_LIMITS, "--port", str(port)]
        case "limit":
            return [str(build("limit", folder)), "0"]
        case "each":
            return [str(build("limit", folder)), "0", "each"]
        case "ngircd":
            path = folder / "ngircd.conf"
            path.write_text(NGIRCD.format(port=port))
            return [str(ngircd()), "--nodaemon", "--config", str(path)]
    return [python, "-m", "benchmarks.fanout.peers", name]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_it_listens(port: int, patience: float = 10.0) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
