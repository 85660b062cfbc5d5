"""emoji_fonts: where a colour font would end the window, it is left out."""

import os
import subprocess
import sys

import pytest

from chatkit.faces.tk import emoji_fonts
from chatkit.faces.tk.emoji_fonts import protect_from_colour_fonts
from tests.needs import needs_display, needs_linux

FAMILIES = "import tkinter, tkinter.font as f; print('\\n'.join(f.families(tkinter.Tk())))"


@needs_linux
@pytest.mark.parametrize(("version", "protected"), [(20304, True), (20305, False), (20306, False)])
def test_only_an_old_library_is_protected(version: int, protected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {})
    monkeypatch.setattr(emoji_fonts, "_libxft_version", lambda: version)
    protect_from_colour_fonts()
    assert ("FONTCONFIG_FILE" in os.environ) is protected


@needs_linux
def test_a_choice_of_the_user_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"FONTCONFIG_FILE": "/mine"})
    monkeypatch.setattr(emoji_fonts, "_libxft_version", lambda: 20304)
    protect_from_colour_fonts()
    assert os.environ == {"FONTCONFIG_FILE": "/mine"}


@needs_display
def test_protected_the_window_has_its_fonts_but_none_of_colour(display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {k: v for k, v in os.environ.items() if k != "FONTCONFIG_FILE"})
    monkeypatch.setattr(emoji_fonts, "_libxft_version", lambda: 20304)
    before = families(display)
    protect_from_colour_fonts()
    assert families(display) == before - {"Noto Color Emoji"}


def families(display: str) -> set[str]:
    command = [sys.executable, "-c", FAMILIES]
    env = os.environ | {"DISPLAY": display}
    return set(
        subprocess.run(command, env=env, capture_output=True, text=True, timeout=20, check=True).stdout.split("\n")
    )
