"""Attacks as a notebook shows them, on a LAN and as they were recorded."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatkit.capture.capture import Capture
from chatkit.capture.recorded import FOLDER
from chatkit.faces.notebook.attack_views import ByHand, attempt, call_by_hand, flood, look, next_number
from chatkit.faces.notebook.eve_views import HOSTS
from chatkit.faces.notebook.stand_in import StandIn
from chatkit.faces.recordings.attacks import main
from chatkit.lan.lan import Lan
from chatkit.net.server import Server
from tests.needs import needs_lan

ALIVE = "ann's program    recv() waits for more: nothing has happened"
DEAD = "ann's program    recv() has raised ConnectionResetError: Connection reset by peer"
GONE = "ann's kernel     knows of no such connection"
NOT_HERE = StandIn(HOSTS, "It is locked.")


@pytest.fixture
def ann() -> Iterator[ByHand]:
    """Her end of a chat, on a hub."""
    with Lan(*HOSTS, kind="hub") as lan, Server(0, host=lan["server"]) as server:
        ann = call_by_hand(lan, server)
        ann.say("JOIN ann")
        yield ann
        ann.close()


@pytest.fixture
def nobody() -> Iterator[ByHand]:
    """The same without a LAN."""
    with Server(0) as server:
        ann = call_by_hand(NOT_HERE, server)
        yield ann
        ann.close()


@needs_lan
def test_a_moment_says_what_was_forged_who_answered_and_what_all_know(ann: ByHand) -> None:
    inside = attempt(ann, next_number(ann) + 7, "")
    assert [line.split()[0] for line in inside.lines] == ["forged", "from", "ann's", "ann's", "server's"]
    assert ALIVE in inside.lines
    exact = attempt(ann, next_number(ann), "")
    assert f"<SEQ={next_number(ann)}><CTL=RST>" in exact.lines[0]
    assert exact.lines[1:] == (DEAD, GONE, "server's kernel  ESTABLISHED")


@needs_lan
def test_how_it_ended_is_remembered(ann: ByHand) -> None:
    attempt(ann, next_number(ann), "")
    assert DEAD in look(ann, "").lines and DEAD in look(ann, "").lines
    assert "ConnectionResetError" in repr(ann)


def test_a_server_that_stops_is_the_end_of_the_stream() -> None:
    with Server(0) as server:
        ann = call_by_hand(NOT_HERE, server)
        ann.say("JOIN ann")
        assert ann.knows.startswith("recv() waits")
    assert ann.knows == "recv() has given the end of the stream"
    ann.close()


def test_who_calls_anew_hangs_up_first() -> None:
    with Server(0) as server:
        first = call_by_hand(NOT_HERE, server)
        second = call_by_hand(NOT_HERE, server)
        with pytest.raises(OSError, match="Bad file descriptor"):
            first.say("JOIN ann")
        second.close()


@needs_lan
def test_a_flood_shuts_a_door_and_cookies_open_it() -> None:
    with Lan(*HOSTS) as lan:
        shut, opened = (flood(lan, syn_cookies=syn_cookies).lines for syn_cookies in (False, True))
    assert shut[3] == "bob calls:       no answer within 2 s" and len(shut) == 5
    assert opened[3] == "bob calls:       connected"
    assert opened[4].endswith("options mss=1460 window_scale=10 sack_permitted")
    assert opened[5].endswith("options mss=1460")


@pytest.mark.parametrize(
    ("name", "line"),
    [("blind", ALIVE), ("relative", ALIVE), ("in-window", ALIVE), ("exact", DEAD), ("afterwards", DEAD)],
)
def test_without_a_lan_each_moment_is_recorded_and_says_why(nobody: ByHand, name: str, line: str) -> None:
    moment = look(nobody, name) if name == "afterwards" else attempt(nobody, next_number(nobody), name)
    assert line in moment.lines
    assert "RECORDED" in repr(moment) and "it was not played here: It is locked." in repr(moment)
    last = moment.capture.frames[-1].number
    assert any(f"frame {last} " in line for line in moment.lines)


def test_without_a_lan_a_flood_is_recorded() -> None:
    assert "bob calls:       no answer within 2 s" in flood(NOT_HERE, syn_cookies=False).lines
    assert "bob calls:       connected" in flood(NOT_HERE, syn_cookies=True).lines[3]


@needs_lan
@pytest.mark.slow
def test_the_command_makes_every_recording_that_the_kit_brings(tmp_path: Path) -> None:
    assert main([str(tmp_path / "new")]) == 0
    made = {path.name for path in (tmp_path / "new").iterdir()}
    assert made == {path.name for pattern in ("spy-*", "attack-*") for path in FOLDER.glob(pattern)}
    assert len(Capture.read(tmp_path / "new" / "attack-resets.pcap").conversations) == 1
