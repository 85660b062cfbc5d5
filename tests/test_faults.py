"""Faults: peers, machines and callers that do the wrong thing at the wrong moment. None costs more than itself."""

import contextlib
import os
import socket
import struct
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from queue import Queue
from typing import Any

import pytest

from chatkit.errors import MachineError, MisuseError, Refused
from chatkit.faces import chat as faces_chat
from chatkit.faces.chat import Chat, Phase, Status
from chatkit.net import client as net_client
from chatkit.net import connection, postman, user_list
from chatkit.net.client import Client, Gone
from chatkit.net.connection import Connection
from chatkit.net.event import Event, What
from chatkit.net.server import Server
from chatkit.protocol import messages as m
from chatkit.protocol.limits import Limits
from chatkit.protocol.room import Room
from tests.needs import needs_linux
from tests.peer import TIMEOUT, Connect, Peer
from tests.server_process import server_process
from tests.test_client import HELLO, WELCOME, says, scripted, wait_for
from tests.test_server import events_of
from tests.test_server import wait_for as wait_for_event

AT_ONCE = 1.5  # seconds; nobody waits longer for an answer, however busy the others keep the server


def round_trip(peer: Peer) -> float:
    """Give the seconds that the server takes to answer; it has handled all that this peer sent before."""
    began = time.monotonic()
    peer.send("PING there\n")
    peer.until("PONG there")
    return time.monotonic() - began


def send_what_goes(peer: Peer, data: bytes) -> None:
    with contextlib.suppress(OSError):
        peer.sock.settimeout(TIMEOUT)
        peer.send(data)


@contextlib.contextmanager
def sending(*floods: tuple[Peer, bytes]) -> Iterator[list[threading.Thread]]:
    """Send all of these at the same time; in the end the connections are closed, whatever is still to go."""
    threads = [threading.Thread(target=send_what_goes, args=flood) for flood in floods]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        for peer, _ in floods:
            with contextlib.suppress(OSError):
                peer.sock.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()


def reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def server_threads() -> list[str]:
    names = [thread.name for thread in threading.enumerate()]
    return [name for name in names if name.startswith(("chat-postman", "chat-accept", "chat-reader"))]


# ---- a peer that resets, at every moment ----


def test_peers_that_reset_before_they_are_accepted_are_not_noticed(server: Server, peer: Connect) -> None:
    ann = peer("ann")
    for _ in range(200):  # they come faster than one thread accepts
        reset(socket.create_connection(server.address, TIMEOUT))
    assert round_trip(ann) < AT_ONCE
    assert server.users == ("ann",)


@pytest.mark.parametrize("sent", [b"", b"JO", b"JOIN eve", b"PASS x\nJOIN ", b"PING x\nPING y"])
def test_a_peer_that_resets_before_it_joined_is_not_heard_of(server: Server, peer: Connect, sent: bytes) -> None:
    events, ann, eve = events_of(server), peer("ann"), peer()
    eve.send(sent)
    eve.reset()
    wait_for_event(events, What.CLOSED)
    ann.send("PING x\n")
    assert ann.line() == "PONG x\n"


def test_a_peer_that_resets_while_much_waits_for_it_is_told_of_once() -> None:
    with Server(port=0, limits=Limits(rate=0, outbox=0)) as server, Peer(server.address, "ann") as ann:
        deaf = Peer(server.address, "deaf")
        ann.until("JOINED deaf")
        ann.send(f"SAY {'x' * 8000}\n" * 1500)  # 12 MB, more than any kernel keeps
        round_trip(ann)
        deaf.reset()
        assert ann.line().startswith("LEFT deaf connection lost")
        ann.send("WHO\n")
        assert ann.line() == "USERS 1 ann\n"


def test_a_reset_that_the_postman_meets_first_is_told_as_a_reset() -> None:
    with Server(port=0, limits=Limits(rate=10)) as server, Peer(server.address, "ann") as ann:
        bob = Peer(server.address, "bob")
        ann.until("JOINED bob")
        bob.send("PING x\n" * 30)  # too many at once: its reader pauses
        bob.until("PONG x")
        bob.reset()
        for _ in range(2):  # the system tells the first that the connection was reset, and the second of a broken pipe
            ann.send("SAY hello\n")
            round_trip(ann)
        assert ann.line() == "LEFT bob connection lost (connection reset by peer)\n"


