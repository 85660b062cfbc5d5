"""Small experiments with TCP itself, a line or two each: who answers a call, who keeps a port, who closes.

    with catching(lan, port, "backlog-full") as live:      what passes on this port
    calls(lan, door, 3)                                    what becomes of three calls, if nobody accepts them
    kill_a_client(lan["bob"], server)                      a program that is connected, and dies
    restart(lan, reuse_address=False)                      a server that ends, and starts again at once
    pour(lan)                                              a bulk transfer over a long wire: bulk.py
    sockets_on(lan["server"], port)                        what a kernel knows of its connections: kernel_table.py
    table_of(conversation)                                 a conversation in rows: segment_table.py

The hosts are those of a LAN. On a stand-in, which is this computer, everything goes the same way over loopback; where
nothing can be caught there, the capture is the recorded one that is named (`python3 -m chatkit.faces.recordings.tcp`).
"""

import socket
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass

from chatkit.capture.capture import Capture
from chatkit.capture.catch import Catch, catch
from chatkit.errors import Refused
from chatkit.faces.notebook.bulk import pour as pour
from chatkit.faces.notebook.kernel_table import KernelTable
from chatkit.faces.notebook.kernel_table import sockets_on as sockets_on
from chatkit.faces.notebook.segment_table import table_of as table_of
from chatkit.faces.notebook.stand_in import StandIn, StandInHost
from chatkit.lan.host import LanHost
from chatkit.lan.lan import Lan
from chatkit.net.server import Server

SERVER, ANN = "server", "ann"  # the hosts
GREETING = b"welcome, and goodbye\n"
PATIENCE = 0.3  # seconds that a call waits for an answer: the second SYN would follow after 1 s

_CONNECTS = """
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as connected:
    print(connected.recv(4096).decode(), end="", flush=True)
    sys.stdin.read()
"""


def catching(lan: Lan | StandIn, port: int, instead: str) -> Catch:
    """Catch what passes on this port; where that is not allowed, hand over the recorded capture `instead`."""
    return catch(port, lan=lan if isinstance(lan, Lan) else None, instead=instead)


# ---- opening ----


def calls(lan: Lan | StandIn, door: socket.socket, times: int) -> list[str]:
    """Let ann call so many times at a door of the server's, without hanging up, and give what she gets to know."""
    with ExitStack() as stack:
        return [f"call {number}: {_call(lan, door, stack)}" for number in range(1, times + 1)]


def _call(lan: Lan | StandIn, door: socket.socket, stack: ExitStack) -> str:
    try:
        connected = stack.enter_context(lan[ANN].connect((lan[SERVER].address, _port(door)), PATIENCE))
    except Refused:
        return f"no answer within {PATIENCE:g} s"
    return f"connected, from port {_port(connected)}"


# ---- closing ----


def kill_a_client(host: LanHost | StandInHost, server: Server) -> str:
    """Run a program in the host that connects and reads the greeting; then kill it, so that it can close nothing.

    Gives what it had read.
    """
    program = (sys.executable, "-c", _CONNECTS, *map(str, server.address))
    with host.run(program, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        greeting = str(process.stdout.readline())
        process.kill()
    return greeting


@dataclass(frozen=True, repr=False)
class Restart:
    """What became of a server that was started again at once."""

    port: int
    trouble: str  # why it could not have its port again; empty if it could
    sockets: KernelTable | str  # what the kernel still kept of the port when the server was gone
    capture: Capture  # of the connection before

    def __repr__(self) -> str:
        outcome = f"bind() fails: {self.trouble}" if self.trouble else "it listens again"
        return f"{self.sockets}\nThe server starts again on port {self.port}: {outcome}."


def restart(lan: Lan | StandIn, *, reuse_address: bool) -> Restart:
    """Let ann connect to a server that closes first and ends; then start it again at once, on the same port.

    `reuse_address` is whether the server sets SO_REUSEADDR, both times (socket(7)).
    """
    with _door(lan, 0, reuse_address) as door:
        port = _port(door)
        with catching(lan, port, "restart") as live:
            _serve_one(lan, door)
    sockets = sockets_on(lan[SERVER], port)
    try:
        _door(lan, port, reuse_address).close()
    except OSError as error:
        return Restart(port, error.strerror or str(error), sockets, live.stop())
    return Restart(port, "", sockets, live.stop())


def _door(lan: Lan | StandIn, port: int, reuse_address: bool) -> socket.socket:
    """A socket that listens, as `host.listen` gives one, except that it may go without SO_REUSEADDR."""
    host = lan[SERVER]
    door = host.socket(socket.AF_INET, socket.SOCK_STREAM, 0)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse_address)
    try:
        door.bind((host.address, port))
        door.listen()
    except OSError:
        door.close()
        raise
    return door


def _serve_one(lan: Lan | StandIn, door: socket.socket) -> None:
    """The server says a word, and closes when ann has read it; only when she has read the end does she close, too."""
    with lan[ANN].connect((lan[SERVER].address, _port(door))) as ann:
        with door.accept()[0] as served:
            served.sendall(GREETING)
            ann.recv(len(GREETING))
        ann.recv(1)


def _port(sock: socket.socket) -> int:
    return int(sock.getsockname()[1])
