"""What an observer calls a segment: where Wireshark's rules end and ours begin. More of it is in test_conversation."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from chatkit.capture.recorded import names, recorded
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.judge import Judgement, judge
from chatkit.tcp.options import Options
from chatkit.tcp.segment import Segment
from tests.figures import ENDS, numbered
from tests.needs import needs_tshark
from tests.talks import ACK, PSH, RST, SYN
from tests.tshark_on_recorded import read_by_tshark

J = Judgement
HELLO, WORLD = ENDS.up(PSH | ACK, 1, 1, b"hello"), ENDS.up(PSH | ACK, 6, 1, b"world")


def _judged(*segments: Segment, rtt: float = 0.02) -> list[set[Judgement]]:
    """The judgements of what comes after a handshake that took `rtt`; the times of the segments are their own."""
    syn, synack, ack = ENDS.handshake()
    opening = [replace(syn, time=-rtt), replace(synack, time=-rtt / 2), replace(ack, time=0.0)]
    return [set(verdict) for verdict in judge([*opening, *segments])][3:]


def _spaced(*segments: Segment, by: float = 0.01) -> list[Segment]:
    return [replace(segment, time=by * number) for number, segment in enumerate(segments, 1)]


# Sent again


def test_what_had_been_acknowledged_is_sent_again_in_vain() -> None:
    again = _judged(*_spaced(HELLO, ENDS.down(ACK, 1, 6), HELLO))[2]
    assert again == {J.RETRANSMISSION, J.SPURIOUS_RETRANSMISSION}


def test_what_is_acknowledged_in_part_is_not_sent_in_vain() -> None:
    assert _judged(*_spaced(HELLO, ENDS.down(ACK, 1, 4), HELLO))[2] == {J.RETRANSMISSION}


def test_it_is_in_vain_too_if_an_older_ack_came_after_the_one_that_has_it() -> None:
    again = _judged(*_spaced(HELLO, WORLD, ENDS.down(ACK, 1, 11), ENDS.down(ACK, 1, 6), WORLD))[4]
    assert J.SPURIOUS_RETRANSMISSION in again


def test_a_segment_whose_first_byte_a_probe_may_have_brought_is_new() -> None:
    assert _judged(*_spaced(HELLO, ENDS.up(ACK, 5, 1, b"o world")))[1] == {J.NEW_DATA}
    assert _judged(*_spaced(HELLO, ENDS.up(ACK, 4, 1, b"lo world")))[1] == {J.RETRANSMISSION}


def test_two_duplicate_acks_ask_for_a_segment_whatever_comes_between_them() -> None:
    duplicate, talk = ENDS.down(ACK, 1, 1), ENDS.down(PSH | ACK, 1, 1, b"by the way")
    asked = [WORLD, duplicate, talk, replace(duplicate, seq=talk.end), replace(duplicate, seq=talk.end), HELLO]
    assert _judged(*_spaced(*asked))[-1] == {J.FAST_RETRANSMISSION}


def test_what_comes_long_after_the_duplicate_acks_is_sent_by_a_timeout() -> None:
    *asked, again = _spaced(WORLD, *[ENDS.down(ACK, 1, 1)] * 4, HELLO)
    assert _judged(*asked, replace(again, time=asked[-1].time + 0.021))[-1] == {J.RETRANSMISSION}


# Out of order


@pytest.mark.parametrize(("rtt", "verdict"), [(0.02, J.OUT_OF_ORDER), (0.005, J.RETRANSMISSION)])
def test_data_is_overtaken_if_it_comes_sooner_than_the_handshakes_round_trip(rtt: float, verdict: Judgement) -> None:
    assert _judged(*_spaced(WORLD, HELLO), rtt=rtt)[1] == {verdict}


@pytest.mark.parametrize(("by", "verdict"), [(0.002, J.OUT_OF_ORDER), (0.004, J.RETRANSMISSION)])
def test_without_a_handshake_three_milliseconds_are_soon(by: float, verdict: Judgement) -> None:
    segments = _spaced(ENDS.up(ACK, 0, 1, b"!"), WORLD, HELLO, by=by)
    assert list(judge(segments))[2] == {verdict}


def test_a_segment_of_which_a_part_was_seen_was_sent_again() -> None:
    assert _judged(*_spaced(WORLD, ENDS.up(ACK, 1, 1, b"hello wor")))[1] == {J.RETRANSMISSION}


# What the capture lacks


def test_an_ack_of_what_was_never_seen_says_that_the_capture_lacks_it() -> None:
    verdicts = _judged(*_spaced(HELLO, ENDS.down(ACK, 1, 11), ENDS.down(ACK, 1, 11), ENDS.up(ACK, 11, 1, b"!")))
    assert verdicts[1:] == [{J.ACKED_UNSEEN, J.PURE_ACK}, {J.DUPLICATE_ACK}, {J.AFTER_GAP, J.NEW_DATA}]


def test_what_has_been_said_to_be_missing_is_not_missed_again_when_more_is_acknowledged() -> None:
    after = ENDS.up(ACK, 11, 1, b"!")
    verdicts = _judged(*_spaced(HELLO, ENDS.down(ACK, 1, 11), after, ENDS.down(ACK, 1, 12)))
    assert verdicts[3] == {J.PURE_ACK}
    in_part = _judged(*_spaced(HELLO, ENDS.down(ACK, 1, 8), after, ENDS.down(ACK, 1, 12)))
    assert in_part[3] == {J.ACKED_UNSEEN, J.PURE_ACK}


def test_gaps_that_nobody_fills_do_not_make_judging_slow() -> None:
    holes = [ENDS.up(ACK, 1 + 20 * n, 1, b"x" * 10) for n in range(20_000)]
    acks = [ENDS.down(ACK, 1, 1 + n) for n in range(20_000)]
    assert len(list(judge([*holes, *acks]))) == 40_000


def test_an_ack_across_a_gap_says_so_too_but_only_the_first() -> None:
    after = ENDS.up(ACK, 11, 1, b"!")
    verdicts = _judged(*_spaced(HELLO, after, ENDS.down(ACK, 1, 12), ENDS.up(ACK, 12, 1, b"!"), ENDS.down(ACK, 1, 13)))
    assert [J.ACKED_UNSEEN in verdict for verdict in verdicts] == [False, False, True, False, False]


def test_a_gap_that_was_filled_in_time_is_not_missing() -> None:
    verdicts = _judged(*_spaced(WORLD, HELLO, ENDS.down(ACK, 1, 11)))
    assert verdicts[2] == {J.PURE_ACK}


def test_a_capture_of_one_direction_does_not_lack_the_other() -> None:
    assert list(judge(_spaced(ENDS.down(ACK, 1, 1), ENDS.down(ACK, 1, 900))))[1] == {J.PURE_ACK}


# Windows


def _full(window: int, count: int | None, *segments: Segment) -> list[bool]:
    """Which of the client's segments fill the window, if both SYNs have this shift count."""
    options = Options(window_scale=count)
    syn, synack, ack = ENDS.handshake()
    opening = [replace(syn, options=options), replace(synack, options=options, window=10), ack]
    update = replace(ENDS.down(ACK, 1, 1), window=window)
    return [J.WINDOW_FULL in verdict for verdict in judge(numbered([*opening, update, *segments]))][4:]


