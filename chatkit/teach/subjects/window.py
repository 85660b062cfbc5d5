"""How much an end may send, and what it means when it may send nothing."""

from chatkit.capture.fitness import Fault, Kind
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.flight import Flight
from chatkit.tcp.judge import Judgement
from chatkit.tcp.segment import Flag, Segment
from chatkit.tcp.sequence import distance
from chatkit.teach.example import STALL
from chatkit.teach.fitness import SYN, SYNACK, first_data_of_client, lacks
from chatkit.teach.kind import CHOICE, COUNT, FRAME, Offers, Option
from chatkit.teach.landmarks import frames
from chatkit.teach.question import Answer, Gives, Misconception, Question, always, chosen
from chatkit.teach.value import Count, Frames, Values

# ---- how much it may send ----


def known_scale(talk: Conversation) -> Fault | None:
    """Both SYNs with all their options."""
    syns = talk.segments.with_flags(Flag.SYN)
    if not any(syn.options.is_cut for syn in syns) and {syn.source for syn in syns} == set(talk.endpoints):
        return None
    said = "The options of the SYNs are not all there, so nobody knows how its windows are scaled."
    return Fault(Kind.HEADERS_CUT, said, "Capture whole frames, and begin before the client connects.")


def _moment(talk: Conversation) -> Flight | None:
    """When the server had last said how much it takes, preferably while something was on its way."""
    spoke: list[Flight] = []
    for flight in talk.flight(talk.client):
        is_late = bool(spoke) and distance(spoke[-1].segment.ack, flight.segment.ack) < 0
        if _says_window(talk, flight.segment) and not is_late:
            spoke.append(flight)
    busy = [flight for flight in spoke if flight.in_flight and flight.window]
    return next(reversed(busy or spoke), None)


def _says_window(talk: Conversation, segment: Segment) -> bool:
    """A server's segment with a window that holds for what the client sends next: not a SYN, nor after its FIN."""
    if segment.source != talk.server or segment.flags & (Flag.SYN | Flag.RST) or not segment.flags & Flag.ACK:
        return False
    fin = next(iter(talk.sent_by(talk.client).with_flags(Flag.FIN)), None)
    return fin is None or segment.frame < fin.frame


def a_window(talk: Conversation) -> Fault | None:
    """A segment of the server that tells a window, before the client closes."""
    moment = _moment(talk)
    if moment and moment.window is not None:
        return None
    return lacks("The server sends no ACK in it before the client closes.", "Say something while you capture.")


def _given(talk: Conversation) -> Flight:
    moment = _moment(talk)
    assert moment and moment.window is not None, "needs say that there is one"
    return moment


def _may_send(talk: Conversation) -> Answer:
    moment = _given(talk)
    left = max(0, (moment.window or 0) - moment.in_flight)
    shift = (moment.window or 0) // (moment.segment.window or 1)
    scaled = f" ({moment.segment.window} x {shift})" if shift > 1 else ""
    working = f"{moment.window}{scaled} - {moment.in_flight} in flight = {left}"
    return Answer(Count(left, working=working), (moment.segment.frame,))


def _about_moment(talk: Conversation) -> str:
    moment = _given(talk)
    return f"It is about the moment when frame {moment.segment.frame} has just come to the client."


def _of_moment(talk: Conversation) -> Segment:
    return _given(talk).segment


def _unscaled(talk: Conversation) -> Values:
    moment = _given(talk)
    header = moment.segment.window
    return (Count(header), Count(max(0, header - moment.in_flight)))


def _without_flight(talk: Conversation) -> Values:
    return (Count(_given(talk).window or 0),)


def _flight_added(talk: Conversation) -> Values:
    moment = _given(talk)
    return (Count((moment.window or 0) + moment.in_flight),)


def _first_window(talk: Conversation) -> Values:
    return tuple(Count(s.window) for s in talk.sent_by(talk.server).with_flags(Flag.SYN))


