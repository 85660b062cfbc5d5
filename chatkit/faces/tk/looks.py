"""How the window is dressed: theme, colours and fonts.

Distances are written in points ("6p"), which Tk turns into the pixels of this screen as it does with fonts: on a dense
screen both grow together. Windows and macOS keep their own theme; on Linux it is clam, in today's colours.
"""

import contextlib
import ctypes
import re
import subprocess
import sys
import tkinter as tk
from dataclasses import dataclass
from tkinter import font, ttk
from typing import Any

from chatkit.faces.updates import Phase

PAPER, INK = "#ffffff", "#1c1f23"  # what is read and typed; 16 to 1
GROUND = "#f3f4f6"
FAINT = "#59616b"  # times and notices; 5.6 to 1 on GROUND
LINE = "#ccd1d8"
ACCENT, ACCENT_BRIGHT, ACCENT_PALE = "#0b5fa5", "#0d70c2", "#cfe3f6"
MINE, WHISPER = "#eaf2fb", "#f6effb"  # the grounds of one's own and of private messages
NEW, NEW_GROUND = "#7a4b00", "#fff3d6"  # the mark above what is unread
ALARM, ALARM_GROUND = "#8c1d18", "#fdecea"
DOT = {
    Phase.OFFLINE: "#c0392b",
    Phase.CONNECTING: "#b7791f",
    Phase.WAITING: "#b7791f",
    Phase.CONNECTED: "#1e8e4a",
}

# A widget that is no ttk widget follows no theme: these give it the frame and the colours of those that do.
FIELD: dict[str, Any] = {
    "foreground": INK,
    "selectbackground": ACCENT_PALE,
    "selectforeground": INK,
    "relief": "flat",
    "borderwidth": 0,
    "highlightbackground": LINE,
    "highlightcolor": ACCENT,
}

_POINTS_PER_INCH = 72


@dataclass(frozen=True)
class Fonts:
    """The desktop's font in the cuts that we need. Tk forgets a font when its object goes: keep this as long as Tk."""

    plain: font.Font
    bold: font.Font
    italic: font.Font
    small: font.Font
    heading: font.Font
    least: font.Font


def draw_sharply() -> None:
    """Tell Windows that we know about dense screens, so that it does not blow up a blurred picture of us."""
    if sys.platform == "win32":
        with contextlib.suppress(AttributeError, OSError):  # before Windows 8.1
            ctypes.windll.shcore.SetProcessDpiAwareness(1)


def dress(root: tk.Tk) -> Fonts:
    """Set scale, theme and colours; give the fonts."""
    if root.tk.call("tk", "windowingsystem") == "x11":
        if dpi := _dpi_of_desktop():
            root.tk.call("tk", "scaling", dpi / _POINTS_PER_INCH)
        _dress_clam(ttk.Style(root))
    plain = font.nametofont("TkDefaultFont", root)
    size = plain.cget("size")
    return Fonts(
        plain,
        bold=_cut(plain, weight="bold"),
        italic=_cut(plain, slant="italic"),
        small=_cut(plain, size=round(size * 0.9)),
        heading=_cut(plain, size=round(size * 1.5), weight="bold"),
        least=_cut(plain, size=1),
    )


def draw_icon(root: tk.Tk) -> tk.PhotoImage:
    """Give the icon, a speech bubble, to the window. Keep it as long as Tk."""
    icon = tk.PhotoImage(master=root, width=48, height=48)
    icon.put(ACCENT, to=(3, 6, 45, 35))
    for row in range(9):
        icon.put(ACCENT, to=(10, 35 + row, 20 - row, 36 + row))
    for left in (11, 21, 31):
        icon.put(PAPER, to=(left, 18, left + 6, 24))
    root.iconphoto(True, icon)
    return icon


def _cut(plain: font.Font, **changes: str | int) -> font.Font:
    cut = plain.copy()
    cut.configure(**changes)  # type: ignore[arg-type]
    return cut


def _dpi_of_desktop() -> float | None:
    """Give what the desktop's settings say; the X server itself says 96 on every screen."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        answer = subprocess.run(["xrdb", "-query"], capture_output=True, text=True, timeout=2, check=False).stdout
        if found := re.search(r"^Xft\.dpi:\s*(\d+(?:\.\d+)?)\s*$", answer, re.MULTILINE):
            return float(found[1])
    return None


def _dress_clam(style: ttk.Style) -> None:
    style.theme_use("clam")
    style.configure(
        ".",
        background=GROUND,
        foreground=INK,
        fieldbackground=PAPER,
        bordercolor=LINE,
        lightcolor=GROUND,
        darkcolor=GROUND,
        troughcolor=GROUND,
        selectbackground=ACCENT,
        selectforeground=PAPER,
        insertcolor=INK,
    )
    style.map(".", foreground=[("disabled", "#8a929c")])
    _dress_scrollbars(style)
    _dress_buttons(style)
    _dress_checkbuttons(style)


def _dress_scrollbars(style: ttk.Style) -> None:
    style.configure("TScrollbar", background="#d5d9df", bordercolor=GROUND, arrowcolor=FAINT, gripcount=0)
    style.map("TScrollbar", background=[("disabled", GROUND), ("active", "#b9c0c9")])


def _dress_buttons(style: ttk.Style) -> None:
    style.configure("TButton", background=PAPER, padding="8p 4p", lightcolor=PAPER, darkcolor=PAPER, focuscolor=ACCENT)
    shades = [("disabled", GROUND), ("pressed", "#dfe3e8"), ("active", "#eceff2")]
    style.map("TButton", background=shades, lightcolor=shades, darkcolor=shades, bordercolor=[("focus", ACCENT)])
    shades = [("disabled", LINE), ("pressed", ACCENT), ("active", ACCENT_BRIGHT)]
    style.configure("Accent.TButton", background=ACCENT, foreground=PAPER, bordercolor=ACCENT, focuscolor=PAPER)
    style.configure("Accent.TButton", lightcolor=ACCENT, darkcolor=ACCENT)
    style.map(
        "Accent.TButton",
        background=shades,
        lightcolor=shades,
        darkcolor=shades,
        bordercolor=[("disabled", LINE)],
        foreground=[("disabled", PAPER)],
    )


def _dress_checkbuttons(style: ttk.Style) -> None:
    shades = [("disabled", GROUND), ("selected", ACCENT)]
    style.configure("TCheckbutton", indicatorforeground=PAPER, upperbordercolor=FAINT, lowerbordercolor=FAINT)
    style.map("TCheckbutton", indicatorbackground=shades, background=[("active", GROUND)])
    style.configure("Alarm.TCheckbutton", background=ALARM_GROUND, foreground=ALARM)
    style.map("Alarm.TCheckbutton", background=[("active", ALARM_GROUND)], indicatorbackground=shades)
