"""A chat that keeps reconnecting, and what a newcomer hears of the past."""

import contextlib
import re
import ssl
from collections.abc import Iterator
from queue import Empty

import pytest

from chatkit.faces.backoff import Backoff
from chatkit.faces.chat import STOPPED, Chat
from chatkit.faces.classroom_ca import Authority
from chatkit.faces.hearing import BEFORE
from chatkit.faces.updates import Kind, Line, Phase, Roster, Status
from chatkit.net.server import Server
from tests.peer import TIMEOUT, Peer
from tests.sealed_peer import client_tls, server_tls
from tests.test_chat import Face

AT_ONCE, LATE = Backoff(first=0.001, most=0.01), Backoff(first=3600.0, most=3600.0, chance=lambda: 1.0)


@contextlib.contextmanager
def keen(backoff: Backoff, tls: ssl.SSLContext | None = None) -> Iterator[Face]:
    """A face whose chat keeps reconnecting."""
    face = Face(reconnect=True, backoff=backoff, tls=tls)
    try:
        yield face
    finally:
        face.chat.close()


def wait_for_phase(face: Face, phase: Phase) -> Status:
    while (status := face.wait_for(Status)).phase is not phase:
        pass
    return status


def lose(face: Face) -> None:
    """Break its connection."""
    assert face.chat.client
    face.chat.client._connection.wake()


def rest(face: Face) -> list[object]:
    """What is said until the chat is closed."""
    face.chat.close()
    updates: list[object] = []
    with contextlib.suppress(Empty):
        while True:
            updates.append(face.inbox.get_nowait())
    return updates


def test_a_chat_whose_server_restarts_comes_back_says_so_and_sees_who_is_there() -> None:
    with keen(AT_ONCE) as face:
        with Server(port=0) as server:
            face.connect(server)
        waiting = wait_for_phase(face, Phase.WAITING)
        assert re.fullmatch(r"The server said BYE: the server is closing\. Trying again .* \(try 1\)\.", waiting.story)
        assert "Nobody listens" in wait_for_phase(face, Phase.WAITING).sentence
        with Server(port=server.address[1]), Peer(server.address, "bob"):
            assert wait_for_phase(face, Phase.CONNECTED).sentence == "Connected again: you are ann."
            assert set(face.wait_for(Roster).names) <= {"ann", "bob"}
            assert face.chat.enter("/who") == ""
            while not re.search("[12] here: .*ann", face.wait_for(Line).text):
                pass
            face.chat.close()


def test_a_connection_that_is_reset_is_taken_up_again(server: Server) -> None:
    with keen(AT_ONCE) as face:
        face.connect(server)
        lose(face)
        wait_for_phase(face, Phase.WAITING)
        assert wait_for_phase(face, Phase.CONNECTED).name == "ann"


def test_who_does_not_want_it_stays_away() -> None:
    with Server(port=0) as server, keen(AT_ONCE) as face:
        face.connect(server)
        face.chat.keeps_reconnecting = False
        lose(face)
        assert face.wait_for(Status).phase is Phase.OFFLINE


@pytest.mark.parametrize("typed", ["/quit", ""])
def test_who_leaves_does_not_come_back(server: Server, typed: str) -> None:
    with keen(AT_ONCE) as face:
        face.connect(server)
        if typed:
            face.chat.enter(typed)
        else:
            face.chat.disconnect()
        assert face.wait_for(Status) == Status(Phase.OFFLINE, "You left the chat.")
        assert not [update for update in rest(face) if isinstance(update, Status)]


def stop_by_quit(chat: Chat) -> None:
    assert chat.enter("/quit") == ""


def stop_by_disconnect(chat: Chat) -> None:
    chat.disconnect()


def stop_by_unticking(chat: Chat) -> None:
    chat.keeps_reconnecting = False


@pytest.mark.parametrize("stop", [stop_by_quit, stop_by_disconnect, stop_by_unticking])
def test_a_long_wait_is_ended_at_once(stop: object) -> None:
    with keen(LATE) as face:
        with Server(port=0) as server:
            face.connect(server)
        waiting = wait_for_phase(face, Phase.WAITING)
        assert waiting.seconds == 3600
        assert face.chat.enter("hello?") == "Not sent: not connected."
        stop(face.chat)  # type: ignore[operator]
        assert wait_for_phase(face, Phase.OFFLINE).sentence == STOPPED


def test_closing_does_not_wait_for_the_next_try() -> None:
    with keen(LATE) as face:
        with Server(port=0) as server:
            face.connect(server)
        wait_for_phase(face, Phase.WAITING)
        face.chat.close()