def test_what_was_sent_before_a_reset_is_heard_before_the_leave(peer: Connect) -> None:
    bob, ann = peer("bob"), peer("ann")
    bob.until("JOINED")
    ann.send("SAY one\nSAY two\nSAY thr")
    assert (bob.line(), bob.line()) == ("SAID ann one\n", "SAID ann two\n")
    ann.reset()
    assert bob.line().startswith("LEFT ann ")


# ---- bytes ----


@pytest.mark.parametrize(
    "sent",
    [
        bytes(range(256)) * 20 + b"\n",
        b"\0\n\r\r\n\r\n \n" * 20,
        b"\xff\xfe\xef\xbb\xbf\n\xf0\x9f\x98\n\xed\xa0\x80\n\xc0\xae\n",
        "JOIN \u3164\nJOIN a\u0301\u0301 b\nJOIN \u202eeve\nSAY\nTELL\nTELL  \nPING\nPASS\nWHO x\n".encode(),
        b"GET / HTTP/1.1\r\nHost: chat\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500) + b"\n",
    ],
)
def test_garbage_is_answered_and_does_no_harm(peer: Connect, sent: bytes) -> None:
    ann, eve = peer("ann"), peer()
    eve.send(sent)
    eve.send("QUIT\n")
    eve.finish()
    *replies, last = eve.rest().splitlines()
    assert last == "BYE"
    assert all(reply.startswith(("HELLO", "ERROR")) for reply in replies)
    ann.send("PING x\n")
    assert ann.line() == "PONG x\n"


@needs_linux
def test_urgent_data_does_not_end_or_disturb_the_stream(peer: Connect) -> None:
    ann, bob = peer("ann"), peer("bob")
    ann.send("SAY he")
    ann.sock.send(b"!", socket.MSG_OOB)  # TCP's urgent data goes beside the stream
    ann.send("llo\n")
    assert bob.line() == "SAID ann hello\n"


def test_who_half_closes_and_then_reads_still_gets_what_waited_for_it() -> None:
    with Server(port=0, limits=Limits(rate=0, outbox=0)) as server, Peer(server.address, "ann") as ann:
        with Peer(server.address, "late") as late:
            ann.until("JOINED late")
            ann.send("".join(f"SAY {n} {'x' * 7900}\n" for n in range(1000)))
            round_trip(ann)
            late.send("QUIT\n")
            late.finish()
            assert [line.split()[2] for line in late.rest().splitlines()[:-1]] == [str(n) for n in range(1000)]


# ---- one floods, the others do not wait ----


def lines_of_feeds(peer: Peer) -> bytes:
    return b"\n" * 65536


def lines_after_quit(peer: Peer) -> bytes:
    return b"QUIT\n" + b"\n" * 20_000_000


def lines_after_a_fatal_error(peer: Peer) -> bytes:
    return b"JOIN !\n" * 10 + b"x\n" * 10_000_000


def names_that_are_hard_to_normalise(peer: Peer) -> bytes:
    return b"JOIN eve%d\n" % peer.sock.getsockname()[1] + f"TELL a{HARD} x\n".encode() * 100


HARD = "\u0301" * 1990 + "\u0316" * 1990  # marks in the wrong order: NFC sorts them one by one


@pytest.mark.parametrize(
    ("flood", "flooders"),
    [
        (lines_of_feeds, 60),
        (lines_after_quit, 8),
        (lines_after_a_fatal_error, 8),
        (names_that_are_hard_to_normalise, 8),
    ],
)
def test_a_flood_does_not_keep_the_others_waiting(peer: Connect, flood: Callable[[Peer], bytes], flooders: int) -> None:
    ann = peer("ann")
    flooding = [peer() for _ in range(flooders)]
    with sending(*[(eve, flood(eve)) for eve in flooding]):
        assert max(round_trip(ann) for _ in range(20)) < AT_ONCE


