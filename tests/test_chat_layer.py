"""The layer for scapy: it takes any bytes, shows the lines in them, and builds the same bytes again."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.capture.chat_layer import Chat, ChatLine, bind, unbind
from chatkit.capture.recorded import recorded


@pytest.fixture
def bound() -> Iterator[None]:
    """The layer is known on port 9898, as long as the test runs."""
    bind()
    yield
    unbind()


@given(st.one_of(st.binary(max_size=80), st.text("SAY \r\né", max_size=40).map(str.encode)))
def test_any_bytes_are_built_again_as_they_were(data: bytes) -> None:
    assert bytes(Chat(data)) == data
    assert Chat(data).summary() is not None
    assert b"".join(bytes(line) for line in Chat(data).lines) == data


def test_lines_have_a_verb_and_the_rest() -> None:
    chat = Chat(b"SAY hello, bob\nWHO\r\nQUI")
    assert [(line.verb, line.rest) for line in chat.lines] == [
        (b"SAY", b" hello, bob\n"),
        (b"WHO", b"\r\n"),
        (b"QUI", b""),
    ]
    assert chat.mysummary() == "SAY hello, bob | WHO | QUI"


def test_a_message_can_be_made_of_words() -> None:
    assert (
        bytes(Chat(lines=[ChatLine(verb=b"SAY", rest=b" hi\n"), ChatLine(verb=b"WHO", rest=b"\n")])) == b"SAY hi\nWHO\n"
    )


def test_the_packets_of_a_capture_have_the_layer_once_it_is_bound(
    bound: None, capsys: pytest.CaptureFixture[str]
) -> None:
    packets = recorded("first-words").packets
    said = [packet[Chat].mysummary() for packet in packets if Chat in packet]
    assert "JOIN ann" in said
    assert any("SAY hello, bob" in line for line in said)
    next(packet for packet in packets if Chat in packet)[Chat].show()
    assert "verb" in capsys.readouterr().out
    assert b"".join(bytes(p[Chat]) for p in packets if Chat in p)


def test_before_it_is_bound_scapy_shows_bytes() -> None:
    assert not any(Chat in packet for packet in recorded("first-words").packets)
