"""Seq of the SYN, ack of the SYN,ACK, seq of the first data: right on every capture, and each mistake by its name."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.capture.capture import Capture
from chatkit.tcp.segment import Segment
from chatkit.tcp.sequence import add
from chatkit.teach.catalogue import find_question
from chatkit.teach.checker import check
from chatkit.teach.feedback import Verdict
from tests.talks import ACK, FIN, HELLO, PSH, RST, SYN, Ends, caught, caught_twice

SMALL = 100  # an absolute number below may equal the relative number of something else
SYN_SEQ, SYNACK_ACK, DATA_SEQ = "handshake.syn-seq", "handshake.synack-ack", "handshake.first-data-seq"


@dataclass(frozen=True)
class Case:
    """A capture, and what is known about it because it was made so."""

    name: str
    ends: Ends
    capture: Capture
    syn: tuple[int, ...]  # the frames that show each answer
    synack: tuple[int, ...]
    data: tuple[int, ...]
    first_ack: int = 0  # relative ack of the first data: what it acknowledges of the server's

    def answers(self) -> Iterator[tuple[str, int, int, tuple[int, ...]]]:
        """(question, relative number, absolute number, frames)."""
        for id, relative, frames in ((SYN_SEQ, 0, self.syn), (SYNACK_ACK, 1, self.synack), (DATA_SEQ, 1, self.data)):
            yield id, relative, add(self.ends.client_isn, relative), frames

    def mistakes(self) -> Iterator[tuple[str, str, int]]:
        """(question, name of the mistake, absolute number)."""
        client, server = self.ends.client_isn, self.ends.server_isn
        yield SYN_SEQ, "number-after-syn", add(client, 1)
        yield SYN_SEQ, "server-isn", server
        yield SYNACK_ACK, "syn-takes-no-number", client
        yield SYNACK_ACK, "own-isn", server
        yield SYNACK_ACK, "other-direction", add(server, 1)
        yield DATA_SEQ, "syn-takes-no-number", client
        yield DATA_SEQ, "ack-takes-a-number", add(client, 2)
        yield DATA_SEQ, "other-direction", add(server, 1)
        yield DATA_SEQ, "other-direction", add(server, self.first_ack)


def _client_speaks_first(ends: Ends) -> list[Segment]:
    return [*ends.handshake(), ends.up(PSH | ACK, 1, 1, b"GET /\n"), ends.down(ACK, 1, 7)]


def _ack_rides_with_data(ends: Ends) -> list[Segment]:
    return [*ends.handshake()[:2], ends.up(PSH | ACK, 1, 1, b"JOIN ann\n"), ends.down(PSH | ACK, 1, 10, HELLO)]


def _lost_and_sent_again(ends: Ends) -> list[Segment]:
    syn, synack, ack = ends.handshake()
    data = ends.up(PSH | ACK, 1, 1, b"JOIN ann\n")
    return [syn, syn, synack, synack, ack, data, data, ends.down(ACK, 1, 10)]


def _out_of_order(ends: Ends) -> list[Segment]:
    first, second = ends.up(PSH | ACK, 1, 1, b"JOIN"), ends.up(PSH | ACK, 5, 1, b" ann\n")
    again = ends.up(PSH | ACK, 1, 1, b"JOIN ann\n")  # both at once, as a retransmission may
    return [*ends.handshake(), second, first, again, ends.down(ACK, 1, 10)]


def _kept_alive(ends: Ends) -> list[Segment]:
    probe = ends.up(ACK, 0, 1, b"\0")  # a byte that was sent before: the number of the SYN
    return [*ends.handshake(), probe, ends.down(ACK, 1, 1), ends.up(PSH | ACK, 1, 1, b"JOIN ann\n")]


def _with_a_synack_from_the_past(ends: Ends) -> list[Segment]:
    """RFC 9293, Figure 9: an old duplicate arrives; it is answered with RST, and does not count."""
    syn, synack, ack = ends.handshake()
    return [syn, replace(synack, ack=add(synack.ack, 5000)), ends.up(RST, 5001), synack, ack,
            ends.up(PSH | ACK, 1, 1, b"JOIN ann\n")]  # fmt: skip


def _opened_with_data(ends: Ends) -> list[Segment]:
    """RFC 7413: the SYN brings the first byte, the SYN,ACK acknowledges the SYN alone."""
    return [ends.up(SYN, 0, 0, b"JOIN"), ends.down(SYN | ACK, 0, 1), ends.up(PSH | ACK, 1, 1, b"JOIN ann\n")]


V6 = Ends(77_000_000, 4_000_000_000, client=("fd00::1", 51_000), server=("fd00::9", 4040))
GREETED = 1 + len(HELLO)


def _case(name: str, ends: Ends, segments: list[Segment], *frames: tuple[int, ...], first_ack: int = 1) -> Case:
    return Case(name, ends, caught(segments), *frames, first_ack=first_ack)


CASES = [
    _case("greeted", e := Ends(3_477_729_235, 1_950_300_111), e.chat(), (1,), (2,), (6,), first_ack=GREETED),
    _case("wraps", e := Ends(4_294_967_295, 12), e.chat(), (1,), (2,), (6,), first_ack=GREETED),
    _case("server wraps", e := Ends(123_456, 4_294_967_295), e.chat(), (1,), (2,), (6,), first_ack=GREETED),
    _case("ISN 0", e := Ends(0, 900), e.chat(), (1,), (2,), (6,), first_ack=GREETED),
    _case("IPv6", V6, V6.chat(), (1,), (2,), (6,), first_ack=GREETED),
    _case("client speaks first", e := Ends(5_000, 2**31), _client_speaks_first(e), (1,), (2,), (4,)),
    _case("ACK with data", e := Ends(2**31, 5_000), _ack_rides_with_data(e), (1,), (2,), (3,)),
    _case("sent again", e := Ends(2**32 - 2, 2**31 - 1), _lost_and_sent_again(e), (1, 2), (3, 4), (6, 7)),
    _case("out of order", e := Ends(10**9, 10**6), _out_of_order(e), (1,), (2,), (5, 6)),
    _case("kept alive", e := Ends(11, 2_000_000), _kept_alive(e), (1,), (2,), (6,)),
    _case("old SYN,ACK", e := Ends(100_000, 300_000), _with_a_synack_from_the_past(e), (1,), (4,), (6,)),
    _case("SYN with data", e := Ends(600_000, 50_000), _opened_with_data(e), (1,), (2,), (1, 3)),
    Case("twice", e := Ends(42_000_000, 43_000_000), caught_twice(e.chat()), (1, 2), (3, 4), (11, 12), GREETED),
]
ALL = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@ALL
def test_the_right_answer_is_right_in_both_ways_and_with_every_frame_that_shows_it(case: Case) -> None:
    for id, relative, absolute, frames in case.answers():
        for frame in frames:
            assert check(id, case.capture, absolute, frame).verdict is Verdict.RIGHT, (id, frame)
            assert check(id, case.capture, relative, frame).verdict is Verdict.RIGHT, (id, frame)


@ALL
def test_no_other_frame_is_taken_for_evidence(case: Case) -> None:
    for id, _, absolute, frames in case.answers():
        for frame in {f.number for f in case.capture.frames} - set(frames):
            feedback = check(id, case.capture, absolute, frame)
            assert (feedback.verdict, feedback.named and feedback.named.id) == (Verdict.ALMOST, "other-frame"), frame


@ALL
def test_each_mistake_is_called_by_its_name(case: Case) -> None:
    right = {id: (relative, absolute) for id, relative, absolute, _ in case.answers()}
    talk = case.capture.conversations[0]
    for id, name, number in case.mistakes():
        feedback = check(id, case.capture, number)
        if number in right[id]:
            assert feedback.verdict is Verdict.MISSING, f"{number} is right: only the frame is missing"
        elif number >= SMALL or feedback.named:
            assert (feedback.verdict, feedback.named and feedback.named.id) == (Verdict.ALMOST, name), (id, number)
        else:
            assert feedback.verdict is Verdict.NOT_YET and len(find_question(id).suspects(talk, number)) > 1


@ALL
def test_a_mistake_is_shown_in_a_segment_of_the_conversation(case: Case) -> None:
    frames = {segment.frame for segment in case.capture.conversations[0].segments}
    for id, _, number in case.mistakes():
        feedback = check(id, case.capture, number)
        assert (feedback.look in frames) == (feedback.verdict is Verdict.ALMOST)


@ALL
def test_a_relative_number_is_right_and_named(case: Case) -> None:
    for id, relative, absolute, frames in case.answers():
        if absolute != relative:
            feedback = check(id, case.capture, relative, frames[0])
            assert feedback.named and feedback.named.id == "relative-as-absolute"
            assert f"The header has {absolute}." in " ".join(feedback.sentences)


@ALL
def test_an_absolute_number_is_said_to_be_one(case: Case) -> None:
    for id, relative, absolute, frames in case.answers():
        feedback = check(id, case.capture, absolute, frames[0])
        assert feedback.named is None
        if absolute != relative:
            assert f"absolute number, as the header has it; the relative one is {relative}" in repr(feedback)


@ALL
def test_relative_0_for_the_first_data_is_the_syn_that_takes_no_number(case: Case) -> None:
    feedback = check(DATA_SEQ, case.capture, 0)
    if max(case.ends.client_isn, case.ends.server_isn) < 2**32 - SMALL:  # else 0 may be an absolute number, too
        assert feedback.named and feedback.named.id == "syn-takes-no-number"


def test_relative_0_for_the_ack_of_the_synack_may_be_two_mistakes_so_neither_is_named() -> None:
    feedback = check(SYNACK_ACK, CASES[0].capture, 0, 2)
    assert (feedback.verdict, feedback.named) == (Verdict.NOT_YET, None)
    assert "Give the absolute number" in repr(feedback)


def test_equal_isns_make_two_mistakes_one_number_so_neither_is_named() -> None:
    feedback = check(SYNACK_ACK, caught(Ends(5_000, 5_000).chat()), 5_000, 2)
    assert (feedback.verdict, feedback.named) == (Verdict.NOT_YET, None)
    assert "Another one, with other numbers, tells which" in repr(feedback)


def test_a_number_that_is_one_mistake_absolute_and_another_relative_takes_another_conversation() -> None:
    feedback = check(DATA_SEQ, caught(Ends(5_000, 2**32 - 1).chat()), 0, 6)
    assert (feedback.verdict, feedback.named) == (Verdict.NOT_YET, None)
    assert "Another one, with other numbers, tells which" in repr(feedback)


def test_a_right_answer_stays_right_where_a_mistake_gives_the_same_number() -> None:
    assert check(SYNACK_ACK, caught(Ends(5_000, 5_000).chat()), 5_001, 2).verdict is Verdict.RIGHT


NUMBER = st.one_of(st.integers(0, 2**32 - 1), st.integers(0, 3), st.integers(2**32 - 3, 2**32 - 1))
SHAPES = (Ends.chat, _client_speaks_first, _ack_rides_with_data, _lost_and_sent_again, _out_of_order, _kept_alive)


@given(client=NUMBER, server=NUMBER, shape=st.sampled_from(SHAPES), twice=st.booleans())
def test_no_right_answer_is_ever_called_wrong(client: int, server: int, shape: object, twice: bool) -> None:
    ends = Ends(client, server)
    segments = shape(ends)  # type: ignore[operator]
    capture = caught_twice(segments) if twice else caught(segments)
    for id, steps in ((SYN_SEQ, 0), (SYNACK_ACK, 1), (DATA_SEQ, 1)):
        for value in (add(client, steps), steps):
            asked = check(id, capture, value)
            assert (asked.verdict, "is right" in asked.sentences[0]) == (Verdict.MISSING, True)
            assert any(check(id, capture, str(value), f.number).verdict is Verdict.RIGHT for f in capture.frames)


@given(client=NUMBER, server=NUMBER, value=NUMBER, shape=st.sampled_from(SHAPES))
def test_no_wrong_answer_is_ever_called_right(client: int, server: int, value: int, shape: object) -> None:
    capture = caught(shape(Ends(client, server)))  # type: ignore[operator]
    for id, steps in ((SYN_SEQ, 0), (SYNACK_ACK, 1), (DATA_SEQ, 1)):
        if value not in (add(client, steps), steps):
            verdicts = {check(id, capture, value, frame.number).verdict for frame in capture.frames}
            assert verdicts <= {Verdict.ALMOST, Verdict.NOT_YET}


# ---- captures on which nobody can be judged ----

E = Ends(3_000_000, 9_000_000)
FULL = E.chat()
DEAD = [E.up(SYN, 0), E.down(RST | ACK, 0, 1)]
UNANSWERED = [E.up(SYN, 0), E.up(SYN, 0)]
UNFIT = {
    "empty": ([], "It is empty", "Start capturing, then connect"),
    "no SYN": (FULL[1:], "It has no SYN", "Start capturing before you connect"),
    "midstream": (FULL[3:], "It has no SYN", "Start capturing before you connect"),
    "no SYN,ACK": ([FULL[0], *FULL[2:]], "It has no SYN,ACK", "Capture once more"),
    "server's side only": ([s for s in FULL if s.source == E.server], "one direction only", "filter by the port alone"),
    "client's side only": ([s for s in FULL if s.source == E.client], "one direction only", "filter by the port alone"),
    "refused": (DEAD, "nobody listened at 10.0.0.9:9898", "Start the server"),
    "unanswered": (UNANSWERED, "The SYN was not answered", "See that the server runs"),
}
UNFIT_FOR_DATA = {
    "nothing said": ([*FULL[:5], E.up(FIN | ACK, 1, GREETED)], "The client sends no data", "Say something"),
    "first bytes missing": (
        [*FULL[:5], E.up(PSH | ACK, 6, GREETED, b"ann\n")],
        "The first bytes of the client are missing",
        "Capture once more",
    ),
}


@pytest.mark.parametrize("id", [SYN_SEQ, SYNACK_ACK, DATA_SEQ])
@pytest.mark.parametrize(("segments", "seen", "redo"), UNFIT.values(), ids=UNFIT)
def test_an_unfit_capture_is_called_unfit_and_what_to_redo_is_said(
    id: str, segments: list[Segment], seen: str, redo: str
) -> None:
    feedback = check(id, caught(segments), 3_000_001, 2)
    assert feedback.verdict is Verdict.UNFIT
    assert seen in repr(feedback) and redo in repr(feedback)


@pytest.mark.parametrize(("segments", "seen", "redo"), UNFIT_FOR_DATA.values(), ids=UNFIT_FOR_DATA)
def test_a_capture_is_unfit_only_for_the_questions_that_need_what_is_missing(
    segments: list[Segment], seen: str, redo: str
) -> None:
    feedback = check(DATA_SEQ, caught(segments), 3_000_001, 6)
    assert feedback.verdict is Verdict.UNFIT
    assert seen in repr(feedback) and redo in repr(feedback)
    assert check(SYNACK_ACK, caught(segments), 3_000_001, 2).verdict is Verdict.RIGHT
