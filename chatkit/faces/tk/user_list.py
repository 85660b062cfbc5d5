"""The list of users, with their number above it. A double click, or Return, begins a private message to one."""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from chatkit.faces.colours import colour_of
from chatkit.faces.tk import looks
from chatkit.protocol.names import fold

MAX_ROWS = 1000  # of more, Tk is slow to draw the list; the number above it is of all


class UserList(ttk.Frame):
    """Shows names; calls `whisper(name)` for the one that was chosen."""

    def __init__(self, parent: tk.Misc, fonts: looks.Fonts, whisper: Callable[[str], None]) -> None:
        super().__init__(parent)
        self._whisper = whisper
        self._names: tuple[str, ...] = ()
        self._own = ""
        self._title = ttk.Label(self, font=fonts.bold, underline=0)
        self.list = self._make_list(fonts)
        self._bar = ttk.Scrollbar(self, command=self.list.yview)
        self._lay_out()
        self._fill()

    def show(self, names: tuple[str, ...], own: str) -> None:
        """Show these users; `own` is the one whose window this is."""
        if (names, own) != (self._names, self._own):
            self._names, self._own = names, own
            self._fill()

    # ---- its parts ----

    def _make_list(self, fonts: looks.Fonts) -> tk.Listbox:
        made = tk.Listbox(
            self,
            width=1,  # the layout decides, not the font
            height=1,
            font=fonts.plain,
            background=looks.PAPER,
            highlightthickness=1,
            activestyle="none",
            exportselection=False,
            **looks.FIELD,
        )
        for keys in ("<Double-Button-1>", "<Return>"):
            made.bind(keys, self._choose)
        return made

    def _lay_out(self) -> None:
        self.columnconfigure(0, weight=1)
        self.rowconfigure(1, weight=1)
        self._title.grid(row=0, column=0, columnspan=2, sticky="w", pady="0 3p")
        self.list.grid(row=1, column=0, sticky="nsew")
        self._bar.grid(row=1, column=1, sticky="ns")
        self.list.configure(yscrollcommand=self._scrolled)

    def _scrolled(self, first: float, last: float) -> None:
        """Show the bar only while there is something to scroll."""
        self._bar.set(first, last)
        if float(first) <= 0.0 and float(last) >= 1.0:
            self._bar.grid_remove()
        else:
            self._bar.grid()

    # ---- names ----

    def _fill(self) -> None:
        top = self.list.yview()[0]
        self._title.configure(text=f"Users ({len(self._names)})")
        self.list.delete(0, "end")
        shown, more = self._names[:MAX_ROWS], len(self._names) - MAX_ROWS
        self.list.insert("end", *[f" {name} (you)" if self._is_own(name) else f" {name}" for name in shown])
        for index, name in enumerate(shown):
            self.list.itemconfigure(index, foreground=colour_of(name).on_light)
        if more > 0:
            self.list.insert("end", f" and {more} more")
        self.list.yview_moveto(top)

    def _is_own(self, name: str) -> bool:
        return fold(name) == fold(self._own)

    def _choose(self, _: "tk.Event[tk.Listbox]") -> None:
        for index in self.list.curselection():  # type: ignore[no-untyped-call]
            if index < MAX_ROWS:
                self._whisper(self._names[index])
