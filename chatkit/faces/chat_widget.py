"""The chat in a notebook, made of plain ipywidgets.

    ChatWidget("ann", server.address)      connects at once
    ChatWidget()                           asks for name, server and port

Three kinds of thread meet here: callbacks of the widgets, the chat's own threads, and the cell. All of them only change
one value, the `Screen`, under a lock, and ask the painter, who alone changes what is seen.
"""

import ssl
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ipywidgets import HTML, Box, Button, HBox, Layout, VBox

from chatkit.errors import MisuseError, PeerError, Refused
from chatkit.faces.chat import Chat
from chatkit.faces.hearing import OWN_CAPTURE
from chatkit.faces.updates import Kind, Line, Phase, Status, Update
from chatkit.faces.user import room_password
from chatkit.faces.widgets import html
from chatkit.faces.widgets.entry import Entry
from chatkit.faces.widgets.form import Form
from chatkit.faces.widgets.guarded import guarded
from chatkit.faces.widgets.painter import Painter
from chatkit.faces.widgets.screen import Screen
from chatkit.faces.widgets.style import STYLE
from chatkit.net.event import Address, Listener
from chatkit.net.host import DEFAULT_PORT, THIS_COMPUTER, Host
from chatkit.protocol.text import quote

PATIENCE = 5.0  # seconds that a cell waits for the chat


