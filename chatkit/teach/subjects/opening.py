"""What happens before anybody says a word: how many segments it takes, who answers the SYN, and who is who."""

from chatkit.capture.fitness import Fault, Kind
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import at
from chatkit.teach.fitness import SYN, SYNACK, lacks
from chatkit.teach.kind import CHOICE, COUNT, Offers, Option
from chatkit.teach.landmarks import first_bytes, first_of, frames, last_of_handshake, sent_again, synacks, syns
from chatkit.teach.question import Answer, Misconception, Question, chosen
from chatkit.teach.value import Choice, Count, Values, key_of


def any_data(talk: Conversation) -> Fault | None:
    """The first byte, from whichever end."""
    if first_bytes(talk):
        return None
    return Fault(Kind.NO_DATA, "Nobody sends any data in it.", "Let them say something while you capture.")


def one_caller(talk: Conversation) -> Fault | None:
    """One end called, the other was called."""
    if not talk.handshake or not talk.handshake.is_simultaneous:
        return None
    return lacks("Both ends call in it, so neither is the server.", "Capture a client that connects to a server.")


# ---- segments before the first byte ----


def _before_data(talk: Conversation) -> Answer:
    first = first_bytes(talk)
    before = [s for s in talk.segments if s.frame < first[0].frame]
    again = [s for s in sent_again(talk) if s.frame < first[0].frame]
    return Answer(Count(len(before) - len(again), frozenset({len(before)})), frames(first))


def _count(number: int) -> Values:
    return (Count(number),)


CONNECT_SENDS_NOTHING = Misconception(
    "connect-sends-nothing",
    "connect() sends nothing",
    "Then the very first segment would carry data. But connect() itself asks the other end, and waits for the answer: "
    "only when both know each other's ISN can a byte have a number that both understand.",
    lambda _: _count(0),
    first_of(syns),
)
DATA_IN_SYN = Misconception(
    "data-in-the-syn",
    "data goes with the SYN, or at once after it",
    "Then nobody would wait for an answer. But the client has to hear the SYN,ACK first: before it, nobody has "
    "promised to be there.",
    lambda _: _count(1),
    first_of(synacks),
)
TWO_WAYS = Misconception(
    "two-way-handshake",
    "a handshake of two segments",
    "The third is missing: the server has sent its own ISN, and waits for the ACK of it before it knows that the "
    "client is there, too.",
    lambda _: _count(2),
    last_of_handshake,
)

# ---- who answers ----

WHO: Offers = (
    Option("accept", "the server's program, when it calls accept()"),
    Option("kernel", "the server's operating system, by itself, because somebody has called listen()"),
    Option("thread", "the thread that the server starts for this client"),
    Option("connect", "the client's own system, when connect() returns"),
)


def _who_answers(talk: Conversation) -> Answer:
    return Answer(Choice("kernel"), frames(synacks(talk)))


ACCEPT_SHAKES_HANDS = Misconception(
    "accept-shakes-hands",
    "accept() does the handshake",
    "accept() only fetches a connection that is there already. Connect to a server that never calls accept(): the "
    "three segments pass all the same, and the connection waits in the backlog.",
    chosen("accept"),
    first_of(synacks),
)
THREAD_SHAKES_HANDS = Misconception(
    "thread-shakes-hands",
    "the server's thread does the handshake",
    "That thread is started when accept() has returned, and by then the handshake is over.",
    chosen("thread"),
    first_of(synacks),
)
CLIENT_ANSWERS_ITSELF = Misconception(
    "client-answers-itself",
    "connect() needs nobody",
    "Look at the addresses of the SYN,ACK: it comes from the server's end. connect() returns because it has come.",
    chosen("connect"),
    first_of(synacks),
)

# ---- who is who ----


def _both_ends(talk: Conversation) -> Offers:
    """In an order that tells nothing."""
    return tuple(Option(key_of(end), at(end)) for end in sorted(talk.endpoints))


def _server(talk: Conversation) -> Answer:
    return Answer(Choice(key_of(talk.server)), frames((*syns(talk), *synacks(talk))))


