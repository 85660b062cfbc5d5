"""What was caught: the bytes of one frame, and when."""

from dataclasses import dataclass

ETHERNET = 1  # link types have the numbers that pcap files give them


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a capture."""

    number: int  # in its capture, counted from 1 as Wireshark does
    nanoseconds: int  # since 1970
    data: bytes
    link_type: int = ETHERNET
    wire_length: int = 0  # bytes on the wire; 0 where that is not known to differ from what was captured

    @property
    def time(self) -> float:
        """Seconds since 1970, as exactly as a float can have it: to about a quarter of a microsecond."""
        return self.nanoseconds / 1e9

    @property
    def length(self) -> int:
        """Bytes on the wire: more than were captured where the capture cut the frame."""
        return max(self.wire_length, len(self.data))

    def __repr__(self) -> str:
        cut = f", {len(self.data)} of them captured" if self.length > len(self.data) else ""
        return f"<Frame {self.number}: {self.length} bytes{cut}>"
