"""The options that may follow a TCP header: kind, length, value (RFC 9293, section 3.2; RFC 7323; RFC 2018; RFC 7413).

Most of them ride in a SYN only, because they settle what both ends will do: a capture without the SYNs can't
tell how a window is scaled.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields

END_OF_LIST, NO_OPERATION = 0, 1
MSS, WINDOW_SCALE, SACK_PERMITTED, SACK, TIMESTAMPS, FAST_OPEN = 2, 3, 4, 5, 8, 34


@dataclass(frozen=True, slots=True)
class Options:
    """What a header's options say; None where an option is not there."""

    mss: int | None = None  # largest payload in bytes that this end will receive
    window_scale: int | None = None  # shift count
    sack_permitted: bool = False
    sack: tuple[tuple[int, int], ...] = ()  # blocks received beyond a gap: (left edge, right edge)
    timestamps: tuple[int, int] | None = None  # TSval, TSecr
    fast_open: bytes | None = None  # the cookie that allows data in a SYN; empty where a SYN asks for one (RFC 7413)
    is_cut: bool = False  # there were more, but the capture ends before them
    unknown: tuple[tuple[int, bytes], ...] = ()  # (kind, value), also of known kinds with a wrong length

    @classmethod
    def decode(cls, data: bytes, length: int | None = None) -> "Options":
        """Read the bytes between the 20th byte of the header and its end; on the wire there were `length`."""
        is_cut = length is not None and len(data) < length
        if not data:
            return cls(is_cut=True) if is_cut else NONE
        mss = scale = timestamps = cookie = None
        permitted = False
        sack: tuple[tuple[int, int], ...] = ()
        unknown: list[tuple[int, bytes]] = []
        for kind, value in _split(data):
            match kind, len(value):
                case 2, 2:
                    mss = _number(value)
                case 3, 1:
                    scale = value[0]
                case 4, 0:
                    permitted = True
                case 5, length if length and length % 8 == 0:
                    sack = tuple(_pair(value[at : at + 8]) for at in range(0, length, 8))
                case 8, 8:
                    timestamps = _pair(value)
                case 34, length if length == 0 or 4 <= length <= 16:
                    cookie = value
                case _:
                    unknown.append((kind, value))
        return cls(mss, scale, permitted, sack, timestamps, cookie, is_cut, tuple(unknown))

    def __str__(self) -> str:
        """Only what is there, as `mss=1460 window_scale=7`."""
        there = ((field.name, getattr(self, field.name)) for field in fields(self))
        return " ".join(_shown(name, value) for name, value in there if value not in (None, ()) and value is not False)


NONE = Options()


def _split(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data) and data[at] != END_OF_LIST:
        if data[at] == NO_OPERATION:
            at += 1
            continue
        length = data[at + 1] if at + 1 < len(data) else 0
        if length < 2 or at + length > len(data):
            return  # a length that can't be: nothing after it can be trusted
        yield data[at], data[at + 2 : at + length]
        at += length


def _number(value: bytes) -> int:
    return int.from_bytes(value, "big")


def _pair(value: bytes) -> tuple[int, int]:
    return _number(value[:4]), _number(value[4:])


def _shown(name: str, value: object) -> str:
    if value is True:
        return name
    return f"{name}={value.hex()}" if isinstance(value, bytes) else f"{name}={value}"
