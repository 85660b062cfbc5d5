"""The chat under TLS: what is still seen, how long a message is all the same, and for whom it is sealed."""

from collections.abc import Callable, Iterable, Iterator

from chatkit.capture.fitness import Fault
from chatkit.capture.hello import TLS_1_3, hello_of
from chatkit.capture.records import SEAL_BYTES, Kind, Record, records
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import Segment
from chatkit.tcp.sequence import add
from chatkit.teach.fitness import SYN, SYNACK, first_data_of_client, lacks, whole_stream_of_client
from chatkit.teach.kind import CHOICE, COUNT, FRAME, Offers, Option
from chatkit.teach.landmarks import data_from_client, first_of, frames, syns
from chatkit.teach.question import Answer, Misconception, Question, always, chosen
from chatkit.teach.sealed_example import SEALED
from chatkit.teach.value import Choice, Count, Frames, Values

VERB, LF = len("SAY "), len("\n")
BLOCKS = (16, 32, 64, 128, 256)  # bytes that somebody may think a message is filled up to


# ---- landmarks ----


def tls_1_3(talk: Conversation) -> Fault | None:
    """The hellos of TLS 1.3."""
    hello = hello_of(talk)
    if hello is None:
        return lacks(
            "It is not TLS: no client's hello is in it.", "Seal the chat with TLS, and capture from its start."
        )
    if hello.version != TLS_1_3:
        return lacks("The two ends did not agree on TLS 1.3.", "Let both ends speak TLS 1.3, and capture that.")
    return None


def a_server_name(talk: Conversation) -> Fault | None:
    """The name that the client dialled."""
    hello = hello_of(talk)
    if hello and hello.server_name:
        return None
    return lacks("The client named no server: it dialled an address.", "Let it dial the server by a name.")


def a_sealed_line(talk: Conversation) -> Fault | None:
    """A record of the client that carries a line with a text."""
    if any(_text_bytes(record) > 0 for record in _lines(talk)):
        return None
    return lacks("The client says nothing in it.", "Say something while you capture.")


def _sealed(talk: Conversation) -> tuple[Record, ...]:
    """What the client has sealed. The first of it ends the handshake (RFC 8446, section 4.4.4)."""
    found = records(talk.reassembled(talk.client), talk.client)
    return tuple(record for record in found if record.kind is Kind.APPLICATION_DATA and record.is_whole)


def _lines(talk: Conversation) -> tuple[Record, ...]:
    """What the client has said."""
    return _sealed(talk)[1:]


def _longest(talk: Conversation) -> tuple[Record, ...]:
    """The longest of these; several where they are equally long."""
    said = _lines(talk)
    most = max((record.length for record in said), default=0)
    return tuple(record for record in said if record.length == most)


def _text_bytes(record: Record) -> int:
    return record.length - SEAL_BYTES - VERB - LF


def _carriers(talk: Conversation, found: Iterable[Record]) -> tuple[Segment, ...]:
    """Every segment of the client that brings a part of them; there are several where one was sent again."""
    isn = talk.isn(talk.client)
    assert isn is not None, "needs say that there is a SYN"
    places = [(add(isn, 1 + record.offset), record.end - record.offset) for record in found]
    return tuple(s for s in data_from_client(talk) if any(_overlap(s, *place) for place in places))


def _overlap(segment: Segment, number: int, length: int) -> bool:
    return (segment.first_byte - number) % 2**32 < length or (number - segment.first_byte) % 2**32 < segment.size


# ---- what is still seen ----

