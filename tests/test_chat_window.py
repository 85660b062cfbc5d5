"""The window from inside: what its form, box and page do, on a display that exists only in memory."""

import socket
import time
from collections.abc import Callable, Iterator

import pytest

from chatkit.errors import MisuseError
from chatkit.faces.backoff import Backoff
from chatkit.faces.chat import Chat
from chatkit.faces.updates import Kind, Line
from chatkit.net.event import What
from chatkit.net.server import Server
from tests.needs import needs_display
from tests.peer import Peer

tk = pytest.importorskip("tkinter", reason="needs Tk: sudo apt install python3-tk (Debian, Ubuntu)")

from chatkit.faces.tk.chat_box import MAX_LINES  # noqa: E402
from chatkit.faces.tk.chat_window import ChatWindow  # noqa: E402
from chatkit.faces.tk.text_entry import MAX_CHARACTERS, mend_surrogates  # noqa: E402
from chatkit.faces.tk.user_list import MAX_ROWS  # noqa: E402

pytestmark = needs_display
PATIENCE = 5.0  # seconds

# Tk that the garbage collector meets in another thread ends Python: a failed test must not take the others along.
KEPT: list[object] = []

HOSTILE = (
    "[exec touch /tmp/x] $env(HOME) {unbalanced \\",
    "%W %s %% ; destroy .",
    "<b>bold</b> &amp; </text>",
    "\N{GRINNING FACE} \N{MAN}\u200d\N{WOMAN} \U0010fffd \N{REGIONAL INDICATOR SYMBOL LETTER N}",
    "\N{HEBREW LETTER SHIN}\N{HEBREW LETTER LAMED} 123 \u200f\u200e abc",
    "e" + "\u0301" * 500,
    "x" * 8000,
    "\N{GRINNING FACE}" * 2000,
)


