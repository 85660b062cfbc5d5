"""The table of states, and both ends followed through it."""

import re
from dataclasses import replace

import pytest

from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import Segment
from chatkit.tcp.sequence import add
from chatkit.tcp.states import FIGURE_5, Event, Possible, State
from tests.figures import ENDS, FIGURE_6, FIGURE_7, FIGURE_12, FIGURE_13, numbered
from tests.talks import ACK, FIN, PSH, RST, SYN, Ends

# RFC 9293, Figure 5: the arcs that a segment causes. "rcv SYN,ACK" and "rcv FIN,ACK of FIN" are two events in a row.
ARCS = """
    CLOSED        SENDS_SYN         SYN-SENT
    LISTEN        HEARS_SYN         SYN-RECEIVED
    LISTEN        SENDS_SYN         SYN-SENT
    SYN-SENT      HEARS_SYN         SYN-RECEIVED
    SYN-RECEIVED  HEARS_ACK_OF_SYN  ESTABLISHED
    SYN-RECEIVED  HEARS_RST_PASSIVE LISTEN
    SYN-RECEIVED  SENDS_FIN         FIN-WAIT-1
    ESTABLISHED   SENDS_FIN         FIN-WAIT-1
    ESTABLISHED   HEARS_FIN         CLOSE-WAIT
    FIN-WAIT-1    HEARS_ACK_OF_FIN  FIN-WAIT-2
    FIN-WAIT-1    HEARS_FIN         CLOSING
    FIN-WAIT-2    HEARS_FIN         TIME-WAIT
    CLOSING       HEARS_ACK_OF_FIN  TIME-WAIT
    CLOSE-WAIT    SENDS_FIN         LAST-ACK
    LAST-ACK      HEARS_ACK_OF_FIN  CLOSED
"""


@pytest.mark.parametrize("arc", [line.split() for line in ARCS.strip().splitlines()])
def test_the_table_has_every_arc_of_figure_5(arc: list[str]) -> None:
    before, event, after = arc
    assert FIGURE_5[State(before), Event[event]] is State(after)


def test_the_table_has_no_arc_by_syn_or_fin_that_figure_5_has_not() -> None:
    arcs = {(before.value, event.name, after.value) for (before, event), after in FIGURE_5.items() if before != after}
    others = {arc for arc in arcs if "RST" not in arc[1]}
    assert others == {tuple(line.split()) for line in ARCS.strip().splitlines() if "RST" not in line}


def _story(segments: list[Segment]) -> list[str]:
    """The states before the first segment and after each."""
    talk = Conversation(tuple(segments))
    history = talk.history
    return [
        f"{history.client_before} {history.server_before}",
        *(f"{client} {server}" for client, server in talk.states),
    ]


def _chat(*more: Segment) -> list[Segment]:
    return numbered([*ENDS.handshake(), *more])


OPENED = ["CLOSED LISTEN", "SYN-SENT SYN-RECEIVED", "ESTABLISHED SYN-RECEIVED", "ESTABLISHED ESTABLISHED"]
SAME = "ESTABLISHED ESTABLISHED"
SYN_ACK, FIN_ACK = SYN | ACK, FIN | ACK
NOBODY = Ends(100, 0, ENDS.client, ENDS.server)  # a reset from nowhere has the number 0 (RFC 9293, section 3.5.2)

