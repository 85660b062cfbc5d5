"""chat: the terminal's face, with a pipe for its input; test_terminal_by_hand.py has the person."""

import contextlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from chatkit.net.server import Server
from chatkit.protocol.limits import Limits
from tests.needs import needs_linux
from tests.peer import TIMEOUT, Connect, Peer
from tests.programs import PATIENCE, ROOT, chatkit

HOSTILE = ["\x1b]0;owned\x07", "\x1b[2Jgone", "\x9b2J", "\u202eevil", "\x00", "a\rb"]


def place(server: Server) -> str:
    return f"127.0.0.1:{server.address[1]}"


@contextlib.contextmanager
def liar(*lines: bytes, then_ends: bool = False) -> Iterator[str]:
    """The place of a server that says these lines to its first client."""

    def serve() -> None:
        client, _ = listener.accept()
        with client:
            client.settimeout(TIMEOUT)
            client.sendall(b"".join(line + b"\n" for line in lines))
            if then_ends:
                client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


WELCOME = (b"HELLO chat/1", b"WELCOME ann", b"USERS 1 ann")


def test_a_script_says_its_lines_obeys_its_commands_and_leaves_at_its_end(server: Server, peer: Connect) -> None:
    bob = peer("bob")
    with chatkit("chat", "--name", "ann", place(server)) as ann:
        ann.type("hello\n/who\n/msg bob psst\n//slash\n\nno line end")
        assert ann.end() == 0
    assert [bob.line().rstrip("\n") for _ in range(6)] == [
        "JOINED ann",
        "SAID ann hello",
        "TOLD ann psst",
        "SAID ann /slash",
        "SAID ann no line end",
        "LEFT ann",
    ]
    own = r"Your address is 127\.0\.0\.1:\d+, the server's " + re.escape(place(server))
    assert re.search(rf"^\d\d:\d\d  \* You are ann\. {own}\.$", ann.seen, re.MULTILINE)
    shown = re.findall(r"^\d\d:\d\d  (?!\*)(.*)$", ann.seen, re.MULTILINE)
    assert shown == ["ann: hello", "to bob: psst", "ann: /slash", "ann: no line end"]
    assert ann.seen.count("* 2 here: bob, ann") == 2
    assert ann.seen.endswith("* You left the chat.\n")
    assert "\x1b" not in ann.seen


def test_a_newcomer_is_told_who_is_here_but_not_a_thousand_names() -> None:
    crowd = b" ".join([b"ann", *(b"u%d" % number for number in range(99))])
    with liar(*WELCOME[:2], b"USERS 100 " + crowd) as place, chatkit("chat", "--name", "ann", place) as ann:
        assert ann.wait_for(r"\* 100 here: (.*)")[1].endswith(", u17, u18 and 80 more (/who lists all)")
        ann.end()


def test_a_script_reads_what_the_others_say_at_once(server: Server, peer: Connect) -> None:
    with chatkit("chat", "--name", "ann", place(server)) as ann:
        ann.wait_for("You are ann")
        bob = peer("bob")
        ann.wait_for(r"\* bob joined$")
        bob.send("SAY hello é 😀\nTELL ann psst\nQUIT tired\n")
        ann.wait_for("  bob: hello é 😀$")
        ann.wait_for("  bob to you: psst$")
        ann.wait_for(r"  \* bob left \(tired\)$")
        assert ann.end() == 0


def test_a_script_faster_than_the_server_allows_waits_until_all_is_heard() -> None:
    with Server(port=0, limits=Limits(rate=100)) as server, Peer(server.address, "bob") as bob:
        with chatkit("chat", "--name", "ann", place(server)) as ann:
            ann.type("".join(f"{number}\n" for number in range(550)))  # 3.5 seconds: more than a goodbye may take
            assert ann.end() == 0
        heard = [bob.until("SAID").split()[2] for _ in range(550)]
    assert heard == [str(number) for number in range(550)]


