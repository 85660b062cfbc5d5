"""Rows of a terminal: whatever somebody says, none of it begins at the edge, where times and names stand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatkit.faces.log import log_line
from chatkit.faces.tty.rows import rows
from chatkit.faces.tty.screen_text import columns
from chatkit.net.event import Event, What

BLANKS = ["\u00a0", "\u2800", "\u3000"]  # they look like spaces, and no program breaks a row there


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("", [""]),
        ("short", ["short"]),
        ("ten digits", ["ten digits"]),
        ("more than ten", ["more than", "ten"]),
        ("x" * 25, ["x" * 10, "x" * 10, "x" * 5]),
        ("a " + "x" * 12, ["a", "x" * 10, "xx"]),
        ("漢字漢字漢字", ["漢字漢字漢", "字"]),
    ],
)
def test_rows_are_broken_at_a_space_or_else_anywhere(text: str, broken: list[str]) -> None:
    assert list(rows(text, 10)) == broken


def test_the_first_row_may_be_shorter() -> None:
    assert list(rows("one two three", 10, taken=6)) == ["one", "two three"]


@settings(deadline=None)  # a busy machine is not slow code
@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(2, 20), st.integers(0, 30))
def test_no_row_is_too_wide_and_nothing_but_spaces_gets_lost(text: str, width: int, taken: int) -> None:
    broken = list(rows(text, width, taken))
    assert all(columns(row) <= width for row in broken)
    assert "".join(broken).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("blank", [" ", *BLANKS])
@pytest.mark.parametrize("address", [("127.0.0.1", 50132), ("2001:db8::1234:5678:9abc", 50132)])
def test_a_last_word_cannot_imitate_a_line_of_the_log(address: tuple[str, int], blank: str) -> None:
    for size in range(80):
        fake = f"{'x' * size}{blank}14:05:22{blank}127.0.0.1:9{blank}root{blank}joined"
        first, *others = (log_line(Event(What.LEFT, "bob", address, text=fake), width=80) or "").split("\n")
        assert columns(first) <= 80
        assert all(columns(row) <= 80 and row.startswith(" " * 33) for row in others)
