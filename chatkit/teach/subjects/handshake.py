"""How a connection opens: the three numbers by which it does (RFC 9293, section 3.5).

client  --> <SEQ=ISN><CTL=SYN>                          server    the SYN takes one number,
client  <-- <SEQ=own ISN><ACK=ISN+1><CTL=SYN,ACK>       server    so the next is waited for,
client  --> <SEQ=ISN+1><ACK=own ISN+1><CTL=ACK><DATA>   server    and the first byte of data has it
"""

from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import Flag
from chatkit.teach.fitness import SYN, SYNACK, first_data_of_client
from chatkit.teach.landmarks import first_data, first_of, frames, last_of_handshake, synacks, syns
from chatkit.teach.question import Answer, Misconception, Question, counted, read
from chatkit.teach.value import Number


def _seq_of_syn(talk: Conversation) -> Answer:
    return Answer(_isn_of_client(talk)[0], frames(syns(talk)))


def _ack_of_synack(talk: Conversation) -> Answer:
    found = synacks(talk)
    return Answer(read(talk, talk.client, found[0].ack), frames(found))


def _seq_of_first_data(talk: Conversation) -> Answer:
    return Answer(_after_isn_of_client(talk)[0], frames(first_data(talk)))


# What mistakes give


def _isn_of_client(talk: Conversation) -> tuple[Number, ...]:
    return (counted(talk, talk.client, 0),)


def _after_isn_of_client(talk: Conversation) -> tuple[Number, ...]:
    return (counted(talk, talk.client, 1),)


def _two_after_isn_of_client(talk: Conversation) -> tuple[Number, ...]:
    return (counted(talk, talk.client, 2),)


def _isn_of_server(talk: Conversation) -> tuple[Number, ...]:
    return (counted(talk, talk.server, 0),)


def _after_isn_of_server(talk: Conversation) -> tuple[Number, ...]:
    return (counted(talk, talk.server, 1),)


def _counted_from_server(talk: Conversation) -> tuple[Number, ...]:
    """The server's first byte, and what the client acknowledges when it sends its own first."""
    acks = (read(talk, talk.server, s.ack) for s in first_data(talk) if s.flags & Flag.ACK)
    return (*_after_isn_of_server(talk), *acks)


SYN_TAKES_NO_NUMBER = Misconception(
    "syn-takes-no-number",
    "the SYN takes no number",
    "That is the client's ISN, the number of the SYN itself. A SYN carries no byte, yet it takes one sequence number, "
    "so that it can be acknowledged and sent again as a byte can.",
    _isn_of_client,
    first_of(syns),
)
NUMBER_AFTER_SYN = Misconception(
    "number-after-syn",
    "the number after the SYN",
    "That is one too far. The SYN takes a number itself, which stands in its header; yours is the one that the server "
    "waits for next.",
    _after_isn_of_client,
    first_of(syns),
)
ISN_OF_SERVER = Misconception(
    "server-isn",
    "the other end's ISN",
    "That is the server's ISN, in its SYN,ACK. Each end numbers its own bytes, and chooses its own first number.",
    _isn_of_server,
    first_of(synacks),
)
OWN_ISN = Misconception(
    "own-isn",
    "the sender's own ISN",
    "That is the seq of this very segment, the server's own ISN. An ack counts in the other end's numbers: it says "
    "which of the other end's bytes is waited for.",
    _isn_of_server,
    first_of(synacks),
)
ACK_OF_SERVER_SYN = Misconception(
    "other-direction",
    "the other direction's number",
    "That acknowledges the SYN of the server, and it is the client that sends it. The SYN,ACK acknowledges the SYN of "
    "the client.",
    _after_isn_of_server,
    first_of(synacks),
)
BYTES_OF_SERVER = Misconception(
    "other-direction",
    "the other direction's number",
    "That counts the server's bytes, in the seq of what the server sends and in the ack of what the client sends. The "
    "client's bytes are counted by the seq of the client's segments.",
    _counted_from_server,
    first_of(first_data),
)
ACK_TAKES_A_NUMBER = Misconception(
    "ack-takes-a-number",
    "a pure ACK takes a number",
    "That is one too far: the ACK that ends the handshake is counted in it. Only SYN, FIN and bytes take numbers; a "
    "pure ACK takes none, so what is sent next has the same seq.",
    _two_after_isn_of_client,
    last_of_handshake,
)

QUESTIONS = (
    Question(
        id="handshake.syn-seq",
        exercise=3,
        level=1,
        subject="the seq of the SYN",
        prompt="The client opens the connection with a SYN. Which sequence number does this SYN have?",
        needs=(SYN, SYNACK),
        right=_seq_of_syn,
        why="It is the client's ISN, the number from which the client counts. Each connection gets another, so that a "
        "late segment of an old one is not taken for one of this.",
        misconceptions=(NUMBER_AFTER_SYN, ISN_OF_SERVER),
        where="The SYN is the first segment from the client: SYN is among its flags, ACK is not.",
        rule="Each end chooses its initial sequence number, the ISN, and sends it as the seq of its SYN (RFC 9293, "
        "section 3.4.1).",
    ),
    Question(
        id="handshake.synack-ack",
        exercise=3,
        level=1,
        subject="the ack of the SYN,ACK",
        prompt="The server answers the SYN with a SYN,ACK. Which acknowledgement number does this SYN,ACK have?",
        needs=(SYN, SYNACK),
        right=_ack_of_synack,
        why="An ack is the number that is waited for next. The SYN takes one although it carries no byte, so the "
        "server waits for the one after it.",
        misconceptions=(SYN_TAKES_NO_NUMBER, OWN_ISN, ACK_OF_SERVER_SYN),
        where="The SYN,ACK is the first segment from the server. Compare its ack with the seq of the client's SYN.",
        rule="An ack is the number that is waited for next from the other end. SYN and FIN take one number each, as a "
        "byte does (RFC 9293, section 3.4).",
    ),
    Question(
        id="handshake.first-data-seq",
        exercise=3,
        level=1,
        subject="the seq of the client's first data",
        prompt="Find the first byte of data that the client sends to the server; the server may have sent some before. "
        "Which sequence number does it have?",
        needs=(SYN, SYNACK, first_data_of_client),
        right=_seq_of_first_data,
        why="The SYN took the ISN and a pure ACK takes no number, so the first byte has the number after the SYN's.",
        misconceptions=(SYN_TAKES_NO_NUMBER, ACK_TAKES_A_NUMBER, BYTES_OF_SERVER),
        where="Look for the segments from the client that have payload, and of these for the one with the lowest seq: "
        "that is the number of its first byte.",
        rule="Each end numbers its own bytes. SYN, FIN and each byte take one number, a pure ACK takes none (RFC 9293, "
        "section 3.4).",
    ),
)
