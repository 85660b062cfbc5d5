"""Wrong solutions of lab 1, as students write them. They share no code with the models of framing_mistakes.py.

Each row of WRONG says which mistake it makes.
"""

import io
from collections.abc import Callable, Iterable, Iterator

LinesOf = Callable[[Iterable[bytes]], Iterable[object]]


def each_piece_as_it_is(pieces: Iterable[bytes]) -> Iterator[str]:
    for piece in pieces:
        yield piece.decode()


def each_piece_stripped(pieces: Iterable[bytes]) -> Iterator[str]:
    for piece in pieces:
        yield piece.decode().strip()


def each_piece_without_lf(pieces: Iterable[bytes]) -> Iterator[str]:
    for piece in pieces:
        yield piece.decode("utf-8", "replace").rstrip("\r\n")


def lines_of_each_piece(pieces: Iterable[bytes]) -> Iterator[str]:
    for piece in pieces:
        yield from piece.decode().splitlines()


def split_of_each_piece(pieces: Iterable[bytes]) -> Iterator[str]:
    for piece in pieces:
        for line in piece.split(b"\n"):
            yield line.decode().strip()


def each_piece_as_a_file(pieces: Iterable[bytes]) -> Iterator[str]:
    for piece in pieces:
        for line in io.BytesIO(piece):
            yield line.decode().rstrip()


def until_the_buffer_ends_with_lf(pieces: Iterable[bytes]) -> Iterator[str]:
    buffer = b""
    for piece in pieces:
        buffer += piece
        if buffer[-1:] == b"\n":
            yield buffer.decode()[:-1]
            buffer = b""


def decoded_at_once(pieces: Iterable[bytes]) -> Iterator[str]:
    buffer = ""
    for piece in pieces:
        buffer += piece.decode()
        while "\n" in buffer:
            line, buffer = buffer.split("\n", 1)
            yield line.removesuffix("\r")


def decoded_at_once_with_replacements(pieces: Iterable[bytes]) -> Iterator[str]:
    buffer = ""
    for piece in pieces:
        buffer += piece.decode("utf-8", errors="replace")
        while "\n" in buffer:
            line, buffer = buffer.split("\n", 1)
            yield line.strip()


def decoded_at_once_ignoring_errors(pieces: Iterable[bytes]) -> Iterator[str]:
    text = ""
    for piece in pieces:
        text += str(piece, "utf-8", "ignore")
        while (end := text.find("\n")) != -1:
            yield text[:end]
            text = text[end + 1 :]


def whole_buffer_decoded(pieces: Iterable[bytes]) -> Iterator[str]:
    buffer = b""
    for piece in pieces:
        buffer += piece
        text = buffer.decode()
        *lines, rest = text.split("\n")
        yield from lines
        buffer = rest.encode()


def splitlines_up_to_the_last_lf(pieces: Iterable[bytes]) -> Iterator[str]:
    buffer = b""
    for piece in pieces:
        buffer += piece
        whole, lf, rest = buffer.rpartition(b"\n")
        if lf:
            yield from whole.decode().splitlines()
            buffer = rest


def splitlines_of_everything(pieces: Iterable[bytes]) -> list[str]:
    return b"".join(pieces).decode().splitlines()


def splitlines_of_bytes(pieces: Iterable[bytes]) -> Iterator[str]:
    buffer = b""
    for piece in pieces:
        buffer += piece
        end = buffer.rfind(b"\n") + 1
        for line in buffer[:end].splitlines():
            yield line.decode()
        buffer = buffer[end:]


def universal_newlines(pieces: Iterable[bytes]) -> Iterator[str]:
    yield from (line[:-1] for line in io.TextIOWrapper(io.BytesIO(b"".join(pieces)), "utf-8") if line.endswith("\n"))


def rest_given_at_the_end(pieces: Iterable[bytes]) -> Iterator[str]:
    buffer = b""
    for piece in pieces:
        buffer += piece
        while b"\n" in buffer:
            line, buffer = buffer.split(b"\n", 1)
            yield line.removesuffix(b"\r").decode()
    if buffer:
        yield buffer.decode("utf-8", "replace")


def everything_split(pieces: Iterable[bytes]) -> list[str]:
    return b"".join(pieces).decode().split("\n")


def first_line_of_the_buffer(pieces: Iterable[bytes]) -> Iterator[str]:
    buffer = b""
    for piece in pieces:
        buffer += piece
        if b"\n" in buffer:
            yield buffer[: buffer.index(b"\n")].decode().rstrip("\r")
            buffer = b""


def one_line_a_piece(pieces: Iterable[bytes]) -> Iterator[str]:
    buffer = b""
    for piece in pieces:
        buffer += piece
        line, lf, rest = buffer.partition(b"\n")
        if lf:
            yield line.decode()
            buffer = rest


