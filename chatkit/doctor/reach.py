"""Is that chat server reached from here, and if not, what blocks it? The way there has its steps, each a row.

    name          a name becomes addresses              or nobody knows it
    connection    TCP's three-way handshake             or refused, or no answer, or no way there
    TLS           its handshake                         where the server says nothing before it
    greeting      HELLO, which a server says first      or silence, or another protocol
"""

import contextlib
import socket
import time
from collections.abc import Iterator

from chatkit.doctor.finding import Finding
from chatkit.errors import ProtocolError
from chatkit.net.event import Address
from chatkit.net.host import parse_address, why_not_connected, write_address
from chatkit.net.sealed import Sealed
from chatkit.net.tls import unverified_context
from chatkit.protocol.framing import LineSplitter
from chatkit.protocol.messages import VERSION, Error, Hello, Quit, Reply, decode_reply, encode
from chatkit.protocol.text import quote

PATIENCE = 5.0  # seconds for each step
READ_BYTES = 4096
MOST_READS = 100  # of a goodbye

HOW_TO_TELL = (
    " To tell which: on the server's own computer run `python3 -m chatkit doctor --server 127.0.0.1:{port}`, and here "
    "`ping {host}`. Where the server is reached there and the ping answered here, the server's firewall blocks port "
    "{port}. Where the ping is not answered either, take both computers to another network, such as a phone's hotspot: "
    "if it works there, the Wi-Fi keeps its clients apart."
)


HOW_TO_TRUST = (
    "To connect, type `python3 -m chatkit chat {place}` and behind it what the server prints when it starts: "
    "`--ca FILE`, or `--fingerprint` and a number. The certificate that came here has {fingerprint}: if it is another "
    "one, somebody stands between you and the server."
)


def reach(server: str, patience: float = PATIENCE) -> list[Finding]:
    """Go the way to HOST:PORT as far as it leads: the last row says where it ends.

    Raises MisuseError where `server` is no address.
    """
    return list(_way(parse_address(server), patience))


def _way(address: Address, patience: float) -> Iterator[Finding]:
    try:
        places = look_up(address)
        yield _open("name", ", ".join(host for host, _ in places))
        started = time.perf_counter()
        sock = connect(places, patience)
    except (OSError, UnicodeError) as error:  # UnicodeError: a name that cannot even be asked for
        yield _blocked(address, error, patience)
        return
    with sock:
        yield _open("connection", f"the three-way handshake took {_milliseconds(started)}")
        yield from greeting(sock, address, patience)


def look_up(address: Address) -> list[Address]:
    """The addresses of the name, in the order to try them; raises OSError."""
    found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)
    return [(str(place[0]), int(place[1])) for *_, place in found]


def connect(places: list[Address], patience: float) -> socket.socket:
    """Shake hands with the first place that answers; raises the OSError of the last one if none does."""
    for place in places[:-1]:
        with contextlib.suppress(OSError):
            return socket.create_connection(place, patience)
    return socket.create_connection(places[-1], patience)


def greeting(sock: socket.socket, address: Address, patience: float) -> Iterator[Finding]:
    """Read what comes first, and say goodbye to a chat server; one that says nothing may wait for TLS."""
    started = time.perf_counter()
    try:
        line = first_line(sock, patience)
    except TimeoutError:
        with contextlib.closing(Sealed(sock, address, unverified_context(), address[0])) as sealed:
            yield from sealed_greeting(sealed, address, patience)
    except OSError as error:
        yield _no_chat(f"It broke the connection off ({error.strerror})")
    else:
        finding = judged(line, started)
        yield finding
        if finding.ok:
            say_goodbye(sock)


def sealed_greeting(sealed: Sealed, address: Address, patience: float) -> Iterator[Finding]:
    """Begin the handshake of TLS, for anybody: the question is who is there, not yet whether to trust it."""
    sealed.expect_end(patience)
    started = time.perf_counter()
    line = b""
    with contextlib.suppress(OSError):
        line = sealed.receive()
    if not sealed.seal:
        yield _no_chat(f"It said nothing for {patience:g} seconds, and began no TLS then. A chat server speaks first")
        return
    how = HOW_TO_TRUST.format(place=write_address(address), fingerprint=sealed.seal.fingerprint)
    yield _open("TLS", f"{sealed.seal.version}, its handshake took {_milliseconds(started)}. {how}")
    yield judged((LineSplitter().feed(line) or [line])[0], started)
    with contextlib.suppress(OSError):
        sealed.send(encode(Quit()))
        sealed.finish()
        sealed.receive()


def judged(line: bytes, started: float) -> Finding:
    """Say what a first line tells about who sent it."""
    took = _milliseconds(started)
    match _understood(line):
        case Hello(version=version, text=text) if version == VERSION:
            return _open("greeting", f"after {took}: HELLO {version} {text}")
        case Hello(version=version):
            return _no_chat(f"It speaks {quote(version)} and this program {VERSION}: both ends need the same chatkit")
        case Error(text=text):
            return _no_chat(f"It is a chat server and lets nobody in now: {text}")
    if not line:
        return _no_chat("It closed the connection without a word")
    return _no_chat(f"It said {quote(line)} instead of HELLO {VERSION}: it is another kind of server")


def first_line(sock: socket.socket, patience: float) -> bytes:
    """The first line, or what there is of it when the stream ends; raises TimeoutError for silence."""
    deadline = time.monotonic() + patience
    seen = b""
    splitter = LineSplitter()
    while not splitter.too_long:
        sock.settimeout(max(deadline - time.monotonic(), 0.001))
        try:
            data = sock.recv(READ_BYTES)
        except TimeoutError:
            if not seen:
                raise
            break
        seen += data
        lines = splitter.feed(data)
        if lines or not data:
            return lines[0] if lines else seen
    return seen


def say_goodbye(sock: socket.socket) -> None:
    """Part as chat/1 wants it: QUIT, then read to the end. Nothing depends on it any more."""
    with contextlib.suppress(OSError):
        sock.settimeout(1.0)
        sock.sendall(encode(Quit()))
        sock.shutdown(socket.SHUT_WR)
        for _ in range(MOST_READS):
            if not sock.recv(READ_BYTES):
                return


def _understood(line: bytes) -> Reply | None:
    try:
        return decode_reply(line)
    except ProtocolError:
        return None


def _open(step: str, detail: str) -> Finding:
    return Finding(step, True, detail, needed=True)


def _blocked(address: Address, error: Exception, patience: float) -> Finding:
    why = why_not_connected(address, error, patience)
    if isinstance(error, TimeoutError):
        why += HOW_TO_TELL.format(host=address[0], port=address[1])
    step = "name" if isinstance(error, socket.gaierror | UnicodeError) else "connection"
    return Finding(step, False, why, needed=True)


def _no_chat(what: str) -> Finding:
    return Finding("greeting", False, f"{what}. Is this the address and the port that the server printed?", needed=True)


def _milliseconds(started: float) -> str:
    return f"{(time.perf_counter() - started) * 1000:.1f} ms"
