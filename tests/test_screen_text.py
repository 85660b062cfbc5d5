"""Text of others on a terminal: what is shown as it is, and what is shown as an escape."""

import io
import unicodedata

import pytest

from chatkit.faces.tty.screen_text import columns, harmless, isolate, styled, wants_colour
from chatkit.protocol.text import FORBIDDEN

SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
SHOWN_AS_IT_IS = ["hello", "Zoë", "e\u0301", "漢字", "👩\u200d💻", "\u200fabc", "a\u00a0b\u3000c", SCOTLAND, r"\x1b"]
PERSIAN, HEBREW = "\u0645\u0646\u200c\u0633", "\u05e9\u05dc"
ESCAPED = [
    ("\x1b]0;owned\x07", r"\x1b]0;owned\x07"),
    ("\x1b[2J", r"\x1b[2J"),
    ("\x9b2J", r"\x9b2J"),  # CSI as one character
    ("\r\n", r"\r\n"),
    ("\x00\x7f", r"\x00\x7f"),
    ("\u202e", r"\u202e"),
    ("\u2066", r"\u2066"),
    ("\u2028\u2029", r"\u2028\u2029"),
    ("\ufeff\u200b", r"\ufeff\u200b"),
    ("\udc80", r"\udc80"),
]


@pytest.mark.parametrize("text", [*SHOWN_AS_IT_IS, PERSIAN, HEBREW])
def test_letters_marks_joiners_and_emoji_stay(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize(("text", "shown"), ESCAPED)
def test_what_a_terminal_might_obey_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_nothing_that_chat_1_forbids_ever_reaches_a_terminal() -> None:
    everything = "".join(map(chr, range(0x110000)))
    assert not FORBIDDEN.search(harmless(everything))


def test_only_what_reads_from_right_to_left_is_isolated() -> None:
    assert isolate("hello 漢字") == "hello 漢字"
    assert isolate(PERSIAN + " bob") == f"\u2068{PERSIAN} bob\u2069"
    assert isolate(HEBREW) == f"\u2068{HEBREW}\u2069"


WIDTHS = [("abc", 3), ("é", 1), ("e\u0301", 1), ("漢字", 4), ("😀", 2), ("a\u200db", 2), ("\uff46", 2), ("", 0)]


@pytest.mark.parametrize(("text", "width"), WIDTHS)
def test_columns_are_counted_as_a_terminal_does(text: str, width: int) -> None:
    assert columns(text) == width


def test_without_colour_a_style_changes_nothing() -> None:
    assert styled("x", "31", colour=False) == styled("x", "", colour=True) == "x"
    assert styled("x", "31", colour=True) == "\x1b[31mx\x1b[0m"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "settings", "colour"),
    [
        (Terminal(), {"TERM": "xterm"}, True),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": ""}, True),  # no-color.org: only when not empty
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {"TERM": "xterm"}, False),
    ],
)
def test_colour_is_for_terminals_whose_user_did_not_refuse_it(
    stream: io.StringIO, settings: dict[str, str], colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert wants_colour(stream) is colour


def test_this_python_knows_the_properties_that_we_rely_on() -> None:
    assert unicodedata.category("\u202e") == unicodedata.category("\u200d") == "Cf"
