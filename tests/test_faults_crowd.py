"""Faults of many: all come, talk, leave, or are killed at once. What the rest hears keeps the promise."""

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from queue import Queue
from typing import Any

import pytest

from chatkit.net.client import Client, Gone
from chatkit.net.event import Address
from chatkit.net.server import Server
from chatkit.protocol.limits import Limits
from tests.crowd import Crowd, Visitor
from tests.needs import needs_linux
from tests.peer import TIMEOUT
from tests.server_process import server_process
from tests.test_client import wait_for

A_CLASS = 100
A_THOUSAND = 1000

UNLIMITED = Limits(rate=0, max_clients=0, max_per_address=0, outbox=0)


def all_over(visitors: list[Visitor]) -> bool:
    return all(visitor.is_over for visitor in visitors)


def times(visitor: Visitor, verb: str) -> int:
    """Give how often it heard this."""
    return sum(line.startswith(verb) for line in visitor.heard)


def close_the_room(crowd: Crowd) -> None:
    """All have left: the witness hears of the last, and leaves too; then all is judged."""
    witness, *others = crowd.visitors
    crowd.run(lambda: all_over(others) and times(witness, "LEFT") == times(witness, "JOINED"), 4 * TIMEOUT)
    witness.quit()
    crowd.run(lambda: witness.is_over)
    assert crowd.broken_promises() == []


# ---- all at once ----


@pytest.mark.parametrize("leave", [Visitor.quit, Visitor.reset, Visitor.finish])
def test_a_class_that_comes_talks_and_leaves_at_once_keeps_the_promise(leave: Callable[[Visitor], None]) -> None:
    with Server(port=0, limits=UNLIMITED) as server, Crowd(server.address) as crowd:
        come_talk_and_leave(crowd, A_CLASS, leave)


@pytest.mark.slow
@needs_linux
@pytest.mark.parametrize("leave", [Visitor.quit, Visitor.reset])
def test_a_thousand_who_come_talk_and_leave_at_once_leave_nothing_behind(leave: Callable[[Visitor], None]) -> None:
    with server_process(UNLIMITED) as server, Crowd(server.address) as crowd:
        before = server.threads(), server.descriptors()
        come_talk_and_leave(crowd, A_THOUSAND, leave)
        wait_until(lambda: (server.threads(), server.descriptors()) == before)


def come_talk_and_leave(crowd: Crowd, count: int, leave: Callable[[Visitor], None]) -> None:
    crowd.open_with("witness")
    visitors = [crowd.come(f"visitor{number}") for number in range(count)]
    crowd.run(lambda: all(visitor.joined for visitor in visitors), 4 * TIMEOUT)
    for visitor in visitors:
        visitor.say(2)
        visitor.ask()
    crowd.run(lambda: all(visitor.recording.read for visitor in visitors), 4 * TIMEOUT)
    for visitor in visitors:
        leave(visitor)
    close_the_room(crowd)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# ---- kill -9 ----

_CLIENTS = """
import socket, sys
socks = [socket.create_connection(("127.0.0.1", {port})) for _ in range({count})]
for number, sock in enumerate(socks):
    sock.sendall(b"JOIN killed%d\\n" % number)
input()
"""


