"""Where sockets come from: this computer, or a host of a private LAN.

Server and client are handed a `Host` and ask it for sockets, so the same chat runs in either place.
"""

import errno
import socket
from dataclasses import dataclass
from typing import Protocol

from chatkit.errors import MachineError, MisuseError, Refused
from chatkit.net.event import Address

DEFAULT_PORT = 9898
TIMEOUT = 5.0  # seconds to connect

_BACKLOG = 1024  # a whole class may connect in the same second


class Host(Protocol):
    """A place that has an address and gives sockets."""

    @property
    def address(self) -> str:
        """The IP address at which others reach this host."""

    def listen(self, port: int) -> socket.socket:
        """Give a TCP socket that listens; port 0 lets the system choose. Raises MachineError."""

    def connect(self, address: Address, timeout: float = TIMEOUT) -> socket.socket:
        """Give a TCP socket that is connected, after at most `timeout` seconds. Raises Refused."""


@dataclass(frozen=True)
class ThisComputer:
    """The computer that we run on; it listens on loopback, or, if `open_to_all`, on every interface."""

    open_to_all: bool = False

    @property
    def address(self) -> str:
        return next(iter(addresses()), "127.0.0.1") if self.open_to_all else "127.0.0.1"

    def listen(self, port: int) -> socket.socket:
        where = "" if self.open_to_all else "127.0.0.1"
        if not 0 <= port < 65536:
            raise MisuseError(f"port {port}, allowed are 0 to 65535")
        try:
            return socket.create_server((where, port), backlog=_BACKLOG)  # sets SO_REUSEADDR, except on Windows
        except OSError as error:
            raise MachineError(_why_not_listening(port, error)) from error

    def connect(self, address: Address, timeout: float = TIMEOUT) -> socket.socket:
        if not 0 < address[1] < 65536:  # Linux would take it modulo 65536
            raise Refused(f"Port {address[1]} does not exist: ports are 1 to 65535.")
        try:
            return socket.create_connection(address, timeout)
        except (OSError, UnicodeError) as error:  # UnicodeError: a name that DNS cannot even be asked for
            raise Refused(why_not_connected(address, error, timeout)) from error


THIS_COMPUTER = ThisComputer()


def addresses() -> list[str]:
    """Give the IPv4 addresses of this machine that another one could type, the likeliest first, never loopback."""
    found = [_address_towards("192.0.2.1"), *_addresses_by_name()]  # RFC 5737: a network that is nobody's
    return [a for a in dict.fromkeys(found) if a and not a.startswith("127.") and a != "0.0.0.0"]


def parse_address(text: str, default_port: int = DEFAULT_PORT) -> Address:
    """Read `HOST`, `HOST:PORT`, `::1` or `[::1]:PORT`.

    Raises MisuseError.
    """
    host, colon, port = text.strip().rpartition(":")
    if not colon or (":" in host and not host.endswith("]")):
        host, port = text.strip(), str(default_port)
    host = host.removeprefix("[").removesuffix("]")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536):
        raise MisuseError(f'"{text}" is no address: HOST or HOST:PORT, with a port from 1 to 65535')
    return host, int(port)


def write_address(address: Address) -> str:
    """Write an address as people do: 10.0.0.1:9898, and [::1]:9898 where colons are in it (RFC 3986, section 3.2.2)."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def why_not_connected(address: Address, error: Exception, timeout: float) -> str:
    """Say in plain words why a connection failed, and what to do."""
    place = f"{address[0]} port {address[1]}"
    match error:
        case socket.gaierror() | UnicodeError():
            return f'No computer called "{address[0]}" was found. Check the spelling, or type its IP address.'
        case ConnectionRefusedError():
            return (
                f"Nobody listens on {place}. Is the server running (python3 -m chatkit serve), "
                "with this port, and with --open if it is on another computer?"
            )
        case TimeoutError():
            return (
                f"{place} did not answer within {timeout:g} seconds. Check the address; "
                "a firewall, or a Wi-Fi that keeps its clients apart, also looks like this."
            )
        case OSError(errno=errno.ENETUNREACH | errno.EHOSTUNREACH):
            return f"{place} cannot be reached from here. Is this computer on the same network as the server?"
    return f"{place} could not be reached: {error}."


def _why_not_listening(port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"Port {port} is taken by another program here. End that one, or choose another port (--port)."
        case errno.EACCES:
            return f"Port {port} is not allowed here: ports below 1024 are reserved. Choose another (--port)."
    return f"Port {port} could not be opened: {error.strerror or error}."


def _address_towards(destination: str) -> str | None:
    """Give the address that this machine would send from; connecting a UDP socket sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((destination, 9))
        except OSError:
            return None  # no route: not on a network
        return str(probe.getsockname()[0])


def _addresses_by_name() -> list[str]:
    try:
        return list(socket.gethostbyname_ex(socket.gethostname())[2])
    except OSError:
        return []  # the name of this machine is not in any directory
