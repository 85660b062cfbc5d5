"""Each scenario is what its story says, in every run; tshark reads its capture as chatkit does."""

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from chatkit.capture.capture import Capture
from chatkit.capture.played import played
from chatkit.capture.recorded import FOLDER
from chatkit.capture.wire_capture import WireCapture, capture_of
from chatkit.errors import LanError, MisuseError
from chatkit.lan.lan import Lan
from chatkit.lan.rules import drop
from chatkit.lan.scenarios import SCENARIOS, find, play
from chatkit.lan.stage import ANN, PORT, SERVER
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.judge import Judgement, Judgements
from chatkit.tcp.segment import Endpoint, Flag, Segment
from chatkit.tcp.teardown import Ending
from tests.needs import needs_lan, needs_tshark

J = Judgement

MOST_BYTES = 60_000  # of a recorded capture
RUNS = 1  # beside the one that is captured for the other tests
SLOW_RUNS = 6

each_scenario = pytest.mark.parametrize("name", SCENARIOS)


@cache
def _capture(name: str) -> Capture:
    return played(name)


def _talk(name: str) -> Conversation:
    [talk] = _capture(name).conversations
    return talk


@pytest.fixture(scope="module")
def lans() -> Iterator[dict[bool, Lan]]:
    """One LAN without IPv6 and one with it, on which one scenario after the other is played."""
    with Lan(ANN, SERVER) as old, Lan(ANN, SERVER, ipv6=True) as new:
        yield {False: old, True: new}


# ---- what each promises ----


@needs_lan
@pytest.mark.parametrize("name", ["clean", "ipv6"])
def test_a_clean_connection_has_nothing_but_what_it_needs(name: str) -> None:
    talk = _talk(name)
    assert talk.handshake is not None
    assert (talk.teardown.ending, talk.teardown.first) == (Ending.CLOSED, talk.client)
    assert (talk.stream(talk.client), talk.stream(talk.server)) == (b"hello, server\n", b"hello, ann\n")
    assert set().union(*talk.judgements) == {J.OPENING, J.NEW_DATA, J.PURE_ACK, J.CLOSING}
    assert _states(talk)[-1] == ("TIME-WAIT", "CLOSED")
    assert (":" in talk.client[0]) is (name == "ipv6")


@needs_lan
def test_in_a_half_close_the_server_talks_after_anns_fin() -> None:
    talk = _talk("half-close")
    [fin, _] = [n for n, segment in enumerate(talk.segments) if segment.flags & Flag.FIN]
    [answer] = [n for n, s in enumerate(talk.segments) if s.size and s.source == talk.server]
    assert fin < answer
    assert _states(talk)[answer] == ("FIN-WAIT-2", "CLOSE-WAIT")
    assert talk.teardown.ending is Ending.CLOSED


@needs_lan
def test_in_a_simultaneous_open_both_ends_go_from_syn_sent_to_syn_received() -> None:
    talk = _talk("simultaneous-open")
    for end in _ways(talk):
        assert end[end.index("SYN-SENT") :][:3] == ["SYN-SENT", "SYN-RECEIVED", "ESTABLISHED"]
    assert talk.handshake is not None
    assert sum(bool(segment.flags & Flag.SYN) for segment in talk.segments) == 4


@needs_lan
def test_in_a_simultaneous_close_both_ends_go_through_closing_to_time_wait() -> None:
    for end in _ways(_talk("simultaneous-close")):
        assert end[-3:] == ["FIN-WAIT-1", "CLOSING", "TIME-WAIT"]


@needs_lan
def test_a_lost_syn_is_sent_again_after_a_second() -> None:
    talk = _talk("syn-lost")
    [again] = talk.judged(J.RETRANSMISSION)
    assert again is talk.segments[1]
    assert again.seq == talk.segments[0].seq
    assert again.time - talk.segments[0].time > 0.9  # RFC 6298, section 2: a first timeout of one second
    assert talk.handshake is not None
    assert talk.handshake.syn is again


@needs_lan
def test_a_lost_segment_is_sent_again_at_the_third_duplicate_ack() -> None:
    talk = _talk("one-segment-lost")
    [again] = talk.judged(J.FAST_RETRANSMISSION)
    duplicates = talk.judged(J.DUPLICATE_ACK)
    assert [segment.ack for segment in duplicates] == [again.seq] * 3
    assert _data_sent(talk).count(talk.relative(again).seq) == 2
    assert again.time - duplicates[-1].time < 0.1
    assert not talk.judged(J.RETRANSMISSION)
    _is_whole(talk, 6)


