"""What happens in the scenarios of opening and closing, step by step; `scenarios` has their names and stories."""

import socket
from contextlib import ExitStack

from chatkit.errors import LanError
from chatkit.lan.headers import Headers
from chatkit.lan.lan import Lan
from chatkit.lan.rules import delay
from chatkit.lan.stage import (
    ANN,
    PATIENCE,
    PORT,
    SERVER,
    caller,
    connected,
    finish,
    hang_up,
    reset,
    ruled,
    say,
    until_acknowledged,
    until_closed,
    until_come,
    until_end,
    until_sent,
)

CROSSING = 0.08  # seconds on the way: time enough for both ends to send before either hears


def clean(lan: Lan) -> None:
    """Handshake, a line each way, and four segments to close."""
    with connected(lan) as (ann, server):
        say(ann, server, b"hello, server\n")
        say(server, ann, b"hello, ann\n")
        hang_up(ann, server)


def half_close(lan: Lan) -> None:
    """Ann has said all, and the server answers only then."""
    with connected(lan) as (ann, server):
        say(ann, server, b"pear\napple\n")
        finish(ann, server)
        say(server, ann, b"apple\npear\n")
        finish(server, ann)


def simultaneous_open(lan: Lan) -> None:
    """Neither end listens: each calls the other, from the port that the other calls."""
    with ExitStack() as stack:
        ann = stack.enter_context(caller(lan, ANN))
        server = stack.enter_context(caller(lan, SERVER))
        before = len(lan.wire.log)
        with ruled(lan, delay(CROSSING, kind="tcp")):
            _begin_to_connect(ann, (lan[SERVER].address, _port(server)))
            until_sent(lan, _is_syn, "ann's SYN", before)
            _begin_to_connect(server, (lan[ANN].address, _port(ann)))
            until_come(lan, _is_ack, "an ACK of both SYN,ACKs", before, times=2)
        hang_up(ann, server)


def simultaneous_close(lan: Lan) -> None:
    """Both say goodbye before they hear it."""
    with ruled(lan, delay(CROSSING, kind="tcp")), connected(lan) as (ann, server):
        say(ann, server, b"goodbye\n")
        ann.shutdown(socket.SHUT_WR)
        server.shutdown(socket.SHUT_WR)
        for end in (ann, server):
            until_end(end)
            until_closed(end)


# ---- resets ----


def refused(lan: Lan) -> None:
    """Nobody listens on that port."""
    with caller(lan, ANN) as ann:
        if not ann.connect_ex((lan[SERVER].address, PORT)):
            raise LanError(f"Somebody listens on port {PORT} of the server, so nothing is refused.")


def linger_0(lan: Lan) -> None:
    """Ann does not wait for anything when it closes."""
    with connected(lan) as (ann, server):
        say(ann, server, b"no time for goodbyes\n")
        reset(ann)
        until_closed(server)


def unread_data(lan: Lan) -> None:
    """The server closes, and has not read what came."""
    with connected(lan) as (ann, server):
        ann.sendall(b"is anybody there?\n")
        until_acknowledged(ann)
        server.close()
        until_closed(ann)


# ---- once more ----


def port_reuse(lan: Lan) -> None:
    """The server closes first, so its end is the one in TIME-WAIT when ann calls again from the same port."""
    port = 0
    for line in (b"first\n", b"second\n"):
        with connected(lan, port) as (ann, server):
            port = _port(ann)
            say(ann, server, line)
            hang_up(server, ann)


# ---- helpers ----


def _begin_to_connect(sock: socket.socket, address: tuple[str, int]) -> None:
    """Send a SYN, and do not wait for an answer."""
    sock.setblocking(False)
    sock.connect_ex(address)
    sock.settimeout(PATIENCE)


def _port(sock: socket.socket) -> int:
    return int(sock.getsockname()[1])


def _is_syn(frame: Headers) -> bool:
    return frame.flags == {"SYN"}


def _is_ack(frame: Headers) -> bool:
    return frame.flags == {"ACK"}
