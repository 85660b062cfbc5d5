"""A capture: frames, what kind of evidence they are, and all that can be read from them.

It is the same object whether it comes from a wire, an interface, or a file:

    capture.conversations[0].ladder()     segments and states
    capture.packets[3].show()             the same frames, as scapy sees them
    capture.save("mine.pcap")             and as Wireshark does
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chatkit.capture import pcap, pcapng_file
from chatkit.capture.doubles import may_have_doubles, without_doubles
from chatkit.capture.frame import ETHERNET, Frame
from chatkit.capture.packed import Packed
from chatkit.capture.scan import scan
from chatkit.capture.table import table
from chatkit.errors import CaptureError
from chatkit.tcp.conversation import Conversation, conversations
from chatkit.tcp.segment import Endpoint
from chatkit.tcp.segments import Segments

if TYPE_CHECKING:
    from chatkit.capture.fitness import Fitness

SHOWN = 10  # conversations


@dataclass(frozen=True, repr=False)
class Capture:
    """Frames in the order in which they were caught."""

    frames: Sequence[Frame]
    source: str  # a sentence for people: where the frames come from
    dropped: int = 0  # frames that the kernel, or the wire of a LAN, had to let go
    remarks: tuple[str, ...] = ()  # what could not be read or kept, and the like

    @classmethod
    def read(cls, path: str | Path) -> "Capture":
        """Read a pcap or pcapng file; CaptureError if it is neither."""
        return cls._of(pcap.read(Path(path)), f"read from the file {path}")

    @classmethod
    def decode(cls, data: bytes, source: str = "read from bytes") -> "Capture":
        """Read the bytes of such a file; CaptureError if they are of neither kind."""
        return cls._of(pcap.contents_of(data, "what was given"), source)

    def save(self, path: str | Path) -> Path:
        """Write a file with nanoseconds, for Wireshark and the like: pcapng if its name ends so, else pcap."""
        if Path(path).suffix.lower() == ".pcapng":
            pcapng_file.write(Path(path), self.frames, self.dropped, self.source)
            return Path(path)
        kinds = set(np.unique(self._packed.link_type).tolist())
        if len(kinds) > 1:
            raise CaptureError(f"frames of several link types ({sorted(kinds)}): a pcap file holds one, a .pcapng more")
        pcap.write(Path(path), self.frames, self.link_type)
        return Path(path)

    @property
    def link_type(self) -> int:
        """What kind of link the frames are from, as pcap files number it."""
        return self.frames[0].link_type if self.frames else ETHERNET

    @cached_property
    def segments(self) -> Segments:
        """The TCP segments, each once: copies that a loopback capture makes are left out."""
        return without_doubles(self.every_segment) if may_have_doubles(self._packed) else self.every_segment

    @cached_property
    def every_segment(self) -> Segments:
        """The TCP segments, with the copies that a loopback capture makes."""
        return scan(self._packed)

    @property
    def doubles(self) -> int:
        """How many segments were left out as copies."""
        return len(self.every_segment) - len(self.segments)

    @cached_property
    def conversations(self) -> tuple[Conversation, ...]:
        """The conversations, in the order in which they begin."""
        return tuple(conversations(self.segments, self.source))

    def conversation(self, port: int | None = None, *, by: Endpoint | None = None) -> Conversation:
        """The first conversation that has an end on this port, and of this endpoint if one is given."""
        for talk in self.conversations:
            if port in (None, *(own for _, own in talk.endpoints)) and (by is None or by in talk.endpoints):
                return talk
        raise CaptureError(f"no conversation {_of(port, by)}in this capture; there is {self._ports_seen()}")

    def on_port(self, port: int) -> "Capture":
        """Only the frames with a segment from or to this port; they keep their numbers."""
        wanted = np.isin(self._packed.number, self.every_segment.with_port(port).frame)
        return replace(self, frames=self._packed.only(np.flatnonzero(wanted)))

    def frame(self, number: int) -> Frame:
        """The frame with this number."""
        places = np.flatnonzero(self._packed.number == number)
        if len(places):
            return self.frames[int(places[0])]
        raise CaptureError(f"no frame {number} in this capture; it has {len(self.frames)} frames")

    def has_frame(self, number: int) -> bool:
        """Whether there is a frame with this number."""
        return bool(np.any(self._packed.number == number))

    @cached_property
    def fitness(self) -> "Fitness":
        """Whether it is fit to be read, and if not what to do; `fitness(capture, port)` judges one port."""
        from chatkit.capture.fitness import fitness

        return fitness(self)

    @cached_property
    def packets(self) -> "Sequence[Any]":
        """The frames as scapy's packets, dissected when they are asked for: `capture.packets[3].show()`."""
        from chatkit.capture.packets import Packets

        return Packets(self.frames)

    @classmethod
    def _of(cls, contents: pcap.Contents, source: str) -> "Capture":
        return cls(contents.frames, source, contents.dropped, tuple(contents.remarks))

    @cached_property
    def _packed(self) -> Packed:
        return Packed.of(self.frames)

    def __len__(self) -> int:
        return len(self.frames)

    def __repr__(self) -> str:
        counts = f"{_count(self.frames, 'frame')}, {_count(self.conversations, 'conversation')}"
        lost = f", {self.dropped} frames lost by the kernel" if self.dropped else ""
        lines = [f"<Capture {self.source}: {counts}{lost}>", *(f"  {talk!r}" for talk in self.conversations[:SHOWN])]
        if len(self.conversations) > SHOWN:
            lines.append(f"  ... {len(self.conversations) - SHOWN} more")
        return "\n".join([*lines, *(f"  note: {remark}" for remark in self.remarks)])

    def _repr_html_(self) -> str:
        return table(self)

    def _ports_seen(self) -> str:
        ports = Counter(port for talk in self.conversations for _, port in {talk.server})
        return "none at all" if not ports else "one on port " + ", ".join(str(port) for port, _ in ports.most_common(5))


def _of(port: int | None, by: Endpoint | None) -> str:
    return (f"on port {port} " if port is not None else "") + (f"of {by} " if by else "")


def _count(things: Sequence[object], word: str) -> str:
    return f"{len(things)} {word}{'' if len(things) == 1 else 's'}"
