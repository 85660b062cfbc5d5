"""What a stranger can do to a connection, and what stops one: a forged reset, a flood of SYNs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from chatkit.capture.fitness import Fault
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import Flag, Segment
from chatkit.tcp.sequence import add, distance
from chatkit.teach.example import CHAT
from chatkit.teach.fitness import SYN, SYNACK, lacks
from chatkit.teach.kind import CHOICE, FRAME, Offers, Option
from chatkit.teach.landmarks import frames
from chatkit.teach.question import Answer, Misconception, Question, Way, always, chosen, counted, read
from chatkit.teach.value import Frames, Values

FORGE = "Forge a reset with forge_reset in a private LAN, and capture from before the client connects."

# ---- which reset ended it ----


@dataclass(frozen=True, slots=True)
class _Reset:
    """A RST, and what its receiver waited for when it came."""

    segment: Segment
    next_number: int
    window: int
    relative: int  # the next number, as it is counted from the ISN

    @property
    def steps(self) -> int:
        """How far its number lies ahead of the next."""
        return distance(self.next_number, self.segment.seq)

    @property
    def is_relative(self) -> bool:
        """Whether the relative number stands in the header."""
        return self.segment.seq == self.relative and bool(self.steps)

    @property
    def is_in_window(self) -> bool:
        """Whether the receiver would take data with this number."""
        return 0 < self.steps < self.window


def _resets(talk: Conversation) -> Iterator[_Reset]:
    """All that came to an end that had a connection: up to the one that ended it."""
    for reset in talk.segments.with_flags(Flag.RST):
        found = _judged(talk, reset)
        if found:
            yield found
            if not found.steps:
                return


def _judged(talk: Conversation, reset: Segment) -> _Reset | None:
    heard = [s for s in talk.sent_by(reset.destination) if s.frame < reset.frame and _acknowledges(s)]
    isn = talk.isn(reset.source)
    if not heard or isn is None:
        return None
    last = max(heard, key=lambda s: distance(isn, s.ack))
    return _Reset(reset, last.ack, talk.window(heard[-1]) or 0, distance(isn, last.ack))


def _acknowledges(segment: Segment) -> bool:
    return bool(segment.flags & Flag.ACK) and not segment.flags & Flag.RST


def an_end_by_reset(talk: Conversation) -> Fault | None:
    """A RST that was believed."""
    if any(not reset.steps for reset in _resets(talk)):
        return None
    return lacks("No reset has ended it.", FORGE)


def _ending(talk: Conversation) -> Answer:
    shown = tuple(reset.segment.frame for reset in _resets(talk) if not reset.steps)
    return Answer(Frames(shown), shown)


def _ignored(talk: Conversation, *, relative: bool = False, in_window: bool = False) -> Values:
    found = (r for r in _resets(talk) if r.steps and r.is_relative == relative)
    numbers = tuple(r.segment.frame for r in found if relative or r.is_in_window == in_window)
    return (Frames(numbers),) if numbers else ()


def _answers(talk: Conversation) -> Values:
    """What was reset when the connection was gone already."""
    judged = {reset.segment.frame for reset in _resets(talk)}
    numbers = tuple(s.frame for s in talk.segments.with_flags(Flag.RST) if s.frame not in judged)
    return (Frames(numbers),) if numbers else ()


ANY_RESET = Misconception(
    "any-rst-kills",
    "any RST ends a connection",
    "Its number lies outside the receiver's window, so it was dropped without a word. Look at what follows: both ends "
    "go on. A RST has to have the very number that its receiver waits for.",
    lambda talk: _ignored(talk),
)
IN_WINDOW = Misconception(
    "rst-in-the-window-kills",
    "any RST in the window ends a connection",
    "Its number is inside the window, and that was enough once (RFC 793). Since RFC 5961 the receiver asks: it sends a "
    "challenge ACK. A true sender without a connection would answer that with a RST that has the right number.",
    lambda talk: _ignored(talk, in_window=True),
)
RELATIVE_INJECTED = Misconception(
    "relative-seq-injected",
    "the relative number was forged into the header",
    "Its seq is the relative number, which Wireshark counts from the ISN for our convenience. On the wire numbers are "
    "absolute, so this one is far outside the window.",
    lambda talk: _ignored(talk, relative=True),
)
RESET_IS_ANSWER = Misconception(
    "answer-taken-for-cause",
    "the answer taken for the cause",
    "When that RST was sent the connection was over at one end already: it answers a segment for which there is no "
    "connection any more. Something before it ended that.",
    _answers,
)

# ---- which number it takes ----


def _before_reset(talk: Conversation) -> list[Segment]:
    """What there was for an eavesdropper to go by."""
    first = next(iter(talk.segments.with_flags(Flag.RST)), None)
    return [s for s in talk.segments if first is None or s.frame < first.frame]


def _from_client(talk: Conversation) -> list[Segment]:
    return [s for s in _before_reset(talk) if s.source == talk.client and s.flags & Flag.ACK]


def an_ack_of_client(talk: Conversation) -> Fault | None:
    """Something by which the client says what it waits for."""
    return None if _from_client(talk) else lacks("The client acknowledges nothing in it.", FORGE)


def _next_for_client(talk: Conversation) -> int:
    isn = talk.isn(talk.server) or 0
    return max((s.ack for s in _from_client(talk)), key=lambda ack: distance(isn, ack))


def _needed(talk: Conversation) -> Answer:
    number = _next_for_client(talk)
    shown = (s for s in _before_reset(talk) if number == (s.ack if s.source == talk.client else s.seq))
    return Answer(read(talk, talk.server, number), frames(s for s in shown if s.flags & Flag.ACK))


def _own_number(talk: Conversation) -> Values:
    last = _from_client(talk)[-1]
    return (read(talk, talk.client, last.end),)


def _last_once_more(talk: Conversation) -> Values:
    """The number of the last segment that took any."""
    sent = (s for s in _before_reset(talk) if s.source == talk.server and s.length)
    last = next((s for s in reversed(list(sent)) if s.end == _next_for_client(talk)), None)
    return (read(talk, talk.server, last.first_byte),) if last and last.size else ()


def _one_more(talk: Conversation) -> Values:
    steps = read(talk, talk.server, add(_next_for_client(talk), 1)).steps
    return (counted(talk, talk.server, steps),)


def _last_ack(talk: Conversation) -> Segment | None:
    return next(reversed(_from_client(talk)), None)


OWN_NUMBER = Misconception(
    "number-of-the-victim",
    "the number of the other direction",
    "That is what the client itself sends next. The forged segment comes to the client, so it has to have the number "
    "that the server would use: the client's ack says which it waits for.",
    _own_number,
    _last_ack,
)
LAST_AGAIN = Misconception(
    "last-number-again",
    "the number of the last segment, once more",
    "That number is used up: the client has acknowledged it, and waits for the one after that segment.",
    _last_once_more,
    _last_ack,
)
ONE_MORE = Misconception(
    "one-too-many",
    "one number too many",
    "The ack is already the next number, not the last one that came. This one is inside the window, and brings a "
    "challenge ACK.",
    _one_more,
    _last_ack,
)

# ---- without hearing anything ----

HITS: Offers = (
    Option("all", "all of them: a RST is a RST"),
    Option("window", "all that lie in the receiver's window, some ten thousand"),
    Option("relative", "the first few thousand: nobody has sent more than that yet"),
    Option("one", "exactly one"),
)
PLACES: Offers = (
    Option("line", "the line is full: his SYN does not get through"),
    Option("queue", "the queue of those that have called and not finished the handshake is full"),
    Option("ports", "the server has no port left"),
    Option("program", "the server's program has too much to do"),
)
KEPT: Offers = (
    Option("browser", "in a file that the client keeps, like the cookie of a web site"),
    Option("queue", "in a queue that is longer"),
    Option("number", "in the sequence number of its own SYN,ACK"),
    Option("nowhere", "nowhere: whoever sends an ACK is let in"),
)


def _guess(key: str, id: str, name: str, explanation: str) -> Misconception:
    return Misconception(id, name, explanation, chosen(key))


BLIND = (
    _guess("all", "any-rst-kills", "any RST ends a connection", ANY_RESET.explanation),
    _guess(
        "window",
        "rst-in-the-window-kills",
        "any RST in the window ends a connection",
        "That was so until RFC 5961: now all but one of these only bring a challenge ACK.",
    ),
    _guess(
        "relative",
        "numbers-begin-at-0",
        "sequence numbers begin at 0",
        "Only Wireshark counts from 0. An ISN may be any of the 2^32 numbers, and is chosen so that a stranger cannot "
        "guess it (RFC 6528).",
    ),
)
FLOODED = (
    _guess(
        "line",
        "flood-fills-the-line",
        "a flood of SYNs fills the line",
        "Sixty SYNs are less than 4000 bytes. They do not fill the line, but a table, and each place in it is taken "
        "for a minute.",
    ),
    _guess(
        "ports",
        "each-connection-takes-a-port",
        "each connection takes a port of the server",
        "All of them use the same port of the server: a connection is known by both addresses and both ports.",
    ),
    _guess(
        "program",
        "program-is-asked",
        "the program is asked",
        "The program does not even notice: accept() hears of a connection when its handshake is over.",
    ),
)
COOKIES = (
    _guess(
        "browser",
        "cookie-of-the-web",
        "a cookie as in the web",
        "The client's TCP stores nothing, and knows of no cookie: it acknowledges a number, as always.",
    ),
    _guess(
        "queue",
        "cookie-is-a-queue",
        "a cookie is a longer queue",
        "A longer queue is filled a moment later. With a cookie the server keeps nothing at all.",
    ),
    _guess(
        "nowhere",
        "cookie-lets-all-in",
        "whoever sends an ACK is let in",
        "The ACK has to be the cookie plus 1, and the cookie is computed with a secret: only who got the SYN,ACK knows "
        "it.",
    ),
)


# ---- an example ----


def _attacked() -> Conversation:
    """The chat of the other examples, until a forged reset ends it."""
    before = list(CHAT.segments)[:11]
    last = next(s for s in reversed(before) if s.source == CHAT.server)
    time = before[-1].time + 0.005
    forged = replace(last, frame=len(before) + 1, time=time, seq=last.end, ack=0, flags=Flag.RST, window=0, payload=b"")
    return Conversation([*before, forged])


ATTACKED = _attacked()
_DEFENCE = "RFC 4987 describes the flood, and section 3.6 the cookies."

QUESTIONS = (
    Question(
        id="attack.reset",
        exercise=20,
        level=3,
        subject="the reset that ended it",
        prompt="Several resets may have been forged for this connection. Which frame ended it?",
        needs=(SYN, SYNACK, an_end_by_reset),
        right=_ending,
        why="Its number is the very one that its receiver had acknowledged last, and so waits for.",
        misconceptions=(ANY_RESET, IN_WINDOW, RELATIVE_INJECTED, RESET_IS_ANSWER),
        where="List the segments with RST. Compare the seq of each with the last ack that its receiver had sent.",
        rule="A RST ends a connection if its seq is RCV.NXT; inside the window it is answered with a challenge ACK, "
        "and outside it is dropped (RFC 5961, section 3.2; RFC 9293, section 3.5.3).",
        kind=FRAME,
        wants_frame=False,
        example=ATTACKED,
        way=Way.LAN,
    ),
    Question(
        id="attack.reset-seq",
        exercise=20,
        level=3,
        subject="the number that a forged reset needs",
        prompt="Eve hears all of this, and wants the client to believe that the server resets the connection, after "
        "the last segment before any reset. Which sequence number does her segment need?",
        frame_is="The frame is one that has this number in its header.",
        needs=(SYN, SYNACK, an_ack_of_client),
        right=_needed,
        why="It is RCV.NXT of the client: what its last ACK says that it waits for.",
        misconceptions=(OWN_NUMBER, LAST_AGAIN, ONE_MORE),
        where="Find the last segment from the client before any RST, and read what it acknowledges.",
        rule="Each direction has numbers of its own. Who receives believes a RST that has the next number of the other "
        "end (RFC 9293, section 3.5.3).",
        example=ATTACKED,
        way=Way.LAN,
    ),
    Question(
        id="attack.blind",
        exercise=20,
        level=3,
        subject="how many",
        prompt="Eve knows both addresses and both ports of a connection, but hears nothing of it. She forges one "
        "reset. How many of the 2^32 sequence numbers would end the connection?",
        needs=(),
        right=always("one"),
        why="Only the number that the receiver waits for next counts. She would have to try all of them, and ports "
        "that she does not know multiply that by some ten thousand.",
        misconceptions=BLIND,
        where="What does the receiver do with a number inside its window, and what with one outside?",
        rule="All but RCV.NXT is dropped or challenged (RFC 5961, section 3.2).",
        kind=CHOICE,
        offers=HITS,
        wants_frame=False,
    ),
    Question(
        id="attack.flood",
        exercise=20,
        level=3,
        subject="the reason",
        prompt="Sixty SYNs have come to a server within a moment, from addresses where nobody is. Now bob cannot "
        "connect. Why?",
        needs=(),
        right=always("queue"),
        why="Each SYN takes a place until its third segment comes, and that never comes. After a minute of sending its "
        "SYN,ACK again the server gives the place back.",
        misconceptions=FLOODED,
        where="Look at the server's table of connections: what state are the strangers in?",
        rule=f"A connection in SYN-RECEIVED needs memory, so there is a limit of how many there may be. {_DEFENCE}",
        kind=CHOICE,
        offers=PLACES,
        wants_frame=False,
    ),
    Question(
        id="attack.cookie",
        exercise=20,
        level=3,
        subject="the place",
        prompt="A server with SYN cookies keeps nothing of a SYN that it has answered. Where, then, is what it has to "
        "know when the third segment comes?",
        needs=(),
        right=always("number"),
        why="Its ISN is a hash of addresses, ports, time and a secret. The third segment acknowledges it, so it brings "
        "it back, and the server only has to compute it again.",
        misconceptions=COOKIES,
        where="The client sends something back that the server has sent. What does the third segment of a handshake "
        "repeat?",
        rule=f"The ACK of the third segment is the server's ISN plus 1 (RFC 9293, section 3.5). {_DEFENCE}",
        kind=CHOICE,
        offers=KEPT,
        wants_frame=False,
    ),
)
