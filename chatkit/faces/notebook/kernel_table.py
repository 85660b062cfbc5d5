"""The table of TCP connections that a host's kernel keeps, as `ss -tan` and `netstat -an` print it.

    sockets_on(lan["server"], 9898)

    state        here            there           held by
    LISTEN       10.0.0.1:9898   nobody yet      a program
    ESTABLISHED  10.0.0.1:9898   10.0.0.2:40000  the kernel alone

The kernel alone holds what no program has accepted yet, and what every program has closed: TIME-WAIT, say.
"""

import ipaddress
import subprocess
import sys
from dataclasses import dataclass

from chatkit.errors import LanError, MachineError
from chatkit.faces.notebook.aligned import aligned
from chatkit.faces.notebook.stand_in import StandInHost
from chatkit.lan.host import LanHost
from chatkit.lan.tcp_info import STATES
from chatkit.net.host import write_address
from chatkit.tcp.states import State

FILES = ("/proc/net/tcp", "/proc/net/tcp6")  # of Linux; proc_net_tcp.txt says what the columns are

_HERE, _THERE, _STATE, _INODE = 1, 2, 3, 9  # columns
_HEADING = ("state", "here", "there", "held by")


@dataclass(frozen=True)
class Row:
    """One end of a connection, or a socket that listens."""

    state: State
    here: str
    there: str
    has_program: bool  # whether a program holds it: else the kernel alone

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """What is printed of it."""
        return self.state.value, self.here, self.there, "a program" if self.has_program else "the kernel alone"


@dataclass(frozen=True, repr=False)
class KernelTable:
    """What there was at one moment."""

    rows: tuple[Row, ...]

    def __repr__(self) -> str:
        if not self.rows:
            return "The kernel knows of no connection on this port."
        return aligned([_HEADING, *(row.cells for row in self.rows)])


def sockets_on(host: LanHost | StandInHost, port: int) -> KernelTable | str:
    """Ask the host's kernel for its sockets on this port of its own; where it cannot be asked, give the reason."""
    if sys.platform != "linux":
        return f"This system has no /proc/net/tcp. In a terminal, `netstat -an` has the same: look for port {port}."
    try:
        lines = _output_of(host, "cat", *FILES).splitlines()
    except (LanError, MachineError) as error:
        return str(error)
    rows = [row for row in map(str.split, lines) if row[0] != "sl" and _port(row[_HERE]) == port]
    return KernelTable(tuple(sorted(map(_row, rows), key=lambda row: (row.state is not State.LISTEN, row.there))))


def _output_of(host: LanHost | StandInHost, *program: str) -> str:
    with host.run(program, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        return str(process.communicate()[0])  # a kernel without IPv6 has only the first of the two files


def _row(columns: list[str]) -> Row:
    state = State(STATES[int(columns[_STATE], 16)])
    there = "nobody yet" if state is State.LISTEN else _address(columns[_THERE])
    return Row(state, _address(columns[_HERE]), there, columns[_INODE] != "0")


def _port(column: str) -> int:
    return int(column.rpartition(":")[2], 16)


def _address(column: str) -> str:
    """`0100000A:1F90` is 10.0.0.1:8080: the kernel prints each 32 bits of an address as its machine has them."""
    words = column.rpartition(":")[0]
    packed = b"".join(_bytes(words[at : at + 8]) for at in range(0, len(words), 8))
    return write_address((str(ipaddress.ip_address(packed)), _port(column)))


def _bytes(word: str) -> bytes:
    return int(word, 16).to_bytes(4, sys.byteorder)
