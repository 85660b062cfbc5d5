"""Frames of a kind that no kernel sends or answers: what a test puts on a wire, and nothing else is there."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from chatkit.lan import Lan
from chatkit.lan.headers import mac_bytes
from chatkit.lan.log import Passage

EXPERIMENTAL = 0x88B5  # an Ethernet type for local experiments (IEEE 802, 9.2.3)
PATIENCE = 10.0  # seconds


def frame(lan: Lan, text: str, sender: str = "ann", receiver: str = "bob") -> bytes:
    """A frame with that text, from one host to another."""
    addresses = mac_bytes(lan[receiver].mac) + mac_bytes(lan[sender].mac)
    return addresses + EXPERIMENTAL.to_bytes(2, "big") + text.encode()


def send(lan: Lan, *texts: str, sender: str = "ann", receiver: str = "bob") -> None:
    """Let a host send a frame with each text."""
    with lan[sender].socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind(("eth0", 0))
        for text in texts:
            sock.send(frame(lan, text, sender, receiver))


@contextmanager
def ears(lan: Lan, host: str) -> Iterator[Callable[[], str]]:
    """Listen at a host: each call gives the text of the next frame that it gets, for whomever it is."""
    with lan[host].socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind(("eth0", EXPERIMENTAL))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        sock.settimeout(PATIENCE)
        yield lambda: sock.recv(2000)[14:].decode()


def until(holds: Callable[[], object]) -> None:
    """Wait until it holds; fail when it does not within the time limit."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it does not come to hold"
        threading.Event().wait(0.001)


def settled(lan: Lan, since: int = 0) -> list[Passage]:
    """What the log has of these frames after so many others, once nothing is on its way."""
    until(lambda: lan.wire.waiting == 0)
    return [row for row in lan.wire.log.since(since) if row.data[12:14] == EXPERIMENTAL.to_bytes(2, "big")]


def texts(rows: list[Passage]) -> list[str]:
    """Their texts."""
    return [row.data[14:].decode() for row in rows]


def receivers(row: Passage) -> list[str]:
    """Who got it."""
    return [delivery.host for delivery in row.deliveries]