SEEN: Offers = (
    Option("nothing", "nothing at all: everything is encrypted"),
    Option("ends", "who talks with whom, and when; but not how long each message is"),
    Option("lengths", "who talks with whom, when, and how long each message is"),
    Option("times", "when something is sent; but neither by whom nor to which port"),
    Option("password", "all but the password: what is secret is sealed, and the rest is not"),
)
HIDES_LENGTHS = "TLS hides lengths"
STILL_SEEN = (
    Misconception(
        "encryption-hides-all",
        "encryption hides everything",
        "It hides what is in the payload. That there is one, from whom, to whom and when, has to be in clear: else "
        "nobody could deliver it.",
        chosen("nothing"),
    ),
    Misconception(
        "tls-hides-lengths",
        HIDES_LENGTHS,
        "Each record says in clear how long it is, and is as long as its message and 17 bytes more. TLS 1.3 could fill "
        "it up (RFC 8446, section 5.4); hardly any program does.",
        chosen("ends"),
    ),
    Misconception(
        "tls-hides-the-ends",
        "TLS hides addresses and ports",
        "TLS is carried by TCP, and TCP by IP: their headers stay as they are, in clear. To hide them, too, takes a "
        "tunnel, and then its ends are seen.",
        chosen("times"),
    ),
    Misconception(
        "only-the-password",
        "only the password is sealed",
        "TLS does not know what a password is. It seals all that the program sends, from the first byte.",
        chosen("password"),
    ),
)

# ---- the name ----


def _name_in(talk: Conversation) -> Answer:
    hello = hello_of(talk)
    assert hello, "needs say that there is one"
    shown = frames(_carriers(talk, [hello.record]))
    return Answer(Frames(shown), shown)


def _frames_of(find: Callable[[Conversation], Iterable[Segment]]) -> Callable[[Conversation], Values]:
    def gives(talk: Conversation) -> Values:
        return (Frames(frames(find(talk))),)

    return gives


def _server_sealed_first(talk: Conversation) -> Iterator[Segment]:
    """What brings the first thing that the server has sealed: its certificate, in the end."""
    for record in records(talk.reassembled(talk.server), talk.server):
        if record.kind is Kind.APPLICATION_DATA:
            yield from (part.segment for part in record.parts)
            return


def _first_line(talk: Conversation) -> tuple[Segment, ...]:
    return _carriers(talk, _lines(talk)[:1])


NAMES = (
    Misconception(
        "name-in-the-syn",
        "the SYN says a name",
        "IP and TCP know numbers only. The name was turned into an address before (by DNS), and the SYN has that.",
        _frames_of(syns),
        first_of(syns),
    ),
    Misconception(
        "certificate-in-clear",
        "the certificate comes in clear",
        "The certificate has the name in it, too, and up to TLS 1.2 it came in clear. In TLS 1.3 the server seals it: "
        "what is in clear in that frame is only its hello.",
        _frames_of(_server_sealed_first),
        lambda talk: next(_server_sealed_first(talk), None),
    ),
    Misconception(
        "name-in-the-first-line",
        "the name is in what the client says",
        "That record is sealed already, and to seal it the client needed the server's certificate. It had to say "
        "before which server it wants.",
        _frames_of(_first_line),
        first_of(_first_line),
    ),
)

# ---- how long a text is ----


def _longest_text(talk: Conversation) -> Answer:
    found = _longest(talk)
    length, text = found[0].length, _text_bytes(found[0])
    working = f"{length} - {SEAL_BYTES} for the seal - {VERB} for the verb - {LF} for LF = {text}"
    return Answer(Count(text, working=working), frames(_carriers(talk, found)))


def _beside(*more: int) -> Callable[[Conversation], Values]:
    """So many bytes more than the text has."""
    return lambda talk: tuple(Count(_text_bytes(record) + each) for record in _longest(talk)[:1] for each in more)


def _in_segments(talk: Conversation) -> Values:
    return tuple(Count(segment.size) for segment in _carriers(talk, _longest(talk)))


