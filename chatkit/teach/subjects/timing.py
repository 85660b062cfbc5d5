"""How long a round trip takes, and what measures none."""

from collections.abc import Iterator

from chatkit.capture.fitness import Fault
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.rtt import RttSample
from chatkit.tcp.segment import Segment
from chatkit.tcp.sequence import distance
from chatkit.teach.example import LOSS
from chatkit.teach.fitness import SYN, SYNACK, first_data_of_client, lacks
from chatkit.teach.kind import CHOICE, TIME, Offers, Option
from chatkit.teach.landmarks import covering_acks, sent_again
from chatkit.teach.question import Answer, Misconception, Question, always, chosen
from chatkit.teach.value import Seconds, Values


def _sample(talk: Conversation) -> RttSample | None:
    """The last round trip that data of the client measures."""
    return next((s for s in reversed(talk.rtts(talk.client)) if s.segment.size and s.rtt > 0), None)


def a_round_trip(talk: Conversation) -> Fault | None:
    """Data of the client that was sent once, and its ACK."""
    if _sample(talk):
        return None
    said = "No data of the client was sent just once and acknowledged in it."
    return lacks(said, "Say something as the client, and go on capturing until it is acknowledged.")


def _given(talk: Conversation) -> RttSample:
    sample = _sample(talk)
    assert sample, "needs say that there is one"
    return sample


def _rtt(talk: Conversation) -> Answer:
    sample = _given(talk)
    return Answer(Seconds(sample.rtt), (sample.ack.frame,))


def _about_sample(talk: Conversation) -> str:
    segment = _given(talk).segment
    return f"It is about the {segment.size} bytes that the client sends in frame {segment.frame}."


def _timed(talk: Conversation) -> Segment:
    return _given(talk).segment


# ---- what mistakes give ----


def _reply(talk: Conversation) -> Values:
    """Until the program at the other end says something."""
    sent = _given(talk).segment
    later = (s for s in talk.sent_by(talk.server) if s.size and s.frame > sent.frame)
    return tuple(Seconds(s.time - sent.time) for s in list(later)[:1])


def _of_repeated(talk: Conversation) -> Values:
    """From either copy of what was sent again to its ACK."""
    return tuple(Seconds(seconds) for seconds in _repeated_times(talk))


def _repeated_times(talk: Conversation) -> Iterator[float]:
    for again in sent_again(talk):
        if again.source != talk.client or not again.size:
            continue
        acks = [s for s in covering_acks(talk, talk.client, again.end) if s.frame > again.frame]
        copies = [s for s in talk.sent_by(talk.client) if s.size and distance(s.seq, again.seq) == 0]
        if acks:
            yield from (acks[0].time - copy.time for copy in copies)


def _repeated(talk: Conversation) -> Segment | None:
    return next((s for s in sent_again(talk) if s.source == talk.client), None)


def _half(talk: Conversation) -> Values:
    return (Seconds(_given(talk).rtt / 2),)


def rtt_of_handshake(talk: Conversation) -> Values:
    """What the handshake took; nothing where it was not all captured."""
    return (Seconds(talk.handshake.rtt),) if talk.handshake else ()


REPLY_TIME = Misconception(
    "reply-time",
    "the time of the program's reply",
    "That is how long it took until the server's program said something. The ACK is the answer of its operating "
    "system, and a round trip is measured by that.",
    _reply,
    _timed,
)
KARN = Misconception(
    "rtt-of-a-retransmission",
    "the round trip of a segment that was sent again",
    "That times a segment that was sent twice. Nobody can tell which of the two the ACK answers, so it measures "
    "nothing: Karn's rule.",
    _of_repeated,
    _repeated,
)
ONE_WAY = Misconception(
    "one-way",
    "half of it",
    "That is half. A round trip is there and back, and it is the only thing that one clock can measure.",
    _half,
    _timed,
)
RTT_OF_HANDSHAKE = Misconception(
    "rtt-of-the-handshake",
    "the round trip of the handshake",
    "That is how long the handshake took. This question is about another segment, and each has a time of its own.",
    rtt_of_handshake,
    _timed,
)

COPIES: Offers = (
    Option("first", "from the first copy to the ACK"),
    Option("second", "from the second copy to the ACK"),
    Option("neither", "neither: nobody can tell which copy the ACK answers"),
    Option("mean", "the mean of both"),
)


FROM_FIRST = Misconception(
    "from-the-first-copy",
    "timed from the first copy",
    "If the first copy was lost, this is the timeout and a round trip: far too long, and the timeout that follows from "
    "it longer still.",
    chosen("first"),
)
FROM_SECOND = Misconception(
    "from-the-second-copy",
    "timed from the second copy",
    "If only the ACK was late, this is far too short, and the next timeout comes too early.",
    chosen("second"),
)
MEAN = Misconception(
    "mean-of-both",
    "the mean of two guesses",
    "Of two numbers one is wrong, and you don't know which. Their mean is wrong for sure.",
    chosen("mean"),
)

QUESTIONS = (
    Question(
        id="timing.rtt",
        exercise=13,
        level=2,
        subject="the round trip time",
        prompt="How long is it from the segment with data to the first ACK that covers it? Write the unit.",
        frame_is="The frame is that ACK's.",
        needs=(SYN, SYNACK, first_data_of_client, a_round_trip),
        right=_rtt,
        why="That is one round trip as seen from where the capture was made: at the sender it is what the kernel "
        "measures (TCP_INFO); at the receiver it is only the receiver's part of it.",
        misconceptions=(REPLY_TIME, KARN, ONE_WAY, RTT_OF_HANDSHAKE),
        where="Take the time of that frame. The ACK that covers it is the first from the server whose ack is the seq "
        "plus the length, or more.",
        rule="A round trip is timed from a segment to the ACK that covers it (RFC 6298, section 3).",
        kind=TIME,
        case=_about_sample,
    ),
    Question(
        id="timing.karn",
        exercise=13,
        level=2,
        subject="what measures it",
        prompt="A segment was sent, nothing came, and it was sent again. Then an ACK came. Which time measures the "
        "round trip?",
        needs=(),
        right=always("neither"),
        why="The ACK may answer the first copy or the second, and looks the same. (Timestamps tell: they come back.)",
        misconceptions=(FROM_FIRST, FROM_SECOND, MEAN),
        where="Think of two stories: the first copy was lost; or its ACK was only late.",
        rule="Karn's algorithm: never take a sample from a segment that was sent again (RFC 6298, section 3).",
        kind=CHOICE,
        offers=COPIES,
        wants_frame=False,
        example=LOSS,
    ),
)
