"""Round trips: which segments may be timed, what follows from them, and what tshark and the kernel measure."""

from contextlib import closing
from dataclasses import replace

import pytest

from chatkit.capture.recorded import names, recorded
from chatkit.capture.wire_capture import capture_of
from chatkit.lan import Lan, delay, tcp_info
from chatkit.lan.stage import say
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.rtt import RttSample, rtt_samples
from chatkit.tcp.segment import Flag, Segment
from chatkit.tcp.sequence import CIRCLE
from tests.figures import ENDS, A, B, numbered
from tests.needs import needs_lan, needs_tshark
from tests.talks import ACK, FIN, RST, SYN, Ends
from tests.tshark_on_recorded import read_by_tshark

PORT = 9898


def _frames(*segments: Segment) -> list[tuple[int, int]]:
    """What A's segments time, as (frame, frame of its ACK); the segments are numbered from 1."""
    return [(s.segment.frame, s.ack.frame) for s in rtt_samples(numbered(segments), A)]


def _samples(*rtts: float) -> tuple[RttSample, ...]:
    """What A measures when its segments take these round trips, one after the other."""
    segments = []
    for number, rtt in enumerate(rtts):
        sent = replace(ENDS.up(ACK, 1 + number, 1, b"x"), time=100.0 * number)
        segments += [sent, replace(ENDS.down(ACK, 1, 2 + number), time=sent.time + rtt)]
    return rtt_samples(segments, A)


# Which segments are timed


def test_what_takes_sequence_numbers_is_timed_to_the_first_ack_of_all_of_it() -> None:
    talk = Conversation(tuple(numbered(ENDS.chat())))
    assert [(s.segment.frame, s.ack.frame) for s in talk.rtts(A)] == [(1, 2), (6, 7), (8, 9)]
    assert [(s.segment.frame, s.ack.frame) for s in talk.rtts(B)] == [(2, 3), (4, 5), (9, 10)]


def test_an_ack_of_a_part_does_not_count_and_one_of_two_segments_times_both() -> None:
    first, second = ENDS.up(ACK, 1, 1, b"hello"), ENDS.up(ACK, 6, 1, b"world")
    assert _frames(first, ENDS.down(ACK, 1, 4), second, ENDS.down(ACK, 1, 11)) == [(1, 4), (3, 4)]


def test_what_was_sent_twice_is_not_timed() -> None:
    hello = ENDS.up(ACK, 1, 1, b"hello")
    assert _frames(hello, hello, ENDS.down(ACK, 1, 6)) == []
    assert _frames(hello, ENDS.up(ACK, 4, 1, b"lo wor"), ENDS.down(ACK, 1, 10)) == []  # a part of it was
    assert _frames(ENDS.up(SYN, 0), ENDS.up(SYN, 0), ENDS.down(SYN | ACK, 0, 1)) == []


def test_what_waited_for_a_gap_to_be_filled_is_not_timed_but_what_came_before_and_after_is() -> None:
    before, lost, beyond = (ENDS.up(ACK, at, 1, b"x") for at in (1, 2, 3))
    after, last = ENDS.up(ACK, 4, 1, b"x"), ENDS.down(ACK, 1, 5)
    assert _frames(before, lost, beyond, ENDS.down(ACK, 1, 2), lost, after, last) == [(1, 4), (6, 7)]
    assert _frames(before, beyond, lost, after, last) == [(1, 5), (4, 5)]  # seen once, but late


def test_an_ack_of_old_data_and_a_reset_time_nothing() -> None:
    hello = ENDS.up(ACK, 1, 1, b"hello")
    assert _frames(hello, ENDS.down(ACK, 1, 1), ENDS.down(RST | ACK, 1, 6)) == []
    assert _frames(ENDS.up(RST | ACK, 1, 1, b"go away"), ENDS.down(ACK, 1, 8)) == []


