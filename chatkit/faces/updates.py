"""What a chat tells its face: lines for the chat box, the list of users, and where the connection is."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from chatkit.net.event import Address
from chatkit.net.tls import Seal


class Kind(Enum):
    """What sort of line it is; faces give each its looks."""

    SAID = "said"
    TOLD = "told"  # for one reader
    PAST = "past"  # said before we came; nobody knows when
    NOTICE = "notice"  # joins, leaves, answers to commands
    TROUBLE = "trouble"


class Phase(Enum):
    """Where the connection is; the value is the word that the user reads."""

    OFFLINE = "not connected"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    WAITING = "waiting"  # to try again


class Blame(Enum):
    """What has to change: a field of the login form; that of the password is there once it is asked for."""

    NAME = "name"
    SERVER = "server"
    PASSWORD = "password"
    NOTHING = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the chat box. `name` is who spoke, or to whom we whispered; `when` is in seconds since the epoch."""

    kind: Kind
    text: str
    name: str = ""
    mine: bool = False
    when: float = field(default_factory=time.time)

    @property
    def clock(self) -> str:
        """The local time of day, as 14:02; empty for what was said before we came."""
        return "" if self.kind is Kind.PAST else time.strftime("%H:%M", time.localtime(self.when))

    @property
    def speaker(self) -> str:
        """The words before the text, empty for notices."""
        match self.kind:
            case Kind.SAID | Kind.PAST:
                return self.name
            case Kind.TOLD:
                return f"to {self.name}" if self.mine else f"{self.name} to you"
        return ""


@dataclass(frozen=True, slots=True)
class Roster:
    """The list of users, the first who joined first."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """Where the connection is; `sentence` says it to the user, addresses are known once connected.

    While we wait to try again, `plan` says when, which is in `seconds`. `is_news` is false where only that has changed.
    """

    phase: Phase
    sentence: str = ""
    name: str = ""
    own: Address | None = None
    server: Address | None = None
    blame: Blame = Blame.NOTHING
    seal: Seal | None = None  # how TLS seals the connection
    plan: str = ""
    seconds: int = 0
    is_news: bool = True

    @property
    def story(self) -> str:
        """What is so, how it is sealed, and what comes."""
        seal = f"Sealed by {self.seal}." if self.seal else ""
        return " ".join(part for part in (self.sentence, seal, self.plan) if part)


Update = Line | Roster | Status
Door = Callable[[Update], None]
