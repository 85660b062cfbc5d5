"""What the wire did with every frame: its log, which is the best capture there is.

Each frame has one row. It is stamped by the kernel when it comes out of its sender, before any rule has seen it, and
again whenever the wire hands it to a host.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import islice
from typing import NamedTuple

MAX_BYTES = 256 * 1024 * 1024  # of memory, about; further frames are only counted

_ROW_BYTES = 300  # what Python needs for a row beside the data
_DELIVERY_BYTES = 120  # and for a delivery


class Fate(Enum):
    """What became of a frame. Where several things did, the log names the one that comes last in this list."""

    DELIVERED = "delivered"
    INJECTED = "injected"
    DELAYED = "delayed"
    DUPLICATED = "duplicated"
    REORDERED = "reordered"
    REWRITTEN = "rewritten"
    CORRUPTED = "corrupted"
    DROPPED = "dropped"


class Delivery(NamedTuple):
    """A frame, or a copy of one, that a host got."""

    host: str
    nanoseconds: int  # since 1970, just before it was handed over
    data: bytes


@dataclass(slots=True)
class Passage:
    """One frame on the wire. `sender` is empty if it was injected; `rule` names those that did something to it."""

    number: int  # from 1 on
    nanoseconds: int  # since 1970, when it came out of its sender
    sender: str
    data: bytes
    fate: Fate = Fate.DELIVERED
    rule: str = ""
    deliveries: list[Delivery] = field(default_factory=list)

    def __repr__(self) -> str:
        why = f" by {self.rule}" if self.rule else ""
        to = ", ".join(delivery.host for delivery in self.deliveries) or "nobody"
        sender = self.sender or "the wire"
        return f"<frame {self.number}: {len(self.data)} bytes from {sender} to {to}, {self.fate.value}{why}>"


class Log(Sequence[Passage]):
    """All passages, in order. The wire adds, others only read."""

    def __init__(self) -> None:
        self._passages: list[Passage] = []
        self._bytes = 0
        self.beyond = 0  # frames that came after MAX_BYTES had been kept

    def add(self, nanoseconds: int, sender: str, data: bytes, fate: Fate = Fate.DELIVERED, rule: str = "") -> Passage:
        """Begin a row; one that is beyond the limit is given, too, but not kept."""
        passage = Passage(len(self._passages) + self.beyond + 1, nanoseconds, sender, data, fate, rule)
        if self._bytes > MAX_BYTES:
            self.beyond += 1
        else:
            self._passages.append(passage)
            self._bytes += len(data) + _ROW_BYTES
        return passage

    def add_delivery(self, passage: Passage, host: str, data: bytes) -> None:
        """Note in the row that this host gets it, now."""
        passage.deliveries.append(Delivery(host, time.time_ns(), data))
        self._bytes += _DELIVERY_BYTES if data is passage.data else _DELIVERY_BYTES + len(data)

    def since(self, number: int) -> Iterator[Passage]:
        """Give those after this number."""
        return islice(self._passages, number, len(self._passages))

    def __len__(self) -> int:
        return len(self._passages)

    def __iter__(self) -> Iterator[Passage]:
        return iter(self._passages)

    def __getitem__(self, index: int) -> Passage:  # type: ignore[override]
        return self._passages[index]
