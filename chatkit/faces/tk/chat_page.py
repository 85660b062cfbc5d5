"""The chat as one page: on top who and where we are, in the middle the chat box and the users, below what we type.

When the connection is gone, a bar above the message box says why and offers to connect again.
"""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from chatkit.faces.tk import looks
from chatkit.faces.tk.chat_box import ChatBox
from chatkit.faces.tk.connection_bar import Action, ConnectionBar, GoneBar
from chatkit.faces.tk.keys import bind_alt
from chatkit.faces.tk.text_entry import TextEntry
from chatkit.faces.tk.user_list import UserList
from chatkit.faces.updates import Phase, Status

Enter = Callable[[str], str]

_ROWS = 3  # to which the message box grows


class ChatPage(ttk.Frame):
    """Everything that is seen once we are connected. `enter(typed)` gives the reason why a line is not sent, or ""."""

    def __init__(
        self,
        parent: tk.Misc,
        fonts: looks.Fonts,
        *,
        enter: Enter,
        disconnect: Action,
        reconnect: Action,
        cancel: Action,
        log_in: Action,
        keeps: tk.BooleanVar,
        caught_up: Action,
    ) -> None:
        super().__init__(parent, padding="8p")
        self._enter = enter
        self._bar = ConnectionBar(self, fonts, disconnect)
        self._middle = ttk.Frame(self)
        self.box = ChatBox(self._middle, fonts, caught_up)
        self.users = UserList(self._middle, fonts, self._whisper)
        self._gone = GoneBar(self, reconnect, cancel, log_in, keeps)
        self._problem = ttk.Label(self, foreground=looks.ALARM)
        self._foot = ttk.Frame(self)
        self.message = TextEntry(self._foot, fonts, self.send_typed, rows=_ROWS)
        self._send = ttk.Button(self._foot, text="Send", style="Accent.TButton", underline=0, command=self.send_typed)
        self._lay_out()
        self._bind_keys()

    def show(self, status: Status) -> None:
        """Say where the connection is; one can type while there is one, or is to be one."""
        self._bar.show(status)
        self._gone.show(status)
        if status.is_news:
            self._complain("")
        self.message.allow(status.phase is not Phase.OFFLINE)
        self._send.state(["!disabled" if status.phase is Phase.CONNECTED else "disabled"])

    def focus_first(self) -> None:
        """Let the user begin to type."""
        self.message.focus_set()

    def send_typed(self) -> None:
        """Send what was typed; if it cannot be sent it stays, with the reason below it."""
        if why_not := self._enter(self.message.value):
            self._complain(why_not)
        else:
            self.message.value = ""
            self._complain("")

    # ---- its parts ----

    def _lay_out(self) -> None:
        self.columnconfigure(0, weight=1)
        self.rowconfigure(1, weight=1)
        self._bar.grid(row=0, sticky="ew")
        self._middle.grid(row=1, sticky="nsew", pady="6p")
        self._gone.grid(row=2, sticky="ew", pady="0 6p")
        self._foot.grid(row=3, sticky="ew")
        self._problem.grid(row=4, sticky="ew", pady="3p 0")
        self._lay_out_middle()
        self._foot.columnconfigure(1, weight=1)
        ttk.Label(self._foot, text="Message", underline=0).grid(row=0, column=0, padx="0 6p")
        self.message.grid(row=0, column=1, sticky="ew")
        self._send.grid(row=0, column=2, padx="6p 0")

    def _lay_out_middle(self) -> None:
        self._middle.rowconfigure(0, weight=1)
        for column, (part, share) in enumerate(((self.box, 3), (self.users, 1))):
            self._middle.columnconfigure(column, weight=share, uniform="middle")  # uniform: the shares hold exactly
            part.grid(row=0, column=column, sticky="nsew")
        self.users.grid(padx="6p 0")

    def _bind_keys(self) -> None:
        self.message.bind("<Key>", lambda _: self._complain(""))
        self.message.bind("<Prior>", lambda _: self.box.turn_page(-1))
        self.message.bind("<Next>", lambda _: self.box.turn_page(1))
        self.bind("<Configure>", lambda event: self._problem.configure(wraplength=event.width))
        bind_alt(self, "m", self.message.focus_set)
        bind_alt(self, "s", self._send.invoke)
        bind_alt(self, "u", self.users.list.focus_set)

    # ---- what is typed ----

    def _complain(self, sentence: str) -> None:
        self._problem.configure(text=sentence)
        if sentence:
            self._problem.grid()
        else:
            self._problem.grid_remove()

    def _whisper(self, name: str) -> None:
        """Make what is typed a private message to this user."""
        self.message.insert("1.0", f"/msg {name} ")
        self.message.mark_set("insert", "end-1c")
        self.message.focus_set()
