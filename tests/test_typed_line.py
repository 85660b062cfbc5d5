"""TypedLine: keys in, finished lines out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.faces.tty.screen_text import columns
from chatkit.faces.tty.typed_line import (
    CTRL_C,
    CTRL_D,
    DELETE,
    DOWN,
    END,
    ENTER,
    HOME,
    LEFT,
    PASTE,
    PASTED,
    REDRAW,
    RIGHT,
    UP,
    TypedLine,
)
from chatkit.protocol.text import MAX_TEXT_BYTES

KEYS = [  # what is typed, what stands before and after the cursor
    ("hello", "hello", ""),
    ("helo" + LEFT + "l", "hell", "o"),
    ("hello" + LEFT * 9 + ">", ">", "hello"),
    ("hello" + HOME + RIGHT + END + RIGHT, "hello", ""),
    ("hello\x1bOH\x1bOC", "h", "ello"),  # the same keys of a terminal in application mode
    ("hello\x01\x06\x05\x02", "hell", "o"),  # and as Ctrl-A, F, E, B
    ("hello\x7f\x7f", "hel", ""),
    ("hello\b", "hell", ""),
    ("\x7f" + LEFT + DELETE, "", ""),
    ("hello" + HOME + DELETE, "", "ello"),
    ("hello" + LEFT + CTRL_D, "hell", ""),  # Ctrl-D ends only an empty line
    ("hello" + LEFT + "\x15", "", "o"),
    ("hello" + LEFT + "\x0b", "hell", ""),
    ("two words \x17", "two ", ""),
    ("a\tb", "a b", ""),
    ("a" + REDRAW + "b", "ab", ""),
    ("a\x00\x07\x1a\x1f\x9fb", "ab", ""),  # keys that are no text
    ("a\x1b[24~\x1b[1;5C\x1bxb", "ab", ""),  # F12, Ctrl-RIGHT, Alt-X
    ("a\x1b\x1b[D", "", "a"),  # Escape, then LEFT
    ("e\u0301x" + LEFT * 2, "", "e\u0301x"),  # an accent goes with its letter
    ("e\u0301\x7f", "", ""),
    ("xe\u0301" + HOME + RIGHT + DELETE, "x", ""),
    ("漢字😀" + LEFT, "漢字", "😀"),
]


def after(keys: str) -> TypedLine:
    line = TypedLine()
    line.feed(keys)
    return line


@pytest.mark.parametrize(("keys", "before", "behind"), KEYS)
def test_keys_change_the_line_whole_and_character_by_character(keys: str, before: str, behind: str) -> None:
    whole, single = after(keys), TypedLine()
    for key in keys:
        single.feed(key)
    assert (whole.before, whole.after) == (single.before, single.after) == (before, behind)


@pytest.mark.parametrize("enter", [ENTER, "\n"])
def test_enter_finishes_the_line_and_the_next_begins(enter: str) -> None:
    line = TypedLine()
    assert line.feed(f"one{enter}two{enter}three") == ["one", "two"]
    assert line.text == "three"


def test_what_is_pasted_is_one_line_and_waits_for_enter() -> None:
    line = TypedLine()
    assert line.feed(f"{PASTE}two\rlines\tand a \x1b[2Jtrick{PASTED}") == []
    assert line.feed(ENTER) == ["two lines and a trick"]


def test_ctrl_d_ends_an_empty_line() -> None:
    assert after(CTRL_D).ended
    assert not after("a" + CTRL_D).ended


def test_ctrl_c_as_a_key_interrupts() -> None:
    with pytest.raises(KeyboardInterrupt):
        after(CTRL_C)


def test_up_and_down_go_through_what_was_typed_and_back_to_the_draft() -> None:
    line = after(f"one{ENTER}two{ENTER}draft")
    seen = [line.text]
    for key in (UP, UP, UP, DOWN, DOWN, DOWN):
        line.feed(key)
        seen.append(line.text)
    assert seen == ["draft", "two", "one", "one", "two", "draft", "draft"]


def test_a_line_that_was_typed_twice_stands_once_in_the_history() -> None:
    assert after(f"one{ENTER}two{ENTER}two{ENTER}{ENTER}" + UP + UP).text == "one"


def test_a_line_has_an_end_that_no_paste_gets_past() -> None:
    line = after(PASTE + "x" * (MAX_TEXT_BYTES + 100) + PASTED)
    assert len(line.text) == MAX_TEXT_BYTES


def test_an_escape_sequence_without_end_does_not_swallow_all_that_follows() -> None:
    assert after("\x1b[" + "1" * 40 + "x").text.endswith("x")


KEY = st.sampled_from(["a", "e\u0301", "漢", "\x7f", LEFT, RIGHT, HOME, DELETE, UP, ENTER, "\x1b", "[", PASTE, PASTED])


@given(st.lists(KEY).map("".join), st.data())
def test_however_the_keys_are_cut_the_line_is_the_same(keys: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(keys)))))
    whole, cut = TypedLine(), TypedLine()
    pieces = [keys[a:b] for a, b in zip([0, *cuts], [*cuts, len(keys)], strict=True)]
    assert [line for piece in pieces for line in cut.feed(piece)] == whole.feed(keys)
    assert (cut.before, cut.after) == (whole.before, whole.after)


@given(st.text("a漢é", max_size=50), st.text("b字è", max_size=50), st.integers(10, 60))
def test_the_window_fits_and_shows_what_is_around_the_cursor(before: str, behind: str, width: int) -> None:
    line = TypedLine()
    line.before, line.after = before, behind
    left, right = line.window(width)
    assert before.endswith(left)
    assert behind.startswith(right)
    assert columns(left + right) <= width
    assert (left, right) == (before, behind) or columns(left + right) >= width - 3
