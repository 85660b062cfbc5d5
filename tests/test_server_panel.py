"""The panel of a server: what its events tell is what is shown, and its buttons do what they say."""

import threading
from collections.abc import Callable, Iterator

import pytest
from ipywidgets import Button

from chatkit.errors import MachineError, MisuseError
from chatkit.faces import server_panel
from chatkit.faces.classroom_ca import Authority
from chatkit.faces.notebook.classroom import Classroom
from chatkit.faces.server_panel import MISSED, ServerPanel
from chatkit.faces.widgets import server_html
from chatkit.faces.widgets.server_html import MAX_ROWS
from chatkit.faces.widgets.server_story import MAX_LINES, SPAN, Guest, ServerStory
from chatkit.lan.lan import Lan
from chatkit.net.event import Event, What
from chatkit.net.server import Server
from tests.needs import needs_lan
from tests.peer import Peer

ANN = ("10.0.0.2", 40000)
SERVER = ("10.0.0.1", 9898)
PATIENCE = 5.0


def _told(*events: Event) -> ServerStory:
    story = ServerStory()
    for event in events:
        story.tell(event)
    return story


def _joined() -> list[Event]:
    return [
        Event(What.LISTENING, address=SERVER),
        Event(What.ACCEPTED, address=ANN),
        Event(What.RECEIVED, address=ANN, thread="chat-reader-1"),
        Event(What.JOINED, "ann", ANN),
    ]


# ---- the story ----


def test_a_guest_has_a_name_an_address_and_a_thread() -> None:
    assert _told(*_joined()).guests == {ANN: Guest(ANN, "ann", "chat-reader-1")}


def test_who_has_not_joined_is_shown_as_such() -> None:
    assert "not joined" in server_html.users(_told(*_joined()[:3]))
    assert "Users (0)" in server_html.users(_told(*_joined()[:3]))


@pytest.mark.parametrize("what", [What.LEFT, What.CLOSED])
def test_who_is_gone_is_not_shown_any_more(what: What) -> None:
    assert _told(*_joined(), Event(what, "ann", ANN), Event(What.RECEIVED, address=ANN)).guests == {}


def test_messages_are_counted_in_the_second_in_which_they_came() -> None:
    said = [Event(What.SAID, "ann", ANN, when=when) for when in (100.1, 100.9, 102.5, 102.6, 102.7)]
    story = _told(*_joined(), *said)
    assert story.guests[ANN].messages == 5
    assert story.per_second(103.2)[-3:] == [2, 0, 3]
    assert story.per_second(102.9)[-3:] == [0, 2, 0]  # the second that is not over is not counted yet
    assert sum(story.per_second(103.0 + SPAN)) == 0


def test_what_is_older_than_the_graph_is_forgotten() -> None:
    said = [Event(What.SAID, "ann", ANN, when=float(when)) for when in range(10 * SPAN)]
    assert len(_told(*_joined(), *said).messages) == SPAN + 1


def test_the_graph_says_in_words_what_it_shows() -> None:
    said = [Event(What.SAID, "ann", ANN, when=when) for when in (100.0, 101.0, 101.5)]
    drawn = server_html.graph(_told(*_joined(), *said), 102.0)
    assert 'aria-label="Messages per second: 2 in the last second; at most 2 in one; 3 in the last 60 s"' in drawn
    assert drawn.count("<rect") == 2


def test_the_log_has_its_last_lines_and_says_how_many_are_older() -> None:
    troubles = [Event(What.TROUBLE, text=f"number {number}") for number in range(MAX_LINES + 3)]
    shown = server_html.log(_told(*troubles))
    assert "3 older lines are not shown" in shown
    assert f"number {MAX_LINES + 2}" in shown
    assert "number 2<" not in shown and "number 2\n" not in shown


def test_many_users_are_counted_and_not_all_shown() -> None:
    events = [Event(What.ACCEPTED, address=("10.0.0.2", port)) for port in range(MAX_ROWS + 5)]
    shown = server_html.users(_told(*events))
    assert shown.count("<tr>") == MAX_ROWS + 1
    assert "and 5 more" in shown


def test_names_and_lines_are_escaped() -> None:
    evil = "<img src=x>"
    story = _told(*_joined()[:3], Event(What.JOINED, evil, ANN), Event(What.TROUBLE, text=evil))
    for shown in (server_html.users(story), server_html.log(story), server_html.trouble(evil)):
        assert "<img" not in shown
        assert "&lt;img" in shown


# ---- the panel ----


@pytest.fixture
def panel() -> Iterator[ServerPanel]:
    panel = ServerPanel()
    yield panel
    panel.close()


def _button(panel: ServerPanel, words: str) -> Button:
    buttons = panel.box.children[1].children[1].children
    return next(button for button in buttons if button.description == words)


