"""One field of a frame: where its bytes lie, what they say, and what a reader has to know of it.

    bytes 22 to 22    Time to live    64    Each router takes one away; at 0 the datagram is thrown away. RFC 791, 3.1

A header is a table of places. Reading it gives a field for each place that is there: of a frame that is cut, the
fields up to the cut.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from ipaddress import ip_address
from typing import NamedTuple

from chatkit.faces.wire.field_table import ABOUT, About

Value = int | str | tuple[int, ...] | None


class Layer(Enum):
    """Whose part of a frame it is."""

    LINK = "link"
    NETWORK = "network"
    TRANSPORT = "transport"
    OPTIONS = "options"
    PAYLOAD = "payload"
    REST = "rest"  # padding, and what is not read here


@dataclass(frozen=True, slots=True)
class Field:
    """Some bytes of a frame that belong together, or some bits of them."""

    layer: Layer
    header: str  # the heading it stands under
    key: str  # Wireshark's name of it, to be typed into its filter; without a dot it is ours
    start: int  # its first byte in the frame, counted from 0
    end: int  # after its last
    value: Value  # None where it is cut
    words: str  # the value in clear
    bits: tuple[int, int] | None = (
        None  # the first and the one after the last, from the highest, if it has no whole bytes
    )
    note: str = ""  # what is worth to be said of this one

    @property
    def about(self) -> About:
        """What every field of this kind is for."""
        return ABOUT[self.key]

    @property
    def place(self) -> str:
        """Its bytes, and its bits, in words."""
        bits = f", bits {self.bits[0]} to {self.bits[1] - 1}" if self.bits and self.bits[1] - self.bits[0] > 1 else ""
        bits = f", bit {self.bits[0]}" if self.bits and not bits else bits
        return (f"{self.start}" if self.end - self.start <= 1 else f"{self.start} to {self.end - 1}") + bits

    @property
    def sentence(self) -> str:
        """What it says, and where that is written."""
        return f"{self.about.sentence} ({self.about.source})" if self.about.source else self.about.sentence


class Place(NamedTuple):
    """Where a field lies in its header, and how it is read."""

    key: str
    at: int
    size: int
    bits: tuple[int, int] | None = None
    unit: int = 1  # what the number counts, in bytes
    read: Callable[[bytes], int | str] | None = None  # an address; else it is a number


class Header(NamedTuple):
    """A header whose fields always lie in the same places."""

    layer: Layer
    name: str
    places: tuple[Place, ...]


def read(header: Header, data: bytes, start: int) -> Iterator[Field]:
    """The fields of a header that begins at `start`, as far as the bytes go."""
    for place in header.places:
        begin, end = start + place.at, start + place.at + place.size
        if begin < len(data):
            value = _value(place, data[begin:end])
            words = f"cut off: {len(data) - begin} of {place.size} bytes" if value is None else _words(place.key, value)
            yield Field(header.layer, header.name, place.key, begin, min(end, len(data)), value, words, bits=place.bits)


def noted(fields: list[Field], notes: dict[str, str]) -> list[Field]:
    """The fields, with notes on those that have these keys."""
    return [replace(field, note=notes[field.key]) if notes.get(field.key) else field for field in fields]


def number(data: bytes) -> int:
    """The number in network byte order: the highest byte comes first."""
    return int.from_bytes(data, "big")


def mac(data: bytes) -> str:
    """`02:00:00:00:00:01`."""
    return data.hex(":")


def ip(data: bytes) -> str:
    """An address of either version, as people write it."""
    return str(ip_address(data))


def _value(place: Place, data: bytes) -> int | str | None:
    if len(data) < place.size:
        return None
    if place.read:
        return place.read(data)
    value = number(data)
    if place.bits:
        first, after = place.bits
        value = value >> (8 * place.size - after) & (1 << after - first) - 1
    return value * place.unit


def _words(key: str, value: int | str) -> str:
    words = ABOUT[key].words
    return str(value) if isinstance(value, str) or words is None else words(value)
