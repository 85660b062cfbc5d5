"""One TCP connection: bytes in, bytes out.

Everything that is awkward about sockets is known here and nowhere else:

- `close()` does not wake a thread that is blocked in `recv()`; `shutdown(SHUT_RDWR)` does.
- `close()` with bytes that nobody read sends RST, which may destroy what the peer has not read yet. To end well, say
  so with a FIN (`finish`), read to the end, and then close.
- a send that must not block needs a flag that Windows does not have: there, a second socket object serves.
"""

import contextlib
import os
import selectors
import socket
import struct
from collections.abc import Callable

from chatkit.net.event import Address

READ_SIZE = 65536
NOW = getattr(socket, "MSG_DONTWAIT", 0)  # a flag of send(): do not wait

Send = Callable[[bytes, int], int]

_LONG = 3600.0  # seconds; a timeout, of whatever length, makes Python wait for bytes before it reads
_RST_ON_CLOSE = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)  # struct linger: on, for 0 seconds


def why_lost(error: OSError) -> str:
    """Say it in the words that the others read after LEFT."""
    if error.errno is None and error.args:
        return str(error)  # ours, not the system's: it is said already
    return f"connection lost ({(error.strerror or 'closed').lower()})"


class Connection:
    """Owns a connected socket. One thread may read while another writes."""

    __slots__ = ("_end_is_near", "_reader", "_writer", "local", "peer")

    def __init__(self, sock: socket.socket, peer: Address) -> None:
        self._reader = self._writer = sock
        self._end_is_near = False
        self.peer = peer
        self.local: Address = sock.getsockname()[:2]
        with contextlib.suppress(OSError):  # some stacks refuse it on a connection that is already reset
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # a line is small and must not wait for an ACK
        if NOW:
            sock.settimeout(None)
        else:
            self._writer = sock.dup()
            self._writer.setblocking(False)
            sock.settimeout(_LONG)

    def receive(self) -> bytes:
        """Wait for bytes; b"" is the end of the stream. Raises OSError, ConnectionResetError for an RST."""
        while True:
            try:
                self._reader.recv(1, socket.MSG_PEEK)  # only waits: a recv() that waits holds its memory already
                return self._reader.recv(READ_SIZE)
            except TimeoutError:
                if self._end_is_near:
                    return b""

    def send_some(self, data: bytes | bytearray | memoryview) -> int:
        """Hand over what the system takes without waiting, and give the number of bytes. Raises OSError."""
        try:
            return self._writer.send(data, NOW)
        except BlockingIOError:
            return 0

    def sender(self) -> Send:
        """Give what `send_some` calls, to be called with bytes and NOW; instead of 0 it raises BlockingIOError."""
        return self._writer.send

    def send(self, data: bytes, patience: float = 10.0) -> None:
        """Hand over everything, and wait while the system is full.

        Raises OSError; TimeoutError once nothing went for `patience` seconds: the peer does not read.
        """
        rest = memoryview(data)
        while rest:
            rest = rest[self.send_some(rest) :]
            if rest and not self._has_space(patience):
                raise TimeoutError(f"the other end has not read for {patience:g} seconds")

    def expect_end(self, patience: float) -> None:
        """Let `receive` give the end of the stream once nothing came for `patience` seconds. For the reader only."""
        self._end_is_near = True
        self._reader.settimeout(patience)

    def fileno(self) -> int:
        """The descriptor, for a selector."""
        return self._writer.fileno()

    def finish(self) -> None:
        """Half-close: send FIN after what was handed over. The peer can still send."""
        self._shutdown(socket.SHUT_WR)

    def wake(self) -> None:
        """End both directions, so that a thread blocked in `receive` gets the end of the stream."""
        self._shutdown(socket.SHUT_RDWR)

    def abort(self) -> None:
        """Throw away what was not sent yet: `close` will send RST."""
        with contextlib.suppress(OSError):
            self._reader.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST_ON_CLOSE)
        self.wake()

    def close(self) -> None:
        """Give the descriptor back. Only once no thread is in `receive`."""
        self._writer.close()
        self._reader.close()

    def _has_space(self, timeout: float) -> bool:
        with selectors.DefaultSelector() as selector:  # select() itself cannot take a descriptor over 1023
            selector.register(self._writer, selectors.EVENT_WRITE)
            return bool(selector.select(timeout))

    def _shutdown(self, how: int) -> None:
        with contextlib.suppress(OSError):  # the peer was faster: nothing is left to shut down
            self._reader.shutdown(how)