@contextlib.contextmanager
def clients_of_another_process(address: Address, count: int) -> Iterator["subprocess.Popen[bytes]"]:
    program = [sys.executable, "-S", "-c", _CLIENTS.format(port=address[1], count=count)]
    with subprocess.Popen(program, stdin=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def test_clients_that_are_killed_have_left_and_the_others_talk_on() -> None:
    with Server(port=0, limits=UNLIMITED) as server, Crowd(server.address) as crowd:
        witness, ann, bob = crowd.open_with("witness", "ann", "bob")
        with clients_of_another_process(server.address, A_CLASS) as process:
            crowd.run(lambda: f"JOINED killed{A_CLASS - 1}" in witness.heard, 2 * TIMEOUT)
            ann.say(10)
            process.kill()
            bob.say(10)
            crowd.run(lambda: times(witness, "LEFT killed") == A_CLASS)
        names = [line.split()[1] for line in witness.heard if line.startswith("LEFT")]
        assert sorted(names) == sorted(f"killed{number}" for number in range(A_CLASS))
        assert len(server.users) == 3


def test_a_server_that_is_killed_is_the_end_for_its_clients_and_its_port_is_free_at_once() -> None:
    inbox: Queue[Any] = Queue()
    with server_process(UNLIMITED) as server, Crowd(server.address) as crowd:
        visitors = crowd.open_with(*"abcdefgh")
        with Client("ann", server.address, listener=inbox.put):
            for visitor in visitors:
                visitor.say(1000)
            crowd.run_for(0.02)
            server.kill()
            crowd.run(lambda: all_over(visitors))
            assert wait_for(inbox, Gone).reason.startswith(
                ("The connection to the server was lost", "The server closed")
            )
    with server_process(UNLIMITED, port=server.address[1]) as again, Crowd(again.address) as crowd:
        crowd.open_with("witness", "a")
        crowd.visitors[1].quit()
        close_the_room(crowd)


# ---- slow writers ----


def test_one_that_sends_a_byte_at_a_time_is_heard_whole_and_keeps_nobody_waiting() -> None:
    with Server(port=0, limits=UNLIMITED) as server, Crowd(server.address) as crowd:
        _, slow, ann, bob = crowd.open_with("witness", "slow", "ann", "bob")
        slow.recording.said.append("smörgåsbord 😀")
        for byte in "SAY smörgåsbord 😀\n".encode():
            slow.send(bytes([byte]))
            for other in (ann, bob):
                other.say()
                other.ask()
            crowd.run(lambda: ann.recording.read == bob.recording.read == len(ann.recording.said))
        for visitor in (slow, ann, bob):
            visitor.quit()
        close_the_room(crowd)


@pytest.mark.parametrize(
    ("begin", "limits", "error"),
    [("JOI", Limits(join_time=0.4), "join-timeout"), ("JOIN slow\nSA", Limits(idle=0.4, ping_after=0), "idle")],
)
def test_bytes_that_never_become_a_line_are_no_sign_of_life(begin: str, limits: Limits, error: str) -> None:
    with Server(port=0, limits=limits) as server, Crowd(server.address) as crowd:
        slow = crowd.come()
        slow.send(begin)
        while not slow.is_over:
            slow.send("x")
            crowd.run_for(0.05)
        assert slow.heard[-1].startswith(f"ERROR {error} ")


# ---- the end, and the time ----


def test_a_server_that_stops_under_load_says_bye_to_all_keeps_its_promise_and_frees_its_port() -> None:
    server = Server(port=0, limits=UNLIMITED).start()
    with Crowd(server.address) as crowd:
        visitors = crowd.open_with("witness", *(f"visitor{number}" for number in range(20)))
        for visitor in visitors[1:]:
            visitor.say(200)
        crowd.run_for(0.05)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        crowd.run(lambda: all_over(visitors))
        stopping.join(TIMEOUT)
        assert not stopping.is_alive()
        assert {visitor.heard[-1] for visitor in visitors} == {"BYE the server is closing"}
        assert crowd.broken_promises() == []
    with Server(port=server.address[1]):
        pass


def test_a_clock_that_jumps_throws_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    true_time = time.time
    limits = Limits(join_time=5, idle=5, ping_after=2, takeover=5, rate=200)
    with Server(port=0, limits=limits) as server, Crowd(server.address) as crowd:
        _, ann, bob = crowd.open_with("witness", "ann", "bob")
        new = crowd.come()
        for hours in (2, -2, 100_000, -100_000):
            monkeypatch.setattr(time, "time", lambda seconds=3600 * hours: true_time() + seconds)
            for visitor in (ann, bob):
                visitor.say()
                visitor.ask()
            crowd.run(lambda: ann.recording.read == bob.recording.read == len(ann.recording.said))
            crowd.run_for(0.3)  # the server looks at its clock four times a second
        assert not any(visitor.is_over for visitor in crowd.visitors)
        assert not any(line.startswith(("ERROR", "PING")) for visitor in crowd.visitors for line in visitor.heard)
        for visitor in (new, ann, bob):
            visitor.quit()
        close_the_room(crowd)