def piece_up_to_its_lf(pieces: Iterable[bytes]) -> Iterator[str]:
    for piece in pieces:
        yield piece.decode().split("\n")[0]


def rest_forgotten(pieces: Iterable[bytes]) -> Iterator[str]:
    for piece in pieces:
        while b"\n" in piece:
            line, piece = piece.split(b"\n", 1)
            yield line.decode()


def cr_not_thought_of(pieces: Iterable[bytes]) -> Iterator[str]:
    buffer = b""
    for piece in pieces:
        buffer += piece
        while b"\n" in buffer:
            line, buffer = buffer.split(b"\n", 1)
            yield line.decode()


def stripped(pieces: Iterable[bytes]) -> Iterator[str]:
    buffer = b""
    for piece in pieces:
        buffer += piece
        while b"\n" in buffer:
            line, buffer = buffer.split(b"\n", 1)
            yield line.strip().decode()


def stripped_on_the_right(pieces: Iterable[bytes]) -> Iterator[str]:
    buffer = b""
    for piece in pieces:
        buffer += piece
        while b"\n" in buffer:
            line, buffer = buffer.split(b"\n", 1)
            yield line.decode().rstrip()


def everything_first(pieces: Iterable[bytes]) -> Iterator[str]:
    *lines, _ = b"".join(pieces).split(b"\n")
    for line in lines:
        yield line.removesuffix(b"\r").decode()


def all_in_a_list(pieces: Iterable[bytes]) -> list[str]:
    buffer, lines = b"", []
    for piece in pieces:
        buffer += piece
        while b"\n" in buffer:
            line, buffer = buffer.split(b"\n", 1)
            lines.append(line.removesuffix(b"\r").decode())
    return lines


def lf_left(pieces: Iterable[bytes]) -> Iterator[str]:
    buffer = b""
    for piece in pieces:
        buffer += piece
        while b"\n" in buffer:
            end = buffer.index(b"\n") + 1
            yield buffer[:end].decode()
            buffer = buffer[end:]


def bytes_given(pieces: Iterable[bytes]) -> Iterator[bytes]:
    buffer = b""
    for piece in pieces:
        buffer += piece
        while b"\n" in buffer:
            line, buffer = buffer.split(b"\n", 1)
            yield line


def empty_lines_skipped(pieces: Iterable[bytes]) -> Iterator[str]:
    buffer = b""
    for piece in pieces:
        buffer += piece
        while b"\n" in buffer:
            line, buffer = buffer.split(b"\n", 1)
            line = line.removesuffix(b"\r")
            if line:
                yield line.decode()


def as_if_it_were_recv(pieces: Iterable[bytes]) -> Iterator[str]:
    buffer = b""
    for piece in pieces:
        if not piece:
            break
        buffer += piece
        while b"\n" in buffer:
            line, buffer = buffer.split(b"\n", 1)
            yield line.removesuffix(b"\r").decode()


WRONG: tuple[tuple[LinesOf, str], ...] = (
    (each_piece_as_it_is, "recv-is-message"),
    (each_piece_stripped, "recv-is-message"),
    (each_piece_without_lf, "recv-is-message"),
    (lines_of_each_piece, "recv-is-message"),
    (split_of_each_piece, "recv-is-message"),
    (each_piece_as_a_file, "recv-is-message"),
    (until_the_buffer_ends_with_lf, "recv-is-message"),
    (decoded_at_once, "decoded-first"),
    (decoded_at_once_with_replacements, "decoded-first"),
    (decoded_at_once_ignoring_errors, "decoded-first"),
    (whole_buffer_decoded, "decoded-first"),
    (splitlines_up_to_the_last_lf, "splitlines"),
    (splitlines_of_everything, "splitlines"),
    (splitlines_of_bytes, "splitlines"),
    (universal_newlines, "splitlines"),
    (rest_given_at_the_end, "rest-is-line"),
    (everything_split, "rest-is-line"),
    (first_line_of_the_buffer, "first-line-only"),
    (one_line_a_piece, "first-line-only"),
    (piece_up_to_its_lf, "first-line-only"),
    (rest_forgotten, "rest-lost"),
    (cr_not_thought_of, "cr-left"),
    (stripped, "spaces-taken"),
    (stripped_on_the_right, "spaces-taken"),
    (everything_first, "waits-for-end"),
    (all_in_a_list, "waits-for-end"),
    (lf_left, "newline-kept"),
    (bytes_given, "no-text"),
    (empty_lines_skipped, "empty-line-lost"),
    (as_if_it_were_recv, "empty-piece-ends"),
)
