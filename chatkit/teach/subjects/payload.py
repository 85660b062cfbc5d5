"""Plain text on the wire: where a sentence lies, how many bytes it takes, and who can read it."""

from collections.abc import Callable
from dataclasses import dataclass

from chatkit.capture.fitness import Fault
from chatkit.capture.hello import hello_of
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.lines import Line
from chatkit.tcp.segment import Segment
from chatkit.tcp.sequence import add
from chatkit.teach.fitness import SYN, SYNACK, first_data_of_client, lacks, whole_stream_of_client
from chatkit.teach.kind import CHOICE, COUNT, Offers, Option
from chatkit.teach.landmarks import data_from_client
from chatkit.teach.question import Answer, Misconception, Question, always, chosen
from chatkit.teach.subjects.data import HEADERS
from chatkit.teach.value import Count, Values


@dataclass(frozen=True, slots=True)
class _Words:
    """What follows the verb of a line."""

    data: bytes
    offset: int  # of the first byte in the client's stream
    verb: int  # bytes before it, with the space


def _after(verb: str, line: Line) -> _Words | None:
    """The words after this verb, if the line has them; verbs come in any case."""
    start = len(verb) + 1
    if not line.is_whole or line.data[:start].upper() != f"{verb} ".encode() or len(line.data) == start:
        return None
    return _Words(line.data[start:], line.offset + start, start)


def _lines(talk: Conversation) -> list[Line]:
    """The client's, in the order in which it said them: on the wire a later one may be complete earlier."""
    return sorted(talk.lines(talk.client), key=lambda line: line.offset)


def _sentence(talk: Conversation) -> _Words | None:
    """The last that the client says."""
    found = (_after("SAY", line) for line in reversed(_lines(talk)))
    return next((words for words in found if words), None)


def _accented(talk: Conversation) -> _Words | None:
    """The last that the client says with a character that takes several bytes."""
    found = (_after("SAY", line) for line in reversed(_lines(talk)))
    return next((words for words in found if words and _text(words) is not None and not words.data.isascii()), None)


def _password(talk: Conversation) -> _Words | None:
    found = (_after("PASS", line) for line in _lines(talk))
    return next((words for words in found if words), None)


Find = Callable[[Conversation], _Words | None]


def _text(words: _Words) -> str | None:
    try:
        return words.data.decode()
    except UnicodeDecodeError:
        return None


def plain_text(talk: Conversation) -> Fault | None:
    """No hello of TLS."""
    if hello_of(talk) is None:
        return None
    return lacks("It is sealed by TLS: what is said cannot be read in it.", "Capture a chat without TLS.")


def a_sentence(talk: Conversation) -> Fault | None:
    """A SAY of the client."""
    return None if _sentence(talk) else lacks("The client says nothing in it.", "Say something while you capture.")


def an_accented_sentence(talk: Conversation) -> Fault | None:
    """A SAY of the client with a character that takes several bytes."""
    if _accented(talk):
        return None
    said = "Nothing that the client says in it has a character of more than one byte."
    return lacks(said, "Say something with an é or an emoji while you capture.")


def a_password(talk: Conversation) -> Fault | None:
    """A PASS of the client."""
    if _password(talk):
        return None
    said = "The client gives no password in it."
    return lacks(said, "Start the server with a made-up password, and join with it while you capture.")


# ---- where it lies ----


def _places(talk: Conversation, words: _Words) -> dict[int, int]:
    """By frame: at which byte of its payload the words begin. There are several where a segment was sent again."""
    isn = talk.isn(talk.client)
    assert isn is not None, "needs say that there is a SYN"
    number = add(isn, 1 + words.offset)
    inside = ((s, (number - s.first_byte) % 2**32) for s in data_from_client(talk))
    return {s.frame: place for s, place in inside if place < s.size}


def _where(find: Find) -> Callable[[Conversation], Answer]:
    def right(talk: Conversation) -> Answer:
        words = find(talk)
        assert words, "needs say that there are some"
        places = _places(talk, words)
        first, *others = places.values()
        return Answer(Count(first, frozenset(others)), tuple(places))

    return right


