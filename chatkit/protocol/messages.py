"""The messages of chat/1, and how a line becomes one.

A class is a verb, its fields are the words after it in order, and the last field takes the rest of the line:

    SAID ann hello, bob        <->        Said(name="ann", text="hello, bob")

A field with a default may be missing from the line. PROTOCOL.md has the grammar in ABNF.
"""

from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from functools import cache
from typing import Any

from chatkit.errors import MisuseError, ProtocolError
from chatkit.protocol.framing import MAX_LINE_BYTES
from chatkit.protocol.text import MAX_TEXT_BYTES, cut, find_forbidden, quote

VERSION = "chat/1"


class Code(StrEnum):
    """The word after ERROR."""

    BAD_LINE = "bad-line"
    UNKNOWN_VERB = "unknown-verb"
    NOT_JOINED = "not-joined"
    ALREADY_JOINED = "already-joined"
    NO_TEXT = "no-text"
    BAD_NAME = "bad-name"
    NAME_TAKEN = "name-taken"
    NO_SUCH_NAME = "no-such-name"
    PASSWORD_NEEDED = "password-needed"
    NO_CAPTURE = "no-capture"
    WRONG_PASSWORD = "wrong-password"  # fatal the third time
    TOO_LONG = "too-long"  # fatal, as all that follow
    TOO_MANY_TRIES = "too-many-tries"
    JOIN_TIMEOUT = "join-timeout"
    IDLE = "idle"
    FULL = "full"


# ---- client to server ----


@dataclass(frozen=True, slots=True)
class Pass:
    secret: str = ""

    def __repr__(self) -> str:
        return "Pass(secret=...)"  # never logged


@dataclass(frozen=True, slots=True)
class Join:
    name: str = ""


@dataclass(frozen=True, slots=True)
class Say:
    text: str


@dataclass(frozen=True, slots=True)
class Tell:
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Who:
    pass


@dataclass(frozen=True, slots=True)
class Quit:
    text: str = ""


@dataclass(frozen=True, slots=True)
class Capture:
    pass


# ---- both ways ----


@dataclass(frozen=True, slots=True)
class Ping:
    token: str


@dataclass(frozen=True, slots=True)
class Pong:
    token: str


# ---- server to client ----


@dataclass(frozen=True, slots=True)
class Hello:
    version: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Welcome:
    name: str


@dataclass(frozen=True, slots=True)
class Users:
    """Some of the `count` names in the room; complete when that many have come, on one line or several."""

    count: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Joined:
    name: str


@dataclass(frozen=True, slots=True)
class Said:
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Told:
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Left:
    name: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Captured:
    url: str


@dataclass(frozen=True, slots=True)
class Bye:
    text: str = ""


