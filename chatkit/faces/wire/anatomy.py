"""The bytes of one frame, field by field: what each of them is, what it says, and which RFC says so.

    anatomy_in(capture, 12)                        with all that its conversation tells: scaled window, chat lines
    anatomy(frame)                                 what the bytes alone tell

    IPv4
      22          40                 Time to live   64
    Payload
      66 to 74    4a 4f 49 4e 20 …   Chat line      "JOIN bob\\n"  (a whole line)

It reads any bytes: of a frame that is cut or damaged it gives what is there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from chatkit.capture.capture import Capture
from chatkit.capture.datagram import TCP, Datagram, datagram_at
from chatkit.capture.dissect import segment_in
from chatkit.capture.frame import Frame
from chatkit.capture.link import datagram_start
from chatkit.faces.wire.anatomy_page import page, text
from chatkit.faces.wire.field import Field, Header, Layer, Place, noted, number, read
from chatkit.faces.wire.field_table import PROTOCOLS, of_bytes
from chatkit.faces.wire.headers import arp_fields, ip_fields, link_fields, pseudo_header
from chatkit.faces.wire.options import TCP_OPTIONS, options
from chatkit.faces.wire.payload import payload_fields
from chatkit.lan.checksums import checksum
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.lines import Line
from chatkit.tcp.segment import Flag, Segment, at

TCP_HEADER = Header(
    Layer.TRANSPORT,
    "TCP",
    (
        Place("tcp.srcport", 0, 2),
        Place("tcp.dstport", 2, 2),
        Place("tcp.seq_raw", 4, 4),
        Place("tcp.ack_raw", 8, 4),
        Place("tcp.hdr_len", 12, 1, (0, 4), unit=4),
        Place("tcp.flags.res", 12, 1, (4, 8)),
        Place("tcp.flags", 13, 1),
        Place("tcp.window_size_value", 14, 2),
        Place("tcp.checksum", 16, 2),
        Place("tcp.urgent_pointer", 18, 2),
    ),
)
_ARP = 0x0806


@dataclass(frozen=True, repr=False)
class Anatomy:
    """A frame and its fields. It prints as a table, and draws itself in a notebook."""

    frame: Frame
    fields: tuple[Field, ...]
    title: str
    source: str = ""  # what kind of evidence it is

    @cached_property
    def named(self) -> dict[str, Field]:
        """The first field of each key."""
        return {field.key: field for field in reversed(self.fields)}

    def text(self) -> str:
        """All of it in words."""
        return text(self)

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return page(self)


def anatomy_in(capture: Capture, number: int) -> Anatomy:
    """The frame with this number, with all that the capture tells of it. CaptureError if there is none."""
    frame = capture.frame(number)
    for talk in capture.conversations:
        found = [segment for segment in talk.segments if segment.frame == number]
        if found:
            return anatomy(frame, found[0], talk.lines(found[0].source), talk)
    return replace(anatomy(frame), source=capture.source)


def anatomy(
    frame: Frame, segment: Segment | None = None, lines: Sequence[Line] = (), talk: Conversation | None = None
) -> Anatomy:
    """The fields of a frame.

    `segment` is what a capture made of it; `lines` are those of the segment's sender, `talk` the conversation: without
    them nothing is said of chat lines, relative numbers, and how the window is scaled.
    """
    segment = segment or segment_in(frame)
    data, start = frame.data, datagram_start(frame.link_type, frame.data)
    datagram = None if start is None else datagram_at(data, start, frame.length)
    fields = _headers(frame, start, datagram)
    if datagram and start is not None and datagram.protocol == TCP and not datagram.fragment:
        fields += _tcp(data, start, datagram, segment, talk)
        if segment:
            fields += payload_fields(data, _end(fields), min(datagram.end, len(data)), segment, lines, talk)
    fields += _rest(data, _end(fields), datagram)
    return Anatomy(frame, tuple(fields), _title(frame, segment, fields), talk.source if talk else "")


def _headers(frame: Frame, start: int | None, datagram: Datagram | None) -> list[Field]:
    """The link's, and then IP's, which begins at `start`, or ARP's."""
    data, fields = frame.data, link_fields(frame.link_type, frame.data, start)
    if start is not None:
        return fields + ip_fields(data, start, datagram)
    end = _end(fields)
    return fields + arp_fields(data, end) if number(data[end - 2 : end]) == _ARP else fields


