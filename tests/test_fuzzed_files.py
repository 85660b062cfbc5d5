"""Damaged files are read as far as they go, or refused with a CaptureError; damaged frames are segments or none.

An input is one file, or one frame. The slow suite has a million of them.
"""

import gzip
import os
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from chatkit.capture import pcap
from chatkit.capture.capture import Capture
from chatkit.capture.dissect import segments_in
from chatkit.capture.recorded import recorded
from chatkit.errors import CaptureError
from tests.talks import Ends, caught

FEW_FILES, FEW_FRAMES = 2_000, 20_000
MANY_FILES, MANY_FRAMES = 60_000, 940_000
SHARE = 1_000  # files, or ten times as many frames, that a process reads in one go
WHOLE = 100  # of so many files one is analysed to the full
SHORT = caught(Ends(2**32 - 5, 300).chat())


def _seeds(folder: Path) -> tuple[bytes, ...]:
    """Good files: both kinds, several links, IPv6, and losses; and one that is gzipped."""
    captures = [SHORT, *(recorded(name) for name in ("ipv6", "refused", "zero-window"))]
    files = [
        capture.save(folder / f"{n}{end}").read_bytes()
        for n, capture in enumerate(captures)
        for end in (".pcap", ".pcapng")
    ]
    raw = replace(SHORT, frames=tuple(replace(f, data=f.data[14:], link_type=101) for f in SHORT.frames))
    mixed = replace(SHORT, frames=(*SHORT.frames[:5], *raw.frames[5:]), dropped=3)
    files += [raw.save(folder / "raw.pcap").read_bytes(), mixed.save(folder / "mixed.pcapng").read_bytes()]
    return (*files, gzip.compress(files[0]))


def _damaged(data: bytes, chance: random.Random) -> bytes:
    """Do one to four kinds of damage to it."""
    damaged = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        if damaged:
            chance.choice(DAMAGES)(damaged, chance)
    return bytes(damaged)


def _flip(data: bytearray, chance: random.Random) -> None:
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _set(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    data[at : at + 4] = chance.choice([bytes(4), b"\xff" * 4, b"\x7f\xff\xff\xff", chance.randbytes(4)])[
        : len(data) - at
    ]


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data)) :]


def _remove(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    del data[at : at + chance.randint(1, 40)]


def _repeat(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    data[at:at] = data[at : at + chance.randint(1, 200)]


def _insert(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    data[at:at] = chance.randbytes(chance.randint(1, 40))


DAMAGES: tuple[Callable[[bytearray, random.Random], None], ...] = (_flip, _flip, _set, _cut, _remove, _repeat, _insert)


def _read(data: bytes, to_the_full: bool) -> None:
    """Read it, and see that what was read is within the bounds of what was there."""
    try:
        capture = Capture.decode(data)
    except CaptureError:
        return
    assert capture.frames[:1] == capture.frames[:1]
    assert len(capture.frames) <= len(data) if data[:2] != pcap.GZIP else True
    for talk in capture.conversations:
        assert len(talk.segments) <= len(capture.frames)
        if to_the_full:
            _analyse(capture)
            return
        assert all(len(talk.stream(end)) <= talk.reassembled(end).end for end in talk.endpoints)


def _analyse(capture: Capture) -> None:
    """Ask for everything."""
    for talk in capture.conversations:
        assert len(talk.states) == len(talk.judgements) == len(talk.segments)
        assert str(talk.ladder(rows=10)) and talk.ladder(relative=True, rows=10).svg()
        assert repr(talk) and talk.lines() is not None and (talk.handshake is None or talk.handshake.rtt is not None)
        for end in talk.endpoints:
            assert len(talk.flight(end)) == len(talk.segments)
            assert len(talk.rtts(end)) <= len(talk.segments) and talk.zero_windows(end) is not None
    assert repr(capture) and capture._repr_html_() and str(capture.fitness)


def _inputs(files: tuple[bytes, ...], seed: int) -> Iterator[tuple[int, bytes]]:
    """Damaged files without end; each is made from its own number, so that it can be made again."""
    number = seed
    while True:
        chance = random.Random(number)
        yield number, _damaged(chance.choice(files), chance)
        number += 1


def _run(files: tuple[bytes, ...], seed: int, count: int) -> str:
    """Read so many inputs; give what went wrong, with the number of the input."""
    for number, data in islice(_inputs(files, seed), count):
        try:
            _read(data, to_the_full=number % WHOLE == 0)
        except Exception as error:
            return f"input {number}: {type(error).__name__}: {error}"
    return ""


def _run_frames(seed: int, count: int) -> str:
    """Read a capture of so many damaged frames: all at once, and one by one."""
    chance = random.Random(seed)
    frames = [frame for capture in (SHORT, recorded("ipv6")) for frame in capture.frames]
    damaged = [
        replace(frame, number=number, data=_damaged(frame.data, chance), wire_length=chance.choice([0, 60, 2**32 - 1]))
        for number, frame in enumerate(chance.choices(frames, k=count), 1)
    ]
    capture = Capture(tuple(damaged), f"damaged with seed {seed}")
    if capture.every_segment != tuple(segments_in(damaged)):
        return f"seed {seed}: all at once and one by one differ"
    sizes = [len(talk.stream(end)) for talk in capture.conversations for end in talk.endpoints]
    return "" if sum(sizes) <= sum(len(frame.data) for frame in damaged) else f"seed {seed}: more bytes than there were"


def test_damaged_files_are_read_as_far_as_they_go_or_refused(tmp_path: Path) -> None:
    assert _run(_seeds(tmp_path), 0, FEW_FILES) == ""


def test_damaged_frames_are_read_the_same_all_at_once_and_one_by_one() -> None:
    assert _run_frames(0, FEW_FRAMES) == ""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_million_damaged_inputs_do_no_harm(tmp_path: Path) -> None:
    files = _seeds(tmp_path)
    with ProcessPoolExecutor(os.cpu_count() or 1) as pool:
        starts = range(FEW_FILES, FEW_FILES + MANY_FILES, SHARE)
        troubles = list(pool.map(_run, [files] * len(starts), starts, [SHARE] * len(starts)))
        seeds = range(1, MANY_FRAMES // (10 * SHARE) + 1)
        troubles += pool.map(_run_frames, seeds, [10 * SHARE] * len(seeds))
    assert [trouble for trouble in troubles if trouble] == []


def test_a_gzip_bomb_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcap, "MAX_UNZIPPED_BYTES", 10_000)
    bomb = gzip.compress(SHORT.save(tmp_path / "x.pcap").read_bytes() + bytes(10_000_000))
    assert "unzipped it is over 10000 bytes: the rest was not read" in Capture.decode(bomb).remarks
