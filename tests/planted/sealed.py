"""Servers under TLS, sealed by Python's own ssl in the way that students find first."""

import contextlib
import selectors
import socket
import ssl
import threading
from collections.abc import Callable
from typing import TypeVar

from tests.planted.bugs import SlowReaderStallsAll
from tests.planted.sound import Client, SoundServer
from tests.sealed_peer import server_tls

T = TypeVar("T")


class Turns:
    """An SSLSocket for two threads, of which one reads and one writes: in OpenSSL they have to take turns."""

    def __init__(self, sock: ssl.SSLSocket) -> None:
        self._sock, self._turn = sock, threading.Lock()
        self.settimeout, self.close = self._keep_patience, sock.close
        self._patience: float | None = None
        sock.setblocking(False)

    def do_handshake(self) -> None:
        self._do(self._sock.do_handshake)

    def recv(self, size: int) -> bytes:
        return self._do(lambda: self._sock.recv(size))

    def sendall(self, data: bytes) -> None:
        while data:
            self._wait_for(selectors.EVENT_WRITE)  # as every socket with a timeout does before it sends
            data = data[self._do(lambda rest=data: self._sock.send(rest)) :]

    def shutdown(self, how: int) -> None:
        """Send FIN alone, as an SSLSocket does, which also forgets what the other thread still uses."""
        socket.socket.shutdown(self._sock, how)

    def _keep_patience(self, seconds: float) -> None:
        self._patience = seconds

    def _do(self, work: Callable[[], T]) -> T:
        while True:
            with self._turn:
                try:
                    return work()
                except (ssl.SSLWantReadError, BlockingIOError):
                    event = selectors.EVENT_READ
                except ssl.SSLWantWriteError:
                    event = selectors.EVENT_WRITE
            self._wait_for(event)

    def _wait_for(self, event: int) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._sock, event)
            if not selector.select(self._patience):
                raise TimeoutError


class SealsWhereItAccepts(SoundServer):
    """The listener is wrapped: its accept() does the handshake, too."""

    is_at_once = True

    def __init__(self) -> None:
        super().__init__()
        self.listener = server_tls().wrap_socket(
            self.listener, server_side=True, do_handshake_on_connect=self.is_at_once, suppress_ragged_eofs=False
        )

    def make_client(self, sock: ssl.SSLSocket) -> Client:
        return super().make_client(Turns(sock))


class NoCloseNotify(SealsWhereItAccepts):
    """The handshake is where it belongs, but shutdown() on an SSLSocket sends FIN alone."""

    is_at_once = False

    def greet(self, client: Client) -> None:
        self.threads.append(threading.Thread(target=self.shake_hands, args=(client,)))
        self.threads[-1].start()

    def shake_hands(self, client: Client) -> None:
        client.sock.settimeout(5.0)
        with contextlib.suppress(OSError):
            client.sock.do_handshake()  # type: ignore[attr-defined]
            return super().greet(client)
        self.hang_up(client)


class SealedStall(NoCloseNotify, SlowReaderStallsAll):
    """Its bug has to be seen through a tunnel, too, which reads ahead."""
