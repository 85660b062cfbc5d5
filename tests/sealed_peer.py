"""A peer under TLS that Python's own ssl seals: no line of chatkit's `Sealed` is in it."""

import socket
import ssl
from functools import cache

from chatkit.faces.classroom_ca import Authority
from chatkit.net.event import Address
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
