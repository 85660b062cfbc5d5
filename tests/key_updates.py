"""KeyUpdate records without end (RFC 8446, sections 4.6.3 and 7.2), sealed by hand: Python's ssl cannot send any."""

import hmac
import struct
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_HASH, _HASH_BYTES, _KEY_BYTES, _IV_BYTES = "sha384", 48, 32, 12  # of TLS_AES_256_GCM_SHA384
_KEY_UPDATE = bytes([24, 0, 0, 1, 1])  # a handshake message of one byte: update_requested
_HANDSHAKE = bytes([22])  # the type of a record, behind its content
_TAG_BYTES = 16


def key_updates(keylog: Path) -> Iterator[bytes]:
    """Give the records that a client may send after its handshake; each asks for an answer and changes the key."""
    secret = _client_secret(keylog)
    while True:
        yield _seal(secret, _KEY_UPDATE + _HANDSHAKE)
        secret = _expand(secret, b"traffic upd", _HASH_BYTES)


def _client_secret(keylog: Path) -> bytes:
    lines = (line.split() for line in keylog.read_text().splitlines())
    secret = next(bytes.fromhex(words[2]) for words in lines if words[0] == "CLIENT_TRAFFIC_SECRET_0")
    assert len(secret) == _HASH_BYTES, "another cipher than TLS_AES_256_GCM_SHA384 was agreed on"
    return secret


def _seal(secret: bytes, content: bytes) -> bytes:
    """Give the first record under this secret: its number is 0, so the IV is the nonce (section 5.3)."""
    head = struct.pack("!BHH", 23, 0x0303, len(content) + _TAG_BYTES)
    key, iv = _expand(secret, b"key", _KEY_BYTES), _expand(secret, b"iv", _IV_BYTES)
    return head + AESGCM(key).encrypt(iv, content, head)


def _expand(secret: bytes, label: bytes, size: int) -> bytes:
    """HKDF-Expand-Label with an empty context (section 7.1); one block of the hash is enough for all of ours."""
    label = b"tls13 " + label
    return hmac.digest(secret, struct.pack("!HB", size, len(label)) + label + b"\0\1", _HASH)[:size]
