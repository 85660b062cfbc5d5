"""Whether this machine can open a window, and if not, why and what mends it.

It is found out by opening one, in a process of its own: where Tk goes wrong it may take its whole process along, and
one that was made in a thread of a notebook does so for certain.
"""

import os
import subprocess
import sys

_PATIENCE = 10.0  # seconds: a display that accepts and then says nothing is none
_USE_TERMINAL = "Without a window: python3 -m chatkit chat"
_TK_COMES_FROM = {
    "linux": "sudo apt install python3-tk (Fedora: sudo dnf install python3-tkinter; Arch: sudo pacman -S tk)",
    "darwin": f"brew install python-tk@3.{sys.version_info.minor}, or take the Python of https://www.python.org/downloads/",
    "win32": 'run the installer of Python again, choose "Modify", and tick "tcl/tk and IDLE"',
}


def why_no_window() -> str:
    """Give the reason and the remedy, empty if a window can be opened; takes about a fifth of a second."""
    try:
        trial = subprocess.run(
            [sys.executable, "-c", "import tkinter; tkinter.Tk().destroy()"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _no_display(f"it did not answer within {_PATIENCE:g} seconds")
    return "" if trial.returncode == 0 else _explain(trial.stderr.decode(errors="replace"))


def _explain(stderr: str) -> str:
    last = (stderr.strip().splitlines() or ["Tk ended without a word"])[-1]
    if last.startswith(("ModuleNotFoundError", "ImportError")):
        return _no_tk()
    return _no_display(last.removeprefix("_tkinter.TclError: "))


def _no_tk() -> str:
    remedy = _TK_COMES_FROM.get(sys.platform, _TK_COMES_FROM["linux"])
    if sys.platform == "linux" and sys.base_prefix != "/usr":
        remedy += f"; that is for the system's /usr/bin/python3, while this is {sys.executable}, built without Tk"
    return f"No window: this Python has no Tk. To have it: {remedy}. {_USE_TERMINAL}"


def _no_display(seen: str) -> str:
    display = os.environ.get("DISPLAY", "")
    if sys.platform in ("darwin", "win32"):
        return f"No window: no display can be used ({seen}). Start this on the desktop itself. {_USE_TERMINAL}"
    if not display:
        return (
            "No window: there is no display, DISPLAY is not set. Start this in a terminal of a desktop; "
            f"over the network: ssh -X. {_USE_TERMINAL}"
        )
    return (
        f'No window: the display "{display}" of DISPLAY cannot be used ({seen}). Start this as the user who is '
        f"logged in on that desktop. {_USE_TERMINAL}"
    )
