"""pcap files: a header, then record after record (draft-ietf-opsawg-pcap).

    | magic, version, snaplen, link type |  seconds, fraction, captured, on the wire | bytes |  ...

The magic number tells the byte order and whether fractions are micro- or nanoseconds. Files are written with
nanoseconds. What can be read of a broken file is read, and a remark says where it breaks off.
"""

import zlib
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from struct import Struct

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from chatkit.capture.frame import Frame
from chatkit.capture.packed import NO_FRAMES, Numbers, Packed
from chatkit.capture.pcapng import SECTION, BlockReader
from chatkit.errors import CaptureError

MAX_FRAME_BYTES = 262_144  # as Wireshark and libpcap have it
MAX_UNZIPPED_BYTES = 4 * 1024**3
HEADER_BYTES, RECORD_BYTES = 24, 16
GZIP = b"\x1f\x8b"
_LINK_TYPE_MASK = 0x03FFFFFF  # the high bits say how long a frame check sequence is

# first four bytes: (byte order for struct, nanoseconds in a unit of the fraction)
MAGIC = {
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\x3c\x4d": (">", 1),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
}


@dataclass
class Contents:
    """What a file holds, and what is wrong with it."""

    frames: Packed
    remarks: list[str] = field(default_factory=list)
    dropped: int = 0  # frames that the machine which captured it says it lost


def read(path: Path) -> Contents:
    """Read a pcap or pcapng file, gzipped or not; CaptureError if it is neither."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CaptureError(f"{path} cannot be read: {error.strerror}") from error
    return contents_of(data, str(path))


def contents_of(data: bytes, name: str) -> Contents:
    """Read the bytes of such a file; `name` is for the error."""
    data, remarks = _unzipped(data) if data[:2] == GZIP else (data, [])
    magic = data[:4]
    if magic in MAGIC:
        records = RecordReader()
        return Contents(records.feed(data), remarks + records.remarks())
    if magic == SECTION:
        blocks = BlockReader(data)
        return Contents(blocks.frames, remarks + blocks.remarks, blocks.dropped)
    raise CaptureError(f"{name} begins with the bytes {magic.hex(' ') or '(none)'}: neither pcap nor pcapng")


class RecordReader:
    """Reads the records of a pcap file, as many bytes at a time as there are."""

    def __init__(self) -> None:
        self.trouble = ""  # why nothing more is read
        self._rest = b""
        self._order = ""  # not known before the header has come
        self._unit = self._link_type = self._count = 0

    def feed(self, data: bytes) -> Packed:
        """Take the next bytes of the file and give the frames that they complete."""
        self._rest += data
        at = 0
        if not self._order and len(self._rest) >= HEADER_BYTES:
            self._read_header()
            at = HEADER_BYTES
        if not self._order or self.trouble:
            return NO_FRAMES
        frames = self._frames(self._walk(at))
        if len(frames):
            at = int(frames.start[-1] + frames.captured[-1])
        self._count, self._rest = self._count + len(frames), self._rest[at:]
        return frames

    def remarks(self) -> list[str]:
        """What was left unread, once there are no more bytes to come."""
        if self.trouble:
            return [f"{self.trouble}: nothing after it was read"]
        if not self._rest and self._order:
            return []
        where = f"record {self._count + 1}" if self._order else "its header"
        return [f"the file ends inside {where}: {len(self._rest)} bytes were left over"]

    def _read_header(self) -> None:
        self._order, self._unit = MAGIC.get(self._rest[:4], ("", 0))
        if not self._order:
            self.trouble = f"it begins with the bytes {self._rest[:4].hex(' ')}, which no pcap file does"
            return
        self._link_type = Struct(self._order + "I").unpack_from(self._rest, 20)[0] & _LINK_TYPE_MASK

    def _walk(self, at: int) -> Numbers:
        """Go from record to record, and give where each begins; the last may be cut."""
        starts, captured_in = array("q"), Struct(self._order + "I").unpack_from
        data, last = self._rest, len(self._rest) - RECORD_BYTES
        while at <= last:
            starts.append(at)
            at += RECORD_BYTES + captured_in(data, at + 8)[0]
        return np.array(starts, np.int64)

    def _frames(self, starts: Numbers) -> Packed:
        """Read the heads of all records at once (seconds, fraction, captured, on the wire), up to one that can't be."""
        if not len(starts):
            return NO_FRAMES
        memory = np.frombuffer(self._rest, np.uint8)
        heads = sliding_window_view(memory, RECORD_BYTES)[starts].view(self._order + "u4")
        sound = self._count_sound(starts, heads[:, 2])
        seconds, fraction, captured, length = (heads[:sound, field].astype(np.int64) for field in range(4))
        return Packed(
            self._rest,
            start=starts[:sound] + RECORD_BYTES,
            captured=captured,
            wire_length=length,
            nanoseconds=seconds * 10**9 + fraction * self._unit,
            link_type=np.broadcast_to(np.int64(self._link_type), sound),
            number=self._count + 1 + np.arange(sound),
        )

    def _count_sound(self, starts: Numbers, captured: Numbers) -> int:
        """How many records from the first are whole and of a size that can be."""
        too_large = np.flatnonzero(captured > MAX_FRAME_BYTES)
        if len(too_large):
            number = self._count + int(too_large[0]) + 1
            self.trouble = f"record {number} claims {captured[too_large[0]]} bytes, at most {MAX_FRAME_BYTES}"
            return int(too_large[0])
        return len(starts) - int(starts[-1] + RECORD_BYTES + captured[-1] > len(self._rest))


def write(path: Path, frames: Iterable[Frame], link_type: int) -> None:
    """Write a pcap file with nanoseconds."""
    with open(path, "wb") as file:
        file.write(header(link_type))
        for frame in frames:
            file.write(record(frame))


def header(link_type: int) -> bytes:
    """The header of a pcap file with nanoseconds."""
    return Struct("<4sHHiIII").pack(b"\x4d\x3c\xb2\xa1", 2, 4, 0, 0, MAX_FRAME_BYTES, link_type)


def record(frame: Frame) -> bytes:
    """One frame as it stands in such a file."""
    seconds, nanoseconds = divmod(frame.nanoseconds, 10**9)
    return Struct("<IIII").pack(seconds & 0xFFFFFFFF, nanoseconds, len(frame.data), frame.length) + frame.data


def _unzipped(data: bytes) -> tuple[bytes, list[str]]:
    """What can be unzipped, and what is to be said about it."""
    unzip = zlib.decompressobj(wbits=31)
    try:
        plain = unzip.decompress(data, MAX_UNZIPPED_BYTES)
    except zlib.error as error:
        raise CaptureError(f"a gzip file that cannot be unzipped: {error}") from error
    if unzip.unconsumed_tail:
        return plain, [f"unzipped it is over {MAX_UNZIPPED_BYTES} bytes: the rest was not read"]
    return plain, [] if unzip.eof else ["the gzip file is cut: its end is missing"]
