"""What happens in the scenarios of loss and of waiting, step by step; `scenarios` has their names and stories."""

import socket

from chatkit.lan.headers import Headers
from chatkit.lan.lan import Lan
from chatkit.lan.rule import Rule
from chatkit.lan.rules import delay, drop, reorder
from chatkit.lan.stage import (
    ANN,
    SERVER,
    connected,
    hang_up,
    letters,
    offered,
    pour,
    receive,
    ruled,
    say,
    segment_size,
    until_acknowledged,
    until_come,
)

ON_THE_WAY = 0.01  # seconds: a burst is sent before its first ACK comes, and the wire itself is fast beside it
BURST = 6  # segments; a connection may begin with ten at once (RFC 6928)
MANY = 60  # segments
SMALL_MSS = 536  # bytes, the default of RFC 9293, section 3.7.1: many small segments make a small capture
LOSS = 0.05
SEED = 6
IDLE = 1  # second until the first keep-alive, the least that the system takes
BUFFER_BYTES = 8192  # of a server that is slow to read
LATER = b"is there room again?\n"


# ---- loss ----


def syn_lost(lan: Lan) -> None:
    """Ann has to call twice."""
    with ruled(lan, drop(nth=1, sent_by=ANN, flags="SYN")), connected(lan) as (ann, server):
        say(ann, server, b"can you hear me now?\n")
        hang_up(ann, server)


def segment_lost(lan: Lan) -> None:
    """The third of six does not come, and the three after it make three duplicate ACKs."""
    _pour_through(lan, drop(nth=3, sent_by=ANN, carrying_data=True))


def last_lost(lan: Lan) -> None:
    """The last of six does not come, and nothing after it tells so."""
    _pour_through(lan, drop(nth=BURST, sent_by=ANN, carrying_data=True))


def lossy(lan: Lan) -> None:
    """Many segments, and chance decides which are lost: the same in every run, for it has a seed."""
    _pour_through(lan, drop(sent_by=ANN, carrying_data=True, chance=LOSS, seed=SEED), MANY, SMALL_MSS)


def reordering(lan: Lan) -> None:
    """The fourth of six overtakes the third."""
    _pour_through(lan, reorder(nth=3, sent_by=ANN, carrying_data=True))


def _pour_through(lan: Lan, trouble: Rule, count: int = BURST, mss: int = 0) -> None:
    with ruled(lan, delay(ON_THE_WAY, kind="tcp")), connected(lan, mss=mss) as (ann, server):
        with ruled(lan, trouble):
            pour(ann, server, letters(count, segment_size(ann)))
        hang_up(ann, server)


# ---- waiting ----


def zero_window(lan: Lan) -> None:
    """The server does not read until ann has asked whether there is room again."""
    with connected(lan, buffer_bytes=BUFFER_BYTES) as (ann, server):
        filled = 0
        while window := min(offered(lan, SERVER), segment_size(ann)):
            ann.sendall(letters(1, window))
            until_acknowledged(ann)
            filled += window
        ann.sendall(LATER)
        before = len(lan.wire.log)
        until_come(lan, _is_from_server, "the answer to a window probe", before)
        receive(server, filled + len(LATER))
        until_acknowledged(ann)
        hang_up(ann, server)


def keep_alive(lan: Lan) -> None:
    """Nobody says anything for a second, and ann asks whether the server is still there."""
    with connected(lan) as (ann, server):
        say(ann, server, b"wake me when it is over\n")
        before = len(lan.wire.log)
        ann.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        ann.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, IDLE)
        until_come(lan, _is_from_server, "the answer to a keep-alive", before)
        hang_up(ann, server)


def _is_from_server(frame: Headers) -> bool:
    return frame.sender == SERVER
