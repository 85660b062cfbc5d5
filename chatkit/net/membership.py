"""What a client is to the room, by what the server says: lines go in, and what there is to do comes out.

    HELLO ----> PASS, JOIN ----> WELCOME, USERS ----> in ----> BYE, or an ERROR that is fatal
      |                               |
      '---- refused, with a reason ---'

No socket and no thread is in here: the same lines always make the same member.
"""

from dataclasses import dataclass

from chatkit.errors import ProtocolError, Refused
from chatkit.net.user_list import UserList
from chatkit.protocol import messages as m
from chatkit.protocol.messages import Code
from chatkit.protocol.names import BadName, clean_name
from chatkit.protocol.text import quote

# Once we are in, these come instead of BYE (PROTOCOL.md, sections 10 and 12).
FATAL = {Code.WRONG_PASSWORD, Code.TOO_LONG, Code.TOO_MANY_TRIES, Code.JOIN_TIMEOUT, Code.IDLE, Code.FULL}

_MOST_SHOWN = 200  # characters of the server's own words in a sentence of ours


@dataclass(frozen=True, slots=True)
class Heard:
    """What one line brings: requests to answer with, and news for the listener."""

    answers: tuple[m.Request, ...] = ()
    news: m.Reply | None = None


NOTHING = Heard()


class Membership:
    """Ours in the room; `name` is what the server made of the one we asked for, `farewell` why the server parts."""

    def __init__(self, name: str, secret: m.Pass | None = None) -> None:
        self.name = name
        self.refusal: Refused | None = None
        self.is_in = False
        self.farewell = ""  # a sentence; empty while the server has not announced the end
        self._secret = secret
        self._users = UserList()
        self._is_greeted = False

    @property
    def users(self) -> tuple[str, ...]:
        """The names of all in the room, the first who joined first."""
        return self._users.names

    def refuse(self, sentence: str, code: str | None = None) -> Heard:
        """We are not let in, for the first reason that is given."""
        self.refusal = self.refusal or Refused(sentence, code)
        return NOTHING

    def hear(self, line: bytes) -> Heard:
        """Take one line of the server, given without its LF."""
        if self.refusal:
            return NOTHING
        if not self._is_greeted:
            return self._be_greeted(line)
        try:
            return self._take(m.decode_reply(line))
        except ProtocolError as error:
            return self._take_nonsense(line, error)

    def _be_greeted(self, line: bytes) -> Heard:
        try:
            message = m.decode_reply(line)
        except ProtocolError:
            message = m.Unknown("")
        match message:
            case m.Hello(version=m.VERSION):
                self._is_greeted = True
                join = m.Join(self.name)
                return Heard((self._secret, join) if self._secret else (join,))
            case m.Hello(version=version):
                return self.refuse(f"The server speaks {quote(version)}, this client speaks {m.VERSION}.")
        return self.refuse(f"That is not a chat/1 server: it began with {quote(line)}.")

    def _take(self, message: m.Reply) -> Heard:
        """Keep our picture of the room true."""
        match message:
            case m.Hello():
                return NOTHING  # it greets once
            case m.Ping(token):
                return Heard((m.Pong(token),))
            case m.Users():
                return self._add_users(message)
            case m.Welcome(name):
                return self._be_welcomed(name)
            case m.Error(code, text) if not self.is_in:
                return self.refuse(f"The server refused: {_shown(text or code)}.", code)
            case m.Error(code, text) if code in FATAL:
                self.farewell = f"The server ended the connection: {_shown(text or code)}."
            case m.Bye(text):
                self.farewell = f"The server said BYE: {_shown(text)}." if text else "The server said BYE."
            case m.Joined(name):
                self._users.join(name)
            case m.Left(name):
                self._users.leave(name)
        return Heard(news=message)

    def _take_nonsense(self, line: bytes, error: ProtocolError) -> Heard:
        """A member survives a line that chat/1 does not have, and is told; whoever is no member yet does not join."""
        if self.is_in:
            return Heard(news=m.Error(error.code, f"from the server came a line that is not chat/1: {error.text}"))
        return self.refuse(f"That is not a chat/1 server: it said {quote(line)}.")

    def _be_welcomed(self, name: str) -> Heard:
        """Take the name, which faces show as ours: so it has to be one."""
        if self.is_in:
            return NOTHING  # it welcomes once
        try:
            self.name = clean_name(name)
        except BadName as error:
            return self.refuse(f"That is not a chat/1 server: it said WELCOME, and {error}.")
        return Heard(news=m.Welcome(self.name))

    def _add_users(self, part: m.Users) -> Heard:
        """With the first list that is complete, we are in; the listener gets a list as one message."""
        if not self._users.add(part):
            return NOTHING
        self.is_in = True
        return Heard(news=m.Users(len(self.users), self.users))


def _shown(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."
