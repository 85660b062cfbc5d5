"""Where the records of TLS lie in the segments of one direction (RFC 8446, section 5.1).

    segments   | 16 03 01 .. .. .. | .. 17 03 03 00 1b .. | .. ..
    records    | handshake             | application data      |

The five bytes before each record are in clear, whatever is sealed behind them: what it is, a version that says little
(TLS 1.3 says 1.2 there, for the sake of old boxes on the way), and how many bytes follow. Nothing marks where a record
begins, so behind a gap in the stream none can be found.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import Endpoint, Segment, at
from chatkit.tcp.stream import Piece, Stream

HEADER_BYTES = 5
SEAL_BYTES = 17  # that TLS 1.3 adds: one for the kind (section 5.2), sixteen against changes (RFC 5116, section 5)
MOST_BYTES = (1 << 14) + 2048  # RFC 5246, section 6.2.3; in TLS 1.3 a little less


class Kind(IntEnum):
    """What is in a record; in TLS 1.3 all that is sealed says that it is application data."""

    CHANGE_CIPHER_SPEC = 20
    ALERT = 21
    HANDSHAKE = 22
    APPLICATION_DATA = 23

    def __str__(self) -> str:
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True, slots=True, repr=False)
class Record:
    """One record, and what carried it."""

    sender: Endpoint
    offset: int  # of its header in the sender's stream
    kind: Kind
    length: int  # bytes after the header, as the header says
    header: bytes
    data: bytes  # what was captured of these
    parts: tuple[Piece, ...]  # with the header

    @property
    def is_whole(self) -> bool:
        """Whether nothing of it is missing."""
        return len(self.data) == self.length

    @property
    def end(self) -> int:
        """Where the next one begins."""
        return self.offset + HEADER_BYTES + self.length

    @property
    def completed_by(self) -> Segment:
        """The segment that brought the last of it."""
        return max((part.segment for part in self.parts), key=lambda segment: segment.frame)

    def __repr__(self) -> str:
        frames = ", ".join(str(part.segment.frame) for part in self.parts)
        cut = "" if self.is_whole else ", not whole"
        return f"<Record in frame {frames}: {self.kind} from {at(self.sender)}, {self.length} bytes{cut}>"


def records(stream: Stream, sender: Endpoint) -> Iterator[Record]:
    """The records of one direction, in their order, up to the first gap, or up to what is no record."""
    data, offset = stream.data, 0
    while (length := _length_at(data, offset)) is not None:
        body = offset + HEADER_BYTES
        end = body + length
        parts = stream.between(offset, min(end, len(data)))
        yield Record(sender, offset, Kind(data[offset]), length, data[offset:body], data[body:end], parts)
        offset = end


def records_of(talk: Conversation, endpoint: Endpoint | None = None) -> tuple[Record, ...]:
    """Those that the endpoint sent, or both, in the order in which they were complete."""
    ends = talk.endpoints if endpoint is None else (endpoint,)
    found = [record for end in ends for record in records(talk.reassembled(end), end)]
    return tuple(sorted(found, key=lambda record: record.completed_by.frame))


def _length_at(data: bytes, offset: int) -> int | None:
    """How long the record says it is; None where none begins."""
    header = data[offset : offset + HEADER_BYTES]
    if len(header) < HEADER_BYTES or header[0] not in set(Kind) or header[1] != 3:
        return None
    length = int.from_bytes(header[3:], "big")
    return length if length <= MOST_BYTES else None