@needs_lan
def test_the_last_segment_lost_is_sent_again_by_a_timeout_only() -> None:
    talk = _talk("last-segment-lost")
    [again] = talk.judged(J.RETRANSMISSION)
    [first] = [s for s in talk.segments if s.seq == again.seq and s.size and s is not again]
    assert again.time - first.time > 0.2  # the least timeout of Linux
    assert not talk.judged(J.DUPLICATE_ACK) + talk.judged(J.FAST_RETRANSMISSION)
    _is_whole(talk, 6)


@needs_lan
def test_a_segment_that_is_overtaken_makes_one_duplicate_ack_and_is_not_sent_again() -> None:
    talk = _talk("reordering")
    [late] = talk.judged(J.OUT_OF_ORDER)
    [duplicate] = talk.judged(J.DUPLICATE_ACK)
    assert duplicate.ack == late.seq
    sent = _data_sent(talk)
    assert sorted(sent) == sorted(set(sent)) != sent
    _is_whole(talk, 6)


@needs_lan
def test_with_loss_by_chance_all_arrives_in_the_end() -> None:
    talk = _talk("five-percent-loss")
    assert len(_data_sent(talk)) - len(set(_data_sent(talk))) == 3
    assert talk.judged(J.FAST_RETRANSMISSION)
    assert talk.judged(J.RETRANSMISSION)
    _is_whole(talk, 60)


@needs_lan
def test_a_closed_window_is_probed_and_opened_by_an_update() -> None:
    talk = _talk("zero-window")
    [probe] = talk.judged(J.ZERO_WINDOW_PROBE)
    [update] = talk.judged(J.WINDOW_UPDATE)
    closed, answer = talk.judged(J.ZERO_WINDOW)
    assert [s.frame for s in (closed, probe, answer, update)] == list(range(closed.frame, closed.frame + 4))
    assert talk.stream(talk.client).endswith(b"is there room again?\n")
    assert probe.time - closed.time > 0.1


@needs_lan
def test_a_silent_connection_is_asked_whether_it_is_alive() -> None:
    talk = _talk("keep-alive")
    [question], [answer] = talk.judged(J.KEEP_ALIVE), talk.judged(J.KEEP_ALIVE_ACK)
    before = talk.segments[talk.segments.index(question) - 1]
    assert question.time - before.time > 0.9
    assert question.seq + 1 == answer.ack
    assert talk.teardown.ending is Ending.CLOSED


@needs_lan
def test_a_refused_syn_is_answered_by_a_reset_that_acknowledges_it() -> None:
    syn, reset = _talk("refused").segments
    assert reset.flags == Flag.RST | Flag.ACK
    assert (reset.seq, reset.ack) == (0, (syn.seq + 1) % 2**32)  # RFC 9293, section 3.10.7.1


@needs_lan
@pytest.mark.parametrize(("name", "side"), [("reset-by-linger-0", 0), ("reset-by-unread-data", 1)])
def test_a_reset_ends_both_ends_at_once(name: str, side: int) -> None:
    talk = _talk(name)
    assert (talk.teardown.ending, talk.teardown.first) == (Ending.RESET, talk.endpoints[side])
    assert talk.teardown.reset is talk.segments[-1]
    assert not any(segment.flags & Flag.FIN for segment in talk.segments)
    assert _states(talk)[-1] == ("CLOSED", "CLOSED")


@needs_lan
def test_a_port_that_is_used_again_makes_another_conversation_with_higher_isns() -> None:
    first, second = _capture("port-reuse").conversations
    assert first.endpoints == second.endpoints
    for endpoint in first.endpoints:
        assert 0 < (_isn(second, endpoint) - _isn(first, endpoint)) % 2**32 < 2**31
    assert _states(first)[-1] == _states(second)[-1] == ("CLOSED", "TIME-WAIT")


# ---- the same in every run ----


@needs_lan
@each_scenario
def test_a_scenario_has_the_segments_that_it_names(name: str) -> None:
    assert re.fullmatch(find(name).shape, _shape(_capture(name)))


