"""Right solutions of lab 1, written in different ways."""

import codecs
from collections.abc import Iterable, Iterator

from chatkit.protocol.framing import LineSplitter


def with_split(pieces: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line.removesuffix(b"\r").decode()


def with_find(pieces: Iterable[bytes]) -> Iterator[str]:
    rest = bytearray()
    for piece in pieces:
        rest += piece
        while (end := rest.find(b"\n")) >= 0:
            line = bytes(rest[: end - 1] if rest[:end].endswith(b"\r") else rest[:end])
            del rest[: end + 1]
            yield str(line, "utf-8")


def with_a_decoder_that_remembers(pieces: Iterable[bytes]) -> Iterator[str]:
    decoder, rest = codecs.getincrementaldecoder("utf-8")(), ""
    for piece in pieces:
        *lines, rest = (rest + decoder.decode(piece)).split("\n")
        yield from (line.removesuffix("\r") for line in lines)


def byte_by_byte(pieces: Iterable[bytes]) -> Iterator[str]:
    line = b""
    for byte in (byte for piece in pieces for byte in piece):
        if byte != ord("\n"):
            line += bytes([byte])
            continue
        if line.endswith(b"\r"):
            line = line[:-1]
        yield line.decode()
        line = b""


def with_next(pieces: Iterable[bytes]) -> Iterator[str]:
    source, rest = iter(pieces), b""
    while (piece := next(source, None)) is not None:
        rest += piece
        while b"\n" in rest:
            line, rest = rest.split(b"\n", 1)
            yield line.decode().removesuffix("\r")


def with_the_splitter_of_chatkit(pieces: Iterable[bytes]) -> Iterator[str]:
    splitter = LineSplitter()
    for piece in pieces:
        yield from map(bytes.decode, splitter.feed(piece))


RIGHT = (
    with_split,
    with_find,
    with_a_decoder_that_remembers,
    byte_by_byte,
    with_next,
    with_the_splitter_of_chatkit,
)