def _beside(find: Find, distance: Callable[[_Words], tuple[int, ...]]) -> Callable[[Conversation], Values]:
    """What lies so many bytes beside the right place."""

    def gives(talk: Conversation) -> Values:
        words = find(talk)
        if words is None:
            return ()
        return tuple(Count(place + d) for place in set(_places(talk, words).values()) for d in distance(words))

    return gives


def _in_stream(find: Find) -> Callable[[Conversation], Values]:
    def gives(talk: Conversation) -> Values:
        words = find(talk)
        return (Count(words.offset), Count(words.offset + 1)) if words else ()

    return gives


def _carrier(find: Find) -> Callable[[Conversation], Segment | None]:
    def look(talk: Conversation) -> Segment | None:
        words = find(talk)
        shown = _places(talk, words) if words else {}
        return next((s for s in talk.segments if s.frame in shown), None)

    return look


def _mistakes(find: Find) -> tuple[Misconception, ...]:
    """About a place in a payload."""
    look = _carrier(find)
    return (
        Misconception(
            "counted-from-1",
            "the first byte counted as 1",
            "The offset of the first byte is 0: it says how many bytes come before.",
            _beside(find, lambda _: (1,)),
            look,
        ),
        Misconception(
            "place-of-the-line",
            "the place of the line, not of the words",
            "There the line begins, with its verb. The words come after the verb and a space.",
            _beside(find, lambda words: (-words.verb,)),
            look,
        ),
        Misconception(
            "place-in-the-frame",
            "the headers are counted",
            "That counts the bytes of the headers, too. The payload begins after the headers of Ethernet, IP and TCP.",
            _beside(find, lambda _: HEADERS),
            look,
        ),
        Misconception(
            "place-in-the-stream",
            "the place in the stream",
            "That is where the words lie in all that the client sent. In the payload of this segment they lie "
            "elsewhere.",
            _in_stream(find),
            look,
        ),
    )


# ---- how long it is ----


def _length(talk: Conversation) -> Answer:
    words = _accented(talk)
    assert words, "needs say that there are some"
    return Answer(Count(len(words.data)), ())


def _of_text(measure: Callable[[_Words, str], tuple[int, ...]]) -> Callable[[Conversation], Values]:
    def gives(talk: Conversation) -> Values:
        words = _accented(talk)
        return tuple(Count(n) for n in measure(words, _text(words) or "")) if words else ()

    return gives