class Driven:
    """A window whose events are handled while something is waited for."""

    def __init__(self, window: ChatWindow) -> None:
        self.window, self.form, self.page, self.root = window, window.form, window.page, window.root

    def until(self, true: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < deadline, f"waited in vain: {what}. In the box: {self.text}"
            self.root.update()
            time.sleep(0.002)

    def connect(self, server: Server, name: str = "ann") -> None:
        self.form.fill(name, server.address)
        self.form.submit()
        self.until(lambda: self.page.winfo_ismapped() and name in server.users, "to be connected")

    def type(self, text: str) -> None:
        self.page.message.insert("insert", text)
        self.page.send_typed()

    def sees(self, text: str) -> None:
        self.until(lambda: text in self.text, text)

    def hit(self, widget: object, *keys: str) -> None:
        """Press keys in this widget; Tk gives them to whom the display gives the keyboard."""
        widget.focus_force()
        self.until(lambda: self.root.focus_get() is widget, "the focus")
        for key in keys:
            widget.event_generate(key)

    def focused(self) -> object:
        return self.root.focus_lastfor()

    @property
    def text(self) -> str:
        """What stands in the chat box."""
        return mend_surrogates(self.page.box.text.get("1.0", "end-1c"))

    def words(self, widget: object = None) -> str:
        """All that is written on labels and buttons that are seen."""
        found = []
        for child in (widget or self.root).winfo_children():
            if child.winfo_ismapped():
                found += [str(child.cget("text"))] if "text" in child.configure() else []
                found += [self.words(child)]
        return "\n".join(filter(None, found))

    def press(self, words: str) -> None:
        """Press the button that says so."""
        buttons = [b for b in self._all(self.root) if b.winfo_class() == "TButton" and b.winfo_ismapped()]
        [button] = [b for b in buttons if b.cget("text") == words]
        button.invoke()

    def end(self) -> None:
        self.window.close()
        deadline = time.monotonic() + 3 * PATIENCE
        while time.monotonic() < deadline:
            self.root.update()
            try:
                self.root.winfo_exists()
            except tk.TclError:
                return  # it is destroyed
            time.sleep(0.002)
        raise AssertionError("the window did not end")

    def _all(self, widget: object) -> Iterator[object]:
        for child in widget.winfo_children():
            yield child
            yield from self._all(child)


@pytest.fixture(scope="session")
def tk_display(display: str) -> str:
    """The display, to which this process is connected once: Tk keeps that socket."""
    tk.Tk(screenName=display).destroy()
    return display


@pytest.fixture
def window(tk_display: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Driven]:
    monkeypatch.setenv("DISPLAY", tk_display)
    driven = Driven(ChatWindow("ann", ("127.0.0.1", 9898), "chatkit"))
    KEPT.append(driven.root)
    driven.until(driven.form.winfo_ismapped, "the form")
    yield driven
    driven.end()


# ---- the form ----


def test_the_form_is_filled_in_and_the_name_is_ready_to_be_replaced(window: Driven) -> None:
    assert [window.form.name.value, window.form.server.value, window.form.port.value] == ["ann", "127.0.0.1", "9898"]
    assert window.focused() is window.form.name.entry
    assert window.form.name.entry.tag_ranges("sel")


def test_a_name_that_is_not_allowed_is_said_beside_the_name(window: Driven, server: Server) -> None:
    window.form.fill("two words", server.address)
    window.form.submit()
    window.until(lambda: window.form.name.complaint, "a complaint")
    assert window.form.name.complaint.startswith('The name "two words" has a space in it')
    assert window.focused() is window.form.name.entry


def test_a_name_that_is_taken_is_said_beside_the_name(window: Driven, server: Server) -> None:
    with Peer(server.address, "Ann") as holder:
        window.form.fill("ann", server.address)
        window.form.submit()
        holder.until("PING")
        holder.send("PONG x\n")
        window.until(lambda: window.form.name.complaint, "a complaint")
    assert "ann" in window.form.name.complaint
    assert window.form.name.complaint in window.words()


def test_the_password_of_a_room_is_asked_for_until_it_is_right_and_never_shown(window: Driven) -> None:
    password = window.form.password
    assert not password.entry.winfo_ismapped()
    with Server(port=0, password="swordfish") as server:
        window.form.fill("ann", server.address)
        window.form.submit()
        for typed in ("swordfisch", "swordfish"):
            window.until(lambda: password.complaint, "a complaint")
            assert password.entry.winfo_ismapped() and window.focused() is password.entry
            password.fill(typed)
            assert password.entry.cget("show") == "\N{BULLET}"
            window.form.submit()
            assert not password.complaint
        window.until(lambda: server.users == ("ann",), "ann in the room")
    assert not (window.form.name.complaint or window.form.server.complaint or window.form.port.complaint)


def test_a_port_where_nobody_listens_is_said_beside_the_server(window: Driven) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    window.form.fill("ann", ("127.0.0.1", free))
    window.form.submit()
    window.until(lambda: window.form.server.complaint, "a complaint")
    assert window.form.server.complaint.startswith(f"Nobody listens on 127.0.0.1 port {free}.")
    assert window.focused() is window.form.server.entry


@pytest.mark.parametrize(
    ("server", "port", "blamed", "said"),
    [
        ("no..where", "9898", "server", 'No computer called "no..where" was found.'),
        ("", "9898", "server", '"" is no address'),
        ("127.0.0.1:0", "9898", "server", '"127.0.0.1:0" is no address'),
        ("127.0.0.1", "", "port", '"" is no port'),
        ("127.0.0.1", "99999", "port", '"99999" is no port: a number from 1 to 65535'),
        ("127.0.0.1", "http", "port", '"http" is no port'),
    ],
)
def test_an_address_that_is_none_is_said_beside_its_field(
    window: Driven, server: str, port: str, blamed: str, said: str
) -> None:
    window.form.server.fill(server)
    window.form.port.fill(port)
    window.form.submit()
    field = getattr(window.form, blamed)
    window.until(lambda: field.complaint, "a complaint")
    assert field.complaint.startswith(said)
    assert window.focused() is field.entry


def test_a_complaint_goes_when_one_tries_again(window: Driven, server: Server) -> None:
    window.form.port.fill("no")
    window.form.submit()
    assert window.form.port.complaint
    window.connect(server)
    assert not window.form.port.complaint


def test_the_port_may_stand_behind_the_server_too(window: Driven, server: Server) -> None:
    window.form.server.fill(f" 127.0.0.1:{server.address[1]} ")
    window.form.submit()
    window.until(lambda: server.users == ("ann",), "ann to join")
    assert window.form.port.value == str(server.address[1])


def test_a_server_that_says_nothing_can_be_given_up(window: Driven) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        window.form.fill("ann", mute.getsockname())
        window.form.submit()
        connection, _ = mute.accept()
        window.until(lambda: "Connecting to 127.0.0.1" in window.words(), "the form to say so")
        window.until(lambda: "Cancel" in window.words(), "the button")
        window.press("Cancel")
        assert not window.form.connecting and "Connecting" not in window.words()
        connection.close()


def test_an_attempt_that_was_given_up_does_not_come_back(window: Driven, server: Server) -> None:
    joined: list[str] = []
    server.subscribe(lambda event: joined.append(event.who) if event.what is What.JOINED else None)
    with socket.create_server(("127.0.0.1", 0)) as slow:
        window.form.fill("late", slow.getsockname())
        window.form.submit()
        connection, _ = slow.accept()
        window.until(lambda: "Cancel" in window.words(), "the button")
        window.press("Cancel")
        window.connect(server, "ann")
        connection.sendall(b"HELLO chat/1\nWELCOME late\nUSERS 1 late\n")
        assert b"QUIT" in connection.makefile("rb").read()  # it leaves, once it is let in
        connection.close()
    assert "late" not in window.words() and joined == ["ann"]


def test_connecting_twice_in_a_hurry_connects_once(window: Driven, server: Server) -> None:
    accepted: list[object] = []
    server.subscribe(lambda event: accepted.append(event) if event.what is What.ACCEPTED else None)
    window.form.fill("ann", server.address)
    window.hit(window.form.name.entry, "<Return>", "<Return>")
    window.until(lambda: window.page.winfo_ismapped(), "the chat")
    assert len(accepted) == 1


# ---- the chat ----


def test_the_page_says_who_and_where_we_are(window: Driven, server: Server) -> None:
    seen: list[tuple[str, int]] = []
    server.subscribe(lambda event: seen.append(event.address) if event.what is What.JOINED and event.address else None)
    window.connect(server)
    host, port = server.address
    assert "connected as ann" in window.words()
    assert f"you {seen[0][0]}:{seen[0][1]}   server {host}:{port}" in window.words()
    assert window.focused() is window.page.message


def test_messages_go_both_ways_and_ones_own_is_marked(window: Driven, server: Server) -> None:
    with Peer(server.address, "bob") as bob:
        window.connect(server)
        window.type("hello bob")
        assert bob.until("SAID") == "SAID ann hello bob"
        assert window.page.message.value == ""
        bob.send("SAY hello ann\nTELL ann psst\n")
        window.sees("bob to you  psst\n")
        window.type("/msg bob quietly")
        assert bob.until("TOLD") == "TOLD ann quietly"
        window.sees("to bob  quietly\n")
    assert "ann (you)  hello bob\n" in window.text and "bob  hello ann\n" in window.text
    assert "mine" in window.page.box.text.tag_names(window.page.box.text.search("hello bob", "1.0"))
    window.sees("bob left")


def test_every_line_begins_with_its_time(window: Driven) -> None:
    line = Line(Kind.SAID, "hello", "bob", when=0.0)
    window.page.box.add([line])
    assert window.text == f"{line.clock}  bob  hello\n"


def test_the_users_are_listed_and_counted(window: Driven, server: Server) -> None:
    with Peer(server.address, "bob"):
        window.connect(server)
        window.until(lambda: "Users (2)" in window.words(), "two users")
        assert [name.strip() for name in window.page.users.list.get(0, "end")] == ["bob", "ann (you)"]
    window.until(lambda: "Users (1)" in window.words(), "one user")


def test_a_very_long_list_of_users_is_cut_and_says_so(window: Driven) -> None:
    window.page.users.show(tuple(f"u{number}" for number in range(MAX_ROWS + 7)), "ann")
    assert window.page.users.list.size() == MAX_ROWS + 1
    assert window.page.users.list.get("end") == " and 7 more"


def test_a_double_click_on_a_user_begins_a_private_message(window: Driven, server: Server) -> None:
    with Peer(server.address, "bob") as bob:
        window.connect(server)
        window.until(lambda: "Users (2)" in window.words(), "two users")
        for click in ("<Button-1>", "<ButtonRelease-1>") * 2:
            window.page.users.list.event_generate(click, x=5, y=5)
        window.type("only you")
        assert bob.until("TOLD") == "TOLD ann only you"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("x" * 8001, "8001"),
        ("/nosuch thing", "/nosuch is not a command."),
        ("/msg bob", "/msg needs a name and a text"),
    ],
)
def test_what_cannot_be_sent_stays_with_the_reason(window: Driven, server: Server, typed: str, said: str) -> None:
    window.connect(server)
    window.type(typed)
    window.until(lambda: said in window.words(), "the reason")
    assert window.page.message.value == typed
    window.hit(window.page.message, "a")
    window.until(lambda: said not in window.words(), "the reason to go, as one types on")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stands_there_as_it_came(window: Driven, server: Server, text: str) -> None:
    with Peer(server.address, "bob") as bob:
        window.connect(server)
        bob.send(f"SAY {text}\n")
        window.sees(f"bob  {text}\n")
        window.type(text)
        assert bob.until("SAID") == f"SAID ann {text}"
        window.sees(f"ann (you)  {text}\n")


