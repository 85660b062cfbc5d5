"""Text of others on a terminal.

A terminal obeys what it is sent: ESC ]0; sets its title, ESC [2J wipes it, U+202E turns the rest of the line around. A
chat/1 server lets none of that through, but who says that we talk to an honest one? So whatever came from outside goes
through `harmless`, and what reads from right to left through `isolate`, so that it turns only itself around.
"""

import os
import sys
from typing import TextIO
from unicodedata import bidirectional, category, east_asian_width

BOLD, DIM, RED, YELLOW = "1", "2", "31", "33"  # for `styled`: SGR parameters, ECMA-48 8.3.117

_FSI, _PDI = "\u2068", "\u2069"  # first strong isolate, pop directional isolate (UAX #9)
_JOINERS = frozenset("\u200c\u200d\u200e\u200f\u061c")  # ZWNJ, ZWJ, LRM, RLM, ALM: emoji and Persian need them
_TAGS = range(0xE0020, 0xE0080)  # the letters inside the flags of Scotland and Wales
_ACTING = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))  # categories that do something instead of standing there


def harmless(text: str) -> str:
    r"""Give the text with each character that a terminal might obey written as its escape: ESC becomes \x1b."""
    return "".join(ascii(c)[1:-1] if _acts(c) else c for c in text)


def isolate(text: str) -> str:
    """Keep a text that reads from right to left from turning its neighbours around; only for UTF-8 terminals."""
    return f"{_FSI}{text}{_PDI}" if any(bidirectional(c) in ("R", "AL", "AN") for c in text) else text


def columns(text: str) -> int:
    """Give the columns that a harmless text takes: 2 for CJK and most emoji, 0 for marks and joiners."""
    return sum(_columns(c) for c in text)


def styled(text: str, style: str, colour: bool) -> str:
    """Give the text in a style, or as it is where there is no colour."""
    return f"\x1b[{style}m{text}\x1b[0m" if colour and style else text


def hue(number: int) -> str:
    """Give the style for one of the 256 colours of a terminal."""
    return f"38;5;{number}"


def wants_colour(stream: TextIO) -> bool:
    """Say whether to use colour: on a terminal that knows it, unless the user asked for none (no-color.org)."""
    return not os.environ.get("NO_COLOR") and obeys_escapes(stream)


def obeys_escapes(stream: TextIO) -> bool:
    """Say whether this is a terminal that obeys escape sequences; a Windows console does once it was told to."""
    if not stream.isatty() or os.environ.get("TERM") == "dumb":
        return False
    if sys.platform != "win32":
        return True
    import ctypes
    import msvcrt

    handle, mode = msvcrt.get_osfhandle(stream.fileno()), ctypes.c_ulong()
    kernel = ctypes.windll.kernel32
    enable_virtual_terminal_processing = 4
    return bool(
        kernel.GetConsoleMode(handle, ctypes.byref(mode))
        and kernel.SetConsoleMode(handle, mode.value | enable_virtual_terminal_processing)
    )


def _acts(character: str) -> bool:
    return category(character) in _ACTING and character not in _JOINERS and ord(character) not in _TAGS


def _columns(character: str) -> int:
    if category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1
