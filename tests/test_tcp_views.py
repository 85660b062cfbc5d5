"""Experiments with TCP, on a LAN and on this computer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatkit.capture.capture import Capture
from chatkit.capture.recorded import recorded
from chatkit.faces.notebook.kernel_table import KernelTable
from chatkit.faces.notebook.stand_in import StandIn
from chatkit.faces.notebook.tcp_views import calls, catching, kill_a_client, restart
from chatkit.faces.recordings import tcp as tcp_recording
from chatkit.lan.lan import Lan
from chatkit.net.server import Server
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import Flag
from chatkit.tcp.states import State
from chatkit.tcp.teardown import Ending
from tests.needs import needs_lan, needs_linux, needs_live_capture

NAMES = ("server", "ann", "bob")


@pytest.fixture(params=[pytest.param("lan", marks=needs_lan), pytest.param("loopback", marks=needs_live_capture)])
def lan(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lan | StandIn]:
    is_real = request.param == "lan"
    monkeypatch.setenv("CHATKIT_CAPTURE", "" if is_real else "loopback")
    with Lan(*NAMES) if is_real else StandIn(NAMES, "Not here.") as lan:
        yield lan


def _flags(talk: Conversation) -> list[str]:
    return [str(segment.flags & ~Flag.PSH) for segment in talk.segments]


def _turns(talk: Conversation) -> list[str]:
    """What takes a number: a pure ACK may ride on it, or go before."""
    return [str(segment.flags) for segment in talk.segments if segment.length]


@needs_linux
def test_a_backlog_of_one_has_room_for_two_and_lets_the_third_wait(lan: Lan | StandIn) -> None:
    with lan["server"].listen(0) as door, catching(lan, door.getsockname()[1], "backlog-full") as live:
        door.listen(1)
        answers = calls(lan, door, 3)
    assert [answer.split(", from")[0] for answer in answers] == [
        "call 1: connected",
        "call 2: connected",
        "call 3: no answer within 0.3 s",
    ]
    assert [_flags(talk)[:3] for talk in live.stop().conversations] == [["SYN", "SYN,ACK", "ACK"]] * 2 + [["SYN"]]


def test_a_program_that_is_killed_still_sends_a_fin(lan: Lan | StandIn) -> None:
    with Server(0, host=lan["server"]) as server, catching(lan, server.address[1], "killed") as live:
        assert kill_a_client(lan["bob"], server).startswith("HELLO chat/1")
    [talk] = live.stop().conversations
    assert talk.teardown.ending is Ending.CLOSED and talk.teardown.first == talk.client


@needs_linux
@pytest.mark.parametrize("reuse", [False, True])
def test_a_server_that_closed_first_has_its_port_again_only_with_reuse_address(lan: Lan | StandIn, reuse: bool) -> None:
    found = restart(lan, reuse_address=reuse)
    [talk] = found.capture.conversations
    assert talk.teardown.first == talk.server == (lan["server"].address, found.port)
    assert isinstance(found.sockets, KernelTable)
    rows = [row for row in found.sockets.rows if row.here.startswith(talk.server[0])]  # on ::1 is somebody else
    assert [(row.state, row.has_program) for row in rows] == [(State.TIME_WAIT, False)]
    assert bool(found.trouble) is not reuse
    assert ("bind() fails: " in repr(found)) is not reuse


def test_where_nothing_can_be_caught_a_recorded_capture_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKIT_CAPTURE", "recorded")
    found = restart(StandIn(NAMES, "Not here."), reuse_address=True)
    assert found.capture.source == recorded("restart").source
    assert found.trouble == ""


@needs_lan
def test_what_is_recorded_can_be_recorded_again_and_differs_at_most_in_pure_acks(tmp_path: Path) -> None:
    assert tcp_recording.main([str(tmp_path)]) == 0
    paths = set(tmp_path.glob("*.pcap")) - {tmp_path / "slow-start.pcap"}
    for path in paths:
        old, new = recorded(path.stem).conversations, Capture.read(path).conversations
        assert [*map(_turns, new)] == [*map(_turns, old)]
