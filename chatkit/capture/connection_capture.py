"""A capture that runs as long as a server does, and gives each connection by itself.

    with ConnectionCapture(9898, [open_tap("lo", 9898), open_tap("eth0", 9898)]) as running:
        ...                                                     # let them talk
        running.capture_of(("10.0.0.2", 40000), after, until)   # the connection that this client began in that time

A thread for each tap hands the frames to `OwnConnections`, which a lock guards.
"""

import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from chatkit.capture.capture import Capture
from chatkit.capture.dumpcap_tap import BATCH_TIME, DumpcapTap
from chatkit.capture.frame import Frame
from chatkit.capture.interfaces import interfaces
from chatkit.capture.means import open_tap
from chatkit.capture.ongoing import PATIENCE, QUIET
from chatkit.capture.own_connections import OwnConnections
from chatkit.capture.tap import Tap
from chatkit.errors import CaptureError
from chatkit.tcp.segment import Endpoint

_BREATH = 0.01  # seconds between two looks at a tap that gives nothing
_REST = 1.0  # seconds until a tap that failed is tried again


class ConnectionCapture:
    """Catches what passes on a port at these taps, which it closes in the end."""

    def __init__(self, port: int, taps: Sequence[Tap], connections: OwnConnections | None = None) -> None:
        self._connections = OwnConnections(port) if connections is None else connections
        self._guard = threading.Lock()  # guards _connections and _lost
        self._taps = tuple(taps)
        self._lost = [0 for _ in taps]  # frames
        self._seen_until = [0 for _ in taps]  # nanoseconds since 1970; each is written by one thread
        self._stop_wanted = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(number,), name=f"chatkit-capture-{number}")
            for number in range(len(taps))
        ]

    @property
    def where(self) -> str:
        """The interfaces, and the means."""
        return ", ".join(f"{tap.interface} (by {tap.name})" for tap in self._taps)

    def capture_of(self, client: Endpoint, after: int, until: int) -> Capture | None:
        """What there is of the connection that this client began in a span of time (nanoseconds since 1970).

        None if none was caught, or if nobody can tell which is meant.
        """
        with self._guard:
            connection = self._connections.find(client, after, until)
            return connection.capture(sum(self._lost)) if connection else None

    def forget(self, client: Endpoint, after: int, until: int) -> None:
        """Keep no more what `capture_of` would give."""
        with self._guard:
            if connection := self._connections.find(client, after, until):
                self._connections.forget(connection)

    def settle(self) -> None:
        """Wait until all that has passed by now is caught; a second for dumpcap, and else a moment."""
        lag = BATCH_TIME if any(isinstance(tap, DumpcapTap) for tap in self._taps) else 0.0
        self._stop_wanted.wait(lag)
        asked, deadline = time.time_ns(), time.monotonic() + PATIENCE
        while min(self._seen_until) < asked and time.monotonic() < deadline and not self._stop_wanted.wait(_BREATH):
            pass

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop_wanted.set()
        for thread in self._threads:
            thread.join()
        for tap in self._taps:
            tap.close()

    # ---- a thread for each tap ----

    def _run(self, number: int) -> None:
        while not self._stop_wanted.is_set():
            asked = time.time_ns()
            try:
                frames = self._taps[number].receive(QUIET)
            except OSError:  # the interface is down, and may come back
                self._stop_wanted.wait(_REST)
                continue
            self._keep(number, frames, asked)
            if not frames:
                self._stop_wanted.wait(_BREATH)  # a tap that has ended gives nothing, and does not wait either

    def _keep(self, number: int, frames: list[Frame], asked: int) -> None:
        with self._guard:
            self._lost[number] = max(self._lost[number], self._taps[number].dropped)
            for frame in frames:
                self._connections.keep(frame, sum(self._lost))
            is_behind = frames and frames[-1].nanoseconds < asked
            self._seen_until[number] = frames[-1].nanoseconds if is_behind else asked


def capture_connections(port: int, on_all_interfaces: bool) -> ConnectionCapture:
    """Begin on all interfaces that can be captured on, or on loopback alone.

    Raises CaptureError, with the remedy, if there is none.
    """
    taps: list[Tap] = []
    troubles: list[str] = []
    for name in interfaces() if on_all_interfaces else [None]:
        try:
            taps.append(open_tap(name, port))
        except CaptureError as error:
            troubles.append(str(error))
    if not taps:
        raise CaptureError("; ".join(dict.fromkeys(troubles)) or "there is no interface with an address")
    return ConnectionCapture(port, taps)