@needs_lan
@each_scenario
def test_a_scenario_is_the_same_again_on_a_lan_that_has_seen_others(name: str, lans: dict[bool, Lan]) -> None:
    lan = lans[find(name).ipv6]
    for _ in range(RUNS):
        with WireCapture(lan.wire, at=find(name).at) as live:
            play(name, lan)
        assert re.fullmatch(find(name).shape, _shape(live.capture))
        # A machine that is busy may let an ACK come late, and then a repetition is sent some segments later.
        assert _all_data_of_ann(live.capture) == _all_data_of_ann(_capture(name))


@pytest.mark.slow
@needs_lan
@pytest.mark.timeout(120)
@each_scenario
def test_a_scenario_is_the_same_in_many_runs(name: str) -> None:
    for _ in range(SLOW_RUNS):
        capture = played(name)
        assert re.fullmatch(find(name).shape, _shape(capture))
        assert _all_data_of_ann(capture) == _all_data_of_ann(_capture(name))


@needs_lan
def test_the_lan_of_a_scenario_can_be_read_after_it() -> None:
    lan = play("refused")
    assert [str(segment.flags) for segment in capture_of(lan.wire).segments] == ["SYN", "RST,ACK"]


@needs_lan
def test_a_scenario_that_does_not_come_to_its_end_says_so(
    lans: dict[bool, Lan], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatkit.lan.stage.PATIENCE", 0.05)
    wire = lans[False].wire
    rule = wire.add(drop(kind="tcp"))
    with pytest.raises(LanError, match="clean stopped: timed out"):
        play("clean", lans[False])
    wire.remove(rule)


@needs_lan
def test_nothing_is_refused_where_somebody_listens(lans: dict[bool, Lan]) -> None:
    with lans[False][SERVER].listen(PORT), pytest.raises(LanError, match="Somebody listens on port 9000"):
        play("refused", lans[False])


def test_a_scenario_that_is_not_there_is_an_error_that_names_those_that_are() -> None:
    with pytest.raises(MisuseError, match=r"half-open.*half-close"):
        play("half-open")


# ---- tshark's opinion ----

WORDS = {
    "retransmission": J.RETRANSMISSION,
    "fast_retransmission": J.FAST_RETRANSMISSION,
    "out_of_order": J.OUT_OF_ORDER,
    "duplicate_ack": J.DUPLICATE_ACK,
    "lost_segment": J.AFTER_GAP,
    "zero_window": J.ZERO_WINDOW,
    "zero_window_probe": J.ZERO_WINDOW_PROBE,
    "window_update": J.WINDOW_UPDATE,
    "keep_alive": J.KEEP_ALIVE,
    "keep_alive_ack": J.KEEP_ALIVE_ACK,
}
FIELDS = ("frame.number", "tcp.seq", "tcp.ack", "tcp.len", "tcp.flags")

# Where tshark and chatkit differ: (its judgements, ours) of a segment. In a simultaneous open the SYN,ACK has the SYN's
# number, but is no copy of it. Linux probes a closed window with the number before the next one, as it does to keep a
# connection alive (RFC 9293, section 3.8.6.1, leaves it open). And what was seen before is not out of order.
DIFFERENT = {
    "simultaneous-open": [({J.RETRANSMISSION}, set())] * 2,
    "zero-window": [({J.KEEP_ALIVE}, {J.ZERO_WINDOW_PROBE})],
}


@needs_lan
@needs_tshark
@each_scenario
def test_tshark_reads_the_same_numbers_and_calls_the_segments_the_same(name: str, tmp_path: Path) -> None:
    rows = _tshark(_capture(name).save(tmp_path / "scenario.pcap"), [*FIELDS, *(f"tcp.analysis.{w}" for w in WORDS)])
    ours = _readings(_capture(name))
    assert [tuple(int(number, 0) for number in row[:5]) for row in rows] == [reading for reading, _ in ours]
    pairs = [
        (_opinion(row[5:]), set(verdict) & {*WORDS.values()}) for row, (_, verdict) in zip(rows, ours, strict=True)
    ]
    assert [(theirs, own) for theirs, own in pairs if theirs != own] == DIFFERENT.get(name, [])


@needs_lan
@needs_tshark
@each_scenario
def test_tshark_sees_a_port_that_is_used_again_only_where_it_is(name: str, tmp_path: Path) -> None:
    rows = _tshark(_capture(name).save(tmp_path / "scenario.pcap"), ["tcp.stream", "tcp.analysis.reused_ports"])
    assert len({stream for stream, _ in rows}) == len(_capture(name).conversations) == 1 + (name == "port-reuse")
    assert sum(bool(reused) for _, reused in rows) == (name == "port-reuse")


# ---- where there is no LAN ----


@each_scenario
def test_each_scenario_is_recorded_too(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKIT_CAPTURE", "recorded")
    capture = played(name)
    assert "RECORDED" in repr(capture)
    assert "CHATKIT_CAPTURE=recorded" in repr(capture)
    assert re.fullmatch(find(name).shape, _shape(capture))
    assert (FOLDER / f"{name}.pcap").stat().st_size < MOST_BYTES


def test_a_recorded_scenario_says_why_it_was_not_played(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*names: str, **options: object) -> Lan:
        raise LanError("This machine has no namespaces.")

    monkeypatch.setattr("chatkit.lan.scenarios.Lan", refuse)
    assert "no namespaces" in repr(played("clean"))


# ---- helpers ----


def _states(talk: Conversation) -> list[tuple[str, str]]:
    return [(str(states.client), str(states.server)) for states in talk.states]


def _ways(talk: Conversation) -> list[list[str]]:
    """The states that each end goes through."""
    moments = talk.history.moments
    return [list(dict.fromkeys(map(str, end))) for end in ([m.client for m in moments], [m.server for m in moments])]


def _data_sent(talk: Conversation) -> list[int]:
    """The relative sequence numbers of the client's segments with data, in their order."""
    return [talk.relative(s).seq for s in talk.sent_by(talk.client) if s.size]


def _data_of_ann(capture: Capture) -> list[list[int]]:
    return [_data_sent(talk) for talk in capture.conversations]


def _all_data_of_ann(capture: Capture) -> list[set[int]]:
    return [set(data) for data in _data_of_ann(capture)]


def _is_whole(talk: Conversation, count: int) -> None:
    """So many segments, of one letter each, in the order of the alphabet."""
    size = next(s.size for s in talk.segments if s.size)
    assert talk.stream(talk.client) == b"".join(bytes([ord("a") + n % 26]) * size for n in range(count))
    assert talk.teardown.ending is Ending.CLOSED


def _isn(talk: Conversation, endpoint: Endpoint) -> int:
    isn = talk.isn(endpoint)
    assert isn is not None
    return isn


def _shape(capture: Capture) -> str:
    ann = capture.conversations[0].client[0]
    return " ".join(("><"[s.source[0] != ann]) + _kind(s) for s in capture.segments)


def _kind(segment: Segment) -> str:
    if segment.flags & Flag.RST:
        return "RST"
    if segment.flags & (Flag.SYN | Flag.FIN):
        return str(segment.flags).removesuffix(",ACK") if segment.flags & Flag.FIN else str(segment.flags)
    return "data" if segment.size else "ACK"


def _readings(capture: Capture) -> list[tuple[tuple[int, ...], Judgements]]:
    """(frame, relative seq, relative ack, bytes, flags) of each segment, and what it is called."""
    readings = []
    for talk in capture.conversations:
        for s, verdict in zip(talk.segments, talk.judgements, strict=True):
            seq, ack = talk.relative(s)
            readings.append(((s.frame, seq, ack or 0, s.size, int(s.flags)), verdict))
    return sorted(readings, key=lambda reading: reading[0])


def _tshark(path: Path, fields: list[str]) -> list[list[str]]:
    options = [option for field in fields for option in ("-e", field)]
    command = ["tshark", "-r", str(path), "-Y", "tcp", "-T", "fields", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    return [line.split("\t") for line in done.stdout.splitlines()]


def _opinion(marks: list[str]) -> set[Judgement]:
    """A fast retransmission, or one that is out of order, is not called a retransmission as well."""
    opinion = {judgement for judgement, mark in zip(WORDS.values(), marks, strict=True) if mark}
    return opinion - {J.RETRANSMISSION} if opinion & {J.FAST_RETRANSMISSION, J.OUT_OF_ORDER} else opinion
