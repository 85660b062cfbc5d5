"""What TLS says in clear before it seals: the hellos of both ends (RFC 8446, section 4.1).

hello = hello_of(talk)
hello.server_name       the name that the client dialled, for all to read (RFC 6066, section 3)
hello.version           what both ends speak from then on
hello.certificates      the server's, where they come in clear: up to TLS 1.2
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from chatkit.capture.records import Kind, Record, records
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import Endpoint

TLS_1_2, TLS_1_3 = 0x0303, 0x0304
VERSIONS = {0x0301: "TLS 1.0", 0x0302: "TLS 1.1", TLS_1_2: "TLS 1.2", TLS_1_3: "TLS 1.3"}

_CLIENT_HELLO, _SERVER_HELLO, _CERTIFICATE = 1, 2, 11  # RFC 8446, section 4
_SERVER_NAME, _SUPPORTED_VERSIONS = 0, 43  # section 4.2
_RANDOM_BYTES = 32


class _Cut(Exception):
    """The bytes end before what they announce."""


@dataclass(frozen=True, slots=True)
class Hello:
    """What was said in clear; `version` and `cipher` are None until the server has answered."""

    record: Record  # with the client's hello, or its beginning
    random: bytes  # the client's: it names the connection in a key log
    server_name: str  # empty if the client named none, as it does for an address
    version: int | None
    cipher: int | None
    certificates: tuple[bytes, ...]  # in DER, the server's own first


def hello_of(talk: Conversation) -> Hello | None:
    """Read it; None where no client's hello was captured."""
    first = next(records(talk.reassembled(talk.client), talk.client), None)
    said = dict(_messages(talk, talk.client))
    if first is None or _CLIENT_HELLO not in said:
        return None
    try:
        random, name = _of_client(_Bytes(said[_CLIENT_HELLO]))
    except _Cut:
        return None
    return Hello(first, random, name, *_of_server(dict(_messages(talk, talk.server))))


# ---- messages ----


class _Bytes:
    """Bytes that are taken from the front; a vector has its length before it (RFC 8446, section 3.4)."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def __bool__(self) -> bool:
        return self._at < len(self._data)

    def take(self, count: int) -> bytes:
        """Raises _Cut."""
        if self._at + count > len(self._data):
            raise _Cut
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, width: int) -> int:
        """Raises _Cut."""
        return int.from_bytes(self.take(width), "big")

    def vector(self, width: int) -> bytes:
        """Raises _Cut."""
        return self.take(self.number(width))


def _messages(talk: Conversation, end: Endpoint) -> Iterator[tuple[int, bytes]]:
    """The messages of the handshake that come before anything is sealed; one may lie in several records."""
    clear = takewhile(lambda record: record.kind is Kind.HANDSHAKE, records(talk.reassembled(end), end))
    data = _Bytes(b"".join(record.data for record in clear))
    while data:
        try:
            yield data.number(1), data.vector(3)
        except _Cut:
            return


def _of_client(hello: _Bytes) -> tuple[bytes, str]:
    hello.take(2)  # a version that all send
    random = hello.take(_RANDOM_BYTES)
    for width in (1, 2, 1):  # session, ciphers, compression
        hello.vector(width)
    return random, _name_in(_extensions(hello).get(_SERVER_NAME, b""))


def _name_in(extension: bytes) -> str:
    """The first name of the list; each has a byte before it that says what kind of name it is."""
    names = _Bytes(_Bytes(extension).vector(2)) if extension else _Bytes(b"")
    return names.vector(2).decode("ascii", "replace") if names and names.number(1) == 0 else ""


def _of_server(said: dict[int, bytes]) -> tuple[int | None, int | None, tuple[bytes, ...]]:
    try:
        version, cipher = _chosen(_Bytes(said[_SERVER_HELLO]))
        return version, cipher, tuple(_certificates(said.get(_CERTIFICATE, b"")))
    except (_Cut, KeyError):
        return None, None, ()


def _chosen(hello: _Bytes) -> tuple[int, int]:
    version = hello.number(2)
    hello.take(_RANDOM_BYTES)
    hello.vector(1)
    cipher = hello.number(2)
    hello.take(1)
    chosen = _extensions(hello).get(_SUPPORTED_VERSIONS)
    return (int.from_bytes(chosen, "big") if chosen else version), cipher


def _extensions(hello: _Bytes) -> dict[int, bytes]:
    found, data = {}, _Bytes(hello.vector(2) if hello else b"")
    while data:
        kind = data.number(2)
        found[kind] = data.vector(2)
    return found


def _certificates(message: bytes) -> Iterator[bytes]:
    """As TLS 1.2 lists them (RFC 5246, section 7.4.2)."""
    listed = _Bytes(_Bytes(message).vector(3)) if message else _Bytes(b"")
    while listed:
        yield listed.vector(3)
