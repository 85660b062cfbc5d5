"""Captures of the wire of a private LAN, which keeps a log: no start is too late for it, and no tail is lost.

    with WireCapture(lan.wire, port=9898) as live:
        ...                                         # let them talk
    live.capture.conversations[0].ladder()

    capture_of(lan.wire)                            what the wire saw: each frame once, as it came out of its sender
    capture_of(lan.wire, at="bob")                  what bob's interface saw: what bob sent, and what reached bob

The views differ where a rule was at work. A frame that was dropped is seen by the wire and by its sender, not by its
receiver; one that was delayed is seen twice at different times; one that was duplicated comes twice to its receiver.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from chatkit.capture.capture import Capture
from chatkit.capture.dissect import ports_in
from chatkit.capture.frame import Frame
from chatkit.capture.ongoing import PATIENCE, QUIET, OngoingCapture, beyond_limit
from chatkit.errors import MisuseError
from chatkit.lan.log import MAX_BYTES, Fate, Passage

if TYPE_CHECKING:
    from chatkit.lan.wire import Wire

QUIET_UNDER_RULES = 0.3  # seconds: a host sends again what was lost after 0.2 s, if nothing tells it before (Linux)

_LOST = (Fate.DROPPED, Fate.CORRUPTED)


class WireCapture(OngoingCapture):
    """Catches what passes a wire after its start; of one port, and as seen at one host, if they are given.

    Times are those at which a frame left its sender's interface, or was handed to its receiver's. So take the view of
    the host whose measurements you repeat: the RTT that ann's TCP measures is seen at="ann", where a segment leaves
    and its ACK comes back. At the other end the ACK follows the segment almost at once, and the wire itself (at=None)
    sees the ACK when it leaves, not when it arrives. The RTT of the handshake is the same in all three.
    """

    def __init__(self, wire: "Wire", port: int | None = None, at: str | None = None) -> None:
        super().__init__(port)
        _check_host(wire, at)
        self.wire, self.at = wire, at
        self._view = _View(wire, port, at)

    def __len__(self) -> int:
        return len(self._view.frames()) if self._is_started else 0

    def _begin(self) -> None:
        self._view = _View(self.wire, self.port, self.at, time.time_ns(), self.wire.lost)

    def _finish(self) -> Capture:
        is_quiet = self._await_quiet(QUIET)
        remarks = [] if is_quiet else [f"the wire was still busy after {PATIENCE:g} s: more may have come later"]
        return self._view.capture(more=remarks)

    def _by_now(self) -> Capture:
        return self._view.capture(", still running")

    def _source(self) -> str:
        return self._view.source

    def _await_quiet(self, seconds: float) -> bool:
        return super()._await_quiet(max(seconds, QUIET_UNDER_RULES) if self.wire.rules else seconds)

    def _mark(self) -> int:
        return len(self.wire.log)

    def _is_busy(self, mark: int) -> bool:
        came = any(_is_wanted(passage, self.port) for passage in self.wire.log.since(mark))
        return came or self.wire.waiting > 0 or self._is_to_be_repeated()

    def _is_to_be_repeated(self) -> bool:
        """Whether the last frame was lost: TCP will send it again, or its other end what it acknowledges."""
        last = next((passage for passage in reversed(self.wire.log) if _is_wanted(passage, self.port)), None)
        return last is not None and last.fate in _LOST and last.nanoseconds >= self._view.since


def capture_of(wire: "Wire", port: int | None = None, at: str | None = None) -> Capture:
    """All that the log of the wire has by now; of one port, and as seen at one host, if they are given."""
    _check_host(wire, at)
    return _View(wire, port, at).capture()


@dataclass(frozen=True)
class _View:
    """What is looked at: whose frames, which, and since when."""

    wire: "Wire"
    port: int | None
    at: str | None
    since: int = 0  # nanoseconds since 1970
    lost_before: int = 0

    def capture(self, state: str = "", more: Sequence[str] = ()) -> Capture:
        """Make a capture of what there is by now, with more remarks."""
        lost = self.wire.lost - self.lost_before
        return Capture(self.frames(), self.source + state, lost, (*self._remarks(), *more))

    def frames(self) -> tuple[Frame, ...]:
        """Give the frames in the order of their times: those of two hosts may stand in the log the other way round."""
        seen = [frame for frame in self._seen() if frame.nanoseconds >= self.since and _has_port(frame, self.port)]
        seen.sort(key=attrgetter("nanoseconds"))
        return tuple(Frame(number, frame.nanoseconds, frame.data) for number, frame in enumerate(seen, 1))

    @property
    def source(self) -> str:
        """Say where the frames come from."""
        port = f", port {self.port}" if self.port is not None else ""
        at = f", seen at {self.at}" if self.at else ""
        return f"the wire of a private LAN{port}{at}"

    def _seen(self) -> Iterator[Frame]:
        """Give the frames without their numbers."""
        for passage in self.wire.log.since(0):
            if not self.at or (passage.sender == self.at and passage.fate is not Fate.INJECTED):
                yield Frame(0, passage.nanoseconds, passage.data)
            if self.at:
                yield from (Frame(0, at, data) for host, at, data in passage.deliveries if host == self.at)

    def _sees(self, passage: Passage) -> bool:
        """Whether it was sent here, or came here."""
        return self.at in (None, "", passage.sender, *(delivery.host for delivery in passage.deliveries))

    def _remarks(self) -> list[str]:
        """Remark on what rules did to frames that are seen here, and on what is missing."""
        passages = (passage for passage in self.wire.log.since(0) if passage.nanoseconds >= self.since)
        done = Counter((p.fate, p.rule) for p in passages if p.rule and self._sees(p) and _is_wanted(p, self.port))
        remarks = [f"{_frames(count)} {fate.value} by {rule}" for (fate, rule), count in done.items()]
        return remarks + beyond_limit(self.wire.log.beyond, MAX_BYTES)


def _frames(count: int) -> str:
    return f"{count} frames were" if count > 1 else "1 frame was"


def _is_wanted(passage: Passage, port: int | None) -> bool:
    return _has_port(Frame(0, passage.nanoseconds, passage.data), port)


def _has_port(frame: Frame, port: int | None) -> bool:
    return port is None or port in ports_in(frame)


def _check_host(wire: "Wire", name: str | None) -> None:
    if name and name not in wire.hosts:
        raise MisuseError(f"no host is called {name!r}; there is {', '.join(wire.hosts)}")
