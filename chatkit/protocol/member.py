"""What the room knows of one connection.

NEW  --JOIN-->  JOINED  --QUIT, an error that is fatal, the end of the stream-->  CLOSING
"""

from dataclasses import dataclass, field
from enum import Enum

Address = tuple[str, int]


class State(Enum):
    """What a member may do."""

    NEW = "new"
    JOINED = "joined"
    CLOSING = "closing"  # nothing it says is obeyed any more


@dataclass(eq=False, slots=True)
class Member:
    """One connection, as the room sees it."""

    address: Address
    came: float
    heard: float  # when its last line came
    state: State = State.NEW
    name: str = ""
    secret: str = ""
    join_tries: int = 0
    wrong_passwords: int = 0
    pinged: bool = False  # since its last line
    said_quit: bool = False  # it will hang up itself
    claim: "Claim | None" = None


@dataclass(eq=False, slots=True)
class Claim:
    """A JOIN that waits: the name is held from the same address, and its holder has until `until` to show life."""

    name: str
    holder: Member
    until: float
    held_lines: list[bytes] = field(default_factory=list)  # what the claimant said since, obeyed afterwards
    has_ended: bool = False  # and then its stream was over