UNSCALED = Misconception(
    "unscaled-window",
    "the unscaled window",
    "That takes the window as the header has it, 16 bits. Both SYNs settle by how many bits it is shifted: look at the "
    "option Window Scale of the server's SYN,ACK.",
    _unscaled,
    _of_moment,
)
FLIGHT_FORGOTTEN = Misconception(
    "flight-forgotten",
    "what is in flight is forgotten",
    "That is the whole window. It counts from the ack, and what was sent and is not acknowledged yet takes its room.",
    _without_flight,
    _of_moment,
)
FLIGHT_ADDED = Misconception(
    "flight-added",
    "what is in flight is added",
    "That adds what is in flight to the window. It takes room away: subtract it.",
    _flight_added,
    _of_moment,
)
WINDOW_OF_SYN = Misconception(
    "window-of-the-syn",
    "the window of the SYN,ACK",
    "That is what the server said when it opened. The last word holds, and this one is older.",
    _first_window,
    _of_moment,
)

# ---- the zero window ----


def a_closed_window(talk: Conversation) -> Fault | None:
    """A window of 0."""
    if _closing(talk):
        return None
    said = "No window is 0 in it: whoever got data had room for more."
    return lacks(said, "Let one end send much, and the other not read: play the scenario zero-window.")


def _closing(talk: Conversation) -> tuple[Segment, ...]:
    return tuple(episode.closed for end in talk.endpoints for episode in talk.zero_windows(end))


def _closed(talk: Conversation) -> Answer:
    shown = tuple(sorted(frames(_closing(talk))))
    return Answer(Frames(shown), shown)


def _judged(*judgements: Judgement) -> Gives:
    """The frames that are judged so, and do not close the window."""

    def gives(talk: Conversation) -> Values:
        found = {s.frame for judgement in judgements for s in talk.judged(judgement)} - set(frames(_closing(talk)))
        return (Frames(tuple(sorted(found))),) if found else ()

    return gives


FULL = Misconception(
    "full-is-closed",
    "the segment that fills the window",
    "That segment fills the window: it is the sender's. Who closes a window is the receiver, with an ACK that says 0.",
    _judged(Judgement.WINDOW_FULL),
)
PROBE = Misconception(
    "probe-is-closed",
    "the probe, or its answer",
    "By then the window was closed already: the sender only asks whether there is room again, and hears that there is "
    "none.",
    _judged(Judgement.ZERO_WINDOW_PROBE, Judgement.ZERO_WINDOW),
)
UPDATE = Misconception(
    "update-is-closed",
    "the update that opens it",
    "That one opens the window again: its own window is not 0.",
    _judged(Judgement.WINDOW_UPDATE),
)

# ---- what it means ----

REASONS: Offers = (
    Option("network", "the network between them is congested"),
    Option("sender", "the sender has nothing to send"),
    Option("receiver", "the receiving program does not read, so its system's buffer is full"),
    Option("lost", "segments got lost"),
)


FLOW_IS_CONGESTION = Misconception(
    "flow-is-congestion-control",
    "flow control taken for congestion control",
    "The window in the header is the receiver's word about its own buffer: flow control. What the network bears is "
    "guessed by the sender, in its congestion window, which no header has.",
    chosen("network"),
)
SENDER_CLOSES = Misconception(
    "sender-closes",
    "the sender closes the window",
    "A window says what its sender is ready to receive. So it is the receiver of the data that closes it.",
    chosen("sender"),
)
LOSS_CLOSES = Misconception(
    "loss-closes",
    "loss closes the window",
    "What gets lost never reaches the receiver's buffer, so it cannot fill it.",
    chosen("lost"),
)

RETURNS: Offers = (
    Option("delivered", "the other program has got the bytes"),
    Option("acked", "the other end has acknowledged the bytes"),
    Option("wire", "the bytes are on the wire"),
    Option("buffer", "one's own system has taken the bytes, to send them when it can"),
)


