"""What `serve --capture` starts: the capture, and the web server that hands out each connection of it."""

import contextlib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

from chatkit.capture.connection_capture import ConnectionCapture, capture_connections
from chatkit.errors import CaptureError
from chatkit.faces.evidence.links import Links
from chatkit.faces.evidence.web import EvidenceServer
from chatkit.net.host import addresses


@dataclass(frozen=True)
class Offer:
    """What a server needs to offer captures, and the sentence that tells people."""

    links: Links
    explanation: str


@contextlib.contextmanager
def offer(
    port: int, *, web_port: int = 0, open_to_all: bool = False, tls: ssl.SSLContext | None = None
) -> Iterator[Offer]:
    """Capture what passes on a port, and let each client fetch its own.

    With `open_to_all` on every interface, else on loopback. Raises CaptureError where this machine does not allow it,
    MachineError where the port for the web cannot be had.
    """
    with _begun(port, open_to_all) as running:
        links = Links(running, lambda client: f"{scheme}://{_own_address(client)}:{web.port}")
        scheme, where = "https" if tls else "http", "" if open_to_all else "127.0.0.1"
        with EvidenceServer((where, web_port), links.open, tls) as web:
            yield Offer(links, _explanation(running.where, web.port))


def _explanation(where: str, port: int) -> str:
    return (
        f"What passes is captured, on {where}. Tell the class.\n"
        "Each client may fetch the frames of its own connection, and of no other: /capture\n"
        f"in a chat, or the line CAPTURE, gives the link. It leads to port {port} of this computer."
    )


def _begun(port: int, open_to_all: bool) -> ConnectionCapture:
    try:
        return capture_connections(port, open_to_all)
    except CaptureError as error:
        raise CaptureError(f"--capture: {error}. Without --capture the chat itself works.") from error


def _own_address(client: str) -> str:
    """The address of ours that this client reaches; connecting a UDP socket sends nothing."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((client, 9))
        return str(probe.getsockname()[0])
    return next(iter(addresses()), "127.0.0.1")