def test_a_segment_that_goes_to_the_right_edge_fills_the_window() -> None:
    assert _full(10, None, HELLO, WORLD) == [False, True]
    assert _full(5, 1, HELLO, WORLD) == [False, True]
    assert _full(11, None, HELLO, WORLD) == [False, False]


def test_the_window_of_the_syn_ack_is_filled_unscaled() -> None:
    options = Options(window_scale=3)
    syn, synack, ack = ENDS.handshake()
    opening = [replace(syn, options=options), replace(synack, options=options, window=10), ack]
    assert J.WINDOW_FULL in list(judge(numbered([*opening, HELLO, WORLD])))[4]


def test_where_the_scale_is_not_known_no_window_is_full() -> None:
    update = replace(ENDS.down(ACK, 1, 1), window=10)
    assert not any(J.WINDOW_FULL in verdict for verdict in judge(numbered([update, HELLO, WORLD])))


def test_a_keep_alive_that_is_answered_with_a_closed_window_is_no_keep_alive_ack() -> None:
    closed = replace(ENDS.down(ACK, 1, 1), window=0)
    assert _judged(*_spaced(closed, ENDS.up(ACK, 0, 1), closed))[2] == {J.ZERO_WINDOW, J.PURE_ACK}


# Resets


def test_what_a_reset_says_of_numbers_is_not_believed() -> None:
    forged = replace(ENDS.up(RST | ACK, 5000, 4000), window=0)
    assert _judged(*_spaced(HELLO, forged, WORLD, ENDS.down(ACK, 1, 11)))[1:] == [
        {J.RESET}, {J.NEW_DATA}, {J.PURE_ACK},
    ]  # fmt: skip


