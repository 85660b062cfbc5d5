import threading
from collections.abc import Iterator

import pytest
from ipywidgets import Button

from chatkit.capture.live import LiveCapture
from chatkit.capture.wire_capture import WireCapture
from chatkit.errors import MisuseError
from chatkit.faces.notebook import classroom
from chatkit.faces.notebook.classroom import Classroom, side_by_side
from chatkit.faces.notebook.stand_in import StandIn
from chatkit.faces.tk.window_process import WindowProcess
from chatkit.faces.wire import words
from chatkit.faces.wire.growing import Growing
from chatkit.lan.lan import Lan
from chatkit.net.event import What
from tests.needs import needs_display, needs_lan, needs_live_capture
from tests.sealed_peer import authority, server_tls
from tests.traces import wait_until

NO_WINDOW = "No window: there is no display."


@pytest.fixture
def room() -> Iterator[Classroom]:
    room = Classroom()
    yield room
    room.close()


@pytest.fixture(autouse=True)
def recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKIT_CAPTURE", "recorded")


def test_a_server_started_again_ends_the_older_one_and_its_clients(room: Classroom) -> None:
    older = room.start_server()
    ann = room.join("ann", older)
    newer = room.start_server()
    assert not ann.connected
    assert older.users == ()
    assert "stopped" in repr(older)
    assert room.join("ann", newer).connected


def test_the_same_port_can_be_used_again_at_once(room: Classroom) -> None:
    port = room.start_server().address[1]
    assert room.start_server(port=port).address[1] == port


def test_joining_again_ends_the_older_client_of_that_name(room: Classroom) -> None:
    server = room.start_server()
    first = room.join("ann", server)
    second = room.join("Ann", server)
    assert (first.connected, second.connected) == (False, True)
    assert server.users == ("Ann",)


def test_clients_of_other_names_stay(room: Classroom) -> None:
    server = room.start_server()
    ann, bob = room.join("ann", server), room.join("bob", server)
    assert ann.connected
    assert bob.connected
    assert server.users == ("ann", "bob")


def test_all_its_threads_let_a_kernel_end(room: Classroom) -> None:
    before = set(threading.enumerate())
    server = room.start_server()
    room.watch(server)
    room.join("ann", server)
    started = set(threading.enumerate()) - before
    assert len(started) >= 6
    assert all(thread.daemon for thread in started)


def test_close_ends_everything_and_may_be_called_twice(room: Classroom) -> None:
    before = set(threading.enumerate())
    server = room.start_server()
    live = room.watch(server)
    ann = room.join("ann", server)
    room.close()
    room.close()
    assert not ann.connected
    assert live.capture.frames
    assert set(threading.enumerate()) <= before


def test_the_button_ends_everything_and_says_so(room: Classroom) -> None:
    ann = room.join("ann", room.start_server())
    button, words = room.end_button().children
    assert isinstance(button, Button)
    button.click()
    assert not ann.connected
    assert words.value.startswith("Ended")


def test_where_a_capture_is_not_allowed_a_recorded_one_says_why(room: Classroom) -> None:
    live = room.watch(room.start_server())
    assert "CHATKIT_CAPTURE=recorded" in live.why_not
    assert live.so_far().source.startswith("RECORDED")