def test_ctrl_c_ends_a_script_though_the_server_has_much_to_read(server: Server, peer: Connect) -> None:
    bob = peer("bob")
    with chatkit("chat", "--name", "ann", place(server)) as ann:
        ann.type("".join(f"{number}\n" for number in range(20_000)))  # 200 seconds, at 100 lines a second
        bob.until("SAID ann 250")
        ann.interrupt()
        assert ann.end() == 0


@needs_linux
def test_a_script_whose_output_cannot_be_written_ends_and_says_so_by_its_exit_code(server: Server) -> None:
    words = (sys.executable, "-m", "chatkit", "chat", "--name", "ann", place(server))
    with open("/dev/full", "w") as full:
        done = subprocess.run(words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=full, timeout=PATIENCE)
    assert done.returncode == 1


def test_a_chat_without_standard_input_says_so(server: Server) -> None:
    command = f"exec {sys.executable} -m chatkit chat --name ann {place(server)} <&-"
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (1, "Standard input is closed: a chat reads its messages there\n")


def test_the_password_of_the_room_comes_from_the_environment() -> None:
    with Server(port=0, password="swordfish") as server:
        with chatkit("chat", "--name", "ann", place(server), env={"CHATKIT_PASSWORD": "swordfish"}) as ann:
            ann.wait_for("You are ann")
            assert ann.end() == 0


def test_a_script_without_the_password_is_told_where_it_is_taken_from() -> None:
    with Server(port=0, password="swordfish") as server:
        with chatkit("chat", "--name", "ann", place(server)) as ann:
            ann.wait_for("A script takes the password from the environment variable CHATKIT_PASSWORD.")


def test_a_script_faster_than_the_connection_loses_nothing() -> None:
    with Server(port=0, limits=Limits(rate=0)) as server, Peer(server.address, "bob") as bob:
        with chatkit("chat", "--name", "ann", place(server)) as ann:
            ann.type("".join(f"{number}\n" for number in range(2000)))
            bob.expect("JOINED ann")
            assert [bob.line() for _ in range(2000)] == [f"SAID ann {number}\n" for number in range(2000)]
            assert ann.end() == 0


def test_lines_that_are_never_said_do_not_hold_a_script_up(server: Server, peer: Connect) -> None:
    bob = peer("bob")
    with chatkit("chat", "--name", "ann", place(server)) as ann:
        ann.type("\n/foo\n\x07\n" * 150 + "hello\n")
        bob.expect("JOINED ann")
        bob.expect("SAID ann hello")
        assert ann.end() == 0


def test_a_script_that_keeps_reconnecting_waits_and_says_the_rest_to_the_next_server() -> None:
    with Server(port=0) as server:
        with chatkit("chat", "--name", "ann", "--reconnect", place(server)) as ann:
            ann.wait_for("You are ann")
            server.stop()
            ann.wait_for("Trying again")
            ann.type("one\ntwo\n")
            with Server(port=server.address[1], history=10) as again:
                assert ann.end() == 0
                with Peer(again.address, "bob") as bob:
                    assert [bob.line() for _ in range(2)] == ["PAST ann one\n", "PAST ann two\n"]
    assert "Not sent" not in ann.seen


def test_quit_ends_a_script_with_what_it_says_and_nothing_after_it(server: Server, peer: Connect) -> None:
    bob = peer("bob")
    with chatkit("chat", "--name", "ann", place(server)) as ann:
        ann.type("/quit see you\nunheard\n")
        assert ann.end() == 0
    bob.expect("JOINED ann")
    assert bob.line() == "LEFT ann see you\n"


def test_a_line_that_cannot_be_said_is_said_why_and_the_script_goes_on(server: Server) -> None:
    with chatkit("chat", "--name", "ann", place(server)) as ann:
        ann.type("/foo\n/msg bob\n" + "x" * 9000 + "\n/quit " + "y" * 9000 + "\nhello\n")
        ann.wait_for("! /foo is not a command")
        ann.wait_for("! /msg needs a name and a text")
        ann.wait_for("! SAY: 9000 bytes of text, at most 8000")
        ann.wait_for("! QUIT: 9000 bytes of text, at most 8000")
        ann.wait_for("ann: hello")
        assert ann.end() == 0


