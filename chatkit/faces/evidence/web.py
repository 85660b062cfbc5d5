"""Hands captures out over HTTP, to whoever knows a secret: GET /SECRET, and nothing else.

It faces a network on which anybody may try: so a request has ten seconds and 8 KiB, a download a minute, and there are
at most so many at once, from one address half of them. Nothing is logged: a link in a log is a key in a log.
"""

import contextlib
import io
import itertools
import logging
import socket
import socketserver
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from chatkit.errors import MachineError
from chatkit.faces.evidence.links import Answer
from chatkit.net.event import Address

MOST_AT_ONCE = 32
REQUEST_TIME, DOWNLOAD_TIME = 10.0, 60.0  # seconds
MAX_REQUEST_BYTES = 8192
PCAPNG = "application/vnd.tcpdump.pcap"  # the registered type; it is used for both kinds of file

BUSY = b"HTTP/1.0 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n"

_BREATH = 0.1  # seconds to wait when the machine has no descriptor left
_GRACE = 1.0  # seconds for the other end to close
_POLL = 0.1  # seconds until a stop is noticed

Opener = Callable[[str, str], Answer]  # a secret, and who asks for it


class EvidenceServer(socketserver.TCPServer):
    """Answers each request in a thread of its own; with `tls` it speaks HTTPS."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, where: Address, opener: Opener, tls: ssl.SSLContext | None = None) -> None:
        try:
            super().__init__(where, _Answering)
        except OSError as error:
            raise MachineError(
                f"Port {where[1]}, on which captures are to be fetched, could not be opened: {error.strerror}. "
                "Choose another (--capture-port)."
            ) from error
        self.opener = opener
        self._tls = tls
        self._open: dict[socket.socket, str] = {}  # whose they are
        self._guard = threading.Lock()  # guards _open
        self._threads = [threading.Thread(target=self.serve_forever, args=(_POLL,), name="evidence")]
        self._numbers = itertools.count(1)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.server_address[1])

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.shutdown()
        self.server_close()
        with self._guard:
            for request in self._open:
                _cut(request)
        for thread in self._threads:
            thread.join()

    # ---- the thread that accepts ----

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept; without a descriptor for it, not at once again."""
        try:
            return super().get_request()
        except OSError:
            time.sleep(_BREATH)
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        """Begin to answer, unless too many are being answered already."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        if not self._take(request, client_address[0]):
            with contextlib.suppress(OSError):  # it has gone, or does not read: it would only hear that we are busy
                request.setblocking(False)
                request.send(BUSY)
            self.shutdown_request(request)
            return
        work = threading.Thread(
            target=self._answer, args=(request, client_address), name=f"evidence-{next(self._numbers)}"
        )
        try:
            work.start()
        except RuntimeError:  # the machine has no thread left
            self._release(request)
            raise
        self._threads.append(work)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say what went wrong here, without the request."""
        logging.getLogger("chatkit").exception("a request for a capture failed")

    def _take(self, request: socket.socket, address: str) -> bool:
        with self._guard:
            of_one = Counter(self._open.values())[address]
            if len(self._open) >= MOST_AT_ONCE or of_one >= MOST_AT_ONCE // 2:
                return False
            self._open[request] = address
            return True

    # ---- a thread for each request ----

    def _answer(self, request: socket.socket, client_address: Any) -> None:
        sock = request
        try:
            request.settimeout(REQUEST_TIME)
            if self._tls:
                sock = self._tls.wrap_socket(request.dup(), server_side=True)
            self.finish_request(sock, client_address)
        except OSError:
            pass  # the other end has gone, is too slow, or speaks no TLS: there is nobody to be told
        except Exception:
            self.handle_error(request, client_address)
        finally:
            self._release(request)
            _end(sock)
            request.close()

    def _release(self, request: socket.socket) -> None:
        with self._guard:
            del self._open[request]


class _Answering(BaseHTTPRequestHandler):
    """One request, whose head is read before it is understood: so its size and its time have limits."""

    server: EvidenceServer
    server_version, sys_version = "chatkit", ""

    def setup(self) -> None:
        """Read the head."""
        super().setup()
        self.rfile = io.BufferedReader(io.BytesIO(_head(self.connection)))
        self.connection.settimeout(DOWNLOAD_TIME)  # of one sendall, which is all of it

    def do_GET(self) -> None:
        """Answer with the capture, or with the reason why not."""
        answer = self.server.opener(self.path.partition("?")[0].removeprefix("/"), self.client_address[0])
        self._give(answer)

    def do_HEAD(self) -> None:
        """Answer as GET does, without the capture."""
        self.do_GET()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Say it in a plain sentence, and nothing of what was asked."""
        status = HTTPStatus(code)
        self._give(Answer(status, f"{status.phrase}: a capture is fetched by GET, with a link from CAPTURE.".encode()))

    def log_message(self, format: str, *args: Any) -> None:
        """Keep no log."""

    def _give(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", PCAPNG if answer.name else "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(answer.body)))
        if answer.name:
            self.send_header("Content-Disposition", f"attachment; filename*=UTF-8''{quote(answer.name)}")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)


def _head(sock: socket.socket) -> bytes:
    """Read up to the empty line after the head, or what there is when time or room is over."""
    head, until = b"", time.monotonic() + REQUEST_TIME
    while b"\r\n\r\n" not in head and b"\n\n" not in head and len(head) < MAX_REQUEST_BYTES:
        sock.settimeout(max(0.001, until - time.monotonic()))
        data = sock.recv(MAX_REQUEST_BYTES - len(head))
        if not data:
            break
        head += data
    return head


def _end(sock: socket.socket) -> None:
    """FIN, then read what still comes, for a moment: with bytes that nobody read, close() would send RST."""
    until = time.monotonic() + _GRACE
    with contextlib.suppress(OSError):  # it has ended already, or takes too long
        sock.shutdown(socket.SHUT_WR)
        sock.settimeout(_GRACE)
        while sock.recv(65536) and time.monotonic() < until:
            pass
    sock.close()


def _cut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it has ended already
        sock.shutdown(socket.SHUT_RDWR)