def _shown(panel: ServerPanel) -> str:
    return "".join(part.value for part in (panel.box.children[1].children[0], *panel.box.children[2:]))


def _until(panel: ServerPanel, is_wanted: Callable[[str], bool]) -> str:
    """Wait until the panel shows it: each painting changes one of its parts."""
    painted = threading.Event()
    parts = [panel.box.children[1].children[0], *panel.box.children[2:]]
    for part in parts:
        part.observe(lambda _: painted.set(), "value")
    while not is_wanted(shown := _shown(panel)):
        assert painted.wait(PATIENCE), shown
        painted.clear()
    return shown


def test_it_starts_at_once_and_says_what_to_type(panel: ServerPanel) -> None:
    port = panel.address[1]
    shown = _until(panel, lambda shown: "listening" in shown)
    assert f"● listening on <code>127.0.0.1:{port}</code>" in shown
    assert f"python3 -m chatkit chat 127.0.0.1:{port}" in shown
    assert f"nc 127.0.0.1 {port}" in shown


def test_who_joins_is_shown_with_address_and_thread(panel: ServerPanel) -> None:
    with Peer(panel.address, "ann"):
        shown = _until(panel, lambda shown: "Users (1)" in shown)
        assert "<bdi>ann</bdi>" in shown
        assert "chat-reader-1" in shown
        assert "ann joined" in shown
    _until(panel, lambda shown: "Users (0)" in shown)


def test_stop_says_bye_and_start_comes_back_at_the_same_port(panel: ServerPanel) -> None:
    address = panel.address
    with Peer(address, "ann") as ann:
        _button(panel, "Stop").click()
        ann.until("BYE")
    _until(panel, lambda shown: "stopped" in shown)
    _button(panel, "Start").click()
    assert panel.address == address
    with Peer(address, "bob"):
        _until(panel, lambda shown: "bob joined" in shown)


def test_start_while_it_runs_changes_nothing(panel: ServerPanel) -> None:
    server = panel.server
    panel.start()
    assert panel.server is server


def test_what_goes_wrong_is_shown_in_the_panel(panel: ServerPanel) -> None:
    panel.stop()
    with Server(panel.address[1]):
        _until(panel, lambda shown: "stopped" in shown)
        _button(panel, "Start").click()
        _until(panel, lambda shown: 'role="alert"' in shown)
    assert "stopped" in repr(panel)


def test_a_port_that_is_taken_leaves_no_thread_behind() -> None:
    with Server(0) as other, pytest.raises(MachineError):
        ServerPanel(port=other.address[1])


def test_more_than_can_be_shown_is_said(panel: ServerPanel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_panel, "MAX_WAITING", 0)
    with Peer(panel.address):
        pass
    panel.stop()
    _until(panel, lambda shown: MISSED in shown)
    monkeypatch.undo()


def test_after_close_it_shows_what_was_and_cannot_start(panel: ServerPanel) -> None:
    panel.close()
    panel.close()
    assert "○ stopped" in _shown(panel)
    assert _button(panel, "Start").disabled
    with pytest.raises(MisuseError, match="run its cell again"):
        panel.start()


# ---- in a class ----


def test_its_cell_can_be_run_again_and_its_end_is_that_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKIT_CAPTURE", "recorded")
    before = set(threading.enumerate())
    room = Classroom()
    older, newer = room.server_panel(), room.server_panel()
    assert "stopped" in repr(older)
    assert room.join("ann", newer.server).connected
    assert all(thread.daemon for thread in set(threading.enumerate()) - before)
    room.close()
    assert "stopped" in repr(newer)
    assert set(threading.enumerate()) <= before


def test_with_tls_it_seals_says_so_and_comes_back_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKIT_CAPTURE", "recorded")
    authority, room = Authority(), Classroom()
    panel = room.server_panel(tls=authority.server_context("127.0.0.1"))
    shown = _until(panel, lambda shown: "sealed with TLS" in shown)
    assert "join(&quot;ann&quot;, panel.server, tls=trust)" in shown and "nc " not in shown
    for _ in range(2):
        assert room.join("ann", panel.server, tls=authority.client_context()).connected
        with Peer(panel.address) as plain:
            plain.send("JOIN bob\n")
            assert plain.rest().startswith("ERROR needs-tls")
        panel.stop()
        panel.start()
    room.close()


@needs_lan
def test_on_a_lan_it_says_who_may_connect() -> None:
    with Lan("server", "ann") as lan:
        panel = ServerPanel(lan["server"])
        shown = _until(panel, lambda shown: "listening" in shown)
        panel.close()
    assert "10.0.0.1" in shown
    assert "join(&quot;ann&quot;, panel.server)" in shown
