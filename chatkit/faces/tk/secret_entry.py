"""A field for a password: what is typed is not shown."""

import tkinter as tk
from collections.abc import Callable

from chatkit.faces.tk import looks
from chatkit.faces.tk.text_entry import instead, mend_surrogates

DOT = "\N{BULLET}"  # for each character


class SecretEntry(tk.Entry):
    """A field of one row; calls `submit()` when Return is pressed."""

    def __init__(self, parent: tk.Misc, fonts: looks.Fonts, submit: Callable[[], object]) -> None:
        super().__init__(
            parent,
            show=DOT,
            exportselection=False,
            font=fonts.plain,
            insertbackground=looks.INK,
            disabledbackground=looks.GROUND,
            highlightthickness=2,
            **{**looks.FIELD, "borderwidth": "3p"},  # space around the text: an Entry has no padding
        )
        for keys in ("<Return>", "<KP_Enter>"):
            self.bind(keys, instead(submit))

    @property
    def value(self) -> str:
        """What was typed."""
        return mend_surrogates(self.get())

    @value.setter
    def value(self, text: str) -> None:
        self.delete(0, "end")
        self.insert(0, text)

    def allow(self, typing: bool) -> None:
        """Let the user type, or not."""
        self.configure(state="normal" if typing else "disabled")

    def choose(self) -> None:
        """Go there, ready to replace what is in it."""
        self.focus_set()
        self.selection_range(0, "end")
