"""LineSplitter: whatever the pieces, the same lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.protocol.framing import MAX_LINE_BYTES, LineSplitter

STREAMS = [
    (b"JOIN ann\nSAY hello\n", [b"JOIN ann", b"SAY hello"]),
    (b"JOIN ann\r\nSAY hello\r\n", [b"JOIN ann", b"SAY hello"]),
    (b"\n\nSAY a\n", [b"", b"", b"SAY a"]),
    (b"SAY half", []),
    (b"SAY one\nSAY ha", [b"SAY one"]),
    (b"\xef\xbb\xbfJOIN ann\n", [b"JOIN ann"]),
    (b"\xef\xbb\xbf\xef\xbb\xbfJOIN ann\n", [b"\xef\xbb\xbfJOIN ann"]),
    (b"JOIN ann\n\xef\xbb\xbfSAY a\n", [b"JOIN ann", b"\xef\xbb\xbfSAY a"]),
    (b"\xef\xbbSAY\n", [b"\xef\xbbSAY"]),
    ("SAY é 😀\n".encode(), ["SAY é 😀".encode()]),
    (b"a\rb\n", [b"a\rb"]),
    (b"a\r\r\n", [b"a\r"]),
    (
        b"a\x0bb\x0cc\xc2\x85d\xe2\x80\xa8e\n",
        [b"a\x0bb\x0cc\xc2\x85d\xe2\x80\xa8e"],
    ),  # splitlines() would split all of these
]


def split(pieces: list[bytes]) -> list[bytes]:
    splitter = LineSplitter()
    return [line for piece in pieces for line in splitter.feed(piece)]


@pytest.mark.parametrize(("stream", "lines"), STREAMS)
def test_a_stream_gives_its_lines_whole_and_byte_by_byte(stream: bytes, lines: list[bytes]) -> None:
    assert split([stream]) == lines
    assert split([stream[i : i + 1] for i in range(len(stream))]) == lines


@pytest.mark.parametrize(("stream", "lines"), STREAMS)
def test_a_stream_gives_its_lines_glued_to_a_neighbour(stream: bytes, lines: list[bytes]) -> None:
    assert split([stream + b"\nSAY next\n"])[-1] == b"SAY next"
    assert split([b"SAY before\n" + stream.removeprefix(b"\xef\xbb\xbf")])[1:] == lines


@given(st.lists(st.binary(max_size=40)), st.data())
def test_any_cut_gives_the_same_lines(chunks: list[bytes], data: st.DataObject) -> None:
    stream = b"\n".join(chunks)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert split(pieces) == split([stream])


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_the_longest_line_passes_and_one_more_byte_does_not(end: bytes) -> None:
    longest = b"x" * (MAX_LINE_BYTES - len(end))
    assert split([longest + end]) == [longest]
    splitter = LineSplitter()
    assert splitter.feed(b"SAY ok\n" + longest + b"x" + end + b"SAY no\n") == [b"SAY ok"]
    assert splitter.too_long
    assert splitter.feed(b"SAY no\n") == []


def test_a_line_without_end_is_given_up_before_its_end_comes() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"x" * (MAX_LINE_BYTES - 1)) == []
    assert not splitter.too_long
    assert splitter.feed(b"x") == []
    assert splitter.too_long


def test_a_bom_does_not_count_as_part_of_the_line() -> None:
    longest = b"x" * (MAX_LINE_BYTES - 1)
    assert split([b"\xef\xbb\xbf" + longest + b"\n"]) == [longest]
