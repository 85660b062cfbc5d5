"""A way into a sealed server for a probe, which speaks plain text: so the rules are the same for both.

    probe ---- plain bytes ---- Tunnel ---- records of TLS ---- server

How a stream ends is carried, too, so a rule that asks for FIN or RST may ask it here.
"""

import socket
import ssl
import threading

from chatkit.net.connection import Connection
from chatkit.net.event import Address
from chatkit.net.sealed import Sealed
from chatkit.net.tls_trouble import Unsealed

_PATIENCE = 60.0  # seconds; longer than any probe does not read, for the rules judge, not the tunnel


class Tunnel:
    """Carries the bytes of one connection both ways, its ends too; `trouble` is what TLS found wrong."""

    def __init__(self, inside: socket.socket, outside: socket.socket, address: Address, tls: ssl.SSLContext) -> None:
        self.trouble = ""
        self._inside = Connection(inside, inside.getpeername()[:2])
        self._outside = Sealed(outside, address, tls, address[0])
        self._threads = [
            threading.Thread(target=self._carry, args=way, name="tunnel")
            for way in ((self._inside, self._outside), (self._outside, self._inside))
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End both connections, and wait for the threads."""
        self._inside.wake()
        self._outside.wake()
        for thread in self._threads:
            thread.join()
        self._inside.close()
        self._outside.close()

    def _carry(self, source: Connection, destination: Connection) -> None:
        """Carry all bytes to the end; what ends badly on one side ends with RST on the other."""
        try:
            while data := source.receive():
                destination.send(data, _PATIENCE)
            destination.finish()
        except OSError as error:
            if isinstance(error, Unsealed):
                self.trouble = str(error)
            source.abort()
            destination.abort()
