"""Keys that hold for a whole page of the window, whichever of its widgets has the focus."""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk


def bind_alt(page: tk.Widget, letter: str, action: Callable[[], object]) -> None:
    """Let Alt and a letter, the one that is underlined, do this while the page is shown.

    Not on a Mac: there Alt types characters.
    """
    if page.tk.call("tk", "windowingsystem") != "aqua":
        bind_page(page, f"<Alt-{letter}>", action)


def bind_page(page: tk.Widget, keys: str, action: Callable[[], object]) -> None:
    """Let these keys do this while the page is shown."""

    def act(_: "tk.Event[tk.Misc]") -> None:
        if page.winfo_ismapped():
            action()

    page.winfo_toplevel().bind(keys, act, add=True)


def bind_close(root: tk.Tk, close: Callable[[], object]) -> None:
    """Let Ctrl-W, on a Mac Cmd-W, close the window."""
    modifier = "Command" if root.tk.call("tk", "windowingsystem") == "aqua" else "Control"
    root.bind(f"<{modifier}-w>", lambda _: close())


def bind_select_all(root: tk.Tk) -> None:
    """Let Ctrl-A select everything, as it does on today's desktops; Tk on Linux still goes to the start of the line."""
    if root.tk.call("tk", "windowingsystem") == "x11":
        root.event_delete("<<LineStart>>", "<Control-a>")
        root.event_add("<<SelectAll>>", "<Control-a>")


def bind_return_to_buttons(root: tk.Tk) -> None:
    """Let Return press the button that has the focus; Tk itself knows only the space bar."""

    def press(event: "tk.Event[tk.Misc]") -> str:
        if isinstance(event.widget, ttk.Button):
            event.widget.invoke()
        return "break"  # the page has its own idea of Return

    for keys in ("<Return>", "<KP_Enter>"):
        root.bind_class("TButton", keys, press)
