"""A capture that is being made: one thread keeps the bytes of every frame, until it is told to stop.

    with LiveCapture(port=9898) as live:
        ...                                 # let them talk
    live.capture.conversations[0].ladder()

The tap is open before `start` returns, so the first SYN is not missed; `stop` goes on until the wire has been quiet
for a moment, so the last ACK is not either.
"""

import threading
import time
from bisect import bisect_right
from dataclasses import replace
from itertools import accumulate

from chatkit.capture.capture import Capture
from chatkit.capture.dissect import ports_in
from chatkit.capture.frame import Frame
from chatkit.capture.means import open_tap
from chatkit.capture.ongoing import MAX_BYTES, PATIENCE, QUIET, OngoingCapture, beyond_limit
from chatkit.capture.tap import Tap


class LiveCapture(OngoingCapture):
    """Catches the frames of one interface, loopback if none is named; of one port if one is given.

    `by` names the means, "scapy" or "dumpcap"; without it, the first that this machine allows.
    """

    def __init__(self, port: int | None = None, interface: str | None = None, by: str | None = None) -> None:
        super().__init__(port)
        self.interface = interface
        self.by = by
        self._tap: Tap | None = None
        self._thread: threading.Thread | None = None
        self._frames: list[Frame] = []  # the thread appends, others only read
        self._bytes = 0
        self._beyond = 0
        self._trouble = ""  # what ended the thread before its time

    def __len__(self) -> int:
        return len(self._frames)

    def since(self, count: int) -> tuple[Frame, ...]:
        """What came after the first so many frames, numbered from 1 in the whole of the capture."""
        return tuple(replace(frame, number=number) for number, frame in enumerate(self._frames[count:], count + 1))

    def _begin(self) -> None:
        self._tap = open_tap(self.interface, self.port, self.by)
        self._thread = threading.Thread(target=self._run, args=(self._tap,), name="chatkit-capture", daemon=True)
        self._thread.start()

    def _finish(self) -> Capture:
        assert self._tap and self._thread  # it has begun
        self._stop_wanted.set()
        self._thread.join()
        capture = Capture(self.since(0), self._source(), self._tap.dropped, tuple(self._remarks()))
        self._tap.close()
        return capture

    def _by_now(self) -> Capture:
        return Capture(self.since(0), f"{self._source()}, still running")

    def _mark(self) -> int:
        return len(self)

    def _is_busy(self, mark: int) -> bool:
        return len(self) > mark

    def _run(self, tap: Tap) -> None:
        try:
            while not self._stop_wanted.is_set():
                self._keep(tap.receive(QUIET))
            self._drain(tap)
        except OSError as error:  # the interface went down, say: what was caught stays
            self._trouble = str(error)

    def _drain(self, tap: Tap) -> None:
        """Take all that the kernel holds from before the stop, and what comes until it is quiet."""
        asked = time.time_ns()
        tap.finish()
        started = last = time.monotonic()
        is_behind = True
        while is_behind or time.monotonic() < min(started + PATIENCE, last + QUIET):
            frames = tap.receive(QUIET / 2)
            is_behind = bool(frames) and frames[-1].nanoseconds < asked
            if self._keep(frames):
                last = time.monotonic()

    def _keep(self, frames: list[Frame]) -> bool:
        """Keep what is wanted; tell whether there was any. Nothing more is done here: a flood does not wait."""
        assert self._tap
        if self.port is not None and not self._tap.is_filtered:
            frames = [frame for frame in frames if self.port in ports_in(frame)]
        self._frames.extend(self._within_limit(frames))
        return bool(frames)

    def _within_limit(self, frames: list[Frame]) -> list[Frame]:
        """Those for which there is room; the others are counted."""
        room = MAX_BYTES - self._bytes
        sizes = list(accumulate(len(frame.data) for frame in frames))
        count = bisect_right(sizes, room)
        self._bytes += sizes[-1] if sizes else 0
        self._beyond += len(frames) - count
        return frames[:count]

    @property
    def where(self) -> str:
        """The interface, the port, and the means."""
        interface = self._tap.interface if self._tap else self.interface or "loopback"
        port = f", port {self.port}" if self.port is not None else ""
        means = f", by {self._tap.name}" if self._tap else ""
        return f"{interface}{port}{means}"

    def _source(self) -> str:
        return f"caught live on {self.where}"

    def _remarks(self) -> list[str]:
        remarks = [f"the capture broke off: {self._trouble}"] if self._trouble else []
        return remarks + beyond_limit(self._beyond, MAX_BYTES)
