"""chat: a person at a terminal, who presses keys and reads the screen; test_terminal.py has the script."""

import re
import sys
from collections.abc import Iterator

import pytest

from chatkit.net.host import THIS_COMPUTER
from chatkit.net.server import Server
from tests.needs import needs_tmux
from tests.peer import Peer
from tests.tmux import Pane, Tmux, tmux

pytestmark = needs_tmux


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(port=0) as server:
        yield server


@pytest.fixture
def terminals() -> Iterator[Tmux]:
    with tmux() as terminals:
        yield terminals


@pytest.fixture
def ann(server: Server, terminals: Tmux) -> Pane:
    pane = terminals.chat("--name", "ann", place(server))
    pane.wait_for_last("ann>")
    return pane


@pytest.fixture
def bob(server: Server, ann: Pane) -> Iterator[Peer]:
    with Peer(server.address, "bob") as bob:
        ann.wait_for("* bob joined")
        yield bob


ALWAYS_AWAY = """
import sys
from chatkit.faces import terminal
from chatkit.faces.tty import attention
attention.AWAY = -1.0
sys.exit(terminal.main(sys.argv[1:]))
"""
COMES_BACK = """
import sys
from chatkit.faces import chat, terminal
chat.Chat.__init__.__kwdefaults__["backoff"] = chat.Backoff({})
sys.exit(terminal.main(sys.argv[1:]))
"""


def place(server: Server) -> str:
    return f"127.0.0.1:{server.address[1]}"


def test_two_people_chat_through_a_server_started_by_hand(terminals: Tmux) -> None:
    server = terminals.open(sys.executable, "-m", "chatkit", "serve", "--port", "0")
    server.wait_for("Ctrl-C ends it")
    words = re.search(r"chatkit chat (\S+)", "\n".join(server.rows()))
    assert words
    ann = terminals.chat("--name", "ann", words[1])
    ann.wait_for_last("ann>")
    bob = terminals.chat("--name", "bob", words[1], width=60)
    bob.wait_for_last("bob>")
    ann.type("half a li")
    bob.enter("hello, ann")
    ann.wait_for("bob: hello, ann")
    ann.wait_for_last("ann> half a li")
    ann.enter("ne")
    bob.wait_for("ann: half a line")
    bob.press("C-c")
    ann.wait_for("* bob left")
    server.wait_for("bob left")
    assert bob.exit_code == 0
    server.press("C-c")
    ann.wait_for("! The server said BYE: the server is closing.")
    assert server.exit_code == 0


def test_the_own_message_stands_there_once_with_time_and_name(ann: Pane, bob: Peer) -> None:
    ann.enter("hello, bob")
    bob.until("SAID ann hello, bob")
    ann.wait_for_last("ann>")
    assert [row[7:] for row in ann.rows() if "hello, bob" in row] == ["ann: hello, bob"]


def test_a_message_leaves_the_cursor_where_somebody_is_typing(ann: Pane, bob: Peer) -> None:
    ann.type("漢字 helo")
    ann.press("Left")
    bob.send("SAY one\nSAY two\n")
    ann.wait_for("bob: two")
    ann.type("l")
    ann.wait_for_last("ann> 漢字 hello")
    assert ann.cursor == len("ann> 漢字 hell") + 2  # two of them are wide
    ann.press("Enter")
    bob.until("SAID ann 漢字 hello")


def test_a_long_line_stays_in_one_row_and_a_long_message_breaks_between_words(ann: Pane, bob: Peer) -> None:
    ann.resize(60)
    bob.send("SAY " + "word " * 20 + "\n")
    ann.wait_for("       word word")
    assert all(row.endswith("word") for row in ann.rows() if "word" in row)
    ann.type("a long line, " * 10 + "end")
    ann.wait_for("long line, end")
    assert len(ann.rows()[-1]) < 60
    ann.press("Enter")
    assert len(bob.until("SAID ann")) == len("SAID ann ") + 133


def test_what_is_pasted_becomes_one_line_that_waits_for_enter(ann: Pane, bob: Peer) -> None:
    ann.paste("two\nlines\tand more")
    ann.wait_for_last("ann> two lines and more")
    ann.press("Enter")
    bob.until("SAID ann two lines and more")