def _filled_up(talk: Conversation) -> Values:
    """The line, the record, filled up to blocks."""
    lengths = [record.length - extra for record in _longest(talk)[:1] for extra in (0, SEAL_BYTES)]
    return tuple(Count(-(-length // block) * block) for length in lengths for block in BLOCKS if length % block)


def _of_the_proof(talk: Conversation) -> Values:
    return tuple(Count(_text_bytes(record)) for record in _sealed(talk)[:1])


def _look_at_longest(talk: Conversation) -> Segment | None:
    return next(iter(_carriers(talk, _longest(talk))), None)


LENGTHS = (
    Misconception(
        "tls-hides-lengths",
        HIDES_LENGTHS,
        "That is a multiple of a block. TLS 1.3 fills nothing up unless a program asks for it: a record is 17 bytes "
        "longer than what is in it, whatever that is.",
        _filled_up,
        _look_at_longest,
    ),
    Misconception(
        "seal-counted",
        "the seal is counted",
        "TLS 1.3 adds 17 bytes to what it seals: one that says what it is, and sixteen that prove nobody has changed "
        "it.",
        _beside(VERB + LF + SEAL_BYTES, SEAL_BYTES),
        _look_at_longest,
    ),
    Misconception(
        "record-header-counted",
        "the header of the record is counted",
        "That is the payload of the segment. The record in it begins with five bytes of its own, in clear: what it is, "
        "a version, and its length.",
        _in_segments,
        _look_at_longest,
    ),
    Misconception(
        "verb-counted",
        "the verb, or LF, is counted",
        "What was sealed is a whole line: the verb and a space, the text, and LF.",
        _beside(VERB + LF, VERB, LF),
        _look_at_longest,
    ),
    Misconception(
        "proof-taken-for-a-line",
        "the end of the handshake taken for a line",
        "The first record that the client seals ends the handshake (Finished). It says that it is application data, as "
        "all do that are sealed.",
        _of_the_proof,
        lambda talk: next(iter(_carriers(talk, _sealed(talk)[:1])), None),
    ),
)

# ---- who reads the password ----

READERS: Offers = (
    Option("anybody", "whoever captures: the password is sent before the encryption begins"),
    Option("members", "whoever captures and knows the port"),
    Option("named", "only the server that the client wanted, for all is encrypted"),
    Option("other-end", "only the other end of this TLS connection, whoever that is"),
)
ENCRYPTED_IS_AUTHENTICATED = "encrypted = authenticated"


def _first_line_for(talk: Conversation) -> Answer:
    return Answer(Choice("other-end"), frames(_first_line(talk)))


READING = (
    Misconception(
        "encryption-comes-later",
        "the password goes first, and in clear",
        "TLS is there before the program says its first word. Before that, only TLS itself has spoken.",
        chosen("anybody"),
        first_of(_first_line),
    ),
    Misconception(
        "port-hides",
        "a port hides it",
        "The port is in clear, and opens nothing: the key does, and only the two ends have it.",
        chosen("members"),
        first_of(_first_line),
    ),
    Misconception(
        "encrypted-is-authenticated",
        ENCRYPTED_IS_AUTHENTICATED,
        "Nothing in these bytes says that the other end is the server. If the client did not check the certificate, it "
        "may have agreed on the key with anybody.",
        chosen("named"),
        _look_at_longest,
    ),
)

# ---- with whom ----

WITH_WHOM: Offers = (
    Option("server", "the server: else the handshake would have failed"),
    Option("nobody-else", "somebody unknown, but nobody else can read it: so ann's words are safe"),
    Option("unknown", "somebody who has the key of the certificate that he showed; who that is she does not know"),
    Option("clear", "anybody on the way: without a check TLS encrypts nothing"),
)
AUTHENTICATED = (
    Misconception(
        "encrypted-is-authenticated",
        ENCRYPTED_IS_AUTHENTICATED,
        "The handshake proves that the other end has the private key of the certificate that it shows. Anybody can "
        "make a certificate with any name. Who signed it is what has to be checked.",
        chosen("server"),
    ),
    Misconception(
        "sealed-is-safe",
        "what is sealed is safe",
        "It is sealed for whoever answered. If that is eve, she opens it, reads it, and seals it again for the server.",
        chosen("nobody-else"),
    ),
    Misconception(
        "unchecked-is-clear",
        "without a check nothing is encrypted",
        "It is: whoever only listens reads nothing. It takes somebody who answers in the server's place.",
        chosen("clear"),
    ),
)


_SEALED_STREAM = (SYN, SYNACK, first_data_of_client, whole_stream_of_client, tls_1_3)

QUESTIONS = (
    Question(
        id="sealing.seen",
        exercise=22,
        level=3,
        subject="what she can tell",
        prompt="Ann and bob chat under TLS 1.3, and eve captures every frame. She has not got the keys. What can she "
        "still tell?",
        needs=(),
        right=always("lengths"),
        why="The headers of IP and TCP are in clear, and so are the five bytes before each record. Who talks when, how "
        "much, and in answer to whom, often says enough.",
        misconceptions=STILL_SEEN,
        where="Which bytes of a frame does TLS change: those of Ethernet, of IP, of TCP, or of the payload?",
        rule="A record begins with its kind, a version and its length, in clear (RFC 8446, section 5.1; appendix E.3 "
        "on what lengths and times give away).",
        kind=CHOICE,
        offers=SEEN,
        wants_frame=False,
        example=SEALED,
    ),
    Question(
        id="sealing.server-name",
        exercise=22,
        level=3,
        subject="a frame with the server's name in clear",
        prompt="The chat is sealed, and yet the name of the server that the client wants crosses the wire once, for "
        "all to read. In which frame?",
        needs=(*_SEALED_STREAM, a_server_name),
        right=_name_in,
        why="One address may have many servers, each with a certificate of its own. So the client says in its hello "
        "which it wants, and nothing is sealed yet (RFC 6066, section 3).",
        misconceptions=NAMES,
        where="What is the first thing that the client sends after the handshake of TCP?",
        rule="The ClientHello comes before any key is agreed on; server_name is one of its extensions (RFC 8446, "
        "sections 4.1.2 and 4.2).",
        kind=FRAME,
        example=SEALED,
    ),
    Question(
        id="sealing.text-length",
        exercise=22,
        level=3,
        subject="the number of bytes of the text",
        prompt="Take the longest record that the client has sealed after its handshake, and suppose that SAY and a "
        "text are in it. How many bytes has the text?",
        frame_is="The frame is one that brings that record.",
        needs=(*_SEALED_STREAM, a_sealed_line),
        right=_longest_text,
        why="The length of a record is in clear, and what TLS 1.3 adds is always the same.",
        misconceptions=LENGTHS,
        where="Look at the lengths in the client's records of application data. What was sealed is a line of chat/1.",
        rule=f"A record of TLS 1.3 is {SEAL_BYTES} bytes longer than what is in it: one byte for its kind, and sixteen "
        "against changes (RFC 8446, section 5.2; RFC 5116, section 5).",
        kind=COUNT,
        example=SEALED,
    ),
    Question(
        id="sealing.password",
        exercise=22,
        level=3,
        subject="who can",
        prompt="The first line that the client says is PASS, where the room has a password. Who can read that line in "
        "this capture?",
        frame_is="The frame is one that brings that line.",
        needs=(*_SEALED_STREAM, a_sealed_line),
        right=_first_line_for,
        why="The key is known to the two ends of the connection, and to nobody who only listened to the handshake. The "
        "capture alone does not say who the other end is.",
        misconceptions=READING,
        where="The first record that the client seals ends the handshake. Which one comes next, and who has its key?",
        rule="Both ends work out the keys from what each keeps to itself; the certificate says with whom, if it is "
        "checked (RFC 8446, section 1).",
        kind=CHOICE,
        offers=READERS,
        example=SEALED,
    ),
    Question(
        id="sealing.authenticated",
        exercise=22,
        level=3,
        subject="with whom",
        prompt="Ann's client takes every certificate. It is connected, and says: TLS 1.3, AES with 256 bits. For whom "
        "is what she says encrypted?",
        needs=(),
        right=always("unknown"),
        why="To encrypt and to know with whom are two things. The second takes a certificate that is checked: signed "
        "by somebody whom ann trusts, for the name that she dialled.",
        misconceptions=AUTHENTICATED,
        where="Who chose the certificate that ann was shown, and what did she compare it with?",
        rule="The server proves that it has the key of its certificate; the client has to check that the certificate "
        "is the server's (RFC 8446, sections 4.4.2 and 4.4.3; RFC 9525).",
        kind=CHOICE,
        offers=WITH_WHOM,
        wants_frame=False,
        example=SEALED,
    ),
)
