"""Client: against our server, and against servers that lie, stall or vanish."""

import contextlib
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from chatkit.errors import LanError, MisuseError, Refused
from chatkit.lan.lan import Lan
from chatkit.lan.tcp_info import tcp_info
from chatkit.net.client import Client, Gone
from chatkit.net.event import Address, What
from chatkit.net.server import Server
from chatkit.protocol import messages as m
from tests.needs import needs_lan, needs_linux
from tests.peer import TIMEOUT, Peer


@contextlib.contextmanager
def scripted(play: Callable[[socket.socket], None]) -> Iterator[Address]:
    """A server that accepts one client and does as told."""

    def serve() -> None:
        sock, _ = listener.accept()
        with sock:
            sock.settimeout(TIMEOUT)
            play(sock)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(TIMEOUT)
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()
        thread.join()


def says(*chunks: bytes) -> Callable[[socket.socket], None]:
    """Send, then read to the end."""

    def play(sock: socket.socket) -> None:
        for chunk in chunks:
            sock.sendall(chunk)
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(65536):
            pass

    return play


def says_nothing(sock: socket.socket) -> None:
    sock.recv(1)  # until the client gives up


HELLO = b"HELLO chat/1 hi\n"
WELCOME = b"WELCOME ann\nUSERS 1 ann\n"


def wait_for(inbox: "Queue[Any]", kind: type) -> Any:
    while not isinstance(message := inbox.get(timeout=TIMEOUT), kind):
        pass
    return message


def test_two_clients_talk(server: Server) -> None:
    inbox: Queue[Any] = Queue()
    with Client("ann", server.address) as ann, Client("bob", server.address, listener=inbox.put) as bob:
        assert bob.users == ("ann", "bob")
        ann.say("hello é 😀")
        assert wait_for(inbox, m.Said) == m.Said("ann", "hello é 😀")
        ann.tell("BOB", "psst")
        assert wait_for(inbox, m.Told) == m.Told("ann", "psst")
        assert ann.address[1] != bob.address[1]
        assert ann.server == server.address


def test_the_list_of_users_stays_true(server: Server) -> None:
    inbox: Queue[Any] = Queue()
    with Client("ann", server.address, listener=inbox.put) as ann:
        with Client("bob", server.address):
            wait_for(inbox, m.Joined)
            assert ann.users == ("ann", "bob")
        wait_for(inbox, m.Left)
        assert ann.users == ("ann",)


@needs_linux
def test_leaving_tells_the_server_first_and_keeps_time_wait(server: Server) -> None:
    with Peer(server.address, "bob") as bob:
        ann = Client("ann", server.address)
        port = ann.address[1]
        ann.quit("see you")
        assert bob.until("LEFT") == "LEFT ann see you"
    ends = f":{port:04X}", f":{server.address[1]:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    assert [row[3] for row in rows if row[1].endswith(ends[0]) and row[2].endswith(ends[1])] == ["06"]  # TIME_WAIT
    assert not [row for row in rows if row[1].endswith(ends[1]) and row[2].endswith(ends[0])]  # nothing at the server


def test_a_closed_client_says_so(server: Server) -> None:
    ann = Client("ann", server.address)
    ann.close()
    ann.close()
    assert not ann.connected
    with pytest.raises(Refused, match="connection is closed"):
        ann.say("hello")


def test_the_descriptor_of_a_client_is_that_of_its_connection(server: Server) -> None:
    with Client("ann", server.address) as ann:
        with socket.socket(fileno=os.dup(ann.fileno())) as again:
            assert (again.getsockname(), again.getpeername()) == (ann.address, ann.server)
    assert ann.fileno() == -1


@needs_linux
def test_the_kernel_tells_what_it_knows_of_a_client_and_no_more_once_it_is_closed(server: Server) -> None:
    with Client("ann", server.address) as ann:
        assert tcp_info(ann).state == "ESTABLISHED"
    with pytest.raises(LanError, match="closed"):
        tcp_info(ann)


@needs_lan
def test_server_and_client_write_their_addresses_of_ipv6_in_brackets() -> None:
    with Lan("server", "ann", ipv6=True) as lan, Server(host=lan["server"]) as server:
        with Client("ann", server.address, host=lan["ann"]) as ann:
            assert repr(server) == "<Server on [fd00::1]:9898, users: ann>"
            assert "-> [fd00::1]:9898" in repr(ann)
            assert f"[fd00::2]:{ann.address[1]} ->" in repr(ann)


def test_a_server_that_stops_is_told_to_the_listener() -> None:
    inbox: Queue[Any] = Queue()
    with Server(port=0) as server:
        ann = Client("ann", server.address, listener=inbox.put)
    assert wait_for(inbox, Gone) == Gone("The server said BYE: the server is closing.")
    ann.close()


