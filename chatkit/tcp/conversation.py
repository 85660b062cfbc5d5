"""A conversation: all the segments between two endpoints, from one SYN to the end, and what they say together.

    conversation.handshake.rtt      how long the three-way handshake took
    conversation.stream(client)     the bytes that the client sent
    conversation.find(b"hello")     which segment carried them
    conversation.ladder()           the whole of it, as RFC 9293 draws it

Everything is worked out from the segments when it is first asked for.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from chatkit.errors import MisuseError
from chatkit.tcp.episodes import ZeroWindow, zero_windows
from chatkit.tcp.flight import Flight, Shifts, flight, shifts, window
from chatkit.tcp.handshake import Handshake, handshake
from chatkit.tcp.judge import Judgement, Judgements, judge
from chatkit.tcp.lines import Line, lines
from chatkit.tcp.rtt import RttSample, rtt_samples
from chatkit.tcp.segment import Endpoint, Flag, Segment, at
from chatkit.tcp.segments import Segments
from chatkit.tcp.sequence import add, distance
from chatkit.tcp.split import split
from chatkit.tcp.stream import Piece, Stream, reassemble
from chatkit.tcp.teardown import Teardown, teardown

if TYPE_CHECKING:  # imported when somebody asks for them: whoever wants only streams does not wait for pictures
    from chatkit.tcp.history import History
    from chatkit.tcp.ladder import Ladder
    from chatkit.tcp.states import Possible


class Endpoints(NamedTuple):
    """Who opened, and who was called. Where no SYN was captured: who was seen first, and the other."""

    client: Endpoint
    server: Endpoint


class States(NamedTuple):
    """What the capture tells about both ends after one segment."""

    client: "Possible"
    server: "Possible"


class Relative(NamedTuple):
    """Numbers counted from the ISNs, as Wireshark shows them; `ack` is None without the ACK flag."""

    seq: int
    ack: int | None


@dataclass(frozen=True)
class Found:
    """Bytes that were looked for, and where they lie."""

    sender: Endpoint
    offset: int  # of the first byte in the sender's stream
    parts: tuple[Piece, ...]  # more than one where the bytes are cut by a segment's edge

    @property
    def segment(self) -> Segment:
        """The segment that carries the first byte."""
        return self.parts[0].segment

    @property
    def start(self) -> int:
        """Where the first byte lies in that segment's payload, counted from 0."""
        return self.parts[0].start

    def __repr__(self) -> str:
        frames = ", ".join(str(part.segment.frame) for part in self.parts)
        return (
            f"<Found in frame {frames}, at byte {self.start} of its payload: byte {self.offset} from {at(self.sender)}>"
        )


