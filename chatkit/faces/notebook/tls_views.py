"""TLS as a notebook shows it: what a stranger can still tell, the records, and the keys.

    eve_can_tell(plain=plain, sealed=sealed)    what each talk gives away, beside each other
    records_in(sealed.anns)                     what is left to count
    records_in(sealed.anns, sealed.keys)        the same, opened
    keys_for(sealed.anns, sealed.keys)          what opens it

The talks come from `sealed_talk`.
"""

from collections.abc import Callable

from cryptography import x509

from chatkit.capture.hello import VERSIONS, hello_of
from chatkit.capture.records import SEAL_BYTES, Kind, records_of
from chatkit.faces.notebook.eve_views import Rows
from chatkit.faces.notebook.sealed_talk import Talk
from chatkit.faces.notebook.unsealing import Opened, opened
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import at
from chatkit.tcp.visible import visible

_COLUMNS = 40  # of a cell
_SHORT = 16  # characters of a number that nobody can read
_NAMED = {  # messages of the handshake (RFC 8446, section 4), and of the end (section 6)
    (Kind.HANDSHAKE, b"\x08"): "(more extensions)",
    (Kind.HANDSHAKE, b"\x0b"): "(the certificate)",
    (Kind.HANDSHAKE, b"\x0f"): "(proof: the certificate's key is mine)",
    (Kind.HANDSHAKE, b"\x14"): "(proof: we have heard the same handshake)",
    (Kind.ALERT, b"\x01"): "(close_notify: I have said all)",
}


# ---- what is still seen ----


def eve_can_tell(**talks: Talk) -> Rows:
    """What she knows of ann's conversation, with a column for each talk."""
    rows = [(question, *(tell(talk.anns) for talk in talks.values())) for question, tell in _TOLD.items()]
    return Rows((("", *talks), *rows), next(iter(talks.values())).capture.source)


def _ends(talk: Conversation) -> str:
    return f"{at(talk.client)} > {at(talk.server)}"


def _name(talk: Conversation) -> str:
    hello = hello_of(talk)
    if hello is None:
        return "no name is said"
    return visible(hello.server_name.encode())[1:-1] or "an address was dialled"


def _version(talk: Conversation) -> str:
    hello = hello_of(talk)
    return VERSIONS.get(hello.version or 0, "TLS") if hello else "none"


def _certificate(talk: Conversation) -> str:
    hello = hello_of(talk)
    if hello is None:
        return "none"
    return f"of {_subject(hello.certificates[0])}" if hello.certificates else "sealed"


def _subject(certificate: bytes) -> str:
    """The names that it bears."""
    extensions = x509.load_der_x509_certificate(certificate).extensions
    borne = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return ", ".join(str(name.value) for name in borne)


def _duration(talk: Conversation) -> str:
    return f"{talk.segments[-1].time - talk.segments[0].time:.3f} s"


def _sizes(talk: Conversation) -> str:
    return " ".join(str(segment.size) for segment in talk.sent_by(talk.client) if segment.size)


def _words(talk: Conversation) -> str:
    if hello_of(talk):
        return "sealed"
    return " ".join(visible(line.data, _COLUMNS) for line in talk.lines(talk.client)[:2])


_TOLD: dict[str, Callable[[Conversation], str]] = {
    "who with whom": _ends,
    "for how long": _duration,
    "TLS": _version,
    "the server's name": _name,
    "the certificate": _certificate,
    "bytes in ann's segments": _sizes,
    "ann's first lines": _words,
}


# ---- records ----


def records_in(talk: Conversation, keys: str = "") -> Rows:
    """Each record of a conversation; with the keys also what was in it. Raises CaptureError for keys of another."""
    inside = {each.record: _content(each) for each in opened(talk, keys)} if keys else {}
    head = ("frame", "from", "record", "bytes", f"less {SEAL_BYTES}", "opened" if keys else "")
    rows = [
        (
            str(record.completed_by.frame),
            "ann" if record.sender == talk.client else "server",
            str(record.kind),
            str(record.length),
            str(record.length - SEAL_BYTES) if record.kind is Kind.APPLICATION_DATA else "",
            inside.get(record, ""),
        )
        for record in records_of(talk)
    ]
    return Rows((head, *rows), talk.source)


def _content(opened: Opened) -> str:
    """What was in a record: a line of the chat in words, the rest by its name."""
    return _NAMED.get((opened.kind, opened.plain[:1])) or visible(opened.plain, _COLUMNS)


def keys_for(talk: Conversation, keys: str) -> Rows:
    """The lines of a key log that are about this conversation, cut short: what for, whose, the secret."""
    hello = hello_of(talk)
    lines = [line.split() for line in keys.splitlines() if hello and hello.random.hex() in line]
    rows = [(label, f"{random[:_SHORT]}…", f"{secret[:_SHORT]}…") for label, random, secret in lines]
    return Rows((("label", "client's random", "secret"), *rows), talk.source)
