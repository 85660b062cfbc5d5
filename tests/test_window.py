"""The window from outside: started as a student starts it, and used by keys, mouse and eyes."""

import getpass
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatkit.faces.user import own_name
from chatkit.faces.window import main
from chatkit.net.server import Server
from tests.needs import needs_display
from tests.peer import Peer
from tests.xvfb import PATIENCE, Person, wait_until

SCRIPT = Path(__file__).parent.parent / "labs" / "client.py"
GREEN, RED, COMPLAINT = "#1E8E4A", "#C0392B", "#FDECEA"  # as looks.py has them
WIDTH, HEIGHT = 720, 500
READ_CLIPBOARD = "import tkinter; root = tkinter.Tk(); root.withdraw(); print(root.clipboard_get())"


class Student:
    """Somebody who starts the client in a terminal."""

    def __init__(self, display: str, folder: Path) -> None:
        self.person, self._folder = Person(display), folder
        self._env = os.environ | {"DISPLAY": display}
        self.processes: list[subprocess.Popen[str]] = []

    def starts(self, server: Server, *arguments: str, title: str = "chatkit") -> str:
        """Start it with a bare Python, from another folder; give the window."""
        command = [sys.executable, "-I", "-S", str(SCRIPT), "--port", str(server.address[1]), "--title", title]
        self.processes.append(
            subprocess.Popen([*command, *arguments], cwd=self._folder, env=self._env, stderr=subprocess.PIPE, text=True)
        )
        window = self.person.find(title)
        self.person.resize(window, WIDTH, HEIGHT)
        self.person.focus(window)
        return window

    def joins(self, server: Server, name: str, title: str = "chatkit") -> str:
        window = self.starts(server, "--name", name, "--connect", title=title)
        wait_until(lambda: name in server.users, f"{name} to join")
        self.person.find(f"{name} - {title}")
        return window

    def copies(self, window: str) -> str:
        """Copy all that stands in the chat box."""
        self.person.clicks(window, WIDTH // 3, HEIGHT // 2)
        self.person.presses("ctrl+a", "ctrl+c")
        command = [sys.executable, "-c", READ_CLIPBOARD]
        return subprocess.run(command, env=self._env, capture_output=True, text=True, timeout=PATIENCE).stdout

    def sees(self, colour: str, picture: Path) -> bool:
        self.person.photographs(picture)
        command = ["convert", str(picture), "-format", "%c", "histogram:info:"]
        return colour in subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True).stdout

    def ends_well(self) -> None:
        """The program has ended by itself, and had nothing to complain about."""
        [process] = self.processes
        assert process.wait(PATIENCE) == 0
        assert process.stderr is not None and process.stderr.read() == ""

    def goes_home(self) -> None:
        for process in self.processes:
            process.kill()
            process.communicate()


@pytest.fixture
def student(display: str, tmp_path: Path) -> Iterator[Student]:
    student = Student(display, tmp_path)
    yield student
    student.goes_home()


@needs_display
def test_one_logs_in_and_talks_with_the_keyboard_alone(student: Student, server: Server) -> None:
    with Peer(server.address, "bob") as bob:
        student.starts(server, "--name", "nobody")
        student.person.types("ann")
        student.person.presses("Tab")
        student.person.types("127.0.0.1")
        student.person.presses("Return")
        assert bob.until("JOINED") == "JOINED ann"
        student.person.find("ann - chatkit")
        student.person.types("hello bob")
        student.person.presses("Return")
        assert bob.until("SAID") == "SAID ann hello bob"


@needs_display
def test_one_sends_with_the_mouse_and_copies_what_was_said(student: Student, server: Server) -> None:
    with Peer(server.address, "bob") as bob:
        window = student.joins(server, "ann")
        student.person.types("by mouse")
        student.person.clicks(window, WIDTH - 60, HEIGHT - 30)
        assert bob.until("SAID") == "SAID ann by mouse"
        bob.send("SAY I read you\n")
        wait_until(lambda: "bob  I read you\n" in student.copies(window), "the message")


@needs_display
def test_a_refused_login_stays_in_the_form_and_is_mended_there(
    student: Student, server: Server, tmp_path: Path
) -> None:
    student.starts(server, "--name", "two words")
    student.person.presses("Return")
    wait_until(lambda: student.sees(COMPLAINT, tmp_path / "1.png"), "the complaint")
    student.person.presses("ctrl+a")
    student.person.types("ann")
    student.person.presses("Return")
    wait_until(lambda: server.users == ("ann",), "ann to join")


@needs_display
@pytest.mark.parametrize("how", ["ctrl+w", "alt+F4", signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_however_it_is_closed_it_leaves_politely(student: Student, server: Server, how: str | signal.Signals) -> None:
    with Peer(server.address, "bob") as bob:
        student.joins(server, "ann")
        if isinstance(how, signal.Signals):
            student.processes[0].send_signal(how)
        else:
            student.person.presses(how)
        assert bob.until("LEFT") == "LEFT ann"  # no reason behind it: it said QUIT
    student.ends_well()


@needs_display
def test_escape_closes_the_form(student: Student, server: Server) -> None:
    student.starts(server)
    student.person.presses("Escape")
    student.ends_well()


@needs_display
def test_a_server_that_goes_is_seen_and_alt_r_connects_again(student: Student, server: Server, tmp_path: Path) -> None:
    student.joins(server, "ann")
    wait_until(lambda: student.sees(GREEN, tmp_path / "1.png"), "a green dot")
    server.stop()
    wait_until(lambda: student.sees(RED, tmp_path / "2.png"), "a red dot")
    with Server(port=server.address[1]) as again:
        student.person.presses("alt+r")
        wait_until(lambda: again.users == ("ann",), "ann to be back")
        wait_until(lambda: student.sees(GREEN, tmp_path / "3.png"), "a green dot")


@needs_display
def test_the_title_counts_what_is_unread_until_one_looks(student: Student, server: Server) -> None:
    with Peer(server.address, "bob") as bob:
        window = student.joins(server, "ann", title="first")
        student.joins(server, "carol", title="second")
        bob.send("SAY one\nSAY two\n")
        student.person.find(r"\(2\) ann - first")
        assert student.person.sees_no(r"\(.\) carol - second")
        student.person.focus(window)
        student.person.find("^ann - first$")


# ---- how it starts ----


@pytest.mark.parametrize(
    ("user", "name"),
    [
        ("ann", "ann"),
        ("john.doe", "johndoe"),
        ("CORP\\eve", "CORPeve"),
        ("Zoë", "Zoë"),
        ("x" * 30, "x" * 20),
        ("", "student"),
    ],
)
def test_the_name_in_the_form_is_the_users_as_far_as_it_is_allowed(
    user: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: user)
    assert own_name() == name


def test_a_user_without_a_name_is_a_student(monkeypatch: pytest.MonkeyPatch) -> None:
    def getuser() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr(getpass, "getuser", getuser)
    assert own_name() == "student"


def test_a_port_that_is_none_is_refused_with_what_is_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--port", "99999"])
    assert '"99999" is no port: a number from 1 to 65535' in capsys.readouterr().err
