"""Server: real sockets, and peers that are nothing but sockets."""

import contextlib
import socket
import subprocess
import threading
import time
from queue import Queue

import pytest

from chatkit.errors import MachineError, MisuseError
from chatkit.net import connection, postman
from chatkit.net.event import Event, What
from chatkit.net.server import Server
from chatkit.protocol.limits import Limits
from tests.needs import needs_nc
from tests.peer import TIMEOUT, Connect, Peer


def events_of(server: Server) -> "Queue[Event]":
    events: Queue[Event] = Queue()
    server.subscribe(events.put)
    return events


def wait_for(events: "Queue[Event]", what: What) -> Event:
    while (event := events.get(timeout=TIMEOUT)).what is not what:
        pass
    return event


def test_everybody_hears_what_the_others_say(peer: Connect) -> None:
    ann, bob, carl = peer("ann"), peer("bob"), peer("carl")
    ann.until("JOINED carl")
    bob.until("JOINED carl")
    ann.send("SAY hello é 😀\nPING done\n")
    assert bob.line() == carl.line() == "SAID ann hello é 😀\n"
    assert ann.line() == "PONG done\n"  # and nothing before it


def test_a_message_in_pieces_and_two_in_one_piece(peer: Connect) -> None:
    ann, bob = peer("ann"), peer("bob")
    for byte in "SAY é😀\n".encode():
        ann.send(bytes([byte]))
    ann.send("SAY two\nSAY three\nSAY ha")
    assert [bob.line() for _ in range(3)] == ["SAID ann é😀\n", "SAID ann two\n", "SAID ann three\n"]
    ann.finish()
    assert bob.line() == "LEFT ann closed without QUIT\n"


@needs_nc
def test_nc_is_a_client(server: Server, peer: Connect) -> None:
    bob = peer("bob")
    host, port = server.address
    done = subprocess.run(
        ["nc", "-N", host, str(port)], input=b"JOIN ann\nSAY hello\nQUIT\n", capture_output=True, timeout=TIMEOUT
    )
    assert b"type JOIN and a name" in done.stdout
    assert done.stdout.endswith(b"WELCOME ann\nUSERS 2 bob ann\nBYE\n")
    assert [bob.line() for _ in range(3)] == ["JOINED ann\n", "SAID ann hello\n", "LEFT ann\n"]


def test_quit_is_answered_with_bye_and_the_end(peer: Connect) -> None:
    ann = peer("ann")
    ann.send("QUIT\n")
    ann.finish()
    assert ann.rest() == "BYE\n"


def test_who_half_closes_still_gets_every_answer(peer: Connect) -> None:
    ann = peer()
    ann.send("JOIN ann\nWHO\nPING x\n")
    ann.finish()
    assert ann.rest().splitlines()[1:] == ["WELCOME ann", "USERS 1 ann", "USERS 1 ann", "PONG x"]


def test_a_reset_in_mid_line_costs_only_its_own_connection(peer: Connect) -> None:
    ann, bob = peer("ann"), peer("bob")
    ann.send("SAY half a li")
    ann.reset()
    assert bob.line().startswith("LEFT ann connection lost")
    bob.send("PING x\n")
    assert bob.line() == "PONG x\n"


@pytest.mark.parametrize("flood", [b"x" * 10_000_000, b"SAY " + b"y" * 9000 + b"\n" + b"z" * 3_000_000])
def test_a_line_without_end_gets_its_error_and_no_reset(peer: Connect, flood: bytes) -> None:
    ann, bob = peer("ann"), peer("bob")
    ann.until("JOINED")
    sender = threading.Thread(target=ann.send, args=(flood,))
    sender.start()
    assert ann.expect("ERROR too-long").startswith("ERROR too-long")
    assert ann.rest() == ""
    sender.join()
    assert bob.line() == "LEFT ann too long\n"


def test_one_who_says_nothing_is_sent_away_and_the_others_do_not_notice() -> None:
    with Server(port=0, limits=Limits(join_time=0.2)) as server, Peer(server.address) as silent:
        with Peer(server.address, "ann") as ann:
            silent.expect("HELLO")
            assert silent.expect("ERROR join-timeout")
            assert silent.rest() == ""
            ann.send("PING x\n")
            assert ann.line() == "PONG x\n"


def test_one_who_never_reads_is_cut_off_and_the_others_hear_everything() -> None:
    with Server(port=0, limits=Limits(outbox=100_000, rate=0)) as server:
        with Peer(server.address, "deaf"), Peer(server.address, "ann") as ann, Peer(server.address, "bob") as bob:
            ann.until("JOINED bob")
            talk = threading.Thread(target=lambda: [ann.send(f"SAY {n} {'x' * 7000}\n") for n in range(1500)])
            talk.start()
            heard = [bob.line() for _ in range(1501)]
            talk.join()
    assert "LEFT deaf too slow\n" in heard
    assert [line.split()[2] for line in heard if line.startswith("SAID")] == [str(n) for n in range(1500)]


def test_a_flood_is_slowed_and_nothing_of_it_is_lost() -> None:
    with Server(port=0, limits=Limits(rate=200)) as server:
        with Peer(server.address, "ann") as ann, Peer(server.address, "bob") as bob:
            ann.until("JOINED bob")
            ann.send("".join(f"SAY {n}\n" for n in range(500)))
            assert [bob.line() for _ in range(500)] == [f"SAID ann {n}\n" for n in range(500)]