@dataclass(frozen=True, repr=False)
class Conversation:
    """The segments between two endpoints, in the order of the capture."""

    segments: Segments
    source: str  # what kind of evidence they are, as their capture says it

    def __init__(self, segments: Iterable[Segment], source: str = "") -> None:
        object.__setattr__(self, "segments", Segments.of(segments))
        object.__setattr__(self, "source", source)
        if not self.segments:
            raise MisuseError("a conversation of no segments; it takes at least one")

    @cached_property
    def endpoints(self) -> Endpoints:
        """(client, server)."""
        opening = self.segments.with_flags(Flag.SYN)
        first = opening[0] if opening else self.segments[0]
        if opening and first.flags & Flag.ACK:
            return Endpoints(first.destination, first.source)
        return Endpoints(first.source, first.destination)

    @property
    def client(self) -> Endpoint:
        """The end that opened."""
        return self.endpoints.client

    @property
    def server(self) -> Endpoint:
        """The end that was called."""
        return self.endpoints.server

    @cached_property
    def handshake(self) -> Handshake | None:
        """The three segments that opened it, or None if not all of them were captured."""
        return handshake(self.segments)

    @cached_property
    def teardown(self) -> Teardown:
        """How it ended, as far as the capture goes."""
        return teardown(self.segments)

    def isn(self, endpoint: Endpoint) -> int | None:
        """The number of the endpoint's SYN; None if that was not captured, nor a SYN,ACK that answers it."""
        return self._isns[self._checked(endpoint)]

    def relative(self, segment: Segment) -> Relative:
        """The segment's numbers counted from the ISNs; where a SYN was not captured, the first byte seen is 1."""
        seq = distance(self._base(segment), segment.seq)
        if not segment.flags & Flag.ACK:
            return Relative(seq, None)
        return Relative(seq, distance(self._bases[segment.destination], segment.ack))

    def sent_by(self, endpoint: Endpoint) -> Segments:
        """The segments of one direction."""
        return self.segments.sent_by(self._checked(endpoint))

    def stream(self, endpoint: Endpoint) -> bytes:
        """The bytes that the endpoint sent, up to the first gap in the capture."""
        return self.reassembled(endpoint).data

    def reassembled(self, endpoint: Endpoint) -> Stream:
        """The bytes that the endpoint sent, with the segments that brought them, and with the gaps."""
        return self._streams[self._checked(endpoint)]

    def find(self, data: bytes) -> tuple[Found, ...]:
        """Every place where these bytes lie in a stream, in the order of their offsets, the client's first."""
        if not data:
            raise MisuseError("no bytes to look for")
        return tuple(found for endpoint in self.endpoints for found in self._find(endpoint, data))

    def lines(self, endpoint: Endpoint | None = None) -> tuple[Line, ...]:
        """The lines that the endpoint wrote, or both, in the order in which they were complete."""
        ends = self.endpoints if endpoint is None else (self._checked(endpoint),)
        found = [line for end in dict.fromkeys(ends) for line in lines(self.reassembled(end), end)]
        return tuple(sorted(found, key=lambda line: line.completed_by.frame))

    @cached_property
    def states(self) -> tuple[States, ...]:
        """The states of both ends after each segment: as many as there are segments."""
        states: list[States] = []
        for moment in self.history.moments:
            if not moment.sent:
                states.pop()  # an earlier segment arrives before the next is sent
            states.append(States(moment.client, moment.server))
        return tuple(states)

    @cached_property
    def history(self) -> "History":
        """The states of both ends from before the first segment to after the last, with late arrivals."""
        from chatkit.tcp.history import follow

        return follow(self.segments, self.client)

    @cached_property
    def judgements(self) -> tuple[Judgements, ...]:
        """What an observer calls each segment: as many sets as there are segments."""
        return tuple(judge(self.segments))

    def judged(self, judgement: Judgement) -> tuple[Segment, ...]:
        """The segments that are called so."""
        return tuple(s for s, verdict in zip(self.segments, self.judgements, strict=True) if judgement in verdict)

    def rtts(self, endpoint: Endpoint) -> tuple[RttSample, ...]:
        """The round trips that the endpoint's segments measure, in the order of their ACKs."""
        return rtt_samples(self.segments, self._checked(endpoint))

    def flight(self, endpoint: Endpoint) -> tuple[Flight, ...]:
        """What the endpoint has in flight after each segment, and may send: as many as there are segments."""
        return flight(self.segments, self._checked(endpoint), self._bases.get(endpoint))

    def window(self, segment: Segment) -> int | None:
        """The segment's window in bytes, scaled; None where the SYNs that tell the scale were not captured."""
        return window(segment, self._shifts)

    def zero_windows(self, endpoint: Endpoint) -> tuple[ZeroWindow, ...]:
        """The times in which the endpoint advertised a window of 0."""
        return zero_windows(zip(self.segments, self.judgements, strict=True), self._checked(endpoint))

    def ladder(
        self,
        *,
        relative: bool = False,
        data: bool = True,
        rows: int | None = 60,
        highlight: int | None = None,
        names: Mapping[Endpoint, str] | None = None,
        frames: bool = False,
    ) -> "Ladder":
        """Draw it; see `Ladder` for what the options mean."""
        from chatkit.tcp.ladder import Ladder

        return Ladder(self, relative, data, rows, highlight, names or {}, frames)

    def __repr__(self) -> str:
        sizes = " and ".join(f"{self.reassembled(endpoint).end}" for endpoint in self.endpoints)
        opened = "" if self.handshake else ", handshake not all captured"
        return (
            f"<Conversation {at(self.client)} > {at(self.server)}: {len(self.segments)} segments, "
            f"{sizes} bytes{opened}, {self.teardown.ending.value}>"
        )

    def _repr_html_(self) -> str:
        return self.ladder()._repr_html_()

    @cached_property
    def _isns(self) -> dict[Endpoint, int | None]:
        isns: dict[Endpoint, int | None] = dict.fromkeys(self.endpoints)
        for segment in self.segments.with_flags(Flag.SYN):
            if isns[segment.source] is None:
                isns[segment.source] = segment.seq
            if segment.flags & Flag.ACK and isns[segment.destination] is None:
                isns[segment.destination] = add(segment.ack, -1)
        return isns

    def _base(self, segment: Segment) -> int:
        """What the segment's number is counted from: a RST from before its sender's SYN has nothing to do with that."""
        syns = self.sent_by(segment.source).with_flags(Flag.SYN) if segment.flags & Flag.RST else ()
        return add(segment.seq, -1) if syns and segment.frame < syns[0].frame else self._bases[segment.source]

    @cached_property
    def _bases(self) -> dict[Endpoint, int]:
        """What relative numbers are counted from."""
        bases = {endpoint: isn for endpoint, isn in self._isns.items() if isn is not None}
        for segment in self.segments:
            if len(bases) == 2:
                break
            bases.setdefault(segment.source, add(segment.seq, -1))
            if segment.flags & Flag.ACK:
                bases.setdefault(segment.destination, add(segment.ack, -1))
        return bases

    @cached_property
    def _shifts(self) -> Shifts:
        return shifts(self.segments)

    @cached_property
    def _streams(self) -> dict[Endpoint, Stream]:
        return {endpoint: reassemble(self.sent_by(endpoint), self._isns[endpoint]) for endpoint in self.endpoints}

    def _find(self, endpoint: Endpoint, data: bytes) -> Iterator[Found]:
        stream = self.reassembled(endpoint)
        offset = stream.data.find(data)
        while offset >= 0:
            yield Found(endpoint, offset, stream.between(offset, offset + len(data)))
            offset = stream.data.find(data, offset + 1)

    def _checked(self, endpoint: Endpoint) -> Endpoint:
        if endpoint not in self.endpoints:
            raise MisuseError(
                f"{endpoint} is not in this conversation, which is between {at(self.client)} and {at(self.server)}"
            )
        return endpoint


def conversations(segments: Iterable[Segment], source: str = "") -> list[Conversation]:
    """Sort segments into conversations, in the order of their first segments."""
    return [Conversation(part, source) for part in split(Segments.of(segments))]
