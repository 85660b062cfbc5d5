"""What one end may send, and what it has on its way: the peer's window, and the bytes in flight.

    acknowledged       in flight          may still be sent
    -------------|--------------------|------------------------|
              SND.UNA              SND.NXT             right edge: SND.UNA + SND.WND

A header has 16 bits for the window. Both SYNs together settle by how many bits each end's are shifted (RFC 7323,
section 2), so a capture that lacks the SYNs does not tell how many bytes a window is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chatkit.tcp.bits import ACK, RST, SYN
from chatkit.tcp.segment import Endpoint, Segment
from chatkit.tcp.sequence import add, distance

MAX_SHIFT = 14  # bits; a larger count means this one (RFC 7323, section 2.3)

Shifts = Mapping[Endpoint, int]  # by how many bits the windows of an end are shifted; without those that are not known


@dataclass(frozen=True, slots=True)
class Flight:
    """How far one end was when this segment, of either end, had been seen."""

    segment: Segment
    in_flight: int  # sequence numbers sent and not acknowledged: bytes, and one for a SYN or FIN
    window: int | None  # bytes that the peer allows; None where its scale is not known, or it has said nothing
    right_edge: int | None  # the relative sequence number up to which the end may send


def shifts(segments: Sequence[Segment]) -> Shifts:
    """What the SYNs settle. One SYN without the option settles it too: nothing is shifted then."""
    syns = {segment.source: segment for segment in segments if int(segment.flags) & SYN}
    both = {end for syn in syns.values() for end in (syn.source, syn.destination)}
    counts = {end: syn.options.window_scale for end, syn in syns.items() if not syn.options.is_cut}
    if None in counts.values():
        return dict.fromkeys(both, 0)
    # A SYN,ACK has the option only if the SYN that it answers had it, so it needs no other witness.
    sure = {end for end, syn in syns.items() if len(counts) == 2 or int(syn.flags) & ACK}
    return {end: min(count, MAX_SHIFT) for end, count in counts.items() if count is not None and end in sure}


def window(segment: Segment, shifts: Shifts) -> int | None:
    """The segment's window in bytes, None where its scale is not known; that of a SYN has none (RFC 7323, 2.2)."""
    if int(segment.flags) & SYN or not segment.window:
        return segment.window
    shift = shifts.get(segment.source)
    return None if shift is None else segment.window << shift


def flight(segments: Sequence[Segment], endpoint: Endpoint, base: int | None = None) -> tuple[Flight, ...]:
    """What the endpoint has in flight after each segment: as many as there are segments.

    Relative numbers are counted from `base`: if it is None, so that the endpoint's first byte is 1.
    """
    return tuple(_flight(segments, endpoint, shifts(segments), base))


def _flight(segments: Sequence[Segment], endpoint: Endpoint, shifts: Shifts, base: int | None) -> Iterator[Flight]:
    sender = None if base is None else _Sender(base)
    allowed: int | None = None
    for segment in segments:
        if not int(segment.flags) & RST:
            if segment.source == endpoint:
                sender = sender or _Sender(add(segment.first_byte, -1))
                sender.send(segment)
            elif int(segment.flags) & ACK:
                sender = sender or _Sender(add(segment.ack, -1))
                if sender.hear(segment.ack):
                    allowed = window(segment, shifts)
        yield Flight(segment, *(sender.state(allowed) if sender else (0, None, None)))


@dataclass(slots=True)
class _Sender:
    """Places are counted from `base` and go on after 2^32, where numbers begin again."""

    base: int
    acked: int | None = None  # SND.UNA, as a place
    top: int = 0  # SND.NXT, as a place

    def send(self, segment: Segment) -> None:
        start = self._place(segment.seq)
        self.top = max(self.top, start + segment.length)
        if self.acked is None:
            self.acked = start

    def hear(self, ack: int) -> bool:
        """Whether the ACK is no older than the last: an older one does not take a window back (RFC 9293, 3.10.7.4)."""
        place = self._place(ack)
        if self.acked is not None and place < self.acked:
            return False
        self.acked = place
        self.top = max(self.top, place)  # what is acknowledged was sent, seen or not
        return True

    def state(self, allowed: int | None) -> tuple[int, int | None, int | None]:
        if self.acked is None:
            return 0, allowed, None
        return self.top - self.acked, allowed, None if allowed is None else self.acked + allowed

    def _place(self, number: int) -> int:
        """The place of a number that is near the highest."""
        return self.top + distance(add(self.base, self.top), number)