def test_a_name_that_is_hard_to_normalise_costs_no_more_than_another() -> None:
    room = Room()
    ann, eve = room.enter(("10.0.0.1", 1), 0.0), room.enter(("10.0.0.2", 1), 0.0)
    room.hear(ann, b"JOIN ann", 0.0)
    began = time.thread_time()
    for _ in range(9):
        room.hear(eve, f"JOIN a{HARD}".encode(), 0.0)
        room.hear(ann, f"TELL a{HARD} x".encode(), 0.0)
    assert time.thread_time() - began < 0.1


@pytest.mark.parametrize("rate", [20, 100])
def test_a_burst_is_no_longer_than_allowed_even_if_it_comes_in_one_segment(rate: int) -> None:
    with Server(port=0, limits=Limits(rate=rate)) as server, Peer(server.address, "bob") as bob:
        with Peer(server.address, "ann") as ann:
            bob.until("JOINED ann")
            began = time.monotonic()
            ann.send("".join(f"SAY {n}\n" for n in range(4 * rate)))
            for _ in range(3 * rate):  # one second's worth over the burst; ann's JOIN was part of it, too
                bob.line()
            assert time.monotonic() - began > 0.5


def test_one_who_asks_for_too_much_at_once_does_not_fill_the_memory() -> None:
    with Server(port=0, limits=Limits(rate=0)) as server, contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(Peer(server.address, f"{'𠀀' * 17}{n}")) for n in range(90)]
        greedy, witness = crowd[0], crowd[-1]
        with peak_memory() as peak:
            greedy.send("WHO\n" * 4000)  # 16 KB that ask for 28 MB
            witness.until(f"LEFT {'𠀀' * 17}0 too slow")
        assert peak() < 8_000_000


def test_a_crowd_that_talks_at_once_does_not_fill_the_memory() -> None:
    with Server(port=0, limits=Limits(rate=0, outbox=100_000)) as server, contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(Peer(server.address, f"user{n}")) for n in range(40)]
        talk = f"SAY {'x' * 7990}\n".encode() * 16
        with peak_memory() as peak, sending(*[(peer, talk) for peer in crowd]) as threads:
            for thread in threads:
                thread.join(TIMEOUT)
            with Peer(server.address, "witness") as witness:
                round_trip(witness)
            assert peak() < 30_000_000  # 5 MB came in; all of it for each at once would be 200 MB


@contextlib.contextmanager
def peak_memory() -> Iterator[Callable[[], int]]:
    """Measure; the function gives the most bytes that Python held at one time."""
    tracemalloc.start()
    try:
        yield lambda: tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# ---- one name, several who want it ----


def test_a_silent_holder_is_said_goodbye_and_replaced() -> None:
    with Server(port=0, limits=Limits(takeover=0.1)) as server, Peer(server.address, "bob") as bob:
        with Peer(server.address, "ann") as old, Peer(server.address) as new:
            new.send("JOIN ann\nSAY back\n")
            assert [bob.line() for _ in range(4)] == [
                "JOINED ann\n",
                "LEFT ann replaced from the same address\n",
                "JOINED ann\n",
                "SAID ann back\n",
            ]
            assert [line.split()[0] for line in old.rest().splitlines()] == ["PING", "BYE"]
            assert new.until("USERS") == "USERS 2 bob ann"


def test_whose_name_is_freed_by_a_reset_lets_the_waiting_one_in_at_once(peer: Connect) -> None:
    old, new = peer("ann"), peer()
    new.send("JOIN ann\n")
    assert old.line() == "PING still-there\n"
    old.reset()
    assert new.until("WELCOME") == "WELCOME ann"


def test_one_who_waits_for_a_name_and_resets_takes_nothing_with_it(peer: Connect, server: Server) -> None:
    events, old, new = events_of(server), peer("ann"), peer()
    new.send("JOIN ann\n")
    assert old.line() == "PING still-there\n"
    new.reset()
    wait_for_event(events, What.CLOSED)
    third = peer()
    third.send("JOIN ann\n")
    assert old.line() == "PING still-there\n"
    old.send("PONG still-there\n")
    assert third.until("ERROR").startswith("ERROR name-taken")
    assert server.users == ("ann",)


