"""Hostile servers: whatever they send, a client says one clear sentence in the end, and keeps little."""

import contextlib
import os
import re
import socket
import tracemalloc
from collections.abc import Callable, Iterator
from queue import Queue
from random import Random
from typing import Any

import pytest

from chatkit.errors import ProtocolError, Refused
from chatkit.net.client import Client, Gone
from chatkit.net.user_list import MAX_USERS
from chatkit.protocol import messages as m
from chatkit.protocol.text import MAX_TEXT_BYTES, find_forbidden
from tests.test_client import HELLO, WELCOME, scripted, wait_for

SEED = int(os.environ.get("CHATKIT_SEED", "1"))
LITTLE = 8_000_000  # bytes; the longest list of users that a client believes in takes a quarter of that
LONGEST_SENTENCE = 300  # characters: the server's own words may be in it

_WORDS = [
    b"ann", b"bob", b"eve", b"", b"0", b"1", b"2", b"999999999", b"9999999999", b"-1", b"chat/1", b"chat/9",
    b"bad-name", b"idle", b"name-taken", "zoë".encode(), b"\x1b[2J", "\u202eevil".encode(), b"<b>bold</b>",
    b"\xff", b"\0", b"x" * 21, b"y" * 8000, b"z" * 9000,
]  # fmt: skip
_VERBS = [
    b"HELLO", b"WELCOME", b"USERS", b"JOINED", b"SAID", b"TOLD", b"LEFT", b"PAST", b"PING", b"PONG", b"ERROR", b"BYE",
    b"CAPTURED", b"NEWS", b"said", b"",
]  # fmt: skip
_GOOD = [
    HELLO[:-1],
    b"WELCOME ann",
    b"USERS 2 ann bob",
    b"JOINED eve",
    b"SAID bob hi",
    b"LEFT bob",
    b"PING x",
    b"BYE bye",
]


def some_reply(random: Random) -> bytes:
    """Give a line without its LF: a good one, one of the right words in a wrong order, or noise."""
    choice = random.random()
    if choice < 0.4:
        return random.choice(_GOOD)
    line = b" ".join([random.choice(_VERBS), *random.choices(_WORDS, k=random.randrange(4))])
    if choice < 0.9:
        return line
    at = random.randrange(len(line) + 1)
    return (line[:at] + random.randbytes(random.randrange(4)) + line[at + random.randrange(3) :]).replace(b"\n", b"")


def assert_is_a_sentence(text: str) -> None:
    assert re.fullmatch(r"[A-Z].{10,}[.!?]", text) and find_forbidden(text) is None, text
    assert len(text) <= LONGEST_SENTENCE


# ---- what is decoded ----


@pytest.mark.slow
def test_a_reply_is_not_chat_or_means_the_same_when_it_is_sent_on() -> None:
    random = Random(SEED)
    for _ in range(200_000):
        with contextlib.suppress(ProtocolError):
            reply = m.decode_reply(some_reply(random)[:MAX_TEXT_BYTES])
            if not isinstance(reply, m.Unknown):
                assert m.decode_reply(m.encode(reply)[:-1]) == reply


# ---- whole sessions ----


def sends_and_ends(data: bytes, random: Random) -> Callable[[socket.socket], None]:
    """Send it in pieces; the dice are its own, for it runs in another thread."""

    def play(sock: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the client may have left
            rest = data
            while rest:
                size = random.choice((1, 10, 1000, 100_000))
                sock.sendall(rest[:size])
                rest = rest[size:]
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(65536):
                pass

    return play


@pytest.mark.slow
def test_whatever_a_server_sends_the_client_ends_with_a_sentence() -> None:
    random = Random(SEED)
    ends = [how_it_ends(random) for _ in range(600)]
    assert ends.count(Refused) > 50 and ends.count(Gone) > 50


def how_it_ends(random: Random) -> type:
    begin = random.choice((b"", HELLO, HELLO + WELCOME, HELLO + WELCOME))
    data = begin + b"\n".join(some_reply(random) for _ in range(random.randrange(40)))
    inbox: Queue[Any] = Queue()
    with scripted(sends_and_ends(data, Random(len(data)))) as address:
        try:
            client = Client("ann", address, listener=inbox.put)
        except Refused as error:
            assert_is_a_sentence(str(error))
            return Refused
        assert_is_a_sentence(wait_for(inbox, Gone).reason)
        assert inbox.empty() and not client.connected
        return Gone


# ---- endless ones ----


def endless(line: str, times: int) -> Callable[[socket.socket], None]:
    """Send such lines, each with its number in it, until the client leaves or there were so many."""

    def play(sock: socket.socket) -> None:
        with contextlib.suppress(OSError):
            sock.sendall(HELLO + WELCOME)
            for start in range(0, times, 100):
                sock.sendall("".join(line.replace("%", str(start + n)) for n in range(100)).encode())
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(65536):
                pass

    return play


@contextlib.contextmanager
def little_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < LITTLE, f"{peak} bytes"


A_MILLION_NAMES = "USERS 999999999" + "".join(f" {n}-%" for n in range(500)) + "\n", 2000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "times"),
    [
        A_MILLION_NAMES,
        ("JOINED user%\n", 20_000),
        ("SAID bob %\n", 20_000),
        ("ERROR idle %\n", 20_000),
        ("%\n", 20_000),
    ],
)
def test_a_server_without_an_end_takes_little_memory(line: str, times: int) -> None:
    ended: Queue[str] = Queue()
    with scripted(endless(line, times)) as address, little_memory():
        client = Client("ann", address, listener=lambda got: ended.put(got.reason) if isinstance(got, Gone) else None)
        assert_is_a_sentence(ended.get(timeout=30))
        assert len(client.users) <= MAX_USERS