def test_nobody_listens_is_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    with pytest.raises(Refused, match=f"Nobody listens on 127.0.0.1 port {address[1]}"):
        Client("ann", address)


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        (("no-such-host.invalid", 9898), "No computer called"),
        (("a..b", 9898), "No computer called"),
        (("127.0.0.1", 70000), "Port 70000 does not exist"),
    ],
)
def test_a_wrong_address_is_a_sentence(address: Address, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        Client("ann", address)


@pytest.mark.parametrize("name", ["", "a b", "x" * 21, "\u202e"])
def test_a_bad_name_is_refused_before_anything_is_sent(name: str) -> None:
    with pytest.raises(Refused) as caught:
        Client(name, ("127.0.0.1", 1))
    assert caught.value.code == "bad-name"


def test_a_taken_name_is_a_sentence(server: Server) -> None:
    with Client("ann", server.address), pytest.raises(Refused, match="is here already") as caught:
        Client("Ann", server.address)
    assert caught.value.code == "name-taken"


@pytest.mark.parametrize(
    ("play", "sentence"),
    [
        (says(b"SSH-2.0-OpenSSH\r\n"), 'not a chat/1 server: it began with "SSH-2.0-OpenSSH"'),
        (says(b"HELLO chat/9 x\n"), 'speaks "chat/9"'),
        (says(HELLO, b"ERROR full no place\n"), "The server refused: no place"),
        (says(HELLO), "closed the connection without a BYE"),
        (says(b"x" * 9000), "a line of over 8192 bytes"),
        (says(b"\xff\xfe\n"), "not a chat/1 server"),
        (says(HELLO, b"WELCOME " + b"x" * 8000 + b"\nUSERS 1 x\n"), "not a chat/1 server: .* has 8000 characters"),
    ],
)
def test_what_is_not_our_server_is_a_sentence(play: Callable[[socket.socket], None], sentence: str) -> None:
    with scripted(play) as address, pytest.raises(Refused, match=sentence):
        Client("ann", address)


def test_a_server_that_says_nothing_is_a_sentence() -> None:
    with scripted(says_nothing) as address:
        with pytest.raises(Refused, match="no chat/1 server answered within 0.2 seconds"):
            Client("ann", address, timeout=0.2)


def test_a_list_of_users_may_come_in_parts_and_unknown_verbs_are_ignored() -> None:
    talk = [HELLO, b"WELCOME ann\nUSERS 3 ann bob\nFUTURE x\nUSERS 3 carl\n", b"BYE\n"]
    with scripted(says(*talk)) as address, Client("ann", address) as ann:
        assert ann.users == ("ann", "bob", "carl")


def test_a_line_that_is_not_chat_is_shown_and_survived() -> None:
    inbox: Queue[Any] = Queue()
    talk = [HELLO, WELCOME, b"SAID eve \x1b[2Jboo\n\xff\nUSERS many\nSAID\nSAID bob hi\n"]
    with scripted(says(*talk)) as address, Client("ann", address, listener=inbox.put):
        assert wait_for(inbox, m.Error).code == "bad-line"
        assert wait_for(inbox, m.Said) == m.Said("bob", "hi")


def test_a_ping_is_answered() -> None:
    heard: Queue[bytes] = Queue()

    def play(sock: socket.socket) -> None:
        sock.sendall(HELLO + WELCOME + b"PING 17 x\n")
        lines = sock.makefile("rb")
        heard.put(lines.readline() + lines.readline())
        lines.close()

    with scripted(play) as address, Client("ann", address):
        assert heard.get(timeout=TIMEOUT) == b"JOIN ann\nPONG 17 x\n"


def test_an_impossible_text_is_refused_and_the_connection_lives(server: Server) -> None:
    with Client("ann", server.address) as ann:
        for text in ("", "a\nQUIT", "x" * 8001):
            with pytest.raises(MisuseError):
                ann.say(text)
        ann.say("fine")
        assert ann.connected


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        (b"ERROR idle nothing heard for 600 s\n", "The server ended the connection: nothing heard for 600 s."),
        (b"BYE see you\n", "The server said BYE: see you."),
        (b"ERROR no-text SAY needs text after it\n", "The server closed the connection without a BYE."),
        (b"SAID eve " + b"x" * 8100 + b"\n", "The server closed the connection without a BYE."),
    ],
    ids=["fatal error", "bye", "error that is not fatal", "text that is too long"],
)
def test_the_reason_is_what_the_server_said_last(last: bytes, reason: str) -> None:
    inbox: Queue[Any] = Queue()
    with scripted(says(HELLO, WELCOME, last)) as address, Client("ann", address, listener=inbox.put):
        assert wait_for(inbox, Gone) == Gone(reason)


def test_an_announced_end_is_the_reason_even_if_an_rst_follows() -> None:
    inbox: Queue[Any] = Queue()
    is_heard = threading.Event()

    def play(sock: socket.socket) -> None:
        sock.sendall(HELLO + WELCOME + b"ERROR too-long a line of over 8192 bytes\n")
        assert is_heard.wait(TIMEOUT)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def listen(message: m.Reply | Gone) -> None:
        inbox.put(message)
        if isinstance(message, m.Error):
            is_heard.set()

    with scripted(play) as address, Client("ann", address, listener=listen):
        assert wait_for(inbox, Gone) == Gone("The server ended the connection: a line of over 8192 bytes.")


def test_the_socket_calls_are_told(server: Server) -> None:
    events: Queue[Any] = Queue()
    with Client("ann", server.address, on_event=events.put) as ann:
        ann.say("hello")
    calls = [events.get(timeout=TIMEOUT).what for _ in range(events.qsize())]
    assert calls[0] is What.CONNECTED
    assert calls[-1] is What.CLOSED
    assert calls.count(What.SENT) == 3  # JOIN, SAY, QUIT
    assert What.SHUT_DOWN in calls


def test_a_listener_that_fails_does_not_end_the_connection(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    with Client("ann", server.address, listener=lambda message: 1 / 0) as ann:
        ann.say("hello")
        assert ann.connected
    assert "ZeroDivisionError" in caplog.text
