"""ERROR and its codes; what is refused costs nothing, unless it is fatal."""

from chatkit.net.conformance.probe import Broken, Ending
from chatkit.net.conformance.rule import Rule, refused, refused_for_good
from chatkit.net.conformance.visit import Visit

_MAX_LINE_BYTES = 8192
_MAX_TEXT_BYTES = 8000
_MUCH_BYTES = 1_000_000

_NOT_UTF8 = (b"\xff\xfe", b"caf\xe9", b"\xed\xa0\x80", b"\xc0\xaf")  # stray, Latin-1, surrogate, overlong
_CONTROLS = "\x00\x07\t\x1b\x7f\x85\x9b"
_BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029"


def unknown_verb(visit: Visit) -> None:
    ann = visit.join("ann")
    for line in ("SHOUT hello", "SAYhello", " SAY hello"):
        refused(ann, line, "unknown-verb")


def no_text(visit: Visit) -> None:
    ann = visit.join("ann")
    for line in ("SAY", "SAY ", f"TELL {ann.name}", f"TELL {ann.name} ", "PING"):
        refused(ann, line, "no-text")


def not_utf8(visit: Visit) -> None:
    ann = visit.join("ann")
    for text in _NOT_UTF8:
        refused(ann, b"SAY " + text, "bad-line")


def controls(visit: Visit) -> None:
    ann = visit.join("ann")
    for character in _CONTROLS:
        refused(ann, f"SAY a{character}b", "bad-line")


def direction_overrides(visit: Visit) -> None:
    ann = visit.join("ann")
    for character in _BIDI:
        refused(ann, f"SAY a{character}b", "bad-line")


def nothing_behind_who(visit: Visit) -> None:
    refused(visit.join("ann"), "WHO is there", "bad-line")


def longest_line(visit: Visit) -> None:
    refused(visit.join("ann"), "X" * (_MAX_LINE_BYTES - 1), "unknown-verb")


def line_too_long(visit: Visit) -> None:
    refused_for_good(visit.join("ann"), "X" * _MAX_LINE_BYTES, "too-long")


def text_too_long(visit: Visit) -> None:
    refused_for_good(visit.join("ann"), "SAY " + "x" * (_MAX_TEXT_BYTES + 1), "too-long")


def the_error_arrives(visit: Visit) -> None:
    ann = visit.join("ann")
    ann.pour(b"SAY " + b"x" * _MUCH_BYTES)
    ann.send_on()
    ann.get("ERROR too-long", f"ann sent {_MUCH_BYTES} bytes without LF, and got no ERROR too-long")
    if ann.end() is Ending.RST:
        raise Broken(
            "after ERROR too-long came an RST, which may destroy the ERROR before it is read: close() with bytes that "
            "nobody read sends RST; half-close, read to the end, and close then"
        )


RULES = (
    Rule("errors: unknown-verb", "10", unknown_verb),
    Rule("errors: no-text", "10", no_text),
    Rule("errors: bad-line, for what is not UTF-8", "10", not_utf8),
    Rule("errors: bad-line, for control characters", "5", controls),
    Rule("errors: bad-line, for direction overrides and line separators", "5", direction_overrides),
    Rule("errors: bad-line, for anything behind WHO", "8", nothing_behind_who),
    Rule("errors: a line of 8192 bytes is not too long", "3", longest_line),
    Rule("errors: too-long, for a line of 8193 bytes", "3", line_too_long),
    Rule("errors: too-long, for a text of 8001 bytes", "5", text_too_long),
    Rule("errors: the last ERROR is not destroyed by an RST", "12", the_error_arrives),
)
