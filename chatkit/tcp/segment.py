"""One TCP segment as it was on the wire: its header's numbers, its payload, and the frame that brought it.

Everything is absolute, as the header has it; a `Conversation` knows the relative numbers.
"""

from dataclasses import dataclass
from enum import IntFlag

from chatkit.tcp.options import NONE, Options
from chatkit.tcp.sequence import add
from chatkit.tcp.visible import visible

Endpoint = tuple[str, int]  # (IP address, port)


class Flag(IntFlag):
    """The control bits, by their place in the header (RFC 9293, section 3.1)."""

    FIN = 0x01
    SYN = 0x02
    RST = 0x04
    PSH = 0x08
    ACK = 0x10
    URG = 0x20
    ECE = 0x40
    CWR = 0x80

    def __str__(self) -> str:
        """As the RFC writes them after CTL=: `SYN,ACK`."""
        return ",".join(flag.name for flag in Flag if flag in self and flag.name)


@dataclass(frozen=True, slots=True, repr=False)
class Segment:
    """What one frame carried from one endpoint to another."""

    frame: int  # the frame's number in its capture, counted from 1 as Wireshark does
    time: float  # seconds since 1970
    source: Endpoint
    destination: Endpoint
    seq: int  # SEG.SEQ
    ack: int  # SEG.ACK; means something only with the ACK flag
    flags: Flag
    window: int = 0  # SEG.WND as the header has it, not scaled
    payload: bytes = b""  # the bytes that were captured
    options: Options = NONE
    urgent: int = 0  # SEG.UP; means something only with the URG flag
    uncaptured: int = 0  # bytes of payload that were on the wire, but that the capture cut off
    ip_id: int | None = None  # identification of the IPv4 datagram: the same in two captured copies of one frame

    @property
    def size(self) -> int:
        """Bytes of payload on the wire."""
        return len(self.payload) + self.uncaptured

    @property
    def length(self) -> int:
        """SEG.LEN: how many sequence numbers it takes: one for each byte, one for SYN, one for FIN."""
        return self.size + bool(self.flags & Flag.SYN) + bool(self.flags & Flag.FIN)

    @property
    def end(self) -> int:
        """The sequence number after its last: what acknowledges all of it."""
        return add(self.seq, self.length)

    @property
    def first_byte(self) -> int:
        """The sequence number of its first byte of payload: a SYN comes before it."""
        return add(self.seq, bool(self.flags & Flag.SYN))

    def __repr__(self) -> str:
        data = f" {self.size} bytes {visible(self.payload, 24)}" if self.size else ""
        return f"<Segment in frame {self.frame}: {at(self.source)} > {at(self.destination)} {notation(self)}{data}>"


def at(endpoint: Endpoint) -> str:
    """`10.0.0.1:9898`, and `[::1]:9898`."""
    address, port = endpoint
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def notation(segment: Segment, seq: int | None = None, ack: int | None = None) -> str:
    """The segment in RFC 9293's notation, with other numbers than its own if they are given."""
    parts = [f"<SEQ={segment.seq if seq is None else seq}>"]
    if Flag.ACK in segment.flags:
        parts.append(f"<ACK={segment.ack if ack is None else ack}>")
    parts.append(f"<CTL={segment.flags}>")
    return "".join(parts)
