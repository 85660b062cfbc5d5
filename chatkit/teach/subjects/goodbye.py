"""How a conversation ends: by whom, in how many segments, in which way, and who has to wait afterwards."""

from collections.abc import Iterator

from chatkit.capture.fitness import Fault, Kind
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.reset import Cause
from chatkit.tcp.segment import Endpoint, Flag, Segment
from chatkit.tcp.sequence import add
from chatkit.tcp.teardown import Ending
from chatkit.teach.example import REFUSED
from chatkit.teach.fitness import SYN, SYNACK, both_fins, lacks
from chatkit.teach.kind import CHOICE, COUNT, Offers, Option
from chatkit.teach.landmarks import acks_of, frames, other
from chatkit.teach.question import Answer, Gives, Misconception, Question, always, chosen, read
from chatkit.teach.value import Choice, Count, Values


def _fins(talk: Conversation) -> tuple[Segment, ...]:
    return tuple(talk.segments.with_flags(Flag.FIN))


def _resets(talk: Conversation) -> tuple[Segment, ...]:
    return tuple(talk.segments.with_flags(Flag.RST))


def _closer(talk: Conversation) -> Endpoint:
    assert talk.teardown.first, "needs say that somebody closed"
    return talk.teardown.first


def _first_fin(talk: Conversation) -> Segment:
    return next(s for s in _fins(talk) if s.source == _closer(talk))


def a_clear_end(talk: Conversation) -> Fault | None:
    """FINs from both ends, or a reset, or no answer at all; not some of each."""
    if _is_unanswered(talk):
        return None
    if talk.teardown.ending in (Ending.OPEN, Ending.HALF_CLOSED):
        said = f"When it ends, the conversation is {talk.teardown.ending.value}."
        return Fault(Kind.UNFINISHED, said, "Go on capturing until it has ended.")
    if _resets(talk) and len({fin.source for fin in _fins(talk)}) == 2:
        said = "Both ends said FIN in it, and then there was a reset, too: it has two endings."
        return lacks(said, "Let both ends read all that comes before they close, and capture once more.")
    return None


def _is_unanswered(talk: Conversation) -> bool:
    return all(s.flags & Flag.SYN and s.source == talk.client for s in talk.segments)


# ---- TIME-WAIT ----

WAITERS: Offers = (
    Option("server", "the server"),
    Option("client", "the client"),
    Option("both", "both of them"),
    Option("nobody", "neither of them"),
)


def _waiter(talk: Conversation) -> Answer:
    down = talk.teardown
    if down.ending is Ending.RESET:
        return Answer(Choice("nobody"), frames(_resets(talk)))
    if down.is_simultaneous:
        return Answer(Choice("both"), frames(_fins(talk)))
    who = "client" if _closer(talk) == talk.client else "server"
    return Answer(Choice(who), frames(s for s in _fins(talk) if s.source == _closer(talk)))


def an_opened_end(talk: Conversation) -> Fault | None:
    """A connection that was open, and has ended clearly."""
    if talk.teardown.causes == (Cause.REFUSED,) or _is_unanswered(talk):
        return lacks("It was never open, so there was nothing to close.", "Start the server, then connect and leave.")
    return a_clear_end(talk)


def _look_at_end(talk: Conversation) -> Segment | None:
    return next(iter((*_fins(talk), *_resets(talk))), None)


ALWAYS_SERVER = Misconception(
    "always-the-server",
    "it is always the server that waits",
    "It does not matter who is the server. Whoever says FIN first keeps TIME-WAIT: it sends the last ACK, and has to "
    "be there in case that gets lost.",
    chosen("server"),
    _look_at_end,
)
ALWAYS_CLIENT = Misconception(
    "always-the-client",
    "it is always the client that waits",
    "It does not matter who called. Whoever says FIN first keeps TIME-WAIT, and here that was not the client alone.",
    chosen("client"),
    _look_at_end,
)
BOTH_WAIT = Misconception(
    "both-wait",
    "both ends wait",
    "Only who sends the last ACK has to wait. The other end knows that it is over as soon as that ACK has come. Both "
    "wait only if both said FIN before they heard the other's.",
    chosen("both"),
    _look_at_end,
)
NOBODY_WAITS = Misconception(
    "nobody-waits",
    "after a close all is gone",
    "The last ACK may get lost, and then the FIN comes again; and an old segment may be late. So the end that said FIN "
    "first remembers the connection for 2MSL.",
    chosen("nobody"),
    _look_at_end,
)

