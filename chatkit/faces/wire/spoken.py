"""Which line of which stream is a message: where somebody said it, and where somebody else was told of it.

    ann to server     JOIN ann | SAY hello, bob | ...            Spoken: line 2 of ann's stream
    server to bob     ... | SAID ann hello, bob | ...            and where it comes out

Both are read from the capture alone. Where two lines with one text could be meant, the order that the room promises
decides: everybody hears all that is said from his JOIN on, in one order (PROTOCOL.md). Where that does not decide,
nothing is said.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chatkit.capture.capture import Capture
from chatkit.capture.said import Saying, Sayings, said
from chatkit.errors import MisuseError
from chatkit.protocol import messages as m
from chatkit.protocol.names import fold
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.lines import Line
from chatkit.tcp.segment import Endpoint, Segment
from chatkit.tcp.sequence import add, distance
from chatkit.tcp.visible import visible

SHOWN = 8  # texts, where one is looked for in vain


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation that speaks chat/1, and the name of its client."""

    talk: Conversation
    sayings: Sayings
    name: str

    def from_client(self) -> list[Saying]:
        """What the client said."""
        return [saying for saying in self.sayings if saying.is_from_client]

    def from_server(self) -> list[Saying]:
        """What the server said."""
        return [saying for saying in self.sayings if not saying.is_from_client]


@dataclass(frozen=True, slots=True)
class Carried:
    """A line in the stream of a chat, and the segments that carried it, also in vain."""

    chat: Chat
    line: Line

    @property
    def sender(self) -> Endpoint:
        """The end whose stream it is in."""
        return self.line.sender

    @property
    def start(self) -> int:
        """Its first byte in the stream."""
        return self.line.offset

    @property
    def end(self) -> int:
        """After its last, which is its LF."""
        return self.line.parts[-1].end

    @property
    def text(self) -> str:
        """The line, as it can be shown."""
        return visible(self.line.data, 60)

    def segments(self) -> tuple[Segment, ...]:
        """All that carry bytes of it, copies too, in the order of the capture."""
        first = add(self.chat.talk.isn(self.sender) or 0, 1)
        places = ((segment, distance(first, segment.first_byte)) for segment in self.chat.talk.sent_by(self.sender))
        return tuple(s for s, offset in places if s.size and offset < self.end and offset + s.size > self.start)

    def acknowledged_by(self) -> Segment | None:
        """The first segment of the other end that acknowledges all of it."""
        last = add(self.chat.talk.isn(self.sender) or 0, 1 + self.end)
        others = (segment for segment in self.chat.talk.segments if segment.source != self.sender)
        after = (segment for segment in others if segment.frame > self.line.completed_by.frame)
        return next((segment for segment in after if distance(last, segment.ack) >= 0), None)


def chats(capture: Capture) -> list[Chat]:
    """The conversations in which a server welcomes a client, from their SYNs on."""
    whole = (talk for talk in capture.conversations if None not in map(talk.isn, talk.endpoints))
    read = ((talk, said(talk)) for talk in whole)
    named = ((talk, sayings, _welcomed(sayings)) for talk, sayings in read)
    return [Chat(talk, sayings, name) for talk, sayings, name in named if name]


def find(among: Sequence[Chat], wanted: str | Line, number: int = 1) -> Carried:
    """The line in which this was said, for the `number`th time; MisuseError if it was not."""
    spoken = sorted(_all_spoken(among), key=lambda one: one.line.completed_by.frame)
    if isinstance(wanted, Line):
        found = [one for one in spoken if (one.sender, one.start) == (wanted.sender, wanted.offset)]
    else:
        found = [one for one in spoken if _text(one) == wanted]
    if 0 < number <= len(found):
        return found[number - 1]
    texts = ", ".join(visible((_text(one) or "").encode(), 40) for one in spoken[:SHOWN]) or "nothing at all"
    raise MisuseError(f"nobody said that {number} time{'s' * (number != 1)} in this capture; there is {texts}")


def told(among: Sequence[Chat], spoken: Carried, to: str = "") -> tuple[list[Carried], list[str]]:
    """Where it comes out, the first first; and the names of those for whom it could be several lines."""
    message = decoded(spoken)
    only = message.name if isinstance(message, m.Tell) else to
    hearers = [chat for chat in among if fold(chat.name) == fold(only) or (not only and chat is not spoken.chat)]
    found = [(chat, _heard_as(among, spoken, chat)) for chat in hearers]
    unsure = [chat.name for chat, line in found if line is _UNSURE]
    lines = [Carried(chat, line) for chat, line in found if isinstance(line, Line)]
    return sorted(lines, key=lambda one: one.line.completed_by.frame), unsure


def decoded(spoken: Carried) -> m.Message | None:
    """The message that a line is."""
    return next((saying.message for saying in spoken.chat.sayings if saying.line is spoken.line), None)


_UNSURE = "unsure"


def _heard_as(among: Sequence[Chat], spoken: Carried, hearer: Chat) -> Line | str | None:
    """The line that tells the hearer of it; None if he was not told, _UNSURE if it could be several."""
    message = decoded(spoken)
    assert isinstance(message, m.Say | m.Tell)
    name, is_private = spoken.chat.name, isinstance(message, m.Tell)
    wanted = m.Told(name, message.text) if is_private else m.Said(name, message.text)
    heard = [saying.line for saying in hearer.from_server() if saying.message == wanted]
    same = [one for chat in among if chat.name == name for one in _spoken(chat) if decoded(one) == message]
    same.sort(key=lambda one: one.line.completed_by.frame)
    before, unsure = _missed(same, hearer)
    place = [one.line for one in same].index(spoken.line) - before
    if unsure and len(same) > 1:
        return _UNSURE
    return heard[place] if 0 <= place < len(heard) else None


def _missed(same: Sequence[Carried], hearer: Chat) -> tuple[int, bool]:
    """How many were said before the hearer joined, and whether that is in doubt for any of them."""
    asked = next((s.line for s in reversed(hearer.from_client()) if isinstance(s.message, m.Join)), None)
    let_in = next((s.line for s in hearer.from_server() if isinstance(s.message, m.Welcome)), None)
    if asked is None or let_in is None:
        return 0, True
    frames = [one.line.completed_by.frame for one in same]
    begin, end = asked.completed_by.frame, let_in.completed_by.frame
    return sum(frame < begin for frame in frames), any(begin < frame < end for frame in frames)


def _welcomed(sayings: Sayings) -> str:
    names = (s.message.name for s in sayings if not s.is_from_client and isinstance(s.message, m.Welcome))
    return next(names, "")


def _all_spoken(among: Sequence[Chat]) -> Iterator[Carried]:
    for chat in among:
        yield from _spoken(chat)


def _spoken(chat: Chat) -> Iterator[Carried]:
    return (Carried(chat, s.line) for s in chat.from_client() if isinstance(s.message, m.Say | m.Tell))


def _text(spoken: Carried) -> str | None:
    message = decoded(spoken)
    return message.text if isinstance(message, m.Say | m.Tell) else None
