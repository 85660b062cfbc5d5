"""What an end may send, what it has in flight, and when its peer lets it send nothing."""

from dataclasses import replace

import pytest

from chatkit.capture.recorded import names, recorded
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.flight import flight, shifts
from chatkit.tcp.options import Options
from chatkit.tcp.segment import Flag, Segment
from chatkit.tcp.sequence import CIRCLE
from tests.figures import ENDS, A, B, numbered
from tests.needs import needs_tshark
from tests.talks import ACK, FIN, RST, SYN, Ends
from tests.tshark_on_recorded import read_by_tshark

MIB = 2**20


def _talk(*segments: Segment) -> Conversation:
    return Conversation(tuple(numbered(segments)))


def _opened(client: int | None, server: int | None, *more: Segment) -> list[Segment]:
    """A handshake with these shift counts in the SYNs; None: the SYN has no such option."""
    syn, synack, ack = ENDS.handshake()
    return [_with_scale(syn, client), _with_scale(synack, server), ack, *more]


def _with_scale(segment: Segment, count: int | None) -> Segment:
    return replace(segment, options=Options(window_scale=count))


def _flight(*segments: Segment) -> list[tuple[int, int | None, int | None]]:
    """A's, without the segments."""
    return [(f.in_flight, f.window, f.right_edge) for f in _talk(*segments).flight(A)]


# Windows (RFC 7323, section 2)


@pytest.mark.parametrize(
    ("segments", "client", "server"),
    [
        (_opened(7, 2), 7, 2),
        (_opened(0, 15), 0, 14),
        (_opened(7, None), 0, 0),
        (_opened(None, None), 0, 0),
        (_opened(7, 2)[2:], None, None),
        (_opened(7, 2)[1:], None, 2),  # a SYN,ACK has it only if the SYN had
        ([_opened(7, 2)[0], *_opened(7, 2)[2:]], None, None),
        (_opened(None, None)[:1], 0, 0),
    ],
    ids=["both", "too large", "one", "neither", "no SYN", "SYN,ACK seen", "SYN seen", "SYN without it seen"],
)
def test_windows_are_scaled_as_both_syns_have_settled(
    segments: list[Segment], client: int | None, server: int | None
) -> None:
    assert (shifts(segments).get(A), shifts(segments).get(B)) == (client, server)


def test_the_window_of_a_syn_is_not_scaled_and_later_ones_are() -> None:
    talk = _talk(*_opened(7, 2))
    assert [talk.window(segment) for segment in talk.segments] == [64, 64, 64 << 7]


def test_without_the_syns_no_window_is_known() -> None:
    talk = _talk(ENDS.up(ACK, 1, 1, b"x"), ENDS.down(ACK, 1, 2))
    assert talk.window(talk.segments[0]) is None
    assert talk.window(_down(0, 1)) == 0  # at any scale
    assert [f.window for f in talk.flight(A)] == [None, None]
    assert [f.in_flight for f in talk.flight(A)] == [1, 0]


# Flight


def test_what_is_sent_is_in_flight_until_it_is_acknowledged() -> None:
    hello, world = ENDS.up(ACK, 1, 1, b"hello"), ENDS.up(ACK, 6, 1, b"world")
    seen = _flight(*_opened(0, 0), hello, world, ENDS.down(ACK, 1, 6), ENDS.down(ACK, 1, 11))
    assert seen == [
        (1, None, None), (0, 64, 65), (0, 64, 65),  # the handshake: a SYN takes a number
        (5, 64, 65), (10, 64, 65), (5, 64, 70), (0, 64, 75),
    ]  # fmt: skip


def test_a_retransmission_puts_nothing_more_in_flight_and_an_old_ack_takes_nothing_back() -> None:
    hello = ENDS.up(ACK, 1, 1, b"hello")
    late = replace(ENDS.down(ACK, 1, 1), window=7)
    assert _flight(*_opened(0, 0), hello, hello, ENDS.down(ACK, 1, 6), late)[3:] == [
        (5, 64, 65), (5, 64, 65), (0, 64, 70), (0, 64, 70),
    ]  # fmt: skip


def test_what_is_acknowledged_has_been_sent_though_the_capture_lacks_it() -> None:
    seen = _flight(*_opened(0, 0), ENDS.down(ACK, 1, 9), ENDS.up(ACK, 9, 1, b"more"))
    assert [in_flight for in_flight, _, _ in seen[3:]] == [0, 4]