# ---- restart ----

REUSE: Offers = (
    Option("loss", "segments that get lost are sent again sooner"),
    Option("bind", "bind() succeeds although an old connection on that port is in TIME-WAIT"),
    Option("ends", "TIME-WAIT is over at once, and the old connection is forgotten"),
    Option("share", "two servers may listen on one port, and share the clients"),
)


CURES_LOSS = Misconception(
    "reuseaddr-cures-loss",
    "SO_REUSEADDR cures loss",
    "It has nothing to do with what is on the wire: no segment is sent or not sent because of it. It is a promise of "
    "the program to the system, that it can live with an old connection on its port.",
    chosen("loss"),
)
ENDS_TIME_WAIT = Misconception(
    "reuseaddr-ends-time-wait",
    "SO_REUSEADDR ends TIME-WAIT",
    "The old connection stays in TIME-WAIT, as the tool ss shows. Only a new listener is allowed beside it.",
    chosen("ends"),
)
SHARES_PORT = Misconception(
    "reuseaddr-shares",
    "SO_REUSEADDR shares a port",
    "As long as another socket listens there, bind() or listen() fails all the same, on Linux. Sharing is another "
    "option, SO_REUSEPORT.",
    chosen("share"),
)

# ---- how many segments ----


def _closing(talk: Conversation) -> Answer:
    parts = talk.teardown.segments
    with_copies = sorted({*frames(parts), *_sent_again(talk)})
    shown = dict.fromkeys((parts[-1].frame, with_copies[-1]))
    return Answer(Count(len(parts), frozenset({len(with_copies)})), tuple(shown))


def _sent_again(talk: Conversation) -> Iterator[int]:
    """Where a FIN came again, and where that was acknowledged again: whoever counts them is not wrong."""
    seen: set[Endpoint] = set()
    again: dict[Endpoint, int] = {}  # by the end whose FIN it is, what acknowledges it
    for segment in talk.segments:
        if segment.flags & Flag.FIN and segment.source in seen:
            again[segment.source] = segment.end
            yield segment.frame
        elif not segment.size and segment.flags & Flag.ACK and again.get(segment.destination) == segment.ack:
            yield segment.frame
        if segment.flags & Flag.FIN:
            seen.add(segment.source)


def _last_of_close(talk: Conversation) -> Segment:
    return talk.teardown.segments[-1]


def _two_fins(_: Conversation) -> Values:
    return (Count(2),)


ALWAYS_FOUR = Misconception(
    "always-four",
    "a close always takes four segments",
    "Four is what the figure in the RFC shows. An end that has nothing more to say puts its FIN into the same segment "
    "as the ACK of the other's: then it takes three.",
    lambda _: (Count(4),),
    _last_of_close,
)
ALWAYS_THREE = Misconception(
    "always-three",
    "a close takes three segments, like the opening",
    "Each FIN needs an ACK. Here one end acknowledged the other's FIN first, and sent its own later: so it takes four.",
    lambda _: (Count(3),),
    _last_of_close,
)
FINS_ALONE = Misconception(
    "fins-alone",
    "the ACKs are forgotten",
    "Those are the FINs alone. A FIN takes a sequence number, so it is acknowledged like a byte.",
    _two_fins,
    _last_of_close,
)

# ---- the ACK of a FIN ----


def _ack_of_fin(talk: Conversation) -> Answer:
    fin = _first_fin(talk)
    return Answer(read(talk, fin.source, fin.end), frames(acks_of(talk, fin.source, fin.end)))


def _beside_fin(steps: int) -> Gives:
    def gives(talk: Conversation) -> Values:
        fin = _first_fin(talk)
        return (read(talk, fin.source, add(fin.end, steps)),)

    return gives


def _seq_of_fin(talk: Conversation) -> Values:
    fin = _first_fin(talk)
    return (read(talk, fin.source, fin.seq),) if fin.size else ()


