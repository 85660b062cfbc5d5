"""The best evidence that this machine allows, behind one face, so that a notebook has the same cells everywhere.

    live = catch(port, lan=lan)   # the wire of a LAN; without one, a live capture, or a recorded one that says why
    ...                           # let them talk
    capture = live.stop()

CHATKIT_CAPTURE in the environment chooses less than the best, so that every way can be tested: `recorded` a recorded
capture, `loopback` no LAN even where there could be one.
"""

import os
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from chatkit.capture.capture import Capture
from chatkit.capture.live import LiveCapture
from chatkit.capture.recorded import recorded
from chatkit.capture.wire_capture import WireCapture
from chatkit.errors import CaptureError, MisuseError

if TYPE_CHECKING:
    from chatkit.lan.lan import Lan

CHOICE = "CHATKIT_CAPTURE"
CHOICES = ("", "loopback", "recorded")


class Catch(Protocol):
    """What is under way, live or not."""

    @property
    def why_not(self) -> str:
        """Why it is not live; empty if it is."""

    @property
    def capture(self) -> Capture:
        """What there is by now."""

    def so_far(self) -> Capture:
        """What there is once the wire is quiet."""

    def stop(self) -> Capture:
        """End, and give what there is."""

    def __enter__(self) -> "Catch": ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Replay:
    """Stands where a live capture would: stopped, it hands over a recorded one."""

    def __init__(self, name: str, why_not: str) -> None:
        self.why_not = why_not
        self.capture = recorded(name)

    def so_far(self) -> Capture:
        """Give the recorded capture."""
        return self.capture

    def stop(self) -> Capture:
        """Give the recorded capture."""
        return self.capture

    def __enter__(self) -> "Replay":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Replay of a recorded capture, because nothing can be caught here: {self.why_not}>"


def catch(
    port: int | None = None,
    interface: str | None = None,
    *,
    lan: "Lan | None" = None,
    instead: str = "first-words",
) -> Catch:
    """Start to capture, on the wire of the LAN if one is given.

    Where nothing can be caught, the recorded capture `instead` stands in. Raises MisuseError for a choice that is none.
    """
    if choice() == "recorded":
        return Replay(instead, f"{CHOICE}=recorded is set in the environment")
    if lan is not None:
        return WireCapture(lan.wire, port).start()
    try:
        return LiveCapture(port, interface).start()
    except CaptureError as error:
        return Replay(instead, str(error))


def choice() -> str:
    """What the environment asks for: recorded, loopback, or nothing, which is the best that there is."""
    chosen = os.environ.get(CHOICE, "")
    if chosen not in CHOICES:
        raise MisuseError(f"{CHOICE}={chosen}: allowed are {', '.join(filter(None, CHOICES))}, or nothing")
    return chosen
