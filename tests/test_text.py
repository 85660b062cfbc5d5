"""Text: what may be sent, and how what was seen is quoted."""

import pytest

from chatkit.protocol.text import clean, cut, find_forbidden, quote

ALLOWED = [
    "hello",
    "  two  spaces ",
    "é 😀 👩\u200d💻",
    "می\u200cخواهم",
    "a\u200eb\u200f",
    "☺\ufe0f",
    "\u00a0",
    "\ufeff",
]
FORBIDDEN = ["\x00", "\t", "\r", "\x1b[31m", "\x7f", "\x85", "\u2028", "\u2029", "\u202a", "\u202e", "\u2066", "\u2069"]


@pytest.mark.parametrize("text", ALLOWED)
def test_what_people_write_is_allowed(text: str) -> None:
    assert find_forbidden(text) is None
    assert clean(text) == text


@pytest.mark.parametrize("text", FORBIDDEN)
def test_what_moves_a_screen_is_forbidden_and_named(text: str) -> None:
    assert find_forbidden(f"a{text}b") == f"U+{ord(text[0]):04X}"
    assert find_forbidden(clean(f"a{text}b")) is None


def test_pasted_lines_become_one() -> None:
    assert clean("one\r\ntwo\nthree\tfour\u2028five") == "one two three four five"


@pytest.mark.parametrize(
    ("seen", "shown"),
    [("ann", '"ann"'), (b"\xff\x00", '"\\xff\\x00"'), ("\u202eabc", '"\\u202eabc"'), ("x" * 99, f'"{"x" * 60}..."')],
)
def test_a_quote_is_short_and_inert(seen: bytes | str, shown: str) -> None:
    assert quote(seen) == shown


def test_a_cut_never_halves_a_character() -> None:
    assert cut("aé", 2) == "a"
    assert cut("aé", 3) == "aé"
