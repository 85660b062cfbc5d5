"""The chat in a window: the login form, then the chat page.

Only the thread that made Tk may touch a widget: from another one it raises or freezes. So this thread looks every 40 ms
for what the chat's threads have put into the queue, and never waits for them.
"""

import ssl
import sys
import tkinter as tk
import traceback
from tkinter import ttk
from types import TracebackType

from chatkit.faces.tk import looks
from chatkit.faces.tk.chat_page import ChatPage
from chatkit.faces.tk.keys import bind_close, bind_page, bind_return_to_buttons, bind_select_all
from chatkit.faces.tk.login_form import LoginForm
from chatkit.faces.tk.queued_chat import QueuedChat
from chatkit.faces.unread import Unread
from chatkit.faces.updates import Kind, Line, Phase, Roster, Status, Update
from chatkit.net.event import Address

PERIOD_MS = 40
AT_ONCE = 200  # updates that are shown in one period: with more the window would stutter

_SIZE = ("540p", "400p")
_SMALLEST = ("290p", "230p")


class ChatWindow:
    """One user's window. `close_soon` may be called from anywhere, the rest only in the thread that made it."""

    def __init__(
        self,
        name: str,
        server: Address,
        title: str = "chatkit",
        reconnect: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        looks.draw_sharply()
        self.root = tk.Tk(className="Chatkit")
        self._fonts = looks.dress(self.root)
        self._icon = looks.draw_icon(self.root)
        self._title, self._name, self._unread = title, "", Unread()
        self._chat = QueuedChat(reconnect, tls)
        self._keeps = tk.BooleanVar(self.root, reconnect)
        self._keeps.trace_add("write", lambda *_: self._chat.keep_reconnecting(self._keeps.get()))
        self._online = self._closing = self._to_be_closed = False
        self._build()
        self._set_up_root()
        self.form.fill(name, server)
        self._turn_to(self.form)
        self._look()

    def run(self, connect: bool = False) -> None:
        """Show the window until it is closed; `connect` presses the form's button for the user."""
        if connect:
            self.root.after_idle(self.form.submit)
        try:
            self.root.mainloop()
        finally:
            self._chat.abandon()
            self._chat.join()

    def close(self) -> None:
        """Leave the chat and end. The window goes at once; to say goodbye may take a little longer."""
        if not self._closing:
            self._closing = True
            self.root.withdraw()
            self._chat.abandon()

    def close_soon(self) -> None:
        """Close, from a signal handler or another thread."""
        self._to_be_closed = True

    # ---- its parts ----

    def _build(self) -> None:
        ground = ttk.Frame(self.root)  # fills the window, whose own colour is not that of the theme
        ground.pack(fill="both", expand=True)
        self.form = LoginForm(ground, self._fonts, connect=self._connect, cancel=self._cancel, keeps=self._keeps)
        self.page = ChatPage(
            ground,
            self._fonts,
            enter=self._chat.enter,
            disconnect=self._chat.disconnect,
            reconnect=self._reconnect,
            cancel=self._cancel,
            log_in=self._log_in,
            keeps=self._keeps,
            caught_up=self._pay_attention,
        )
        bind_page(self.form, "<Escape>", self._escape)

    def _set_up_root(self) -> None:
        root = self.root
        root.geometry("x".join(str(root.winfo_pixels(length)) for length in _SIZE))
        root.minsize(*(root.winfo_pixels(length) for length in _SMALLEST))
        root.protocol("WM_DELETE_WINDOW", self.close)
        root.report_callback_exception = self._report
        root.bind("<FocusIn>", lambda _: self._pay_attention())
        bind_close(root, self.close)
        bind_return_to_buttons(root)
        bind_select_all(root)
        self._entitle()

    def _turn_to(self, page: LoginForm | ChatPage) -> None:
        for other in (self.form, self.page):
            other.pack_forget()
        page.pack(fill="both", expand=True)
        page.focus_first()
        self._shown = page

    # ---- what the user does ----

    def _connect(self, name: str, server: Address, password: str) -> None:
        self._shown.show(Status(Phase.CONNECTING))  # now: a second Return must not connect a second time
        self._chat.connect(name, server, password)

    def _reconnect(self) -> None:
        self._shown.show(Status(Phase.CONNECTING))
        self._chat.reconnect()

    def _log_in(self) -> None:
        self._turn_to(self.form)
        self.form.show(Status(Phase.OFFLINE))

    def _cancel(self) -> None:
        self._chat.abandon()
        self._shown.show(Status(Phase.OFFLINE))

    def _escape(self) -> None:
        if self.form.connecting:
            self._cancel()
        else:
            self.close()

    # ---- what the chat says ----

    def _look(self) -> None:
        """Show what has come, and look again; once we are closing, until goodbye is said."""
        if self._to_be_closed:
            self.close()
        if self._closing and not self._chat.leaving:
            self.root.destroy()
            return
        self.root.after(PERIOD_MS, self._look)
        self._show(self._chat.take(AT_ONCE))

    def _show(self, updates: list[Update]) -> None:
        lines: list[Line] = []
        for update in updates:
            match update:
                case Line():
                    lines.append(update)
                case Roster(names):
                    self.page.users.show(names, self._name)
                case Status():
                    self._show_status(update)
                    lines += self._keep(update)
        self._add(lines)

    def _show_status(self, status: Status) -> None:
        if status.phase is Phase.CONNECTED:
            self._name = status.name
            if self._shown is not self.page:
                self._turn_to(self.page)
        self._shown.show(status)

    def _keep(self, status: Status) -> list[Line]:
        """What the chat box keeps of it: when we came and when we went."""
        before, self._online = self._online, status.phase is Phase.CONNECTED
        text = status.story if self._online else status.sentence
        return [Line(Kind.NOTICE, text)] if self._online != before else []

    # ---- what is unread ----

    def _add(self, lines: list[Line]) -> None:
        """Show lines, with a mark above the first that is unread."""
        self._pay_attention()
        new_from = None
        for index, line in enumerate(lines):
            before, self._unread = self._unread, self._unread.after(line)
            if self._unread.begins_after(before):
                new_from = index
        if new_from is not None or not self._unread.marked:
            self.page.box.unmark()
        self.page.box.add(lines, new_from)
        self._entitle()

    def _pay_attention(self) -> None:
        """The user reads what comes while the window has the keyboard and its newest line is seen."""
        reads = self.root.focus_displayof() is not None and self.page.box.following
        if reads != self._unread.looking:
            self._unread = self._unread.looks() if reads else self._unread.looks_away()
            self._entitle()

    def _entitle(self) -> None:
        marker = f"({self._unread.count}) " if self._unread.count else ""
        who = f"{self._name} - " if self._name.isascii() and self._name else ""  # some window managers know only ASCII
        self.root.title(f"{marker}{who}{self._title}")

    # ---- what goes wrong ----

    def _report(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """A mistake of our own, in a callback of Tk: say it where the user looks, and go on."""
        place = traceback.extract_tb(trace)[-1] if trace else None
        where = f" ({place.filename}, line {place.lineno})" if place else ""
        sentence = f"A mistake in the window: {kind.__name__}: {error}{where}. The chat goes on."
        print(sentence, file=sys.stderr)
        self.page.box.add([Line(Kind.TROUBLE, sentence)])
        self.form.mention(sentence)
