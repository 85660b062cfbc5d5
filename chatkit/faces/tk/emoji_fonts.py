"""Keeps one emoji from ending every window in the class.

libXft before 2.3.5, with which Tk draws its text on Linux, sends the display a request that is too long for its first
glyph from a colour font, and the display ends the program for it (BadLength in RenderAddGlyphs; Ubuntu 22.04 and
RHEL 9 have such a library). There, fontconfig is told to leave colour fonts out: an emoji is then drawn from a black
and white font, or as a box.
"""

import contextlib
import ctypes
import os
import sys
from pathlib import Path

_MENDED = 20305  # XftGetVersion() of the first libXft that can draw them: 2.3.5
_WITHOUT_COLOUR_FONTS = Path(__file__).with_name("without_colour_fonts.conf")


def protect_from_colour_fonts() -> None:
    """Leave colour fonts out where they are deadly. To be called before the first Tk()."""
    if sys.platform == "linux" and _libxft_version() < _MENDED and "FONTCONFIG_FILE" not in os.environ:
        os.environ["FONTCONFIG_FILE"] = str(_WITHOUT_COLOUR_FONTS)


def _libxft_version() -> int:
    with contextlib.suppress(OSError, AttributeError):
        return int(ctypes.CDLL("libXft.so.2").XftGetVersion())
    return _MENDED  # none here: Tk brings its own or draws without it
