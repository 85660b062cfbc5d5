"""What was lost, and how the sender noticed."""

from collections.abc import Iterable

from chatkit.capture.fitness import Fault
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.judge import Judgement
from chatkit.tcp.segment import Flag, Segment
from chatkit.tcp.sequence import distance
from chatkit.teach.example import LOSS
from chatkit.teach.fitness import SYN, lacks
from chatkit.teach.general import DUPLICATE_CAPTURE
from chatkit.teach.kind import CHOICE, FRAME, TIME, Offers, Option
from chatkit.teach.landmarks import came_twice, frames, other, sent_again, syns
from chatkit.teach.question import Answer, Gives, Misconception, Question, Way, chosen
from chatkit.teach.subjects.timing import rtt_of_handshake
from chatkit.teach.value import Choice, Frames, Seconds, Values

J = Judgement
LOSE_ONE = 'Let the wire lose one, and say something: lan.wire.add(drop(nth=1, sent_by="ann", carrying_data=True)).'
ENOUGH = 3  # duplicate ACKs (RFC 5681, section 3.2)
TIMER = 0.19  # seconds; Linux's timers run for 0.2 at least, and its clock ticks


# ---- which frame ----


def a_retransmission(talk: Conversation) -> Fault | None:
    """Something that was sent again."""
    if sent_again(talk):
        return None
    said = "Nothing was sent again in it. (Frames that loopback shows twice are copies, and were sent once.)"
    return lacks(said, LOSE_ONE)


def _retransmission(talk: Conversation) -> Answer:
    shown = frames(sent_again(talk))
    return Answer(Frames(shown), shown)


def _all_but_right(talk: Conversation, found: Iterable[Segment]) -> Values:
    numbers = sorted(set(frames(found)) - set(frames(sent_again(talk))))
    return (Frames(tuple(numbers)),) if numbers else ()


def _judged(talk: Conversation, *judgements: Judgement) -> Values:
    copies = set(frames(came_twice(talk)))
    found = (s for judgement in judgements for s in talk.judged(judgement) if s.frame not in copies)
    return _all_but_right(talk, found)


def _originals(talk: Conversation) -> Values:
    """What was sent first, and is the same as what was sent again."""
    again = sent_again(talk)
    known = {(s.source, s.seq) for s in again}
    copies = set(frames(came_twice(talk)))
    first = (s for s in talk.segments if s.length and (s.source, s.seq) in known and s.frame not in copies)
    return _all_but_right(talk, first)


DUPLICATE_ACK = Misconception(
    "duplicate-ack-is-retransmission",
    "a duplicate ACK taken for a retransmission",
    "It carries no data: the receiver says again what it waits for, because something else came. What is sent again is "
    "the data that it waits for.",
    lambda talk: _judged(talk, J.DUPLICATE_ACK),
)
ORIGINAL = Misconception(
    "original-is-retransmission",
    "the first copy taken for the second",
    "It was sent for the first time there. The capture was made before the place where it got lost, so it has both.",
    _originals,
)
OUT_OF_ORDER = Misconception(
    "out-of-order-is-retransmission",
    "overtaken taken for sent again",
    "It was sent once: another segment has only overtaken it.",
    lambda talk: _judged(talk, J.OUT_OF_ORDER),
)
CAUGHT_TWICE = Misconception(
    DUPLICATE_CAPTURE.id,
    DUPLICATE_CAPTURE.name,
    DUPLICATE_CAPTURE.explanation,
    lambda talk: _all_but_right(talk, came_twice(talk)),
)
PROBE = Misconception(
    "probe-is-retransmission",
    "a probe taken for a retransmission",
    "That one asks whether the other end is there, or has room. It brings nothing again that was lost.",
    lambda talk: _judged(talk, J.KEEP_ALIVE, J.ZERO_WINDOW_PROBE),
)

# ---- how it was noticed ----

