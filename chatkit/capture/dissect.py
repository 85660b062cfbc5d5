"""Frame -> segment: through the link's header and IP's to TCP's.

    | link | IP header | TCP header | options | payload | padding |

A datagram that came in fragments is put together first; its segment belongs to the frame that completed it.
"""

from collections.abc import Iterable, Iterator
from struct import Struct

from chatkit.capture.datagram import TCP, UDP, Datagram, datagram_at
from chatkit.capture.fragments import Fragments
from chatkit.capture.frame import Frame
from chatkit.capture.link import datagram_start
from chatkit.tcp.options import Options
from chatkit.tcp.segment import Flag, Segment

_HEADER = Struct("!HHIIBBHHH")  # ports, seq, ack, offset, flags, window, checksum, urgent pointer


def segments_in(frames: Iterable[Frame]) -> Iterator[Segment]:
    """The segments that the frames of one capture carry, in their order, also those that came in fragments."""
    fragments = Fragments()
    for frame in frames:
        datagram, data = _datagram_in(frame), frame.data
        if datagram and datagram.fragment:
            data, datagram = fragments.add(frame, datagram) or (b"", None)
        if segment := _segment(frame, data, datagram):
            yield segment


def segment_in(frame: Frame) -> Segment | None:
    """The segment that the frame alone carries; None where that is no segment, a part of one, or too little of one to
    read its header."""
    return _segment(frame, frame.data, _datagram_in(frame))


def ports_in(frame: Frame) -> tuple[int, ...]:
    """The ports of the TCP segment or UDP datagram in the frame, or none; the rest is not read."""
    datagram = _datagram_in(frame)
    if datagram is None or datagram.protocol not in (TCP, UDP) or (datagram.fragment and datagram.fragment.offset):
        return ()
    ports = frame.data[datagram.start : min(datagram.start + 4, datagram.end)]
    return (int.from_bytes(ports[:2], "big"), int.from_bytes(ports[2:], "big")) if len(ports) == 4 else ()


def _datagram_in(frame: Frame) -> Datagram | None:
    start = datagram_start(frame.link_type, frame.data)
    return None if start is None else datagram_at(frame.data, start, frame.length)


def _segment(frame: Frame, data: bytes, datagram: Datagram | None) -> Segment | None:
    if datagram is None or datagram.protocol != TCP or datagram.fragment:
        return None
    start = datagram.start
    if len(data) < start + 20:
        return None
    source, destination, seq, ack, offset, flags, window, _, urgent = _HEADER.unpack_from(data, start)
    header = (offset >> 4) * 4
    if header < 20 or start + header > datagram.end:
        return None
    payload = data[start + header : datagram.end]
    return Segment(
        frame=frame.number,
        time=frame.time,
        source=(datagram.source, source),
        destination=(datagram.destination, destination),
        seq=seq,
        ack=ack,
        flags=Flag(flags),
        window=window,
        payload=payload,
        options=Options.decode(data[start + 20 : start + header], header - 20),
        urgent=urgent,
        uncaptured=max(0, datagram.end - start - header - len(payload)),
        ip_id=datagram.identification,
    )
