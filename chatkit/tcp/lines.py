r"""Where each line of an application lies in the segments: one line may take several, one segment may hold many.

    segments   | SAY hel | lo\nSAY again\nSA | Y ...
    lines      | SAY hello | SAY again | SA... not finished

TCP keeps no boundaries, so the application marks them: here by LF, with or without a CR before it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from chatkit.tcp.segment import Endpoint, Segment, at
from chatkit.tcp.stream import Piece, Stream
from chatkit.tcp.visible import visible

TEXT_LIMIT = 60  # columns
LF, CR = b"\n", b"\r"


@dataclass(frozen=True, slots=True, repr=False)
class Line:
    """One line of a stream, and what carried it."""

    sender: Endpoint
    offset: int  # of its first byte in the sender's stream
    data: bytes  # without its ending
    is_whole: bool  # it has a beginning and an ending, and nothing of it is missing
    parts: tuple[Piece, ...]  # with the ending

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The segments that carry it, in the order of the stream."""
        return tuple(part.segment for part in self.parts)

    @property
    def completed_by(self) -> Segment:
        """The segment that brought the last of it: before that, nobody could have read it."""
        return max(self.segments, key=lambda segment: segment.frame)

    def __repr__(self) -> str:
        frames = ", ".join(str(segment.frame) for segment in self.segments)
        text = visible(self.data, TEXT_LIMIT) + ("" if self.is_whole else ", not whole")
        return f"<Line in frame {frames}: byte {self.offset} from {at(self.sender)} {text}>"


def lines(stream: Stream, sender: Endpoint) -> Iterator[Line]:
    """The lines of one direction, in their order; those that touch a gap, and one without an ending, are not whole."""
    for offset, data in stream.runs:
        is_after_gap = offset > 0
        for line in _split(data):
            end = offset + len(line)
            is_whole = line.endswith(LF) and not is_after_gap
            text = line.removesuffix(LF).removesuffix(CR) if line.endswith(LF) else line
            yield Line(sender, offset, text, is_whole, stream.between(offset, end))
            offset, is_after_gap = end, False


def _split(data: bytes) -> Iterator[bytes]:
    """Never `splitlines`, which splits at more than LF."""
    start = 0
    while start < len(data):
        end = data.find(LF, start) + 1 or len(data)
        yield data[start:end]
        start = end