def test_a_script_ends_when_its_server_does_though_its_input_goes_on(server: Server) -> None:
    with chatkit("chat", "--name", "ann", place(server)) as ann:
        ann.wait_for("You are ann")
        server.stop()
        ann.wait_for("! The server said BYE: the server is closing.$")
        assert ann.process.wait(TIMEOUT) == 1


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


REFUSED = [
    (["--name", "a b", "127.0.0.1"], 'The name "a b" has a space in it: a name has 1 to 20 letters, digits, _ or -.'),
    (["--name", "ann", "127.0.0.1", "--port", "FREE"], "Nobody listens on 127.0.0.1 port FREE. Is the server running"),
    (["--name", "ann", "no.such.host.invalid"], 'No computer called "no.such.host.invalid" was found.'),
    (["--name", "ann", "127.0.0.1:x"], '"127.0.0.1:x" is no address: HOST or HOST:PORT, with a port from 1 to 65535'),
]


@pytest.mark.parametrize(("words", "sentence"), REFUSED)
def test_a_script_that_is_not_let_in_says_why_and_fails(words: list[str], sentence: str) -> None:
    port = str(free_port())
    with chatkit("chat", *(word.replace("FREE", port) for word in words)) as ann:
        assert ann.end() == 1
    assert sentence.replace("FREE", port) in ann.seen
    assert "Traceback" not in ann.seen


def test_a_name_that_is_taken_is_said(server: Server) -> None:
    with chatkit("chat", "--name", "ann", place(server)) as ann:
        ann.wait_for("You are ann")
        with chatkit("chat", "--name", "Ann", place(server)) as twin:
            twin.wait_for('! The server refused: "Ann" is here already, choose another name')
            assert twin.end() == 1
        assert ann.end() == 0


def test_a_program_that_is_no_chat_server_is_said_and_its_text_is_harmless() -> None:
    with liar(b"\x1b]0;owned\x07SSH-2.0") as place, chatkit("chat", "--name", "ann", place) as ann:
        assert ann.end() == 1
    assert "That is not a chat/1 server" in ann.seen
    assert "\x1b" not in ann.seen


@pytest.mark.parametrize("hostile", HOSTILE)
def test_whatever_a_lying_server_sends_no_escape_reaches_the_terminal(hostile: str) -> None:
    bad = hostile.encode()
    lines = (b"SAID bob " + bad, b"SAID " + bad + b" hi", b"LEFT bob " + bad, b"ERROR x " + bad, b"JOINED " + bad)
    ends = (b"SAID bob the last", b"BYE " + bad)
    with liar(*WELCOME, *lines, *ends, then_ends=True) as place, chatkit("chat", "--name", "ann", place) as ann:
        ann.wait_for("bob: the last")
        ann.end()
    assert all(row.isprintable() for row in ann.seen.split("\n"))


@needs_linux
def test_ctrl_c_ends_the_wait_for_a_server_that_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with chatkit("chat", "--name", "ann", f"127.0.0.1:{silent.getsockname()[1]}") as ann:
            ann.wait_for("Connecting to")
            start = time.monotonic()
            ann.interrupt(signal.SIGINT)
            assert ann.process.wait(TIMEOUT) == 1
            assert time.monotonic() - start < 4, "it is not the 5 seconds after which the client gives up by itself"
    assert "Traceback" not in ann.seen


@needs_linux
def test_ctrl_c_leaves_politely_in_a_script_too(server: Server, peer: Connect) -> None:
    bob = peer("bob")
    with chatkit("chat", "--name", "ann", place(server)) as ann:
        ann.wait_for("You are ann")
        ann.interrupt(signal.SIGINT)
        assert ann.process.wait(TIMEOUT) == 0
    bob.expect("JOINED ann")
    assert bob.line() == "LEFT ann\n"
    assert "Traceback" not in ann.seen
