"""Many frames in one piece of memory: where each lies, and when it came. A Frame is made when somebody asks for it.

memory   | record | bytes of frame 1 | record | bytes of frame 2 | ...       a file as it is, or bytes joined
                  ^ start[0]                  ^ start[1]
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from chatkit.capture.frame import Frame

Numbers = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class Packed(Sequence[Frame]):
    """Frames in the order of a capture; all columns are equally long."""

    memory: bytes
    start: Numbers
    captured: Numbers  # bytes
    wire_length: Numbers  # bytes, as `Frame` has it
    nanoseconds: Numbers  # since 1970
    link_type: Numbers
    number: Numbers

    @classmethod
    def of(cls, frames: Sequence[Frame]) -> "Packed":
        """Take frames that are objects; those that are packed already stay what they are."""
        if isinstance(frames, Packed):
            return frames
        captured = np.array([len(frame.data) for frame in frames], np.int64)
        return cls(
            memory=b"".join(frame.data for frame in frames),
            start=np.cumsum(captured) - captured,
            captured=captured,
            wire_length=np.array([frame.wire_length for frame in frames], np.int64),
            nanoseconds=np.array([frame.nanoseconds for frame in frames], np.int64),
            link_type=np.array([frame.link_type for frame in frames], np.int64),
            number=np.array([frame.number for frame in frames], np.int64),
        )

    def only(self, which: Numbers) -> "Packed":
        """Some of the frames, by their places here; they keep their numbers."""
        columns = (self.start, self.captured, self.wire_length, self.nanoseconds, self.link_type, self.number)
        return Packed(self.memory, *(column[which] for column in columns))

    @overload
    def __getitem__(self, index: int) -> Frame: ...
    @overload
    def __getitem__(self, index: slice) -> "Packed": ...
    def __getitem__(self, index: int | slice) -> "Frame | Packed":
        if isinstance(index, slice):
            return self.only(np.arange(len(self))[index])
        start = int(self.start[index])
        return Frame(
            int(self.number[index]),
            int(self.nanoseconds[index]),
            self.memory[start : start + int(self.captured[index])],
            int(self.link_type[index]),
            int(self.wire_length[index]),
        )

    def __iter__(self) -> Iterator[Frame]:
        return (self[index] for index in range(len(self)))

    def __len__(self) -> int:
        return len(self.start)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(Frame.__eq__, self, other))

    def __hash__(self) -> int:
        return hash((self.memory, len(self)))

    def __repr__(self) -> str:
        return f"<{len(self)} frames>"


_NOTHING: Numbers = np.array([], np.int64)
NO_FRAMES = Packed(b"", *[_NOTHING] * 6)
