"""An SVG as pixels, made by a browser: nothing that is installed with pip draws CSS as one does.

Chromium, Chrome or Edge can do it without a window. Where there is none of them, the sentence says so.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from xml.etree import ElementTree

from chatkit.errors import MachineError, MisuseError

PATIENCE = 60.0  # seconds
SHARPNESS = 2  # dots for each pixel, as screens have
MOST_DOTS = 16_000  # in one direction: a browser draws no more
LEAST = 200  # pixels of a window in which all is drawn; a smaller picture gets a margin

_PROGRAMS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
_MAC = ("Google Chrome", "Chromium", "Microsoft Edge")
_WINDOWS = (r"Google\Chrome\Application\chrome.exe", r"Microsoft\Edge\Application\msedge.exe")
_FLAGS = ("--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-background-networking")


def find_browser() -> str | None:
    """Give the path of a browser that can draw without a window; None if there is none."""
    return next((found for found in _candidates() if found), None)


def rasterize(svg: str, path: Path) -> Path:
    """Draw the picture on white, as a PNG file. Raises MachineError where no browser can do it, and MisuseError."""
    browser = find_browser()
    if browser is None:
        raise MachineError(
            "A PNG takes Chromium, Chrome or Edge to draw it, and none is here. svg and html take nothing."
        )
    size = _size(svg)
    if max(size) > MOST_DOTS:
        raise MisuseError(f"{size[0]} x {size[1]} pixels are too many for a PNG, {MOST_DOTS} in a row: write it as svg")
    # Beside the file that is wanted, since a browser that comes as a snap sees no other folder of ours.
    with tempfile.TemporaryDirectory(prefix="chatkit-png-", dir=path.absolute().parent) as folder:
        (page := Path(folder, "page.html")).write_text(_page(svg), "utf-8")
        picture = Path(folder, "picture.png")
        said = _run([browser, *_flags(size, Path(folder)), f"--screenshot={picture}", page.as_uri()])
        if not picture.exists():
            raise MachineError(f"{browser} has drawn nothing. It said: {said or 'nothing'}")
        return picture.replace(path)


def _flags(size: tuple[int, int], folder: Path) -> tuple[str, ...]:
    """A window of this size, nothing of the user's, and as sharp as can be."""
    sharpness = SHARPNESS if max(size) * SHARPNESS <= MOST_DOTS else 1
    sandbox = ("--no-sandbox",) if sys.platform == "linux" and os.geteuid() == 0 else ()  # root cannot have one
    window = (f"--window-size={size[0]},{size[1]}", f"--force-device-scale-factor={sharpness}")
    return (*_FLAGS, *sandbox, *window, f"--user-data-dir={folder / 'browser'}")


def _run(command: list[str]) -> str:
    """Let it draw, and give the last line that it said."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MachineError(f"{command[0]} does not draw: {error}") from error
    return (done.stderr.decode(errors="replace").strip().splitlines() or [""])[-1]


def _page(svg: str) -> str:
    """Nothing but the picture, in the colours for a light page."""
    style = "*{margin:0}svg{display:block;max-width:none!important}"
    return f'<!doctype html><meta charset="utf-8"><style>{style}</style><body data-jp-theme-light="true">{svg}</body>'


def _size(svg: str) -> tuple[int, int]:
    """(width, height) of the window in pixels."""
    root = ElementTree.fromstring(svg)
    width, height = (max(LEAST, round(float(root.get(side, "0")))) for side in ("width", "height"))
    return width, height


def _candidates() -> Iterator[str | None]:
    yield from map(which, _PROGRAMS)
    if sys.platform == "darwin":
        yield from (which(f"/Applications/{name}.app/Contents/MacOS/{name}") for name in _MAC)
    for folder in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
        if root := os.environ.get(folder):
            yield from (which(str(Path(root, name))) for name in _WINDOWS)