SIGNS: Offers = (
    Option("nack", "the receiver said that this segment was lost"),
    Option("duplicates", "three duplicate ACKs came: the receiver got later segments, and still waits for this one"),
    Option("timer", "a timer ran out: no ACK had come in time"),
    Option("wire", "the wire told the sender that it had dropped it"),
)


def _noticed(talk: Conversation) -> tuple[Segment, str] | None:
    """The first that was sent again, and of which the capture leaves no doubt why."""
    for again in sent_again(talk):
        if again.size and not again.flags & Flag.SYN and (sign := _sign(talk, again)):
            return again, sign
    return None


def _sign(talk: Conversation, again: Segment) -> str:
    before = [s for s in talk.segments if s.frame < again.frame]
    first = [s for s in before if s.source == again.source and s.size and s.seq == again.seq]
    asked = [
        s
        for s in talk.judged(J.DUPLICATE_ACK)
        if s.source == other(talk, again.source) and s.frame < again.frame and distance(s.ack, again.seq) == 0
    ]
    if len(first) != 1 or any(s in first for s in sent_again(talk)):
        return ""
    waited = again.time - first[0].time
    if len(asked) >= ENOUGH and J.SPURIOUS_RETRANSMISSION not in talk.judgements[talk.segments.index(again)]:
        return "duplicates" if again.time - asked[ENOUGH - 1].time < TIMER else ""
    return "timer" if not asked and waited >= TIMER else ""


def a_clear_sign(talk: Conversation) -> Fault | None:
    """Data that was sent again after three duplicate ACKs, or after none and a while."""
    if fault := a_retransmission(talk):
        return fault
    if _noticed(talk):
        return None
    return lacks("Nothing in it tells for certain why data was sent again.", LOSE_ONE)


def _how(talk: Conversation) -> Answer:
    noticed = _noticed(talk)
    assert noticed, "needs say that there is one"
    return Answer(Choice(noticed[1]), (noticed[0].frame,))


def _about_noticed(talk: Conversation) -> str:
    noticed = _noticed(talk)
    assert noticed, "needs say that there is one"
    return f"It is about the data that begins at the number {noticed[0].seq}, and was sent again."


def _instead(wrong: str, right: str) -> Gives:
    """The mistake to take one sign for the other."""
    return lambda talk: (Choice(wrong),) if (_noticed(talk) or (None, ""))[1] == right else ()


def _look_noticed(talk: Conversation) -> Segment | None:
    return (_noticed(talk) or (None, ""))[0]


ALWAYS_TIMER = Misconception(
    "always-a-timeout",
    "every loss taken to need a timeout",
    "No timer ran out here: the segment was sent again as soon as the third duplicate ACK had come. That is fast "
    "retransmit, and it is there so that nobody has to wait for the timer.",
    _instead("timer", "duplicates"),
    _look_noticed,
)
ALWAYS_DUPLICATES = Misconception(
    "always-fast",
    "duplicate ACKs where there were none",
    "Nothing came after this segment that could have made the receiver repeat its ACK. Look at how long the sender "
    "waited.",
    _instead("duplicates", "timer"),
    _look_noticed,
)
NEGATIVE_ACK = Misconception(
    "negative-ack",
    "TCP reports a loss",
    "TCP has no message for that: an ACK says only what has come. The receiver does not know what it has not got.",
    chosen("nack"),
    _look_noticed,
)
WIRE_TELLS = Misconception(
    "wire-tells",
    "the network reports a loss",
    "Whoever drops a frame says nothing to anybody. The sender can only go by what it hears from the other end.",
    chosen("wire"),
    _look_noticed,
)

# ---- the SYN ----


def a_second_syn(talk: Conversation) -> Fault | None:
    """A SYN that was sent again."""
    if len(syns(talk)) > 1:
        return None
    said = "The client's SYN was sent once in it."
    return lacks(
        said, 'Let the wire lose the first, and connect: lan.wire.add(drop(nth=1, sent_by="ann", flags="SYN")).'
    )


