"""The screens of a terminal chat: the typed line stays whole, and a pipe gets plain lines."""

import io
import re
import threading

import pytest

from chatkit.faces.tty.screen import PipeScreen, TypingScreen
from chatkit.faces.tty.typed_line import LEFT, REDRAW


class Terminal:
    """Obeys the little that the screen sends: carriage return, line feed, erase to the end of the row."""

    def __init__(self) -> None:
        self.rows = [""]
        self.column = 0

    def obey(self, sent: str) -> "Terminal":
        for part in re.findall(r"\x1b\[[?\d;]*[A-Za-z]|.|\n", sent):
            row = self.rows[-1]
            if part == "\n":
                self.rows.append("")
                self.column = 0
            elif part == "\r":
                self.column = 0
            elif part == "\x1b[K":
                self.rows[-1] = row[: self.column]
            elif not part.startswith("\x1b"):
                self.rows[-1] = row[: self.column] + part + row[self.column + 1 :]
                self.column += 1
        return self


def test_a_message_goes_above_the_line_that_is_typed_and_the_cursor_stays() -> None:
    out = io.StringIO()
    with TypingScreen(out, colour=False) as screen:
        screen.prompt("ann> ")
        screen.typed("half a line" + LEFT * 4)
        screen.show("bob: hello\n     and more")
        terminal = Terminal().obey(out.getvalue())
    assert terminal.rows == ["bob: hello", "     and more", "ann> half a line"]
    assert terminal.column == len("ann> half a ")


def test_enter_gives_the_line_and_leaves_the_prompt_empty() -> None:
    out = io.StringIO()
    with TypingScreen(out, colour=False) as screen:
        screen.prompt("ann> ")
        assert screen.typed("hello\r") == ["hello"]
        assert Terminal().obey(out.getvalue()).rows == ["ann> "]


def test_a_line_longer_than_the_terminal_scrolls_in_one_row() -> None:
    out = io.StringIO()
    with TypingScreen(out, colour=False) as screen:
        screen.prompt("ann> ")
        screen.typed("x" * 200 + "end")
        row = Terminal().obey(out.getvalue()).rows[-1]
    assert row.startswith("ann> xxx")
    assert row.endswith("xend")
    assert len(row) < screen.width


def test_outside_of_the_conversation_nothing_is_prompted_and_pastes_are_not_marked() -> None:
    out = io.StringIO()
    screen = TypingScreen(out, colour=False)
    screen.prompt("connecting> ")
    screen.show("* Connecting ...")
    with screen:
        screen.prompt("ann> ")
        screen.typed("x")
    screen.show("* You left the chat.")
    assert Terminal().obey(out.getvalue()).rows == ["* Connecting ...", "* You left the chat.", ""]
    assert [match[-1] for match in re.findall(r"\x1b\[\?2004[hl]", out.getvalue())] == ["h", "l"]


def test_after_another_program_had_the_terminal_pastes_are_marked_again() -> None:
    out = io.StringIO()
    with TypingScreen(out, colour=False) as screen:
        out.truncate(0)
        screen.typed(REDRAW)
        assert "\x1b[?2004h" in out.getvalue()


def test_the_title_changes_when_it_has_to_and_the_own_one_comes_back() -> None:
    out = io.StringIO()
    with TypingScreen(out, colour=False) as screen:
        for text in ("", "(1) ann", "(1) ann", "(2) ann", ""):
            screen.title(text)
        screen.title("(1) ann")
    keep, own = "\x1b[22;2t", "\x1b[23;2t"
    titles = re.findall(r"\x1b\[2[23];2t|(?<=\x1b\]2;)[^\x07]*", out.getvalue())
    assert titles == [keep, "(1) ann", "(2) ann", "chatkit", own, keep, "(1) ann", "chatkit", own]


def test_messages_from_many_threads_do_not_mix_with_each_other_or_with_the_typing() -> None:
    out = io.StringIO()
    with TypingScreen(out, colour=False) as screen:
        screen.prompt("ann> ")
        threads = [threading.Thread(target=show_fifty, args=(screen, f"bob{n}")) for n in range(4)]
        for thread in threads:
            thread.start()
        for key in "a long line that is typed meanwhile":
            screen.typed(key)
        for thread in threads:
            thread.join()
        terminal = Terminal().obey(out.getvalue())
    assert terminal.rows[-1] == "ann> a long line that is typed meanwhile"
    assert sorted(terminal.rows[:-1]) == sorted(f"bob{n}: message {i}" for n in range(4) for i in range(50))


def show_fifty(screen: TypingScreen, name: str) -> None:
    for number in range(50):
        screen.show(f"{name}: message {number}")


@pytest.mark.parametrize("cuts", [[10], [3, 10], list(range(1, 10))])
def test_a_pipe_is_cut_into_lines_however_it_comes(cuts: list[int]) -> None:
    keys, screen = "one\ntwo\nth", PipeScreen(io.StringIO(), io.StringIO())
    pieces = [keys[a:b] for a, b in zip([0, *cuts], [*cuts, len(keys)], strict=True)]
    assert [line for piece in pieces for line in screen.typed(piece)] == ["one", "two"]
    assert screen.last() == ["th"]


def test_a_pipe_gets_messages_and_troubles_on_streams_of_their_own() -> None:
    out, troubles = io.StringIO(), io.StringIO()
    screen = PipeScreen(out, troubles)
    screen.prompt("ann> ")
    screen.show("bob: hello")
    screen.show("! Not sent", is_trouble=True)
    assert (out.getvalue(), troubles.getvalue()) == ("bob: hello\n", "! Not sent\n")