def _client_chosen(talk: Conversation) -> Values:
    return (Choice(key_of(talk.client)),)


def _ephemeral(talk: Conversation) -> Answer:
    return Answer(Count(talk.client[1]), frames((*syns(talk), *synacks(talk))))


def _port_of_server(talk: Conversation) -> Values:
    return (Count(talk.server[1]),)


DIRECTION_FROM_THE_LIST = Misconception(
    "direction-from-the-list",
    "the direction is taken from a list",
    "Neither the order in which the two ends are listed, nor who says the first word, makes a server. Who sends the "
    "SYN calls; who answers it with a SYN,ACK was listening.",
    _client_chosen,
    first_of(syns),
)
PORT_OF_SERVER = Misconception(
    "port-of-the-server",
    "the server's port for an ephemeral one",
    "That one was chosen by a person, and clients have to know it before they call: the SYN is sent to it. The "
    "client's own port matters to nobody, so its system picks one that is free, for this connection only.",
    _port_of_server,
    first_of(syns),
)

QUESTIONS = (
    Question(
        id="handshake.segments-before-data",
        exercise=1,
        level=1,
        subject="the number of segments before the first byte",
        prompt="How many segments cross the wire before the first byte of data does, from whichever end?",
        needs=(SYN, SYNACK, any_data),
        right=_before_data,
        why="SYN, SYN,ACK, ACK: each end tells the other its ISN, and hears that it has been understood. A segment "
        "that had to be sent again may be counted or not.",
        misconceptions=(CONNECT_SENDS_NOTHING, DATA_IN_SYN, TWO_WAYS),
        where="Find the first segment with a length that is not 0, and count those above it in this conversation.",
        rule="A connection is opened by three segments, and then each end may send data (RFC 9293, section 3.5).",
        kind=COUNT,
    ),
    Question(
        id="ends.server",
        exercise=2,
        level=1,
        subject="the end that is the server",
        prompt="A conversation has two ends. Which of them is the server?",
        needs=(SYN, SYNACK, one_caller),
        right=_server,
        why="The client calls with a SYN, and the server, which was listening, answers with SYN,ACK.",
        misconceptions=(DIRECTION_FROM_THE_LIST,),
        where="Find the segment that has SYN set and ACK not: where does it go?",
        rule="Who opens actively sends the SYN and is the client; who opens passively waits for it, and is the server "
        "(RFC 9293, section 3.5).",
        kind=CHOICE,
        offers=_both_ends,
    ),
    Question(
        id="ends.ephemeral-port",
        exercise=2,
        level=1,
        subject="the ephemeral port",
        prompt="One of the two ports was picked by an operating system, for this connection alone: the ephemeral one. "
        "Which number does it have?",
        needs=(SYN, SYNACK, one_caller),
        right=_ephemeral,
        why="The client's system picked it. The server's port has to be known before anybody can call.",
        misconceptions=(PORT_OF_SERVER,),
        where="Look at the SYN: it goes from one port to another. Which of the two had the caller to know?",
        rule="A client takes any free port, out of 49152 to 65535 or whatever range its system has; a server is found "
        "at a port that is agreed upon (RFC 6335, section 6).",
        kind=COUNT,
    ),
    Question(
        id="handshake.who-answers",
        exercise=15,
        level=2,
        subject="who it is",
        prompt="The SYN,ACK says that the server's end is ready. Who sent it?",
        needs=(SYN, SYNACK),
        right=_who_answers,
        why="The handshake is done by the operating system, and a finished connection waits in the backlog until the "
        "program calls accept().",
        misconceptions=(ACCEPT_SHAKES_HANDS, THREAD_SHAKES_HANDS, CLIENT_ANSWERS_ITSELF),
        where="Compare the time between SYN and SYN,ACK with what a program would need to notice anything.",
        rule="A listening port answers SYNs by itself (RFC 9293, section 3.10.7.2, LISTEN); accept() takes the next "
        "finished connection out of a queue, whose length listen() was told (listen(2)).",
        kind=CHOICE,
        offers=WHO,
    ),
)