STORIES = {
    "the handshake of Figure 6": (FIGURE_6, [*OPENED, SAME]),
    "the simultaneous open of Figure 7": (
        FIGURE_7,
        ["CLOSED CLOSED", "SYN-SENT CLOSED", "SYN-RECEIVED SYN-RECEIVED", "SYN-RECEIVED SYN-RECEIVED", SAME],
    ),
    "the close of Figure 12": (
        FIGURE_12,
        [SAME, "FIN-WAIT-1 CLOSE-WAIT", "FIN-WAIT-2 CLOSE-WAIT", "TIME-WAIT LAST-ACK", "TIME-WAIT CLOSED"],
    ),
    "the simultaneous close of Figure 13": (
        FIGURE_13,
        [SAME, "FIN-WAIT-1 ESTABLISHED", "CLOSING CLOSING", "CLOSING CLOSING", "TIME-WAIT TIME-WAIT"],
    ),
    "a close in three segments": (
        _chat(ENDS.up(FIN_ACK, 1, 1), ENDS.down(FIN_ACK, 1, 2), ENDS.up(ACK, 2, 2)),
        [*OPENED, "FIN-WAIT-1 CLOSE-WAIT", "TIME-WAIT LAST-ACK", "TIME-WAIT CLOSED"],
    ),
    "the server closes first, so TIME-WAIT is its own": (
        _chat(ENDS.down(FIN_ACK, 1, 1), ENDS.up(FIN_ACK, 1, 2), ENDS.down(ACK, 2, 2)),
        [*OPENED, "CLOSE-WAIT FIN-WAIT-1", "LAST-ACK TIME-WAIT", "CLOSED TIME-WAIT"],
    ),
    "a half-close: the server goes on": (
        _chat(ENDS.up(FIN_ACK, 1, 1), ENDS.down(ACK, 1, 2), ENDS.down(PSH | ACK, 1, 2, b"bye"), ENDS.up(ACK, 2, 4)),
        [*OPENED, "FIN-WAIT-1 CLOSE-WAIT", *["FIN-WAIT-2 CLOSE-WAIT"] * 3],
    ),
    "a port where nobody listens": (
        numbered([ENDS.up(SYN, 0), NOBODY.down(RST | ACK, 0, 1)]),
        ["CLOSED CLOSED", "SYN-SENT CLOSED", "CLOSED CLOSED"],
    ),
    "nobody answers": (
        numbered([ENDS.up(SYN, 0), ENDS.up(SYN, 0)]),
        ["CLOSED ?", "SYN-SENT ?", "SYN-SENT ?"],
    ),
    "the first SYN is lost": (
        numbered([ENDS.up(SYN, 0), *ENDS.handshake()]),
        ["CLOSED LISTEN", "SYN-SENT LISTEN", *OPENED[1:]],
    ),
    "the first SYN,ACK is lost": (
        numbered([ENDS.up(SYN, 0), ENDS.down(SYN_ACK, 0, 1), ENDS.down(SYN_ACK, 0, 1), ENDS.up(ACK, 1, 1)]),
        ["CLOSED LISTEN", "SYN-SENT SYN-RECEIVED", "SYN-SENT SYN-RECEIVED", *OPENED[2:]],
    ),
    "the ACK of the handshake is lost, and the data behind it does its work": (
        numbered([*ENDS.handshake(), ENDS.down(SYN_ACK, 0, 1), ENDS.up(PSH | ACK, 1, 1, b"x")]),
        [*OPENED[:3], *["ESTABLISHED SYN-RECEIVED"] * 2, SAME],
    ),
    "a reset after data": (
        _chat(ENDS.up(PSH | ACK, 1, 1, b"x"), ENDS.down(RST | ACK, 1, 2)),
        [*OPENED, SAME, "CLOSED CLOSED"],
    ),
    "a reset while the other end is sending": (
        _chat(ENDS.down(RST | ACK, 1, 1), ENDS.up(PSH | ACK, 1, 1, b"x")),
        [*OPENED, "ESTABLISHED CLOSED", "CLOSED CLOSED"],
    ),
    "a forged reset: both ends go on": (
        _chat(ENDS.down(RST, 9), ENDS.up(PSH | ACK, 1, 1, b"x"), ENDS.down(ACK, 1, 2)),
        [*OPENED, SAME, SAME, SAME],
    ),
    "a reset instead of the handshake's ACK takes a passive end back to LISTEN": (
        numbered([ENDS.up(SYN, 0), ENDS.down(SYN_ACK, 0, 1), ENDS.up(RST, 1)]),
        [*OPENED[:3], "CLOSED LISTEN"],
    ),
    "data comes with the SYN, and is taken": (
        numbered([ENDS.up(SYN, 0, 0, b"hello"), ENDS.down(SYN_ACK, 0, 6), ENDS.down(PSH | ACK, 1, 6, b"hi"),
                  ENDS.up(ACK, 6, 3)]),
        [*OPENED[:3], "ESTABLISHED SYN-RECEIVED", SAME],
    ),
    "data comes with the SYN, and has to be sent again": (
        numbered([ENDS.up(SYN, 0, 0, b"hello"), ENDS.down(SYN_ACK, 0, 1), ENDS.up(PSH | ACK, 1, 1, b"hello")]),
        OPENED,
    ),
    "a simultaneous open in which a SYN,ACK is lost": (
        numbered([ENDS.up(SYN, 0), ENDS.down(SYN, 0), ENDS.up(SYN_ACK, 0, 1), ENDS.up(SYN_ACK, 0, 1),
                  ENDS.down(SYN_ACK, 0, 1)]),
        ["CLOSED CLOSED", "SYN-SENT CLOSED", *["SYN-RECEIVED SYN-RECEIVED"] * 3, SAME],
    ),
    "both FINs cross, and one end sends its own again": (
        _chat(ENDS.up(FIN_ACK, 1, 1), ENDS.down(FIN_ACK, 1, 1), ENDS.up(FIN_ACK, 1, 2), ENDS.down(ACK, 2, 2)),
        [*OPENED, "FIN-WAIT-1 ESTABLISHED", "CLOSING FIN-WAIT-1", "CLOSING TIME-WAIT", "TIME-WAIT TIME-WAIT"],
    ),
    "a FIN whose data alone is acknowledged has not been heard": (
        _chat(ENDS.up(FIN_ACK, 1, 1, b"bye"), ENDS.down(ACK, 1, 4), ENDS.down(ACK, 1, 5)),
        [*OPENED, "FIN-WAIT-1 ESTABLISHED", "FIN-WAIT-1 CLOSE-WAIT", "FIN-WAIT-2 CLOSE-WAIT"],
    ),
    "a refused SYN that is sent again, as some systems do": (
        numbered([ENDS.up(SYN, 0), NOBODY.down(RST | ACK, 0, 1)] * 2),
        ["CLOSED CLOSED", *["SYN-SENT CLOSED", "CLOSED CLOSED"] * 2],
    ),
    "a reset that was forged before the SYN,ACK comes": (
        numbered([ENDS.up(SYN, 0), ENDS.down(RST | ACK, 77, 1), *ENDS.handshake()[1:]]),
        ["CLOSED LISTEN", *["SYN-SENT SYN-RECEIVED"] * 2, *OPENED[2:]],
    ),
    "an answer to an old SYN is refused, as in Figure 8": (
        numbered([ENDS.up(SYN, 0), ENDS.down(SYN_ACK, 0, -9), ENDS.up(RST, -9), ENDS.down(SYN_ACK, 50, 1),
                  ENDS.up(ACK, 1, 51)]),
        ["CLOSED SYN-RECEIVED", *["SYN-SENT SYN-RECEIVED"] * 3, *OPENED[2:]],
    ),
    "a half-open connection is found by a SYN, as in Figure 9": (
        numbered([ENDS.up(SYN, 0), ENDS.down(ACK, 500, 600), ENDS.up(RST, 600), *ENDS.handshake()]),
        ["CLOSED LISTEN", *["SYN-SENT SYN-RECEIVED"] * 4, *OPENED[2:]],
    ),
    "a half-open connection is found by data: who resets it knows nothing of it": (
        numbered([ENDS.up(PSH | ACK, 50, 60, b"x"), ENDS.down(RST, 60)]),
        ["? CLOSED", "? CLOSED", "CLOSED CLOSED"],
    ),
    "a capture that begins with a reset does not tell what was before": (
        numbered([ENDS.up(RST | ACK, 50, 60)]),
        ["? ?", "CLOSED CLOSED"],
    ),
    "the last ACK is lost, so the FIN comes again": (
        _chat(ENDS.up(FIN_ACK, 1, 1), ENDS.down(FIN_ACK, 1, 2), ENDS.up(ACK, 2, 2), ENDS.down(FIN_ACK, 1, 2),
              ENDS.up(ACK, 2, 2)),
        [*OPENED, "FIN-WAIT-1 CLOSE-WAIT", *["TIME-WAIT LAST-ACK"] * 3, "TIME-WAIT CLOSED"],
    ),
    "a capture that begins when both are talking": (
        numbered([ENDS.up(PSH | ACK, 1, 1, b"ping"), ENDS.down(PSH | ACK, 1, 5, b"pong")]),
        [SAME, SAME, SAME],
    ),
    "a capture that begins with ACKs tells nothing": (
        numbered([ENDS.up(ACK, 1, 1), ENDS.down(ACK, 1, 1)]),
        ["? ?", "? ?", "? ?"],
    ),
    "a capture that begins with the SYN,ACK": (
        numbered(ENDS.handshake()[1:]),
        ["SYN-SENT SYN-RECEIVED", *OPENED[2:]],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STORIES)
def test_both_ends_are_followed_through(name: str) -> None:
    segments, story = STORIES[name]
    assert _story(segments) == story


@pytest.mark.parametrize("name", STORIES)
def test_a_story_is_the_same_where_the_numbers_begin_again(name: str) -> None:
    segments, story = STORIES[name]
    for start in (2, 50, 101, 103, 301, 303):
        shifted = [
            replace(s, seq=add(s.seq, -start), ack=add(s.ack, -start) if ACK in s.flags else 0) for s in segments
        ]
        assert _story(shifted) == story


RESET_IN = {  # what the client has done, and what state the server is in when it resets
    "SYN-RECEIVED": [ENDS.up(SYN, 0), ENDS.down(SYN_ACK, 0, 1)],
    "ESTABLISHED": ENDS.handshake(),
    "FIN-WAIT-1": [*ENDS.handshake(), ENDS.up(PSH | ACK, 1, 1, b"x"), ENDS.down(FIN_ACK, 1, 1), ENDS.up(ACK, 2, 1)],
    "FIN-WAIT-2": [*ENDS.handshake(), ENDS.down(FIN_ACK, 1, 1), ENDS.up(ACK, 1, 2)],
    "CLOSE-WAIT": [*ENDS.handshake(), ENDS.up(FIN_ACK, 1, 1), ENDS.down(ACK, 1, 2)],
    "CLOSING": [*ENDS.handshake(), ENDS.up(FIN_ACK, 1, 1), ENDS.down(FIN_ACK, 1, 1), ENDS.down(ACK, 2, 2)],
    "LAST-ACK": [*ENDS.handshake(), ENDS.up(FIN_ACK, 1, 1), ENDS.down(FIN_ACK, 1, 2)],
    "TIME-WAIT": [*ENDS.handshake(), ENDS.down(FIN_ACK, 1, 1), ENDS.up(FIN_ACK, 1, 2), ENDS.down(ACK, 2, 2)],
}


@pytest.mark.parametrize("state", RESET_IN)
def test_a_reset_ends_both_ends_in_every_state(state: str) -> None:
    story = _story(numbered([*RESET_IN[state], ENDS.down(RST | ACK, 2, 2)]))
    assert story[-2].split()[1] == state
    assert story[-1] == "CLOSED CLOSED"


def test_a_fin_that_overtakes_lost_data_is_not_heard_before_the_data_comes_again() -> None:
    segments = _chat(
        ENDS.up(FIN_ACK, 3, 1), ENDS.down(ACK, 1, 1), ENDS.up(PSH | ACK, 1, 1, b"hi"), ENDS.down(ACK, 1, 4)
    )  # fmt: skip
    assert [state.split()[1] for state in _story(segments)[4:]] == [
        "ESTABLISHED",
        "ESTABLISHED",
        "CLOSE-WAIT",
        "CLOSE-WAIT",
    ]


def test_a_capture_of_one_direction_shows_what_that_end_does() -> None:
    whole = _chat(ENDS.up(PSH | ACK, 1, 1, b"x"), ENDS.up(FIN_ACK, 2, 1))
    client = [s for s in whole if s.source == ENDS.client]
    assert [story.split()[0] for story in _story(client)][:2] == ["CLOSED", "SYN-SENT"]
    assert _story(client)[-1].startswith("FIN-WAIT-1")


def test_what_is_not_known_is_a_set_of_states() -> None:
    before = Conversation(tuple(numbered([ENDS.up(SYN, 0)]))).history.server_before
    assert before == Possible({State.CLOSED, State.LISTEN})
    assert (str(before), repr(before), before.known) == ("?", "CLOSED or LISTEN", None)
    assert Possible({State.LISTEN}).known is State.LISTEN


def test_states_are_named_as_in_the_rfc() -> None:
    assert all(re.fullmatch(r"[A-Z]+(-[A-Z0-9]+)*", state.value) for state in State)
    assert len(State) == 11


def test_a_storm_of_fins_is_followed_to_its_end() -> None:
    storm = [segment for n in range(2000) for segment in (ENDS.up(FIN_ACK, 1 + n, 1), ENDS.down(ACK, 1, 1))]
    assert len(_story(_chat(*storm))) == len(storm) + 4


def test_a_long_conversation_is_followed_to_its_end() -> None:
    data = [ENDS.up(PSH | ACK, 1 + n // 2, 1, b"x") for n in range(8000)]  # each segment twice
    acks = [ENDS.down(ACK, 1, 1 + n // 2) for n in range(8000)]
    talk = [segment for pair in zip(data, acks, strict=True) for segment in pair]
    assert _story(_chat(*talk))[3:] == [SAME] * (len(talk) + 1)


def test_a_forged_reset_with_the_next_number_ends_the_end_that_believes_it_and_not_the_other() -> None:
    forged, said = ENDS.down(RST, 1), ENDS.down(PSH | ACK, 1, 1, b"are you there?")
    assert _story(_chat(forged, said, ENDS.up(RST, 1)))[-3:] == [
        "CLOSED ESTABLISHED",
        "CLOSED ESTABLISHED",
        "CLOSED CLOSED",
    ]


def test_a_syn_ack_that_is_sent_again_and_never_answered_had_not_arrived_before() -> None:
    story = _story((ENDS.up(SYN, 0), ENDS.down(SYN | ACK, 0, 1), ENDS.down(SYN | ACK, 0, 1)))
    assert story[1:3] == ["SYN-SENT SYN-RECEIVED"] * 2


@pytest.mark.parametrize("seq", [1132, 648642274, 2**31 + 5])
def test_a_forged_reset_that_nobody_believes_ends_neither_end(seq: int) -> None:
    story = _story(_chat(ENDS.down(RST, seq), ENDS.up(ACK, 1, 1)))
    assert story[-2:] == [SAME, SAME]


def test_a_reset_that_crosses_with_what_the_other_end_still_says_is_believed() -> None:
    story = _story(_chat(ENDS.down(RST, 1), ENDS.up(PSH | ACK, 1, 1, b"are you there?")))
    assert story[-2].endswith("CLOSED")
