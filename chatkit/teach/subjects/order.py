"""Shuffled segments in order: what has to come before what, and in which states the ends are in between.

Only causes give an order: an end counts its own numbers upwards, and nobody acknowledges what is not sent. Two segments
that neither rule ties together may have been sent in either order.
"""

from dataclasses import dataclass
from itertools import pairwise
from random import Random

from chatkit.capture.fitness import Fault
from chatkit.tcp.conversation import Conversation, States
from chatkit.tcp.judge import Judgement
from chatkit.tcp.segment import Endpoint, Flag, Segment
from chatkit.tcp.sequence import distance
from chatkit.tcp.states import State
from chatkit.teach.fitness import SYN, SYNACK, lacks
from chatkit.teach.kind import CHOICE, ORDER, Offers, Option
from chatkit.teach.question import Answer, Misconception, Question
from chatkit.teach.value import Choice, Order, Values

MOST = 7  # pieces
NO_PIECE = {
    Judgement.RETRANSMISSION,
    Judgement.OUT_OF_ORDER,
    Judgement.AFTER_GAP,
    Judgement.DUPLICATE_ACK,
    Judgement.KEEP_ALIVE,
    Judgement.KEEP_ALIVE_ACK,
    Judgement.ZERO_WINDOW_PROBE,
    Judgement.RESET,
}

# ---- which pieces ----


def _pieces(talk: Conversation) -> tuple[Segment, ...]:
    """Some segments of the conversation: the opening, the first that carry data, and the close."""
    plain = [s for s, verdict in zip(talk.segments, talk.judgements, strict=True) if not verdict & NO_PIECE]
    opening, data = plain[:3], [s for s in plain[3:] if s.size and not s.flags & Flag.FIN]
    close = [s for s in plain[3:] if s.flags & Flag.FIN]
    return tuple(sorted({*opening, *data[:2], *close[:2]}, key=lambda s: s.frame))[:MOST]


def enough_pieces(talk: Conversation) -> Fault | None:
    """Five segments to be put in order."""
    if len(_pieces(talk)) >= 5:
        return None
    said = "It has too few segments that are worth putting in order."
    return lacks(said, "Let the client connect, say something, and leave, while you capture.")


def _shuffled(talk: Conversation) -> list[Segment]:
    """The same on each try, and other for each conversation."""
    pieces = list(_pieces(talk))
    in_order = list(pieces)
    dice = Random(talk.isn(talk.client))
    while pieces == in_order or _is_possible(talk, _keys(pieces)):
        dice.shuffle(pieces)
    return pieces


def _keys(segments: "list[Segment] | tuple[Segment, ...]") -> tuple[str, ...]:
    return tuple(str(segment.frame) for segment in segments)


def _offers(talk: Conversation) -> Offers:
    return tuple(Option(str(s.frame), f"{_text(talk, s)}, {_clock(talk, s)}") for s in _shuffled(talk))


def _text(talk: Conversation, segment: Segment) -> str:
    sender = "client" if segment.source == talk.client else "server"
    numbers = talk.relative(segment)
    ack = "" if numbers.ack is None else f"<ACK={numbers.ack}>"
    size = f", {segment.size} bytes" if segment.size else ""
    return f"from the {sender}: <SEQ={numbers.seq}>{ack}<CTL={segment.flags}>{size}"


# ---- two clocks that do not agree ----


def _stamp(talk: Conversation, segment: Segment) -> float:
    """Seconds since the client's SYN, by the clock of its sender; the server's is slow, by more than a round trip."""
    first = talk.segments[0].time
    opening = _pieces(talk)
    slow = 2 * (opening[2].time - opening[0].time) if segment.source == talk.server else 0.0
    return segment.time - first - slow


def _clock(talk: Conversation, segment: Segment) -> str:
    return f"at {_stamp(talk, segment) * 1000:.3f} ms by its own clock"


# ---- which orders ----


@dataclass(frozen=True, slots=True)
class _Rule:
    """One piece has to come before another."""

    before: str
    after: str


def _rules(talk: Conversation) -> tuple[_Rule, ...]:
    """All that the pieces themselves tell; what the capture contradicts is not one of them."""
    pieces = _pieces(talk)
    known = {str(s.frame): place for place, s in enumerate(pieces)}
    tied = [_Rule(str(a.frame), str(b.frame)) for a in pieces for b in pieces if a is not b and _precedes(a, b)]
    return tuple(rule for rule in tied if known[rule.before] < known[rule.after])


