"""Fetches the capture of one's own connection from a server that offers it: no right to capture is needed here.

ann = ChatWidget("ann", ("192.0.2.7", 9898))
...                                                 # talk
capture = fetch_capture(ann)                        # asks CAPTURE, and downloads what the answer links to
ann.disconnect()
capture = fetch_capture(link)                       # the same link, once more: now with the goodbye
"""

import contextlib
import http.client
import socket
import ssl
from dataclasses import replace
from urllib.parse import SplitResult, urlsplit

from chatkit.capture.capture import Capture
from chatkit.capture.pcap import GZIP
from chatkit.errors import CaptureError, Refused
from chatkit.faces.chat_widget import ChatWidget
from chatkit.faces.tty.screen_text import harmless
from chatkit.net.host import THIS_COMPUTER, Host, write_address
from chatkit.net.tls_trouble import why_client_failed

MAX_BYTES = 64 * 1024 * 1024  # of a file
MOST_SAID = 500  # bytes of the reason why there is none
PATIENCE = 60.0  # seconds


def fetch_capture(
    source: ChatWidget | str, *, host: Host = THIS_COMPUTER, tls: ssl.SSLContext | None = None
) -> Capture:
    """Give the capture of a chat's own connection, or of that which a link from CAPTURE belongs to.

    A link that begins with https is followed to whom `tls` trusts: by default to whom the chat does, else the system.
    Raises Refused where the server offers none or is not reached, CaptureError with the reason where it gives none.
    """
    if isinstance(source, str):
        link = _parts(source)
    else:
        link, tls = _ask(source), tls or source.tls
    capture = Capture.decode(_download(link, host, tls))
    return replace(capture, source="caught by the server: your own connection, and no other")


def _ask(chat: ChatWidget) -> SplitResult:
    """Take the link out of the answer to CAPTURE; it is followed to the server, and to nobody else."""
    link, server = _parts(chat.capture_link()), chat.server
    if server is None:
        raise Refused("The link came, and then the connection was lost. Connect again, and run this again.")
    return link._replace(netloc=write_address((server[0], link.port or 0)))


def _parts(link: str) -> SplitResult:
    with contextlib.suppress(ValueError):  # of a port that is no number
        parts = urlsplit(link.strip())
        if parts.scheme in ("http", "https") and parts.hostname and parts.port:
            return parts
    raise CaptureError(f"{link!r} is no link to a capture: they look like http://192.0.2.7:9899/SECRET")


def _download(link: SplitResult, host: Host, tls: ssl.SSLContext | None) -> bytes:
    """Give the file. No redirection is followed, and no proxy asked."""
    assert link.hostname and link.port  # _parts has looked
    sock = host.connect((link.hostname, link.port))
    try:
        sock.settimeout(PATIENCE)
        if link.scheme == "https":
            sock = (tls or ssl.create_default_context()).wrap_socket(sock, server_hostname=link.hostname)
        status, body = _get(sock, link)
    except (OSError, http.client.HTTPException) as error:
        where = write_address((link.hostname, link.port))
        why = why_client_failed(error, link.hostname) if isinstance(error, ssl.SSLError) else f"{error}."
        raise CaptureError(f"The capture could not be fetched from {where}: {why}") from error
    finally:
        sock.close()
    if status != http.client.OK:
        said = harmless(body[:MOST_SAID].decode(errors="replace"))
        raise CaptureError(said or "The server has too much to do: run this again.")
    if len(body) > MAX_BYTES or body.startswith(GZIP):  # which could become any size
        raise CaptureError(f"That is no capture of a connection: plain pcapng, of at most {MAX_BYTES} bytes.")
    return body


def _get(sock: socket.socket, link: SplitResult) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(link.netloc)
    connection.sock = sock
    connection.request("GET", link.path)
    with connection.getresponse() as response:
        return response.status, response.read(MAX_BYTES + 1)