SENT_IS_DELIVERED = Misconception(
    "returned-is-delivered",
    "send() returned, so it is delivered",
    "send() copies into the buffer of one's own system and returns. While the other end reads nothing, it goes on "
    "returning until that buffer is full, too; then it blocks.",
    chosen("delivered"),
)
SENT_IS_ACKED = Misconception(
    "returned-is-acked",
    "send() waits for the ACK",
    "send() does not wait for the ACK: it returns long before one round trip is over.",
    chosen("acked"),
)
SENT_IS_ON_WIRE = Misconception(
    "returned-is-sent",
    "send() returned, so it is on the wire",
    "Not even that: with a closed window nothing may be sent, and send() returns all the same as long as one's own "
    "buffer has room.",
    chosen("wire"),
)

QUESTIONS = (
    Question(
        id="window.may-send",
        exercise=12,
        level=2,
        subject="the number of bytes that the client may send now",
        prompt="The server says with each segment how much it takes. How many bytes may the client send right now?",
        needs=(SYN, SYNACK, known_scale, first_data_of_client, a_window),
        right=_may_send,
        why="The window counts from the ack, shifted as both SYNs have settled; what is already in flight takes its "
        "room.",
        misconceptions=(UNSCALED, FLIGHT_FORGOTTEN, FLIGHT_ADDED, WINDOW_OF_SYN),
        where="Take the window in that frame's header, and the Window Scale option of the server's SYN,ACK. Which "
        "bytes of the client are not acknowledged then?",
        rule="SND.UNA + SND.WND is the first number that may not be sent (RFC 9293, section 3.4); the window field is "
        "shifted by what the SYN's option says (RFC 7323, section 2.3).",
        kind=COUNT,
        case=_about_moment,
        wants_frame=False,
    ),
    Question(
        id="window.closed",
        exercise=18,
        level=3,
        subject="a segment that closes the window",
        prompt="The receiver stops reading. Which frame first tells the sender that there is no room any more?",
        needs=(SYN, SYNACK, a_closed_window),
        right=_closed,
        why="Its window is 0. From then on the sender may only ask, now and then, whether there is room again.",
        misconceptions=(FULL, PROBE, UPDATE),
        where="Look for the first ACK whose window is 0.",
        rule="A window of 0 stops the sender, who has to probe it (RFC 9293, section 3.8.6.1).",
        kind=FRAME,
        wants_frame=False,
        example=STALL,
    ),
    Question(
        id="window.whose",
        exercise=18,
        level=3,
        subject="the reason",
        prompt="A segment with a window of 0 comes. Why may the other end send nothing now?",
        needs=(),
        right=always("receiver"),
        why="The window is what the receiver has room for. It shrinks when bytes come and its program does not read.",
        misconceptions=(FLOW_IS_CONGESTION, SENDER_CLOSES, LOSS_CLOSES),
        where="Who sent the segment with the window of 0, and which way does the data go?",
        rule="Flow control is the receiver's (RFC 9293, section 3.8.6), congestion control the sender's (RFC 5681).",
        kind=CHOICE,
        offers=REASONS,
        wants_frame=False,
        example=STALL,
    ),
    Question(
        id="window.send-returned",
        exercise=18,
        level=3,
        subject="what is sure",
        prompt="A program calls send() with some bytes, and it returns their number. What is sure then?",
        needs=(),
        right=always("buffer"),
        why="There are two buffers and a network between the two programs, and send() knows the first buffer only.",
        misconceptions=(SENT_IS_DELIVERED, SENT_IS_ACKED, SENT_IS_ON_WIRE),
        where="Send more and more to somebody who does not read, and watch for how long send() goes on returning.",
        rule="SEND may return as soon as the data is queued (RFC 9293, section 3.9.1, SEND; send(2)).",
        kind=CHOICE,
        offers=RETURNS,
        wants_frame=False,
        example=STALL,
    ),
)
