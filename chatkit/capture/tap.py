"""Ways to catch frames on this machine; a tap is one of them, opened.

    tap = ScapyTap("lo")          bound when it is made: what passes from now on is caught
    frames = tap.receive(0.1)     what came, or nothing within 0.1 s
    tap.close()

`means` chooses one.
"""

from typing import Protocol

from chatkit.capture.frame import Frame


class Tap(Protocol):
    """Somewhere that frames come out of. The numbers of its frames count from 1."""

    name: str
    interface: str
    is_filtered: bool  # only frames of the wanted port come out of it

    def receive(self, seconds: float) -> list[Frame]:
        """Wait at most so long for frames, and give those that are there."""

    def finish(self) -> None:
        """Nothing more is wanted: hand over what is still on its way, to the calls of `receive` that follow."""

    @property
    def dropped(self) -> int:
        """Frames that the kernel had to let go so far."""

    def close(self) -> None:
        """Give back what it holds."""
