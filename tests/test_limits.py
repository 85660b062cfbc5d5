"""Limits: how much a client, or a machine, may cost the others. Others of them: in test_server and test_faults."""

import socket
import sys
import threading
from queue import Queue

import pytest

from chatkit import Lan
from chatkit.lan.rules import drop
from chatkit.net import server as net_server
from chatkit.net.event import Event, What
from chatkit.net.server import Server
from chatkit.protocol.limits import Limits
from tests.needs import needs_lan, needs_linux
from tests.peer import TIMEOUT, Connect, Peer
from tests.programs import Program
from tests.test_server import events_of, wait_for

IMPATIENT = Limits(ping_after=0.1, idle=0.6)


class Cabled(Peer):
    """A peer on a socket that is there already."""

    def __init__(self, sock: socket.socket, name: str = "") -> None:
        self.sock = sock
        self.lines = sock.makefile("rb")
        if name:
            self.join(name)


def answer_until(peer: Peer, start: str) -> str:
    """Answer each PING, as who is alive does, up to the line that begins so."""
    while not (line := peer.line()).startswith(start):
        assert line, f"the stream ended before {start}"
        if line.startswith("PING"):
            peer.send(line.replace("PING", "PONG"))
    return line.rstrip("\n")


# ---- silence ----


def test_who_is_silent_is_asked_and_then_sent_away_and_who_answers_stays() -> None:
    with Server(port=0, limits=IMPATIENT) as server, Peer(server.address, "ann") as ann:
        with Peer(server.address, "mute") as mute:
            assert answer_until(ann, "LEFT") == "LEFT mute idle"
            ann.send("PING x\n")
            assert answer_until(ann, "PONG") == "PONG x"
            asked, error = mute.rest().splitlines()
            assert (asked, error.split(" ")[:2]) == ("PING still-there", ["ERROR", "idle"])


@needs_lan
def test_who_lost_its_network_is_sent_away_although_no_segment_of_it_comes_any_more() -> None:
    with Lan("server", "ann", "bob") as lan, Server(port=0, host=lan["server"], limits=IMPATIENT) as server:
        events = events_of(server)
        with Cabled(lan["ann"].connect(server.address), "ann") as ann:
            with Cabled(lan["bob"].connect(server.address), "bob"):
                lan.wire.add(drop(sent_by="bob"))
                assert answer_until(ann, "LEFT") == "LEFT bob idle"
                assert wait_for(events, What.CLOSED).who == "bob"  # without a FIN of his


# ---- how many ----


def refusal(peer: Peer) -> str:
    """Give the code of the error that ends a connection which has only just begun."""
    hello, error = peer.rest().splitlines()
    assert hello.startswith("HELLO")
    return error.split(" ")[1]


def test_one_too_many_is_told_so_and_whoever_goes_leaves_a_place() -> None:
    with Server(port=0, limits=Limits(max_clients=2)) as server, Peer(server.address, "ann"):
        events = events_of(server)
        with Peer(server.address, "bob"), Peer(server.address) as late:
            assert refusal(late) == "full"
        for _ in range(2):  # bob, and who was late
            wait_for(events, What.CLOSED)
        Peer(server.address, "carl").close()


@needs_linux
def test_one_address_may_not_take_every_place() -> None:
    with Server(port=0, limits=Limits(max_per_address=2)) as server:
        with Peer(server.address, "ann"), Peer(server.address, "bob"), Peer(server.address) as third:
            assert refusal(third) == "full"
            other = socket.create_connection(server.address, TIMEOUT, source_address=("127.0.0.2", 0))
            Cabled(other, "carl").close()


# ---- a machine that has nothing left ----

FILES = 64  # of one process


@needs_linux
def test_out_of_descriptors_is_one_sentence_and_who_waits_is_let_in_when_some_are_free() -> None:
    words = f"ulimit -n {FILES}; exec {sys.executable} -u -m chatkit serve --port 0"
    with Program("sh", "-c", words) as program:
        address = "127.0.0.1", int(program.wait_for(r"on port (\d+)").group(1))
        with Peer(address, "ann") as ann:
            crowd = [Peer(address) for _ in range(FILES)]  # the system shakes hands with all of them
            program.wait_for("trouble: a connection could not be accepted: Too many open files")
            for number in range(20):
                ann.send(f"PING {number}\n")
                assert ann.line() == f"PONG {number}\n"
            last = crowd.pop()
            for peer in crowd:
                peer.close()
            last.join("late")
            last.close()
            program.wait_for("late left")
        assert program.seen.count("trouble") == 1


def test_out_of_threads_is_one_sentence_and_the_next_is_let_in_when_some_are_free(
    server: Server, monkeypatch: pytest.MonkeyPatch, peer: Connect
) -> None:
    ann, troubles, start = peer("ann"), Queue[Event](), threading.Thread.start
    server.subscribe(lambda event: troubles.put(event) if event.what is What.TROUBLE else None)

    def fails(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as poor:
        poor.setattr(threading.Thread, "start", lambda thread: (fails if "reader" in thread.name else start)(thread))
        assert [peer().rest()[:5] for _ in range(20)] == ["HELLO"] * 20
        ann.send("PING x\n")
        assert ann.line() == "PONG x\n"
    peer("bob")
    assert [troubles.get().text, troubles.qsize()] == ["no thread for this client: can't start new thread", 0]


def test_a_trouble_that_comes_again_much_later_is_told_again(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(net_server, "_SAME_TROUBLE", -1.0)
    troubles = Queue[Event]()
    server.subscribe(troubles.put)
    for _ in range(2):
        server._complain("no luck")
    assert [troubles.get().text for _ in range(2)] == ["no luck"] * 2
