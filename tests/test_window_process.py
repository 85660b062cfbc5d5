"""The window as a process of its own, as a notebook opens it."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from chatkit.errors import MachineError, MisuseError
from chatkit.faces.tk.window_process import open_window
from chatkit.net.server import Server
from chatkit.net.tls import fingerprint
from tests.needs import needs_display
from tests.peer import Peer
from tests.sealed_peer import SealedPeer, authority, server_tls
from tests.xvfb import Person, wait_until

pytestmark = needs_display
ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def on_the_display(display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", display)


def test_it_connects_at_once_and_leaves_politely(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Peer(server.address, "bob") as bob:
        window = open_window("carol", server.address)
        assert bob.until("JOINED") == "JOINED carol"
        host, port = server.address
        assert repr(window) == f"<chat window of carol at {host}:{port}, open>"
        window.close()
        assert bob.until("LEFT") == "LEFT carol"
        assert repr(window) == f"<chat window of carol at {host}:{port}, closed>"
        window.close()


def test_one_that_is_opened_again_takes_the_place_of_the_older(server: Server) -> None:
    with Peer(server.address, "bob") as bob:
        older = open_window("carol", server.address)
        bob.until("JOINED")
        newer = open_window("carol", server.address)
        assert bob.until("LEFT") == "LEFT carol"
        assert bob.until("JOINED") == "JOINED carol"
        assert newer.is_open and not older.is_open
        newer.close()


def test_one_that_its_user_closed_is_closed(server: Server, display: str) -> None:
    window = open_window("carol", server.address)
    person = Person(display)
    person.focus(person.find("carol - chatkit"))
    person.presses("ctrl+w")
    wait_until(lambda: not window.is_open, "the window to end")
    window.close()


def test_its_window_closes_when_the_program_that_opened_it_ends(server: Server) -> None:
    with Peer(server.address, "bob") as bob:
        code = (
            "from chatkit.faces.tk.window_process import open_window\n"
            f"open_window('carol', {server.address!r})\ninput()\n"
        )
        with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, text=True) as program:
            assert bob.until("JOINED") == "JOINED carol"
            program.communicate("\n")
        assert bob.until("LEFT") == "LEFT carol"


def test_whom_to_trust_is_handed_on_and_its_file_goes_with_the_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Server(port=0, tls=server_tls()) as server, SealedPeer(server.address, "bob") as bob:
        for trust in ({"ca": authority().pem}, {"fingerprint": fingerprint(bob.sock.getpeercert(True))}):
            window = open_window("carol", server.address, **trust)
            assert bob.until("JOINED") == "JOINED carol"
            window.close()
            assert bob.until("LEFT") == "LEFT carol"
        with pytest.raises(OSError, match="no program"):
            open_window("carol", server.address, cannot_run, ca=authority().pem)
    assert list(tmp_path.iterdir()) == []


def cannot_run(*_: object, **__: object) -> "subprocess.Popen[bytes]":
    raise OSError("no program")


def test_what_is_no_fingerprint_opens_no_window(server: Server) -> None:
    with pytest.raises(MisuseError, match="64 hexadecimal digits"):
        open_window("carol", server.address, fingerprint="AB:CD")


def test_without_a_display_it_says_why(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", "")
    with pytest.raises(MachineError, match="No window: there is no display"):
        open_window("carol", server.address)
