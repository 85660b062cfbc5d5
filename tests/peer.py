"""A peer made of nothing but a socket: what nobody here wrote could send the same bytes."""

import socket
import struct
from collections.abc import Callable

from chatkit.net.event import Address

TIMEOUT = 5.0  # seconds; no test waits longer for anything


class Peer:
    """One end of a connection that sends bytes and reads lines."""

    def __init__(self, address: Address, name: str = "") -> None:
        self.sock = socket.create_connection(address, TIMEOUT)
        self.lines = self.sock.makefile("rb")
        if name:
            self.join(name)

    def join(self, name: str) -> None:
        """Read HELLO, join, and read the list of users."""
        self.expect("HELLO")
        self.send(f"JOIN {name}\n")
        self.expect("WELCOME")
        self.expect("USERS")

    def send(self, data: str | bytes) -> None:
        self.sock.sendall(data.encode() if isinstance(data, str) else data)

    def line(self) -> str:
        """Give the next line; "" is the end of the stream."""
        return self.lines.readline().decode()

    def expect(self, start: str) -> str:
        """Give the next line, which has to begin so."""
        line = self.line()
        assert line.startswith(start), f"expected {start}, got {line!r}"
        return line.rstrip("\n")

    def until(self, start: str) -> str:
        """Skip lines up to the one that begins so, and give it."""
        while not (line := self.line()).startswith(start):
            assert line, f"the stream ended before {start}"
        return line.rstrip("\n")

    def rest(self) -> str:
        """Give all that still comes, to the end of the stream."""
        return self.lines.read().decode()

    def finish(self) -> None:
        """Half-close."""
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """End with an RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        self.lines.close()
        self.sock.close()

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


Connect = Callable[..., Peer]
