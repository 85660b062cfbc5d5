import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from ipywidgets import HTML, Button, Checkbox, Password, Text

from chatkit import Server
from chatkit.errors import MisuseError, PeerError, Refused
from chatkit.faces import chat_widget
from chatkit.faces.backoff import Backoff
from chatkit.faces.chat import Chat
from chatkit.faces.chat_widget import ChatWidget
from tests.peer import Peer

PATIENCE = 5.0

Open = Callable[..., ChatWidget]


@pytest.fixture
def open_chat(server: Server) -> Iterator[Open]:
    with ExitStack() as stack:

        def open_one(*arguments: object, **named: object) -> ChatWidget:
            chat = ChatWidget(*arguments, **named)  # type: ignore[arg-type]
            stack.callback(chat.close)
            return chat

        yield open_one


def parts(chat: ChatWidget) -> list[object]:
    """Every widget in it."""
    found, waiting = [], [chat.box]
    while waiting:
        found.append(waiting.pop(0))
        waiting += getattr(found[-1], "children", ())
    return found


def seen(chat: ChatWidget) -> str:
    """All HTML that stands in it."""
    return "".join(part.value for part in parts(chat) if isinstance(part, HTML))


def wait_until(condition: Callable[[], bool]) -> None:
    """Widgets tell nobody that they were painted: look often."""
    deadline = threading.Event()
    for _ in range(int(PATIENCE / 0.01)):
        if condition():
            return
        deadline.wait(0.01)
    raise AssertionError("it did not come true in time")


def button(chat: ChatWidget, words: str) -> Button:
    return next(part for part in parts(chat) if isinstance(part, Button) and part.description == words)


def line(chat: ChatWidget, label: str) -> Text:
    return next(part for part in parts(chat) if isinstance(part, Text) and part.description == label)


def type_and_enter(chat: ChatWidget, text: str) -> None:
    message = line(chat, "Message")
    message._handle_custom_msg({"event": "submit"}, [])
    message.set_state({"value": text})


def is_shown(part: object) -> bool:
    return part.layout.display != "none"  # type: ignore[attr-defined]


def test_with_a_name_it_is_connected_when_the_cell_is_done(server: Server, open_chat: Open) -> None:
    ann = open_chat("ann", server.address)
    assert ann.connected
    assert ann.address is not None
    assert ann.users == server.users == ("ann",)


def test_what_ann_types_bob_reads_and_both_see_the_users(server: Server, open_chat: Open) -> None:
    ann, bob = open_chat("ann", server.address), open_chat("bob", server.address)
    type_and_enter(ann, "hello, bob")
    assert bob.wait_for("hello").endswith(" ann: hello, bob")
    wait_until(lambda: "hello, bob" in seen(ann) and "hello, bob" in seen(bob))
    wait_until(lambda: "Users (2)" in seen(ann) and "Users (2)" in seen(bob))
    assert line(ann, "Message").value == ""


def test_the_button_sends_too(server: Server, open_chat: Open) -> None:
    ann, bob = open_chat("ann", server.address), open_chat("bob", server.address)
    line(ann, "Message").set_state({"value": "by button"})
    button(ann, "Send").click()
    assert bob.wait_for("by button")


def test_a_cell_can_say_something_and_it_is_sent_when_it_returns(server: Server, open_chat: Open) -> None:
    ann, bob = open_chat("ann", server.address), open_chat("bob", server.address)
    for number in range(20):
        ann.say(f"number {number}")
    assert bob.wait_for("number 19")
    ann.say("/not a command, said as it stands")
    assert bob.wait_for("/not a command").endswith("ann: /not a command, said as it stands")


def test_what_cannot_be_said_raises_in_the_cell(server: Server, open_chat: Open) -> None:
    ann = open_chat("ann", server.address)
    with pytest.raises(MisuseError, match="no text"):
        ann.say("  ")
    with pytest.raises(MisuseError, match="at most 8000"):
        ann.say("x" * 8001)
    ann.disconnect()
    with pytest.raises(MisuseError, match="not connected"):
        ann.say("hello?")


def test_waiting_for_what_nobody_says_ends(
    server: Server, open_chat: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_widget, "PATIENCE", 0.05)
    with pytest.raises(PeerError, match="no message with"):
        open_chat("ann", server.address).wait_for("hello")


def test_a_text_that_is_refused_stays_where_it_was_typed(server: Server, open_chat: Open) -> None:
    ann = open_chat("ann", server.address)
    type_and_enter(ann, "/nonsense")
    wait_until(lambda: "/nonsense is not a command" in seen(ann))
    assert line(ann, "Message").value == "/nonsense"
    type_and_enter(ann, "hello")
    wait_until(lambda: "/nonsense" not in seen(ann))