def test_a_fin_is_in_flight_and_a_reset_changes_nothing() -> None:
    seen = _flight(*_opened(0, 0), ENDS.up(FIN | ACK, 1, 1), ENDS.down(RST | ACK, 1, 2))
    assert [in_flight for in_flight, _, _ in seen[3:]] == [1, 1]


def test_midstream_places_count_as_relative_numbers_do() -> None:
    segments = numbered([ENDS.down(ACK, 900, 500), ENDS.up(ACK, 500, 900, b"hello")])
    assert [f.in_flight for f in flight(segments, A)] == [0, 5]
    assert Conversation(tuple(segments)).relative(segments[1]).seq == 1
    scaled = [*_opened(0, 0), ENDS.down(ACK, 1, 6)]
    assert [f.right_edge for f in flight(scaled, A)] == [edge for _, _, edge in _flight(*scaled)]


def test_places_go_on_where_the_numbers_begin_again() -> None:
    ends = Ends(CIRCLE - 3, 0, A, B)
    parts = [replace(ends.up(ACK, 1 + n * 600 * MIB, 1), uncaptured=600 * MIB) for n in range(12)]
    acks = [ends.down(ACK, 1, 1 + (n + 1) * 600 * MIB) for n in range(12)]
    segments = [*ends.handshake(), *(s for pair in zip(parts, acks, strict=True) for s in pair)]
    assert flight(segments, A)[-1].right_edge == 12 * 600 * MIB + 1 + 64
    assert {f.in_flight for f in flight(segments, A)} == {0, 1, 600 * MIB}


@needs_tshark
@pytest.mark.parametrize("name", names())
def test_tshark_reads_the_same_windows_and_the_same_bytes_in_flight(name: str) -> None:
    rows = read_by_tshark(name)
    assert {row.frame: row.number("tcp.window_size") for row in rows} == _windows(name)
    # Of what follows a gap tshark says nothing.
    told = [row for row in rows if row["tcp.analysis.bytes_in_flight"]]
    theirs = {row.frame: row.number("tcp.analysis.bytes_in_flight") for row in told}
    assert theirs.items() <= _flights(name).items()


def _windows(name: str) -> dict[int, int | None]:
    return {s.frame: talk.window(s) for talk in recorded(name).conversations for s in talk.segments}


def _flights(name: str) -> dict[int, int]:
    """What the sender of each frame has in flight after it."""
    found = {}
    for talk in recorded(name).conversations:
        for end in talk.endpoints:
            found |= {f.segment.frame: f.in_flight for f in talk.flight(end) if f.segment.source == end}
    return found


# Windows of zero


def _down(window: int, ack: int, flags: Flag = ACK) -> Segment:
    return replace(ENDS.down(flags, 1, ack), window=window)


def test_a_window_is_closed_from_the_first_zero_to_the_first_that_is_none_with_the_probes_between() -> None:
    probe = ENDS.up(ACK, 5, 1)
    talk = _talk(
        *ENDS.handshake(), ENDS.up(ACK, 1, 1, b"hello"),
        _down(0, 6), probe, _down(0, 6), probe, _down(9, 6), _down(8, 6),
    )  # fmt: skip
    [episode] = talk.zero_windows(B)
    assert (episode.closed.frame, [s.frame for s in episode.probes]) == (5, [6, 8])
    assert episode.reopened is talk.segments[8]
    assert episode.duration == pytest.approx(0.04)
    assert repr(episode) == "<ZeroWindow from frame 5 for 40.000 ms, 2 probes>"
    assert talk.zero_windows(A) == ()


def test_a_window_can_close_twice_and_stay_closed() -> None:
    talk = _talk(*ENDS.handshake(), _down(0, 1), _down(9, 1), _down(0, 1), _down(0, 1, RST | ACK))
    first, second = talk.zero_windows(B)
    assert (first.closed.frame, second.closed.frame) == (4, 6)
    assert (second.reopened, second.duration) == (None, None)
    assert "to the end of the capture" in repr(second)


def test_the_recorded_window_was_closed_for_the_fifth_of_a_second_that_its_story_has() -> None:
    [talk] = recorded("zero-window").conversations
    [episode] = talk.zero_windows(talk.server)
    [probe] = episode.probes
    assert episode.duration is not None
    assert episode.closed.time < probe.time < episode.closed.time + episode.duration
    assert SYN not in episode.closed.flags