def test_commands_and_their_answers(ann: Pane, bob: Peer) -> None:
    ann.enter("/who")
    ann.wait_for("* 2 here: ann, bob")
    ann.enter("/help")
    ann.wait_for("/reconnect NAME")
    ann.enter("/msg bob psst")
    bob.until("TOLD ann psst")
    ann.wait_for("to bob: psst")
    bob.send("TELL ann yes?\n")
    ann.wait_for("bob to you: yes?")
    ann.enter("/foo")
    ann.wait_for("! /foo is not a command.")
    ann.press("Up")
    ann.wait_for_last("ann> /foo")
    ann.press("C-u")
    ann.enter("/quit see you")
    bob.until("LEFT ann see you")
    ann.wait_for("* You left the chat.")
    assert ann.exit_code == 0


def test_the_first_screen_tells_who_i_am_and_where_with_colours_only_where_wanted(server: Server, ann: Pane) -> None:
    screen = " ".join(row.strip() for row in ann.rows())
    assert re.search(r"\* You are ann\. Your address is 127\.0\.0\.1:\d+, the server's " + place(server), screen)
    assert "/help lists the commands." in screen
    assert "\x1b[38;5;" in ann.rows(styles=True)[-1]


def test_the_user_is_asked_for_what_is_missing_and_again_for_what_was_wrong(server: Server, terminals: Tmux) -> None:
    with Peer(server.address, "bob") as bob:
        pane = terminals.chat()
        pane.wait_for("Username [")
        pane.enter("a b")
        pane.wait_for('"a b" has a space in it: a name has 1 to 20 letters, digits, _ or -.')
        pane.enter("Bob")
        pane.wait_for("Server [127.0.0.1]:")
        pane.enter("no.such.host.invalid:9")
        pane.wait_for('! No computer called "no.such.host.invalid" was found.')
        pane.wait_for_last("Server [no.such.host.invalid]:")
        pane.enter("127.0.0.1")
        pane.wait_for_last("Port [9]:")
        pane.enter("0")
        pane.wait_for('"0" is no port')
        pane.enter(str(server.address[1]))
        bob.until("PING")
        bob.send("PONG still-there\n")
        pane.wait_for('! The server refused: "Bob" is here already, choose another name.')
        pane.wait_for_last("Username [Bob]:")
        pane.enter("ann")
        bob.until("JOINED ann")
        pane.wait_for_last("ann>")


def test_the_password_of_the_room_is_asked_for_and_not_shown(terminals: Tmux) -> None:
    with Server(port=0, password="swordfish") as server:
        pane = terminals.chat("--name", "ann", place(server))
        pane.wait_for_last("Password of the room:")
        pane.enter("abracadabra")
        pane.wait_for("! The server refused: that is not the room's password")
        pane.wait_for_last("Password of the room:")
        pane.enter("swordfish")
        pane.wait_for_last("ann>")
        assert not any("swordfish" in row or "abracadabra" in row for row in pane.rows())


@pytest.mark.parametrize("key", ["C-c", "C-d"])
def test_who_wants_no_chat_after_all_gets_out_of_the_questions(key: str, terminals: Tmux) -> None:
    pane = terminals.chat()
    pane.wait_for("Username [")
    pane.press(key)
    assert pane.exit_code in (1, 130)
    assert "Traceback" not in "\n".join(pane.rows())


def test_the_prompt_says_when_the_server_is_gone_and_reconnect_brings_it_back(terminals: Tmux) -> None:
    with Server(port=0) as server:
        ann = terminals.chat("--name", "ann", place(server))
        ann.wait_for_last("ann>")
    ann.wait_for("! The server said BYE: the server is closing. /reconnect connects again,")
    ann.wait_for_last("not connected>")
    ann.enter("lost")
    ann.wait_for("! Not sent: not connected.")
    ann.enter("/reconnect")
    ann.wait_for("! Nobody listens on 127.0.0.1 port")
    with Server(port=server.address[1], host=THIS_COMPUTER) as server, Peer(server.address, "bob") as bob:
        ann.enter("/reconnect")
        bob.until("JOINED ann")
        ann.wait_for_last("ann>")
        ann.enter("/reconnect")
        ann.wait_for("! You are connected already.")
        ann.press("Up", "Up", "Up")
        ann.wait_for_last("ann> lost")
        ann.press("Enter")
        bob.until("SAID ann lost")
        ann.enter("/quit")
        assert ann.exit_code == 0


