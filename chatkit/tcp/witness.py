"""Both ends of a conversation, followed where each segment was seen to leave and to arrive, as on the wire of a LAN.

`history` has to find out from a capture what arrived, and when. Here that is known, so what was lost never arrives, and
what was delayed arrives late. It can be told of a segment as it happens:

    witness = Witness(segments[0])
    witness.leaves(segments[0])
    witness.arrives(segments[0])
    witness.states                  of both ends, after each of these
"""

from collections.abc import Iterable, Iterator

from chatkit.tcp.bits import ACK, SYN
from chatkit.tcp.history import Pairs, beginning, ends_of, resolved
from chatkit.tcp.observer import End, Happening
from chatkit.tcp.segment import Endpoint, Segment
from chatkit.tcp.states import Event, Possible


class Witness:
    """Follows both ends of the conversation that begins with the segment `first`.

    `foreseen` are all segments, in the order in which they left, where they are known already: only what comes after an
    RST tells whether it was obeyed, or forged and ignored (RFC 5961, section 3.2).
    """

    def __init__(self, first: Segment, foreseen: Iterable[Segment] = ()) -> None:
        self.client: Endpoint = first.destination if int(first.flags) & SYN and int(first.flags) & ACK else first.source
        self._ends = (End(0), End(1))
        self._numbers: dict[int, int] = {}  # of a frame, in the order in which they left
        for segment in foreseen:
            self._ends[segment.source != self.client].foresee(self._number(segment), segment)
        if not int(first.flags) & SYN:
            for end in self._ends:
                end.heard.add(Event.HEARS_ACK_OF_SYN)
        self._known: list[Pairs] = [beginning([first], self.client)]  # before the first of `_open`, and after each
        self._open: list[tuple[Happening, ...]] = []  # of which later ones may tell more
        self._settled: list[tuple[Possible, Possible]] = []

    @property
    def states(self) -> list[tuple[Possible, Possible]]:
        """(client, server) after each that was told, as far as is known by now."""
        return self._settled + [ends_of(pairs) for pairs in self._known[1:]]

    def leaves(self, segment: Segment) -> None:
        """The segment came out of its sender."""
        sender, receiver = self._sides(segment)
        self._add((sender.side, event) for event in sender.sends(self._number(segment), segment, receiver))

    def arrives(self, segment: Segment) -> None:
        """The segment, or a copy of it, was handed to its receiver."""
        sender, receiver = self._sides(segment)
        self._add((receiver.side, event) for event in receiver.hears(self._number(segment), segment, sender))

    def _sides(self, segment: Segment) -> tuple[End, End]:
        """(sender, receiver)."""
        side = int(segment.source != self.client)
        return self._ends[side], self._ends[1 - side]

    def _number(self, segment: Segment) -> int:
        return self._numbers.setdefault(segment.frame, len(self._numbers))

    def _add(self, happenings: Iterator[Happening]) -> None:
        self._open.append(tuple(happenings))
        self._known = resolved(self._known[0], self._open)
        if len(self._known[-1]) == 1:  # nothing that comes later can tell more about what led here
            self._settled += [ends_of(pairs) for pairs in self._known[1:]]
            self._known, self._open = self._known[-1:], []