def _precedes(a: Segment, b: Segment) -> bool:
    if a.source != b.source:
        return bool(a.length and b.flags & Flag.ACK) and distance(a.end, b.ack) >= 0
    if distance(a.seq, b.seq):
        return distance(a.seq, b.seq) > 0
    return bool(not a.length and b.length) or bool(a.flags & b.flags & Flag.ACK and distance(a.ack, b.ack) > 0)


def _is_possible(talk: Conversation, order: tuple[str, ...]) -> bool:
    place = {key: at for at, key in enumerate(order)}
    return all(place[rule.before] < place[rule.after] for rule in _rules(talk))


def _order(talk: Conversation) -> Answer:
    keys = _keys(_pieces(talk))
    return Answer(Order(keys, lambda order: set(order) == set(keys) and _is_possible(talk, order)), ())


def _exactly(segments: list[Segment]) -> Values:
    keys = _keys(segments)
    return (Order(keys, lambda order: order == keys),)


def _by_clock(talk: Conversation) -> Values:
    return _exactly(sorted(_pieces(talk), key=lambda s: _stamp(talk, s)))


def _by_number(talk: Conversation) -> Values:
    return _exactly(sorted(_pieces(talk), key=lambda s: talk.relative(s).seq))


def _by_sender(talk: Conversation) -> Values:
    return _exactly(sorted(_pieces(talk), key=lambda s: s.source != talk.client))


BY_CLOCK = Misconception(
    "by-time-only",
    "ordered by time only",
    "Two computers have two clocks, and these do not agree: by them an answer would come before its question. Only "
    "numbers and acks tell what has to come first.",
    _by_clock,
)
BY_NUMBER = Misconception(
    "by-seq-only",
    "ordered by seq only",
    "The seqs of client and server count different bytes, so they cannot be compared. Each end's own go upwards; "
    "between the two, an ack tells.",
    _by_number,
)
BY_SENDER = Misconception(
    "one-end-after-the-other",
    "one end speaks, then the other",
    "Look at the acks: the client acknowledges what the server has said before, so it cannot have said all of its own "
    "first.",
    _by_sender,
)

# ---- the states in between ----


def _known(talk: Conversation) -> list[tuple[Segment, States]]:
    """The segments after which the states of both ends are sure, and nothing is on its way."""
    known: list[tuple[Segment, States]] = []
    flying: set[tuple[Endpoint, int]] = set()  # one that is lost does so until it is sent again
    for moment in talk.history.moments:
        segment = moment.segment.source, moment.segment.seq
        flying = flying - {segment} if moment.arrived else flying | {segment}
        if moment.sent and not flying and moment.client.known and moment.server.known:
            known.append((moment.segment, States(moment.client, moment.server)))
    return known


def _turns(talk: Conversation) -> list[tuple[Segment, States]]:
    """Those after which an end is in another state than before."""
    known = _known(talk)
    return [known[0], *(after for before, after in pairwise(known) if before[1] != after[1])] if known else []


def some_states(talk: Conversation) -> Fault | None:
    """Two moments at least at which both states are sure."""
    if len(_turns(talk)) >= 2:
        return None
    said = "It does not tell for certain in which states both ends were."
    return lacks(said, "Capture once more, from before the client connects until it has left.")


def _turn(talk: Conversation) -> tuple[Segment, States]:
    """One of them, another for each conversation."""
    turns = _turns(talk)
    return turns[(talk.isn(talk.client) or 0) % len(turns)]


def _pair(client: State, server: State) -> str:
    return f"{client.value} and {server.value}"


def _written(states: States) -> str:
    client, server = states.client.known, states.server.known
    assert client and server, "only known states are asked for"
    return _pair(client, server)


def _pairs(talk: Conversation) -> Offers:
    """Every pair that comes up in it, and what the mistakes lead to, in the order of the alphabet."""
    mistaken = [str(value) for gives in (_one_step, _swapped) for value in gives(talk)]
    found = {_written(states) for _, states in _turns(talk)} | set(mistaken)
    return tuple(Option(pair, f"client {pair.replace(' and ', ', server ')}") for pair in sorted(found))


