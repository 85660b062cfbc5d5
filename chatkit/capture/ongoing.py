"""What captures that are being made have in common: they start, they go on, and they stop without losing the tail.

A conversation does not end with the last call of a program: the last ACK, and the frames that a slow wire still
carries, come after it. So to stop is to wait until the wire has been quiet for a moment.
"""

import threading
import time
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from chatkit.capture.capture import Capture
from chatkit.errors import MisuseError

QUIET = 0.1  # seconds without a frame that is wanted: then the conversation is over
PATIENCE = 2.0  # seconds: wait no longer for that on a busy wire
MAX_BYTES = 256 * 1024 * 1024  # kept; further frames are only counted


class OngoingCapture(ABC):
    """A capture that is being made; of one port if one is given."""

    why_not = ""  # a capture of what happens here has nothing to explain

    def __init__(self, port: int | None) -> None:
        self.port = port
        self._is_started = False
        self._stop_wanted = threading.Event()
        self._ending = threading.Lock()  # guards _capture: a callback and a cell may stop it at once
        self._capture: Capture | None = None

    def start(self) -> Self:
        """Begin; raises CaptureError, with the remedy, where the machine does not allow it."""
        if self._is_started:
            raise MisuseError(f"this capture has been started already: make another {type(self).__name__}")
        self._begin()
        self._is_started = True
        return self

    def stop(self) -> Capture:
        """End, with the tail of what was under way; again, it gives the same capture."""
        if not self._is_started:
            raise MisuseError("this capture has not been started")
        with self._ending:
            if self._capture is None:
                self._capture = self._finish()
                self._stop_wanted.set()
        return self._capture

    @property
    def capture(self) -> Capture:
        """What has been caught: all of it once it is stopped, what there is by now while it runs."""
        return self._by_now() if self._capture is None else self._capture

    def so_far(self) -> Capture:
        """What has been caught by now; waits until the wire is quiet for a moment, for the last ACK may come late."""
        self._await_quiet(2 * QUIET)
        return self.capture

    @property
    def is_running(self) -> bool:
        """Whether it has been started and not stopped."""
        return self._is_started and self._capture is None

    def __bool__(self) -> bool:
        return True  # also one that has caught nothing yet

    def __enter__(self) -> Self:
        return self if self._is_started else self.start()  # `with catch(...)` has one that is started

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "running" if self.is_running else "stopped" if self._is_started else "not started"
        return f"<{type(self).__name__} {self._source()}: {state}, {len(self)} frames>"

    def _await_quiet(self, seconds: float) -> bool:
        """Wait until nothing that is wanted has come for so long, at most PATIENCE; tell whether it is quiet now."""
        deadline = time.monotonic() + PATIENCE
        is_busy = self.is_running
        while is_busy and time.monotonic() < deadline:
            mark = self._mark()
            is_busy = not self._stop_wanted.wait(seconds) and self._is_busy(mark)
        return not is_busy

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def _begin(self) -> None:
        """Begin to catch: what passes after this is in the capture."""

    @abstractmethod
    def _finish(self) -> Capture:
        """Wait for the tail, and give all that was caught."""

    @abstractmethod
    def _by_now(self) -> Capture:
        """Give what was caught so far, which says that it is still running."""

    @abstractmethod
    def _source(self) -> str:
        """Say where the frames come from."""

    @abstractmethod
    def _mark(self) -> int:
        """Give a number that grows with what comes."""

    @abstractmethod
    def _is_busy(self, mark: int) -> bool:
        """Tell whether something that is wanted came after the mark, or is known to be on its way."""


def beyond_limit(count: int, limit: int = MAX_BYTES) -> list[str]:
    """Remark on frames that were not kept."""
    return [f"{count} frames came after {limit} bytes had been kept, and were only counted"] if count else []