@dataclass(frozen=True, slots=True)
class Error:
    code: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A verb that this program does not know; a client ignores it (it may be younger than the client)."""

    verb: str


Request = Pass | Join | Say | Tell | Who | Ping | Pong | Quit | Capture
Reply = Hello | Welcome | Users | Joined | Said | Told | Left | Past | Captured | Ping | Pong | Bye | Error | Unknown
Message = Request | Reply

_REQUESTS: dict[str, Any] = {
    kind.__name__.upper(): kind for kind in (Pass, Join, Say, Tell, Who, Ping, Pong, Quit, Capture)
}
_REPLIES: dict[str, Any] = {
    kind.__name__.upper(): kind
    for kind in (Hello, Welcome, Users, Joined, Said, Told, Left, Past, Captured, Ping, Pong, Bye, Error)
}


_fields = cache(fields)  # of a class


def encode(message: Message) -> bytes:
    """Give the line for a message, with its LF.

    Raises MisuseError where chat/1 has no such line: a forbidden character, a text that is missing or too long.
    """
    words = [type(message).__name__.upper(), *_words(message)]
    line = " ".join(words)
    if wrong := find_forbidden(line):
        raise MisuseError(f"{words[0]}: the character {wrong} may not be sent")
    if any(" " in word for word in words[1:-1]):
        raise MisuseError(f"{words[0]}: a space inside {quote(words[1])}, only the last word may have one")
    if len(words[-1].encode()) > MAX_TEXT_BYTES or len(line.encode()) >= MAX_LINE_BYTES:
        raise MisuseError(f"{words[0]}: {len(words[-1].encode())} bytes of text, at most {MAX_TEXT_BYTES}")
    return line.encode() + b"\n"


def decode_request(line: bytes) -> Request:
    """Read one line from a client, given without its LF.

    Raises ProtocolError with the code that the ERROR line has to carry.
    """
    verb, rest = _split(line)
    if verb not in _REQUESTS:
        raise ProtocolError(Code.UNKNOWN_VERB, f"{quote(verb)} is not known, try {', '.join(_REQUESTS)}")
    request: Request = _fill(verb, _REQUESTS[verb], rest)
    return request


def decode_reply(line: bytes) -> Reply:
    """Read one line from a server, given without its LF; a verb that is not known gives Unknown.

    Raises ProtocolError.
    """
    verb, rest = _split(line)
    if verb == "USERS":
        return _users(rest)
    reply: Reply = _fill(verb, _REPLIES[verb], rest) if verb in _REPLIES else Unknown(verb)
    if isinstance(reply, Welcome | Joined) and " " in reply.name:
        raise ProtocolError(Code.BAD_LINE, f"{verb} with a name that has a space in it, seen: {quote(rest)}")
    return reply


def users_lines(names: list[str]) -> bytes:
    """Give the USERS lines for all names: as few as fit, each with the count of all."""
    head, rest, lines = b"USERS %d" % len(names), " ".join(["", *names]).encode(), list[bytes]()
    room = MAX_LINE_BYTES - 1 - len(head)
    while len(rest) > room:
        end = rest.rindex(b" ", 1, room + 1)  # where a name begins
        lines.append(head + rest[:end])
        rest = rest[end:]
    return b"".join(line + b"\n" for line in [*lines, head + rest])


def error_line(code: str, text: str) -> bytes:
    """Give the ERROR line; a text that grew too long is cut."""
    return encode(Error(code, cut(text)))


def _words(message: Message) -> list[str]:
    """Give the words after the verb, without the optional ones that are empty."""
    match message:
        case Users(count, names):
            return [str(count), *names]
        case Unknown():
            raise MisuseError("an unknown message cannot be sent")
    words: list[str] = []
    for field in fields(message):
        value: str = getattr(message, field.name)
        if not value and field.default is MISSING:
            raise MisuseError(f"{type(message).__name__.upper()} needs a {field.name}")
        words.append(value)
    return words if words and words[-1] else words[:-1]


def _split(line: bytes) -> tuple[str, str]:
    """Give the verb in upper case and what stands after the one space behind it."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProtocolError(Code.BAD_LINE, f"byte {error.start} is not UTF-8, the only encoding here") from None
    if wrong := find_forbidden(text):
        raise ProtocolError(Code.BAD_LINE, f"the character {wrong} may not be sent")
    verb, _, rest = text.partition(" ")
    return (verb.upper() if verb.isascii() else verb), rest  # only ASCII: other letters have capitals in it


def _fill(verb: str, kind: Any, rest: str) -> Any:
    """Make a message of the class from the words after its verb."""
    wanted = _fields(kind)
    if not wanted:
        if rest:
            raise ProtocolError(Code.BAD_LINE, f"{verb} takes nothing after it, seen: {quote(rest)}")
        return kind()
    values = rest.split(" ", len(wanted) - 1)
    values += [""] * (len(wanted) - len(values))
    if (size := len(values[-1].encode())) > MAX_TEXT_BYTES:
        raise ProtocolError(Code.TOO_LONG, f"a text of {size} bytes, at most {MAX_TEXT_BYTES}")
    for field, value in zip(wanted, values, strict=True):
        if not value and field.default is MISSING:
            raise ProtocolError(Code.NO_TEXT, f"{verb} needs {' and '.join(f.name for f in wanted)} after it")
    return kind(*values)


def _users(rest: str) -> Users:
    count, *names = rest.split(" ")
    if "" in names:
        raise ProtocolError(Code.BAD_LINE, "USERS with a name that is empty")
    if not (count.isascii() and count.isdigit() and len(count) < 10):
        raise ProtocolError(Code.BAD_LINE, f"USERS needs a number after it, seen: {quote(count)}")
    return Users(int(count), tuple(names))
