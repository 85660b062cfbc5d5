"""Writes pcapng files, the kind that can hold frames of several links (draft-ietf-opsawg-pcapng).

    section header | an interface for each kind of link | frame | frame | ... | statistics

Times are in nanoseconds. What the capture says of itself stands in a comment, which Wireshark shows.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from struct import pack

from chatkit.capture.frame import Frame
from chatkit.capture.pcapng import Block

_SECTION, _BYTE_ORDER, _UNKNOWN_LENGTH = 0x0A0D0D0A, 0x1A2B3C4D, -1
_COMMENT, _APPLICATION, _RESOLUTION, _DROPPED = 1, 4, 9, 5  # options
_NANOSECONDS = b"\x09"  # a tick is 10^-9 s


def write(path: Path, frames: Sequence[Frame], dropped: int = 0, source: str = "") -> None:
    """Write the frames; `dropped` and `source` are what a capture says of itself."""
    links = list(dict.fromkeys(frame.link_type for frame in frames))
    with open(path, "wb") as file:
        file.write(_section(source))
        file.writelines(map(_interface, links))
        file.writelines(_packet(frame, links.index(frame.link_type)) for frame in frames)
        if dropped and links:
            last = frames[-1].nanoseconds
            file.write(_block(Block.STATISTICS, pack("<I", 0) + _time(last), [(_DROPPED, pack("<Q", dropped))]))


def _section(source: str) -> bytes:
    options = [(_APPLICATION, b"chatkit")] + ([(_COMMENT, source.encode())] if source else [])
    return _block(_SECTION, pack("<IHHq", _BYTE_ORDER, 1, 0, _UNKNOWN_LENGTH), options)


def _interface(link: int) -> bytes:
    return _block(Block.INTERFACE, pack("<HHI", link, 0, 0), [(_RESOLUTION, _NANOSECONDS)])


def _packet(frame: Frame, interface: int) -> bytes:
    head = pack("<I", interface) + _time(frame.nanoseconds) + pack("<II", len(frame.data), frame.length)
    return _block(Block.PACKET, head + _padded(frame.data), ())


def _time(nanoseconds: int) -> bytes:
    return pack("<II", nanoseconds >> 32 & 0xFFFFFFFF, nanoseconds & 0xFFFFFFFF)


def _block(kind: int, body: bytes, options: Iterable[tuple[int, bytes]]) -> bytes:
    for code, value in options:
        body += pack("<HH", code, len(value)) + _padded(value)
    if options:
        body += bytes(4)  # the end of the options
    size = len(body) + 12
    return pack("<II", kind, size) + body + pack("<I", size)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
