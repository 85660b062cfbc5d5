"""Bytes and their numbers: what acknowledges a message, how many were sent, in how many segments."""

from chatkit.capture.fitness import Fault, Kind, bytes_missing
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import Flag, Segment
from chatkit.tcp.sequence import add
from chatkit.teach.fitness import SYN, SYNACK, first_data_of_client, lacks
from chatkit.teach.kind import CHOICE, COUNT, Offers, Option
from chatkit.teach.landmarks import acks_of, covering_acks, data_from_client, first_data, first_of, frames
from chatkit.teach.question import Answer, Misconception, Question, chosen, read
from chatkit.teach.value import Choice, Count, Values

HEADERS = (20, 32, 40, 52, 54, 60, 66, 72, 74, 86)  # bytes of TCP, with IPv4 or IPv6, with Ethernet; and timestamps


def nothing_missing_of_client(talk: Conversation) -> Fault | None:
    """Every byte of the client was seen; what a snaplen has cut off was there, and counts."""
    missing = bytes_missing(talk, talk.client)
    if missing <= 0:
        return None
    said = f"{missing} bytes of the client are missing from it."
    return Fault(Kind.GAPS, said, "Capture once more, with less going on beside it.")


# ---- the ACK of a message ----


def _message(talk: Conversation) -> Segment | None:
    """The last segment of the client, of several bytes, that has an ACK of its own."""
    candidates = (s for s in reversed(data_from_client(talk)) if s.size > 1 and not s.flags & (Flag.FIN | Flag.SYN))
    return next((s for s in candidates if acks_of(talk, talk.client, s.end)), None)


def acknowledged_message(talk: Conversation) -> Fault | None:
    """A message that has an ACK of its own."""
    if _message(talk):
        return None
    said = "No message of the client has an ACK of its own in it."
    return lacks(said, "Say something, wait for a moment, and say something else, while you capture.")


def _of_message(talk: Conversation, past: int) -> Values:
    """The number so many bytes after the message's first."""
    message = _message(talk)
    return (read(talk, talk.client, add(message.seq, past)),) if message else ()


def _size(talk: Conversation) -> int:
    message = _message(talk)
    return message.size if message else 0


def _ack_of_message(talk: Conversation) -> Answer:
    message = _message(talk)
    assert message, "needs say that there is one"
    number = read(talk, talk.client, message.end)
    return Answer(number, frames(s for s in acks_of(talk, talk.client, message.end) if s.frame > message.frame))


def _about_message(talk: Conversation) -> str:
    message = _message(talk)
    assert message, "needs say that there is one"
    relative = talk.relative(message).seq
    return (
        f"It is about frame {message.frame}: the client sends {message.size} bytes, and the first of them has the "
        f"number {message.seq} (relative: {relative})."
    )


def _own_number(talk: Conversation) -> Values:
    message = _message(talk)
    return (read(talk, talk.server, message.ack),) if message and message.flags & Flag.ACK else ()


LAST_BYTE = Misconception(
    "last-byte",
    "the number of the last byte",
    "That is the number of the last byte that came. An ack is the number of the byte that is waited for next, one "
    "further.",
    lambda talk: _of_message(talk, _size(talk) - 1),
    _message,
)
PER_SEGMENT = Misconception(
    "one-per-segment",
    "one number per segment",
    "That counts segments. TCP counts bytes: each of them has a number of its own.",
    lambda talk: _of_message(talk, 1),
    _message,
)
ECHO = Misconception(
    "echo",
    "the ack repeats the seq",
    "That is the number of the first byte, the seq itself. It would say that this byte is still waited for.",
    lambda talk: _of_message(talk, 0),
    _message,
)
HEADERS_COUNTED = Misconception(
    "headers-counted",
    "the headers are counted",
    "That counts the headers as well. Only the payload is numbered: headers belong to the segment, not to the stream.",
    lambda talk: tuple(n for size in HEADERS for n in _of_message(talk, _size(talk) + size)),
    _message,
)
OWN_ACK = Misconception(
    "other-direction",
    "the other direction's number",
    "That is the ack in the message itself, which counts the server's bytes. What acknowledges the message comes from "
    "the server, and counts the client's.",
    _own_number,
    _message,
)

# ---- how many bytes ----


def _total(talk: Conversation) -> int:
    return talk.reassembled(talk.client).end


