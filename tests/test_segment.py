"""Segments, their numbers on the circle, their options, and their payload as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.tcp.options import NONE, Options
from chatkit.tcp.segment import Flag, Segment, at, notation
from chatkit.tcp.sequence import CIRCLE, add, distance
from chatkit.tcp.visible import columns, visible

SEQ = st.integers(0, CIRCLE - 1)
A, B = ("10.0.0.1", 40000), ("10.0.0.2", 9898)


def _segment(flags: Flag, payload: bytes = b"", seq: int = 100, uncaptured: int = 0) -> Segment:
    return Segment(7, 0.0, A, B, seq, 300, flags, payload=payload, uncaptured=uncaptured)


@given(SEQ, st.integers(-(2**31), 2**31 - 1))
def test_distance_is_what_was_added(start: int, steps: int) -> None:
    assert distance(start, add(start, steps)) == steps


def test_after_the_highest_number_comes_0() -> None:
    assert add(4294967295, 1) == 0
    assert distance(4294967290, 5) == 11
    assert distance(5, 4294967290) == -11


@pytest.mark.parametrize(
    ("flags", "payload", "length"),
    [
        (Flag.ACK, b"", 0),
        (Flag.ACK, b"hello", 5),
        (Flag.SYN, b"", 1),
        (Flag.FIN | Flag.ACK, b"bye", 4),
        (Flag.SYN | Flag.FIN, b"x", 3),
        (Flag.RST, b"", 0),
    ],
)
def test_length_counts_bytes_and_syn_and_fin_as_rfc_9293_does(flags: Flag, payload: bytes, length: int) -> None:
    assert _segment(flags, payload).length == length


def test_bytes_that_the_capture_cut_off_are_still_counted() -> None:
    segment = _segment(Flag.ACK, b"hel", uncaptured=2)
    assert (segment.size, segment.length, segment.end) == (5, 5, 105)


def test_the_end_of_a_segment_wraps() -> None:
    assert _segment(Flag.FIN, b"12345", seq=CIRCLE - 3).end == 3


def test_flags_print_as_in_the_figures_of_rfc_9293() -> None:
    assert str(Flag.SYN | Flag.ACK) == "SYN,ACK"
    assert str(Flag.ACK | Flag.FIN) == "FIN,ACK"
    assert notation(_segment(Flag.SYN)) == "<SEQ=100><CTL=SYN>"
    assert notation(_segment(Flag.SYN | Flag.ACK)) == "<SEQ=100><ACK=300><CTL=SYN,ACK>"


def test_a_segment_says_what_it_is() -> None:
    shown = repr(_segment(Flag.PSH | Flag.ACK, b"SAY hi\n"))
    assert shown == (
        '<Segment in frame 7: 10.0.0.1:40000 > 10.0.0.2:9898 <SEQ=100><ACK=300><CTL=PSH,ACK> 7 bytes "SAY hi\\n">'
    )
    assert at(("::1", 9898)) == "[::1]:9898"


@pytest.mark.parametrize(
    ("data", "options"),
    [
        ("", NONE),
        ("020405b4", Options(mss=1460)),
        ("030307", Options(window_scale=7)),
        ("01010402", Options(sack_permitted=True)),
        ("080a0000000100000002", Options(timestamps=(1, 2))),
        ("050a0000000a00000014", Options(sack=((10, 20),))),
        ("05120000000a000000140000001e00000028", Options(sack=((10, 20), (30, 40)))),
        ("fe04abcd", Options(unknown=((254, b"\xab\xcd"),))),
        ("02030105", Options(unknown=((2, b"\x01"),))),  # an MSS of one byte
        ("020405b400fe04abcd", Options(mss=1460)),  # nothing counts after the end of the list
        ("020405b4fe01", Options(mss=1460)),  # a length that can't be
        ("020405b4fe09ab", Options(mss=1460)),  # a length beyond the end
        ("020405b4fe", Options(mss=1460)),
    ],
)
def test_options_are_read_and_unknown_ones_kept(data: str, options: Options) -> None:
    assert Options.decode(bytes.fromhex(data)) == options


@given(st.binary(max_size=40))
def test_no_bytes_are_too_strange_for_options(data: bytes) -> None:
    assert str(Options.decode(data)) is not None


def test_options_print_only_what_is_there() -> None:
    assert str(Options(mss=1460, sack_permitted=True, window_scale=0)) == "mss=1460 window_scale=0 sack_permitted"


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        (b"hello, bob\n", r'"hello, bob\n"'),
        ("é 🙂 سلام".encode(), '"é 🙂 سلام"'),
        (b"\x1b[2J\x07\x00", r'"\x1b[2J\x07\x00"'),
        (b"\xff\xc3", r'"\xff\xc3"'),
        ("\u202egnp\u2066".encode(), r'"\u202egnp\u2066"'),
        (b'say "x\\n"', r'"say \"x\\n\""'),
        ("\u2028\ufeff".encode(), r'"\u2028\ufeff"'),
    ],
)
def test_payload_is_shown_as_text_that_can_do_no_harm(payload: bytes, shown: str) -> None:
    assert visible(payload) == shown


@given(st.binary(), st.integers(1, 30))
def test_what_is_shown_is_printable_and_keeps_to_its_limit(payload: bytes, limit: int) -> None:
    shown = visible(payload, limit)
    assert shown.isprintable()
    assert columns(shown) <= limit + 3


def test_what_is_left_out_is_marked() -> None:
    assert visible(b"abcdef", 4) == '"abcd…"'
    assert visible(b"abcd", 4) == '"abcd"'
    assert visible("é".encode() * 5, 5) == '"ééééé"'


def test_columns_are_counted_as_a_terminal_gives_them() -> None:
    assert columns("abc") == 3
    assert columns("🙂") == 2
    assert columns("e\u0301") == 1
