"""A question is data, and knows no answer: everything is computed from the student's own conversation.

    right           Conversation -> Answer       what is right, and every frame that shows it
    misconceptions  Conversation -> Values       what each known mistake would give on that same conversation
    where, rule     the first two hints          the others are worked out (hints.py)

To add one is to add a row to a table like that of subjects/handshake.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import Endpoint, Segment
from chatkit.tcp.sequence import distance
from chatkit.teach.example import CHAT
from chatkit.teach.fitness import Need
from chatkit.teach.kind import SEQUENCE, Kind, Offers
from chatkit.teach.value import Choice, Given, Number, Value, Values


class Way(Enum):
    """What it takes to make a capture of one's own that has what a question asks about."""

    ANY = "a live capture"
    LAN = "a private LAN, whose wire loses what it is told to lose"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is right, and the frames that show it; several where a segment was sent again."""

    value: Value
    frames: tuple[int, ...]


Gives = Callable[[Conversation], Values]


def nothing(_: Conversation) -> Values:
    """A mistake that no value gives away."""
    return ()


def _no_segment(_: Conversation) -> Segment | None:
    return None


def _no_case(_: Conversation) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Misconception:
    """A mistake that has a name, what it gives on a conversation, and the segment that shows why it is one."""

    id: str
    name: str
    explanation: str
    gives: Gives = nothing
    look: Callable[[Conversation], Segment | None] = _no_segment


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to find out from a capture."""

    id: str
    exercise: int  # of the course, 1 to 25
    level: int  # 1 to 3
    subject: str  # what is asked for, in the words of a sentence: "the ack of the SYN,ACK"
    prompt: str
    needs: tuple[Need, ...]  # what `right` and the misconceptions are computed from
    right: Callable[[Conversation], Answer]
    why: str
    misconceptions: tuple[Misconception, ...]
    where: str
    rule: str
    kind: Kind = SEQUENCE
    case: Callable[[Conversation], str] = _no_case  # what is asked about in this very conversation
    offers: Offers | Callable[[Conversation], Offers] = ()  # to choose from, or to put in order
    wants_frame: bool = True  # the number of a frame that shows it
    frame_is: str = ""  # which, in a sentence, where that is not plain
    example: Conversation = CHAT  # to work the question on
    way: Way = Way.ANY

    @property
    def is_predictable(self) -> bool:
        """Whether it can be answered before there is a capture."""
        return not callable(self.offers)

    def asked_on(self, talk: Conversation | None) -> str:
        """The prompt, with what is asked about in this conversation; without one, as before there is a capture."""
        parts = (self.prompt,) if talk is None else (self.prompt, self.frame_is, self.case(talk))
        return " ".join(part for part in parts if part)

    def offers_on(self, talk: Conversation | None) -> Offers:
        """What is offered; nothing where that depends on a conversation, and there is none."""
        if callable(self.offers):
            return () if talk is None else self.offers(talk)
        return self.offers

    def suspects(self, talk: Conversation, given: Given) -> tuple[Misconception, ...]:
        """The mistakes that give this on this conversation."""
        return tuple(m for m in self.misconceptions if any(value.is_meant_by(given) for value in m.gives(talk)))

    def __repr__(self) -> str:
        return f"<Question {self.id}, level {self.level}: {self.prompt}>"


def counted(talk: Conversation, end: Endpoint, steps: int) -> Number:
    """The number so many steps after this end's ISN."""
    return Number(_isn(talk, end), steps)


def read(talk: Conversation, end: Endpoint, absolute: int) -> Number:
    """A number that a header has, counted from this end's ISN."""
    isn = _isn(talk, end)
    return Number(isn, distance(isn, absolute))


def chosen(*keys: str) -> Gives:
    """A mistake that chooses one of these options."""
    return lambda _: tuple(Choice(key) for key in keys)


def always(key: str) -> Callable[[Conversation], Answer]:
    """What is right whatever the conversation: this option, and no frame shows it."""
    return lambda _: Answer(Choice(key), ())


def _isn(talk: Conversation, end: Endpoint) -> int:
    isn = talk.isn(end)
    assert isn is not None, "a question says in `needs` that it counts from an ISN"
    return isn
