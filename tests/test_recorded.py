"""The captures that the kit brings are what they claim to be."""

import pytest

from chatkit.capture.recorded import names, recorded
from chatkit.errors import MisuseError
from chatkit.faces.recordings.chats import record
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.teardown import Ending
from tests.needs import needs_live_capture


def test_a_recorded_capture_says_that_it_is_recorded_wherever_it_is_shown() -> None:
    capture = recorded("first-words")
    ladder = capture.conversations[0].ladder()
    for shown in (
        capture.source,
        repr(capture),
        capture._repr_html_(),
        repr(capture.on_port(9898)),
        str(ladder),
        ladder.svg(),
        ladder.alt_text(),
    ):
        assert "RECORDED" in shown


def test_first_words_has_two_whole_conversations() -> None:
    capture = recorded()
    assert [talk.server[1] for talk in capture.conversations] == [9898, 9898]
    for talk in capture.conversations:
        _is_whole(talk)


def test_first_words_can_be_read_by_everybody() -> None:
    ann, bob = recorded().conversations
    [said] = ann.find(b"hello, bob")
    assert said.sender == ann.client
    assert ann.stream(ann.client).startswith(b"JOIN ann\n")
    assert b"QUIT" in ann.stream(ann.client)
    assert "café" in bob.stream(bob.client).decode()
    assert "🙂" in ann.stream(ann.client).decode()
    assert ann.stream(ann.server).startswith(b"HELLO chat/1")
    assert b"BYE" in ann.stream(ann.server)


def test_a_name_that_is_not_there_is_an_error_that_names_those_that_are() -> None:
    assert "first-words" in names()
    with pytest.raises(MisuseError, match="first-words"):
        recorded("last-words")


@needs_live_capture
def test_the_command_that_records_makes_such_a_capture() -> None:
    capture = record("first-words", port=0)
    assert len(capture.conversations) == 2
    for talk in capture.conversations:
        _is_whole(talk)


@needs_live_capture
def test_it_records_a_room_with_a_password_too() -> None:
    (talk,) = record("password", port=0).conversations
    _is_whole(talk)
    assert talk.find(b"PASS tulip\n") and talk.find("café".encode())


def _is_whole(talk: Conversation) -> None:
    assert talk.handshake is not None
    assert talk.teardown.ending is Ending.CLOSED
    assert talk.teardown.first == talk.client  # TIME_WAIT stays with the client
    assert not any(talk.reassembled(endpoint).gaps for endpoint in talk.endpoints)
