"""The payload of one segment, cut where the application's lines are cut: TCP itself keeps no such boundaries.

| lo\\n | SAY again\\n | SA |        the end of a line, a whole line, the beginning of one
"""

from collections.abc import Iterator, Sequence

from chatkit.faces.wire.field import Field, Layer
from chatkit.faces.wire.field_table import of_bytes
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.lines import Line
from chatkit.tcp.segment import Segment
from chatkit.tcp.stream import Piece
from chatkit.tcp.visible import visible

LIMIT = 80  # columns of text
_SEALED = b"\x16\x03"  # a stream under TLS begins so (RFC 8446, 5.1): a handshake record


def payload_fields(
    data: bytes, begin: int, end: int, segment: Segment, lines: Sequence[Line], talk: Conversation | None
) -> Iterator[Field]:
    """A field for each part of a line in the bytes from `begin` to `end`, and for what is in none."""
    is_sealed = bool(talk and talk.stream(segment.source).startswith(_SEALED))
    parts = [] if is_sealed else [(line, part) for line in lines for part in line.parts if part.segment == segment]
    at = begin
    for line, part in sorted(parts, key=lambda pair: pair[1].start):
        start = begin + part.start
        if start < at or start + part.length > end:
            continue  # of another frame with this number
        yield from _other(data, at, start, _remark(segment, talk, is_sealed))
        at = start + part.length
        words = visible(data[start:at], LIMIT)
        yield Field(Layer.PAYLOAD, "Payload", "chatkit.line", start, at, words, words, note=_share(line, part))
    yield from _other(data, at, end, _remark(segment, talk, is_sealed))


def _other(data: bytes, begin: int, end: int, note: str) -> Iterator[Field]:
    if begin < end:
        words = f"{of_bytes(end - begin)}: {visible(data[begin:end], LIMIT)}"
        yield Field(Layer.PAYLOAD, "Payload", "tcp.payload", begin, end, words, words, note=note)


def _remark(segment: Segment, talk: Conversation | None, is_sealed: bool) -> str:
    """Why bytes are in no line: another frame had them first, or they can't be read."""
    if is_sealed:
        return "sealed by TLS: only the two ends can read it"
    first = _brought_first(segment, talk) if talk else None
    return f"brought again: frame {first.frame} had these bytes first" if first else ""


def _brought_first(segment: Segment, talk: Conversation) -> Segment | None:
    """The segment whose bytes these are copies of; None where they are no copies."""
    earlier = (other for other in talk.sent_by(segment.source) if other.frame < segment.frame and other.size)
    same = (other for other in earlier if other.first_byte == segment.first_byte)
    return next(same, None)


def _share(line: Line, part: Piece) -> str:
    """How much of its line the part is, and which frames have the rest."""
    if len(line.parts) == 1:
        return "a whole line" if line.is_whole else "a line without its end, or without its beginning"
    others = ", ".join(str(segment.frame) for segment in line.segments if segment != part.segment)
    if part is line.parts[0]:
        return f"the beginning of a line that frame {line.completed_by.frame} completes: {visible(line.data, LIMIT)}"
    return f"a later part of a line, which begins in frame {line.parts[0].segment.frame} (frames {others})"
