"""What bob hears when ann's bytes reach a server in pieces that somebody has chosen.

    with naive_server(lan["server"]) as naive:
        heard_by_bob(lan["server"], naive, b"SAY hel", b"lo\\n")

TCP may cut and glue a stream wherever it likes. Here each piece is sent alone, and the next only when all is quiet, so
the server's `recv` gets the very pieces.
"""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chatkit.errors import MachineError
from chatkit.faces.notebook.stand_in import StandInHost
from chatkit.lan.host import LanHost
from chatkit.net.event import Address

NAIVE = Path(__file__).parents[3] / "labs" / "naive_server.py"
QUIET = 0.3  # seconds without a byte: a server has read what there was, and has said what it wanted
MOST_BYTES = 65536


@contextmanager
def naive_server(host: LanHost | StandInHost) -> Iterator[Address]:
    """Run labs/naive_server.py in the host, and give its address, which only programs of that host can reach.

    Raises MachineError.
    """
    with host.run([sys.executable, str(NAIVE), "0"], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield "127.0.0.1", _port(process.stdout.readline() if process.stdout else "")
        finally:
            process.kill()  # nothing else ends it


def _port(announced: str) -> int:
    if not announced:
        raise MachineError(f"{NAIVE} does not start. It is a file of the project: is the whole of it here?")
    return int(announced.split()[-1])


def heard_by_bob(host: LanHost | StandInHost, address: Address, *pieces: bytes) -> bytes:
    """Let ann and bob join from that host, let ann send the pieces, and give what bob's end receives after that."""
    with host.connect(address) as ann, host.connect(address) as bob:
        for sock in (ann, bob):
            sock.settimeout(QUIET)
        for sock, name in ((ann, "ann"), (bob, "bob")):
            sock.sendall(f"JOIN {name}\n".encode())
            _read_until_quiet(sock)
        heard = b""
        for piece in pieces:
            ann.sendall(piece)
            heard += _read_until_quiet(bob)
        return heard


def _read_until_quiet(sock: socket.socket) -> bytes:
    data = b""
    try:
        while more := sock.recv(MOST_BYTES):
            data += more
    except TimeoutError:
        pass  # it is quiet
    return data