def test_one_who_keeps_reconnecting_is_told_when_and_comes_back_by_itself(terminals: Tmux) -> None:
    with Server(port=0) as server:
        words = ("--name", "ann", "--reconnect", place(server))
        ann = terminals.open(sys.executable, "-c", COMES_BACK.format("1.0, 1.0, lambda: 0.1"), *words)
        ann.wait_for_last("ann>")
    ann.wait_for("! The server said BYE: the server is closing. Trying again in 1 s (try")
    ann.wait_for("1). /reconnect does not wait, /quit ends.")
    ann.wait_for("! Nobody listens on 127.0.0.1 port")
    with Server(port=server.address[1]), Peer(server.address, "bob") as bob:
        bob.until("JOINED ann")
        ann.wait_for("* Connected again: you are ann.")
        ann.wait_for("* 2 here: bob, ann")
        ann.wait_for_last("ann>")
        ann.enter("/quit")
        assert ann.exit_code == 0


def test_one_who_waits_can_still_type_and_quit(terminals: Tmux) -> None:
    with Server(port=0) as server:
        words = ("--name", "ann", "--reconnect", place(server))
        ann = terminals.open(sys.executable, "-c", COMES_BACK.format("90.0, 90.0, lambda: 1.0"), *words)
        ann.wait_for_last("ann>")
        ann.type("half a li")
    ann.wait_for("Trying again in 90 s (try")
    ann.wait_for("trying again in 8")  # it counts down
    assert ann.rows()[-1].endswith("s> half a li")
    ann.press("Enter")
    ann.wait_for("! Not sent: not connected.")
    ann.enter("/quit")
    ann.wait_for("* You stopped trying to reconnect.")
    assert ann.exit_code == 0


def test_what_came_while_nobody_typed_is_marked_and_counted_in_the_title(server: Server, terminals: Tmux) -> None:
    ann = terminals.open(sys.executable, "-c", ALWAYS_AWAY, "--name", "ann", place(server))
    ann.wait_for_last("ann>")
    own_title = ann.title
    with Peer(server.address, "bob") as bob:
        ann.wait_for("* bob joined")
        bob.send("SAY one\nSAY two\n")
        ann.wait_for("bob: two")
        rows = [row[7:] for row in ann.rows()]
        assert " new " in rows[rows.index("bob: one") - 1]
        assert sum(" new " in row for row in rows) == 1
        assert ann.title == "(2) ann - chatkit"
        ann.type("x")
        ann.wait_for_last("ann> x")
        assert ann.title == own_title


def test_reconnect_with_another_name(terminals: Tmux) -> None:
    with Server(port=0) as server:
        ann = terminals.chat("--name", "ann", place(server))
        ann.wait_for_last("ann>")
    with Server(port=server.address[1]):
        ann.wait_for_last("not connected>")
        ann.enter("/reconnect zoe")
        ann.wait_for_last("zoe>")


def test_after_ctrl_z_and_fg_the_typed_line_is_there_again(server: Server, terminals: Tmux) -> None:
    shell = terminals.open("bash", "--norc")
    shell.enter(f"{sys.executable} -m chatkit chat --name ann {place(server)}")
    shell.wait_for_last("ann>")
    shell.type("half a")
    shell.wait_for_last("ann> half a")
    shell.press("C-z")
    shell.wait_for("Stopped")
    shell.enter("fg")
    shell.wait_for_last("ann> half a")
    shell.paste(" li\nne")
    shell.wait_for_last("ann> half a li ne")
    shell.press("C-c")
    shell.wait_for("* You left the chat.")
    shell.enter("stty -a")
    shell.wait_for(" echo ")
