"""The frames of a capture as scapy's packets, each dissected when it is asked for: scapy does some 3,000 a second."""

from collections.abc import Sequence
from typing import Any, overload

from chatkit.capture.frame import Frame


class Packets(Sequence[Any]):
    """A sequence of scapy packets; a slice of it is one too."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        self._frames = frames

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> "Packets": ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return Packets(self._frames[index])
        return packet(self._frames[index])

    def __len__(self) -> int:
        return len(self._frames)

    def __repr__(self) -> str:
        return f"<{len(self)} scapy packets>"


def packet(frame: Frame) -> Any:
    """One frame as a scapy packet."""
    from scapy.config import conf
    from scapy.layers import inet, inet6, l2  # noqa: F401 - scapy knows the protocols that have been imported

    layer = conf.l2types.num2layer.get(frame.link_type, conf.raw_layer)
    made = layer(frame.data)
    made.time, made.wirelen = frame.time, frame.length
    return made
