"""How a conversation was closed, and why it was reset."""

import socket
import struct
from contextlib import closing
from dataclasses import replace

import pytest

from chatkit.capture.recorded import recorded
from chatkit.capture.wire_capture import capture_of
from chatkit.lan import Lan, drop
from chatkit.lan.stage import say, until, until_closed
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.reset import Cause
from chatkit.tcp.segment import Segment
from chatkit.tcp.teardown import Ending, Teardown, teardown
from tests.figures import ENDS, FIGURE_12, FIGURE_13, A, B, numbered
from tests.needs import needs_lan
from tests.talks import ACK, FIN, PSH, RST, SYN

C = Cause
PORT = 9898
HELLO = ENDS.up(PSH | ACK, 1, 1, b"hello")
ABORT_AT_CLOSE = struct.pack("ii", 1, 0)  # struct linger: on, 0 seconds


def _closed(*segments: Segment) -> Teardown:
    return teardown(numbered([*ENDS.handshake(), *segments]))


def _recorded(name: str) -> Teardown:
    return recorded(name).conversations[0].teardown


# By FINs


def test_figure_12_has_four_segments_and_is_not_simultaneous() -> None:
    closed = teardown(FIGURE_12)
    assert [segment.frame for segment in closed.segments] == [1, 2, 3, 4]
    assert (closed.first, closed.is_simultaneous, closed.is_half_close) == (A, False, False)


def test_a_fin_that_brings_the_ack_of_the_other_makes_it_three() -> None:
    closed = _closed(ENDS.up(FIN | ACK, 1, 1), ENDS.down(FIN | ACK, 1, 2), ENDS.up(ACK, 2, 2))
    assert [segment.frame for segment in closed.segments] == [4, 5, 6]


def test_in_figure_13_both_close_at_once() -> None:
    closed = teardown(FIGURE_13)
    assert closed.is_simultaneous
    assert [segment.frame for segment in closed.segments] == [1, 2, 3, 4]
    assert repr(closed) == "<Teardown: closed by both ends, in frames 1, 2, 3, 4, both at once>"


def test_a_fin_that_is_sent_again_is_counted_once() -> None:
    fin = ENDS.up(FIN | ACK, 1, 1)
    closed = _closed(fin, fin, ENDS.down(ACK, 1, 2), ENDS.down(FIN | ACK, 1, 2), ENDS.up(ACK, 2, 2), ENDS.up(ACK, 2, 2))
    assert [segment.frame for segment in closed.segments] == [4, 6, 7, 8]


def test_data_after_the_first_fin_is_a_half_close_and_its_new_bytes_are_counted() -> None:
    answer = ENDS.down(PSH | ACK, 1, 2, b"hello")
    closed = _closed(ENDS.up(FIN | ACK, 1, 1), answer, answer, ENDS.down(FIN | ACK, 6, 2, b"bye"), ENDS.up(ACK, 2, 10))
    assert (closed.is_half_close, closed.half_closed_bytes) == (True, 8)
    assert "after a half-close" in repr(closed)


def test_data_that_crosses_the_fin_is_no_half_close() -> None:
    closed = _closed(ENDS.up(FIN | ACK, 1, 1), ENDS.down(PSH | ACK, 1, 1, b"hello"), ENDS.down(FIN | ACK, 6, 2))
    assert (closed.is_half_close, closed.half_closed_bytes) == (False, 0)


def test_an_end_that_resets_what_comes_after_its_fin_has_made_no_half_close() -> None:
    closed = _closed(ENDS.up(FIN | ACK, 1, 1), ENDS.down(PSH | ACK, 1, 2, b"hello"), ENDS.up(RST, 2))
    assert (closed.ending, closed.first, closed.is_half_close) == (Ending.RESET, A, False)


@pytest.mark.parametrize(
    ("name", "half_closed_bytes", "is_simultaneous", "count"),
    [("clean", 0, False, 4), ("half-close", 11, False, 4), ("simultaneous-close", 0, True, 4), ("ipv6", 0, False, 4)],
)
def test_the_recorded_ends_are_as_their_stories_have_them(
    name: str, half_closed_bytes: int, is_simultaneous: bool, count: int
) -> None:
    closed = _recorded(name)
    assert (closed.half_closed_bytes, closed.is_simultaneous) == (half_closed_bytes, is_simultaneous)
    assert len(closed.segments) == count
    assert (closed.causes, closed.why) == ((), "")


# By a reset