class ChatWidget:
    """One user's chat; the last value of a cell shows it. Its threads are daemons, so that a kernel can end."""

    def __init__(
        self,
        name: str = "",
        server: Address = ("127.0.0.1", DEFAULT_PORT),
        *,
        host: Host = THIS_COMPUTER,
        tls: ssl.SSLContext | None = None,
        reconnect: bool = False,
        on_event: Listener | None = None,
    ) -> None:
        self._screen = Screen(name=name)
        self._logging_in = self._closed = False
        self._tls = tls
        self._changed = threading.Condition()  # guards _screen
        self._make(name, server, reconnect)
        self._paint()
        self._painter = Painter(self._paint, name or "new")
        self._chat = Chat(
            self._take,
            host=host,
            password=room_password(),
            tls=tls,
            reconnect=reconnect,
            daemon=True,
            on_event=on_event,
        )
        if name:
            self._connect(name, server)
            self._await_phase(Phase.CONNECTED, Phase.OFFLINE)

    # ---- for cells ----

    @property
    def address(self) -> Address | None:
        """Our own end of the connection, None while there is none."""
        return self._screen.status.own

    @property
    def server(self) -> Address | None:
        """The other end of the connection; None until there is one."""
        return self._screen.status.server

    @property
    def tls(self) -> ssl.SSLContext | None:
        """Whom we trust, where the connection is sealed."""
        return self._tls

    @property
    def users(self) -> tuple[str, ...]:
        """Everybody in the room, as the list shows them."""
        return self._screen.names

    @property
    def connected(self) -> bool:
        """Whether we are in the room."""
        return self._chat.connected

    def fileno(self) -> int:
        """The descriptor of the connection's socket, for `tcp_info`. Raises Refused while there is none."""
        client = self._chat.client
        if client is None or not client.connected:
            raise Refused("There is no connection.")
        return client.fileno()

    def say(self, text: str) -> None:
        """Say it to all, as if it was typed here; when this returns, it is sent.

        Raises MisuseError or Refused with the reason why it was not.
        """
        before = self._screen.count
        if not text.strip():
            raise MisuseError("Not sent: no text.")
        if reason := self._chat.enter("/" + text if text.startswith("/") else text):
            raise MisuseError(reason)
        line = self._await_line(before, lambda line: line.mine or line.kind is Kind.TROUBLE)
        if line is None or line.kind is Kind.TROUBLE:
            raise Refused(line.text if line else f"Not sent within {PATIENCE:g} seconds.")

    def wait_for(self, text: str) -> str:
        """Wait until a message with this text in it is shown, and give it with its time and speaker.

        Raises PeerError if none comes within five seconds.
        """
        line = self._await_line(0, lambda line: line.kind in (Kind.SAID, Kind.TOLD) and text in line.text)
        if line is None:
            raise PeerError(f"no message with {quote(text)} came within {PATIENCE:g} seconds")
        return f"{line.clock} {line.speaker}: {line.text}"

    def capture_link(self) -> str:
        """Ask for the link to the capture of this very connection. Raises Refused where the server offers none."""
        before = self._screen.count
        if reason := self._chat.enter("/capture"):
            raise Refused(reason)
        line = self._await_line(before, lambda line: line.kind is Kind.TROUBLE or _is_link(line))
        if line is None or line.kind is Kind.TROUBLE:
            raise Refused(line.text if line else "The server did not answer CAPTURE.")
        return line.text.removeprefix(OWN_CAPTURE)

    def disconnect(self, text: str = "") -> None:
        """Send QUIT, and wait until the connection is closed. The button Reconnect takes it up again."""
        self._chat.disconnect(text)
        self._await_phase(Phase.OFFLINE)

    def reconnect(self) -> None:
        """Connect again as the last time; the chat shows how it went."""
        if self.connected:
            self.disconnect()  # here, so that its end is not taken for that of the new attempt
        self._take(Status(Phase.CONNECTING))
        self._chat.reconnect()
        self._await_phase(Phase.CONNECTED, Phase.OFFLINE, Phase.WAITING)

    def close(self) -> None:
        """Disconnect for good, and end every thread; what was said stays to be read. Safe to call twice."""
        self._chat.close()
        self._entry.close()
        self._form.close()
        self._closed = True
        self._painter.ask()
        self._painter.close()

    def __repr__(self) -> str:
        return f"<ChatWidget {self._screen.name or 'without a name'}, {self._screen.status.phase.value}>"

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.box._repr_mimebundle_(**options)

    # ---- the parts ----

    def _make(self, name: str, server: Address, reconnect: bool) -> None:
        self._head, self._log, self._users, self._trouble = HTML(), HTML(), HTML(), HTML()
        self._entry = Entry(
            self._guarded(self._enter), description="Message", placeholder="Message to everybody, or /help"
        )
        send = _button("Send", "Send the message (or press Enter)", self._guarded(self._enter))
        send.button_style = "primary"
        self._leave = _button("Disconnect", "Leave the chat", self._guarded(lambda: self._chat.disconnect()))
        self._form = Form(name, server, reconnect, self._guarded(self._log_in), self._keep)
        self._bottom = _marked(HBox([self._entry.widget, send]), "ck-bottom")
        now = _button("Try now", "Do not wait", self._guarded(lambda: self._chat.reconnect()))
        stop = _button("Stop trying", "Stay away", self._guarded(lambda: self._chat.disconnect()))
        self._waiting = _marked(HBox([now, stop]), "ck-waiting")
        self._foot = VBox([self._trouble, self._waiting, self._bottom, self._form.box])
        self._read = _button("", "Take the mark away", self._guarded(lambda: self._change(Screen.read)))
        top = _marked(HBox([self._head, self._read, self._leave]), "ck-top")
        log, users = _marked(Box([self._log]), "ck-log"), _marked(Box([self._users]), "ck-people")
        self._middle = _marked(HBox([log, users]), "ck-middle")
        style = HTML(STYLE, layout=Layout(display="none"))
        self.box = _marked(VBox([style, top, self._middle, self._foot]), "ck-chat")

    # ---- callbacks of the widgets ----

    def _enter(self) -> None:
        trouble = self._chat.enter(self._entry.text)
        self._change(lambda screen: replace(screen, trouble=trouble))
        if not trouble:
            self._entry.clear()

    def _log_in(self) -> None:
        name, server = self._form.read()
        if not name:
            raise MisuseError("Type a name to be known by.")
        self._logging_in = True
        self._chat.password = self._form.take_password() or self._chat.password
        self._connect(name, server)

    def _keep(self, wanted: bool) -> None:
        self._chat.keeps_reconnecting = wanted

    def _guarded(self, work: Callable[[], None]) -> Callable[..., None]:
        return guarded(work, self._complain)

    def _complain(self, sentence: str) -> None:
        self._change(lambda screen: replace(screen, trouble=sentence))

    # ---- any thread ----

    def _connect(self, name: str, server: Address) -> None:
        self._take(Status(Phase.CONNECTING, name=name))
        self._chat.connect(name, server)

    def _take(self, update: Update) -> None:
        self._change(lambda screen: screen.after(update))

    def _change(self, change: Callable[[Screen], Screen]) -> None:
        with self._changed:
            self._screen = change(self._screen)
            self._changed.notify_all()
        self._painter.ask()

    def _await_line(self, after: int, wanted: Callable[[Line], bool]) -> Line | None:
        """Wait for a line that comes after the first `after`; None if there is none in time."""
        with self._changed:
            self._changed.wait_for(lambda: any(map(wanted, self._screen.since(after))), PATIENCE)
            return next(filter(wanted, self._screen.since(after)), None)

    def _await_phase(self, *phases: Phase) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._screen.status.phase in phases, PATIENCE)

    # ---- the painter's thread ----

    def _paint(self) -> None:
        screen = self._screen  # one value, so one moment
        self._head.value = html.head(screen)
        self._log.value = html.log(screen)
        self._users.value = html.users(screen)
        self._trouble.value = html.trouble(screen)
        phase = screen.status.phase
        self._form.show("Reconnect" if screen.was_in else "Connect", screen.status.blame)
        _show(self._middle, screen.was_in)
        self._read.description = f"Mark {screen.unread.count} as read"
        _show(self._read, bool(screen.unread.count))
        _show(self._leave, phase is Phase.CONNECTED)
        _show(self._waiting, bool(screen.waiting))
        _show(self._bottom, phase is Phase.CONNECTED or bool(screen.waiting))
        _show(self._form.box, phase is Phase.OFFLINE)
        _show(self._foot, not self._closed)
        if self._logging_in and phase is Phase.CONNECTED:
            self._logging_in = False
            self._entry.widget.focus()  # what had it is hidden now


def _is_link(line: Line) -> bool:
    return line.kind is Kind.NOTICE and line.text.startswith(OWN_CAPTURE)


def _button(words: str, tooltip: str, clicked: Callable[..., None]) -> Button:
    button = Button(description=words, tooltip=tooltip)
    button.on_click(clicked)
    return button


def _marked(widget: Any, mark: str) -> Any:
    widget.add_class(mark)
    return widget


def _show(widget: Any, wanted: bool) -> None:
    widget.layout.display = None if wanted else "none"
