"""Segments sorted into conversations, and what a conversation says."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.errors import MisuseError
from chatkit.tcp.conversation import Conversation, conversations
from chatkit.tcp.judge import Judgement
from chatkit.tcp.segment import Segment
from chatkit.tcp.sequence import CIRCLE
from chatkit.tcp.stream import Gap, reassemble
from chatkit.tcp.teardown import Ending
from tests import figures
from tests.figures import ENDS, A, B, numbered
from tests.talks import ACK, FIN, PSH, RST, SYN, Ends

J = Judgement


def _talk(*segments: Segment) -> Conversation:
    return Conversation(tuple(numbered(segments)))


def _opened(*more: Segment) -> Conversation:
    return _talk(*ENDS.handshake(), *more)


# Which segments belong together


def test_conversations_are_told_apart_by_both_endpoints() -> None:
    other = Ends(7, 8, ("192.0.2.3", 40000), B)
    mixed = [segment for pair in zip(ENDS.chat(), other.chat(), strict=True) for segment in pair]
    assert [talk.client for talk in conversations(numbered(mixed))] == [A, ("192.0.2.3", 40000)]


def test_conversations_whose_ports_share_an_xor_stay_apart() -> None:
    one, two = (
        Ends(1, 2, ("192.0.2.1", 0x1000), ("192.0.2.2", 0x2000)),
        Ends(1, 2, ("192.0.2.1", 0x3000), ("192.0.2.2", 0)),
    )
    assert len(conversations([*one.chat(), *two.chat()])) == 2


def test_another_isn_on_the_same_ports_is_another_conversation() -> None:
    again = Ends(5000, 6000, A, B)
    assert [len(talk.segments) for talk in conversations([*ENDS.chat(), *again.chat()])] == [10, 10]


def test_the_same_isn_after_the_end_is_another_conversation() -> None:
    assert len(conversations([*ENDS.chat(), *ENDS.chat()])) == 2


def test_a_syn_that_is_sent_again_begins_nothing() -> None:
    assert len(conversations([ENDS.up(SYN, 0), *ENDS.handshake(), ENDS.up(SYN, 0)])) == 1


def test_a_syn_that_is_refused_and_sent_again_begins_nothing() -> None:
    assert len(conversations([ENDS.up(SYN, 0), ENDS.down(RST | ACK, 0, 1), ENDS.up(SYN, 0)])) == 1


def test_the_two_syns_of_a_simultaneous_open_are_one_conversation() -> None:
    assert len(conversations(figures.FIGURE_7)) == 1


def test_a_syn_after_the_tail_of_an_older_conversation_begins_a_new_one() -> None:
    tail = [ENDS.up(FIN | ACK, 90, 90), ENDS.down(ACK, 90, 91)]
    assert [len(talk.segments) for talk in conversations([*tail, *Ends(9, 9, A, B).chat()])] == [2, 10]


def test_no_segments_are_no_conversation() -> None:
    assert conversations([]) == []
    with pytest.raises(MisuseError):
        Conversation(())


# Who, and how it began and ended


def test_the_client_is_who_sent_the_syn() -> None:
    assert _opened().endpoints == (A, B)
    assert _talk(*ENDS.handshake()[1:]).endpoints == (A, B)  # only the SYN,ACK was captured
    assert _talk(ENDS.down(ACK, 1, 1)).endpoints == (B, A)  # who was seen first


def test_the_handshake_is_three_segments_and_a_round_trip() -> None:
    handshake = _opened().handshake
    assert handshake is not None
    assert [segment.frame for segment in handshake] == [1, 2, 3]
    assert handshake.rtt == pytest.approx(0.02)


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_without_one_of_its_segments_there_is_no_handshake(missing: int) -> None:
    segments = ENDS.handshake()
    del segments[missing]
    assert _talk(*segments).handshake is None


def test_a_syn_ack_of_another_syn_is_no_handshake() -> None:
    assert _talk(ENDS.up(SYN, 0), ENDS.down(SYN | ACK, 0, 77), ENDS.up(ACK, 1, 1)).handshake is None


def test_the_round_trip_is_counted_from_the_syn_that_was_answered() -> None:
    handshake = _talk(ENDS.up(SYN, 0), *ENDS.handshake()).handshake
    assert handshake is not None
    assert handshake.syn.frame == 2


def test_the_isn_is_the_number_of_the_syn() -> None:
    talk = _opened()
    assert (talk.isn(A), talk.isn(B)) == (100, 300)


def test_the_isn_can_be_told_from_the_syn_ack_alone_but_not_from_data() -> None:
    assert _talk(*ENDS.handshake()[1:]).isn(A) == 100
    assert _talk(ENDS.up(PSH | ACK, 1, 1, b"x")).isn(A) is None


def test_an_endpoint_that_is_not_in_it_is_a_mistake() -> None:
    with pytest.raises(MisuseError, match="not in this conversation"):
        _opened().isn(("192.0.2.9", 1))


@pytest.mark.parametrize(
    ("segments", "ending", "first", "frames"),
    [
        ([], Ending.OPEN, None, []),
        ([ENDS.up(FIN | ACK, 1, 1)], Ending.HALF_CLOSED, A, [4]),
        ([ENDS.up(FIN | ACK, 1, 1), ENDS.down(FIN | ACK, 1, 2), ENDS.up(ACK, 2, 2)], Ending.CLOSED, A, [4, 5, 6]),
        (
            [ENDS.down(FIN | ACK, 1, 1), ENDS.up(ACK, 1, 2), ENDS.up(FIN | ACK, 1, 2), ENDS.down(ACK, 2, 2)],
            Ending.CLOSED, B, [4, 5, 6, 7],
        ),
        ([ENDS.down(RST, 1)], Ending.RESET, B, []),
        ([ENDS.up(FIN | ACK, 1, 1), ENDS.down(RST, 1)], Ending.RESET, A, [4]),
    ],
)  # fmt: skip
def test_the_teardown_says_who_closed_first_and_with_how_many_segments(
    segments: list[Segment], ending: Ending, first: object, frames: list[int]
) -> None:
    teardown = _opened(*segments).teardown
    assert (teardown.ending, teardown.first, [s.frame for s in teardown.segments]) == (ending, first, frames)


# Numbers


def test_relative_numbers_count_from_the_isns() -> None:
    talk = _opened(ENDS.up(PSH | ACK, 1, 1, b"hello"), ENDS.down(ACK, 1, 6))
    assert [talk.relative(s) for s in talk.segments] == [(0, None), (0, 1), (1, 1), (1, 1), (1, 6)]


def test_relative_numbers_do_not_wrap() -> None:
    ends = Ends(CIRCLE - 3, CIRCLE - 1, A, B)
    talk = _talk(*ends.handshake(), ends.up(PSH | ACK, 1, 1, b"hello"), ends.down(ACK, 1, 6))
    assert talk.segments[4].ack == 3
    assert talk.relative(talk.segments[4]) == (1, 6)


def test_a_reset_from_before_its_sender_s_syn_is_not_counted_from_that_syn() -> None:
    talk = _talk(ENDS.up(SYN, 0), replace(ENDS.down(RST | ACK, 0, 1), seq=0), *ENDS.handshake()[1:])
    assert [talk.relative(s) for s in talk.segments] == [(0, None), (1, 1), (0, 1), (1, 1)]


def test_midstream_the_first_byte_seen_is_1() -> None:
    talk = _talk(ENDS.up(PSH | ACK, 1000, 2000, b"hi"), ENDS.down(ACK, 2000, 1002))
    assert [talk.relative(s) for s in talk.segments] == [(1, 1), (1, 3)]


# Streams


@given(
    data=st.binary(min_size=1, max_size=200),
    isn=st.sampled_from([0, 100, CIRCLE - 1, CIRCLE - 50]),
    cuts=st.lists(st.tuples(st.integers(0, 199), st.integers(1, 60)), max_size=30),
    order=st.randoms(use_true_random=False),
)
def test_a_stream_is_the_same_however_its_segments_overlap_repeat_and_come(
    data: bytes, isn: int, cuts: list[tuple[int, int]], order: object
) -> None:
    ends = Ends(isn, 0, A, B)
    parts = [(at, at + 10) for at in range(0, len(data), 10)] + [(at, at + size) for at, size in cuts if at < len(data)]
    order.shuffle(parts)  # type: ignore[attr-defined]
    segments = [ends.up(ACK, 1 + start, 1, data[start:stop]) for start, stop in parts]
    stream = reassemble(segments, isn)
    assert stream.data == data
    assert stream.gaps == ()
    assert b"".join(piece.data for piece in stream.pieces) == data


def test_data_in_the_syn_is_the_beginning_of_the_stream() -> None:
    talk = _talk(ENDS.up(SYN, 0, 0, b"fast"), ENDS.down(SYN | ACK, 0, 5), ENDS.up(PSH | ACK, 5, 1, b" open"))
    assert talk.stream(A) == b"fast open"


def test_a_stream_ends_at_its_first_gap_which_is_marked() -> None:
    talk = _opened(ENDS.up(ACK, 1, 1, b"one"), ENDS.up(ACK, 7, 1, b"three"))
    stream = talk.reassembled(A)
    assert talk.stream(A) == b"one"
    assert stream.gaps == (Gap(3, 3),)
    assert (stream.captured, stream.end) == (b"onethree", 11)


def test_bytes_that_were_sent_before_the_fin_and_not_captured_are_a_gap() -> None:
    talk = _opened(ENDS.up(ACK, 1, 1, b"one"), ENDS.up(FIN | ACK, 9, 1))
    assert talk.reassembled(A).gaps == (Gap(3, 5),)


def test_a_payload_that_the_capture_cut_leaves_a_gap() -> None:
    cut = replace(ENDS.up(ACK, 1, 1, b"one"), uncaptured=4)
    assert _opened(cut, ENDS.up(ACK, 8, 1, b"two")).reassembled(A).gaps == (Gap(3, 4),)


def test_the_first_copy_counts_where_copies_differ() -> None:
    assert _opened(ENDS.up(ACK, 1, 1, b"real"), ENDS.up(ACK, 1, 1, b"fakes")).stream(A) == b"reals"


def test_a_keep_alive_adds_nothing_to_the_stream() -> None:
    assert _opened(ENDS.up(ACK, 0, 1, b"\x00"), ENDS.up(ACK, 1, 1, b"hi")).stream(A) == b"hi"


def test_what_a_reset_carries_is_not_in_the_stream() -> None:
    assert _opened(ENDS.down(RST | ACK, 1, 1, b"go away")).stream(B) == b""


def test_midstream_the_stream_begins_with_the_first_byte_seen() -> None:
    talk = _talk(ENDS.up(ACK, 1000, 1, b"tail"), ENDS.up(ACK, 996, 1, b"long"))
    assert talk.stream(A) == b"longtail"


def test_a_stream_outgrows_the_circle() -> None:
    step = 2**30
    segments = [replace(ENDS.up(ACK, 1 + step * n, 1), uncaptured=step) for n in range(6)]
    assert reassemble(segments, 100).end == 6 * step


def test_the_bytes_between_two_offsets_are_found_in_their_segments() -> None:
    stream = _opened(ENDS.up(ACK, 1, 1, b"hello"), ENDS.up(ACK, 6, 1, b" world")).reassembled(A)
    assert [(part.segment.frame, part.start, part.data) for part in stream.between(3, 8)] == [
        (4, 3, b"lo"),
        (5, 0, b" wo"),
    ]


# Finding


def test_a_sentence_is_found_with_its_frame_and_its_place_in_the_payload() -> None:
    talk = _opened(ENDS.up(PSH | ACK, 1, 1, "JOIN é\n".encode()), ENDS.up(PSH | ACK, 9, 1, b"SAY the password\n"))
    [found] = talk.find(b"password")
    assert (found.segment.frame, found.start, found.sender, found.offset) == (5, 8, A, 16)
    assert repr(found) == "<Found in frame 5, at byte 8 of its payload: byte 16 from 192.0.2.1:40000>"


def test_a_sentence_that_a_segment_cuts_is_found_in_both() -> None:
    [found] = _opened(ENDS.up(ACK, 1, 1, b"SAY hel"), ENDS.up(ACK, 8, 1, b"lo\n")).find(b"hello")
    assert [part.segment.frame for part in found.parts] == [4, 5]


def test_every_place_is_found_and_nothing_is_not_looked_for() -> None:
    talk = _opened(ENDS.up(ACK, 1, 1, b"ha ha"), ENDS.down(ACK, 1, 6, b"ha"))
    assert [(found.sender, found.offset) for found in talk.find(b"ha")] == [(A, 0), (A, 3), (B, 0)]
    assert talk.find(b"never said") == ()
    with pytest.raises(MisuseError):
        talk.find(b"")


# Judgements


def _judged(*segments: Segment) -> list[set[Judgement]]:
    return [set(verdict) for verdict in _opened(*segments).judgements[3:]]


def test_segments_of_a_clean_chat_are_judged_as_what_they_are() -> None:
    talk = _talk(*ENDS.chat())
    assert [sorted(j.value for j in verdict) for verdict in talk.judgements] == [
        ["opens"], ["opens"], ["acknowledgement"], ["new data"], ["acknowledgement"], ["new data"],
        ["acknowledgement"], ["closes"], ["closes"], ["acknowledgement"],
    ]  # fmt: skip


def test_data_that_was_sent_before_is_a_retransmission() -> None:
    hello = ENDS.up(PSH | ACK, 1, 1, b"hello")
    assert _judged(hello, ENDS.down(ACK, 1, 1), hello)[2] == {J.RETRANSMISSION}


def test_data_from_before_a_gap_that_comes_at_once_is_out_of_order() -> None:
    segments = [*ENDS.handshake(), ENDS.up(ACK, 6, 1, b"world"), ENDS.up(ACK, 1, 1, b"hello")]
    timed = [replace(s, time=s.frame / 10000) for s in numbered(segments)]
    verdicts = Conversation(tuple(timed)).judgements
    assert [set(verdicts[3]), set(verdicts[4])] == [{J.AFTER_GAP, J.NEW_DATA}, {J.OUT_OF_ORDER}]


def test_data_that_was_seen_before_is_a_retransmission_however_soon_it_comes() -> None:
    hello, world = ENDS.up(ACK, 1, 1, b"hello"), ENDS.up(ACK, 6, 1, b"world")
    for first, second, again in ((hello, world, hello), (world, hello, hello)):
        segments = [*ENDS.handshake(), first, second, again]
        timed = [replace(s, time=s.frame / 10000) for s in numbered(segments)]
        assert set(Conversation(tuple(timed)).judgements[-1]) == {J.RETRANSMISSION}


def test_each_part_of_a_gap_can_come_out_of_order() -> None:
    syn, *others = numbered([*ENDS.handshake(), *(ENDS.up(ACK, 1 + at, 1, b"x") for at in (0, 4, 2, 3, 1, 2))])
    timed = [replace(syn, time=-1.0), *(replace(s, time=s.frame / 10000) for s in others)]
    last = Conversation(tuple(timed)).judgements[-4:]
    assert [set(verdict) for verdict in last] == [{J.OUT_OF_ORDER}] * 3 + [{J.RETRANSMISSION}]


def test_an_ack_that_repeats_itself_while_data_is_missing_is_a_duplicate() -> None:
    lost = [ENDS.up(ACK, 6, 1, b"world"), ENDS.down(ACK, 1, 1), ENDS.down(ACK, 1, 1), ENDS.down(ACK, 1, 1)]
    assert _judged(*lost)[2:] == [{J.DUPLICATE_ACK}, {J.DUPLICATE_ACK}]


def test_a_third_duplicate_ack_makes_the_retransmission_a_fast_one() -> None:
    duplicates = [ENDS.down(ACK, 1, 1)] * 4
    assert _judged(ENDS.up(ACK, 6, 1, b"world"), *duplicates, ENDS.up(ACK, 1, 1, b"hello"))[-1] == {
        J.FAST_RETRANSMISSION
    }


def test_an_ack_of_what_came_twice_is_a_duplicate_too_though_nothing_is_outstanding() -> None:
    again = [ENDS.up(ACK, 1, 1, b"hello"), ENDS.down(ACK, 1, 6)] * 2
    assert _judged(*again) == [
        {J.NEW_DATA}, {J.PURE_ACK}, {J.RETRANSMISSION, J.SPURIOUS_RETRANSMISSION}, {J.DUPLICATE_ACK},
    ]  # fmt: skip


def test_a_window_that_stays_closed_is_no_duplicate_ack() -> None:
    closed = replace(ENDS.down(ACK, 1, 6), window=0)
    assert _judged(ENDS.up(ACK, 1, 1, b"hello"), closed, closed)[2] == {J.ZERO_WINDOW, J.PURE_ACK}


def test_keep_alives_and_their_answers_are_known() -> None:
    assert _judged(ENDS.up(ACK, 0, 1), ENDS.down(ACK, 1, 1)) == [{J.KEEP_ALIVE}, {J.KEEP_ALIVE_ACK}]


def test_a_window_of_zero_and_its_reopening_are_known() -> None:
    closed, opened = replace(ENDS.down(ACK, 1, 6), window=0), replace(ENDS.down(ACK, 1, 6), window=99)
    assert _judged(ENDS.up(ACK, 1, 1, b"hello"), closed, opened)[1:] == [{J.ZERO_WINDOW, J.PURE_ACK}, {J.WINDOW_UPDATE}]


@pytest.mark.parametrize("probe", [ENDS.up(ACK, 5, 1), ENDS.up(ACK, 6, 1, b"!")], ids=["as Linux asks", "as BSD asks"])
def test_a_question_whether_a_closed_window_is_open_again_is_a_zero_window_probe(probe: Segment) -> None:
    closed = replace(ENDS.down(ACK, 1, 6), window=0)
    assert _judged(ENDS.up(ACK, 1, 1, b"hello"), closed, probe)[2] == {J.ZERO_WINDOW_PROBE}


def test_the_second_syn_of_a_simultaneous_open_is_no_retransmission() -> None:
    assert Conversation(tuple(figures.FIGURE_7)).judged(J.RETRANSMISSION) == ()


def test_segments_can_be_asked_for_by_their_judgement() -> None:
    assert [s.frame for s in _talk(*ENDS.chat()).judged(J.NEW_DATA)] == [4, 6]


def test_a_conversation_says_what_it_is() -> None:
    said = "<Conversation 192.0.2.1:40000 > 192.0.2.2:9898: 10 segments, 9 and 37 bytes, closed by both ends>"
    assert repr(_talk(*ENDS.chat())) == said
