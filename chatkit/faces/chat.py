"""What every face of the chat shares: connecting, typing, commands, and what is to be shown.

A face makes a `Chat` with one function, its door. Through that door come `Line`s for the chat box, `Roster`s for the
list of users and `Status`es for everything else, from other threads than the face's own: the door puts them into a
queue, and the face takes them out in its own time. What may wait (connecting, sending, leaving) is done by the chat's
worker thread, so a face never freezes.

    face  --connect, enter, disconnect-->  Chat  --worker-->  Client  --reader-->  Chat  --door-->  face
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from queue import SimpleQueue

from chatkit.errors import ChatkitError, MisuseError, Refused
from chatkit.net.client import GOODBYE_TIME, Client, Gone
from chatkit.net.event import Address
from chatkit.net.host import THIS_COMPUTER, Host
from chatkit.protocol import messages as m
from chatkit.protocol.text import clean

HELP = (
    "Type a message and press Enter: everybody here reads it. /msg NAME TEXT tells one person, /who lists the users, "
    "/quit leaves, //text says a text that begins with a slash."
)


class Kind(Enum):
    """What sort of line it is; faces give each its looks."""

    SAID = "said"
    TOLD = "told"  # for one reader
    NOTICE = "notice"  # joins, leaves, answers to commands
    TROUBLE = "trouble"


class Phase(Enum):
    """Where the connection is; the value is the word that the user reads."""

    OFFLINE = "not connected"
    CONNECTING = "connecting"
    CONNECTED = "connected"


class Blame(Enum):
    """Which field of the login form has to change."""

    NAME = "name"
    SERVER = "server"
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
        """The local time of day, as 14:02."""
        return time.strftime("%H:%M", time.localtime(self.when))

    @property
    def speaker(self) -> str:
        """The words before the text, empty for notices."""
        match self.kind:
            case Kind.SAID:
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
    """Where the connection is; `sentence` says it to the user, addresses are known once connected."""

    phase: Phase
    sentence: str = ""
    name: str = ""
    own: Address | None = None
    server: Address | None = None
    blame: Blame = Blame.NOTHING


Update = Line | Roster | Status
Door = Callable[[Update], None]


class Chat:
    """One user's chat. Its methods return at once and may be called from any thread.

    `patience` is how many seconds the server has to answer a goodbye; a script that talks fast needs more.
    """

    def __init__(
        self,
        door: Door,
        *,
        host: Host = THIS_COMPUTER,
        password: str | None = None,
        patience: float = GOODBYE_TIME,
        daemon: bool = False,
    ) -> None:
        self._door, self._host, self._daemon = door, host, daemon
        self._password, self._patience = password, patience
        self._client: Client | None = None
        self._last: tuple[str, Address] | None = None
        self._unanswered = threading.Semaphore(0)  # WHOs: so many of the next lists of users are shown as lines
        self._showing = threading.Lock()  # guards the order of what two threads say about the connection
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._worker = threading.Thread(target=self._run, name="chat-worker", daemon=daemon)
        self._worker.start()

    @property
    def client(self) -> Client | None:
        """The connection, from when it is tried until another one is."""
        return self._client

    @property
    def connected(self) -> bool:
        """Whether messages can be sent."""
        return self._client is not None and self._client.connected

    def connect(self, name: str, server: Address) -> None:
        """Connect and join; a Status says how it went."""
        self._last = name, server
        self._work.put(lambda: self._connect(name, server))

    def reconnect(self) -> None:
        """Connect again as the last time."""
        if self._last:
            self.connect(*self._last)

    def disconnect(self, text: str = "") -> None:
        """Leave the room; the chat can connect again."""
        self._work.put(lambda: self._disconnect(text))

    def enter(self, typed: str) -> str:
        """Do what the user typed: a message or a command.

        Gives "" if it is on its way, else the reason why not: then the face keeps the text for the user to mend.
        """
        text = clean(typed).strip()
        try:
            work = self._understand(text) if text else None
        except ChatkitError as error:
            return str(error)
        if work:
            self._work.put(work)
        return ""

    def close(self) -> None:
        """Leave, and end the worker; the chat cannot be used any more. Safe to call twice."""
        if self._worker.is_alive():
            self.disconnect()
            self._work.put(None)
            self._worker.join()

    # ---- what was typed ----

    def _understand(self, text: str) -> Callable[[], None] | None:
        """Give the work to do. Raises ChatkitError with the sentence for the user."""
        command, _, rest = text.partition(" ")
        match command.lower():
            case "/help":
                self._door(Line(Kind.NOTICE, HELP))
                return None
            case "/quit":
                m.encode(m.Quit(rest))
                return lambda: self._disconnect(rest)
            case "/who":
                return self._sending(m.Who())
            case "/msg":
                name, _, message = rest.strip().partition(" ")
                if not message:
                    raise MisuseError("/msg needs a name and a text: /msg bob hello")
                return self._sending(m.Tell(name, message), Line(Kind.TOLD, message, name, mine=True))
        if text.startswith("/") and not text.startswith("//"):
            raise MisuseError(f"{command} is not a command. /help lists them; //text says a text that begins with /.")
        said = text.removeprefix("/") if text.startswith("//") else text
        return self._sending(m.Say(said), Line(Kind.SAID, said, mine=True))

    def _sending(self, message: m.Say | m.Tell | m.Who, shown: Line | None = None) -> Callable[[], None]:
        m.encode(message)  # raises MisuseError now, while the text still stands where it was typed
        if not self.connected:
            raise MisuseError("Not sent: not connected.")
        return lambda: self._send(message, shown)

    # ---- the worker's thread ----

    def _run(self) -> None:
        while work := self._work.get():
            try:
                work()
            except ChatkitError as error:
                self._door(Line(Kind.TROUBLE, str(error)))

    def _connect(self, name: str, server: Address) -> None:
        self._disconnect("")
        self._door(Status(Phase.CONNECTING, f"Connecting to {server[0]} port {server[1]} ...", name))
        try:
            client = Client(
                name, server, host=self._host, password=self._password, listener=self._hear, daemon=self._daemon
            )
        except ChatkitError as error:
            code = error.code if isinstance(error, Refused) else None
            blame = Blame.NAME if code in (m.Code.BAD_NAME, m.Code.NAME_TAKEN) else Blame.SERVER
            self._door(Status(Phase.OFFLINE, str(error), name, blame=blame))
            return
        self._client, self._unanswered = client, threading.Semaphore(0)
        with self._showing:
            if client.connected:  # else its Gone is shown, before this or after it
                ends = client.address, client.server
                self._door(Status(Phase.CONNECTED, f"You are {client.name}.", client.name, *ends))
                self._door(Roster(client.users))

    def _disconnect(self, text: str) -> None:
        if self._client:
            self._client.quit(text, self._patience)

    def _send(self, message: m.Say | m.Tell | m.Who, shown: Line | None) -> None:
        client = self._client
        if client is None:
            raise Refused("Not sent: not connected.")
        if isinstance(message, m.Who):
            self._unanswered.release()
        client.send(message)
        if shown:
            self._door(Line(shown.kind, shown.text, shown.name or client.name, mine=True))

    # ---- the reader's thread ----

    def _hear(self, message: m.Reply | Gone) -> None:
        match message:
            case m.Said(name, text) | m.Past(name, text):
                self._door(Line(Kind.SAID, text, name))
            case m.Told(name, text):
                self._door(Line(Kind.TOLD, text, name))
            case m.Joined(name):
                self._notice(f"{name} joined")
            case m.Left(name, text):
                self._notice(f"{name} left ({text})" if text else f"{name} left")
            case m.Users(count, names):
                self._door(Roster(names))
                if self._unanswered.acquire(blocking=False):
                    self._door(Line(Kind.NOTICE, f"{count} here: {', '.join(names)}"))
            case m.Error(_, text):
                self._door(Line(Kind.TROUBLE, text))
            case Gone(reason):
                with self._showing:
                    self._door(Roster(()))
                    self._door(Status(Phase.OFFLINE, reason or "You left the chat."))

    def _notice(self, text: str) -> None:
        self._door(Line(Kind.NOTICE, text))
        with self._showing:
            if self._client:
                self._door(Roster(self._client.users))