def test_what_a_callback_raises_is_shown(
    server: Server, open_chat: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = open_chat("ann", server.address)

    def fail(typed: str) -> str:
        raise ZeroDivisionError("a mistake")

    monkeypatch.setattr(ann._chat, "enter", fail)
    button(ann, "Send").click()
    wait_until(lambda: "chatkit has a mistake here: ZeroDivisionError" in seen(ann))


def test_disconnect_is_seen_by_all_and_reconnect_takes_it_up_again(server: Server, open_chat: Open) -> None:
    ann, bob = open_chat("ann", server.address), open_chat("bob", server.address)
    button(bob, "Disconnect").click()
    wait_until(lambda: "Users (1)" in seen(ann) and "bob left" in seen(ann))
    wait_until(lambda: "not connected" in seen(bob) and "You left the chat." in seen(bob))
    wait_until(lambda: is_shown(button(bob, "Reconnect")) and not is_shown(button(bob, "Disconnect")))
    button(bob, "Reconnect").click()
    wait_until(lambda: "Users (2)" in seen(ann) and "Users (2)" in seen(bob))


def test_a_cell_can_disconnect_and_reconnect(server: Server, open_chat: Open) -> None:
    ann = open_chat("ann", server.address)
    first = ann.address
    ann.disconnect("see you")
    assert (ann.connected, ann.address) == (False, None)
    for _ in "from outside", "from inside":
        ann.reconnect()
        assert ann.connected
        assert ann.address not in (None, first)
        first = ann.address


def test_without_a_name_it_asks_and_the_form_connects(server: Server, open_chat: Open) -> None:
    chat = open_chat()
    assert "not connected" in seen(chat)
    assert (line(chat, "Server").value, line(chat, "Port").value) == ("127.0.0.1", "9898")
    line(chat, "Name").set_state({"value": "ann"})
    line(chat, "Port").set_state({"value": str(server.address[1])})
    button(chat, "Connect").click()
    wait_until(lambda: chat.connected and "Users (1)" in seen(chat))


WRONG_LOGINS = {
    "no name": ("", "127.0.0.1", None, "Type a name"),
    "a bad name": ("a b", "127.0.0.1", None, "has a space in it"),
    "a name that is taken": ("ANN", "127.0.0.1", None, "is here already"),
    "a port that is no number": ("eve", "127.0.0.1", "ninety", "is no address"),
    "a port that is too high": ("eve", "127.0.0.1", "65536", "is no address"),
    "a port where nobody listens": ("eve", "127.0.0.1", "1", "Nobody listens on 127.0.0.1 port 1"),
}


@pytest.mark.parametrize("case", WRONG_LOGINS)
def test_a_wrong_login_is_explained_where_the_user_looks(
    server: Server, open_chat: Open, case: str
) -> None:
    name, host, port, sentence = WRONG_LOGINS[case]
    open_chat("ann", server.address)
    chat = open_chat("", (host, server.address[1]))
    line(chat, "Name").set_state({"value": name})
    if port:
        line(chat, "Port").set_state({"value": port})
    button(chat, "Connect").click()
    wait_until(lambda: sentence in seen(chat).replace("&quot;", '"'))
    assert not chat.connected


def test_the_field_to_change_is_marked(server: Server, open_chat: Open) -> None:
    open_chat("ann", server.address)
    chat = open_chat("ann", server.address)
    form = chat._form.box
    wait_until(lambda: "ck-blame-name" in form._dom_classes)
    line(chat, "Name").set_state({"value": "eve"})
    button(chat, "Connect").click()
    wait_until(lambda: chat.connected and "ck-blame-name" not in form._dom_classes)


def test_the_password_of_a_room_is_asked_for_and_not_kept_in_the_page(open_chat: Open) -> None:
    with Server(port=0, password="swordfish") as server:
        chat = open_chat("ann", server.address)
        password = line(chat, "Room password")
        assert isinstance(password, Password)
        wait_until(lambda: is_shown(password) and "ck-blame-password" in chat._form.box._dom_classes)
        for typed, then in (("swordfisch", "that is not the room"), ("swordfish", "● connected")):
            password.set_state({"value": typed})
            button(chat, "Connect").click()
            assert password.value == ""
            wait_until(lambda then=then: then in seen(chat))  # type: ignore[misc]
        chat.reconnect()
        assert chat.connected


def test_a_server_that_ends_is_noticed(open_chat: Open) -> None:
    with Server(port=0) as server:
        ann = open_chat("ann", server.address)
    wait_until(lambda: "The server said BYE" in seen(ann))
    assert "not connected" in seen(ann)


def test_a_chat_that_keeps_reconnecting_says_when_and_comes_back(
    open_chat: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(Chat.__init__.__kwdefaults__, "backoff", Backoff(first=0.001, most=0.01))
    with Server(port=0) as server:
        ann = open_chat("ann", server.address, reconnect=True)
    wait_until(lambda: "Nobody listens" in seen(ann) and "Trying again" in seen(ann))
    assert is_shown(ann._waiting) and is_shown(ann._bottom) and not is_shown(ann._form.box)
    type_and_enter(ann, "hello?")
    wait_until(lambda: "Not sent: not connected." in seen(ann))
    with Server(port=server.address[1]):
        wait_until(lambda: "Connected again: you are ann." in seen(ann) and "Users (1)" in seen(ann))
        assert "The server said BYE: the server is closing." in seen(ann)
        wait_until(lambda: not is_shown(ann._waiting))
        assert line(ann, "Message").value == "hello?"
        ann.close()


@pytest.mark.parametrize("words", ["Try now", "Stop trying"])
def test_a_wait_can_be_ended_or_cut_short(open_chat: Open, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    monkeypatch.setitem(Chat.__init__.__kwdefaults__, "backoff", Backoff(90.0, 90.0, lambda: 1.0))
    with Server(port=0) as server:
        ann = open_chat("ann", server.address)
        box = next(part for part in parts(ann) if isinstance(part, Checkbox))
        box.value = True
    wait_until(lambda: "(try 1)." in seen(ann))
    button(ann, words).click()
    if words == "Try now":
        wait_until(lambda: "(try 2)." in seen(ann))
    else:
        wait_until(lambda: "You stopped trying to reconnect." in seen(ann) and is_shown(ann._form.box))


def test_what_others_say_is_new_until_one_speaks_or_says_so(server: Server, open_chat: Open) -> None:
    ann, bob = open_chat("ann", server.address), open_chat("bob", server.address)
    bob.say("one")
    bob.say("two")
    wait_until(lambda: "2 new</div>" in seen(ann) and is_shown(ann._read))
    button(ann, "Mark 2 as read").click()
    wait_until(lambda: " new</div>" not in seen(ann) and not is_shown(ann._read))
    bob.say("three")
    wait_until(lambda: "1 new</div>" in seen(ann))
    ann.say("I read it")
    wait_until(lambda: " new</div>" not in seen(ann))


def test_a_cell_can_ask_for_the_link_to_its_own_capture(open_chat: Open) -> None:
    with Server(port=0, capture_link=lambda address: f"http://here:1/{address[1]}") as server:
        ann = open_chat("ann", server.address)
        assert ann.address and ann.capture_link() == f"http://here:1/{ann.address[1]}"
        ann.close()


def test_where_there_is_no_capture_a_cell_is_told(server: Server, open_chat: Open) -> None:
    ann = open_chat("ann", server.address)
    with pytest.raises(Refused, match="capture"):
        ann.capture_link()
    ann.disconnect()
    with pytest.raises(Refused, match="not connected"):
        ann.capture_link()


def test_everything_that_comes_is_painted_though_it_comes_fast(server: Server, open_chat: Open) -> None:
    ann = open_chat("ann", server.address)
    with Peer(server.address) as peer:
        peer.send(b"JOIN bob\n" + b"".join(b"SAY %d.\n" % number for number in range(150)))
        wait_until(lambda: ">149.<" in seen(ann))
        assert "older lines are not shown" in seen(ann)
        assert ">148.<" in seen(ann)


def test_after_close_no_thread_is_left_and_the_text_can_still_be_read(server: Server, open_chat: Open) -> None:
    before = set(threading.enumerate())
    ann = open_chat("ann", server.address)
    ann.say("last words")
    ann.close()
    ann.close()
    assert not [t for t in threading.enumerate() if t not in before and not t.name.startswith("chat-reader")]
    assert "last words" in seen(ann)
    assert not is_shown(ann._foot)


def test_a_notebook_shows_the_widgets_and_a_terminal_one_line(server: Server, open_chat: Open) -> None:
    ann = open_chat("ann", server.address)
    assert "application/vnd.jupyter.widget-view+json" in ann._repr_mimebundle_()
    assert repr(ann) == "<ChatWidget ann, connected>"


def test_importing_chatkit_does_not_import_ipywidgets() -> None:
    code = "import chatkit, sys; sys.exit('ipywidgets' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
