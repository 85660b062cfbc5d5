"""Where each line of an application lies in the segments, and what chat/1 makes of it."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chatkit.capture.recorded import recorded
from chatkit.capture.said import said
from chatkit.protocol.messages import Say, Users
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.lines import Line
from chatkit.tcp.segment import Segment
from tests.figures import ENDS, A, B, numbered
from tests.talks import ACK, PSH

TEXT = "SAY é 🙂\nSAY again\r\n\nQUIT".encode()


def _sent(*parts: bytes) -> list[Segment]:
    """The parts, one segment each, from the client."""
    offsets = [sum(len(p) for p in parts[:at]) for at in range(len(parts))]
    return [ENDS.up(PSH | ACK, 1 + at, 1, part) for at, part in zip(offsets, parts, strict=True)]


def _lines(*segments: Segment) -> tuple[Line, ...]:
    return Conversation(tuple(numbered([*ENDS.handshake(), *segments]))).lines(A)


@given(st.lists(st.integers(0, len(TEXT)), max_size=8))
def test_lines_are_the_same_however_they_are_cut_into_segments(cuts: list[int]) -> None:
    edges = sorted({0, *cuts, len(TEXT)})
    found = _lines(*_sent(*(TEXT[a:b] for a, b in pairwise(edges))))
    assert [line.data.decode() for line in found] == ["SAY é 🙂", "SAY again", "", "QUIT"]
    assert [line.is_whole for line in found] == [True, True, True, False]
    assert [b"".join(part.data for part in line.parts) for line in found] == TEXT.splitlines(keepends=True)
    assert [line.offset for line in found] == [0, 12, 23, 24]


def test_byte_by_byte_a_line_lies_in_as_many_segments_as_it_has_bytes() -> None:
    [first, *_] = _lines(*_sent(*(TEXT[at : at + 1] for at in range(len(TEXT)))))
    assert [s.frame for s in first.segments] == list(range(4, 16))
    assert first.completed_by.frame == 15


def test_two_lines_in_one_segment_share_its_frame() -> None:
    one, two = _lines(*_sent(b"SAY a\nSAY b\n"))
    assert [s.frame for s in (*one.segments, *two.segments)] == [4, 4]
    assert two.parts[0].start == 6


def test_a_line_is_complete_with_the_segment_that_came_last_not_with_the_last_of_the_stream() -> None:
    first, last = _sent(b"SAY he", b"llo\n")
    [line] = _lines(last, first)
    assert ([s.frame for s in line.segments], line.completed_by.frame) == ([5, 4], 5)


def test_what_was_sent_again_counts_once() -> None:
    [line] = _lines(*_sent(b"SAY hello\n") * 2)
    assert [s.frame for s in line.segments] == [4]


def test_lines_that_touch_a_gap_are_not_whole() -> None:
    parts = _sent(b"one\ntw", b"o\nthr", b"ee\nfour\n")
    found = _lines(parts[0], parts[2])
    assert [(line.data, line.is_whole) for line in found] == [
        (b"one", True),
        (b"tw", False),
        (b"ee", False),
        (b"four", True),
    ]


def test_both_directions_come_in_the_order_in_which_lines_were_complete() -> None:
    talk = Conversation(tuple(numbered([*ENDS.handshake(), *_sent(b"PING a\n"), ENDS.down(ACK, 1, 8, b"PONG a\n")])))
    assert [(line.sender, line.data) for line in talk.lines()] == [(A, b"PING a"), (B, b"PONG a")]
    assert repr(talk.lines()[0]) == '<Line in frame 4: byte 0 from 192.0.2.1:40000 "PING a">'


def test_a_recorded_chat_is_read_as_the_messages_that_were_said() -> None:
    ann = said(recorded("first-words").conversations[0])
    assert ann[5].message == Say("hello, bob")
    assert isinstance(ann[3].message, Users)
    assert not any(saying.trouble for saying in ann)
    assert repr(ann[1]) == 'client  frame 6          "JOIN ann"'


def test_what_is_no_message_says_why() -> None:
    talk = Conversation(tuple(numbered([*ENDS.handshake(), *_sent(b"DANCE\nSAY \xff\nSAY hal")])))
    assert "DANCE is not known" in said(talk)[0].trouble.replace('"', "")
    assert [saying.message for saying in said(talk)] == [None, None, None]
    assert said(talk)[2].trouble == "not all of the line is there"


def test_a_table_of_what_was_said_is_harmless() -> None:
    hostile = _sent(b"SAY <script>alert(1)</script>\x1b[2J\n")
    html = said(Conversation(tuple(numbered([*ENDS.handshake(), *hostile]))))._repr_html_()
    assert "<script" not in html
    assert "\x1b" not in html


def test_a_byte_order_mark_is_dropped_at_the_beginning_only() -> None:
    talk = Conversation(tuple(numbered([*ENDS.handshake(), *_sent(b"\xef\xbb\xbfSAY a\n")])))
    assert said(talk)[0].message == Say("a")
    assert replace(said(talk)[0].line, offset=0) == said(talk)[0].line