def _end(fields: Sequence[Field]) -> int:
    """After the last byte that was read."""
    return max((field.end for field in fields), default=0)


# ---- TCP ----


def _tcp(
    data: bytes, start: int, datagram: Datagram, segment: Segment | None, talk: Conversation | None
) -> Iterator[Field]:
    begin = datagram.start
    fields = list(read(TCP_HEADER, data, begin))
    size = (data[begin + 12] >> 4) * 4 if begin + 12 < len(data) else 0
    notes = {"tcp.checksum": _verdict(data, start, datagram)}
    if segment and talk:
        notes |= _counted(segment, talk)
    if segment and Flag.ACK not in segment.flags:
        notes["tcp.ack_raw"] = "means nothing without the ACK flag"
    if begin + 12 < len(data) and (size < 20 or begin + size > datagram.end):
        notes["tcp.hdr_len"] = "can't be: the header would be shorter than 20 bytes, or longer than the datagram"
    yield from noted(fields, notes)
    yield from options(TCP_OPTIONS, data[: min(begin + size, datagram.end)], begin + 20)


def _counted(segment: Segment, talk: Conversation) -> dict[str, str]:
    """What the conversation tells of its numbers."""
    relative = talk.relative(segment)
    return {
        "tcp.seq_raw": f"relative: {relative.seq}",
        "tcp.ack_raw": f"relative: {relative.ack}",
        "tcp.window_size_value": _scaled(segment, talk.window(segment)),
    }


def _scaled(segment: Segment, window: int | None) -> str:
    if Flag.SYN in segment.flags:
        return "in bytes: the window of a SYN is never scaled"
    if window is None:
        return "how it is scaled stands in the SYNs, which this capture has not"
    return f"{of_bytes(window)}" + ("" if window == segment.window else ", scaled")


def _verdict(data: bytes, start: int, datagram: Datagram) -> str:
    """Whether TCP's checksum is right; a sender that leaves it to its card writes the pseudo header's sum there."""
    begin, end = datagram.start, datagram.end
    if end > len(data) or begin + 20 > end:
        return "not checked: the capture has not all of the segment"
    pseudo, segment = pseudo_header(data, start, datagram), data[begin:end]
    if checksum(pseudo + segment) == 0:
        return "right"
    if number(segment[16:18]) == ~checksum(pseudo) & 0xFFFF:
        return "not computed yet: it is left to the network card (offload), and loopback has none"
    right = checksum(pseudo + segment[:16] + bytes(2) + segment[18:])
    return f"wrong: 0x{right:04x} would be right"


# ---- what is left, and the whole ----


def _rest(data: bytes, at: int, datagram: Datagram | None) -> Iterator[Field]:
    """What was not read, and what stands behind the datagram."""
    end = min(datagram.end, len(data)) if datagram else len(data)
    if at < end:
        what = PROTOCOLS.get(datagram.protocol, f"protocol {datagram.protocol}") if datagram else ""
        words = f"{what}, {of_bytes(end - at)}" if what else of_bytes(end - at)
        note = "a fragment: a part of a datagram's payload" if datagram and datagram.fragment else ""
        yield Field(Layer.REST, "Not read here", "data", at, end, words, words, note=note)
    at = max(at, end)
    if at < len(data):
        words = of_bytes(len(data) - at)
        yield Field(Layer.REST, "Padding", "eth.padding", at, len(data), words, words)


def _title(frame: Frame, segment: Segment | None, fields: Sequence[Field]) -> str:
    cut = f", of which the capture has {len(frame.data)}" if frame.length > len(frame.data) else ""
    size = f"{of_bytes(frame.length)}{cut}"
    what = (
        f"{at(segment.source)} → {at(segment.destination)}, {segment.flags or 'no flags'}"
        if segment
        else " in ".join(dict.fromkeys(field.header for field in reversed(fields) if field.layer in _SHOWN))
    )
    return f"Frame {frame.number}: {size}" + (f", {what}" if what else "")


_SHOWN = (Layer.LINK, Layer.NETWORK, Layer.TRANSPORT)
