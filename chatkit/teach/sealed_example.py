"""A conversation under TLS 1.3, to work a question on: the hellos are real, and what is sealed is zeros.

SEALED    the handshake of TCP, that of TLS, a password, a JOIN, a sentence, and the goodbye of both
"""

from collections.abc import Iterator
from dataclasses import replace

from chatkit.capture.hello import TLS_1_3
from chatkit.capture.records import SEAL_BYTES, Kind
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import Flag, Segment
from chatkit.teach.example import CLIENT, CLIENT_ISN, SERVER, SERVER_ISN, SYN_OPTIONS

_STEP = 0.005  # seconds
_OLD = b"\x03\x03"  # TLS 1.2: what records and hellos say for the sake of old boxes on the way
_RANDOM = bytes(range(32))
_AES_128 = b"\x13\x01"
_PROOF = 4 + 32  # bytes of a Finished with SHA-256
_CERTIFICATES = 600  # bytes that a server may need to prove who it is
_CLOSE_NOTIFY = 2  # bytes of an alert


def _vector(width: int, data: bytes) -> bytes:
    return len(data).to_bytes(width, "big") + data


def _record(kind: Kind, data: bytes) -> bytes:
    return bytes([kind]) + _OLD + _vector(2, data)


def _hello(kind: int, body: bytes) -> bytes:
    return _record(Kind.HANDSHAKE, bytes([kind]) + _vector(3, _OLD + _RANDOM + body))


def _extension(number: int, data: bytes) -> bytes:
    return number.to_bytes(2, "big") + _vector(2, data)


def client_hello(name: str) -> bytes:
    """A record with a hello for the server of this name; empty: it names none."""
    named = _extension(0, _vector(2, b"\0" + _vector(2, name.encode()))) if name else b""
    speaks = _extension(43, _vector(1, TLS_1_3.to_bytes(2, "big")))
    return _hello(1, _vector(1, b"") + _vector(2, _AES_128) + _vector(1, b"\0") + _vector(2, named + speaks))


def server_hello(version: int = TLS_1_3) -> bytes:
    """A record with a hello that chooses this version."""
    chosen = _extension(43, version.to_bytes(2, "big")) if version == TLS_1_3 else b""
    return _hello(2, _vector(1, b"") + _AES_128 + b"\0" + _vector(2, chosen))


def sealed(count: int) -> bytes:
    """A record with so many bytes sealed in it, which nobody can read."""
    return _record(Kind.APPLICATION_DATA, bytes(count + SEAL_BYTES))


def _steps() -> Iterator[tuple[bool, Flag, bytes]]:
    """Who sends what; the client's is True."""
    data = Flag.PSH | Flag.ACK
    yield True, Flag.SYN, b""
    yield False, Flag.SYN | Flag.ACK, b""
    yield True, Flag.ACK, b""
    yield True, data, client_hello("chat.example")
    yield False, data, server_hello() + sealed(_CERTIFICATES)
    yield True, data, sealed(_PROOF)
    for is_client, line in (
        (False, b"HELLO chat/1\n"),
        (True, b"PASS tulip\n"),
        (True, b"JOIN ann\n"),
        (False, b"WELCOME ann\nUSERS 1 ann\n"),
        (True, "SAY the café at noon\n".encode()),
        (True, b"QUIT\n"),
    ):
        yield is_client, data, sealed(len(line))
    yield False, data, sealed(len(b"BYE\n")) + sealed(_CLOSE_NOTIFY)
    yield True, data, sealed(_CLOSE_NOTIFY)
    yield True, Flag.FIN | Flag.ACK, b""
    yield False, Flag.FIN | Flag.ACK, b""
    yield True, Flag.ACK, b""


def _segments() -> Iterator[Segment]:
    numbers = {True: CLIENT_ISN, False: SERVER_ISN}
    for frame, (is_client, flags, payload) in enumerate(_steps(), 1):
        ends = (CLIENT, SERVER) if is_client else (SERVER, CLIENT)
        ack = numbers[not is_client] if flags & Flag.ACK else 0
        made = Segment(frame, frame * _STEP, *ends, numbers[is_client], ack, flags, 512, payload)
        yield replace(made, window=65535, options=SYN_OPTIONS) if flags & Flag.SYN else made
        numbers[is_client] = made.end


SEALED = Conversation(_segments())
