"""Is a capture fit to be read? It is judged before anybody who reads it is: what is wrong with it, and what to do.

    capture.fitness        Not fit. It has no SYN: the connection was open before the capture began.
                           Start capturing before you connect; then connect anew.

A fault makes answers impossible to judge. A notice is only to be known: numbers may look odd, and are right.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from html import escape
from typing import TYPE_CHECKING

from chatkit.capture.dissect import ports_in, segment_in
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import Endpoint, Flag, at
from chatkit.tcp.teardown import Ending

if TYPE_CHECKING:
    from chatkit.capture.capture import Capture


class Kind(Enum):
    """What can be wrong with a capture, or odd about it."""

    EMPTY = "there is nothing in it"
    NO_TCP = "there is no TCP in it"
    HEADERS_CUT = "the headers are cut"
    ELSEWHERE = "there is nothing on that port"
    MIDSTREAM = "it begins midstream"
    ONE_WAY = "it has one direction only"
    UNANSWERED = "nobody answered"
    REFUSED = "the connection was refused"
    PAYLOAD_CUT = "the payload is cut"
    GAPS = "bytes are missing"
    NO_DATA = "the bytes that are asked for are missing"
    LACKING = "what is asked about did not happen in it"
    SEVERAL = "it has several conversations"  # a notice from here on
    UNFINISHED = "it ends before the conversation does"
    DROPPED = "frames were dropped"
    DOUBLED = "frames were caught twice"
    OFFLOADED = "segments are larger than the MSS"


NOTICES = {Kind.SEVERAL, Kind.UNFINISHED, Kind.DROPPED, Kind.DOUBLED, Kind.OFFLOADED}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong or odd, as a sentence, and what to do about it."""

    kind: Kind
    seen: str
    redo: str
    frames: tuple[int, ...] = ()  # that show it, the first few

    def __str__(self) -> str:
        return f"{self.seen} {self.redo}".rstrip()


@dataclass(frozen=True, repr=False)
class Fitness:
    """The verdict on a capture; it prints itself, and draws itself in a notebook."""

    faults: tuple[Fault, ...]  # the first thing to mend first
    notices: tuple[Fault, ...]

    @property
    def is_fit(self) -> bool:
        """Whether answers can be judged on it."""
        return not self.faults

    @property
    def kinds(self) -> frozenset[Kind]:
        """Everything that was found."""
        return frozenset(fault.kind for fault in (*self.faults, *self.notices))

    def __bool__(self) -> bool:
        return self.is_fit

    def __str__(self) -> str:
        verdict = "Fit: answers can be judged on it." if self.is_fit else "Not fit to be judged on."
        return "\n".join(
            [verdict, *(f"  - {fault}" for fault in self.faults), *(f"  (note: {n})" for n in self.notices)]
        )

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return f'<pre style="white-space:pre-wrap">{escape(str(self))}</pre>'


def fitness(capture: "Capture", port: int | None = None) -> Fitness:
    """Judge a capture, or what it has on one port: it is fit if one conversation in it is."""
    nothing = without_tcp(capture)
    if nothing:
        return Fitness((nothing,), ())
    talks = [talk for talk in capture.conversations if port in (None, *(own for _, own in talk.endpoints))]
    if not talks:
        return Fitness((elsewhere(capture, port or 0),), ())
    best = min(talks, key=lambda talk: len(faults(talk)))
    notices = [*_notices_on_capture(capture), *_notices_on_conversation(best)]
    if len(talks) > 1:
        ends = ", ".join(f"{at(talk.client)} > {at(talk.server)}" for talk in talks[:SHOWN])
        notices.insert(0, Fault(Kind.SEVERAL, f"It has {len(talks)} conversations: {ends}.", "Say which one is meant."))
    return Fitness(faults(best), tuple(notices))


def faults(talk: Conversation) -> tuple[Fault, ...]:
    """What is wrong with one conversation, the first thing to mend first."""
    return tuple(fault for look in _LOOKS if (fault := look(talk)))


SHOWN = 5  # frames or conversations that a sentence names


# Conversations


def begins_midstream(talk: Conversation) -> Fault | None:
    """There is no SYN of the client."""
    if any(not syn.flags & Flag.ACK for syn in talk.segments.with_flags(Flag.SYN)):
        return None
    return one_way(talk) or Fault(
        Kind.MIDSTREAM,
        "It has no SYN: the connection was open before the capture began.",
        "Start capturing before you connect; then connect anew.",
    )


