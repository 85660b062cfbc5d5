"""A notebook makes one call of a socket in a cell, and sees what it put on the wire."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatkit.capture.recorded import recorded
from chatkit.errors import MisuseError
from chatkit.faces.notebook import socket_views
from chatkit.faces.notebook.socket_views import PATIENCE, Calls, Poured, Step, Told, pour, watch_calls
from chatkit.faces.notebook.stand_in import StandIn
from chatkit.lan.lan import Lan
from tests.needs import needs_lan, needs_live_capture

STAND_IN = StandIn(("server", "ann"), "Not here.")
TALK = recorded("first-words")


def connect(calls: Calls, lan: Lan | StandIn) -> tuple[socket.socket, socket.socket]:
    """Both ends of a connection; the server's has not been accepted: the listener is given."""
    listener = calls.keep(lan["server"].listen(calls.port))
    calls.after("listener.listen")
    ann = calls.keep(lan["ann"].socket(socket.AF_INET, socket.SOCK_STREAM))
    ann.connect((lan["server"].address, calls.port))
    return listener, ann


def says_what_each_call_sent(lan: Lan | StandIn, source: str) -> None:
    calls = watch_calls(lan, instead="sockets")
    listener, ann = connect(calls, lan)
    calls.after("ann.connect")
    ann.send(b"hello\n")
    told = calls.after("ann.send")
    assert repr(told).splitlines()[:3] == [
        "listener.listen  nothing",
        "ann.connect      1 --> SYN,  2 <-- SYN,ACK,  3 --> ACK",
        'ann.send         4 --> PSH,ACK "hello\\n",  5 <-- ACK',
    ]
    assert source in repr(told) and source in told._repr_html_()
    assert told.silent == ["listener.listen"]
    assert told.ladder and told.ladder.highlight == 4
    with calls.keep(listener.accept()[0]) as accepted:
        assert accepted.recv(100) == b"hello\n"
    calls.close()


@needs_lan
def test_on_a_lan_each_call_is_told_with_what_it_put_on_the_wire(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHATKIT_CAPTURE", raising=False)
    with Lan("server", "ann") as lan:
        says_what_each_call_sent(lan, "the wire of a private LAN")


@needs_live_capture
def test_on_loopback_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKIT_CAPTURE", "loopback")
    says_what_each_call_sent(STAND_IN, "caught live on ")


# ---- where nothing can be caught ----


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    monkeypatch.setenv("CHATKIT_CAPTURE", "recorded")
    calls = watch_calls(STAND_IN, instead="sockets")
    yield calls
    calls.close()


def test_a_recorded_capture_stands_where_it_stood_after_the_same_call(calls: Calls) -> None:
    assert len(calls.capture) == 0
    assert "Nothing has crossed the wire so far (RECORDED" in repr(calls.after("ann.socket"))
    assert len(calls.after("ann.connect").capture) == 3
    assert len(calls.after("ann.send").capture) == 5
    assert len(calls.after("listener.accept").capture) == 5
    assert "CHATKIT_CAPTURE=recorded" in repr(calls.capture)


def test_a_call_that_the_recording_does_not_know_is_not_said_to_be_silent(calls: Calls) -> None:
    calls.after("ann.connect")
    told = calls.after("ann.setsockopt")
    assert "ann.setsockopt  not in the recording" in repr(told)
    assert told.silent == []
    assert len(told.capture) == 3


def test_a_call_that_is_left_out_leaves_its_segments_to_nobody_else(calls: Calls) -> None:
    calls.after("ann.connect")
    told = calls.after("connection.send, ann.recv")
    assert '6 <-- PSH,ACK "good morning\\n"' in repr(told).splitlines()[1]
    assert "hello" not in repr(told).splitlines()[1]


def test_a_call_made_once_more_takes_nothing_from_the_recording_away(calls: Calls) -> None:
    calls.after("ann.send")
    assert len(calls.after("ann.connect").capture) == 5


def test_a_recording_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKIT_CAPTURE", "recorded")
    with pytest.raises(MisuseError, match="sockets"):
        watch_calls(STAND_IN, instead="plugs")


def test_what_was_saved_is_what_is_read(calls: Calls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for call in ("ann.socket", "ann.connect", "ann.send"):
        calls.after(call)
    calls.save("mine", tmp_path)
    monkeypatch.setattr(socket_views, "FOLDER", tmp_path)
    assert socket_views._read_steps("mine") == {"ann.socket": (0, 0), "ann.connect": (0, 3), "ann.send": (3, 5)}
    assert (tmp_path / "mine.pcap").exists()


# ---- sockets ----


def test_a_socket_that_is_kept_does_not_wait_for_ever_and_is_closed_with_the_others(calls: Calls) -> None:
    kept = calls.keep(socket.socket())
    assert kept.gettimeout() == PATIENCE
    calls.close()
    calls.close()
    assert kept.fileno() == -1


def test_who_watches_again_ends_what_was_watched_before(calls: Calls) -> None:
    kept = calls.keep(socket.socket())
    watch_calls(STAND_IN, instead="sockets").close()
    assert kept.fileno() == -1


# ---- how it is told ----


def test_many_segments_of_one_call_are_counted() -> None:
    told = Told((Step("all", (0, len(TALK))),), TALK)
    assert f"and {len(TALK.segments) - 6} more" in repr(told).splitlines()[0]


def test_the_ladder_is_that_of_the_conversation_that_went_on_last() -> None:
    first, second = TALK.conversations
    told = Told((Step("all", (0, len(TALK))),), TALK)
    assert told.ladder and told.ladder.conversation == max(first, second, key=lambda talk: talk.segments[-1].frame)


def test_calls_are_escaped() -> None:
    told = Told((Step("<b>send</b>", (0, len(TALK))),), TALK)
    assert "&lt;b&gt;send" in told._repr_html_() and "<b>send" not in told._repr_html_()


# ---- pour ----


@pytest.mark.parametrize("size", [0, 1, 150_000, 5_000_000])
def test_all_that_is_poured_arrives_whatever_the_calls_took(size: int) -> None:
    with (
        STAND_IN["server"].listen(0) as listener,
        STAND_IN["ann"].connect(listener.getsockname()) as ann,
        listener.accept()[0] as accepted,
    ):
        poured = pour(b"x" * size, ann, accepted)
        assert sum(poured.sends) == sum(poured.recvs) == size
        assert ann.gettimeout() is not None


def test_what_was_poured_is_shown_in_a_sentence_for_each_end() -> None:
    assert repr(Poured((7,), (4, 3))) == "1 send, which took 7 bytes\n2 recvs, which gave 4, 3 bytes"
    assert repr(Poured((1,) * 7, (7,))).splitlines()[0] == "7 sends, which took 1, 1, 1, 1, 1, 1, ... bytes"
