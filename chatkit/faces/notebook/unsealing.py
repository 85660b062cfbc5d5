"""What somebody reads who has the keys: the records of TLS 1.3, opened (RFC 8446, sections 5.2, 5.3 and 7.3).

Each direction has two secrets, one for the rest of the handshake, and one for what is said. A secret gives a key, and a
number to begin with; the record's own number is mixed into that, so no two records are sealed alike.
"""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from chatkit.capture.hello import hello_of
from chatkit.capture.records import Kind, Record, records
from chatkit.errors import CaptureError
from chatkit.tcp.conversation import Conversation

_NONCE_BYTES = 12
_LABELS = (  # of a key log (RFC 9850): the client's and the server's, each in the order in which they are used
    ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0"),
    ("SERVER_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0"),
)
_CIPHERS: dict[int, tuple[type[AESGCM] | type[ChaCha20Poly1305], int, str]] = {  # seals by, bytes of key, hash
    0x1301: (AESGCM, 16, "sha256"),
    0x1302: (AESGCM, 32, "sha384"),
    0x1303: (ChaCha20Poly1305, 32, "sha256"),
}


@dataclass(frozen=True, slots=True)
class Opened:
    """What a record had in it; `kind` is the true one."""

    record: Record
    kind: Kind
    plain: bytes


def opened(talk: Conversation, keys: str) -> tuple[Opened, ...]:
    """Open all that was sealed, in the order in which it came. `keys` are the lines of a key log.

    Raises CaptureError where they do not fit.
    """
    hello = hello_of(talk)
    secrets = _secrets(keys, hello.random) if hello else {}
    if hello is None or hello.cipher not in _CIPHERS or not secrets.keys() >= {*_LABELS[0], *_LABELS[1]}:
        raise CaptureError("These keys open nothing here: they are of another connection, or it is not TLS 1.3.")
    found: list[Opened] = []
    for end, labels in zip(talk.endpoints, _LABELS, strict=True):
        openers = [_Opener(secrets[label], hello.cipher) for label in labels]
        found += _open(records(talk.reassembled(end), end), openers)
    return tuple(sorted(found, key=lambda each: each.record.completed_by.frame))


def _secrets(keys: str, random: bytes) -> dict[str, bytes]:
    """Those of one connection: a line of a key log is a label, the client's random bytes, and a secret."""
    rows = (line.split() for line in keys.splitlines() if not line.startswith("#"))
    return {row[0]: bytes.fromhex(row[2]) for row in rows if len(row) == 3 and row[1] == random.hex()}


def _open(found: Iterator[Record], openers: list["_Opener"]) -> Iterator[Opened]:
    for record in found:
        if record.kind is Kind.APPLICATION_DATA and record.is_whole:
            yield Opened(record, *_open_with_first_that_fits(record, openers))


def _open_with_first_that_fits(record: Record, openers: list["_Opener"]) -> tuple[Kind, bytes]:
    """A secret that does not fit any more has had its time."""
    while openers:
        try:
            return openers[0].open(record)
        except InvalidTag:
            del openers[0]
    raise CaptureError(f"These keys do not open {record!r}.")


class _Opener:
    """Opens what was sealed with one secret, record after record."""

    def __init__(self, secret: bytes, cipher: int) -> None:
        seals_by, key_bytes, hashed = _CIPHERS[cipher]
        self._aead = seals_by(_expand(secret, b"key", key_bytes, hashed))
        self._first = int.from_bytes(_expand(secret, b"iv", _NONCE_BYTES, hashed), "big")
        self._number = 0

    def open(self, record: Record) -> tuple[Kind, bytes]:
        """Raises InvalidTag."""
        nonce = (self._first ^ self._number).to_bytes(_NONCE_BYTES, "big")
        plain = self._aead.decrypt(nonce, record.data, record.header).rstrip(b"\0")  # zeros would be padding
        self._number += 1
        return Kind(plain[-1]), plain[:-1]


def _expand(secret: bytes, label: bytes, length: int, hashed: str) -> bytes:
    """HKDF-Expand-Label (section 7.1), for a length of at most one hash."""
    name = b"tls13 " + label
    info = length.to_bytes(2, "big") + bytes([len(name)]) + name + b"\0"  # no context
    return hmac.new(secret, info + b"\1", getattr(hashlib, hashed)).digest()[:length]
