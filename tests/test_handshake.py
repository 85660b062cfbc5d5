"""How a conversation was opened, and what both ends settled by it."""

from dataclasses import replace

import pytest

from chatkit.capture.recorded import recorded
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.flight import shifts
from chatkit.tcp.handshake import Handshake, handshake
from chatkit.tcp.options import NONE, Options
from chatkit.tcp.segment import Segment
from tests.figures import ENDS, FIGURE_7, A, B, numbered
from tests.talks import ACK, PSH, RST, SYN, Ends

ALL = Options(mss=1460, window_scale=7, sack_permitted=True, timestamps=(1, 0))


def _opened(*segments: Segment) -> Handshake:
    found = handshake(numbered(segments))
    assert found is not None
    return found


def _offered(client: Options, server: Options, ends: Ends = ENDS) -> Handshake:
    syn, synack, ack = ends.handshake()
    return _opened(replace(syn, options=client), replace(synack, options=server), ack)


def _recorded(name: str) -> Handshake:
    found = recorded(name).conversations[0].handshake
    assert found is not None
    return found


# What both ends settled


def test_what_both_ends_offer_holds_for_the_connection() -> None:
    agreed = _offered(ALL, replace(ALL, mss=1400, window_scale=2)).agreed
    assert agreed is not None
    assert (agreed.scales, agreed.sack, agreed.timestamps) == ((7, 2), True, True)
    assert (agreed.mss.client, agreed.mss.server) == (1400 - 12, 1460 - 12)  # what the other will receive


@pytest.mark.parametrize(("client", "server"), [(ALL, NONE), (NONE, ALL), (NONE, NONE)])
def test_what_one_end_does_not_offer_does_not_hold(client: Options, server: Options) -> None:
    opened = _offered(client, server)
    assert opened.options == (client, server)
    assert opened.agreed is not None
    assert (opened.agreed.scales, opened.agreed.sack, opened.agreed.timestamps) == (None, False, False)


def test_an_end_that_announces_no_mss_gets_what_every_host_can_take() -> None:
    old, new = _offered(NONE, NONE), _offered(NONE, NONE, Ends(1, 2, ("fd00::1", 1), ("fd00::2", 2)))
    assert old.agreed is not None
    assert new.agreed is not None
    assert (old.agreed.mss, new.agreed.mss) == ((536, 536), (1220, 1220))


def test_nothing_is_said_to_be_settled_where_the_capture_has_cut_the_offers() -> None:
    cut = Options.decode(bytes.fromhex("020405b4"), length=20)
    assert (cut.mss, cut.is_cut) == (1460, True)
    assert Options.decode(b"", length=20).is_cut
    assert not Options.decode(bytes.fromhex("020405b4"), length=4).is_cut
    opened = _offered(cut, ALL)
    assert opened.agreed is None
    assert shifts(tuple(opened)) == {B: 7}  # a SYN,ACK has the option only if the SYN had it


def test_the_recorded_ends_agree_on_segments_as_large_as_their_kernels_send() -> None:
    agreed = _recorded("one-segment-lost").agreed
    [talk] = recorded("one-segment-lost").conversations
    assert agreed is not None
    assert agreed.mss.client == max(segment.size for segment in talk.segments)
    assert (agreed.sack, agreed.timestamps) == (False, True)  # the scenario is told without SACK


# Who opened


def test_who_sends_a_syn_that_is_no_answer_is_active() -> None:
    opened = _opened(*ENDS.handshake())
    assert (opened.active, opened.is_simultaneous) == ((A,), False)


def test_in_figure_7_both_are_active_and_the_round_trip_is_the_sum_of_both_ways() -> None:
    opened = _opened(*FIGURE_7)
    assert (opened.active, opened.is_simultaneous) == ((A, B), True)
    assert [segment.frame for segment in opened] == [1, 4, 3]
    assert opened.rtt == pytest.approx((0.04 - 0.01) + (0.03 - 0.02))
    assert repr(opened) == "<Handshake in frames 1, 4, 3: rtt 40.000 ms, both ends open at once>"


def test_the_round_trip_of_the_recorded_simultaneous_open_is_twice_the_way_of_80_ms() -> None:
    assert 0.16 < _recorded("simultaneous-open").rtt < 0.2


# Copies


def test_a_syn_that_is_sent_again_is_counted_with_the_time_waited() -> None:
    opened = _opened(ENDS.up(SYN, 0), ENDS.up(SYN, 0), *ENDS.handshake())
    assert [s.frame for s in opened.attempts] == [1, 2, 3]
    assert opened.waits == pytest.approx((0.01, 0.01))
    assert opened.syn.frame == 3
    assert "SYN sent 3 times" in repr(opened)


def test_the_recorded_syn_is_sent_again_after_a_second() -> None:
    [wait] = _recorded("syn-lost").waits
    assert wait == pytest.approx(1, rel=0.1)  # RFC 6298, section 2.1


def test_where_the_syn_ack_was_lost_the_round_trip_is_that_of_the_copies_that_came_through() -> None:
    syn, synack, ack = ENDS.handshake()
    opened = _opened(syn, synack, syn, synack, ack, synack)
    assert [segment.frame for segment in opened] == [3, 4, 5]
    assert opened.rtt == pytest.approx(0.02)


# Data in the SYN (RFC 7413)


@pytest.mark.parametrize("accepted", [0, 3, 5])
def test_a_syn_that_brings_data_is_answered_with_an_ack_of_it_or_of_the_syn_alone(accepted: int) -> None:
    asked = replace(ENDS.up(SYN, 0, 0, b"hello"), options=Options.decode(bytes.fromhex("2206aabbccdd")))
    opened = _opened(asked, ENDS.down(SYN | ACK, 0, 1 + accepted), ENDS.up(ACK, 6, 1))
    assert (opened.early_data, opened.accepted) == (b"hello", accepted)
    assert str(opened.options.client) == "fast_open=aabbccdd"


def test_a_cookie_is_asked_for_with_an_empty_one() -> None:
    assert Options.decode(bytes.fromhex("2202")) == Options(fast_open=b"")
    assert Options.decode(bytes.fromhex("2203aa")) == Options(unknown=((34, b"\xaa"),))  # of 4 to 16 bytes


def test_a_syn_ack_of_more_than_was_sent_is_no_answer() -> None:
    assert handshake([ENDS.up(SYN, 0, 0, b"hello"), ENDS.down(SYN | ACK, 0, 7), ENDS.up(ACK, 7, 1)]) is None


# What is no handshake


@pytest.mark.parametrize(
    "segments",
    [
        [ENDS.up(SYN, 0)],
        [ENDS.up(SYN, 0), ENDS.down(RST | ACK, 0, 1)],
        [ENDS.up(SYN, 0), ENDS.down(SYN | ACK, 0, 1)],
        [ENDS.up(SYN, 0), ENDS.down(SYN | ACK, 0, 1), ENDS.up(RST | ACK, 1, 1)],
        [ENDS.up(PSH | ACK, 1, 1, b"x"), ENDS.down(ACK, 1, 2)],
    ],
    ids=["no answer", "refused", "no ACK", "given up", "midstream"],
)
def test_a_conversation_that_was_not_opened_in_full_has_no_handshake(segments: list[Segment]) -> None:
    assert Conversation(tuple(numbered(segments))).handshake is None


def test_a_syn_ack_that_is_captured_before_its_syn_is_found() -> None:
    syn, synack, ack = ENDS.handshake()
    assert [segment.frame for segment in _opened(synack, syn, ack)] == [2, 1, 3]