def test_a_name_that_tk_knows_too_is_only_a_name(window: Driven, server: Server) -> None:
    with Peer(server.address, "sel") as bob:
        window.connect(server)
        bob.send("SAY hello\n")
        window.sees("sel  hello")
        assert not window.page.box.text.tag_ranges("sel")


def test_pasted_line_ends_become_spaces(window: Driven, server: Server) -> None:
    with Peer(server.address, "bob") as bob:
        window.connect(server)
        window.root.clipboard_clear()
        window.root.clipboard_append("one\ntwo\tthree")
        window.hit(window.page.message, "<<Paste>>")
        window.until(lambda: window.page.message.value == "one two\tthree", "one line")
        window.hit(window.page.message, "<Return>")
        assert bob.until("SAID") == "SAID ann one two three"


def test_the_message_box_grows_with_a_long_message_and_shrinks_again(window: Driven, server: Server) -> None:
    window.connect(server)
    window.page.message.insert("insert", "many words " * 100)
    window.until(lambda: window.page.message.cget("height") == 3, "three rows")
    window.page.send_typed()
    window.until(lambda: window.page.message.cget("height") == 1, "one row")


def test_of_a_huge_text_that_is_pasted_enough_stays_to_be_told_that_it_is_too_long(
    window: Driven, server: Server
) -> None:
    window.connect(server)
    window.page.message.insert("insert", "words\n" * 100_000)
    window.until(lambda: len(window.page.message.value) == MAX_CHARACTERS, "the rest to be cut")
    window.page.send_typed()
    window.until(lambda: "at most 8000" in window.words(), "the reason")


