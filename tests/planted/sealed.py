"""Servers under TLS, sealed by Python's own ssl in the way that students find first."""

import contextlib
import threading

from tests.planted.bugs import SlowReaderStallsAll
from tests.planted.sound import Client, SoundServer
from tests.sealed_peer import server_tls


class SealsWhereItAccepts(SoundServer):
    """The listener is wrapped: its accept() does the handshake, too."""

    is_at_once = True

    def __init__(self) -> None:
        super().__init__()
        self.listener = server_tls().wrap_socket(
            self.listener, server_side=True, do_handshake_on_connect=self.is_at_once, suppress_ragged_eofs=False
        )


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
