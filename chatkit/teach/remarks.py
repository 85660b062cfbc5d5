"""The sentences of a feedback that tell what the student's answer and frame are, rather than what is right."""

from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import Flag, Segment, at, notation
from chatkit.teach.evidence import Evidence, original
from chatkit.teach.general import RELATIVE
from chatkit.teach.question import Answer, Misconception
from chatkit.teach.value import Given, Number, Value


def which_number(value: Value, given: Given) -> str:
    """Of a sequence number, which of its two forms was given, and what is the other."""
    if not isinstance(value, Number) or value.absolute == value.relative:
        return ""
    if given == value.absolute:
        return f"That is the absolute number, as the header has it; the relative one is {value.relative}."
    return f"{RELATIVE.explanation} The header has {value.absolute}."


def is_relative(value: Value, given: Given) -> bool:
    """Whether it is a sequence number, given as Wireshark counts it."""
    return isinstance(value, Number) and given != value.absolute


def about_frame(evidence: Evidence, answer: Answer, frame: int | None) -> str:
    """Whether the frame shows what is right, and if not what it does show."""
    if frame is None:
        return "Write the number of a frame that shows it, too."
    shown = original(evidence.capture, frame)
    if shown and shown.frame in answer.frames:
        return f"Frame {frame} is the right place to look."
    return f"Frame {frame} does not show it: {contents(evidence, frame)}."


def contents(evidence: Evidence, frame: int) -> str:
    """What a frame holds, as the end of a sentence."""
    if not evidence.capture.has_frame(frame):
        return "this capture has no such frame"
    segment, talk = original(evidence.capture, frame), evidence.conversation
    if segment is None:
        return "it carries no TCP segment"
    if talk is None or talk.segments.in_frame(segment.frame) is None:
        return f"it belongs to another conversation, {at(segment.source)} > {at(segment.destination)}"
    sender = "client" if segment.source == talk.client else "server"
    return f"it carries {notation(segment)} from the {sender}, with {_amount(segment)}"


def places(talk: Conversation, given: Given) -> str:
    """Where a sequence number stands in the conversation, absolute or relative."""
    for segment in talk.segments:
        if field := _field(talk, segment, given):
            return f"It stands in frame {segment.frame}, as the {field} of a segment from {at(segment.source)}."
    return "No segment of this conversation has that number, neither as seq nor as ack."


def ask_again(talk: Conversation, given: Given, suspects: tuple[Misconception, ...]) -> str:
    """What tells several mistakes apart that give one value: to name one of them would be a guess."""
    values = [value for mistake in suspects for value in mistake.gives(talk) if value.is_meant_by(given)]
    if all(is_relative(value, given) for value in values):
        return "Several mistakes lead to it. Give the absolute number, as the header has it: that tells which."
    return "Several mistakes lead to it in this conversation. Another one, with other numbers, tells which."


def _field(talk: Conversation, segment: Segment, given: Given) -> str:
    """Which number of the segment this is, or empty."""
    relative = talk.relative(segment)
    fields = {"seq": segment.seq, "relative seq": relative.seq}
    if segment.flags & Flag.ACK:
        fields |= {"ack": segment.ack, "relative ack": relative.ack or 0}
    return next((name for name, number in fields.items() if number == given), "")


def _amount(segment: Segment) -> str:
    match segment.size:
        case 0:
            return "no data"
        case 1:
            return "1 byte"
    return f"{segment.size} bytes"
