"""RFC 9293's Figure 5 with both ends in it: the arcs are those of the table, and the ends are where they are."""

from itertools import pairwise
from xml.etree import ElementTree

import pytest
from ipywidgets import Button, IntSlider, Play

from chatkit.capture.recorded import recorded
from chatkit.errors import MisuseError
from chatkit.faces.wire.figure_5 import RESETS, SYN_ACK, UNSEEN, WORDS, arcs, path
from chatkit.faces.wire.state_figure import CLOSED_AGAIN, PLACES, ROUTES
from chatkit.faces.wire.state_machine import Station, TcpStateMachine
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.states import FIGURE_5, Event, State

SVG = "{http://www.w3.org/2000/svg}"
S, E = State, Event
NAMES = ["clean", "simultaneous-open", "simultaneous-close", "half-close", "refused", "reset-by-linger-0", "syn-lost"]


def _talk(name: str) -> Conversation:
    return recorded(name).conversations[0]


def _machine(name: str) -> TcpStateMachine:
    return TcpStateMachine(_talk(name))


def _drawn(station: Station) -> ElementTree.Element:
    return ElementTree.fromstring(station.svg())


def _texts(station: Station) -> list[str]:
    return ["".join(text.itertext()) for text in _drawn(station).iter(f"{SVG}text")]


def _bold(station: Station) -> list[str]:
    """The words of the arcs that are bold, with the marks of who took them."""
    drawn = _drawn(station).iter(f"{SVG}text")
    return ["".join(text.itertext()) for text in drawn if text.get("font-size") == "15" and text.get("font-weight")]


# ---- the figure ----


def test_every_change_of_state_in_the_table_is_an_arc_or_a_reset() -> None:
    for (state, event), end in FIGURE_5.items():
        if state is not end:
            is_reset = WORDS[event] in RESETS and end is S.CLOSED
            assert is_reset or WORDS[event] in arcs()[state, end]


def test_there_are_as_many_arcs_as_the_rfc_has_in_its_figure() -> None:
    assert len(arcs() | UNSEEN) == 20
    assert not arcs().keys() & UNSEEN.keys()


def test_every_arc_and_every_state_has_its_place() -> None:
    assert ROUTES.keys() == arcs().keys() | UNSEEN.keys()
    assert PLACES.keys() == set(State)
    assert len({*PLACES.values(), CLOSED_AGAIN}) == 12


@pytest.mark.parametrize(
    ("state", "events", "expected"),
    [
        (S.CLOSED, (E.SENDS_SYN,), ["CLOSED → SYN-SENT by snd SYN"]),
        (S.SYN_SENT, SYN_ACK, ["SYN-SENT → ESTABLISHED by rcv SYN,ACK"]),
        (
            S.FIN_WAIT_1,  # RFC 9293, figure 5, note 2
            (E.HEARS_ACK_OF_FIN, E.HEARS_FIN),
            ["FIN-WAIT-1 → FIN-WAIT-2 by rcv ACK of FIN", "FIN-WAIT-2 → TIME-WAIT by rcv FIN"],
        ),
        (S.SYN_RECEIVED, (E.HEARS_RST_PASSIVE,), ["SYN-RECEIVED → LISTEN by rcv RST"]),
        (S.ESTABLISHED, (E.SENDS_DATA,), []),
        (S.LISTEN, (E.HEARS_ACK_OF_FIN,), []),
    ],
)
def test_events_lead_along_the_arcs(state: State, events: tuple[Event, ...], expected: list[str]) -> None:
    assert [str(arc) for arc in path(state, events)] == expected


# ---- a conversation in it ----


@pytest.mark.parametrize("name", NAMES)
def test_the_ends_are_where_the_conversation_says(name: str) -> None:
    talk = _talk(name)
    stations = TcpStateMachine(talk).stations
    assert [station.states for station in stations[1:]] == [(m.client, m.server) for m in talk.history.moments]


@pytest.mark.parametrize("name", NAMES)
def test_every_change_is_explained_by_arcs_that_fit_together(name: str) -> None:
    stations = _machine(name).stations
    for before, after in pairwise(stations):
        for old, new in zip(before.ends, after.ends, strict=True):
            if old.state.known and new.state.known and old.state != new.state:
                assert (new.path[0].start, new.path[-1].end) == (old.state.known, new.state.known)
            else:
                assert new.path == ()


