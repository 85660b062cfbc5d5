"""A question is data, and knows no answer: all numbers are computed from the student's own conversation.

    right           Conversation -> Answer       the number, and every frame that shows it
    misconceptions  Conversation -> Numbers      what each known mistake would give on that same conversation
    where, rule     the first two hints          the others are worked out (hints.py)

To add one is to add a row to a table like that of handshake.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import Endpoint, Segment
from chatkit.tcp.sequence import CIRCLE, add, distance
from chatkit.teach.fitness import Need


class Kind(Enum):
    """What sort of answer a question takes."""

    NUMBER = "a sequence number, and the number of a frame that shows it"


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

    def is_meant_by(self, value: int) -> bool:
        """Whether the value is this number in one of the two ways."""
        return value in (self.absolute, self.relative)


Numbers = tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is right: a number, and the frames that show it; several where a segment was sent again."""

    number: Number
    frames: tuple[int, ...]


def _no_numbers(_: Conversation) -> Numbers:
    return ()


def _no_segment(_: Conversation) -> Segment | None:
    return None


@dataclass(frozen=True, slots=True)
class Misconception:
    """A mistake that has a name, the numbers that it gives on a conversation, and the segment that shows why."""

    id: str
    name: str
    explanation: str
    numbers: Callable[[Conversation], Numbers] = _no_numbers
    look: Callable[[Conversation], Segment | None] = _no_segment


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to find out from a capture."""

    id: str
    level: int  # 1 to 3
    subject: str  # what is asked for, in the words of a sentence: "the ack of the SYN,ACK"
    prompt: str
    needs: tuple[Need, ...]  # what `right` and the misconceptions are computed from
    right: Callable[[Conversation], Answer]
    why: str
    misconceptions: tuple[Misconception, ...]
    where: str
    rule: str
    kind: Kind = Kind.NUMBER

    def suspects(self, talk: Conversation, value: int) -> tuple[Misconception, ...]:
        """The mistakes that give this value on this conversation."""
        return tuple(m for m in self.misconceptions if any(number.is_meant_by(value) for number in m.numbers(talk)))

    def __repr__(self) -> str:
        return f"<Question {self.id}, level {self.level}: {self.prompt}>"


def counted(talk: Conversation, end: Endpoint, steps: int) -> Number:
    """The number so many steps after this end's ISN."""
    return Number(_isn(talk, end), steps)


def read(talk: Conversation, end: Endpoint, absolute: int) -> Number:
    """A number that a header has, counted from this end's ISN."""
    isn = _isn(talk, end)
    return Number(isn, distance(isn, absolute))


def _isn(talk: Conversation, end: Endpoint) -> int:
    isn = talk.isn(end)
    assert isn is not None, "a question says in `needs` that it counts from an ISN"
    return isn
