"""What there is to see on a wire, in the order of time: who sent which segment to whom, and which call was made.

    scene = scene_of(capture)
    scene.step(0)                                   the first thing that happened

    entries   | SYN | connect | SYN,ACK | ACK | ...             one for each segment and call: small, and made at once
    steps           | Step(arrow) | Step(call) | ...            made when they are to be shown: a capture may be long

A segment that arrives as soon as it leaves is one step. One that is on its way for a while is two: it leaves, and
further down it arrives.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from chatkit.capture.frame import Frame
from chatkit.lan.log import Fate
from chatkit.tcp.bits import FIN, RST, SYN
from chatkit.tcp.conversation import Conversation, Relative, States
from chatkit.tcp.judge import Judgements
from chatkit.tcp.lines import Line
from chatkit.tcp.segment import Endpoint, Segment, at


class Kind(Enum):
    """What a reader may want to see, or not."""

    OPENING = "SYN"
    DATA = "data"
    PURE_ACK = "pure ACK"
    CLOSING = "FIN"
    RESET = "RST"
    CALL = "call"


@dataclass(frozen=True, slots=True)
class Host:
    """A lifeline. Where both ends of a conversation have one address, as on loopback, it is an endpoint."""

    name: str
    address: str  # 10.0.0.1, or 127.0.0.1:9898


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation, as a picture needs it."""

    number: int  # in the scene, counted from 0
    client: Host
    server: Host
    endpoints: tuple[Endpoint, Endpoint]  # (client, server)
    start: float  # when its first segment was sent

    def __str__(self) -> str:
        return f"{self.client.name} → {self.server.name} ({at(self.endpoints[0])})"


@dataclass(frozen=True, slots=True)
class Arrow:
    """A segment on its way, and what it did to both ends."""

    segment: Segment
    talk: Talk
    sent: float  # seconds since 1970
    arrived: float | None  # None: nobody saw it arrive
    is_at_once: bool  # it arrives in the step in which it leaves
    fate: Fate
    rule: str  # that did something to it on the wire of a LAN
    judgements: Judgements
    relative: Relative
    left: States  # of both ends when it had left
    landed: States | None  # and when it had arrived
    is_on_its_way: bool = False  # it has not arrived by now, and still may

    @property
    def is_from_client(self) -> bool:
        """Whether the end that opened sent it."""
        return self.segment.source == self.talk.endpoints[0]

    @property
    def sender(self) -> Host:
        """Where it begins."""
        return self.talk.client if self.is_from_client else self.talk.server

    @property
    def receiver(self) -> Host:
        """Where it is going."""
        return self.talk.server if self.is_from_client else self.talk.client

    @property
    def kind(self) -> Kind:
        """What it is to a reader."""
        return kind_of(int(self.segment.flags), self.segment.size)


@dataclass(frozen=True, slots=True)
class Call:
    """A socket call that returned, as the program itself has told."""

    time: float
    host: Host
    thread: str
    words: str  # send() 18 bytes
    talk: Talk | None  # None: it belongs to no conversation, or to one that was not seen


class Part(Enum):
    """What of an arrow a step is."""

    WHOLE = "leaves and arrives"
    LEAVES = "leaves"
    ARRIVES = "arrives"
    CALL = "is called"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens."""

    position: int  # in the scene
    time: float
    part: Part
    arrow: Arrow | None = None
    call: Call | None = None
    skipped: int = 0  # pure ACKs that are left out before it

    @property
    def key(self) -> tuple[str, float, str]:
        """What tells it from all other steps, also from those of a scene that is made anew."""
        name = str(self.arrow.segment.frame) if self.arrow else self.call.words if self.call else ""
        return self.part.value if self.part is Part.ARRIVES else "", self.time, name

    @property
    def talk(self) -> Talk | None:
        """The conversation that it belongs to."""
        return self.arrow.talk if self.arrow else self.call.talk if self.call else None


class Entry(NamedTuple):
    """What is known of a step before it is made."""

    kind: Kind
    talk: int  # -1: none
    place: int  # of the segment or call among its like


@dataclass(frozen=True)
class Page:
    """A stretch of a scene, with what one has to know to understand it."""

    steps: tuple[Step, ...]
    before: dict[int, States]  # of both ends of each conversation on it, by its number, before the first step
    start: float  # when the scene began: times are counted from it
    source: str  # what kind of evidence it is

    @property
    def talks(self) -> list[Talk]:
        """The conversations on it, in the order in which they begin."""
        return sorted({step.talk for step in self.steps if step.talk}, key=lambda talk: talk.number)

    @property
    def hosts(self) -> list[Host]:
        """The lifelines, from left to right."""
        return lifelines(self.talks)


class Scene(ABC):
    """Everything that happened, in order; a live one grows at its end when it is told to look."""

    source: str  # what kind of evidence it is
    entries: list[Entry]
    has_calls = False  # by now
    generation = 0  # grows when `entries` has been made anew, and not only longer

    @property
    @abstractmethod
    def talks(self) -> list[Talk]:
        """The conversations, in the order in which they begin."""

    @abstractmethod
    def step(self, position: int) -> Step:
        """Make the step at this place of `entries`."""

    @abstractmethod
    def late(self, talks: Iterable[int], start: float, stop: float) -> list[Arrow]:
        """The arrows of these conversations that arrive in this time, later than they left."""

    @abstractmethod
    def before(self, talk: int) -> States:
        """What both ends were in before the first segment of the conversation."""

    @abstractmethod
    def conversation(self, talk: Talk) -> Conversation:
        """All the segments of it that were seen by now."""

    @abstractmethod
    def frame(self, arrow: Arrow) -> Frame:
        """The frame that brought the segment."""

    def look(self, everything: bool = False) -> bool:
        """See whether there is more by now, and take it in; tell whether something has changed.

        What is a moment old may still have to be put in order; with `everything` that is taken in, too.
        """
        return False

    def lines(self, arrow: Arrow) -> tuple[Line, ...]:
        """The lines of the chat that the segment carries, or parts of them."""
        found = self.conversation(arrow.talk).lines(arrow.segment.source)
        return tuple(line for line in found if arrow.segment.frame in {s.frame for s in line.segments})


def kind_of(flags: int, size: int) -> Kind:
    """What a segment with these flags and so much payload is to a reader."""
    if flags & RST:
        return Kind.RESET
    if flags & SYN:
        return Kind.OPENING
    if flags & FIN:
        return Kind.CLOSING
    return Kind.DATA if size else Kind.PURE_ACK


def part_of(arrow: Arrow) -> Part:
    """Which part of an arrow the step is in which it leaves."""
    return Part.WHOLE if arrow.is_at_once else Part.LEAVES


def lifelines(talks: Iterable[Talk]) -> list[Host]:
    """The hosts of these conversations: the busiest, the server of a chat, in the middle, others left and right."""
    counts: dict[Host, int] = {}
    for talk in talks:
        for host in (talk.client, talk.server):
            counts[host] = counts.get(host, 0) + 1
    if len(counts) < 3:
        return list(counts)
    busiest = max(counts, key=lambda host: counts[host])
    others = [host for host in counts if host != busiest]
    return [*others[0::2][::-1], busiest, *others[1::2]]


def host_names(names: Mapping[str, str], endpoint: Endpoint) -> str:
    """What an endpoint, or its address, is called in `names`; empty if nothing is."""
    return names.get(at(endpoint), names.get(endpoint[0], ""))