def test_backspace_takes_a_whole_character(window: Driven, server: Server) -> None:
    window.connect(server)
    message = window.page.message
    message.insert("insert", "a\N{GRINNING FACE}")
    window.hit(message, "<BackSpace>")
    assert message.value == "a"


def test_half_a_character_becomes_a_replacement() -> None:
    assert mend_surrogates("a\ud83d\ude00b\ud83d") == "a\N{GRINNING FACE}b\N{REPLACEMENT CHARACTER}"


# ---- the chat box ----


def lines(count: int, mine: bool = False) -> list[Line]:
    return [Line(Kind.SAID, f"line {number}", "bob", mine) for number in range(count)]


def last_seen(window: Driven) -> float:
    window.root.update()
    return float(window.page.box.text.yview()[1])


@pytest.fixture
def box(window: Driven, server: Server) -> Driven:
    window.connect(server)
    window.page.box.add(lines(100))
    assert last_seen(window) == 1.0
    return window


def test_the_box_stays_at_its_newest_line(box: Driven) -> None:
    box.page.box.add(lines(10))
    assert last_seen(box) == 1.0


def test_a_reader_who_scrolled_up_is_left_there_and_told_of_new_messages(box: Driven) -> None:
    box.page.box.turn_page(-1)
    assert last_seen(box) < 1.0
    first_line = box.page.box.text.index("@0,0")
    box.page.box.add(lines(10))
    assert last_seen(box) < 1.0 and box.page.box.text.index("@0,0") == first_line
    box.press("New messages")
    assert last_seen(box) == 1.0
    assert "New messages" not in box.words()


def test_ones_own_message_brings_one_back_to_the_newest_line(box: Driven) -> None:
    box.page.box.turn_page(-1)
    assert last_seen(box) < 1.0
    box.page.box.add(lines(1, mine=True))
    assert last_seen(box) == 1.0


def test_a_window_that_changes_its_size_stays_at_the_newest_line(box: Driven) -> None:
    for size in ("420x320", "900x700", "500x330"):
        box.root.geometry(size)
        box.until(lambda size=size: box.root.winfo_geometry().startswith(size), size)
        assert last_seen(box) == 1.0