def test_who_waits_for_a_name_and_half_closes_is_heard_out(peer: Connect) -> None:
    old, bob, new = peer("ann"), peer("bob"), peer()
    new.send("JOIN ann\nSAY me again\nQUIT bye\n")
    new.finish()
    assert old.until("PING") == "PING still-there"
    old.reset()
    assert bob.until("JOINED") == "JOINED ann"
    assert (bob.line(), bob.line()) == ("SAID ann me again\n", "LEFT ann bye\n")
    assert new.rest().endswith("WELCOME ann\nUSERS 2 bob ann\nBYE\n")


def test_who_waits_for_a_name_half_closes_and_is_refused_is_told_so(peer: Connect, server: Server) -> None:
    old, new = peer("ann"), peer()
    new.send("JOIN ann\n")
    new.finish()
    assert old.line() == "PING still-there\n"
    old.send("PONG still-there\n")
    assert new.rest().splitlines()[1].startswith("ERROR name-taken")
    assert server.users == ("ann",)


def test_of_a_crowd_that_wants_one_name_the_first_gets_it_and_the_others_are_told(peer: Connect) -> None:
    old, crowd = peer("ann"), [peer() for _ in range(10)]
    for new in crowd:
        new.send("JOIN ann\nPING x\n")
        assert old.line() == "PING still-there\n"
    old.send("QUIT\n")
    first, *others = crowd
    assert first.until("WELCOME") == "WELCOME ann"
    first.until("PING")
    first.send("PONG still-there\n")
    for new in others:
        assert new.until("ERROR").startswith("ERROR name-taken")
        assert new.line() == "PONG x\n"


# ---- stopping ----


