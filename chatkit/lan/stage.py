"""What scenarios are played with: a connection between ann and the server, each step of which ends when it is over.

A step takes no certain time: it waits, with a limit, until a socket or the wire's log shows what is to come. And an ACK
that would wait for company is sent at once. So the segments come in the same order every time, on a busy machine too.
"""

import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from chatkit.errors import LanError
from chatkit.lan.headers import Headers
from chatkit.lan.lan import Lan
from chatkit.lan.rule import Rule
from chatkit.lan.tcp_info import tcp_info

ANN, SERVER = "ann", "server"
PORT = 9000  # where the server listens
PATIENCE = 5.0  # seconds that a step may take

_POLLING = 0.001  # seconds


class Pair(NamedTuple):
    """The two sockets of one connection."""

    ann: socket.socket
    server: socket.socket


# ---- opening ----


@contextmanager
def connected(lan: Lan, port: int = 0, mss: int = 0, buffer_bytes: int = 0) -> Iterator[Pair]:
    """Let ann connect to the server; at the end both sockets are closed.

    `port` is ann's, `mss` the most that her segments carry, and `buffer_bytes` what the server has room for; 0 leaves
    each of them to the system.
    """
    with listening(lan) as door, caller(lan, ANN, port) as ann:
        if mss:
            ann.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, mss)
        if buffer_bytes:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes // 2)  # Linux doubles it, socket(7)
        ann.connect((lan[SERVER].address, PORT))
        with door.accept()[0] as server:
            server.settimeout(PATIENCE)
            yield Pair(ann, server)


def listening(lan: Lan) -> socket.socket:
    """The server's door."""
    door = lan[SERVER].listen(PORT)
    door.settimeout(PATIENCE)
    return door


def caller(lan: Lan, name: str, port: int = 0) -> socket.socket:
    """Give a socket of this host that has a port, and is not connected; port 0 lets the system choose."""
    host = lan[name]
    sock = host.socket(socket.AF_INET6 if ":" in host.address else socket.AF_INET, socket.SOCK_STREAM)
    sock.settimeout(PATIENCE)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")  # RFC 5681, which every Linux has
    sock.bind(("", port))
    return sock


# ---- talking ----


def say(sender: socket.socket, receiver: socket.socket, data: bytes) -> None:
    """Send one segment, and wait for its ACK."""
    sender.sendall(data)
    receive(receiver, len(data))
    acknowledge_now(receiver)
    until_acknowledged(sender)


def pour(sender: socket.socket, receiver: socket.socket, data: bytes) -> None:
    """Send many segments at once, and read them only when all are acknowledged: reading would send ACKs, too."""
    sender.sendall(data)
    until_acknowledged(sender)
    receive(receiver, len(data))


def letters(count: int, size: int) -> bytes:
    """Data for so many segments of this size: the first all a, the second all b, ..., to be known when seen."""
    return b"".join(bytes([ord("a") + number % 26]) * size for number in range(count))


def segment_size(sock: socket.socket) -> int:
    """How many bytes it puts into one segment."""
    return tcp_info(sock).mss


def receive(sock: socket.socket, count: int) -> bytes:
    """Read so many bytes."""
    data = b""
    while len(data) < count:
        part = sock.recv(count - len(data))
        if not part:
            raise LanError(f"The connection ended after {len(data)} of {count} bytes.")
        data += part
    return data


def acknowledge_now(sock: socket.socket) -> None:
    """Send the ACK that waits for company (RFC 9293, section 3.8.6.3), if one does (tcp(7), TCP_QUICKACK)."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def until_acknowledged(sock: socket.socket) -> None:
    """Wait until all that it sent has been acknowledged."""
    until(lambda: tcp_info(sock).in_flight == 0, "the ACK of all that was sent")


# ---- closing ----


def finish(sender: socket.socket, receiver: socket.socket) -> None:
    """Send FIN, and wait for its ACK."""
    sender.shutdown(socket.SHUT_WR)
    until_end(receiver)
    acknowledge_now(receiver)
    until(lambda: tcp_info(sender).state in ("FIN-WAIT-2", "CLOSED"), "the ACK of the FIN")


def hang_up(first: socket.socket, second: socket.socket) -> None:
    """Close both directions, one after the other, with four segments."""
    finish(first, second)
    finish(second, first)


def until_end(sock: socket.socket) -> None:
    """Read to the end of the stream, where nothing is left to be read."""
    if left := sock.recv(1):
        raise LanError(f"The stream goes on with {left!r}, where its end was expected.")


def until_closed(sock: socket.socket) -> None:
    """Wait until its end of the connection is over: by the last ACK, or by a RST (TIME-WAIT is not told from it)."""
    until(lambda: tcp_info(sock).state == "CLOSED", "the end of the connection")


def reset(sock: socket.socket) -> None:
    """Close it with a RST (socket(7), SO_LINGER with a time of 0)."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


# ---- the wire ----


@contextmanager
def ruled(lan: Lan, rule: Rule) -> Iterator[Rule]:
    """Let the rule be in force for a while."""
    lan.wire.add(rule)
    try:
        yield rule
    finally:
        lan.wire.remove(rule)


def until_sent(lan: Lan, wanted: Callable[[Headers], bool], what: str, since: int) -> None:
    """Wait until such a frame has come out of its sender, among those after this number."""
    until(lambda: any(wanted(Headers(row.data, row.sender)) for row in lan.wire.log.since(since)), what)


def until_come(lan: Lan, wanted: Callable[[Headers], bool], what: str, since: int, times: int = 1) -> None:
    """Wait until so many such frames have come to their receivers, of those after this number."""

    def have_come() -> bool:
        rows = (row for row in lan.wire.log.since(since) if row.deliveries)
        return sum(wanted(Headers(row.data, row.sender)) for row in rows) >= times

    until(have_come, what)


def offered(lan: Lan, name: str) -> int:
    """The window in the last segment of this host: right where windows are not scaled."""
    frames = (Headers(row.data, row.sender) for row in reversed(lan.wire.log))
    last = next(frame for frame in frames if frame.sender == name and frame.kind == "tcp")
    return int.from_bytes(last.data[last.transport + 14 : last.transport + 16], "big")


def until(is_so: Callable[[], bool], what: str) -> None:
    """Wait until it is so. Raises LanError where it never is."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > deadline:
            raise LanError(f"The scenario stopped: {what} did not come within {PATIENCE:g} s.")
        time.sleep(_POLLING)
