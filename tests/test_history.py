"""serve --history N: whoever comes later is told the last messages, after the list of users."""

import pytest

from chatkit.faces import serve_options
from chatkit.net.server import Server
from tests.peer import Peer
from tests.programs import serving


def test_the_option_reaches_the_room() -> None:
    program, port = serving("--history", "2")
    with program, Peer(("127.0.0.1", port), "ann") as ann:
        ann.send("SAY one\nSAY two\nTELL ann psst\nSAY three\nPING done\n")
        ann.until("PONG done")
        with Peer(("127.0.0.1", port), "bob") as bob:
            bob.send("PING done\n")
            assert [bob.line() for _ in range(3)] == ["PAST ann two\n", "PAST ann three\n", "PONG done\n"]


def test_without_the_option_nothing_is_kept() -> None:
    assert serve_options.parse([]).history == 0


@pytest.mark.parametrize("text", ["-1", "1.5", "all", "10001", "٣", ""])
def test_a_number_that_cannot_be_meant_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        serve_options.parse([f"--history={text}"])
    assert f"{text!r} is not allowed, whole numbers from 0 (none) to 10000 are" in capsys.readouterr().err


def test_what_somebody_said_is_past_for_the_others_and_for_themselves_when_they_come_back() -> None:
    with Server(port=0, history=5) as server:
        with Peer(server.address, "ann") as ann:
            ann.send("SAY hello\nQUIT\n")
            ann.until("BYE")
        with Peer(server.address, "ann") as ann:
            assert ann.expect("PAST") == "PAST ann hello"