@contextlib.contextmanager
def done_within(seconds: float, work: Callable[[], None]) -> Iterator[None]:
    """Do the work in a thread that must have ended `seconds` after the body."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    thread.join(seconds)
    assert not thread.is_alive(), "it hangs"


def test_a_server_under_load_stops_in_time_and_leaves_nobody_connected() -> None:
    server = Server(port=0, limits=Limits(rate=0)).start()
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(Peer(server.address, f"user{n}")) for n in range(4)]
        with sending(*[(peer, b"SAY hello\n" * 100_000) for peer in crowd]) as threads:
            Peer(server.address, "late").close()  # so the load is there
            with done_within(TIMEOUT, server.stop):
                pass
            for thread in threads:
                thread.join(TIMEOUT)
            assert not any(thread.is_alive() for thread in threads)
    assert server_threads() == []


def test_a_server_that_stops_while_people_connect_lets_nobody_hang() -> None:
    server = Server(port=0).start()
    ends: Queue[str] = Queue()

    def knock() -> None:
        while True:
            try:
                with Peer(server.address) as late:
                    ends.put(late.rest())
            except ConnectionError as error:
                return ends.put(str(error))

    server.subscribe(lambda event: came.set() if event.what is What.ACCEPTED else None)
    came = threading.Event()
    knocking = [threading.Thread(target=knock) for _ in range(4)]
    for thread in knocking:
        thread.start()
    assert came.wait(TIMEOUT)
    with done_within(TIMEOUT, server.stop):
        pass
    for thread in knocking:
        thread.join(TIMEOUT)
    assert not any(thread.is_alive() for thread in knocking)
    assert server_threads() == []


def test_a_server_stops_although_a_client_is_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postman, "GRACE", 0.3)
    server = Server(port=0, limits=Limits(rate=0, outbox=0)).start()
    with Peer(server.address, "deaf"), Peer(server.address, "ann") as ann:
        ann.send(f"SAY {'x' * 8000}\n" * 1500)
        round_trip(ann)
        with done_within(TIMEOUT, server.stop):
            assert ann.until("BYE") == "BYE the server is closing"
    assert server_threads() == []


def test_two_who_stop_a_server_both_return_when_it_has_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postman, "GRACE", 0.3)
    server = Server(port=0).start()
    events = events_of(server)
    with Peer(server.address, "ann"), done_within(TIMEOUT, server.stop):  # ann does not close: the stop takes its time
        wait_for_event(events, What.LEFT)
        server.stop()
        assert server_threads() == []


@pytest.mark.parametrize("what", [What.ACCEPTED, What.RECEIVED, What.JOINED])
def test_a_listener_that_stops_the_server_is_told_off_and_somebody_else_can(
    what: What, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server(port=0, daemon=True)
    server.subscribe(lambda event: server.stop() if event.what is what else None)
    server.start()
    with contextlib.suppress(AssertionError, OSError), Peer(server.address, "ann") as ann:
        round_trip(ann)
    with done_within(TIMEOUT, server.stop):
        pass
    assert server_threads() == []
    assert "MisuseError" in caplog.text


# ---- a machine that has nothing left ----


@contextlib.contextmanager
def descriptors_left(count: int) -> Iterator[list[int]]:
    """Take all descriptors but some; those in the list may be given back one by one."""
    import resource  # which Windows does not have

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(name) for name in os.listdir("/proc/self/fd"))
    taken: list[int] = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 8, hard))
    try:
        with contextlib.suppress(OSError):
            while True:
                taken.append(os.dup(0))
        for _ in range(count):
            os.close(taken.pop())
        yield taken
    finally:
        for descriptor in taken:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@needs_linux
def test_with_no_descriptor_left_the_others_go_on_and_the_late_one_waits(server: Server, peer: Connect) -> None:
    events, ann = events_of(server), peer("ann")
    with descriptors_left(1) as taken, socket.socket() as late:
        late.settimeout(TIMEOUT)
        late.connect(server.address)
        assert "Too many open files" in wait_for_event(events, What.TROUBLE).text
        assert round_trip(ann) < AT_ONCE
        os.close(taken.pop())
        assert late.recv(100).startswith(b"HELLO chat/1")


@needs_linux
def test_with_one_descriptor_too_few_for_a_connection_the_server_still_accepts_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (connection, postman):  # as on Windows, where a connection takes two
        monkeypatch.setattr(module, "NOW", 0)
    with Server(port=0) as server:
        events = events_of(server)
        with descriptors_left(2), socket.socket() as late:
            late.settimeout(TIMEOUT)
            late.connect(server.address)
            assert "Too many open files" in wait_for_event(events, What.TROUBLE).text
            assert late.recv(100) == b""
        Peer(server.address, "ann").close()


def test_a_client_for_whom_the_machine_has_no_thread_leaves_no_socket(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    events = events_of(server)
    start = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", lambda thread: (fails if "client" in thread.name else start)(thread))
    with pytest.raises(MachineError, match="can't start new thread"):
        Client("ann", server.address)
    wait_for_event(events, What.CLOSED)  # the server saw the end of it


# ---- the promise ----


def test_all_hear_one_order_and_each_message_once() -> None:
    with Server(port=0, limits=Limits(rate=0)) as server, contextlib.ExitStack() as stack:
        witnesses = [stack.enter_context(Peer(server.address, f"witness{n}")) for n in range(2)]
        speakers = [stack.enter_context(Peer(server.address, f"speaker{n}")) for n in range(5)]
        for witness in witnesses:
            witness.until("JOINED speaker4")
        talk = "".join(f"SAY {n}\n" for n in range(100)).encode()
        with sending(*[(speaker, talk) for speaker in speakers]):
            first, second = ([witness.line() for _ in range(500)] for witness in witnesses)
    assert first == second
    for speaker in range(5):
        own = [line for line in first if line.startswith(f"SAID speaker{speaker} ")]
        assert own == [f"SAID speaker{speaker} {n}\n" for n in range(100)]


def test_who_comes_late_hears_one_unbroken_stretch(peer: Connect) -> None:
    ann, bob = peer("ann"), peer("bob")
    ann.send("".join(f"SAY {n}\n" for n in range(100)))
    late = peer("late")
    ann.send("SAY last\n")
    heard = [late.line() for _ in range(1 + 100 - int(bob_before(bob, "JOINED late")))]
    assert heard[-1] == "SAID ann last\n"


def bob_before(bob: Peer, start: str) -> int:
    """Give how many messages bob heard before that line."""
    count = 0
    while not bob.line().startswith(start):
        count += 1
    return count


# ---- many users, and a long list of them ----


def test_a_list_of_users_that_takes_several_lines_arrives_whole(server: Server, peer: Connect) -> None:
    names = [f"{chr(0x20000 + n) * 19}x" for n in range(120)]
    for name in names:
        new = peer()
        new.send(f"JOIN {name}\n")
        new.until("USERS")
    with Client("ann", server.address) as ann:
        assert ann.users == (*names, "ann")


# ---- a server that lies ----


def then_resets(*chunks: bytes) -> Callable[[socket.socket], None]:
    def play(sock: socket.socket) -> None:
        for chunk in chunks:
            sock.sendall(chunk)
        if chunks:
            sock.recv(4)  # the client has spoken: it has read HELLO, or begun to
        reset(sock)

    return play


@pytest.mark.parametrize("chunks", [(), (HELLO,), (HELLO, b"WELCOME ann\n"), (HELLO, b"WELCOME ann\nUSERS 2 ann\n")])
def test_a_server_that_resets_before_one_is_in_is_a_sentence(chunks: tuple[bytes, ...]) -> None:
    with scripted(then_resets(*chunks)) as address, pytest.raises(Refused, match=r"lost|reset"):
        Client("ann", address)


@pytest.mark.parametrize("more", [b"", b"SAID bob half a li"])
def test_a_server_that_resets_later_is_told_to_the_listener(more: bytes) -> None:
    inbox: Queue[Any] = Queue()
    with scripted(then_resets(HELLO, WELCOME + more)) as address, Client("ann", address, listener=inbox.put):
        assert "lost" in wait_for(inbox, Gone).reason


def test_a_line_without_end_from_the_server_ends_the_connection() -> None:
    inbox: Queue[Any] = Queue()

    def play(sock: socket.socket) -> None:
        sock.sendall(HELLO + WELCOME)
        with contextlib.suppress(OSError):
            while True:
                sock.sendall(b"x" * 100_000)

    with scripted(play) as address, Client("ann", address, listener=inbox.put):
        assert "a line of over 8192 bytes" in wait_for(inbox, Gone).reason


@pytest.mark.parametrize("line", ["USERS 999999999 {}\n", "JOINED {}\n"])
def test_a_server_that_claims_a_million_users_is_not_believed(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setattr(user_list, "MAX_USERS", 1000)
    claims = "".join(line.format(f"user{n}") for n in range(1500)).encode()
    with scripted(says(HELLO, WELCOME, claims, b"PING done\n")) as address, Client("ann", address) as ann:
        ann._reader.join(TIMEOUT)
        assert len(ann.users) <= 1000


def test_what_comes_after_bye_does_no_harm() -> None:
    inbox: Queue[Any] = Queue()
    talk = [HELLO, WELCOME, b"BYE so long\nSAID bob hi\nBYE\nUSERS 0\nWELCOME eve\nHELLO chat/1\n" * 3]
    with scripted(says(*talk)) as address, Client("ann", address, listener=inbox.put):
        assert wait_for(inbox, Gone).reason.startswith("The server said BYE")
    assert inbox.empty()


@pytest.mark.parametrize("again", [b"HELLO chat/1 again\n", b"HELLO chat/9 again\n"])
def test_a_second_hello_is_not_answered_and_the_end_is_told(again: bytes) -> None:
    inbox: Queue[Any] = Queue()
    heard: Queue[bytes] = Queue()

    def play(sock: socket.socket) -> None:
        sock.sendall(HELLO + WELCOME + again)
        sock.shutdown(socket.SHUT_WR)
        heard.put(sock.makefile("rb").read())

    with scripted(play) as address, Client("ann", address, listener=inbox.put):
        assert wait_for(inbox, Gone)
    assert heard.get(timeout=TIMEOUT) == b"JOIN ann\n"


def test_a_flood_of_errors_is_handed_on_and_survived() -> None:
    inbox: Queue[Any] = Queue()
    flood = b"ERROR bad-line you said nothing\n" * 5000
    with scripted(says(HELLO, WELCOME, flood, b"SAID bob hi\n")) as address:
        with Client("ann", address, listener=inbox.put):
            assert wait_for(inbox, m.Said) == m.Said("bob", "hi")


def never_reads(leave: threading.Event, *chunks: bytes) -> Callable[[socket.socket], None]:
    """Say this, and then nothing is read until the client has given up."""

    def play(sock: socket.socket) -> None:
        with contextlib.suppress(OSError):
            for chunk in chunks:
                sock.sendall(chunk)
        leave.wait(TIMEOUT)

    return play


def test_a_server_that_never_reads_makes_saying_fail_and_leaving_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection.send, "__defaults__", (0.2,))
    leave = threading.Event()
    with scripted(never_reads(leave, HELLO + WELCOME)) as address, Client("ann", address) as ann:
        with pytest.raises(Refused, match="has not read for 0.2 seconds"):
            while True:
                ann.say("x" * 8000)
        ann.quit()
        leave.set()


def test_a_server_that_pings_and_never_reads_gets_a_reason_that_says_something(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Connection.send, "__defaults__", (0.2,))
    inbox: Queue[Any] = Queue()
    leave = threading.Event()
    pings = b"PING " + b"x" * 8000 + b"\n"
    with scripted(never_reads(leave, HELLO + WELCOME, pings * 2000)) as address:
        with Client("ann", address, listener=inbox.put):
            reason = wait_for(inbox, Gone).reason
            leave.set()
    assert "has not read" in reason


@needs_linux
def test_a_server_that_is_suspended_does_not_hold_its_clients() -> None:
    with server_process(Limits()) as server:
        ann = Client("ann", server.address)
        with server.suspended(), done_within(0.3 + AT_ONCE, lambda: ann.quit(patience=0.3)):
            pass


# ---- a caller that asks for the impossible ----


def test_a_farewell_that_cannot_be_sent_is_refused_and_the_connection_lives(server: Server, peer: Connect) -> None:
    bob = peer("bob")
    with Client("ann", server.address) as ann:
        for text in ("a\nb", "x" * 8001):
            with pytest.raises(MisuseError):
                ann.quit(text)
        ann.say("still here")
        assert bob.until("SAID") == "SAID ann still here"


@pytest.mark.parametrize("text", ["\ud83d", "half an emoji \ude00", "\udcff"])
def test_half_a_character_is_refused_as_any_other_that_cannot_be_sent(text: str) -> None:
    with pytest.raises(MisuseError):
        m.encode(m.Say(text))


@pytest.mark.parametrize("password", ["a\nb", "x" * 8001, "\udcff"])
def test_a_password_that_cannot_be_sent_is_refused_at_both_ends(server: Server, password: str) -> None:
    with pytest.raises(MisuseError):
        Server(port=0, password=password)
    with pytest.raises(MisuseError):
        Client("ann", server.address, password=password)


def test_an_empty_password_that_nobody_could_say_is_refused() -> None:
    with pytest.raises(MisuseError):
        Server(port=0, password="")


def test_a_client_knows_its_server_by_number_whatever_it_was_called(server: Server) -> None:
    with Client("ann", ("localhost", server.address[1])) as ann:
        assert ann.server == server.address


# ---- several threads, one client ----


def test_lines_of_several_threads_do_not_mix() -> None:
    def talk(letter: str) -> None:
        for _ in range(40):
            ann.say(letter * 3000)

    with Server(port=0, limits=Limits(rate=0)) as server, Peer(server.address, "bob") as bob:
        with Client("ann", server.address) as ann:
            talking = [threading.Thread(target=talk, args=(letter,)) for letter in "abcde"]
            for thread in talking:
                thread.start()
            heard = [bob.until("SAID").split()[2] for _ in range(200)]
            for thread in talking:
                thread.join()
    assert sorted(heard) == sorted(letter * 3000 for letter in "abcde" * 40)


def test_who_says_something_while_another_thread_quits_is_heard_or_told() -> None:
    with Server(port=0, limits=Limits(rate=0)) as server, Peer(server.address, "bob") as bob:
        said, heard = talk_until_it_quits(Client("ann", server.address), bob)
        assert heard == said


def talk_until_it_quits(ann: Client, bob: Peer) -> tuple[list[str], list[str]]:
    """Give what ann was not told to be unsent, and what bob heard."""
    said: list[str] = []

    def talk() -> None:
        with contextlib.suppress(Refused):
            for n in range(100_000):
                ann.say(str(n))
                said.append(str(n))

    with done_within(TIMEOUT, talk):
        bob.until("SAID ann 0")
        leaving = [threading.Thread(target=ann.quit) for _ in range(3)]
        for thread in leaving:
            thread.start()
        for thread in leaving:
            thread.join(TIMEOUT)
    assert not ann.connected
    return said, ["0", *(line.split()[2] for line in lines_until(bob, "LEFT"))]


def lines_until(peer: Peer, start: str) -> list[str]:
    lines: list[str] = []
    while not (line := peer.line()).startswith(start):
        assert line
        lines.append(line)
    return lines


@pytest.mark.parametrize("times", [1, 2])
def test_a_client_may_quit_from_its_own_listener(server: Server, peer: Connect, times: int) -> None:
    bob = peer("bob")
    inbox: Queue[Any] = Queue()

    def hear(message: object) -> None:
        inbox.put(message)
        if isinstance(message, m.Told):
            for _ in range(times):
                ann.quit("you said so")

    ann = Client("ann", server.address, listener=hear)
    bob.until("JOINED")
    bob.send("TELL ann go away\n")
    assert bob.until("LEFT") == "LEFT ann you said so"
    assert wait_for(inbox, Gone) == Gone("")
    ann.quit()


def test_a_client_may_quit_when_it_hears_that_it_is_gone(caplog: pytest.LogCaptureFixture) -> None:
    over = threading.Event()

    def hear(message: object) -> None:
        if isinstance(message, Gone):
            ann.quit()
            over.set()

    with Server(port=0) as server:
        ann = Client("ann", server.address, listener=hear)
    assert over.wait(TIMEOUT)
    ann.quit()
    assert not caplog.records


def test_a_client_that_quits_from_its_listener_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(net_client, "GOODBYE_TIME", 0.2)
    leave = threading.Event()
    inbox: Queue[Any] = Queue()

    def hear(message: object) -> None:
        inbox.put(message)
        if isinstance(message, m.Told):
            ann.quit()

    def play(sock: socket.socket) -> None:
        sock.sendall(HELLO + WELCOME)
        assert go.wait(TIMEOUT)
        sock.sendall(b"TOLD bob go\n")
        leave.wait(TIMEOUT)  # and never closes

    go = threading.Event()
    with scripted(play) as address:
        ann = Client("ann", address, listener=hear)
        go.set()
        try:
            assert wait_for(inbox, Gone) == Gone("")
        finally:
            leave.set()


def test_an_observer_of_socket_calls_may_leave_too(server: Server) -> None:
    def observe(event: Event) -> None:
        if event.what is What.SENT and event.bytes == 10:
            ann.quit()

    ann = Client("ann", server.address, on_event=observe, daemon=True)
    with done_within(2.0, lambda: ann.say("hello")):
        pass
    assert not ann.connected


# ---- what the faces share ----


def test_a_connection_that_is_over_at_once_is_not_shown_as_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    class OverAtOnce(Client):
        """Its reader is done before anybody could say that it is connected."""

        def __init__(self, *args: Any, **named: Any) -> None:
            super().__init__(*args, **named)
            self._reader.join(TIMEOUT)

    monkeypatch.setattr(faces_chat, "Client", OverAtOnce)
    shown: Queue[Any] = Queue()
    chat = Chat(shown.put)
    with scripted(says(HELLO, WELCOME, b"BYE full moon\n")) as address:
        chat.connect("ann", address)
        chat.close()
    phases = [update.phase for update in shown.queue if isinstance(update, Status)]
    assert phases == [Phase.CONNECTING, Phase.OFFLINE]


@pytest.mark.parametrize("typed", ["/quit " + "x" * 8001, "half an emoji \ud83d" * 2])
def test_whatever_is_typed_is_sent_or_explained(server: Server, typed: str) -> None:
    shown: Queue[Any] = Queue()
    chat = Chat(shown.put)
    try:
        chat.connect("ann", server.address)
        while not (isinstance(update := shown.get(timeout=TIMEOUT), Status) and update.phase is Phase.CONNECTED):
            pass
        reason = chat.enter(typed)
        assert reason == "" or "8001 bytes" in reason
        chat.enter("and on it goes")
        assert wait_for(shown, faces_chat.Line).text
        assert chat.connected
    finally:
        chat.close()