def is_unanswered(talk: Conversation) -> Fault | None:
    """There is no SYN,ACK of the server that answers the client's SYN."""
    if any(syn.flags & Flag.ACK for syn in talk.sent_by(talk.server).with_flags(Flag.SYN)):
        return None
    if talk.sent_by(talk.server).with_flags(Flag.RST):
        said = f"The SYN was answered with RST: nobody listened at {at(talk.server)}."
        return Fault(Kind.REFUSED, said, "Start the server, then connect.")
    if len(talk.sent_by(talk.server)):
        redo = "Capture once more, from before the client connects until it has left."
        return Fault(Kind.UNANSWERED, "It has no SYN,ACK.", redo)
    if len(talk.segments.with_flags(Flag.SYN)) == len(talk.segments):
        said = f"The SYN was not answered: nothing came back from {at(talk.server)}."
        redo = "See that the server runs and that its address is right, and that both directions are captured."
        return Fault(Kind.UNANSWERED, said, redo)
    return one_way(talk)


def one_way(talk: Conversation) -> Fault | None:
    """One end was never seen to send."""
    if all(len(talk.sent_by(endpoint)) for endpoint in talk.endpoints):
        return None
    first = talk.segments[0]
    return Fault(
        Kind.ONE_WAY,
        f"It has one direction only: {at(first.source)} > {at(first.destination)}.",
        "Capture where both directions pass, and filter by the port alone: tcp port N, without src or dst.",
    )


def _is_cut(talk: Conversation) -> Fault | None:
    cut = talk.segments.frame[talk.segments.size > talk.segments.captured]
    if not len(cut):
        return None
    return Fault(
        Kind.PAYLOAD_CUT,
        f"The payload of {_frames(len(cut))} is not all there: the capture has cut it.",
        "Capture whole frames: with no snaplen, or one of 262144.",
        tuple(cut[:SHOWN].tolist()),
    )


def bytes_missing(talk: Conversation, end: Endpoint) -> int:
    """How many bytes of this end the capture has not; what a snaplen has cut off was seen."""
    sent = talk.sent_by(end)
    return sum(gap.length for gap in talk.reassembled(end).gaps) - int((sent.size - sent.captured).sum())


def _has_gaps(talk: Conversation) -> Fault | None:
    """Bytes that were sent, or even acknowledged, and are not in the capture; what was cut is said already."""
    missing = sum(bytes_missing(talk, end) for end in talk.endpoints)
    if missing <= 0:
        return None
    return Fault(
        Kind.GAPS,
        f"{missing} bytes were sent that the capture has not.",
        "Capture once more, with less going on beside it, and from the beginning to the end.",
    )


_LOOKS: tuple[Callable[[Conversation], Fault | None], ...] = (begins_midstream, is_unanswered, _is_cut, _has_gaps)


def _notices_on_conversation(talk: Conversation) -> Iterator[Fault]:
    if talk.teardown.ending in (Ending.OPEN, Ending.HALF_CLOSED):
        redo = "Go on capturing until both ends have closed, if it is the end that you are asked about."
        yield Fault(Kind.UNFINISHED, f"When it ends, the conversation is {talk.teardown.ending.value}.", redo)
    agreed = talk.handshake.agreed if talk.handshake else None
    large = talk.segments.frame[talk.segments.size > max(agreed.mss)] if agreed else ()
    if len(large):
        said = f"{_frames(len(large))} carry more than the MSS: they were caught before the network card cut them up."
        yield Fault(Kind.OFFLOADED, said, "Count bytes, not segments.", tuple(map(int, large[:SHOWN])))


# Captures


def without_tcp(capture: "Capture") -> Fault | None:
    """There is no segment in it at all."""
    if len(capture.every_segment):
        return None
    cut = [f for f in capture.frames if f.length > len(f.data) and ports_in(f) and segment_in(f) is None]
    if cut:
        longest = max(len(frame.data) for frame in cut)
        return Fault(
            Kind.HEADERS_CUT,
            f"Its frames were cut after {longest} bytes: TCP's header is not all there.",
            "Capture whole frames: with no snaplen, or one of 262144.",
        )
    count = len(capture.frames)
    return Fault(
        Kind.NO_TCP if count else Kind.EMPTY,
        f"It has {count} frames, and no TCP segment in them." if count else "It is empty.",
        "Start capturing, then connect and say something; see that the interface and the port are right.",
    )


def elsewhere(capture: "Capture", port: int, others: Sequence[int] = ()) -> Fault:
    """There is TCP, but not on this port."""
    seen = others or [port for port, _ in Counter(talk.server[1] for talk in capture.conversations).most_common(SHOWN)]
    return Fault(
        Kind.ELSEWHERE,
        f"It has nothing on port {port}, only on {', '.join(map(str, seen))}.",
        "Capture the port on which your server listens; or, if it is one of these, name that.",
    )


def _notices_on_capture(capture: "Capture") -> Iterator[Fault]:
    if capture.dropped:
        redo = "What is missing may be missed: capture once more, with less going on beside it."
        yield Fault(Kind.DROPPED, f"{_frames(capture.dropped)} were dropped while it was made.", redo)
    if capture.doubles:
        said = f"{_frames(capture.doubles)} came twice, as loopback shows them; each is counted once."
        yield Fault(Kind.DOUBLED, said, "")


def _frames(count: int) -> str:
    return "1 frame" if count == 1 else f"{count} frames"
