"""looks: readable colours, and the density that the desktop says."""

from pathlib import Path

import pytest

pytest.importorskip("tkinter", reason="needs Tk: sudo apt install python3-tk (Debian, Ubuntu)")

from chatkit.faces.colours import PALETTE
from chatkit.faces.tk import looks
from tests.needs import needs_linux

PAIRS = [
    (looks.INK, looks.PAPER),
    (looks.INK, looks.ACCENT_PALE),
    (looks.FAINT, looks.GROUND),
    (looks.FAINT, looks.MINE),
    (looks.FAINT, looks.WHISPER),
    (looks.PAPER, looks.ACCENT),
    (looks.PAPER, looks.ACCENT_BRIGHT),
    (looks.ALARM, looks.ALARM_GROUND),
    (looks.ALARM, looks.GROUND),
    (looks.NEW, looks.NEW_GROUND),
    (looks.FAINT, looks.PAPER),
    *((colour.on_light, ground) for colour in PALETTE for ground in (looks.PAPER, looks.MINE, looks.WHISPER)),
]


@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_every_text_has_the_contrast_that_wcag_asks_for(text: str, ground: str) -> None:
    lighter, darker = sorted((luminance(text), luminance(ground)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5  # WCAG 2.2, 1.4.3


@needs_linux
@pytest.mark.parametrize(
    ("answer", "dpi"), [("*color: red\nXft.dpi:\t192\nXft.hinting:\t1", 192.0), ("Xft.dpi: 120.5", 120.5), ("", None)]
)
def test_the_density_is_the_one_of_the_desktop(
    answer: str, dpi: float | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "xrdb").write_text(f"#!/bin/sh\ncat <<END\n{answer}\nEND\n")
    (tmp_path / "xrdb").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert looks._dpi_of_desktop() == dpi


def test_a_desktop_that_says_nothing_leaves_it_to_the_display(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert looks._dpi_of_desktop() is None


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
