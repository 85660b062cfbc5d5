"""QueuedChat: a chat for a face that never waits."""

import socket
from collections.abc import Iterator

import pytest

from chatkit.faces.tk.queued_chat import QueuedChat
from chatkit.faces.updates import Line, Phase, Status, Update
from chatkit.net.server import Server
from tests.peer import Peer
from tests.xvfb import wait_until


@pytest.fixture
def chat() -> Iterator[QueuedChat]:
    chat = QueuedChat()
    yield chat
    chat.abandon()
    chat.join()
    assert not chat.leaving


def take_until(chat: QueuedChat, phase: Phase) -> list[Update]:
    taken: list[Update] = []

    def take() -> bool:
        taken.extend(chat.take(100))
        return any(isinstance(update, Status) and update.phase is phase for update in taken)

    wait_until(take, phase.value)
    return taken


def test_before_anything_nothing_can_be_sent(chat: QueuedChat) -> None:
    assert chat.enter("hello") == "Not sent: not connected."
    assert chat.take(10) == []


def test_updates_are_taken_oldest_first_and_no_more_than_wanted(chat: QueuedChat, server: Server) -> None:
    chat.connect("ann", server.address)
    take_until(chat, Phase.CONNECTED)
    with Peer(server.address, "bob") as bob:
        bob.send("SAY 1\nSAY 2\nSAY 3\n")
        bob.send("WHO\n")
        bob.until("USERS")
        texts: list[str] = []

        def take() -> bool:
            some = chat.take(2)
            assert len(some) <= 2
            texts.extend(update.text for update in some if isinstance(update, Line))
            return "3" in texts

        wait_until(take, "the third")
        assert [text for text in texts if text.isdigit()] == ["1", "2", "3"]


def test_one_can_connect_again_as_before(chat: QueuedChat, server: Server) -> None:
    chat.connect("ann", server.address)
    take_until(chat, Phase.CONNECTED)
    chat.disconnect()
    take_until(chat, Phase.OFFLINE)
    chat.reconnect()
    take_until(chat, Phase.CONNECTED)
    assert server.users == ("ann",)


def test_what_was_abandoned_is_not_heard_of_again_and_ends(chat: QueuedChat, server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        chat.connect("late", mute.getsockname())
        connection, _ = mute.accept()
        chat.abandon()
        chat.connect("ann", server.address)
        connection.close()
        wait_until(lambda: not chat.leaving, "the first attempt to end")
    names = {update.name for update in take_until(chat, Phase.CONNECTED) if isinstance(update, Status)}
    assert names == {"ann"}
