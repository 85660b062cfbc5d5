"""Datagrams that came in fragments: in any order, twice, with holes, contradicting each other, cut, and too many."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.capture import fragments, pcap
from chatkit.capture.capture import Capture
from chatkit.capture.dissect import ports_in, segment_in, segments_in
from chatkit.capture.frame import Frame
from chatkit.tcp.segment import Segment
from tests.datagrams import authentication, cut, ethernet, extension, frames_of, ipv4, ipv6, ipv6_fragment, tag, tcp
from tests.figures import ENDS
from tests.needs import needs_tshark
from tests.talks import ACK, PSH
from tests.tshark import ask

TEXT = bytes(range(60))
LONG = tcp(ENDS.up(PSH | ACK, 1, 1, TEXT))  # 80 bytes
Piece = Callable[..., bytes]


def v4(start: int, end: int, payload: bytes = LONG, tags: bytes = b"", **fields: int) -> bytes:
    fields.setdefault("more", end < len(payload))
    return ethernet(ipv4(payload[start:end], offset=start, **fields), tags)  # type: ignore[arg-type]


def v6(start: int, end: int, payload: bytes = LONG, tags: bytes = b"", **fields: int) -> bytes:
    fields.setdefault("more", end < len(payload))
    return ethernet(ipv6_fragment(payload[start:end], offset=start, **fields), tags)  # type: ignore[arg-type]


def found(*data: bytes) -> list[Segment]:
    return list(segments_in(frames_of(*data)))


def texts(segments: Sequence[Segment]) -> list[tuple[int, bytes]]:
    return [(segment.frame, segment.payload) for segment in segments]


both = pytest.mark.parametrize("piece", [v4, v6])


@both
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_fragments_in_any_order_are_one_segment_in_the_frame_that_came_last(piece: Piece, order: list[int]) -> None:
    parts = [piece(0, 32), piece(32, 64), piece(64, 80)]
    frames = frames_of(*(parts[which] for which in order))
    (segment,) = segments_in(frames)
    whole = ethernet(ipv4(LONG) if piece is v4 else ipv6(LONG))
    assert segment == segment_in(replace(frames[2], data=whole))
    assert segment.payload == TEXT


@both
def test_a_fragment_alone_is_no_segment(piece: Piece) -> None:
    for frame in frames_of(piece(0, 32), piece(32, 64), piece(64, 80)):
        assert segment_in(frame) is None
    assert found(piece(0, 32), piece(64, 80)) == []


@both
def test_the_first_fragment_has_the_ports_and_the_later_ones_do_not(piece: Piece) -> None:
    assert [ports_in(frame) for frame in frames_of(piece(0, 32), piece(32, 80))] == [(40000, 9898), ()]


@both
def test_fragments_of_several_datagrams_may_be_mixed(piece: Piece) -> None:
    other = tcp(ENDS.up(PSH | ACK, 61, 1, TEXT[::-1]))
    mixed = [piece(0, 32), piece(32, 80, other, identification=8), piece(0, 32, other, identification=8), piece(32, 80)]
    assert texts(found(*mixed)) == [(3, TEXT[::-1]), (4, TEXT)]


@both
def test_a_repeated_fragment_does_no_harm(piece: Piece) -> None:
    assert texts(found(piece(0, 32), piece(0, 32), piece(32, 80), piece(32, 80))) == [(3, TEXT)]


@both
def test_a_datagram_whose_fragments_all_came_again_is_there_again(piece: Piece) -> None:
    assert texts(found(piece(0, 32), piece(32, 80), piece(0, 32), piece(32, 80))) == [(2, TEXT), (4, TEXT)]


@both
def test_fragments_that_overlap_and_agree_are_one_segment(piece: Piece) -> None:
    assert texts(found(piece(0, 40), piece(32, 64), piece(24, 80))) == [(3, TEXT)]


FALSE = LONG[:24] + b"\xee" * 56

CONTRADICTIONS = {
    "other bytes later": [(0, 48, LONG), (24, 64, FALSE), (64, 80, LONG)],
    "other bytes sooner": [(24, 64, FALSE), (0, 48, LONG), (64, 80, LONG)],
    "other bytes at the same place": [(0, 32, LONG), (32, 64, FALSE), (32, 64, LONG), (64, 80, LONG)],
    "two ends": [(0, 32, LONG), (64, 72, LONG[:72]), (64, 80, LONG), (32, 64, LONG)],
    "bytes beyond the end": [(0, 32, LONG), (64, 72, LONG[:72]), (72, 80, LONG + b"more"), (32, 64, LONG)],
    "an end before bytes that were there": [
        (72, 80, LONG + b"more"),
        (0, 32, LONG),
        (64, 72, LONG[:72]),
        (32, 64, LONG),
    ],
}


@both
@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_fragments_that_contradict_each_other_give_no_segment_not_even_later(piece: Piece, name: str) -> None:
    wrong = [piece(*part) for part in CONTRADICTIONS[name]]
    right = [piece(0, 32), piece(32, 64), piece(64, 80)]
    assert found(*wrong, *right) == []


def test_a_vlan_is_a_link_of_its_own() -> None:
    five, six = tag(5), tag(6)
    assert found(v4(0, 32, tags=five), v4(32, 80, tags=six)) == []
    mixed = [v4(0, 32, tags=five), v4(0, 32, tags=six), v4(32, 80, tags=five), v4(32, 80, tags=six)]
    assert texts(found(*mixed)) == [(3, TEXT), (4, TEXT)]


@pytest.mark.parametrize(
    ("link_type", "header"),
    [(113, bytes(14) + b"\x08\x00"), (276, b"\x08\x00" + bytes(18)), (0, b"\x02\0\0\0"), (101, b""), (9, b"\x00\x21")],
)
def test_fragments_are_put_together_on_every_link(link_type: int, header: bytes) -> None:
    parts = [header + v4(0, 32)[14:], header + v4(32, 80)[14:]]
    assert texts(list(segments_in(frames_of(*parts, link_type=link_type)))) == [(2, TEXT)]


def test_ipv4_tells_datagrams_apart_by_protocol_too() -> None:
    assert found(v4(0, 32), v4(32, 80, protocol=51)) == []


@pytest.mark.parametrize("following", [60, 0, 43])
def test_extension_headers_that_were_divided_are_passed_over(following: int) -> None:
    payload = extension(6, 2) + LONG
    assert texts(found(v6(0, 16, payload, of=following), v6(16, 104, payload, of=following))) == [(2, TEXT)]


def test_a_divided_authentication_header_is_passed_over() -> None:
    payload = authentication(6) + LONG
    assert texts(found(v4(0, 16, payload, protocol=51), v4(16, 104, payload, protocol=51))) == [(2, TEXT)]


def test_padding_of_a_short_frame_is_no_part_of_the_fragment() -> None:
    assert texts(found(v4(0, 64), v4(64, 80) + bytes(10))) == [(2, TEXT)]


@pytest.mark.parametrize(
    "useless",
    [
        v4(32, 61, more=1),  # not a multiple of 8
        v4(32, 32, more=1),
        v4(65528, 65528 + 80, bytes(70_000)),  # beyond the longest datagram
    ],
)
def test_a_fragment_that_cannot_be_right_is_passed_over(useless: bytes) -> None:
    assert found(v4(0, 32), useless, v4(64, 80)) == []
    assert texts(found(v4(0, 32), useless, v4(32, 80))) == [(3, TEXT)]


@both
def test_what_is_cut_is_readable_up_to_the_first_cut_and_its_length_is_known(piece: Piece) -> None:
    head = len(piece(0, 0))
    first, second = frames_of(piece(0, 48), piece(48, 80))
    for frames, readable in (
        ([cut(first, head + 40), second], TEXT[:20]),
        ([second, cut(first, head + 40)], TEXT[:20]),
        ([first, cut(second, head + 8)], TEXT[:36]),
        ([cut(first, head + 20), cut(second, head + 20)], b""),
        ([cut(first, head + 40), first, second], TEXT[:20]),
    ):
        (segment,) = segments_in(frames)
        assert (segment.payload, segment.size) == (readable, 60)


def test_a_tcp_header_that_is_cut_is_no_segment() -> None:
    first, second = frames_of(v4(0, 48), v4(48, 80))
    assert list(segments_in([cut(first, 14 + 20 + 19), second])) == []


# Limits


def test_an_unfinished_datagram_is_forgotten_after_a_minute() -> None:
    first, second = frames_of(v4(0, 32), v4(32, 80))
    in_time = replace(second, nanoseconds=first.nanoseconds + fragments.PATIENCE * 10**9)
    late = replace(in_time, nanoseconds=in_time.nanoseconds + 1)
    assert len(list(segments_in([first, in_time]))) == 1
    assert list(segments_in([first, late])) == []


def test_of_too_many_unfinished_datagrams_the_oldest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fragments, "MAX_UNFINISHED", 3)
    begun = [v4(0, 32, identification=number) for number in range(4)]
    ended = [v4(32, 80, identification=number) for number in range(4)]
    assert [segment.ip_id for segment in found(*begun, *ended[1:], ended[0])] == [1, 2, 3]


def test_fragments_of_other_protocols_take_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fragments, "MAX_UNFINISHED", 1)
    others = [v4(0, 32, identification=number, protocol=17) for number in range(9)]
    assert len(found(v4(0, 32), *others, v4(32, 80))) == 1


Part = st.tuples(st.integers(0, 12), st.integers(0, 12), st.booleans(), st.sampled_from([LONG, FALSE]))


@both
@given(parts=st.lists(Part, max_size=12), snaplen=st.integers(0, 130))
def test_no_fragments_are_too_strange(piece: Piece, parts: list[tuple[int, int, bool, bytes]], snaplen: int) -> None:
    data = [piece(a * 8, a * 8 + b * 8, text, more=more) for a, b, more, text in parts]
    for segment in segments_in([cut(frame, snaplen) for frame in frames_of(*data)]):
        assert segment.size <= 100


# tshark


def _scenarios(piece: Piece) -> list[list[bytes]]:
    """Frames of datagrams that differ in their identification: what one leaves unfinished is no matter to the next."""
    shapes: list[list[tuple[int, int]]] = [
        [(0, 32), (0, 80)],
        [(0, 32), (32, 64), (64, 80)],
        [(64, 80), (32, 64), (0, 32)],
        [(0, 32), (64, 80)],
        [(0, 32), (0, 32), (32, 80), (32, 80)],
        [(0, 32), (32, 80), (32, 80), (0, 32)],
        [(0, 40), (32, 64), (56, 80)],
        [(0, 8), (8, 16), (16, 80)],
        [(0, 32), (32, 32), (32, 80)],
    ]
    numbered = enumerate(shapes, start=100)
    return [[piece(a, b, _text(n), identification=n, more=b < 80) for a, b in shape] for n, shape in numbered]


def _text(number: int) -> bytes:
    return tcp(ENDS.up(PSH | ACK, number * 100, 1, TEXT))


@needs_tshark
@both
@pytest.mark.parametrize("tags", [b"", tag(5)])
def test_tshark_finds_the_same_segments_in_the_same_frames(piece: Piece, tags: bytes, tmp_path: Path) -> None:
    data = [frame[:12] + tags + frame[12:] for scenario in _scenarios(piece) for frame in scenario]
    path = tmp_path / "fragments.pcap"
    pcap.write(path, frames_of(*data), 1)
    theirs = [tuple(map(int, row)) for row in ask(path, "frame.number", "tcp.seq_raw", "tcp.len", only="tcp")]
    assert len(theirs) > 8
    assert [(s.frame, s.seq, s.size) for s in segments_in(Capture.read(path).frames)] == theirs


@needs_tshark
def test_tshark_knows_no_segment_where_a_fragment_is_missing_or_cut(tmp_path: Path) -> None:
    first, second, third = frames_of(v4(0, 32), v4(32, 64), v4(64, 80, identification=8))
    path = tmp_path / "cut.pcap"
    pcap.write(path, [first, cut(second, 50), third], 1)
    assert ask(path, "frame.number", only="tcp") == []
    assert list(segments_in(Capture.read(path).frames)) == []


def test_a_capture_without_fragments_is_read_as_before() -> None:
    frames: list[Frame] = frames_of(ethernet(ipv4(LONG)), ethernet(ipv6(LONG)), b"")
    assert list(segments_in(frames)) == [segment_in(frames[0]), segment_in(frames[1])]