def _other_number(talk: Conversation) -> Values:
    """What the FIN itself acknowledges, and what acknowledges the other FIN."""
    fin = _first_fin(talk)
    end = other(talk, fin.source)
    others = (s for s in _fins(talk) if s.source == end)
    return (read(talk, end, fin.ack), *(read(talk, end, s.end) for s in others))


def _about_fin(talk: Conversation) -> str:
    fin = _first_fin(talk)
    who = "client" if fin.source == talk.client else "server"
    return f"The first FIN comes from the {who}, in frame {fin.frame}."


FIN_TAKES_NO_NUMBER = Misconception(
    "fin-takes-no-number",
    "the FIN takes no number",
    "That would acknowledge all bytes, but not the FIN. A FIN takes a number, like a SYN: so it can be acknowledged, "
    "and sent again if it is lost.",
    _beside_fin(-1),
    _first_fin,
)
FIN_TAKES_TWO = Misconception(
    "ack-takes-a-number",
    "one too far",
    "That is one too far: the FIN takes one number, and a pure ACK takes none.",
    _beside_fin(1),
    _first_fin,
)
DATA_FORGOTTEN = Misconception(
    "data-before-the-fin",
    "the data in that segment is forgotten",
    "That is the seq of the segment, the number of its first byte. It carries data, and the FIN comes after the last "
    "byte of it.",
    _seq_of_fin,
    _first_fin,
)
OTHER_FIN = Misconception(
    "other-direction",
    "the other direction's number",
    "That counts in the numbers of the other end. The ACK of a FIN counts in those of the end that sent it.",
    _other_number,
    _first_fin,
)

# ---- which ending ----

ENDINGS: Offers = (
    Option("fin", "both ends said FIN: neither has more to send, and all has come"),
    Option("refused", "nobody listened there: the SYN was answered with RST"),
    Option("reset", "one end broke it off with RST: what was on its way may be lost"),
    Option("silence", "nobody answered the SYN at all"),
)


def _which(talk: Conversation) -> str:
    if _is_unanswered(talk):
        return "silence"
    if talk.teardown.ending is Ending.CLOSED:
        return "fin"
    return "refused" if talk.teardown.causes == (Cause.REFUSED,) else "reset"


def _ending(talk: Conversation) -> Answer:
    shown = {"silence": tuple(talk.segments), "fin": _fins(talk)}.get(_which(talk), _resets(talk))
    return Answer(Choice(_which(talk)), frames(shown))


def _taken_for(wrong: str, *rights: str) -> Gives:
    """The mistake to take one of these endings for another."""
    return lambda talk: (Choice(wrong),) if _which(talk) in rights else ()


def _last(talk: Conversation) -> Segment:
    return talk.segments[-1]


RST_IS_FIN = Misconception(
    "rst-is-fin",
    "a RST taken for a FIN",
    "A FIN says: I have no more to send, and all before this has to come. A RST says: this connection is no more. It "
    "is not acknowledged, and who gets it reads an error and no end of the stream.",
    _taken_for("fin", "reset", "refused"),
    _look_at_end,
)
FIN_IS_RST = Misconception(
    "fin-is-rst",
    "a FIN taken for a RST",
    "There is no RST in it. Both ends said FIN, and each was acknowledged: that is an orderly close.",
    _taken_for("reset", "fin"),
    _look_at_end,
)
REFUSED_IS_SILENCE = Misconception(
    "refused-is-no-answer",
    "refused taken for no answer",
    "There was an answer, at once: a RST. It says that the computer is there, and that nobody listens on that port.",
    _taken_for("silence", "refused", "reset"),
    _look_at_end,
)
SILENCE_IS_REFUSED = Misconception(
    "no-answer-is-refused",
    "no answer taken for refused",
    "Nothing came back. A refusal is an answer, a RST; here the SYN was sent again and again, as if nobody was there.",
    _taken_for("refused", "silence"),
    _last,
)
EVERY_RST_REFUSES = Misconception(
    "every-rst-refuses",
    "every RST taken for a refusal",
    "A refusal is the answer to a SYN. This connection was open already, and then one end broke it off.",
    _taken_for("refused", "reset"),
    _look_at_end,
)
REFUSAL_BREAKS = Misconception(
    "refusal-breaks-off",
    "a refusal taken for a break",
    "The RST is the answer to the SYN, so there never was a connection that could be broken off.",
    _taken_for("reset", "refused"),
    _look_at_end,
)