def _bytes_sent(talk: Conversation) -> Answer:
    isn, total = talk.isn(talk.client), _total(talk)
    assert isn is not None, "needs say that there is a SYN"
    last = add(isn, total)
    bringing = (s for s in data_from_client(talk) if (last - s.first_byte) % 2**32 < s.size)
    return Answer(
        Count(total, working=f"The last byte has the relative number {total}, the first has 1"), frames(bringing)
    )


def _sum(talk: Conversation, header: int = 0) -> int:
    return sum(s.size + header for s in data_from_client(talk))


def _repeated(talk: Conversation) -> Values:
    return (Count(_sum(talk)),)


def _with_headers(talk: Conversation) -> Values:
    return tuple(Count(_sum(talk, size)) for size in HEADERS)


def _last_data(talk: Conversation) -> Segment | None:
    return next(iter(reversed(data_from_client(talk))), None)


def _fin(talk: Conversation) -> Segment | None:
    return next(iter(talk.sent_by(talk.client).with_flags(Flag.FIN)), None)


SYN_COUNTED = Misconception(
    "syn-or-fin-counted",
    "SYN or FIN counted as a byte",
    "That is one too many. SYN and FIN take a sequence number each, but they are no bytes: take off one for each that "
    "lies between your two numbers.",
    lambda talk: (Count(_total(talk) + 1),),
    _fin,
)
BOTH_COUNTED = Misconception(
    "syn-and-fin-counted",
    "SYN and FIN counted as bytes",
    "That is two too many: the last ack less the ISN. SYN and FIN take a sequence number each, and are no bytes.",
    lambda talk: (Count(_total(talk) + 2),),
    _fin,
)
ONE_SHORT = Misconception(
    "last-less-first",
    "the last number less the first",
    "That is one too few. From byte 1 to byte 10 there are ten bytes, and not nine.",
    lambda talk: (Count(_total(talk) - 1),),
    _last_data,
)
COPIES_COUNTED = Misconception(
    "retransmissions-counted",
    "what was sent again is counted again",
    "That adds up all segments, those too that were sent again. A byte that is sent twice has the same number both "
    "times, and the program has sent it once.",
    _repeated,
    _last_data,
)
HEADERS_ADDED = Misconception(
    "headers-counted",
    "the headers are counted",
    "That adds up what the frames or segments take on the wire. The program has sent only what is in them, the "
    "payload.",
    _with_headers,
    _last_data,
)
OTHER_END = Misconception(
    "other-direction",
    "the other direction's bytes",
    "That is how many bytes the server sent. Each direction has numbers of its own.",
    lambda talk: (Count(talk.reassembled(talk.server).end),),
)

# ---- how many segments ----


def _bringing(talk: Conversation) -> int:
    """Segments that brought a byte for the first time."""
    return len({piece.segment.frame for piece in talk.reassembled(talk.client).pieces})


def _segments(talk: Conversation) -> Answer:
    return Answer(Count(_bringing(talk)), ())


def _per_line(talk: Conversation) -> Values:
    return (Count(len(talk.lines(talk.client))),)


def _all_of_client(talk: Conversation) -> Values:
    return (Count(len(talk.sent_by(talk.client))),)


def _of_both(talk: Conversation) -> Values:
    return (Count(len(talk.segments.with_data())), Count(len(talk.segments)))


SEND_IS_SEGMENT = Misconception(
    "one-send-one-segment",
    "one send is one segment",
    "That is how many lines the client wrote. TCP cuts a stream as it likes: several lines may travel in one segment, "
    "and one long line in many.",
    _per_line,
    first_of(first_data),
)
ACKS_CARRY_DATA = Misconception(
    "pure-acks-counted",
    "segments without data are counted",
    "That counts all segments of the client: SYN, FIN and pure ACKs carry no byte of the stream.",
    _all_of_client,
    first_of(first_data),
)
BOTH_DIRECTIONS = Misconception(
    "both-directions",
    "both directions are counted",
    "That counts what the server sent as well. A connection has two streams, one in each direction.",
    _of_both,
    first_of(first_data),
)
SENT_TWICE = Misconception(
    "retransmissions-counted",
    "what was sent again is counted again",
    "That counts the segments that were sent again as well. They brought no byte that was not there already.",
    lambda talk: (Count(len(data_from_client(talk))),),
    _last_data,
)

# ---- what an ACK means ----

MEANINGS: Offers = (
    Option("read", "the server's program has read the bytes"),
    Option("kernel", "the server's system has the bytes; whether the program has read them, it does not say"),
    Option("room", "everybody in the room has got the message"),
    Option("left", "the bytes have left the client's network card"),
)


