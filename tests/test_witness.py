"""Witness: both ends followed where every departure and arrival was seen, against the same table."""

from collections.abc import Iterable

import pytest

from chatkit.capture.recorded import recorded
from chatkit.tcp.segment import Flag, Segment
from chatkit.tcp.witness import Witness

CLIENT, SERVER = ("10.0.0.1", 40000), ("10.0.0.9", 9898)
AT_ONCE = ["clean", "half-close", "ipv6", "refused", "reset-by-linger-0", "killed", "first-words", "port-reuse"]


def segment(frame: int, words: str, seq: int, ack: int = 0, from_client: bool = True, data: bytes = b"") -> Segment:
    ends = (CLIENT, SERVER) if from_client else (SERVER, CLIENT)
    flags = Flag(0)
    for word in words.split(","):
        flags |= Flag[word]
    return Segment(frame, frame / 1000, *ends, seq, ack, flags, payload=data)


HANDSHAKE = [
    segment(1, "SYN", 100),
    segment(2, "SYN,ACK", 300, 101, from_client=False),
    segment(3, "ACK", 101, 301),
]


def states(witness: Witness) -> list[str]:
    return [f"{client} {server}" for client, server in witness.states]


def told(segments: Iterable[Segment], foreseen: Iterable[Segment] = ()) -> Witness:
    """All leave, and arrive at once."""
    segments = list(segments)
    witness = Witness(segments[0], foreseen)
    for one in segments:
        witness.leaves(one)
        witness.arrives(one)
    return witness


@pytest.mark.parametrize("name", AT_ONCE)
def test_where_all_arrives_at_once_it_says_what_the_capture_says(name: str) -> None:
    for talk in recorded(name).conversations:
        witness = told(talk.segments, talk.segments)
        assert [tuple(map(str, ends)) for ends in witness.states[1::2]] == [tuple(map(str, e)) for e in talk.states]


def test_a_handshake_moves_each_end_when_its_segment_leaves_or_arrives() -> None:
    assert states(told(HANDSHAKE)) == [
        "SYN-SENT LISTEN",
        "SYN-SENT SYN-RECEIVED",
        "SYN-SENT SYN-RECEIVED",
        "ESTABLISHED SYN-RECEIVED",
        "ESTABLISHED SYN-RECEIVED",
        "ESTABLISHED ESTABLISHED",
    ]


def test_a_segment_that_never_arrives_moves_its_sender_only() -> None:
    witness = told(HANDSHAKE)
    witness.leaves(segment(4, "FIN,ACK", 101, 301))
    assert states(witness)[-1] == "FIN-WAIT-1 ESTABLISHED"


def test_two_fins_that_cross_make_both_ends_closing() -> None:
    witness = told(HANDSHAKE)
    fins = segment(4, "FIN,ACK", 101, 301), segment(5, "FIN,ACK", 301, 101, from_client=False)
    for fin in fins:
        witness.leaves(fin)
    for fin in fins:
        witness.arrives(fin)
    assert states(witness)[-1] == "CLOSING CLOSING"


def test_a_reset_that_was_forged_and_ignored_ends_nothing_once_that_is_known() -> None:
    talk = [
        *HANDSHAKE,
        segment(4, "RST", 999),
        segment(5, "PSH,ACK", 101, 301, data=b"SAY still here\n"),
    ]
    assert states(told(talk[:4]))[-1] == "CLOSED CLOSED"
    assert states(told(talk, foreseen=talk))[-1] == "ESTABLISHED ESTABLISHED"


def test_who_comes_in_the_middle_of_a_conversation_sees_two_ends_that_talk() -> None:
    witness = told([segment(1, "PSH,ACK", 101, 301, data=b"a"), segment(2, "PSH,ACK", 301, 102, False, b"b")])
    assert states(witness)[-1] == "ESTABLISHED ESTABLISHED"
