"""Rules of the wire: what is done to which frames.

    drop(nth=2, sent_by="ann", carrying_data=True)        exactly the second data segment from ann
    delay(0.1, jitter=0.02)                               every frame
    drop(chance=0.05, seed=7)                             the same 5 % in every run
    rewrite(shout, where=lambda frame: frame.payload.startswith(b"SAY"))

Rules are tried in the order in which they were added, and a frame that is not dropped goes on to the next, as this one
left it: so loss and delay add up. A rule counts what it saw and what it did.
"""

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import SupportsBytes, Unpack

from chatkit.errors import MisuseError
from chatkit.lan.checksums import with_checksums
from chatkit.lan.headers import LEAST_BYTES, MOST_BYTES
from chatkit.lan.lines import NarrowLine, SlowLine
from chatkit.lan.log import Fate
from chatkit.lan.rule import Copy as Copy
from chatkit.lan.rule import Passing as Passing
from chatkit.lan.rule import Rule as Rule
from chatkit.lan.rule import written
from chatkit.lan.when import When as When
from chatkit.lan.when import is_number, is_whole

PATIENCE = 0.2  # seconds that a frame waits, at most, for those that shall overtake it
QUEUE = 20  # frames
ALL_BITS = 0xFF  # of a byte
MOST_COPIES = 100  # of one frame, whatever the rules are
MOST_SECONDS = 3600
MOST_FRAMES = 100_000  # in a queue
MOST_RATE = 10_000_000_000  # bytes per second

_SECOND = 1_000_000_000


def drop(**when: Unpack[When]) -> Rule:
    """The frame reaches nobody."""

    def act(passing: Passing) -> Fate:
        passing.copies.clear()
        return Fate.DROPPED

    return Rule(written("drop", **when), act, when)


def delay(seconds: float, jitter: float = 0.0, **when: Unpack[When]) -> Rule:
    """The frame comes later, by `seconds` and a random part of up to `jitter` more or less.

    None of those that it delays overtakes another of the same sender.
    """
    _check_number("seconds", seconds, 0, MOST_SECONDS)
    _check_number("jitter", jitter, 0, seconds)
    dice = random.Random(f"jitter {when.get('seed', 0)}")  # other dice than those of the chance
    lines = defaultdict[str, SlowLine](SlowLine)

    def act(passing: Passing) -> Fate:
        takes = round((seconds + dice.uniform(-jitter, jitter)) * _SECOND)
        line = lines[passing.headers.sender]
        for copy in passing.copies:
            copy.ready = line.leaves(copy.ready, takes, passing.now)
        return Fate.DELAYED

    return Rule(written("delay", seconds, jitter=jitter or None, **when), act, when)


def duplicate(copies: int = 1, **when: Unpack[When]) -> Rule:
    """The frame comes again, so many times, at once."""
    _check_whole("copies", copies, 1, MOST_COPIES - 1)

    def act(passing: Passing) -> Fate:
        again = [replace(copy) for copy in passing.copies for _ in range(copies)]
        passing.copies += again[: MOST_COPIES - len(passing.copies)]
        return Fate.DUPLICATED

    return Rule(written("duplicate", copies, **when), act, when)


def reorder(behind: int = 1, patience: float = PATIENCE, **when: Unpack[When]) -> Rule:
    """The frame waits until so many later ones of its sender have overtaken it, at most `patience` seconds."""
    _check_whole("behind", behind, 1, MOST_FRAMES)
    _check_number("patience", patience, 0.001, MOST_SECONDS)

    def act(passing: Passing) -> Fate:
        for copy in passing.copies:
            copy.behind, copy.patience = behind, round(patience * _SECOND)
        return Fate.REORDERED

    return Rule(written("reorder", behind, patience=_unless(PATIENCE, patience), **when), act, when)


def corrupt(byte: int = -1, flip: int = ALL_BITS, **when: Unpack[When]) -> Rule:
    """The bits `flip` of one byte change, and no checksum is mended; `byte` counts from 0, or from the end as -1.

    A frame that is too short to have that byte stays as it is.
    """
    _check_whole("byte", byte, -MOST_BYTES, MOST_BYTES - 1)
    _check_whole("flip", flip, 1, ALL_BITS)

    def act(passing: Passing) -> Fate | None:
        if any(not -len(copy.data) <= byte < len(copy.data) for copy in passing.copies):
            return None
        passing.change_to([_flipped(copy.data, byte, flip) for copy in passing.copies])
        return Fate.CORRUPTED

    return Rule(written("corrupt", byte, flip=_unless(ALL_BITS, flip), **when), act, when)


def rewrite(change: Callable[[bytes], bytes], checksums: bool = True, **when: Unpack[When]) -> Rule:
    """The frame becomes `change(frame)`, a whole Ethernet frame; its checksums are mended unless told not to."""
    if not callable(change):
        raise MisuseError(f"change={change!r}: allowed is a function that takes a frame and gives one, as bytes")
    mend = with_checksums if checksums else bytes

    def act(passing: Passing) -> Fate | None:
        before = [copy.data for copy in passing.copies]
        after = [_checked(change(data)) for data in before]
        if after == before:
            return None
        passing.change_to([mend(data) for data in after])
        return Fate.REWRITTEN

    return Rule(written("rewrite", change, checksums=_unless(True, checksums), **when), act, when)


def limit(bytes_per_second: float, queue: int = QUEUE, **when: Unpack[When]) -> Rule:
    """Each sender's frames leave at that rate; at most `queue` of them wait, and one more is dropped."""
    _check_number("bytes_per_second", bytes_per_second, 1, MOST_RATE)
    _check_whole("queue", queue, 0, MOST_FRAMES)
    lines = defaultdict[str, NarrowLine](lambda: NarrowLine(queue))

    def act(passing: Passing) -> Fate:
        line = lines[passing.headers.sender]
        passing.copies = [copy for copy in passing.copies if fits(copy, line, passing.now)]
        return Fate.DELAYED if passing.copies else Fate.DROPPED

    def fits(copy: Copy, line: NarrowLine, now: int) -> bool:
        leaves = line.leaves(copy.ready, round(len(copy.data) / bytes_per_second * _SECOND), now)
        copy.ready = leaves or copy.ready
        return leaves is not None

    return Rule(written("limit", bytes_per_second, queue=_unless(QUEUE, queue), **when), act, when)


# ---- what is given ----


def _check_number(name: str, value: float, least: float, most: float) -> None:
    if not is_number(value, least, most):
        raise MisuseError(f"{name}={value!r}: allowed is a number from {least:,} to {most:,}")


def _check_whole(name: str, value: int, least: int, most: int) -> None:
    if not is_whole(value, least, most):
        raise MisuseError(f"{name}={value!r}: allowed is a whole number from {least:,} to {most:,}")


def _checked(frame: bytes | SupportsBytes) -> bytes:
    """Give as bytes what a student's function gave; scapy's packets are welcome too."""
    if not isinstance(frame, bytearray | SupportsBytes):
        raise MisuseError(f"the function of this rule gave {frame!r:.60}, which is no frame: allowed are bytes")
    data = bytes(frame)
    if not LEAST_BYTES <= len(data) <= MOST_BYTES:
        raise MisuseError(
            f"the function of this rule gave a frame of {len(data)} bytes: allowed are {LEAST_BYTES} to {MOST_BYTES}"
        )
    return data


def _flipped(data: bytes, byte: int, flip: int) -> bytes:
    changed = bytearray(data)
    changed[byte] ^= flip
    return bytes(changed)


def _unless(default: object, value: object) -> object:
    """Give the value, None where it is the default: then it is not written."""
    return None if value == default else value
