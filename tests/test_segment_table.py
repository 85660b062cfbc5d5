"""Conversations as tables."""

from chatkit.capture.recorded import recorded
from chatkit.faces.notebook.aligned import aligned
from chatkit.faces.notebook.segment_table import table_of
from chatkit.tcp.conversation import Conversation
from chatkit.teach.example import CHAT


def _rows(talk: Conversation) -> list[list[str]]:
    return [line.split() for line in repr(table_of(talk)).splitlines()]


def test_a_table_has_a_row_for_each_segment_with_relative_numbers() -> None:
    rows = _rows(CHAT)
    assert len(rows) == len(CHAT.segments) + 1
    assert rows[0] == ["frame", "ms", "from", "seq", "ack", "bytes", "window", "called"]
    assert rows[1] == ["1", "0.0", "client", "0", "0", "65535", "opens"]
    assert rows[3] == ["3", "10.0", "client", "1", "1", "0", "65536", "acknowledgement"]


def test_what_stands_out_is_named_and_what_does_not_is_called_by_its_plain_name() -> None:
    talk = recorded("one-segment-lost").conversations[0]
    text = repr(table_of(talk))
    assert text.count("duplicate ACK") == 3
    assert text.count("fast retransmission") == 1
    assert text.count("new data") == 6


def test_a_recorded_conversation_says_that_it_is_recorded() -> None:
    assert "(RECORDED, not caught here: zero-window" in repr(table_of(recorded("zero-window").conversations[0]))


def test_a_window_whose_scale_is_not_known_is_a_question_mark() -> None:
    assert _rows(Conversation(CHAT.segments[3:]))[1][6] == "?"


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert aligned([("a", "bb"), ("ccc", "")]) == "a    bb\nccc"
