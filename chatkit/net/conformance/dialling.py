"""Sockets for the probes."""

import contextlib
import socket

from chatkit.net.event import Address

_CONNECT_TIME = 5.0  # seconds: a SYN that found the backlog full is sent again after 1 and 3
_SMALL_BUFFER = 4096
_SMALL_MSS = 536  # with it, the server's own send buffer stays small, too


def dial(address: Address, small_window: bool = False) -> socket.socket:
    """Connect; with a small window the buffers of both ends are soon full when nobody reads. Raises OSError."""
    if not small_window:
        return socket.create_connection(address, _CONNECT_TIME)
    family, kind, number, _, place = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[0]
    sock = socket.socket(family, kind, number)
    sock.settimeout(_CONNECT_TIME)
    with contextlib.suppress(OSError, AttributeError):  # a help, where the system has it
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _SMALL_MSS)
    sock.connect(place)
    return sock


def pair(small_window: bool = False) -> tuple[socket.socket, socket.socket]:
    """Give both ends of a connection inside this computer; the first is the one that dialled."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        dialled = dial(door.getsockname(), small_window)
        return dialled, door.accept()[0]
