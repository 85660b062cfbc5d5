"""A field for one line of text, in which every character can be typed and deleted.

It is a Text widget of one row: in Tk 8.6 an Entry counts a character beyond U+FFFF, such as an emoji, as two, and its
Backspace cuts one in half and shows what else lies in memory; sent to a chat, that would be a leak.
"""

import tkinter as tk
from collections.abc import Callable

from chatkit.faces.tk import looks
from chatkit.protocol.text import MAX_TEXT_BYTES

MAX_CHARACTERS = 2 * MAX_TEXT_BYTES  # of more, Tk is slow to draw a line; more than can be sent, so that one is told


class TextEntry(tk.Text):
    """A field of at least one row and at most `rows`, as the text needs; calls `submit()` when Return is pressed."""

    def __init__(self, parent: tk.Misc, fonts: looks.Fonts, submit: Callable[[], object], rows: int = 1) -> None:
        super().__init__(
            parent,
            width=30,  # characters
            height=1,
            wrap="none" if rows == 1 else "word",
            undo=True,
            exportselection=False,  # a name that stands there selected is nothing that the user wants to paste
            font=fonts.plain,
            insertbackground=looks.INK,
            inactiveselectbackground=looks.PAPER,  # what is selected matters only where one types
            highlightthickness=2,
            padx="4p",
            pady="3p",
            **looks.FIELD,
        )
        self._rows = rows
        self.allow(True)
        self._bind_keys(submit)
        self.bind("<<Modified>>", self._keep_to_one_line)
        self.bind("<Configure>", self._fit, add=True)

    @property
    def value(self) -> str:
        """What was typed."""
        return mend_surrogates(self.get("1.0", "end-1c"))

    @value.setter
    def value(self, text: str) -> None:
        state = str(self.cget("state"))
        self.configure(state="normal")
        self.delete("1.0", "end")
        self.insert("1.0", text)
        self.configure(state="disabled" if state == "disabled" else "normal")

    def allow(self, typing: bool) -> None:
        """Let the user type, or not."""
        if typing:
            self.configure(state="normal", background=looks.PAPER, foreground=looks.INK)
        else:
            self.configure(state="disabled", background=looks.GROUND, foreground=looks.FAINT)

    def choose(self) -> None:
        """Go there, ready to replace what is in it."""
        self.focus_set()
        self.tag_add("sel", "1.0", "end-1c")
        self.mark_set("insert", "end-1c")

    def _bind_keys(self, submit: Callable[[], object]) -> None:
        actions = {
            "<Return>": submit,
            "<KP_Enter>": submit,
            "<Tab>": lambda: self._go_to(self.tk_focusNext()),
            "<<PrevWindow>>": lambda: self._go_to(self.tk_focusPrev()),
        }
        for keys, action in actions.items():
            self.bind(keys, instead(action))
        if self._rows == 1:  # a longer text is to be continued, not replaced
            self.bind("<<TraverseIn>>", lambda _: self.choose())

    def _go_to(self, widget: tk.Misc | None) -> None:
        self.tk.call("tk::TabToWindow", widget)

    def _keep_to_one_line(self, _: "tk.Event[tk.Text]") -> None:
        """Turn pasted line ends into spaces, as they are sent, and cut what nobody could send."""
        typed = self.value
        line = typed[:MAX_CHARACTERS].replace("\n", " ")
        if line != typed:
            self.value = line
        self.edit_modified(False)
        self._fit()

    def _fit(self, _: "tk.Event[tk.Text] | None" = None) -> None:
        """Take as many rows as the text fills."""
        if self._rows > 1:
            [filled] = self.count("1.0", "end", "displaylines") or [1]
            self.configure(height=min(max(filled, 1), self._rows))
            self.see("insert")


def instead(action: Callable[[], object]) -> Callable[["tk.Event[tk.Misc]"], str]:
    """Make a handler that does this and nothing else: what a Text does with a key is meant for many lines."""

    def handle(_: "tk.Event[tk.Misc]") -> str:
        action()
        return "break"

    return handle


def mend_surrogates(typed: str) -> str:
    """Join the two halves (UTF-16) in which Tk may give a character; a half that is alone becomes U+FFFD."""
    return typed.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
