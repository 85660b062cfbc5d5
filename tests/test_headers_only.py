"""A capture without what was said: the payload is zeroed, and nothing else changes, not for an observer either."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from chatkit.capture.capture import Capture
from chatkit.capture.frame import Frame
from chatkit.capture.headers_only import has_text, headers_only
from chatkit.capture.recorded import names, recorded
from tests.datagrams import ethernet, frames_of, ipv4, ipv6_fragment, tcp
from tests.figures import ENDS
from tests.talks import ACK, PSH, Ends, caught

CHAT = Ends(1_000_000, 5_000_000).chat(b"SAY a secret\n")


def test_the_payload_is_zeroed_and_every_other_byte_stays() -> None:
    whole, blind = caught(CHAT), headers_only(caught(CHAT))
    for segment, frame, zeroed in zip(CHAT, whole.frames, blind.frames, strict=True):
        head = frame.data[: len(frame.data) - len(segment.payload)]
        assert zeroed == replace(frame, data=head + bytes(len(segment.payload)))


def test_it_says_that_it_has_headers_only() -> None:
    assert headers_only(caught(CHAT)).source == "made for a test, headers only"


@pytest.mark.parametrize("name", names())
def test_an_observer_sees_the_same_in_every_recorded_capture(name: str) -> None:
    whole = recorded(name)
    blind = headers_only(whole)
    assert len(blind.conversations) == len(whole.conversations)
    for one, other in zip(whole.conversations, blind.conversations, strict=True):
        assert [replace(s, payload=b"") for s in one.segments] == [replace(s, payload=b"") for s in other.segments]
        assert [s.size for s in one.segments] == [s.size for s in other.segments]
        assert (one.endpoints, one.states) == (other.endpoints, other.states)
        assert one.judgements == other.judgements
        assert one.teardown.ending == other.teardown.ending
        for end in one.endpoints:
            assert [sample.rtt for sample in one.rtts(end)] == [sample.rtt for sample in other.rtts(end)]
            assert other.stream(end) == bytes(len(one.stream(end)))


def test_no_text_is_left_and_before_there_was_some() -> None:
    assert has_text(caught(CHAT))
    assert not has_text(headers_only(caught(CHAT)))


@pytest.mark.parametrize("name", names())
def test_the_words_of_a_recorded_capture_are_in_no_byte_of_it(name: str, tmp_path: Path) -> None:
    whole = recorded(name)
    words = {line for talk in whole.conversations for line in talk.stream(talk.client).split(b"\n") if len(line) > 4}
    saved = headers_only(whole).save(tmp_path / "blind.pcapng").read_bytes()
    assert not [word for word in words if any(word) and word in saved]


def test_a_frame_that_the_capture_cut_stays_as_long_as_it_was() -> None:
    cut = replace(caught(CHAT).frames[5], data=caught(CHAT).frames[5].data[:60], wire_length=67)
    [zeroed] = headers_only(Capture((cut,), "cut")).frames
    assert zeroed == replace(cut, data=cut.data[:54] + bytes(6))


FRAGMENTED = tcp(ENDS.up(PSH | ACK, 1, 1, b"what was said, in three pieces"))


@pytest.mark.parametrize("piece", [ipv4, ipv6_fragment])
def test_of_the_fragments_of_a_datagram_only_the_first_keeps_bytes_of_tcp(piece: Callable[..., bytes]) -> None:
    places = [(0, 24), (24, 40), (40, len(FRAGMENTED))]
    pieces = [piece(FRAGMENTED[a:b], offset=a, more=b < len(FRAGMENTED)) for a, b in places]
    whole = Capture(tuple(frames_of(*map(ethernet, pieces))), "in fragments")
    blind = headers_only(whole)
    assert [len(frame.data) for frame in blind.frames] == [len(frame.data) for frame in whole.frames]
    assert has_text(whole) and not has_text(blind)
    [one], [other] = whole.segments, blind.segments
    assert other == replace(one, payload=bytes(30))


@pytest.mark.parametrize("data", [b"", bytes(60), b"\xff" * 60, bytes(12) + b"\x08\x00E"])
def test_what_is_no_tcp_is_left_alone(data: bytes) -> None:
    frames = (Frame(1, 0, data),)
    assert headers_only(Capture(frames, "noise")).frames == frames
