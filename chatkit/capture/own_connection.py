"""The frames of one connection and of no other, kept as they come, for whoever held one of its ends.

    10.0.0.2:40000 > 10.0.0.9:9898    two endpoints, which may have had a connection before, and may have one again
    SYN seq=4711                      so its numbers tell it from those (RFC 9293, section 3.4.1)

A frame is kept only up to the end of its datagram: what a network card pads it with may be anybody's.
"""

from dataclasses import replace

from chatkit.capture import pcap
from chatkit.capture.capture import Capture
from chatkit.capture.datagram import datagram_at
from chatkit.capture.frame import Frame
from chatkit.capture.link import datagram_start
from chatkit.capture.ongoing import beyond_limit
from chatkit.tcp.segment import Endpoint, Flag, Segment, at
from chatkit.tcp.sequence import distance

MAX_BYTES = 8 * 1024 * 1024  # of one connection; further frames are only counted

_REACH = 1 << 24  # sequence numbers: more than can be under way, and a small part of all that there are


class OwnConnection:
    """One connection, from its SYN on; `add` takes what continues it."""

    def __init__(self, syn: Segment, frame: Frame, lost: int = 0, limit: int = MAX_BYTES) -> None:
        self.client, self.server = syn.source, syn.destination
        self.began = self.latest = frame.nanoseconds  # since 1970
        self._isn, self._link_type, self._limit = syn.seq, frame.link_type, limit
        self._reached: dict[Endpoint, int] = {syn.source: syn.seq}  # the highest number of each end so far
        self._closed: set[Endpoint] = set()  # the ends that sent FIN
        self._is_reset = self._is_full = False
        self._records = bytearray()  # as a pcap file has them: a frame is no object here, there are too many
        self._left_out, self._lost_before = 0, lost

    @property
    def size(self) -> int:
        """Bytes that it takes here."""
        return len(self._records)

    @property
    def is_over(self) -> bool:
        """Whether both ends have sent FIN, or one RST."""
        return self._is_reset or len(self._closed) == 2

    @property
    def is_open(self) -> bool:
        """Whether the server has answered, and it is not over."""
        return len(self._reached) == 2 and not self.is_over

    def is_continued_by(self, segment: Segment) -> bool:
        """Whether the numbers of the segment are near those that came before."""
        if segment.flags & Flag.SYN and not segment.flags & Flag.ACK:
            return (segment.source, segment.seq) == (self.client, self._isn)
        is_acked = not segment.flags & Flag.ACK or self._is_near(segment.destination, segment.ack)
        return is_acked and self._is_near(segment.source, segment.seq)

    def add(self, segment: Segment, frame: Frame, has_room: bool = True) -> None:
        """Keep the frame of a segment that continues it; after one for which there is no room, no other."""
        self.latest = frame.nanoseconds
        self._note(segment)
        record = pcap.record(_without_padding(frame))
        self._is_full |= not has_room or self.size + len(record) > self._limit
        if self._is_full:
            self._left_out += 1
        else:
            self._records += record

    def capture(self, lost: int = 0) -> Capture:
        """What there is by now; `lost` is how many frames the kernel has lost, of all connections together."""
        frames = pcap.RecordReader().feed(pcap.header(self._link_type) + self._records)
        lost -= self._lost_before
        remarks = [f"the kernel lost {lost} frames of all clients meanwhile, maybe some of these"] if lost else []
        remarks += beyond_limit(self._left_out, self.size)
        return Capture(frames, self._source(), lost + self._left_out, tuple(remarks))

    def _source(self) -> str:
        state = "" if self.is_over else ", still open"
        return f"caught by the server, one connection alone: {at(self.client)} > {at(self.server)}{state}"

    def _is_near(self, end: Endpoint, number: int) -> bool:
        reached = self._reached.get(end)
        return reached is None or abs(distance(reached, number)) < _REACH

    def _note(self, segment: Segment) -> None:
        reached = self._reached.setdefault(segment.source, segment.end)
        if distance(reached, segment.end) > 0:
            self._reached[segment.source] = segment.end
        if segment.flags & Flag.FIN:
            self._closed.add(segment.source)
        self._is_reset |= bool(segment.flags & Flag.RST)


def _without_padding(frame: Frame) -> Frame:
    """The frame up to the end of its datagram; that is all where a capture has cut it before."""
    datagram = datagram_at(frame.data, datagram_start(frame.link_type, frame.data) or 0, frame.length)
    assert datagram  # there is a segment in it
    return replace(frame, data=frame.data[: datagram.end], wire_length=datagram.end)
