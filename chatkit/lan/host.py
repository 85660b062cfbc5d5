"""A host of a LAN: a name, addresses, and the sockets and programs that live there."""

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Unpack

from chatkit.errors import MachineError, MisuseError, Refused
from chatkit.lan.helper import Helper
from chatkit.lan.plan import Place
from chatkit.lan.settings import Settings, put

ETH_P_ALL = 3
PORTS = 65536

_BACKLOG = 1024
_TIMEOUT = 5.0  # seconds

Address = tuple[str, int]


class LanHost:
    """It fits what a server and a client are handed as their host: `address`, `listen`, `connect`."""

    def __init__(self, place: Place, helper: Helper, find: Callable[[str], str]) -> None:
        self._place, self._helper, self._find = place, helper, find

    @property
    def name(self) -> str:
        """What the LAN calls it."""
        return self._place.name

    @property
    def address(self) -> str:
        """The IP address at which the others reach it: IPv6 in a LAN that was made so."""
        return self._place.address

    @property
    def mac(self) -> str:
        """The address of its network interface, eth0."""
        return self._place.mac

    # ---- TCP ----

    def listen(self, port: int) -> socket.socket:
        """Give a TCP socket that listens on every address of the host; port 0 lets the system choose.

        Raises MachineError, MisuseError.
        """
        _check(port)
        sock = self.socket(self._family, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("", port))
            sock.listen(_BACKLOG)
        except OSError as error:
            sock.close()
            raise MachineError(f"Port {port} of the host {self.name} could not be opened: {error}.") from error
        return sock

    def connect(self, address: Address, timeout: float = _TIMEOUT) -> socket.socket:
        """Give a TCP socket that is connected, after at most `timeout` seconds; the address may be a host's name.

        Raises Refused.
        """
        target, port = self._find(address[0]), address[1]
        if not 0 < port < PORTS:
            raise Refused(f"Port {port} does not exist: ports are 1 to {PORTS - 1}.")
        sock = self.socket(_family(target), socket.SOCK_STREAM)
        sock.settimeout(timeout)
        try:
            sock.connect((target, port))
        except OSError as error:
            sock.close()
            raise Refused(self._why_not_connected(target, port, error, timeout)) from error
        except BaseException:  # Ctrl-C, while it waits
            sock.close()
            raise
        return sock

    # ---- other sockets ----

    def udp(self, port: int = 0) -> socket.socket:
        """Give a UDP socket that is bound to the port. Raises MachineError, MisuseError."""
        _check(port)
        sock = self.socket(self._family, socket.SOCK_DGRAM)
        try:
            sock.bind(("", port))
        except OSError as error:
            sock.close()
            raise MachineError(f"UDP port {port} of the host {self.name} could not be opened: {error}.") from error
        return sock

    def raw(self) -> socket.socket:
        """Give a packet socket on eth0: it hears every frame that comes, for whomever, and sends any (packet(7))."""
        sock = self.socket(socket.AF_PACKET, socket.SOCK_RAW)
        sock.bind(("eth0", ETH_P_ALL))
        return sock

    def socket(self, family: int, kind: int, protocol: int = 0) -> socket.socket:
        """Give any socket, made inside this host. Raises LanError."""
        return self._helper.socket(self._place.number, family, kind, protocol)

    # ---- programs ----

    def run(self, program: Sequence[str | os.PathLike[str]], **options: Any) -> subprocess.Popen[Any]:
        """Start a program inside this host, and give it as subprocess.Popen does, whose options it takes.

        It knows the other hosts by name, and ends with the LAN. Raises MachineError where there is no such program,
        MisuseError.
        """
        if isinstance(program, str) or not program or {"shell", "executable"} & options.keys():
            raise MisuseError(f'{program!r} is no list of words; for a line of the shell take ["sh", "-c", line]')
        if not _is_installed(os.fspath(program[0]), options):
            raise MachineError(f"No program called {program[0]} is installed on this computer.")
        return self._helper.run(self._place.number, program, **options)

    # ---- how its kernel behaves ----

    def set(self, **settings: Unpack[Settings]) -> None:
        """Change how its TCP behaves, for connections that begin from now on. Raises MisuseError, LanError."""
        number = self._place.number
        put(settings, partial(self._helper.read, number), partial(self._helper.write, number))

    @property
    def neighbours(self) -> dict[str, str]:
        """Its ARP table: which MAC address it takes for the owner of which IP address (RFC 826)."""
        rows = [row.split() for row in self._helper.read(self._place.number, "/proc/net/arp").splitlines()[1:]]
        return {row[0]: row[3] for row in rows if int(row[2], 16)}  # a flag is set once somebody answered

    def __repr__(self) -> str:
        return f"<host {self.name}: {self.address}, {self.mac}>"

    @property
    def _family(self) -> int:
        return _family(self.address)

    def _why_not_connected(self, target: str, port: int, error: OSError, timeout: float) -> str:
        match error:
            case ConnectionRefusedError():
                return f"Nobody listens on {target} port {port}: it answered {self.name} with a reset."
            case TimeoutError():
                return f"{target} port {port} did not answer {self.name} within {timeout:g} seconds."
        return f"{target} port {port} cannot be reached from {self.name}: {error.strerror or error}."


def _family(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _check(port: int) -> None:
    if not 0 <= port < PORTS:
        raise MisuseError(f"port {port}, allowed are 0 to {PORTS - 1}")


def _is_installed(program: str, options: dict[str, Any]) -> bool:
    """Look where Popen would: in the folders of its PATH, or, for a path, from the folder where it starts."""
    if os.path.dirname(program):
        return shutil.which(os.path.join(options.get("cwd") or "", program)) is not None
    return shutil.which(program, path=(options.get("env") or os.environ).get("PATH", os.defpath)) is not None
