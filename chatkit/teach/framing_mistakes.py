"""The mistakes that are made with framing. Each is made here, in the ways in which students make it.

A function is compared with them by what it does, never by its source: how it was written doesn't matter.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from chatkit.teach.code import LinesOf, Mistake

_Bytes = Iterable[bytes]


def _whole_lines(pieces: _Bytes) -> Iterator[bytes]:
    """As it should be, up to the LF: what the mistakes with a line that is found make their lines from."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from lines


def _text(line: bytes) -> str:
    return line.removesuffix(b"\r").decode()


def _with(text: Callable[[bytes], object]) -> LinesOf:
    """Lines that are found as they should be, and then made into something else."""
    return lambda pieces: map(text, _whole_lines(pieces))


# A piece is taken for a message


def _each_piece(pieces: _Bytes, text: Callable[[bytes], object]) -> Iterator[object]:
    return map(text, pieces)


def _lines_of_each_piece(pieces: _Bytes, lines: Callable[[bytes], list[bytes]]) -> Iterator[str]:
    for piece in pieces:
        yield from map(_text, lines(piece))


def _until_a_piece_ends_a_line(pieces: _Bytes) -> Iterator[str]:
    rest = b""
    for piece in pieces:
        rest += piece
        if rest.endswith(b"\n"):
            yield _text(rest[:-1])
            rest = b""


# A part of what came is forgotten


def _first_line_of_each_piece(pieces: _Bytes) -> Iterator[str]:
    for piece in pieces:
        yield _text(piece.split(b"\n")[0])


def _first_line_and_no_rest(pieces: _Bytes) -> Iterator[str]:
    rest = b""
    for piece in pieces:
        rest += piece
        if b"\n" in rest:
            yield _text(rest.split(b"\n")[0])
            rest = b""


def _one_line_for_a_piece(pieces: _Bytes) -> Iterator[str]:
    rest = b""
    for piece in pieces:
        rest += piece
        if b"\n" in rest:
            line, rest = rest.split(b"\n", 1)
            yield _text(line)


def _no_rest(pieces: _Bytes) -> Iterator[str]:
    for piece in pieces:
        yield from map(_text, piece.split(b"\n")[:-1])


def _until_an_empty_piece(pieces: _Bytes) -> Iterator[str]:
    return map(_text, _whole_lines(iter(partial(next, iter(pieces), b""), b"")))


# Bytes become text too early, or are cut where no line ends


def _decoded_first(pieces: _Bytes, errors: str) -> Iterator[str]:
    rest = ""
    for piece in pieces:
        *lines, rest = (rest + piece.decode(errors=errors)).split("\n")
        yield from (line.removesuffix("\r") for line in lines)


def _split_as_text(pieces: _Bytes) -> Iterator[str]:
    for line in _whole_lines(pieces):
        yield from _text(line).splitlines() or [""]


def _split_as_bytes(pieces: _Bytes) -> Iterator[str]:
    for line in _whole_lines(pieces):
        yield from map(bytes.decode, line.splitlines() or [b""])


# More is given than there is, or later


def _rest_too(pieces: _Bytes, even_nothing: bool) -> Iterator[str]:
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from map(_text, lines)
    if rest or even_nothing:
        yield _text(rest)


def _at_the_end(pieces: _Bytes) -> list[str]:
    return list(map(_text, _whole_lines(pieces)))


def _a_piece_later(pieces: _Bytes) -> Iterator[str]:
    held: list[str] = []
    rest = b""
    for piece in pieces:
        yield from held
        *lines, rest = (rest + piece).split(b"\n")
        held = list(map(_text, lines))
    yield from held


