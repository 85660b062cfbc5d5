"""Loopback shows a frame twice, as it leaves and as it arrives; some captures keep both.

A copy has everything in common with the first, the datagram's identification too, and comes within a millisecond.
A retransmission is another datagram: its identification differs, and on loopback it comes 200 ms later at the earliest.
Between two interfaces with MAC addresses every frame is seen once: what comes again there did happen again.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator

import numpy as np

from chatkit.capture.frame import ETHERNET
from chatkit.capture.packed import Packed
from chatkit.tcp.segment import Segment
from chatkit.tcp.segments import Segments

WITHIN = 0.001  # seconds
ADDRESSES_BYTES = 12  # two MAC addresses, at the beginning of a frame: loopback has none
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 divided by the golden ratio
_Key = tuple[object, ...]


def may_have_doubles(frames: Packed) -> bool:
    """Whether any comes from loopback, or from all interfaces at once: from where a capture may have two of each."""
    if (frames.link_type != ETHERNET).any():
        return True
    start, memory = frames.start[frames.captured >= ADDRESSES_BYTES], np.frombuffer(frames.memory, np.uint8)
    for byte in range(ADDRESSES_BYTES):
        start = start[memory[start + byte] == 0]
    return len(start) > 0


def without_doubles(segments: Segments) -> Segments:
    """The segments, each once."""
    suspects = _suspects(segments)
    copies = [row for row, is_copy in zip(suspects.rows.tolist(), _are_copies(suspects), strict=True) if is_copy]
    return segments.at(np.setdiff1d(segments.rows, copies, assume_unique=True)) if copies else segments


def _suspects(segments: Segments) -> Segments:
    """Those that have as much in common with another as is seen at one glance: only these are looked at closely."""
    columns, rows = segments.columns, segments.rows
    numbers = columns.seq[rows].astype(np.uint64) << np.uint64(32) | columns.ack[rows]
    rest = np.stack([columns.pair[rows], columns.reverse[rows], columns.flags[rows], columns.size[rows]])
    for column in rest.astype(np.uint64):
        numbers = numbers * _SPREAD + column
    _, which, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    return segments.at(rows[counts[which] > 1])


def _are_copies(segments: Iterable[Segment]) -> Iterator[bool]:
    """Whether each is a copy of one before it."""
    recent: OrderedDict[_Key, float] = OrderedDict()
    for segment in segments:
        _forget(recent, segment.time - WITHIN)
        key = _key(segment)
        is_copy = recent.pop(key, None) is not None
        if not is_copy:
            recent[key] = segment.time
        yield is_copy


def _key(segment: Segment) -> _Key:
    return (
        segment.source,
        segment.destination,
        segment.seq,
        segment.ack,
        segment.flags,
        segment.window,
        segment.options,
        segment.ip_id,
        segment.size,
        segment.payload,
    )


def _forget(recent: OrderedDict[_Key, float], before: float) -> None:
    while recent and next(iter(recent.values())) < before:
        recent.popitem(last=False)