def test_a_handshake_takes_the_arcs_of_the_figure() -> None:
    first, second, third = _machine("clean").stations[1:4]
    assert _bold(first) == ["● snd SYN", "◆ rcv SYN"]
    assert _bold(second) == ["● rcv SYN,ACK"]
    assert _bold(third) == ["◆ rcv ACK of SYN"]


def test_two_ends_in_one_state_are_both_named_in_its_box() -> None:
    station = _machine("simultaneous-close").stations[-1]
    assert [end.state.known for end in station.ends] == [S.TIME_WAIT, S.TIME_WAIT]
    assert {"● client", "◆ server"} <= set(_texts(station))


def test_a_reset_comes_from_every_state() -> None:
    assert _bold(_machine("reset-by-linger-0").stations[-1]) == ["● ◆ from every state: snd RST, rcv RST"]


def test_who_was_open_ends_in_the_lower_closed() -> None:
    stations = _machine("clean").stations
    assert (stations[0].ends[0].was_open, stations[-1].ends[1].was_open) == (False, True)


def test_a_state_that_the_capture_leaves_open_has_a_question_mark_at_all_that_it_may_be() -> None:
    talk = Conversation(_talk("clean").segments[5:6])
    shown = _texts(TcpStateMachine(talk).stations[0])
    assert "● client: state not known" in shown
    assert shown.count("● client?") > 1


def test_a_frame_is_found_by_its_number() -> None:
    machine = _machine("clean")
    assert "client SYN-SENT" not in machine.at(4).text()
    assert "● client: ESTABLISHED (SYN-SENT → ESTABLISHED by rcv SYN,ACK)" in machine.at(4).text()
    with pytest.raises(MisuseError, match="frame 99"):
        machine.at(99)


# ---- words ----


def test_the_words_tell_every_change_and_nothing_else() -> None:
    lines = _machine("clean").text().splitlines()
    assert [line.split(".")[0].strip() for line in lines] == ["0", "1", "2", "3", "8", "9", "10", "11"]
    assert lines[-1].endswith("server CLOSED (LAST-ACK → CLOSED by rcv ACK of FIN)")


def test_the_picture_says_the_same_in_words_and_what_evidence_it_is() -> None:
    station = _machine("clean").at(4)
    described = _drawn(station).findtext(f"{SVG}desc") or ""
    assert described == station.text()
    assert "(RECORDED, not caught here: clean, which chatkit brings)" in _texts(station)


def test_names_are_escaped() -> None:
    talk = _talk("clean")
    station = TcpStateMachine(talk, {talk.client: "<b>&"}).stations[1]
    assert "● <b>&" in _texts(station)
    assert "<b>" not in station._repr_html_()


def test_without_a_conversation_it_is_the_figure_alone() -> None:
    machine = TcpStateMachine()
    assert not any("●" in text for text in _texts(machine.now))
    assert machine._repr_mimebundle_() == {}
    assert "RFC 9293, Figure 5" in machine._repr_html_()


# ---- the widget ----


def _button(machine: TcpStateMachine, words: str) -> Button:
    controls, *_ = machine.box.children
    return next(part for part in controls.children if isinstance(part, Button) and words in part.description)


def test_the_buttons_step_and_stop_at_both_ends() -> None:
    machine = _machine("clean")
    _button(machine, "Back").click()
    assert machine.now is machine.stations[0]
    for _ in range(50):
        _button(machine, "Next").click()
    assert machine.now is machine.stations[-1]


def test_what_is_shown_follows_the_slider() -> None:
    machine = _machine("clean")
    controls, words, picture, _ = machine.box.children
    slider = next(part for part in controls.children if isinstance(part, IntSlider))
    slider.value = 2
    assert "Frame 4" in words.value
    assert "rcv SYN,ACK" in words.value
    assert machine.stations[2].svg() in picture.value
    machine.go_to(13)
    assert slider.value == 11
    assert "Frame 13" in words.value


def test_what_was_stepped_to_before_it_is_shown_is_where_the_player_begins() -> None:
    machine = _machine("clean")
    machine.step(8)
    play = next(part for part in machine.box.children[0].children if isinstance(part, Play))
    assert play.value == 8
    play.value = 9
    assert machine.now is machine.stations[9]