def test_a_flooder_waits_before_it_is_read_again() -> None:
    with Server(port=0, limits=Limits(rate=100)) as server, Peer(server.address, "ann") as ann:
        ann.send("PING x\n" * 250)
        ann.until("PONG")
        began = time.monotonic()  # about 50 lines over the burst: half a second
        ann.send("PING last\n")
        ann.until("PONG last")
        assert time.monotonic() - began > 0.3


def test_a_flood_does_not_outlive_its_error() -> None:
    with Server(port=0) as server, Peer(server.address) as flooder:
        closed = events_of(server)
        thread = threading.Thread(target=flood_until_reset, args=(flooder,))
        thread.start()
        wait_for(closed, What.CLOSED)
        thread.join(TIMEOUT)


def flood_until_reset(peer: Peer) -> None:
    with contextlib.suppress(OSError):
        while True:
            peer.send(b"x" * 100_000)


def test_stop_says_bye_closes_and_joins_everything() -> None:
    before = set(threading.enumerate())
    server = Server(port=0).start()
    with Peer(server.address, "ann") as ann, Peer(server.address) as new:
        new.expect("HELLO")
        server.stop()
        server.stop()
        assert set(threading.enumerate()) == before
        assert ann.rest() == "BYE the server is closing\n"
        assert new.rest() == "BYE the server is closing\n"
    again = Server(port=server.address[1]).start()  # the port is free at once
    again.stop()


def test_a_new_server_repr_says_where_and_who(server: Server, peer: Connect) -> None:
    peer("ann")
    assert repr(server) == f"<Server on 127.0.0.1:{server.address[1]}, users: ann>"
    assert server.users == ("ann",)


def test_a_taken_port_is_a_sentence(server: Server) -> None:
    with pytest.raises(MachineError, match=f"Port {server.address[1]} is taken"):
        Server(port=server.address[1]).start()


def test_a_server_starts_once() -> None:
    with pytest.raises(MisuseError, match="no address before start"):
        _ = Server(port=0).address
    with Server(port=0) as server, pytest.raises(MisuseError, match="starts once"):
        server.start()


def test_events_tell_who_came_what_moved_and_who_went(server: Server) -> None:
    events = events_of(server)
    with Peer(server.address, "ann") as ann:
        address = ann.sock.getsockname()
        assert wait_for(events, What.ACCEPTED).address == address
        received = wait_for(events, What.RECEIVED)
        assert (received.bytes, received.thread) == (9, "chat-reader-1")
        joined = wait_for(events, What.JOINED)
        assert (joined.who, joined.address, joined.thread) == ("ann", address, "chat-postman")
        ann.send("QUIT bye\n")
        ann.finish()
        assert wait_for(events, What.LEFT).text == "bye"
        assert wait_for(events, What.CLOSED).address == address


def test_a_listener_that_fails_does_not_stop_the_chat(
    server: Server, peer: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    server.subscribe(lambda event: 1 / 0)
    ann = peer("ann")
    ann.send("PING x\n")
    assert ann.line() == "PONG x\n"
    assert "ZeroDivisionError" in caplog.text


def test_deliveries_are_told_only_to_who_asks(server: Server, peer: Connect) -> None:
    deliveries: Queue[Event] = Queue()
    server.subscribe(deliveries.put, every_delivery=True)
    few = events_of(server)
    ann, _bob = peer("ann"), peer("bob")
    ann.until("JOINED bob")
    assert wait_for(deliveries, What.DELIVERED).bytes > 0
    while not few.empty():
        assert few.get().what is not What.DELIVERED


def test_no_descriptor_left_is_said_and_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    accept, failures = socket.socket.accept, iter([OSError(24, "Too many open files")])

    def fails_once(listener: socket.socket) -> tuple[socket.socket, object]:
        for error in failures:
            raise error
        return accept(listener)

    monkeypatch.setattr(socket.socket, "accept", fails_once)
    server = Server(port=0)
    events = events_of(server)
    with server, Peer(server.address, "ann"):
        assert "Too many open files" in wait_for(events, What.TROUBLE).text


def test_no_thread_left_is_said_and_survived(server: Server, monkeypatch: pytest.MonkeyPatch, peer: Connect) -> None:
    events, start = events_of(server), threading.Thread.start

    def fails_for_readers(thread: threading.Thread) -> None:
        if thread.name == "chat-reader-1":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", fails_for_readers)
    assert peer().rest().startswith("HELLO")
    assert "no thread" in wait_for(events, What.TROUBLE).text
    peer("ann")


def test_a_system_without_the_flag_for_sends_that_do_not_wait_serves_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (connection, postman):  # as on Windows
        monkeypatch.setattr(module, "NOW", 0)
    test_one_who_never_reads_is_cut_off_and_the_others_hear_everything()
    test_stop_says_bye_closes_and_joins_everything()


def test_many_who_come_and_go_at_once_are_all_heard() -> None:
    with Server(port=0) as server, contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(Peer(server.address)) for _ in range(100)]
        for number, peer in enumerate(crowd):
            peer.send(f"JOIN user{number}\n")
        for number, peer in enumerate(crowd):
            assert peer.until("WELCOME") == f"WELCOME user{number}"
        for peer in crowd[1:]:
            peer.send("QUIT\n")
        gone = {crowd[0].until("LEFT").split()[1] for _ in range(99)}
        assert gone == {f"user{number}" for number in range(1, 100)}
