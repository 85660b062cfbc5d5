"""OwnConnections: of what passes on a port, each connection gets all that is its own, and not a byte of another."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count
from struct import pack

import pytest

from chatkit.capture.capture import Capture
from chatkit.capture.fitness import Kind
from chatkit.capture.frame import Frame
from chatkit.capture.own_connection import OwnConnection
from chatkit.capture.own_connections import KEPT, OwnConnections
from chatkit.tcp.segment import Endpoint, Segment
from tests.talks import ANN, SERVER, SYN, Ends, frame_of

BOB: Endpoint = ("10.0.0.3", 40000)
PORT = SERVER[1]
EVER = 2**63
START = 1_700_000_000_000_000_000  # as tests.talks has it


def framed(*talks: Iterable[Segment]) -> list[Frame]:
    """Frames of these segments, one after the other, a millisecond apart."""
    return [frame_of(segment, number) for number, segment in zip(count(1), (s for talk in talks for s in talk))]


def kept(frames: Iterable[Frame], connections: OwnConnections | None = None) -> OwnConnections:
    connections = OwnConnections(PORT) if connections is None else connections
    for frame in frames:
        connections.keep(frame)
    return connections


def found(connections: OwnConnections, client: Endpoint, after: int = 0, until: int = EVER) -> OwnConnection:
    connection = connections.find(client, after, until)
    assert connection
    return connection


def capture_of(frames: Iterable[Frame], client: Endpoint = ANN) -> Capture:
    return found(kept(frames), client).capture()


def interleaved(*talks: list[Segment]) -> Iterator[Segment]:
    return (segment for row in zip(*talks, strict=True) for segment in row)


def bytes_of(capture: Capture) -> bytes:
    return b"".join(frame.data for frame in capture.frames)


def test_a_whole_chat_is_kept_from_its_first_frame_to_its_last_and_is_fit() -> None:
    frames = framed(Ends(100, 300).chat())
    capture = capture_of(frames)
    assert [frame.data for frame in capture.frames] == [frame.data for frame in frames]
    assert [frame.nanoseconds for frame in capture.frames] == [frame.nanoseconds for frame in frames]
    assert capture.fitness and not capture.fitness.notices
    assert capture.source == "caught by the server, one connection alone: 10.0.0.1:40000 > 10.0.0.9:9898"


def test_of_interleaved_connections_each_has_only_its_own_bytes() -> None:
    ann, bob = Ends(100, 300), Ends(100, 300, client=BOB)  # the same numbers too
    frames = framed(interleaved(ann.chat(b"JOIN ann-secret\n"), bob.chat(b"JOIN bob-secret\n")))
    anns, bobs = capture_of(frames, ANN), capture_of(frames, BOB)
    assert b"ann-secret" in bytes_of(anns) and b"bob-secret" not in bytes_of(anns)
    assert b"bob-secret" in bytes_of(bobs) and b"ann-secret" not in bytes_of(bobs)
    assert len(anns) + len(bobs) == len(frames)


def test_a_connection_of_the_same_ports_is_another_one() -> None:
    first, second = Ends(100, 300).chat(b"first\n"), Ends(500_000_000, 700_000_000).chat(b"later\n")
    connections = kept(framed(first, second))
    between = START + (len(first) + 1) * 1_000_000 - 1
    earlier, later = found(connections, ANN, 0, between), found(connections, ANN, between, EVER)
    assert b"first" in bytes_of(earlier.capture()) and b"later" not in bytes_of(earlier.capture())
    assert b"later" in bytes_of(later.capture()) and b"first" not in bytes_of(later.capture())


def test_where_the_syn_of_the_later_one_was_missed_its_frames_are_nobodys() -> None:
    first, second = Ends(100, 300).chat(b"first\n"), Ends(900_000_000, 800_000_000).chat(b"later\n")
    connections = kept(framed(first, second[1:]))
    assert len(connections) == 1
    assert b"later" not in bytes_of(found(connections, ANN).capture())


def test_a_late_frame_of_the_earlier_one_does_not_get_into_the_later_one() -> None:
    first, second = Ends(100, 300).chat(b"first\n"), Ends(900_000_000, 800_000_000).chat(b"later\n")
    connections = kept(framed(first, second, [first[5]]))
    assert b"first" not in bytes_of(found(connections, ANN).capture())


def test_a_forged_syn_does_not_take_a_connection_away() -> None:
    ends = Ends(100, 300)
    segments = ends.chat()
    forged = replace(ends.up(SYN, 0), seq=3_000_000_000)
    connections = kept(framed(segments[:4], [forged], segments[4:]))
    whole = found(connections, ANN, 0, START + 2_000_000)
    assert len(whole.capture()) == len(segments)


def test_a_repeated_syn_begins_nothing_anew() -> None:
    segments = Ends(100, 300).chat()
    assert len(kept(framed([segments[0]], segments))) == 1


def test_what_was_under_way_before_is_nobodys() -> None:
    assert len(kept(framed(Ends(100, 300).chat()[1:]))) == 0


def test_other_ports_are_nobodys() -> None:
    assert len(kept(framed(Ends(100, 300, server=("10.0.0.9", 22)).chat()))) == 0


def test_numbers_may_pass_zero() -> None:
    assert len(capture_of(framed(Ends(2**32 - 5, 2**32 - 20).chat()))) == len(Ends(0, 0).chat())


def test_padding_is_cut_off() -> None:
    frames = [replace(frame, data=frame.data + b"somebody's memory") for frame in framed(Ends(100, 300).chat())]
    capture = capture_of(frames)
    assert b"memory" not in bytes_of(capture)
    assert capture.fitness and not capture.fitness.notices


def test_a_frame_that_the_capture_has_cut_says_so() -> None:
    frames = framed(Ends(100, 300).chat())
    frames[5] = replace(frames[5], data=frames[5].data[:-3], wire_length=len(frames[5].data))
    assert capture_of(frames).fitness.kinds == {Kind.PAYLOAD_CUT}


def test_ipv6_is_sorted_too() -> None:
    ann, server = ("fd00::2", 40000), ("fd00::1", PORT)
    assert capture_of(framed(Ends(100, 300, ann, server).chat()), ann).fitness


def test_fragments_are_nobodys() -> None:
    frames = framed(Ends(100, 300).chat())
    said = frames[5].data
    parts = [(said[14 + 20 : 14 + 44], 0x2000), (said[14 + 44 :], 3)]  # 24 bytes, and the rest
    headers = [
        said[14:16] + pack("!H", 20 + len(part)) + said[18:20] + pack("!H", at) + said[22:34] for part, at in parts
    ]
    fragments = [
        replace(frames[5], data=said[:14] + head + part) for head, (part, _) in zip(headers, parts, strict=True)
    ]
    capture = capture_of([*frames[:5], *fragments, *frames[6:]])
    assert len(capture) == len(frames) - 1
    assert Kind.GAPS in capture.fitness.kinds


@pytest.mark.parametrize("data", [b"", b"\x45", bytes(14), bytes(60), b"\xff" * 60])
def test_what_is_no_segment_is_nobodys(data: bytes) -> None:
    assert len(kept([Frame(1, START, data)])) == 0


# ---- bounds ----


def test_a_connection_keeps_so_many_bytes_and_says_how_many_frames_came_after() -> None:
    capture = found(kept(framed(Ends(100, 300).chat()), OwnConnections(PORT, limit_of_each=350)), ANN).capture()
    assert 0 < len(capture) < 10
    assert capture.dropped == 10 - len(capture)
    assert {Kind.DROPPED, Kind.UNFINISHED} <= capture.fitness.kinds
    assert "were only counted" in capture.remarks[0]


def test_for_room_the_oldest_that_is_over_is_forgotten_first() -> None:
    first, second = framed(Ends(100, 300).chat()), framed(Ends(100, 300, client=BOB).chat())
    limit = sum(len(frame.data) + 16 for frame in first) + 100
    connections = kept([*first, *second], OwnConnections(PORT, limit=limit))
    assert connections.find(ANN, 0, EVER) is None
    assert found(connections, BOB).capture().fitness


def test_without_room_an_open_connection_is_cut_and_says_so() -> None:
    frames = framed(interleaved(Ends(100, 300).chat()[:5], Ends(100, 300, client=BOB).chat()[:5]))
    limit = sum(len(frame.data) + 16 for frame in frames) - 20
    connections = kept(frames, OwnConnections(PORT, limit=limit))
    assert Kind.DROPPED not in found(connections, ANN).capture().fitness.kinds
    assert Kind.DROPPED in found(connections, BOB).capture().fitness.kinds


def test_a_flood_of_syns_pushes_out_none_that_is_open() -> None:
    ann = Ends(100, 300).chat()
    flood = [Ends(number, 0, client=("10.0.0.66", number)).handshake()[0] for number in range(1, 500)]
    connections = kept(framed(ann[:4], flood, ann[4:]), OwnConnections(PORT, most=100))
    assert len(connections) == 100
    assert len(found(connections, ANN).capture()) == len(ann)


def test_what_is_over_is_forgotten_after_a_while_and_what_is_open_is_not() -> None:
    connections = kept(framed(Ends(100, 300).chat(), Ends(100, 300, client=BOB).chat()[:5]))
    [late] = framed([Ends(1, 2, client=("10.0.0.4", 1)).handshake()[0]])
    connections.keep(replace(late, nanoseconds=late.nanoseconds + round((KEPT + 1) * 1e9)))
    assert connections.find(ANN, 0, EVER) is None
    assert connections.find(BOB, 0, EVER)


def test_what_the_kernel_has_lost_meanwhile_is_said() -> None:
    connections = OwnConnections(PORT)
    for frame in framed(Ends(100, 300).chat()):
        connections.keep(frame, lost=5)
    capture = found(connections, ANN).capture(lost=7)
    assert (capture.dropped, capture.remarks) == (
        2,
        ("the kernel lost 2 frames of all clients meanwhile, maybe some of these",),
    )


def test_two_that_began_with_different_addresses_of_ours_cannot_be_told_apart() -> None:
    other = Ends(100, 300, server=("10.0.0.10", PORT))
    assert kept(framed(Ends(100, 300).chat(), other.chat())).find(ANN, 0, EVER) is None


def test_forgotten_is_forgotten() -> None:
    connections = kept(framed(Ends(100, 300).chat()))
    connections.forget(found(connections, ANN))
    assert connections.find(ANN, 0, EVER) is None
    assert len(kept(framed(Ends(100, 300).chat()[7:]), connections)) == 0, "its last frames begin nothing anew"
