"""Why a connection could not be sealed: what was seen, and what helps."""

import ssl

from chatkit.net.tls import WrongFingerprint
from chatkit.protocol.text import quote

TLS_RECORDS = range(20, 25)  # the first byte of a record is its type, RFC 8446 section 5.1

HINT = b"ERROR needs-tls this port speaks TLS: python3 -m chatkit chat --tls, or openssl s_client instead of nc\n"

UNTRUSTED = "untrusted"  # the code of a refusal for want of trust: trying again does not mend it

NO_HANDSHAKE = "TLS: the other end left before the handshake was done"
CUT_SHORT = "TLS was cut short: the stream ended without close_notify, so more may have been said"
TOO_EARLY = "TLS: too much was to be sent before the handshake was done"
TOO_MUCH = "TLS: it asks for answers and does not read them"

_NO_REMEDY = "Somebody may stand between you and the server."
_CERTIFICATE = {  # X509_V_ERR_...: what is wrong, and what helps
    9: "is not valid yet. Is the clock of this computer right?",
    10: "has expired. Is the clock of this computer right? Else the server needs a new one.",
    18: "is signed by itself, and nobody here trusts it. {ca}",
    19: "comes from an authority that nobody here trusts. {ca}",
    20: "comes from an authority that nobody here trusts. {ca}",
    21: "comes from an authority that nobody here trusts. {ca}",
    62: "is for other names than {name}. Type the name that the server prints.",
    64: "is for other addresses than {name}. Type the address that the server prints.",
}
_CA = (
    "Take the file that the server names when it starts (--ca FILE), "
    "or type the fingerprint that it shows (--fingerprint SHA256)."
)
_OUR_ALERTS = {"UNSUPPORTED_PROTOCOL", "VERSION_TOO_LOW", "WRONG_SSL_VERSION"}  # reasons at our end
_THEIR_ALERTS = {"TLSV1_ALERT_PROTOCOL_VERSION", "SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV1_ALERT_INSUFFICIENT_SECURITY"}
_DISTRUST = {"TLSV1_ALERT_UNKNOWN_CA", "SSLV3_ALERT_BAD_CERTIFICATE", "SSLV3_ALERT_CERTIFICATE_UNKNOWN"}


class Unsealed(ConnectionError):
    """The connection is not sealed, or no longer; the text is a sentence, or what stands after LEFT."""


class Untrusted(Unsealed):
    """The server's certificate does not prove who it is; the text is a sentence."""


def client_sees_no_tls(began: bytes) -> str:
    """Say that the server answered with something else than TLS."""
    return (
        f"The server does not speak TLS: it began with {quote(began[:60])}. "
        "Leave --tls out, or start the server with it (python3 -m chatkit serve --tls)."
    )


def server_sees_no_tls(began: bytes) -> str:
    """Say that a client came with something else than TLS."""
    return f"no TLS: it began with {quote(began[:20].split(b' ')[0])}"  # the next word may be a password


def why_client_failed(error: ssl.SSLError, name: str) -> str:
    """Say why the handshake with the server of that name failed."""
    match error:
        case WrongFingerprint():
            return (
                f"The server's certificate is another one: its fingerprint is {error.seen}. Compare it with what the "
                f"server shows now, for it makes a new one when it starts. {_NO_REMEDY}"
            )
        case ssl.SSLCertVerificationError():
            known = _CERTIFICATE.get(error.verify_code)
            what = known.format(name=name, ca=_CA) if known else f"is not accepted: {error.verify_message}."
            return f"The server's certificate {what}"
    reason = error.reason or str(error)
    if reason in _OUR_ALERTS | _THEIR_ALERTS:
        return f"Client and server share no version or cipher of TLS; here 1.2 is the least ({reason})."
    return f"The TLS handshake failed: {reason}."


def why_server_failed(error: ssl.SSLError) -> str:
    """Say why the handshake with a client failed, as what stands after LEFT."""
    reason = error.reason or str(error)
    if reason in _DISTRUST:
        return f"TLS: it does not trust our certificate ({reason})"
    if reason in _OUR_ALERTS | {"NO_SHARED_CIPHER"}:
        return f"TLS: it speaks no version or cipher that is allowed here ({reason})"
    return f"TLS: the handshake failed ({reason})"


def why_broken(error: ssl.SSLError) -> str:
    """Say that something came that was not sealed by the other end."""
    return f"TLS: what came was not what the other end sealed ({error.reason or error})"
