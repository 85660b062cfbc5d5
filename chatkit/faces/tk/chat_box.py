"""The chat box: what was said, newest at the bottom, to be read and copied but not edited.

Text from others is hostile: it goes into the widget as an argument, never as a script or as markup, and tags are never
named after it. The newest 2000 lines are kept.
"""

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk

from chatkit.faces.colours import PALETTE, colour_of
from chatkit.faces.tk import looks
from chatkit.faces.updates import Kind, Line

MAX_LINES = 2000

_NEW = "new"  # the tag of the mark
_GROUNDS = {"mine": looks.MINE, "whisper": looks.WHISPER}


class ChatBox(ttk.Frame):
    """Shows Lines. It stays at the newest one, unless its reader has scrolled up; back there it calls `caught_up()`."""

    def __init__(self, parent: tk.Misc, fonts: looks.Fonts, caught_up: Callable[[], object]) -> None:
        super().__init__(parent)
        self._caught_up = caught_up
        self._following = True
        self._size = (0, 0)
        self.text = self._make_text(fonts)
        self._bar = ttk.Scrollbar(self, command=self.text.yview)
        self._newest = ttk.Button(self.text, text="New messages", command=self._go_to_newest, cursor="arrow")
        self._newest.configure(takefocus=False)
        self._lay_out()
        self._make_tags(fonts)
        self._make_menu()

    @property
    def following(self) -> bool:
        """Whether the newest line is seen."""
        return self._following

    def add(self, lines: Sequence[Line], new_from: int | None = None) -> None:
        """Show these lines below the others, with a mark above the one of this index."""
        if not lines:
            return
        self.text.configure(state="normal")
        for index, line in enumerate(lines):
            if index == new_from:
                self.text.insert("end", "New\n", (_NEW,))
            self._insert(line)
        self._forget_oldest()
        self.text.configure(state="disabled")
        if self._following or any(line.mine for line in lines):
            self.text.see("end")
        else:
            self._newest.place(relx=0.5, rely=1.0, anchor="s", y=-self.winfo_pixels("6p"))

    def unmark(self) -> None:
        """Take the mark away."""
        if marked := self.text.tag_ranges(_NEW):
            self.text.configure(state="normal")
            self.text.delete(*marked)
            self.text.configure(state="disabled")

    def turn_page(self, pages: int) -> None:
        """Scroll by so many pages, up if it is negative."""
        self.text.yview_scroll(pages, "pages")

    # ---- its parts ----

    def _make_text(self, fonts: looks.Fonts) -> tk.Text:
        return tk.Text(
            self,
            state="disabled",
            wrap="word",
            width=1,  # the layout decides, not the font
            height=1,
            font=fonts.least,  # of the empty line that Tk keeps at the end
            background=looks.PAPER,
            inactiveselectbackground=looks.ACCENT_PALE,
            highlightthickness=1,
            padx="6p",
            pady="4p",
            takefocus=True,  # Tab would pass over it, as it is not to be edited
            yscrollcommand=self._scrolled,
            **looks.FIELD,
        )

    def _lay_out(self) -> None:
        self.columnconfigure(0, weight=1)
        self.rowconfigure(0, weight=1)
        self.text.grid(row=0, column=0, sticky="nsew")
        self._bar.grid(row=0, column=1, sticky="ns")

    def _make_tags(self, fonts: looks.Fonts) -> None:
        indent = fonts.small.measure("00:00  ")
        self.text.tag_configure("line", font=fonts.plain, lmargin2=indent, spacing1="2p", spacing3="2p")
        for tag, ground in _GROUNDS.items():
            self.text.tag_configure(tag, background=ground, lmargincolor=ground)
        self.text.tag_configure("clock", font=fonts.small, foreground=looks.FAINT)
        for colour in PALETTE:
            self.text.tag_configure(colour.on_light, font=fonts.bold, foreground=colour.on_light)
        self.text.tag_configure("notice", font=fonts.italic, foreground=looks.FAINT)
        self.text.tag_configure("past", foreground=looks.FAINT)
        self.text.tag_configure("earlier", lmargin1=indent)  # no time stands before it
        self.text.tag_configure(_NEW, font=fonts.small, foreground=looks.NEW, background=looks.NEW_GROUND)
        self.text.tag_configure(_NEW, justify="center", spacing1="1p", spacing3="1p")
        self.text.tag_configure("trouble", foreground=looks.ALARM)
        self.text.tag_raise("sel")

    def _make_menu(self) -> None:
        menu = tk.Menu(self, tearoff=False)
        menu.add_command(label="Copy", command=lambda: self.text.event_generate("<<Copy>>"))
        menu.add_command(label="Select all", command=lambda: self.text.event_generate("<<SelectAll>>"))
        self.text.bind("<Button-1>", lambda _: self.text.focus_set(), add=True)  # Ctrl-C goes to who has the focus
        for button in ("<Button-2>", "<Control-Button-1>") if self._is_mac() else ("<Button-3>",):
            self.text.bind(button, lambda event: menu.tk_popup(event.x_root, event.y_root))

    def _is_mac(self) -> bool:
        return bool(self.tk.call("tk", "windowingsystem") == "aqua")

    # ---- lines ----

    def _insert(self, line: Line) -> None:
        ground = _ground(line)
        pieces: list[str | tuple[str, ...]] = [f"{line.clock}  ", ("clock", "line", ground)] if line.clock else []
        if line.speaker:
            you = " (you)" if line.mine and line.kind is Kind.SAID else ""
            pieces += [f"{line.speaker}{you}", (colour_of(line.name).on_light, "line", ground), "  ", ("line", ground)]
        pieces += [f"{line.text}\n", (line.kind.value, "line", ground)]
        self.text.insert("end", *pieces)  # type: ignore[arg-type]

    def _forget_oldest(self) -> None:
        """Keep the newest lines, and say on top of them that there were more."""
        count = int(self.text.index("end-1c").split(".")[0]) - 1
        if count <= MAX_LINES:
            return
        self.text.delete("1.0", f"{count - MAX_LINES + 2}.0")
        self.text.insert("1.0", f"Older lines are gone: this window keeps {MAX_LINES}.\n", ("notice", "line"))

    # ---- scrolling ----

    def _scrolled(self, first: float, last: float) -> None:
        """Tk says which part is seen: the reader scrolled, the window changed its size, or lines came."""
        self._bar.set(first, last)
        size = self.text.winfo_width(), self.text.winfo_height()
        if size != self._size and self._following:
            self.text.see("end")
        else:
            self._following = float(last) >= 1.0
        self._size = size
        if self._following:
            self._newest.place_forget()
            self._caught_up()

    def _go_to_newest(self) -> None:
        self.text.see("end")


def _ground(line: Line) -> str:
    """Give the tag that lies below the whole line."""
    match line.kind:
        case Kind.TOLD:
            return "whisper"
        case Kind.PAST:
            return "earlier"
    return "mine" if line.mine else "line"
