"""pcapng files: blocks, each with its type and length on both sides (draft-ietf-opsawg-pcapng).

    section header | interface | interface | frame | frame | ... | section header | interface | frame | ...

A section has its own byte order and its own interfaces; an interface has its own link type and clock.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import unpack_from

import numpy as np
from numpy.typing import NDArray

from chatkit.capture.packed import Numbers, Packed

SECTION = b"\x0a\x0d\x0d\x0a"
_BYTE_ORDER = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
_END_OF_OPTIONS, _IF_TSRESOL, _IF_TSOFFSET, _ISB_IFDROP = 0, 9, 14, 5
_LATEST = 2**63 - 1  # nanoseconds since 1970: in the year 2262


class Block:
    """The kinds of blocks that are read, as plain numbers; all others are passed over."""

    INTERFACE = 1
    OLD_PACKET = 2
    SIMPLE_PACKET = 3
    STATISTICS = 5
    PACKET = 6


@dataclass
class _Interface:
    link_type: int
    snaplen: int
    ticks: int = 1_000_000  # of its clock in a second
    offset: int = 0  # seconds to add
    dropped: int = 0  # frames

    def nanoseconds(self, ticks: NDArray[np.uint64]) -> Numbers:
        """Times since 1970."""
        if self.ticks > 10**9 or self.offset:  # rare, and the sums may not fit into 64 bits
            return np.array([self._nanoseconds(tick) for tick in ticks.tolist()], np.int64)
        seconds, rest = np.divmod(ticks, np.uint64(self.ticks))
        whole = np.minimum(seconds, np.uint64(_LATEST // 10**9)) * np.uint64(10**9)
        return np.minimum(whole + rest * np.uint64(10**9) // np.uint64(self.ticks), np.uint64(_LATEST)).astype(np.int64)

    def _nanoseconds(self, ticks: int) -> int:
        return max(-_LATEST, min(_LATEST, self.offset * 10**9 + ticks * 10**9 // self.ticks))


@dataclass
class _Section:
    order: str = "<"
    interfaces: list[_Interface] = field(default_factory=list)
    first: int = 0  # how many interfaces former sections have

    def number(self, data: bytes, at: int, size: str = "I") -> int:
        return int(unpack_from(self.order + size, data, at)[0])


class BlockReader:
    """Reads the blocks of a file that is in memory."""

    def __init__(self, data: bytes) -> None:
        self.remarks: list[str] = []
        self._data = data
        self._interfaces: list[_Interface] = []  # of all sections
        self._section = _Section()
        self._found = array("Q")  # of each frame: start, captured, length, ticks, interface
        self._read()

    @property
    def frames(self) -> Packed:
        """The frames, in the order of their blocks."""
        start, captured, length, ticks, which = np.frombuffer(self._found, np.uint64).reshape(-1, 5).T
        times, links = np.zeros((2, len(start)), np.int64)
        for number, interface in enumerate(self._interfaces):
            mine = which == number
            times[mine], links[mine] = interface.nanoseconds(ticks[mine]), interface.link_type
        sizes = [column.astype(np.int64) for column in (start, captured, length)]
        return Packed(self._data, sizes[0], sizes[1], sizes[2], times, links, 1 + np.arange(len(start)))

    @property
    def dropped(self) -> int:
        """How many frames were lost, as the file says of its interfaces."""
        return sum(interface.dropped for interface in self._interfaces)

    def _read(self) -> None:
        data, at = self._data, 0
        while at + 12 <= len(data):
            if data[at : at + 4] == SECTION and not self._begin_section(at):
                return
            kind, length = unpack_from(self._section.order + "II", data, at)
            if length < 12 or length % 4:
                self.remarks.append(f"the block at byte {at} claims a length of {length}: nothing after it was read")
                return
            if at + length > len(data):
                break
            self._read_block(kind, at, at + length - 4)
            at += length
        if at < len(data):
            self.remarks.append(f"the file ends inside the block at byte {at}: {len(data) - at} bytes were left over")

    def _begin_section(self, at: int) -> bool:
        order = _BYTE_ORDER.get(self._data[at + 8 : at + 12])
        if order is None:
            self.remarks.append(f"the section at byte {at} has no byte order: nothing after it was read")
            return False
        self._section = _Section(order, first=len(self._interfaces))
        return True

    def _read_block(self, kind: int, at: int, end: int) -> None:
        """Read the block from `at` up to the length at its end."""
        section, data = self._section, self._data
        match kind, end - at:
            case Block.PACKET, size if size >= 28:
                which, high, low, captured, length = unpack_from(section.order + "IIIII", data, at + 8)
                self._add(which, high << 32 | low, at + 28, end, captured, length)
            case Block.OLD_PACKET, size if size >= 28:
                which, _, high, low, captured, length = unpack_from(section.order + "HHIIII", data, at + 8)
                self._add(which, high << 32 | low, at + 28, end, captured, length)
            case Block.SIMPLE_PACKET, size if size >= 12:
                length = section.number(data, at + 8)
                snaplen = section.interfaces[0].snaplen if section.interfaces else 0
                self._add(0, 0, at + 12, end, min(length, snaplen or length), length)
            case Block.INTERFACE, size if size >= 16:
                section.interfaces.append(_interface(section, data[at:end]))
                self._interfaces.append(section.interfaces[-1])
            case Block.STATISTICS, size if size >= 20:
                _note_drops(section, data[at:end])

    def _add(self, which: int, ticks: int, start: int, end: int, captured: int, length: int) -> None:
        described = len(self._section.interfaces)
        if which >= described:
            self.remarks.append(f"a frame of interface {which}, but only {described} are described: left out")
        elif start + captured > end:
            self.remarks.append(f"a frame claims {captured} bytes in a block with room for {end - start}: left out")
        else:
            self._found.extend((start, captured, length, ticks, self._section.first + which))


def _interface(section: _Section, block: bytes) -> _Interface:
    interface = _Interface(section.number(block, 8, "H"), section.number(block, 12))
    for code, value in _options(section, block, 16):
        if code == _IF_TSRESOL and value:
            interface.ticks = 2 ** (value[0] & 0x7F) if value[0] & 0x80 else 10 ** min(value[0], 30)
        if code == _IF_TSOFFSET and len(value) == 8:
            interface.offset = section.number(value, 0, "q")
    return interface


def _note_drops(section: _Section, block: bytes) -> None:
    """Statistics count from the start of the capture: the last of an interface has them all."""
    which = section.number(block, 8)
    for code, value in _options(section, block, 20):
        if code == _ISB_IFDROP and len(value) == 8 and which < len(section.interfaces):
            section.interfaces[which].dropped = section.number(value, 0, "Q")


def _options(section: _Section, block: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The options at the end of a block: (code, value)."""
    while at + 4 <= len(block):
        code, size = section.number(block, at, "H"), section.number(block, at + 2, "H")
        if code == _END_OF_OPTIONS:
            return
        yield code, block[at + 4 : at + 4 + size]
        at += 4 + (size + 3) // 4 * 4
