"""The scan of a whole capture gives what is read frame by frame, and streams are what a receiver would have read."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chatkit
from chatkit.capture import endpoints as endpoints_module
from chatkit.capture import scan as scan_module
from chatkit.capture.dissect import segment_in
from chatkit.capture.endpoints import Endpoints
from chatkit.capture.frame import Frame
from chatkit.capture.packed import Packed
from chatkit.capture.scan import scan
from chatkit.tcp.segment import Segment
from chatkit.tcp.segments import Segments
from chatkit.tcp.sequence import CIRCLE, add
from chatkit.tcp.stream import Gap, reassemble
from tests.figures import A, B
from tests.talks import ACK, FIN, RST, SYN, Ends, frame_of

ETHERNET_HEADER = 14
IPV6 = Ends(CIRCLE - 5, 7, ("2001:db8::1", 4000), ("2001:db8::2", 9898))
LINKS = {
    1: b"",
    113: bytes(14),
    276: b"",
    0: b"\x02\0\0\0",
    108: b"\0\0\0\x02",
    101: b"",
    228: b"",
    229: b"",
    12: b"",
    147: b"",
}


def _frames() -> list[Frame]:
    """The frames of two chats, on every kind of link in turn."""
    segments = [*Ends(1, 2, A, B).chat(), *IPV6.chat()]
    return [_on(link, frame_of(segment, 0)) for link, segment in product(LINKS, segments)]


def _on(link: int, frame: Frame) -> Frame:
    datagram = frame.data[ETHERNET_HEADER:]
    ether_type = frame.data[12:14]
    data = {
        1: frame.data,
        113: bytes(14) + ether_type + datagram,
        276: ether_type + bytes(18) + datagram,
    }.get(link, LINKS[link] + datagram)
    return replace(frame, data=data, link_type=link)


FRAMES = _frames()


def _numbered(frames: list[Frame]) -> list[Frame]:
    return [replace(frame, number=number) for number, frame in enumerate(frames, 1)]


def _one_by_one(frames: list[Frame]) -> list[Segment]:
    return [segment for frame in frames if (segment := segment_in(frame))]


def test_every_kind_of_link_is_read_as_it_is_one_by_one() -> None:
    frames = _numbered(FRAMES)
    assert scan(Packed.of(frames)) == _one_by_one(frames)
    assert len(_one_by_one(frames)) == 9 * 20  # all but the link that is not known


@settings(deadline=None)
@given(st.data())
def test_no_flipped_byte_and_no_cut_makes_a_difference(data: st.DataObject) -> None:
    frames = data.draw(st.lists(st.sampled_from(FRAMES), min_size=1, max_size=8))
    broken = [_broken(frame, data.draw) for frame in _numbered(frames)]
    found = scan(Packed.of(broken))
    assert found == _one_by_one(broken)
    payloads = found.columns.origin.payloads(found.rows, np.zeros(len(found), np.int64), found.captured)
    assert payloads == [segment.payload for segment in found]
    assert found.size.tolist() == [segment.size for segment in found]


def _broken(frame: Frame, draw: object) -> Frame:
    contents = bytearray(frame.data)
    for place, value in draw(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 255)), max_size=3)):  # type: ignore[operator]
        contents[place % len(contents)] = value
    length = draw(st.sampled_from([len(contents), len(contents) + 3, 2**32 - 1]))  # type: ignore[operator]
    return replace(frame, data=bytes(contents[: draw(st.integers(0, 120))]), wire_length=length)  # type: ignore[operator]


def test_a_capture_that_is_read_in_several_goes_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = _numbered(FRAMES)
    whole = scan(Packed.of(frames))
    monkeypatch.setattr(scan_module, "CHUNK", 7)
    assert scan(Packed.of(frames)) == whole


def test_endpoints_are_told_apart_even_where_their_numbers_are_mixed_to_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints_module, "_MIX", np.uint64(0))
    known = Endpoints()
    ends = [("10.0.0.1", 1), ("10.0.0.1", 2), ("2001:db8::1", 1), ("2001:db8::2", 1), ("2001:db8::2", 5)]
    codes = np.array([known.code(end) for end in ends], np.uint64)
    pair, reverse, pairs = known.pairs(codes, np.roll(codes, 1))
    for number, (which, is_reverse) in enumerate(zip(pair.tolist(), reverse.tolist(), strict=True)):
        source, destination = reversed(pairs[which]) if is_reverse else pairs[which]
        assert (source, destination) == (ends[number], ends[number - 1])


def test_the_frames_of_a_capture_can_be_cut_out_and_keep_their_numbers() -> None:
    frames = Packed.of(_numbered(FRAMES))
    assert [frame.number for frame in frames[3:6]] == [4, 5, 6]
    assert frames[-1] == replace(FRAMES[-1], number=len(FRAMES))
    assert Packed.of(frames) is frames


def test_segments_know_who_sent_them_and_their_ports() -> None:
    chat = Segments.of(Ends(1, 2, A, B).chat())
    assert [s.source for s in chat.sent_by(B)] == [B] * 4
    assert [str(s.flags) for s in chat.with_flags(SYN | FIN)] == ["SYN", "SYN,ACK", "FIN,ACK", "FIN,ACK"]
    assert (len(chat.with_port(9898)), len(chat.with_port(1))) == (10, 0)
    assert chat[2:4] == [chat[2], chat[3]]


# Streams, against a receiver that writes one byte at a time into a buffer


@settings(deadline=None, max_examples=300)
@given(
    st.lists(
        st.tuples(
            st.integers(-3, 40), st.binary(max_size=12), st.integers(0, 3), st.sampled_from([ACK, ACK | FIN, RST])
        ),
        max_size=12,
    ),
    st.sampled_from([100, CIRCLE - 9]),
    st.booleans(),
)
def test_a_stream_is_what_a_receiver_finds_in_its_buffer(
    parts: list[tuple[int, bytes, int, object]], isn: int, is_midstream: bool
) -> None:
    segments = [
        replace(Ends(isn, 0, A, B).up(flags, 1 + at, 1, data), uncaptured=cut, frame=number)  # type: ignore[arg-type]
        for number, (at, data, cut, flags) in enumerate(parts)
    ]
    stream = reassemble(segments, None if is_midstream else isn)
    buffer, end = _received(segments, None if is_midstream else isn)
    assert stream.captured == bytes(buffer[place] for place in sorted(buffer))
    assert stream.end == end
    assert stream.gaps == tuple(_gaps(buffer, end))
    assert [(p.offset, p.data) for p in stream.pieces] == [
        (p.offset, bytes(buffer[place] for place in range(p.offset, p.end))) for p in stream.pieces
    ]


def _received(segments: list[Segment], isn: int | None) -> tuple[dict[int, int], int]:
    """What lies at each place of the buffer, and where the stream ends."""
    counted = [s for s in segments if not s.flags & RST]
    base = add(isn, 1) if isn is not None else counted[0].first_byte if counted else 0
    counted = [s for s in counted if s.size or s.flags & FIN]
    places = [(s.first_byte - base + 100) % CIRCLE - 100 for s in counted]
    shift = max(0, -min(places, default=0)) if isn is None else 0
    buffer: dict[int, int] = {}
    for place, segment in zip(places, counted, strict=True):
        for offset, byte in enumerate(segment.payload, place + shift):
            if offset >= 0:
                buffer.setdefault(offset, byte)
    return buffer, max([shift, 0, *(place + shift + s.size for place, s in zip(places, counted, strict=True))])


def _gaps(buffer: dict[int, int], end: int) -> list[Gap]:
    missing = [place for place in range(end) if place not in buffer]
    starts = [place for place in missing if place - 1 not in missing]
    return [Gap(start, next(n for n in range(1, end + 1) if start + n not in missing)) for start in starts]


# The names that chatkit exports


def test_every_name_of_chatkit_is_there_when_it_is_asked_for() -> None:
    for name in chatkit.HOMES:
        assert getattr(chatkit, name).__module__ == chatkit.HOMES[name] or name == "THIS_COMPUTER"
    assert set(chatkit.HOMES) <= set(dir(chatkit))


def test_a_name_that_chatkit_has_not_is_an_error_that_says_which_it_has() -> None:
    with pytest.raises(AttributeError, match="no name 'Captur'; it has Capture"):
        chatkit.Captur  # noqa: B018
