"""What can be an answer, right or wrong: a value that knows when somebody means it, and how it is written.

Number    a sequence number: absolute and relative mean the same
Count     how many
Seconds   how long: what was rounded means the same
Frames    one of these frames
Choice    one of the options that are offered
Order     any order that is possible
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from chatkit.tcp.segment import Endpoint
from chatkit.tcp.sequence import CIRCLE, add

Given = int | float | str | tuple[str, ...]  # a number; seconds; the key of an option; the keys of pieces in order


class Value(Protocol):
    """What is asked for, or what a mistake leads to."""

    def is_meant_by(self, given: Given) -> bool:
        """Whether what was given means this."""

    def __str__(self) -> str:
        """As a person writes it."""

    @property
    def working(self) -> str:
        """How it comes about, as a line of arithmetic; empty if there is none."""


@dataclass(frozen=True, slots=True)
class Number:
    """A sequence number, as so many steps after one end's ISN."""

    isn: int
    steps: int

    @property
    def absolute(self) -> int:
        """As the header has it."""
        return add(self.isn, self.steps)

    @property
    def relative(self) -> int:
        """As Wireshark counts it."""
        return self.steps % CIRCLE

    def is_meant_by(self, given: Given) -> bool:
        """Whether the value is this number in one of the two ways."""
        return given in (self.absolute, self.relative)

    def __str__(self) -> str:
        return str(self.absolute)

    @property
    def working(self) -> str:
        """How the number comes from its ISN: `4294967295 + 1 = 0 (modulo 2^32)`."""
        if not self.steps:
            return ""
        wraps = " (modulo 2^32)" if self.isn + self.steps != self.absolute else ""
        return f"{self.isn} + {self.steps} = {self.absolute}{wraps}"


@dataclass(frozen=True, slots=True)
class Count:
    """So many; `also` are other ways to count that are right as well."""

    number: int
    also: frozenset[int] = frozenset()
    working: str = ""

    def is_meant_by(self, given: Given) -> bool:
        return given == self.number or given in self.also

    def __str__(self) -> str:
        return str(self.number)


@dataclass(frozen=True, slots=True)
class Seconds:
    """A time; whoever reads it off a table has it rounded."""

    seconds: float
    working: str = ""

    ROUNDED = 0.02  # of itself
    LEAST = 2e-6  # seconds: both times may have been rounded to a microsecond, and so be that far off together

    def is_meant_by(self, given: Given) -> bool:
        slack = max(self.ROUNDED * abs(self.seconds), self.LEAST)
        return isinstance(given, (int, float)) and abs(given - self.seconds) <= slack

    def __str__(self) -> str:
        return f"{self.seconds * 1000:.3f} ms"


@dataclass(frozen=True, slots=True)
class Frames:
    """Any of these frames."""

    numbers: tuple[int, ...]
    working: str = ""

    def is_meant_by(self, given: Given) -> bool:
        return given in self.numbers

    def __str__(self) -> str:
        return " or ".join(map(str, self.numbers))


@dataclass(frozen=True, slots=True)
class Choice:
    """The option that has this key."""

    key: str
    text: str = ""
    working: str = ""

    def is_meant_by(self, given: Given) -> bool:
        return given == self.key

    def __str__(self) -> str:
        return self.text or self.key


@dataclass(frozen=True, slots=True)
class Order:
    """Every order of the pieces that `is_possible` accepts; `example` is one of them."""

    example: tuple[str, ...]
    is_possible: Callable[[tuple[str, ...]], bool]
    working: str = ""

    def is_meant_by(self, given: Given) -> bool:
        return isinstance(given, tuple) and self.is_possible(given)

    def __str__(self) -> str:
        return " ".join(self.example)


Values = tuple[Value, ...]


def key_of(endpoint: Endpoint) -> str:
    """The key of an option that is an endpoint."""
    address, port = endpoint
    return f"{address} {port}"