def _states(talk: Conversation) -> Answer:
    segment, states = _turn(talk)
    return Answer(Choice(_written(states)), (segment.frame,))


def _one_step(talk: Conversation) -> Values:
    """Who is on the way to ESTABLISHED is taken to be there."""
    _, states = _turn(talk)
    skip = {State.SYN_RECEIVED: State.ESTABLISHED}
    client, server = states.client.known or State.CLOSED, states.server.known or State.CLOSED
    hasty = _pair(client, skip.get(server, server)), _pair(skip.get(client, client), skip.get(server, server))
    return tuple(Choice(pair) for pair in dict.fromkeys(hasty) if pair != _pair(client, server))


def _swapped(talk: Conversation) -> Values:
    _, states = _turn(talk)
    client, server = states.client.known or State.CLOSED, states.server.known or State.CLOSED
    return (Choice(_pair(server, client)),) if client != server else ()


def _beside(talk: Conversation, steps: int) -> Values:
    """So many turns later; unless another mistake leads there as well, and explains it better."""
    turns = _turns(talk)
    at = turns.index(_turn(talk)) + steps
    found = (Choice(_written(turns[at][1])),) if 0 <= at < len(turns) else ()
    return tuple(choice for choice in found if choice not in (*_one_step(talk), *_swapped(talk)))


def _asked(talk: Conversation) -> Segment:
    return _turn(talk)[0]


def _about_turn(talk: Conversation) -> str:
    return f"It is about the moment when the segment in frame {_asked(talk).frame} has just arrived."


ONE_STEP = Misconception(
    "listen-to-established",
    "from LISTEN to ESTABLISHED in one step",
    "The server's end has heard a SYN and answered it, but nobody has acknowledged its own SYN yet: that is "
    "SYN-RECEIVED. Only the third segment makes it ESTABLISHED.",
    _one_step,
    _asked,
)
AHEAD = Misconception(
    "a-step-ahead",
    "a step ahead",
    "So it is one step later. This segment alone does not bring both ends there.",
    lambda talk: _beside(talk, 1),
    _asked,
)
BEHIND = Misconception(
    "a-step-behind",
    "a step behind",
    "So it was before this segment came. What it says has changed the state of one end, or of both.",
    lambda talk: _beside(talk, -1),
    _asked,
)
SWAPPED = Misconception(
    "ends-swapped",
    "the two ends are swapped",
    "These are the right states, at the wrong ends.",
    _swapped,
    _asked,
)

QUESTIONS = (
    Question(
        id="order.segments",
        exercise=25,
        level=3,
        subject="the letters in an order that is possible",
        prompt="These segments of your conversation are shuffled, and each has the time of its sender's own clock. Put "
        "them in an order in which they can have been sent; there may be several.",
        needs=(SYN, SYNACK, enough_pieces),
        right=_order,
        why="An end's own numbers go upwards, and an ack comes after what it acknowledges. All that these two rules "
        "leave open is possible.",
        misconceptions=(BY_CLOCK, BY_NUMBER, BY_SENDER),
        where="Begin with the segment that acknowledges nothing. Then look for what acknowledges it.",
        rule="What is acknowledged was sent before; what has a higher seq was sent later by the same end (RFC 9293, "
        "section 3.4).",
        kind=ORDER,
        offers=_offers,
        wants_frame=False,
    ),
    Question(
        id="order.states",
        exercise=25,
        level=3,
        subject="both states",
        prompt="Each end is in one of TCP's states. In which are the client and the server now?",
        needs=(SYN, SYNACK, some_states),
        right=_states,
        why="Each segment moves the end that sends it and the end that hears it, along the arrows of RFC 9293's figure "
        "5.",
        misconceptions=(ONE_STEP, AHEAD, BEHIND, SWAPPED),
        where="Follow one end at a time from CLOSED or LISTEN, down to this segment.",
        rule="RFC 9293, figure 5: SYN sent, SYN-SENT; SYN heard, SYN-RECEIVED; SYN acknowledged, ESTABLISHED; and so "
        "on.",
        kind=CHOICE,
        case=_about_turn,
        offers=_pairs,
        wants_frame=False,
    ),
)