def test_round_trips_are_timed_across_the_end_of_the_circle() -> None:
    ends = Ends(CIRCLE - 3, CIRCLE - 1, A, B)
    segments = [*ends.handshake(), ends.up(ACK, 1, 1, b"hello"), ends.down(ACK, 1, 6), ends.up(FIN | ACK, 6, 1)]
    assert _frames(*segments, ends.down(ACK, 1, 7)) == [(1, 2), (4, 5), (6, 7)]


# What follows from them: RFC 6298, section 2


def test_the_first_round_trip_is_the_smoothed_one_and_its_half_the_variation() -> None:
    [sample] = _samples(2.0)
    assert (sample.rtt, sample.srtt, sample.rttvar, sample.rto) == (2, 2, 1, 6)


def test_each_later_one_moves_the_estimate_by_an_eighth_and_the_variation_by_a_quarter() -> None:
    sample = _samples(2.0, 4.0)[1]
    assert sample.rttvar == pytest.approx(3 / 4 * 1 + 1 / 4 * 2)  # of the SRTT before: 2.3 says which comes first
    assert sample.srtt == pytest.approx(7 / 8 * 2 + 1 / 8 * 4)
    assert sample.rto == pytest.approx(2.25 + 4 * 1.25)


def test_the_timeout_is_never_less_than_a_second() -> None:
    assert [sample.rto for sample in _samples(0.001, 0.002)] == [1.0, 1.0]


# What others measure


@needs_tshark
@pytest.mark.parametrize("name", names())
def test_tshark_measures_the_same_and_also_what_was_sent_twice_or_refused(name: str) -> None:
    ours = {s.ack.frame: s for talk in recorded(name).conversations for end in talk.endpoints for s in talk.rtts(end)}
    theirs = _acks_of_tshark(name)
    for ack, (segment, rtt) in theirs.items():
        if ack in ours:  # the last that it acknowledges: tshark gives no more
            assert (ours[ack].segment.frame, ours[ack].rtt) == (segment, pytest.approx(rtt, abs=2e-6))
        else:
            assert segment in _repeated_or_waiting(name) or ack in _resets(name)
    assert {ack for ack in ours if ack not in theirs} == ({5} if name == "simultaneous-open" else set())


def _acks_of_tshark(name: str) -> dict[int, tuple[int, float]]:
    """(the segment acknowledged, seconds) by the ACK's frame."""
    rows = [row for row in read_by_tshark(name) if row["tcp.analysis.ack_rtt"]]
    return {row.frame: (row.number("tcp.analysis.acks_frame"), float(row["tcp.analysis.ack_rtt"])) for row in rows}


def _repeated_or_waiting(name: str) -> set[int]:
    """Frames with numbers that their end sent in more than one frame, or sent before others that come before them."""
    found = set()
    for talk in recorded(name).conversations:
        for sent in map(talk.sent_by, talk.endpoints):
            places = [(talk.relative(s).seq, s) for s in sent if s.length]
            for at, (seq, segment) in enumerate(places):
                late = any(other < seq + segment.length for other, _ in places[at + 1 :])
                early = any(other + s.length > seq for other, s in places[:at])
                found |= {segment.frame} if late or early else set()
    return found


def _resets(name: str) -> set[int]:
    return {segment.frame for segment in recorded(name).segments if segment.flags & Flag.RST}


@needs_lan
def test_the_kernel_smooths_to_the_same_round_trip() -> None:
    with Lan("server", "ann") as lan:
        lan.wire.add(delay(0.02, kind="tcp"))
        with closing(lan["server"].listen(PORT)) as listener, lan["ann"].connect(("server", PORT)) as ann:
            with listener.accept()[0] as server:
                for _ in range(10):
                    say(ann, server, b"how long does it take?\n")
                kernels = tcp_info(ann)
        [talk] = capture_of(lan.wire, at="ann").conversations
        ours = talk.rtts(talk.client)[10]
    assert ours.rtt > 0.04
    assert kernels.rtt / 1.5 < ours.srtt < kernels.rtt * 1.5
    assert 0.2 < kernels.rto < ours.rto == 1.0
