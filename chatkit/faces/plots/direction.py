"""One direction of a conversation, as the plots see it: what one end sends, and what its peer says to that.

    sent       the sender's segments     the place is that of their first byte
    answers    the peer's segments       the place is what they acknowledge

Times are in seconds since the first segment. Places are relative sequence numbers that go on after 2^32.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from chatkit.tcp.conversation import Conversation
from chatkit.tcp.flight import Flight
from chatkit.tcp.judge import Judgement, Judgements
from chatkit.tcp.segment import Endpoint, Flag, Segment, at
from chatkit.tcp.sequence import distance

AGAIN = (Judgement.RETRANSMISSION, Judgement.FAST_RETRANSMISSION)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a segment is in a plot."""

    segment: Segment
    verdict: Judgements
    time: float
    place: int

    @property
    def is_again(self) -> bool:
        """Whether it is sent once more."""
        return not self.verdict.isdisjoint(AGAIN)

    @property
    def is_reset(self) -> bool:
        return bool(self.segment.flags & Flag.RST)


@dataclass(frozen=True)
class Direction:
    """What one end sends, and what comes back."""

    conversation: Conversation
    sender: Endpoint
    names: Mapping[Endpoint, str] = field(default_factory=dict)  # what to call an endpoint

    @property
    def receiver(self) -> Endpoint:
        client, server = self.conversation.endpoints
        return server if self.sender == client else client

    @cached_property
    def sent(self) -> tuple[Spot, ...]:
        """The sender's segments: where they begin."""
        return tuple(self._spots(self.sender, lambda segment: self.conversation.relative(segment).seq))

    @cached_property
    def data(self) -> tuple[Spot, ...]:
        """Those of them that carry payload."""
        return tuple(spot for spot in self.sent if spot.segment.size and not spot.is_reset)

    @cached_property
    def sending(self) -> tuple[float, float]:
        """When the first and the last payload is seen; captures of several interfaces may have times that go back."""
        times = [spot.time for spot in self.data]
        return min(times), max(times)

    @cached_property
    def again(self) -> tuple[Spot, ...]:
        """What the sender sends once more, also a SYN or a FIN."""
        return called(self.sent, *AGAIN)

    @cached_property
    def answers(self) -> tuple[Spot, ...]:
        """The peer's segments: what they acknowledge; without the ACK flag, what was acknowledged before."""
        return tuple(self._spots(self.receiver, lambda segment: self.conversation.relative(segment).ack))

    @cached_property
    def flights(self) -> tuple[Flight, ...]:
        """What the sender has on its way after each segment."""
        return self.conversation.flight(self.sender)

    @cached_property
    def windows(self) -> tuple[Flight, ...]:
        """What the peer's ACKs allow, one by one; empty where the capture does not tell by how much they are scaled."""
        flights = [
            flight
            for flight in self.flights
            if flight.segment.source == self.receiver and flight.segment.flags & (Flag.ACK | Flag.RST) == Flag.ACK
        ]
        return tuple(flights) if all(flight.window is not None for flight in flights) else ()

    def since(self, segment: Segment) -> float:
        """When the segment was seen."""
        return segment.time - self.conversation.segments[0].time

    @cached_property
    def length(self) -> float:
        """How long the conversation takes."""
        return max(map(self.since, self.conversation.segments))

    def name(self, endpoint: Endpoint) -> str:
        """`ann 10.0.0.1:40000`."""
        return f"{self.names.get(endpoint, '')} {at(endpoint)}".strip()

    @property
    def heading(self) -> str:
        return f"what {self.name(self.sender)} sends to {self.name(self.receiver)}"

    @property
    def nothing(self) -> str:
        """What to say where there is nothing to draw."""
        return f"This capture has no data from {self.name(self.sender)}."

    @property
    def source(self) -> str:
        """What kind of evidence it is: a recorded capture must not pass for one's own."""
        return f"({self.conversation.source})" if self.conversation.source else ""

    def _spots(self, end: Endpoint, number: Callable[[Segment], int | None]) -> Iterator[Spot]:
        place = 0
        for segment, verdict in zip(self.conversation.segments, self.conversation.judgements, strict=True):
            if segment.source == end:
                relative = number(segment)
                place += 0 if relative is None else distance(place, relative)
                yield Spot(segment, verdict, self.since(segment), place)


def called(spots: Iterable[Spot], *judgements: Judgement) -> tuple[Spot, ...]:
    """Those that an observer calls one of these."""
    return tuple(spot for spot in spots if not spot.verdict.isdisjoint(judgements))


def direction(conversation: Conversation, sender: Endpoint | None, names: Mapping[Endpoint, str] | None) -> Direction:
    """Look at what this end sends; if none is given, at the end that sent more. Raises MisuseError."""
    if sender is None:
        sender = max(conversation.endpoints, key=lambda end: conversation.reassembled(end).end)
    conversation.sent_by(sender)  # complains of an endpoint that is not in the conversation
    return Direction(conversation, sender, names or {})
