"""What the other threads tell the postman, through one queue."""

from dataclasses import dataclass

from chatkit.net.seat import Seat


@dataclass(eq=False, slots=True)
class Arrived:
    """Somebody connected."""

    seat: Seat


@dataclass(eq=False, slots=True)
class Heard:
    """Some lines of one client, and their size in bytes."""

    seat: Seat
    lines: list[bytes]
    size: int


@dataclass(eq=False, slots=True)
class HeardTooMuch:
    """A line without an end."""

    seat: Seat
    text: str


@dataclass(eq=False, slots=True)
class HungUp:
    """The stream of a client ended; always the last letter from its reader."""

    seat: Seat
    trouble: str = ""  # why, if it did not end in good order


@dataclass(eq=False, slots=True)
class Stop:
    """Say goodbye to all, and end."""

    text: str


Letter = Arrived | Heard | HeardTooMuch | HungUp | Stop