def test_who_cannot_wait_tries_at_once_and_goes_on_waiting_if_that_fails() -> None:
    with keen(LATE) as face:
        with Server(port=0) as server:
            face.connect(server)
        wait_for_phase(face, Phase.WAITING)
        face.chat.reconnect()
        assert wait_for_phase(face, Phase.WAITING).plan.endswith("(try 2).")
        with Server(port=server.address[1]):
            face.chat.reconnect()
            wait_for_phase(face, Phase.CONNECTED)
            face.chat.close()


def test_what_was_said_already_is_no_news() -> None:
    with keen(AT_ONCE) as face:
        with Server(port=0) as server:
            face.connect(server)
        waiting = [wait_for_phase(face, Phase.WAITING) for _ in range(6)]
    told = [status.sentence for status in waiting if status.is_news]
    assert len(told) == len(set(told)) == 2
    assert waiting[0].is_news and not waiting[-1].is_news


def test_a_first_attempt_that_fails_is_not_repeated() -> None:
    with Server(port=0) as server:
        pass
    with keen(AT_ONCE) as face:
        assert face.connect(server).phase is Phase.OFFLINE
        assert not [update for update in rest(face) if isinstance(update, Status)]


def test_a_refusal_that_trying_again_cannot_mend_ends_it() -> None:
    with keen(AT_ONCE) as face:
        with Server(port=0) as server:
            face.connect(server)
        with Server(port=server.address[1], password="swordfish"):
            status = wait_for_phase(face, Phase.OFFLINE)
        assert "password" in status.sentence


def test_a_server_that_suddenly_is_somebody_else_is_not_asked_again() -> None:
    with keen(AT_ONCE, client_tls()) as face:
        with Server(port=0, tls=server_tls()) as server:
            face.connect(server)
        with Server(port=server.address[1], tls=Authority().server_context("127.0.0.1")):
            status = wait_for_phase(face, Phase.OFFLINE)
        assert "The server's certificate" in status.sentence


def test_a_name_that_is_taken_is_asked_for_again() -> None:
    with keen(LATE) as face:
        with Server(port=0) as server:
            face.connect(server)
        wait_for_phase(face, Phase.WAITING)
        with Server(port=server.address[1]) as again, Peer(again.address, "ann") as twin:
            face.chat.reconnect()
            twin.until("PING")
            twin.send("PONG x\n")
            assert "is here already" in wait_for_phase(face, Phase.WAITING).sentence
            face.chat.reconnect()
            twin.until("PING")
            twin.send("QUIT\n")
            wait_for_phase(face, Phase.CONNECTED)
            face.chat.close()


def test_a_user_who_was_faster_is_not_made_to_wait(server: Server) -> None:
    with keen(LATE) as face:
        face.connect(server)
        face.chat._work.put(lambda: face.chat._lose("The connection was lost."))
        assert not [update for update in rest(face) if isinstance(update, Status) and update.phase is Phase.WAITING]


def test_each_short_connection_makes_the_next_wait_longer() -> None:
    with keen(Backoff(first=0.001, most=TIMEOUT)) as face, Server(port=0) as server:
        face.connect(server)
        for number in range(1, 6):
            lose(face)
            assert wait_for_phase(face, Phase.WAITING).plan.endswith(f"(try {number}).")
            wait_for_phase(face, Phase.CONNECTED)
        face.chat.close()


def test_the_past_stands_apart_below_a_line_that_says_so() -> None:
    with Server(port=0, history=10) as server, Peer(server.address, "bob") as bob:
        bob.send("SAY one\nSAY two\nWHO\n")
        bob.until("USERS")
        with keen(AT_ONCE) as face:
            face.connect(server)
            before, *past = [face.wait_for(Line) for _ in range(3)]
            assert (before.kind, before.text) == (Kind.NOTICE, BEFORE)
            assert [(line.kind, line.speaker, line.text, line.clock) for line in past] == [
                (Kind.PAST, "bob", "one", ""),
                (Kind.PAST, "bob", "two", ""),
            ]
            bob.send("SAY three\n")
            assert face.wait_for(Line).kind is Kind.SAID
            face.chat.close()


def test_the_link_to_ones_own_capture_is_shown() -> None:
    with Server(port=0, capture_link=lambda address: f"http://here/{address[1]}.pcap") as server:
        with keen(AT_ONCE) as face:
            own = face.connect(server).own
            assert own
            assert face.chat.enter("/capture") == ""
            assert face.wait_for(Line).text == f"Your own capture: http://here/{own[1]}.pcap"
            face.chat.close()


def test_a_server_without_captures_says_so(server: Server) -> None:
    with keen(AT_ONCE) as face:
        face.connect(server)
        face.chat.enter("/capture")
        assert face.wait_for(Line).kind is Kind.TROUBLE
