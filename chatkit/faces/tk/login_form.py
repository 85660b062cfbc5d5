"""The login form: who you are, and where the server is. What is wrong is said beside the field that has to change.

A field for the room's password is there from when a server has asked for it.
"""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from chatkit.errors import MisuseError
from chatkit.faces.port import read_port
from chatkit.faces.tk import looks
from chatkit.faces.tk.keys import bind_alt, bind_page
from chatkit.faces.tk.secret_entry import SecretEntry
from chatkit.faces.tk.text_entry import TextEntry
from chatkit.faces.updates import Blame, Phase, Status
from chatkit.net.event import Address
from chatkit.net.host import parse_address

Connect = Callable[[str, Address, str], None]


class LoginForm(ttk.Frame):
    """Calls `connect(name, server, password)` when it is filled in, `cancel()` when the user does not want to wait.

    The password is "" as long as none was asked for.
    """

    def __init__(
        self, parent: tk.Misc, fonts: looks.Fonts, connect: Connect, cancel: Callable[[], None], keeps: tk.BooleanVar
    ) -> None:
        super().__init__(parent)
        self._on_connect = connect
        self._card = ttk.Frame(self)
        self._card.pack(expand=True)
        ttk.Label(self._card, text="Join the chat", font=fonts.heading).grid(columnspan=2, sticky="w", pady="0 9p")
        self.name, self.server, self.port = (
            Field(self, self._card, 1 + 2 * number, label, TextEntry(self._card, fonts, self._submit))
            for number, label in enumerate(("Username", "Server address", "Port"))
        )
        self.password = Field(self, self._card, 7, "Room password", SecretEntry(self._card, fonts, self._submit))
        self.password.hide()
        self._fields = self.name, self.server, self.port, self.password
        self._keep = ttk.Checkbutton(self._card, text="Keep reconnecting if the connection is lost", variable=keeps)
        self._keep.grid(row=9, column=1, sticky="w", pady="3p 0")
        self._note = ttk.Label(self._card, font=fonts.italic, wraplength=self.winfo_pixels("230p"))
        self._note.grid(row=10, columnspan=2, sticky="w", pady="6p 0")
        self.mention("")
        self._make_buttons(cancel)
        bind_page(self, "<Return>", self._submit)
        bind_page(self, "<KP_Enter>", self._submit)

    def fill(self, name: str, server: Address) -> None:
        """Write this into the fields."""
        for field, value in zip((self.name, self.server, self.port), (name, server[0], str(server[1])), strict=True):
            field.fill(value)

    def focus_first(self) -> None:
        """Let the user begin: at the name, ready to be replaced."""
        self.name.entry.choose()

    def submit(self) -> None:
        """Connect with what the fields say, or complain beside the one that says nothing sensible."""
        for field in self._fields:
            field.complain("")
        if server := self._read_server():
            self.server.fill(server[0])
            self.port.fill(str(server[1]))
            self._on_connect(self.name.value, server, self.password.entry.value)

    def show(self, status: Status) -> None:
        """Say where the connection is; after a refusal, beside the field that is to blame."""
        connecting = status.phase is Phase.CONNECTING
        for field in self._fields:
            field.entry.allow(not connecting)
        self.mention(status.sentence if connecting else "")
        self._connect.state(["disabled" if connecting else "!disabled"])
        self._show_cancel(connecting)
        if status.phase is Phase.OFFLINE and status.sentence:
            self._blame(status)

    def _blame(self, status: Status) -> None:
        match status.blame:
            case Blame.NAME:
                self.name.blame(status.sentence)
            case Blame.PASSWORD:
                self.password.show()
                self.password.blame(status.sentence)
            case _:
                self.server.blame(status.sentence)

    @property
    def connecting(self) -> bool:
        """Whether an attempt is under way."""
        return self._connect.instate(["disabled"])

    def mention(self, sentence: str) -> None:
        """Say something that no field is to blame for."""
        self._note.configure(text=sentence)
        if sentence:
            self._note.grid()
        else:
            self._note.grid_remove()

    # ---- its parts ----

    def _make_buttons(self, cancel: Callable[[], None]) -> None:
        row = ttk.Frame(self._card)
        row.grid(row=11, columnspan=2, sticky="e", pady="9p 0")
        self._connect = ttk.Button(row, text="Connect", style="Accent.TButton", underline=0, command=self._submit)
        self._connect.pack(side="right")
        self._cancel = ttk.Button(row, text="Cancel", command=cancel)
        bind_alt(self, "c", self._submit)

    def _show_cancel(self, connecting: bool) -> None:
        if connecting:
            self._cancel.pack(side="right", padx="0 6p")
            self._cancel.focus_set()
        else:
            self._cancel.pack_forget()

    # ---- what was filled in ----

    def _submit(self) -> None:
        if not self.connecting:
            self.submit()

    def _read_server(self) -> Address | None:
        """Give the address, or None once the user was told what is wrong. `HOST:PORT` in the server's field will do."""
        try:
            port = read_port(self.port.value)
        except MisuseError as error:
            self.port.blame(str(error))
            return None
        try:
            return parse_address(self.server.value, port)
        except MisuseError as error:
            self.server.blame(f"{error}.")
            return None


class Field:
    """A label, an entry, and room for a complaint below it."""

    def __init__(self, page: ttk.Frame, card: ttk.Frame, row: int, label: str, entry: TextEntry | SecretEntry) -> None:
        self.entry = entry
        self._complaint = tk.Label(
            card,
            background=looks.ALARM_GROUND,
            foreground=looks.ALARM,
            justify="left",
            anchor="w",
            padx="4p",
            pady="3p",
            font="TkDefaultFont",
        )
        self._label = ttk.Label(card, text=label, underline=0)
        self._label.grid(row=row, column=0, sticky="w", padx="0 8p", pady="3p")
        self.entry.grid(row=row, column=1, sticky="ew", pady="3p")
        self._row = row + 1
        bind_alt(page, label[0].lower(), entry.choose)

    @property
    def value(self) -> str:
        """What was filled in, without the spaces around it."""
        return self.entry.value.strip()

    @property
    def complaint(self) -> str:
        """What is said to be wrong with it, or ""."""
        return str(self._complaint.cget("text"))

    def hide(self) -> None:
        """Take it away, until `show`."""
        self._label.grid_remove()
        self.entry.grid_remove()

    def show(self) -> None:
        """Have it where it was."""
        self._label.grid()
        self.entry.grid()
        self.entry.update_idletasks()  # a complaint is as wide as its field

    def fill(self, value: str) -> None:
        """Write this into it."""
        self.entry.value = value

    def blame(self, sentence: str) -> None:
        """Complain, and go there."""
        self.complain(sentence)
        self.entry.choose()

    def complain(self, sentence: str) -> None:
        """Say what is wrong with it; "" takes the complaint back."""
        space = self.entry.winfo_width() - self.entry.winfo_pixels("9p")  # its own padding, on both sides
        self._complaint.configure(text=sentence, wraplength=max(space, 1))
        if sentence:
            self._complaint.grid(row=self._row, column=1, sticky="ew", pady="0 3p")
        else:
            self._complaint.grid_remove()
