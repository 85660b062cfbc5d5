"""How a line of the chat looks in a terminal."""

import re

import pytest

from chatkit.faces.tty.looks import look, mark, name_style
from chatkit.faces.tty.screen_text import columns
from chatkit.faces.updates import Kind, Line

PERSIAN = "\u0633\u0644\u0627\u0645"
LOOKS = [
    (Line(Kind.SAID, "hello", "bob"), "bob: hello"),
    (Line(Kind.SAID, "hello", "ann", mine=True), "ann: hello"),
    (Line(Kind.TOLD, "psst", "bob"), "bob to you: psst"),
    (Line(Kind.TOLD, "psst", "bob", mine=True), "to bob: psst"),
    (Line(Kind.NOTICE, "carl joined"), "* carl joined"),
    (Line(Kind.TROUBLE, "Not sent."), "! Not sent."),
    (Line(Kind.PAST, "hello", "bob"), "bob: hello"),
    (Line(Kind.SAID, PERSIAN, "مریم"), f"\u2068مریم\u2069: \u2068{PERSIAN}\u2069"),
    (Line(Kind.SAID, "  two  spaces ", "bob"), "bob:   two  spaces "),
    (Line(Kind.SAID, " ", "bob"), "bob:  "),
]
LONG = "This is a sentence that is a good deal longer than one row of a terminal with so few columns."
HOSTILE = ["\x1b]0;title\x07", "\x1b[2J", "\x9b2J", "\u202eevil", "line\r\nroot: line"]


@pytest.mark.parametrize(("line", "words"), LOOKS)
def test_time_comes_first_and_words_say_who_speaks(line: Line, words: str) -> None:
    assert look(line) == f"{line.clock:5}  {words}"


@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("kind", Kind)
def test_rows_break_between_words_and_stand_under_the_first(kind: Kind, width: int) -> None:
    first, *others = look(Line(kind, LONG, "bob"), width).split("\n")
    assert others
    assert all(len(row) <= width for row in (first, *others))
    assert all(re.match(r" {7}\S", row) for row in others)
    assert " ".join([first.split(" ", 3)[-1], *(row.strip() for row in others)]).endswith(LONG[5:])


@pytest.mark.parametrize("text", ["x" * 100, "https://example.org/" + "y" * 100])
def test_an_address_stays_whole_so_that_it_can_be_clicked(text: str) -> None:
    assert "\n" not in look(Line(Kind.SAID, text, "bob"), 60)


@pytest.mark.parametrize("text", ["漢字" * 60, PERSIAN * 30])
def test_a_long_text_of_other_letters_is_broken_anywhere_and_each_row_turns_only_itself_around(text: str) -> None:
    shown = look(Line(Kind.SAID, text, "bob"), 60).split("\n")
    assert len(shown) > 2 and all(columns(row) <= 60 for row in shown)
    assert all(row.count("\u2068") == row.count("\u2069") for row in shown)


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u2800", "\u3000"])
@pytest.mark.parametrize("start", ["x", "漢"])
@pytest.mark.parametrize("name", ["bob", "b" * 20])
def test_no_text_can_imitate_the_line_of_somebody_else(blank: str, start: str, name: str) -> None:
    for size in range(80):
        fake = f"{start}{blank * size}14:05{blank}{blank}ann:{blank}hello"
        for width in (24, 80):
            others = look(Line(Kind.SAID, fake, name), width).split("\n")[1:]
            assert all(row.startswith(" " * 7) and columns(row) <= width for row in others)


def test_a_first_word_that_does_not_fit_keeps_the_speaker() -> None:
    shown = look(Line(Kind.TOLD, "x" * 30 + " yes", "b" * 20), 50)
    assert shown[7:] == f"{'b' * 20} to you: {'x' * 30}\n       yes"


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("colour", [False, True])
def test_hostile_names_and_texts_are_shown_and_not_obeyed(hostile: str, colour: bool) -> None:
    for kind in Kind:
        shown = look(Line(kind, hostile, hostile), 80, colour)
        assert re.sub(r"\x1b\[[\d;]*m", "", shown).replace("\n", "").isprintable()


def test_colour_changes_no_character() -> None:
    for line, _ in LOOKS:
        assert re.sub(r"\x1b\[[\d;]*m", "", look(line, 80, colour=True)) == look(line, 80)


@pytest.mark.parametrize(("width", "columns"), [(30, 30), (80, 60), (200, 60)])
def test_the_mark_above_what_is_new_fits_the_screen(width: int, columns: int) -> None:
    assert re.fullmatch(r"-{10,} new -{10,}", mark(width))
    assert len(mark(width)) == columns


def test_the_past_has_no_time_and_stands_back() -> None:
    assert look(Line(Kind.PAST, "hello", "bob"), 80, colour=True).count("\x1b[2m") == 2
    assert look(Line(Kind.PAST, "hello", "bob")).startswith("       bob")


def test_a_name_has_its_colour_wherever_it_speaks() -> None:
    for line in (Line(Kind.SAID, "x", "ann"), Line(Kind.TOLD, "x", "Ann", mine=True)):
        assert f"\x1b[{name_style('ann')}m" in look(line, 80, colour=True)
