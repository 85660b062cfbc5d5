"""A peer under TLS that Python's own ssl seals: no line of chatkit's `Sealed` is in it."""

import socket
import ssl
import threading
from functools import cache

from chatkit.faces.classroom_ca import Authority
from chatkit.net.connection import Connection
from chatkit.net.event import Address
from chatkit.net.sealed import Sealed
from tests.peer import TIMEOUT, Peer


@cache
def authority() -> Authority:
    """The one whom the tests trust."""
    return Authority()


@cache
def server_tls() -> ssl.SSLContext:
    """What a server on this computer shows."""
    return authority().server_context("127.0.0.1", "localhost")


@cache
def client_tls() -> ssl.SSLContext:
    """Trusts that server."""
    return authority().client_context()


def stranger_tls(version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    """The context of a client that was not made by chatkit."""
    context = ssl.create_default_context(cadata=authority().pem.decode())
    context.minimum_version = context.maximum_version = version
    return context


class SealedPeer(Peer):
    """One end of a sealed connection."""

    def __init__(self, address: Address, name: str = "", tls: ssl.SSLContext | None = None) -> None:
        plain = socket.create_connection(address, TIMEOUT)
        self.sock = (tls or stranger_tls()).wrap_socket(plain, server_hostname="127.0.0.1", suppress_ragged_eofs=False)
        self.lines = self.sock.makefile("rb")
        if name:
            self.join(name)

    def cut(self) -> None:
        """Send FIN without close_notify, as somebody on the way could."""
        self.sock.shutdown(socket.SHUT_WR)


class Tunnel:
    """Gives those who speak plain text a way to a sealed server: what goes in is sealed, what comes out is plain."""

    def __init__(self, address: Address) -> None:
        self._server = address
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.address: Address = self._listener.getsockname()
        self._threads = [threading.Thread(target=self._accept, name="tunnel")]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                plain, peer = self._listener.accept()
            except OSError:
                return
            inside = Connection(plain, peer)
            outside = Sealed(socket.create_connection(self._server, TIMEOUT), self._server, client_tls(), "127.0.0.1")
            thread = threading.Thread(target=self._carry_both, args=(inside, outside), name="tunnel")
            thread.start()
            self._threads.append(thread)

    def _carry_both(self, inside: Connection, outside: Sealed) -> None:
        back = threading.Thread(target=carry, args=(outside, inside), name="tunnel-back")
        back.start()
        carry(inside, outside)
        back.join()
        inside.close()
        outside.close()

    def __enter__(self) -> "Tunnel":
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        for thread in self._threads:
            thread.join()


def carry(source: Connection, destination: Connection) -> None:
    """Carry all bytes to the end, which may be a FIN or an RST."""
    try:
        while data := source.receive():
            destination.send(data)
        destination.finish()
    except OSError:
        source.abort()
        destination.abort()