def _backoff(talk: Conversation) -> Answer:
    first, second, *_ = syns(talk)
    return Answer(Seconds(second.time - first.time), (second.frame,))


def _doubled(talk: Conversation) -> Values:
    first, second, *_ = syns(talk)
    return (Seconds(2 * (second.time - first.time)),)


def _to_answer(talk: Conversation) -> Values:
    first = syns(talk)[0]
    return (Seconds(talk.handshake.synack.time - first.time),) if talk.handshake else ()


def _second_syn(talk: Conversation) -> Segment:
    return syns(talk)[1]


NEXT_WAIT = Misconception(
    "the-next-wait",
    "the wait after that",
    "That is twice as long: so long it would wait the next time, if this one was lost as well.",
    _doubled,
    _second_syn,
)
ROUND_TRIP = Misconception(
    "rtt-is-timeout",
    "a round trip taken for the timeout",
    "That is a round trip of the handshake. The timeout of a first SYN knows of no round trip yet, so it is a "
    "constant.",
    rtt_of_handshake,
    _second_syn,
)
UNTIL_ANSWER = Misconception(
    "until-the-answer",
    "until the answer, not until the second SYN",
    "That is the time until the SYN,ACK came. The sender's wait was over when it sent its SYN again.",
    _to_answer,
    _second_syn,
)

QUESTIONS = (
    Question(
        id="loss.retransmission",
        exercise=17,
        level=3,
        subject="a retransmission",
        prompt="Something got lost, and was sent again. Which frame is the retransmission? Where there are several, "
        "any of them will do.",
        needs=(SYN, a_retransmission),
        right=_retransmission,
        why="It has sequence numbers that its sender has used before.",
        misconceptions=(DUPLICATE_ACK, ORIGINAL, OUT_OF_ORDER, PROBE, CAUGHT_TWICE),
        where="Look for a segment whose seq is lower than one that the same end has sent already.",
        rule="What is not acknowledged in time is sent again, with the same sequence numbers (RFC 9293, section "
        "3.8.1).",
        kind=FRAME,
        wants_frame=False,
        example=LOSS,
        way=Way.LAN,
    ),
    Question(
        id="loss.how-noticed",
        exercise=17,
        level=3,
        subject="how it noticed",
        prompt="Data was sent again. By what had the sender noticed that it was lost?",
        frame_is="The frame is the retransmission.",
        needs=(SYN, a_clear_sign),
        right=_how,
        why="After a loss there are two signs: ACKs that repeat themselves because later data comes, or none at all, "
        "until a timer runs out.",
        misconceptions=(ALWAYS_TIMER, ALWAYS_DUPLICATES, NEGATIVE_ACK, WIRE_TELLS),
        where="Look at what came between the two copies: three equal ACKs, or nothing for 0.2 s?",
        rule="Three duplicate ACKs make a fast retransmit (RFC 5681, section 3.2); else the retransmission timer does "
        "it (RFC 6298, section 5).",
        kind=CHOICE,
        case=_about_noticed,
        offers=SIGNS,
        example=LOSS,
        way=Way.LAN,
    ),
    Question(
        id="loss.syn-backoff",
        exercise=17,
        level=3,
        subject="the wait between the first two SYNs",
        prompt="The first SYN was lost. How long did the client wait before it sent the second? Write the unit.",
        frame_is="The frame is the second SYN's.",
        needs=(SYN, a_second_syn),
        right=_backoff,
        why="Nothing is known of the round trip yet, so the first timeout is one second, and each further wait is "
        "twice as long.",
        misconceptions=(NEXT_WAIT, ROUND_TRIP, UNTIL_ANSWER),
        where="There are two SYNs with the same seq. Subtract their times.",
        rule="The first timeout is 1 s (RFC 6298, section 2.1), and is doubled each time (section 5.5).",
        kind=TIME,
        example=LOSS,
        way=Way.LAN,
    ),
)
