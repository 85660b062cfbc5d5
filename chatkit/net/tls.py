"""What TLS needs to know before a connection is sealed: whom to trust, and what a certificate is recognised by.

    server_context(certificate, key)    for a server: this is who I am
    client_context(ca)                  for a client: I trust whom this authority certifies, under the name I dialled
    pinned_context(fingerprint)         for a client: I trust this one certificate, whatever name it bears
    unverified_context()                for a lesson: I talk with anybody

A context serves any number of connections. TLS 1.3 (RFC 8446) is preferred, 1.2 (RFC 5246) is the least.
"""

import hashlib
import os
import re
import ssl
from dataclasses import dataclass
from hmac import compare_digest
from pathlib import Path

from chatkit.errors import MachineError, MisuseError

OLDEST = ssl.TLSVersion.TLSv1_2

_FINGERPRINT_DIGITS = 64  # SHA-256 in hexadecimal
_CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Seal:
    """How a connection is sealed; `fingerprint` is that of the other end's certificate, empty if it showed none."""

    version: str
    cipher: str
    fingerprint: str

    def __str__(self) -> str:
        shown = f", certificate SHA-256 {self.fingerprint}" if self.fingerprint else ""
        return f"{self.version}, {self.cipher}{shown}"


def fingerprint(certificate: bytes) -> str:
    """Give the SHA-256 of a certificate in DER, as browsers and `openssl x509 -fingerprint` show it: AB:CD:..."""
    return hashlib.sha256(certificate).digest().hex(":").upper()


def certificate_in(file: str | Path) -> bytes:
    """Give the first certificate of a PEM file, in DER. Raises MachineError."""
    try:
        found = _CERTIFICATE.search(Path(file).read_text("utf-8", "replace"))
        return ssl.PEM_cert_to_DER_cert(found[0] if found else "")
    except OSError as error:
        raise MachineError(f"The certificate {file} cannot be used: {_reason(error)}.") from error
    except ValueError as error:
        raise MachineError(f"The certificate {file} cannot be used: this is no certificate in PEM.") from error


def read_fingerprint(typed: str) -> str:
    """Give a fingerprint in the form that `fingerprint` has; colons, spaces and small letters will do.

    Raises MisuseError.
    """
    digits = "".join(typed.replace(":", " ").split())
    try:
        whole = len(digits) == _FINGERPRINT_DIGITS and bytes.fromhex(digits)
    except ValueError:
        whole = False
    if not whole:
        raise MisuseError(f'"{typed[:100]}" is no SHA-256 fingerprint: {_FINGERPRINT_DIGITS} hexadecimal digits')
    return whole.hex(":").upper()


def server_context(certificate: str | Path, key: str | Path | None = None) -> ssl.SSLContext:
    """Give the context of a server: its certificate with the chain, and its private key; one PEM file may hold both.

    Raises MachineError.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    _restrict(context)
    context.options |= ssl.OP_NO_TICKET  # a session is never resumed:
    context.num_tickets = 0  # TLS 1.3 would begin with two tickets that nobody asked for
    certificate_in(certificate)
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ValueError) as error:  # SSLError is an OSError
        raise MachineError(f"{_names(certificate, key)} cannot be used: {_reason_of_key(error)}.") from error
    return context


def client_context(ca: str | Path | None = None) -> ssl.SSLContext:
    """Give the context of a client that trusts the authorities in the file `ca`; None: those that the system trusts.

    The certificate has to bear the name or the address that the client dials. Raises MachineError.
    """
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise MachineError(f"The certificate {ca} cannot be used: {_reason(error)}.") from error
    _restrict(context)
    return context


def pinned_context(expected: str) -> ssl.SSLContext:
    """Give the context of a client that trusts exactly the certificate with this SHA-256 fingerprint.

    Nothing else about it is looked at: neither the name, nor the dates, nor who signed it. Raises MisuseError.
    """
    pin = read_fingerprint(expected)

    def look_at(other: ssl.SSLObject | ssl.SSLSocket) -> None:
        seen = fingerprint(other.getpeercert(binary_form=True) or b"")
        if not compare_digest(seen, pin):
            raise WrongFingerprint(seen)

    class PinnedObject(ssl.SSLObject):
        """A handshake that ends well only with that certificate."""

        def do_handshake(self) -> None:
            super().do_handshake()  # proves that the other end has the certificate's private key
            look_at(self)

    class PinnedSocket(ssl.SSLSocket):
        """The same, for those who wrap a socket."""

        def do_handshake(self, block: bool = False) -> None:
            super().do_handshake(block)
            look_at(self)

    context = unverified_context()
    context.sslobject_class, context.sslsocket_class = PinnedObject, PinnedSocket
    return context


def unverified_context() -> ssl.SSLContext:
    """Give the context of a client that believes every certificate: for a lesson, and for nothing else.

    All is encrypted, but for whom? A man in the middle shows a certificate of his own, reads everything, and passes it
    on. Nobody notices, for nobody looked.
    """
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    _restrict(context)
    return context


def log_keys(context: ssl.SSLContext, file: str | Path) -> None:
    """Append the keys of each connection to a file, which Wireshark takes to decrypt a capture of it.

    Whoever has the file and the capture reads everything. Raises MachineError.
    """
    if not hasattr(context, "keylog_filename"):
        raise MachineError("This Python cannot log TLS keys: it was built without OpenSSL.")
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        context.keylog_filename = str(file)
    except OSError as error:
        raise MachineError(f"The TLS keys cannot be written to {file}: {_reason(error)}.") from error


class WrongFingerprint(ssl.SSLError):
    """The certificate is not the one that was expected; `seen` is its fingerprint."""

    def __init__(self, seen: str) -> None:
        super().__init__(f"certificate {seen}")
        self.seen = seen


def _restrict(context: ssl.SSLContext) -> None:
    context.minimum_version = OLDEST
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION


def _no_password() -> str:
    raise ValueError("its key has a password, and nobody can be asked for it")  # OpenSSL would ask on the terminal


def _names(certificate: str | Path, key: str | Path | None) -> str:
    return f"The private key {key} with the certificate {certificate}" if key else f"The certificate {certificate}"


def _reason_of_key(error: Exception) -> str:
    """Give why a certificate and its private key are not taken together."""
    if not isinstance(error, ssl.SSLError):
        return _reason(error)
    if error.reason == "KEY_VALUES_MISMATCH":
        return "the key is another certificate's"
    return f"there is no private key in PEM, or one of them is damaged ({error.reason or error})"


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return f"this is no certificate in PEM ({error.reason or error})"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
