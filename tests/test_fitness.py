"""A capture is judged before anybody who reads it: each fault is seen in captures that have it, and in no others."""

from dataclasses import replace

import pytest

from chatkit.capture.capture import Capture
from chatkit.capture.fitness import Kind, faults, fitness
from chatkit.capture.recorded import recorded
from tests.figures import ENDS
from tests.talks import ACK, FIN, PSH, RST, SYN, Ends, caught, caught_twice

CHAT = ENDS.chat()
OTHER = Ends(77, 88, ("192.0.2.7", 40000), ("192.0.2.8", 9898))
LONG = [*OTHER.handshake(), OTHER.up(PSH | ACK, 1, 1, bytes(3000)), OTHER.up(FIN | ACK, 3001, 1)]


def _cut(capture: Capture, to: int) -> Capture:
    frames = tuple(replace(f, data=f.data[:to], wire_length=len(f.data)) for f in capture.frames)
    return replace(capture, frames=frames)


def _only(capture: Capture, *numbers: int) -> Capture:
    return replace(capture, frames=tuple(capture.frames[number - 1] for number in numbers))


UNFIT = {
    Kind.EMPTY: [caught([]), replace(recorded("clean"), frames=())],
    Kind.NO_TCP: [recorded("eve-on-switch"), _only(recorded("clean"), 1)],
    Kind.HEADERS_CUT: [_cut(caught(CHAT), 40), _cut(recorded("ipv6"), 60)],
    Kind.MIDSTREAM: [caught(CHAT[1:]), caught(CHAT[3:])],
    Kind.ONE_WAY: [caught(CHAT[3:4]), caught([s for s in CHAT[3:] if s.source == ENDS.client])],
    Kind.UNANSWERED: [caught(CHAT[:1]), caught([ENDS.up(SYN, 0), ENDS.up(SYN, 0)])],
    Kind.REFUSED: [recorded("refused"), caught([ENDS.up(SYN, 0), ENDS.down(RST | ACK, 0, 1)])],
    Kind.PAYLOAD_CUT: [_cut(caught(CHAT), 60), _cut(recorded("clean"), 70)],
    Kind.GAPS: [caught([*CHAT[:3], *CHAT[4:]]), caught([*ENDS.handshake(), ENDS.up(PSH | ACK, 9, 1, b"late")])],
}
NOTICED = {
    Kind.SEVERAL: [recorded("first-words"), caught([*CHAT, *OTHER.chat()])],
    Kind.UNFINISHED: [caught(CHAT[:7]), caught([*ENDS.handshake(), ENDS.up(FIN | ACK, 1, 1), ENDS.down(ACK, 1, 2)])],
    Kind.DROPPED: [replace(caught(CHAT), dropped=1), replace(recorded("clean"), dropped=12)],
    Kind.DOUBLED: [caught_twice(CHAT), caught_twice(OTHER.chat())],
    Kind.OFFLOADED: [caught(LONG), caught([*LONG[:3], OTHER.down(PSH | ACK, 1, 1, bytes(1500)), LONG[3]])],
}


@pytest.mark.parametrize("kind", UNFIT)
def test_each_fault_makes_a_capture_unfit_and_says_what_to_do(kind: Kind) -> None:
    for capture in UNFIT[kind]:
        judged = fitness(capture)
        assert kind in [fault.kind for fault in judged.faults], capture
        assert not judged
        assert str(judged).startswith("Not fit")
        assert all(fault.seen.endswith(".") and fault.redo.endswith(".") for fault in judged.faults)


@pytest.mark.parametrize("kind", NOTICED)
def test_what_is_only_odd_is_noted_and_the_capture_is_fit(kind: Kind) -> None:
    for capture in NOTICED[kind]:
        judged = fitness(capture)
        assert kind in [notice.kind for notice in judged.notices], capture
        assert judged.is_fit, capture


GOOD = (
    "clean",
    "half-close",
    "ipv6",
    "five-percent-loss",
    "reordering",
    "zero-window",
    "simultaneous-open",
    "syn-lost",
)


@pytest.mark.parametrize("name", GOOD)
def test_nothing_is_wrong_with_a_good_capture(name: str) -> None:
    assert fitness(recorded(name)).kinds == frozenset()
    assert str(recorded(name).fitness) == "Fit: answers can be judged on it."


def test_a_port_with_nothing_on_it_is_said_with_those_that_have_something() -> None:
    [fault] = fitness(caught(CHAT), port=80).faults
    assert (fault.kind, fault.seen) == (Kind.ELSEWHERE, "It has nothing on port 80, only on 9898.")
    assert fitness(caught(CHAT), port=9898)


def test_a_capture_is_fit_if_one_of_its_conversations_is() -> None:
    both = caught([*OTHER.chat()[3:], *CHAT])
    assert both.fitness.is_fit
    assert [bool(faults(talk)) for talk in both.conversations] == [True, False]


def test_the_frames_that_were_cut_are_named() -> None:
    [fault] = [f for f in fitness(_cut(caught(CHAT), 60)).faults if f.kind is Kind.PAYLOAD_CUT]
    assert fault.frames == (4, 6)


def test_the_verdict_is_escaped_in_a_notebook() -> None:
    assert "&gt;" in recorded("first-words").fitness._repr_html_()