def test_a_reset_before_the_answer_to_a_syn_leaves_its_sender_unknown() -> None:
    segments = [ENDS.up(SYN, 0), replace(ENDS.down(RST | ACK, 0, 1), seq=77), ENDS.down(SYN | ACK, 0, 1)]
    assert [set(verdict) for verdict in judge(numbered(segments))][2] == {J.OPENING}


# tshark's opinion

WORDS = {
    "retransmission": J.RETRANSMISSION,
    "spurious_retransmission": J.SPURIOUS_RETRANSMISSION,
    "fast_retransmission": J.FAST_RETRANSMISSION,
    "out_of_order": J.OUT_OF_ORDER,
    "lost_segment": J.AFTER_GAP,
    "ack_lost_segment": J.ACKED_UNSEEN,
    "duplicate_ack": J.DUPLICATE_ACK,
    "zero_window": J.ZERO_WINDOW,
    "zero_window_probe": J.ZERO_WINDOW_PROBE,
    "window_full": J.WINDOW_FULL,
    "window_update": J.WINDOW_UPDATE,
    "keep_alive": J.KEEP_ALIVE,
    "keep_alive_ack": J.KEEP_ALIVE_ACK,
}

# (tshark's judgements, ours); the reasons are in test_scenarios
DIFFERENT = {
    "attack-resets": [({J.RETRANSMISSION}, set())],  # tshark takes the forged numbers for the server's own
    "simultaneous-open": [({J.RETRANSMISSION}, set())] * 2,
    "zero-window": [({J.KEEP_ALIVE}, {J.ZERO_WINDOW_PROBE})],
}


@needs_tshark
@pytest.mark.parametrize("name", names())
def test_tshark_calls_the_recorded_segments_the_same(name: str) -> None:
    ours = {frame: verdict & {*WORDS.values()} for frame, verdict in _verdicts(recorded(name).conversations)}
    theirs = {
        row.frame: {j for word, j in WORDS.items() if row[f"tcp.analysis.{word}"]} for row in read_by_tshark(name)
    }
    pairs = [(_without_the_general(theirs[frame]), set(verdict)) for frame, verdict in ours.items()]
    assert [(their, own) for their, own in pairs if their != own] == DIFFERENT.get(name, [])


def _verdicts(talks: Sequence[Conversation]) -> list[tuple[int, frozenset[Judgement]]]:
    return [(s.frame, verdict) for talk in talks for s, verdict in zip(talk.segments, talk.judgements, strict=True)]


def _without_the_general(opinion: set[Judgement]) -> set[Judgement]:
    """A fast retransmission is not called a retransmission as well."""
    return opinion - {J.RETRANSMISSION} if J.FAST_RETRANSMISSION in opinion else opinion