CHARACTERS = Misconception(
    "characters-for-bytes",
    "characters taken for bytes",
    "That is how many characters there are. On the wire there are bytes: in UTF-8 an é takes two, most emoji four, and "
    "some characters are put together from several.",
    _of_text(lambda words, text: (len(text), len(text.encode("utf-16-le")) // 2)),
    _carrier(_accented),
)
WITH_LF = Misconception(
    "ending-counted",
    "the end of the line is counted",
    "That counts the LF at the end of the line. It marks the end of the message, and is no part of the text.",
    _of_text(lambda words, text: (len(words.data) + 1,)),
    _carrier(_accented),
)
WITH_VERB = Misconception(
    "verb-counted",
    "the verb is counted",
    "That counts the verb and its space as well. They are the protocol's, not yours.",
    _of_text(lambda words, text: (len(words.data) + words.verb, len(words.data) + words.verb + 1)),
    _carrier(_accented),
)

# ---- who reads it ----

READERS: Offers = (
    Option("server", "only the server's program, for only it listens on that port"),
    Option("members", "only who knows the room's password"),
    Option("anybody", "whoever sees the frames on their way"),
    Option("admin", "only the administrator of the server"),
)


PORT_HIDES = Misconception(
    "port-hides",
    "a port hides it",
    "A port says to which program the bytes are delivered at the end. On the way there it is a number in a header that "
    "anybody can read, and so is the text behind it.",
    chosen("server"),
)
PASSWORD_HIDES = Misconception(
    "password-hides",
    "a password hides it",
    "The password decides who may join. It changes nothing about how the text travels, and it travels in plain text "
    "itself.",
    chosen("members"),
)
SERVER_HIDES = Misconception(
    "server-hides",
    "the server keeps it secret",
    "The server has no say in what happens before the bytes reach it.",
    chosen("admin"),
)


def _about(find: Find, words_are: str) -> Callable[[Conversation], str]:
    """Says which words are meant, for the client may have said several things."""

    def case(talk: Conversation) -> str:
        words = find(talk)
        text = words.data.decode(errors="replace") if words else ""
        return words_are.format(text=text if len(text) <= 60 else text[:60] + "…")

    return case


QUESTIONS = (
    Question(
        id="payload.find-sentence",
        exercise=5,
        level=1,
        subject="the place of the sentence in the payload",
        prompt="Find your sentence in the bytes. At which byte of which frame's payload does its text begin? The first "
        "byte of a payload is at 0.",
        needs=(SYN, SYNACK, first_data_of_client, whole_stream_of_client, plain_text, a_sentence),
        right=_where(_sentence),
        why="It lies there as it was typed: TCP wraps it in headers, and changes nothing.",
        misconceptions=_mistakes(_sentence),
        where="Look for the frame that carries SAY. Its payload begins with the verb, unless something came before.",
        rule="The payload is what follows the header of TCP; its length is given in 32-bit words by the data offset "
        "(RFC 9293, section 3.1).",
        kind=COUNT,
        case=_about(_sentence, 'The sentence is the last that the client says: "{text}".'),
    ),
    Question(
        id="payload.text-length",
        exercise=5,
        level=1,
        subject="the number of bytes of the text",
        prompt="Characters are one thing, bytes another. How many bytes does the text of that sentence take on the "
        "wire?",
        needs=(SYN, SYNACK, first_data_of_client, whole_stream_of_client, plain_text, an_accented_sentence),
        right=_length,
        why="UTF-8 takes one byte for a letter of ASCII, and two to four for every other character (RFC 3629).",
        misconceptions=(CHARACTERS, WITH_LF, WITH_VERB),
        where="Count the bytes in the hex view, from the first of the text to the last before 0a.",
        rule="In UTF-8 a character above U+007F takes two bytes, above U+07FF three, above U+FFFF four (RFC 3629, "
        "section 3).",
        kind=COUNT,
        case=_about(_accented, 'The sentence is "{text}".'),
        wants_frame=False,
    ),
    Question(
        id="payload.find-password",
        exercise=5,
        level=1,
        subject="the place of the password in the payload",
        prompt="The client has told the server the room's password. At which byte of which frame's payload does it "
        "begin? The first byte of a payload is at 0.",
        needs=(SYN, SYNACK, first_data_of_client, whole_stream_of_client, plain_text, a_password),
        right=_where(_password),
        why="Whoever captures can read it, and join by it. That is why a password needs an encrypted connection.",
        misconceptions=_mistakes(_password),
        where="Look at what the client sends first, before it joins.",
        rule="In chat/1 the password travels as a line of text, after the verb PASS, and nothing below it encrypts.",
        kind=COUNT,
    ),
    Question(
        id="payload.who-can-read",
        exercise=5,
        level=1,
        subject="who can",
        prompt="The client speaks to one port of one server. Who can read what it says, on its way there?",
        needs=(plain_text,),
        right=always("anybody"),
        why="Whoever is on the way, or can make the frames come by, reads them: on a hub, on a Wi-Fi without a key, on "
        "a router, with a tap.",
        misconceptions=(PORT_HIDES, PASSWORD_HIDES, SERVER_HIDES),
        where="You have captured it. Which right did you need for that, and did you need the port or the password?",
        rule="Neither Ethernet nor IP nor TCP encrypts; that has to be added, as by TLS (RFC 8446).",
        kind=CHOICE,
        offers=READERS,
        wants_frame=False,
    ),
)