QUESTIONS = (
    Question(
        id="close.time-wait",
        exercise=9,
        level=2,
        subject="who waits",
        prompt="The conversation is over. Which end keeps it in TIME-WAIT for a while?",
        frame_is="The frame is the one that decides it.",
        needs=(SYN, SYNACK, an_opened_end),
        right=_waiter,
        why="Whoever says FIN first sends the last ACK, and keeps TIME-WAIT for 2MSL. A reset leaves nothing behind.",
        misconceptions=(ALWAYS_SERVER, ALWAYS_CLIENT, BOTH_WAIT, NOBODY_WAITS),
        where="Find the first segment with FIN: who sent it?",
        rule="TIME-WAIT is reached from FIN-WAIT-2 or CLOSING, so by an end that has sent its FIN before it got the "
        "other's (RFC 9293, figure 5 and section 3.6).",
        kind=CHOICE,
        offers=WAITERS,
    ),
    Question(
        id="close.restart",
        exercise=9,
        level=2,
        subject="what changes",
        prompt="A server closed first, so its port has a connection in TIME-WAIT, and a restart fails: address already "
        "in use. What changes if it sets SO_REUSEADDR before bind()?",
        needs=(),
        right=always("bind"),
        why="The system lets a new listener have the port, because a new connection differs from the old one in its "
        "other numbers. Nothing else changes, and nothing on the wire.",
        misconceptions=(CURES_LOSS, ENDS_TIME_WAIT, SHARES_PORT),
        where="Try it: restart a server that has closed first, once with the option and once without.",
        rule="SO_REUSEADDR relaxes the check of bind() for addresses that no socket listens on (socket(7)).",
        kind=CHOICE,
        offers=REUSE,
        wants_frame=False,
    ),
    Question(
        id="close.segments",
        exercise=10,
        level=2,
        subject="the number of segments that close it",
        prompt="Each end says FIN, and each FIN is acknowledged. How many segments does that take?",
        frame_is="The frame is the last of them.",
        needs=(SYN, SYNACK, both_fins),
        right=_closing,
        why="Two FINs and two ACKs; where the second FIN rides with the ACK of the first, that makes three segments, "
        "else four.",
        misconceptions=(ALWAYS_FOUR, ALWAYS_THREE, FINS_ALONE),
        where="Find both FINs. For each, find the first segment of the other end that acknowledges it. Is one of these "
        "a FIN as well?",
        rule="Each direction is closed by itself, with a FIN that is acknowledged (RFC 9293, section 3.6 and figure "
        "12).",
        kind=COUNT,
    ),
    Question(
        id="close.ack-of-fin",
        exercise=10,
        level=2,
        subject="the ack of the first FIN",
        prompt="Which acknowledgement number says that the first FIN has come?",
        needs=(SYN, SYNACK, both_fins),
        right=_ack_of_fin,
        why="The FIN comes after the last byte and takes one number, so the ack is one past that.",
        misconceptions=(FIN_TAKES_NO_NUMBER, FIN_TAKES_TWO, DATA_FORGOTTEN, OTHER_FIN),
        where="Take the seq of that FIN, and the length of what it carries. Which number is waited for next?",
        rule="SYN and FIN take one number each, as a byte does (RFC 9293, section 3.4).",
        case=_about_fin,
    ),
    Question(
        id="close.ending",
        exercise=11,
        level=2,
        subject="how it ended",
        prompt="There is more than one way to an end. How did this conversation come to its own?",
        needs=(a_clear_end,),
        right=_ending,
        why="FIN is a word, and it is answered. RST is none: it means that there is no connection, any more or at all. "
        "And no answer means that nobody is there, or that something swallows the segments.",
        misconceptions=(RST_IS_FIN, FIN_IS_RST, REFUSED_IS_SILENCE, SILENCE_IS_REFUSED, EVERY_RST_REFUSES,
                        REFUSAL_BREAKS),
        where="Look at the flags of the last segments, and at what the first SYN got for an answer.",
        rule="A reset answers what belongs to no connection, and aborts one that is (RFC 9293, section 3.5.2); a close "
        "is a FIN from each end (section 3.6).",
        kind=CHOICE,
        offers=ENDINGS,
        example=REFUSED,
    ),
)  # fmt: skip
