"""The scene of a capture that is being made, where no wire tells when things arrive: it is read anew as it grows.

To read it takes the longer, the more there is. So it is read the more seldom: never for more than a fifth of the time.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from chatkit.capture.capture import Capture
from chatkit.capture.frame import Frame
from chatkit.faces.wire.calls import Heard
from chatkit.faces.wire.captured import scene_of
from chatkit.faces.wire.scene import Arrow, Entry, Scene, Step, Talk
from chatkit.tcp.conversation import Conversation, States

REST = 4.0  # times as long as it took to read


class Ongoing(Protocol):
    """A capture that is being made."""

    @property
    def capture(self) -> Capture:
        """What there is by now."""

    def __len__(self) -> int: ...


class Growing(Scene):
    """What has been caught by now, and which calls were heard of by now."""

    def __init__(self, ongoing: Ongoing, names: Mapping[str, str] | None = None, heard: Sequence[Heard] = ()) -> None:
        self._ongoing, self._names, self._heard = ongoing, names, heard
        self._count = (-1, -1)
        self._rests_until = 0.0
        self.look()

    def look(self, everything: bool = False) -> bool:
        count = len(self._ongoing), len(self._heard)
        begin = time.monotonic()
        if count == self._count or (begin < self._rests_until and not everything):
            return False
        self._now = scene_of(self._ongoing.capture, self._names, tuple(self._heard))
        self._count, self.has_calls = count, self._now.has_calls
        self.generation += 1
        self._rests_until = time.monotonic() + REST * (time.monotonic() - begin)
        return True

    @property
    def source(self) -> str:  # type: ignore[override]
        return self._now.source

    @property
    def entries(self) -> list[Entry]:  # type: ignore[override]
        return self._now.entries

    @property
    def talks(self) -> list[Talk]:
        return self._now.talks

    def step(self, position: int) -> Step:
        return self._now.step(position)

    def late(self, talks: Iterable[int], start: float, stop: float) -> list[Arrow]:
        return self._now.late(talks, start, stop)

    def before(self, talk: int) -> States:
        return self._now.before(talk)

    def conversation(self, talk: Talk) -> Conversation:
        return self._now.conversation(talk)

    def frame(self, arrow: Arrow) -> Frame:
        return self._now.frame(arrow)
