"""Conversations made for tests, segment by segment, and captures of them: frames with Ethernet and IP around each.

    capture = caught(Ends(client_isn=100, server_isn=300).chat())
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import ip_address
from itertools import count
from struct import pack

from chatkit.capture.capture import Capture
from chatkit.capture.frame import Frame
from chatkit.tcp.options import Options
from chatkit.tcp.segment import Endpoint, Flag, Segment
from chatkit.tcp.sequence import add

SYN, ACK, FIN, RST, PSH = Flag.SYN, Flag.ACK, Flag.FIN, Flag.RST, Flag.PSH
ANN: Endpoint = ("10.0.0.1", 40000)
SERVER: Endpoint = ("10.0.0.9", 9898)
HELLO = b"HELLO chat/1 type JOIN and your name\n"


@dataclass(frozen=True)
class Ends:
    """Both ends of a conversation that is to be made; each method gives one segment, its frame number still 0."""

    client_isn: int
    server_isn: int
    client: Endpoint = ANN
    server: Endpoint = SERVER

    def up(self, flags: Flag, seq: int, ack: int = 0, payload: bytes = b"") -> Segment:
        """From the client, with relative numbers."""
        own, other = add(self.client_isn, seq), add(self.server_isn, ack) if flags & ACK else 0
        return Segment(0, 0.0, self.client, self.server, own, other, flags, 64, payload)

    def down(self, flags: Flag, seq: int, ack: int = 0, payload: bytes = b"") -> Segment:
        """From the server, with relative numbers."""
        own, other = add(self.server_isn, seq), add(self.client_isn, ack) if flags & ACK else 0
        return Segment(0, 0.0, self.server, self.client, own, other, flags, 64, payload)

    def handshake(self) -> list[Segment]:
        """SYN, SYN,ACK, ACK."""
        return [self.up(SYN, 0), self.down(SYN | ACK, 0, 1), self.up(ACK, 1, 1)]

    def chat(self, said: bytes = b"JOIN ann\n", hello: bytes = HELLO) -> list[Segment]:
        """The whole of a chat: the server greets, the client says something and leaves."""
        here, there = 1 + len(said), 1 + len(hello)
        return [
            *self.handshake(),
            self.down(PSH | ACK, 1, 1, hello), self.up(ACK, 1, there),
            self.up(PSH | ACK, 1, there, said), self.down(ACK, there, here),
            self.up(FIN | ACK, here, there), self.down(FIN | ACK, there, here + 1), self.up(ACK, here + 1, there + 1),
        ]  # fmt: skip


def caught(segments: Iterable[Segment], source: str = "made for a test") -> Capture:
    """A capture of these segments, a millisecond apart and numbered from 1."""
    numbered = (replace(s, frame=number, ip_id=number) for number, s in zip(count(1), segments, strict=False))
    return Capture(tuple(frame_of(segment, segment.frame) for segment in numbered), source)


def caught_twice(segments: Iterable[Segment]) -> Capture:
    """As loopback shows them: every frame twice, a few microseconds apart."""
    frames = []
    for number, segment in zip(count(1), segments, strict=False):
        first = frame_of(replace(segment, ip_id=number), 2 * number - 1)
        frames += [first, replace(first, number=2 * number, nanoseconds=first.nanoseconds + 4_000)]
    return Capture(tuple(frames), "made for a test, every frame twice")


def frame_of(segment: Segment, number: int) -> Frame:
    """The frame that carries the segment over Ethernet; without a time, a millisecond after the one before it."""
    source, destination = ip_address(segment.source[0]), ip_address(segment.destination[0])
    datagram = _tcp(segment)
    if source.version == 4:
        ident = segment.ip_id or 0
        ip = pack("!BBHHHBBH", 0x45, 0, 20 + len(datagram), ident, 0, 64, 6, 0) + source.packed + destination.packed
    else:
        ip = pack("!IHBB", 6 << 28, len(datagram), 6, 64) + source.packed + destination.packed
    ethernet = bytes(12) + (b"\x08\x00" if source.version == 4 else b"\x86\xdd")
    passed = round(segment.time * 1e9) or number * 1_000_000
    return Frame(number, 1_700_000_000_000_000_000 + passed, ethernet + ip + datagram)


def _tcp(segment: Segment) -> bytes:
    ports = segment.source[1], segment.destination[1]
    options = _options(segment.options)
    size = 5 + len(options) // 4 << 4
    header = pack("!HHIIBBHHH", *ports, segment.seq, segment.ack, size, segment.flags, segment.window, 0, 0)
    return header + options + segment.payload


def _options(options: Options) -> bytes:
    """The two that settle sizes: MSS, and the window scale."""
    mss = b"" if options.mss is None else pack("!BBH", 2, 4, options.mss)
    return mss + (b"" if options.window_scale is None else pack("!BBBB", 1, 3, 3, options.window_scale))
