"""Where a message can be, from the thread that says it to the face that shows it, and what happens to it there."""

from dataclasses import dataclass
from enum import Enum


class Lane(Enum):
    """Where a message is; from top to bottom, it is on its way."""

    SENDER_THREAD = "{sender}'s thread"
    SENDER_TCP = "{sender}'s TCP"
    WIRE_IN = "wire to the server"
    SERVER_TCP_IN = "server's TCP"
    READER = "server's reader"
    QUEUE = "queue"
    POSTMAN = "postman"
    OUTBOX = "outbox of {receiver}"
    SERVER_TCP_OUT = "server's TCP, out"
    WIRE_OUT = "wire to {receiver}"
    RECEIVER_TCP = "{receiver}'s TCP"
    RECEIVER_THREAD = "{receiver}'s thread"
    FACE = "{receiver}'s face"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens to the message, or because of it."""

    lane: Lane
    when: float  # seconds since 1970
    label: str  # a few words
    sentence: str
    until: float | None = None  # where it lasts
    is_aside: bool = False  # not on the message's own way: an acknowledgment, a frame that is lost