RESETS: dict[str, tuple[list[Segment], tuple[Cause, ...]]] = {
    "before anything was sent": ([ENDS.up(RST | ACK, 1, 1)], (C.ABORTED,)),
    "after data that it has not answered": ([HELLO, ENDS.down(RST | ACK, 1, 6)], (C.UNREAD_DATA, C.ABORTED)),
    "after data that it has answered": (
        [HELLO, ENDS.down(PSH | ACK, 1, 6, b"hi"), ENDS.down(RST | ACK, 3, 6)], (C.ABORTED, C.UNREAD_DATA),
    ),
    "by the end that alone has sent data": ([HELLO, ENDS.up(RST | ACK, 6, 1)], (C.ABORTED,)),
    "after the other's FIN, with data unread": (
        [HELLO, ENDS.up(FIN | ACK, 6, 1), ENDS.down(ACK, 1, 7), ENDS.down(RST | ACK, 1, 7)], (C.UNREAD_DATA, C.ABORTED),
    ),
    "of data that comes after its FIN": (
        [ENDS.down(FIN | ACK, 1, 1), ENDS.up(PSH | ACK, 1, 2, b"hello"), ENDS.down(RST, 2)], (C.CLOSED, C.UNKNOWN),
    ),
    "of data that comes after its FIN, with an ACK": (
        [ENDS.down(FIN | ACK, 1, 1), ENDS.up(PSH | ACK, 1, 2, b"hello"), ENDS.down(RST | ACK, 2, 6)], (C.CLOSED,),
    ),
    "after a half-close in which it took the data": (
        [ENDS.down(FIN | ACK, 1, 1), ENDS.up(PSH | ACK, 1, 2, b"hello"), ENDS.down(ACK, 2, 6),
         ENDS.down(RST | ACK, 2, 6)], (C.UNREAD_DATA, C.ABORTED),
    ),
    "of a FIN for which nobody is left": (
        [ENDS.down(FIN | ACK, 1, 1), ENDS.up(ACK, 1, 2), ENDS.up(FIN | ACK, 1, 2), ENDS.down(RST, 2)], (C.UNKNOWN,),
    ),
    "with the number of the ACK that came": (
        [HELLO, ENDS.down(RST, 1)],
        (C.UNKNOWN, C.UNREAD_DATA, C.ABORTED),
    ),
    "with the next number, after words of its own": ([HELLO, ENDS.down(ACK, 1, 6), ENDS.down(RST, 1)],
        (C.UNREAD_DATA, C.ABORTED),
    ),
    "after questions that nobody answered": ([HELLO, HELLO, HELLO, HELLO, ENDS.up(RST | ACK, 6, 1)],
        (C.GAVE_UP, C.ABORTED),
    ),
    "after keep-alives that nobody answered": (
        [*[ENDS.up(ACK, 0, 1)] * 3, ENDS.up(RST | ACK, 1, 1)], (C.GAVE_UP, C.ABORTED),
    ),
    "with another number than the next": ([HELLO, ENDS.down(RST, 100)], (C.FORGED,)),
    "after which its sender goes on": ([ENDS.down(RST, 1), HELLO, ENDS.down(ACK, 1, 6)], (C.FORGED,)),
}  # fmt: skip


@pytest.mark.parametrize("name", RESETS)
def test_a_reset_is_explained(name: str) -> None:
    segments, causes = RESETS[name]
    assert _closed(*segments).causes == causes


def test_a_reset_that_answers_a_syn_says_that_nobody_listens() -> None:
    refused = teardown(numbered([ENDS.up(SYN, 0), ENDS.up(SYN, 0), replace(ENDS.down(RST | ACK, 0, 1), seq=0)]))
    assert (refused.causes, refused.first) == ((C.REFUSED,), B)
    assert "nobody listens" in repr(refused)


def test_a_reset_of_a_syn_must_acknowledge_it() -> None:
    for forged in (ENDS.down(RST | ACK, 0, 77), ENDS.down(RST, 0)):  # RFC 9293, section 3.10.7.3
        assert teardown(numbered([ENDS.up(SYN, 0), forged])).causes == (C.FORGED,)


def test_a_reset_of_a_syn_ack_comes_from_an_end_that_did_not_ask() -> None:
    segments = [ENDS.up(SYN, 0), ENDS.down(SYN | ACK, 0, 1), ENDS.up(RST, 1)]
    assert teardown(numbered(segments)).causes[0] is C.UNKNOWN


def test_midstream_a_reset_is_explained_by_what_there_is() -> None:
    assert teardown(numbered([ENDS.up(RST | ACK, 1, 1)])).causes == ()
    assert "the capture does not show" in repr(teardown(numbered([ENDS.up(RST | ACK, 1, 1)])))
    assert teardown(numbered([HELLO, ENDS.down(RST, 1)])).causes[0] is C.UNKNOWN


@pytest.mark.parametrize(
    ("name", "causes"),
    [
        ("refused", (C.REFUSED,)),
        ("reset-by-linger-0", (C.ABORTED,)),
        ("reset-by-unread-data", (C.UNREAD_DATA, C.ABORTED)),
    ],
)
def test_the_recorded_resets_have_the_cause_that_their_stories_have(name: str, causes: tuple[Cause, ...]) -> None:
    assert _recorded(name).causes == causes


# Kernels


def _talk_at_ann(lan: Lan) -> Conversation:
    [talk] = capture_of(lan.wire, at="ann").conversations
    return talk


@needs_lan
def test_a_kernel_resets_what_comes_after_close() -> None:
    with Lan("server", "ann") as lan, closing(lan["server"].listen(PORT)) as listener:
        with lan["ann"].connect(("server", PORT)) as ann, listener.accept()[0] as server:
            server.close()
            assert ann.recv(1) == b""
            ann.sendall(b"is anybody there?\n")
            until_closed(ann)
        closed = _talk_at_ann(lan).teardown
    assert closed.causes == (C.CLOSED, C.UNKNOWN)


@needs_lan
def test_a_kernel_that_has_forgotten_a_connection_answers_with_the_number_of_the_ack() -> None:
    with Lan("server", "ann") as lan, closing(lan["server"].listen(PORT)) as listener:
        with lan["ann"].connect(("server", PORT)) as ann, listener.accept()[0] as server:
            say(ann, server, b"hello\n")
            rule = lan.wire.add(drop(flags="RST"))
            server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT_AT_CLOSE)
            server.close()
            until(lambda: rule.applied == 1, "the loss of its RST")
            lan.wire.remove(rule)
            ann.sendall(b"are you still there?\n")
            ann.settimeout(5)
            with pytest.raises(ConnectionResetError):
                ann.recv(1)
        assert _talk_at_ann(lan).teardown.causes[0] is C.UNKNOWN