def test_the_oldest_lines_go_and_it_is_said(window: Driven) -> None:
    for _ in range(3):
        window.page.box.add(lines(MAX_LINES // 2))
    assert window.text.count("\n") == MAX_LINES
    assert window.text.startswith(f"Older lines are gone: this window keeps {MAX_LINES}.\n")
    assert window.text.endswith(f"line {MAX_LINES // 2 - 1}\n")


def test_what_is_said_can_be_copied_but_not_changed(box: Driven) -> None:
    text = box.page.box.text
    before = box.text
    box.hit(text, "x", "<BackSpace>", "<<Paste>>", "<<Cut>>")
    assert box.text == before
    text.event_generate("<<SelectAll>>")
    text.event_generate("<<Copy>>")
    assert box.root.clipboard_get().strip() == before.strip()


# ---- coming and going ----


def test_a_server_that_stops_is_mentioned_and_one_can_connect_again(window: Driven, server: Server) -> None:
    window.connect(server)
    window.page.message.insert("end", "half a mess")
    server.stop()
    window.until(lambda: "not connected" in window.words(), "the end to be noticed")
    assert "The server said BYE: the server is closing." in window.words()
    assert window.page.message.cget("state") == "disabled" and window.page.message.value == "half a mess"
    assert "Users (0)" in window.words()
    with Server(port=server.address[1]) as again:
        window.press("Reconnect")
        window.until(lambda: "connected as ann" in window.words(), "to be back")
        assert again.users == ("ann",)
        assert window.page.message.cget("state") == "normal" and "Reconnect" not in window.words()


def test_a_reconnect_that_fails_says_why_and_can_be_tried_again(window: Driven, server: Server) -> None:
    window.connect(server)
    server.stop()
    window.until(lambda: "Reconnect" in window.words(), "the end to be noticed")
    window.press("Reconnect")
    window.until(lambda: "Nobody listens on" in window.words(), "the reason")
    assert "Reconnect" in window.words() and "Back to login" in window.words()


def test_one_can_disconnect_and_log_in_under_another_name(window: Driven, server: Server) -> None:
    window.connect(server)
    window.press("Disconnect")
    window.until(lambda: "You left the chat." in window.words(), "the end")
    assert server.users == ()
    window.press("Back to login")
    window.until(window.form.winfo_ismapped, "the form")
    window.connect(server, "anna")
    assert "connected as anna" in window.words()


def test_slash_quit_leaves(window: Driven, server: Server) -> None:
    with Peer(server.address, "bob") as bob:
        window.connect(server)
        window.type("/quit good night")
        assert bob.until("LEFT") == "LEFT ann good night"
        window.until(lambda: "not connected" in window.words(), "the end")


def test_closing_leaves_politely(window: Driven, server: Server) -> None:
    with Peer(server.address, "bob") as bob:
        window.connect(server)
        window.end()
        assert bob.until("LEFT") == "LEFT ann"


def test_closing_does_not_wait_for_a_server_that_says_nothing(window: Driven) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        window.form.fill("ann", mute.getsockname())
        window.form.submit()
        connection, _ = mute.accept()
        before = time.monotonic()
        window.window.close()
        assert window.root.state() == "withdrawn" and time.monotonic() - before < 1
        connection.close()


def test_many_messages_at_once_do_not_hold_the_window_up(window: Driven, server: Server) -> None:
    with Peer(server.address, "bob") as bob:
        window.connect(server)
        bob.send("".join(f"SAY {number}\n" for number in range(150)))
        window.sees("bob  149\n")
    assert [line.split("  ")[-1] for line in window.text.splitlines() if "  bob  " in line] == [*map(str, range(150))]


# ---- coming back by itself ----


def keep_reconnecting(window: Driven, monkeypatch: pytest.MonkeyPatch, **waits: object) -> None:
    """Tick the box, and wait as long as this."""
    monkeypatch.setitem(Chat.__init__.__kwdefaults__, "backoff", Backoff(**waits))
    [box] = [w for w in window._all(window.form) if w.winfo_class() == "TCheckbutton"]
    box.invoke()


def test_a_window_that_keeps_reconnecting_comes_back_to_a_server_that_restarts(
    window: Driven, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_reconnecting(window, monkeypatch, first=0.001, most=0.01)
    window.connect(server)
    window.page.message.insert("end", "half a mess")
    server.stop()
    window.until(lambda: "Trying again" in window.words(), "the plan")
    assert "Try now" in window.words() and "Stop trying" in window.words()
    assert window.page.message.cget("state") == "normal"
    window.type("age")
    window.until(lambda: "Not sent: not connected." in window.words(), "the reason")
    with Server(port=server.address[1]) as again:
        window.until(lambda: "connected as ann" in window.words(), "to be back")
        window.sees("Connected again: you are ann.")
        assert again.users == ("ann",) and "Users (1)" in window.words()
        assert window.page.message.value == "half a message" and "Try now" not in window.words()


@pytest.mark.parametrize("words", ["Stop trying", "Disconnect"])
def test_a_wait_can_be_ended(window: Driven, server: Server, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    keep_reconnecting(window, monkeypatch, first=90.0, most=90.0, chance=lambda: 1.0)
    window.connect(server)
    server.stop()
    window.until(lambda: "(try 1)." in window.words(), "the plan")
    window.press(words)
    window.until(lambda: "Back to login" in window.words(), "the end")
    assert "Keep trying" in window.words()


def test_a_wait_can_be_cut_short(window: Driven, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_reconnecting(window, monkeypatch, first=90.0, most=90.0, chance=lambda: 1.0)
    window.connect(server)
    server.stop()
    window.until(lambda: "Try now" in window.words(), "the plan")
    with Server(port=server.address[1]):
        window.press("Try now")
        window.until(lambda: "connected as ann" in window.words(), "to be back")


# ---- what is new ----


@pytest.fixture
def away(window: Driven, server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Peer]:
    """Bob, while ann, who is connected, looks at another window."""
    window.connect(server)
    with Peer(server.address, "bob") as bob:
        window.sees("bob joined")
        monkeypatch.setattr(window.root, "focus_displayof", lambda: None)
        yield bob


def come_back(window: Driven, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window.root, "focus_displayof", lambda: window.root)
    window.root.event_generate("<FocusIn>")
    window.until(lambda: not window.root.title().startswith("("), "the title")


def test_what_comes_to_another_window_is_counted_and_marked(
    window: Driven, away: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    away.send("SAY one\nSAY two\n")
    window.sees("two")
    assert window.root.title().startswith("(2) ")
    assert [line.split("  ")[-1] for line in window.text.splitlines()[-3:]] == ["New", "one", "two"]
    come_back(window, monkeypatch)
    assert window.text.count("New\n") == 1
    window.type("I see")
    window.sees("I see")
    assert "New\n" not in window.text


def test_a_later_mark_takes_the_place_of_the_one_before(
    window: Driven, away: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    away.send("SAY one\n")
    window.sees("one")
    come_back(window, monkeypatch)
    monkeypatch.setattr(window.root, "focus_displayof", lambda: None)
    away.send("SAY two\n")
    window.sees("two")
    assert [line.split("  ")[-1] for line in window.text.splitlines()[-3:]] == ["one", "New", "two"]
    assert window.root.title().startswith("(1) ")


def test_what_comes_below_the_part_that_is_read_is_new_until_one_goes_there(
    window: Driven, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.connect(server)
    monkeypatch.setattr(window.root, "focus_displayof", lambda: window.root)
    window.page.box.add(lines(100))
    last_seen(window)
    window.page.box.turn_page(-1)
    last_seen(window)
    with Peer(server.address, "bob") as bob:
        bob.send("SAY one\n")
        window.until(lambda: window.root.title().startswith("(1) "), "the title")
        window.press("New messages")
        window.until(lambda: not window.root.title().startswith("("), "the title")
        assert "New\n" in window.text


def test_the_past_is_not_new(window: Driven, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window.root, "focus_displayof", lambda: None)
    with Server(port=0, history=10) as server, Peer(server.address, "bob") as bob:
        bob.send("SAY long ago\nWHO\n")
        bob.until("USERS")
        window.connect(server)
        window.sees("What was said before you came:")
        window.sees("\nbob  long ago")
    assert "New\n" not in window.text and not window.root.title().startswith("(")


# ---- mistakes of our own ----


def test_a_mistake_in_a_callback_is_shown_and_the_window_goes_on(
    window: Driven, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise MisuseError("planted")

    window.connect(server)
    monkeypatch.setattr(window.page.users, "show", fail)
    with Peer(server.address, "bob") as bob:
        window.sees("A mistake in the window: MisuseError: planted")
        bob.send("SAY still there?\n")
        window.sees("bob  still there?")
    complaint = capsys.readouterr().err
    assert "A mistake in the window: MisuseError: planted" in complaint and "Traceback" not in complaint