def _ack_means(talk: Conversation) -> Answer:
    first = first_data(talk)[0]
    return Answer(Choice("kernel"), frames(covering_acks(talk, talk.client, add(first.first_byte, first.size))))


def acknowledged_data(talk: Conversation) -> Fault | None:
    """An ACK of the client's first data."""
    if _ack_means(talk).frames:
        return None
    return lacks("The client's first data is not acknowledged in it.", "Go on capturing until the server has answered.")


ACKED_IS_READ = Misconception(
    "acked-is-read",
    "acknowledged is read",
    "The ACK comes from the operating system, which has put the bytes into a buffer. A program that sleeps has its "
    "bytes acknowledged just the same; only an answer of its own shows that it has read them.",
    chosen("read"),
)
ACKED_IS_DELIVERED = Misconception(
    "acked-is-delivered",
    "acknowledged is delivered to all",
    "This connection ends at the server. What the server does with the bytes afterwards goes over other connections, "
    "with ACKs of their own.",
    chosen("room"),
)
ACKED_IS_SENT = Misconception(
    "acked-is-sent",
    "acknowledged is sent",
    "Nobody acknowledges to itself: this segment came from the other end.",
    chosen("left"),
)

QUESTIONS = (
    Question(
        id="data.ack-of-message",
        exercise=4,
        level=1,
        subject="the ack of that message",
        prompt="A message of n bytes begins at the sequence number s. Which acknowledgement number says that all of it "
        "has come?",
        needs=(SYN, SYNACK, first_data_of_client, acknowledged_message),
        right=_ack_of_message,
        why="The bytes have the numbers s to s+n-1, so the next that is waited for is s+n.",
        misconceptions=(LAST_BYTE, PER_SEGMENT, ECHO, HEADERS_COUNTED, OWN_ACK),
        where="Take the seq and the length of that segment, and look at the acks of the server that come after it.",
        rule="Each byte takes one number, and the ack is the number that is waited for next (RFC 9293, section 3.4).",
        case=_about_message,
    ),
    Question(
        id="data.bytes-sent",
        exercise=6,
        level=1,
        subject="the number of bytes that the client sent",
        prompt="How many bytes of data did the client send in all? Count them by sequence numbers, and compare with "
        "what the program says.",
        frame_is="The frame is the one that brings the last of them.",
        needs=(SYN, SYNACK, first_data_of_client, nothing_missing_of_client),
        right=_bytes_sent,
        why="Relative to the ISN the first byte has the number 1, so the number of the last is how many there are.",
        misconceptions=(SYN_COUNTED, BOTH_COUNTED, ONE_SHORT, COPIES_COUNTED, HEADERS_ADDED, OTHER_END),
        where="Find the client's last segment with data. What is its relative seq, and how long is it?",
        rule="SYN and FIN take a number each and are no bytes; what is sent again keeps its numbers (RFC 9293, "
        "section 3.4).",
        kind=COUNT,
    ),
    Question(
        id="data.segments-of-client",
        exercise=7,
        level=2,
        subject="the number of segments that brought data of the client",
        prompt="In how many segments did the client's data travel? One that was sent again counts once.",
        needs=(SYN, SYNACK, first_data_of_client, nothing_missing_of_client),
        right=_segments,
        why="How often the program called send() is one number, how many segments that made is another, and how often "
        "the other end calls recv() to get it is a third.",
        misconceptions=(SEND_IS_SEGMENT, ACKS_CARRY_DATA, BOTH_DIRECTIONS, SENT_TWICE),
        where="Go through the segments from the client, and leave out those whose length is 0.",
        rule="TCP carries a stream of bytes. It may put together and cut apart what was sent (RFC 9293, section 3.8.2; "
        "1122, section 4.2.3.4).",
        kind=COUNT,
        wants_frame=False,
    ),
    Question(
        id="data.ack-means",
        exercise=14,
        level=2,
        subject="what it tells",
        prompt="The server's end acknowledges what the client has said. What does the ACK alone tell the client?",
        needs=(SYN, SYNACK, first_data_of_client, acknowledged_data),
        right=_ack_means,
        why="TCP's ACK is between two operating systems. A receipt of the program has to be a message of the program's "
        "own.",
        misconceptions=(ACKED_IS_READ, ACKED_IS_DELIVERED, ACKED_IS_SENT),
        where="Look at when the ACK comes, and at when the server's program says something that shows that it has "
        "read.",
        rule="An ACK means that TCP has taken responsibility for the bytes, not that they were delivered to the user "
        "(RFC 9293, section 2.2).",
        kind=CHOICE,
        offers=MEANINGS,
    ),
)
