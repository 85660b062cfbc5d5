"""How a conversation was opened: SYN, SYN,ACK, ACK (RFC 9293, section 3.5), and what both ends settled by it.

Where both ends open at once, as in RFC 9293's Figure 7, each sends a SYN and then a SYN,ACK.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, NamedTuple, TypeVar

from chatkit.tcp.flight import shifts
from chatkit.tcp.options import Options
from chatkit.tcp.segment import Endpoint, Flag, Segment
from chatkit.tcp.segments import Segments
from chatkit.tcp.sequence import distance

MSS_IPV4, MSS_IPV6 = 536, 1220  # bytes, for an end that does not say (RFC 9293, section 3.7.1)
TIMESTAMP_BYTES = 12  # of options in each segment: ten, and two to fill the word (RFC 7323, appendix A)

T = TypeVar("T")


class Both(NamedTuple, Generic[T]):
    """The same of either end."""

    client: T
    server: T


@dataclass(frozen=True, slots=True)
class Agreed:
    """What holds for the connection, because both ends have offered it."""

    scales: Both[int] | None  # by how many bits the windows of each are shifted; None: they are not scaled
    sack: bool
    timestamps: bool
    mss: Both[int]  # bytes of payload that each may put into a segment; its own link may allow less


@dataclass(frozen=True, slots=True)
class Handshake:
    """The three segments that open a connection; where both ends open at once, `ack` is a SYN,ACK too."""

    syn: Segment
    synack: Segment
    ack: Segment
    syns: tuple[Segment, ...]  # every segment with a SYN, of either end, copies too

    @property
    def rtt(self) -> float:
        """Seconds of one round trip, seen from anywhere on the way: what the SYN took to be answered by the server,
        and what the server's SYN took to be answered by the client."""
        calls = [s for s in self.syns if s.source == self.synack.source and not s.flags & Flag.ACK]
        called = calls[-1] if calls else self.synack
        return (self.synack.time - self.syn.time) + (self.ack.time - called.time)

    @property
    def active(self) -> tuple[Endpoint, ...]:
        """Who opened, by a SYN that is no answer: one end, or both in a simultaneous open, the first first."""
        return tuple(dict.fromkeys(syn.source for syn in self.syns if not syn.flags & Flag.ACK))

    @property
    def is_simultaneous(self) -> bool:
        """Whether both ends opened at once."""
        return len(self.active) > 1

    @property
    def attempts(self) -> tuple[Segment, ...]:
        """The client's SYN and its repetitions."""
        return tuple(s for s in self.syns if s.source == self.syn.source and not s.flags & Flag.ACK)

    @property
    def waits(self) -> tuple[float, ...]:
        """Seconds between the attempts: each about twice the one before it (RFC 6298, section 5.5)."""
        return tuple(after.time - before.time for before, after in pairwise(self.attempts))

    @property
    def options(self) -> Both[Options]:
        """What each end offers."""
        return Both(self.syn.options, self.synack.options)

    @property
    def agreed(self) -> Agreed | None:
        """What the two offers settle; None where the capture has cut them."""
        client, server = self.options
        if client.is_cut or server.is_cut:
            return None
        is_scaled = client.window_scale is not None and server.window_scale is not None
        counts = shifts((self.syn, self.synack))
        has_timestamps = client.timestamps is not None and server.timestamps is not None
        return Agreed(
            Both(counts[self.syn.source], counts[self.synack.source]) if is_scaled else None,
            client.sack_permitted and server.sack_permitted,
            has_timestamps,
            Both(self._largest(server, has_timestamps), self._largest(client, has_timestamps)),
        )

    def _largest(self, receiver: Options, has_timestamps: bool) -> int:
        """RFC 6691, section 2: an MSS says nothing about options, so who sends them makes room for them."""
        default = MSS_IPV6 if ":" in self.syn.source[0] else MSS_IPV4
        return (default if receiver.mss is None else receiver.mss) - (TIMESTAMP_BYTES if has_timestamps else 0)

    @property
    def early_data(self) -> bytes:
        """What the client sent with its SYN, before anybody had answered (RFC 7413)."""
        return self.syn.payload

    @property
    def accepted(self) -> int:
        """How many bytes of it the SYN,ACK acknowledges; the others are sent again."""
        return max(0, distance(self.syn.first_byte, self.synack.ack))

    def __iter__(self) -> Iterator[Segment]:
        return iter((self.syn, self.synack, self.ack))

    def __repr__(self) -> str:
        frames = ", ".join(str(segment.frame) for segment in self)
        how = ", both ends open at once" if self.is_simultaneous else ""
        again = f", SYN sent {len(self.attempts)} times" if len(self.attempts) > 1 else ""
        return f"<Handshake in frames {frames}: rtt {self.rtt * 1000:.3f} ms{how}{again}>"


def handshake(segments: Sequence[Segment]) -> Handshake | None:
    """Find SYN, SYN,ACK and ACK; None if one of them is not there."""
    segments = Segments.of(segments)
    syns = tuple(segments.with_flags(Flag.SYN))
    opening = next((syn for syn in syns if not syn.flags & Flag.ACK), None)
    synack = next((syn for syn in syns if opening and _answers(syn, opening)), None)
    if opening is None or synack is None:
        return None
    at = next((n for n, s in enumerate(segments) if s.source == opening.source and _acknowledges(s, synack)), None)
    if at is None:
        return None
    before = tuple(segments[:at].with_flags(Flag.SYN))
    return Handshake(*_last_copies(before, opening, synack), segments[at], syns)


def _answers(synack: Segment, syn: Segment) -> bool:
    """Whether it acknowledges the SYN, with all, some or none of the data that came in it."""
    is_from_other = synack.source == syn.destination
    return is_from_other and bool(synack.flags & Flag.ACK) and 0 < distance(syn.seq, synack.ack) <= syn.length


def _last_copies(before: Sequence[Segment], opening: Segment, synack: Segment) -> tuple[Segment, Segment]:
    """The SYN and SYN,ACK that were answered: after a loss, the last that were sent (Karn's rule would take none)."""
    syn, answer, latest = opening, None, opening
    for segment in before:
        if segment.source == opening.source and segment.seq == opening.seq and not segment.flags & Flag.ACK:
            latest = segment
        elif _answers(segment, opening):
            syn, answer = latest, segment
    return (syn, answer) if answer else (latest, synack)


def _acknowledges(segment: Segment, other: Segment) -> bool:
    return bool(segment.flags & Flag.ACK) and not segment.flags & Flag.RST and distance(other.end, segment.ack) >= 0