RECV_IS_MESSAGE = Mistake(
    "recv-is-message",
    "one recv is one message",
    "recv() gives what has arrived: half a line, or three and a half. Where a piece begins or ends says nothing about "
    "messages; only the LF does.",
    (
        *(partial(_each_piece, text=text) for text in (
            bytes, bytes.decode, _text, lambda piece: piece.decode().removesuffix("\n"),
            lambda piece: piece.decode().rstrip("\r\n"), lambda piece: piece.decode().strip(),
        )),
        *(partial(_lines_of_each_piece, lines=lines) for lines in (bytes.splitlines, lambda piece: piece.split(b"\n"))),
        _until_a_piece_ends_a_line,
    ),
    shows_in="cut",
)  # fmt: skip
FIRST_LINE_ONLY = Mistake(
    "first-line-only",
    "only the first line of a piece",
    "A piece may bring several lines. After the first one, look for the next LF in what is left, and go on until there "
    "is none.",
    (_first_line_of_each_piece, _first_line_and_no_rest, _one_line_for_a_piece),
)
REST_LOST = Mistake(
    "rest-lost",
    "the rest is lost",
    "What stands behind the last LF of a piece is the beginning of the next line. Keep it, and put the next piece "
    "behind it.",
    (_no_rest,),
)
DECODED_FIRST = Mistake(
    "decoded-first",
    "decode before reassembly",
    "A piece may end inside a character: é has two bytes, an emoji four. Put the bytes together and split them at LF "
    "first; a whole line is what can be decoded.",
    tuple(partial(_decoded_first, errors=errors) for errors in (
        "strict", "replace", "ignore", "backslashreplace", "surrogateescape",
    )),
)  # fmt: skip
SPLITLINES = Mistake(
    "splitlines",
    "splitlines",
    "splitlines() splits at more than LF: at a CR anywhere (so does a file opened as text), and in text at U+000B, "
    "U+0085, U+2028 and others. In chat/1 only LF ends a line: split(b'\\n') splits there and nowhere else.",
    (_split_as_text, _split_as_bytes),
)
REST_IS_LINE = Mistake(
    "rest-is-line",
    "the rest is a line",
    "A line ends with LF. What stands behind the last one is half a line, or nothing at all, and half a message is not "
    "a message: it is thrown away.",
    (partial(_rest_too, even_nothing=False), partial(_rest_too, even_nothing=True)),
    shows_in="rest",
)
CR_LEFT = Mistake(
    "cr-left",
    "the CR is left",
    "Some clients, telnet among them, end a line with CR LF. A CR just before the LF belongs to the line's end, not to "
    "its text.",
    (_with(bytes.decode),),
)
SPACES_TAKEN = Mistake(
    "spaces-taken",
    "strip takes spaces",
    "strip() takes away spaces as well, and those are text that somebody typed. Take the LF, and one CR before it: "
    "removesuffix() does just that.",
    (
        _with(lambda line: line.decode().strip()),
        _with(lambda line: line.decode().rstrip()),
        _with(lambda line: _text(line).lstrip()),
    ),
)
WAITS_FOR_END = Mistake(
    "waits-for-end",
    "waits for the end",
    "The line was whole, and was held back until more came. In a chat the next piece may come in an hour, and the end "
    "tomorrow: yield each line as soon as you have it.",
    (_at_the_end, _a_piece_later),
)
NEWLINE_KEPT = Mistake(
    "newline-kept",
    "newline kept",
    "The LF says where a line ends. It is no part of the text: take it away, or it is sent along and shown.",
    (_with(lambda line: _text(line) + "\n"), _with(lambda line: line.decode() + "\n")),
)
NO_TEXT = Mistake(
    "no-text",
    "bytes are no text",
    "The line was given as bytes. Once a line is whole, decode() makes text of it.",
    (
        _with(bytes),
        _with(lambda line: line.removesuffix(b"\r")),
        _with(lambda line: line + b"\n"),
        _with(bytes.strip),
    ),
)
EMPTY_LINE_LOST = Mistake(
    "empty-line-lost",
    "an empty line is lost",
    "Between two LFs there is a line, though there is nothing in it. Whether it means something is for the reader of "
    "lines to say, not for who cuts them.",
    (lambda pieces: filter(None, map(_text, _whole_lines(pieces))),),
)
EMPTY_PIECE_ENDS = Mistake(
    "empty-piece-ends",
    "an empty piece is the end",
    "From recv() an empty piece means the end of the stream, and whoever calls recv() sees to that. Here the pieces "
    "end when there are no more of them; an empty one brings nothing.",
    (_until_an_empty_piece,),
)

MISTAKES = (
    RECV_IS_MESSAGE, FIRST_LINE_ONLY, REST_LOST, DECODED_FIRST, SPLITLINES, REST_IS_LINE, CR_LEFT, SPACES_TAKEN,
    WAITS_FOR_END, NEWLINE_KEPT, NO_TEXT, EMPTY_LINE_LOST, EMPTY_PIECE_ENDS,
)  # fmt: skip