@needs_live_capture
def test_the_capture_so_far_has_the_last_word_that_was_said(room: Classroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHATKIT_CAPTURE")
    server = room.start_server()
    live = room.watch(server)
    ann, bob = room.join("ann", server), room.join("bob", server)
    ann.say("hello, bob")
    bob.wait_for("hello, bob")
    mine, other = live.so_far().conversations
    assert mine.find(b"SAY hello, bob\n")
    assert other.find(b"SAID ann hello, bob\n")


@needs_live_capture
def test_watching_again_ends_the_older_capture(room: Classroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHATKIT_CAPTURE")
    server = room.start_server()
    older, newer = room.watch(server), room.watch(server)
    assert isinstance(older, LiveCapture)
    assert isinstance(newer, LiveCapture)
    assert (older.is_running, newer.is_running) == (False, True)


def test_without_a_display_joining_with_a_window_says_why_not(room: Classroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classroom, "why_no_window", lambda: NO_WINDOW)
    server = room.start_server()
    assert room.join_with_window("carol", server) == NO_WINDOW
    assert server.users == ()


def test_side_by_side_shows_the_boxes_of_all(room: Classroom) -> None:
    server = room.start_server()
    ann, bob = room.join("ann", server), room.join("bob", server)
    assert side_by_side(ann, bob).children == (ann.box, bob.box)


@needs_display
def test_a_window_is_a_client_like_the_others_and_ends_with_them(
    room: Classroom, display: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", display)
    server = room.start_server()
    joined = threading.Event()
    server.subscribe(lambda event: joined.set() if event.what is What.JOINED else None)
    window = room.join_with_window("carol", server)
    assert isinstance(window, WindowProcess)
    assert joined.wait(20)
    assert server.users == ("carol",)
    room.close()
    assert not window.is_open


@needs_display
def test_a_window_can_be_told_whom_to_trust(room: Classroom, display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", display)
    server = room.start_server(tls=server_tls())
    joined = threading.Event()
    server.subscribe(lambda event: joined.set() if event.what is What.JOINED else None)
    room.join_with_window("carol", server, ca=authority().pem)
    assert joined.wait(20)


# ---- on a LAN ----


@pytest.fixture
def on_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is chosen, so a LAN is made where there can be one."""
    monkeypatch.delenv("CHATKIT_CAPTURE")


@pytest.fixture
def lan(room: Classroom, on_the_best: None) -> Lan:
    lan = room.start_lan("server", "ann", "bob")
    assert isinstance(lan, Lan)
    return lan


@needs_lan
def test_on_a_lan_everybody_runs_on_the_host_of_their_name(room: Classroom, lan: Lan) -> None:
    server = room.start_server(lan)
    ann, bob = room.join("ann", server), room.join("bob", server)
    assert server.address[0] == lan["server"].address
    assert ann.address and ann.address[0] == lan["ann"].address
    assert bob.address and bob.address[0] == lan["bob"].address


@needs_lan
def test_on_a_lan_the_wire_is_watched_and_the_last_word_is_there(room: Classroom, lan: Lan) -> None:
    server = room.start_server(lan)
    live = room.watch(server)
    ann, bob = room.join("ann", server), room.join("bob", server)
    ann.say("hello, bob")
    bob.wait_for("hello, bob")
    assert isinstance(live, WireCapture)
    mine, other = live.so_far().conversations
    assert mine.find(b"SAY hello, bob\n")
    assert other.find(b"SAID ann hello, bob\n")


@needs_lan
def test_a_lan_made_again_ends_the_older_one_and_all_that_ran_on_it(room: Classroom, lan: Lan) -> None:
    before = set(threading.enumerate())
    ann = room.join("ann", room.start_server(lan))
    hub = room.start_lan("server", "ann", kind="hub")
    assert hub.wire.kind == "hub"
    assert not ann.connected
    assert len(set(threading.enumerate()) - before) == 1  # of the wire
    assert room.join("ann", room.start_server(hub)).connected


@needs_lan
def test_a_server_that_is_not_on_the_lan_is_joined_from_this_computer(room: Classroom, lan: Lan) -> None:
    server = room.start_server()
    ann = room.join("anybody", server)
    assert ann.address and ann.address[0] == "127.0.0.1"


@needs_lan
def test_close_ends_the_lan_too(room: Classroom, lan: Lan) -> None:
    room.join("ann", room.start_server(lan))
    room.close()
    room.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "chatkit-wire"]


def test_a_name_without_a_host_is_refused_with_the_names_and_the_remedy(room: Classroom) -> None:
    server = room.start_server(room.start_lan("server", "ann"))
    with pytest.raises(MisuseError, match="no host is called 'dave'; there is server, ann: .*'ann', 'dave'"):
        room.join("dave", server)


@pytest.mark.parametrize(
    ("names", "kind"), [((), "switch"), (("ann", "ann"), "switch"), (("a b",), "switch"), (("ann",), "ring")]
)
def test_names_and_kinds_that_no_lan_can_have_are_refused_with_or_without_one(
    room: Classroom, names: tuple[str, ...], kind: str
) -> None:
    with pytest.raises(MisuseError):
        room.start_lan(*names, kind=kind)


def test_without_a_lan_a_stand_in_says_why_and_the_chat_goes_on(
    room: Classroom, on_the_best: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_lan(*names: str, kind: str) -> Lan:
        raise classroom.LanError("Not here. Remedy: sudo sysctl -w <something>")

    monkeypatch.setattr(classroom, "Lan", no_lan)
    lan = room.start_lan("server", "ann", "bob")
    assert isinstance(lan, StandIn)
    assert "Remedy: sudo sysctl -w <something>" in repr(lan)
    assert "sudo sysctl -w &lt;something&gt;" in lan._repr_html_()
    assert room.join("ann", room.start_server(lan)).connected


@pytest.mark.parametrize("choice", ["loopback", "recorded"])
def test_the_environment_can_choose_to_have_no_lan(
    room: Classroom, monkeypatch: pytest.MonkeyPatch, choice: str
) -> None:
    monkeypatch.setenv("CHATKIT_CAPTURE", choice)
    assert f"CHATKIT_CAPTURE={choice}" in repr(room.start_lan("server"))


@needs_lan
@needs_display
def test_a_window_is_a_program_in_the_host_of_its_name(
    room: Classroom, lan: Lan, display: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", display)
    server = room.start_server(lan)
    joined = threading.Event()
    seen = []
    server.subscribe(lambda event: seen.append(event.address) if event.what is What.ACCEPTED else None)
    server.subscribe(lambda event: joined.set() if event.what is What.JOINED else None)
    window = room.join_with_window("bob", server)
    assert isinstance(window, WindowProcess)
    assert joined.wait(20)
    assert [address[0] for address in seen if address] == [lan["bob"].address]
    room.close()
    assert not window.is_open


@needs_lan
def test_a_display_that_no_host_can_reach_is_said(room: Classroom, lan: Lan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", "localhost:10.0")
    assert "the host ann has none that leads there" in str(room.join_with_window("ann", room.start_server(lan)))


def test_a_wire_view_of_a_server_ends_with_it_and_with_the_next_view(room: Classroom) -> None:
    before = set(threading.enumerate())
    server = room.start_server()
    first = room.wire_view(server)
    room.wire_view(server)
    assert "RECORDED" in first.text()
    room.close()
    assert set(threading.enumerate()) <= before


@needs_lan
def test_on_a_lan_the_wire_view_shows_the_calls_of_the_server(
    room: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATKIT_CAPTURE", "")
    server = room.start_server(room.start_lan("server", "ann"))
    view = room.wire_view(server)
    ann = room.join("ann", server)
    ann.say("hello")
    wait_until(lambda: "recv() 10 bytes" in view.text(), "the call that reads it")
    view.close()
    assert view.scene.talks[0].client.name == "ann"
    numbers = [segment.frame for segment in view.scene.conversation(view.scene.talks[0]).segments]
    assert numbers == list(range(1, len(numbers) + 1)), "as in a capture of the port of the server"
    told = "\n".join(words.row(view.scene.step(place), 0.0) for place in range(len(view.scene.entries)))
    assert "ann → server  SYN" in told
    assert "server calls accept() in chat-accept" in told
    assert "server calls recv() 10 bytes in chat-reader-1" in told


@needs_live_capture
def test_without_a_lan_the_wire_view_follows_a_live_capture(room: Classroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKIT_CAPTURE", "loopback")
    server = room.start_server()
    view = room.wire_view(server)
    room.join("ann", server)
    room.close()
    assert isinstance(view.scene, Growing)
