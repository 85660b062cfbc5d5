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
    """Draw the picture on white, as a PNG file. Raises MachineError where no browser can do it."""
    browser = find_browser()
    if browser is None:
        raise MachineError(
            "A PNG is drawn by Chromium, Chrome or Edge, and none is installed. As svg or html it can be had."
        )
    width, height = _size(svg)
    scale = SHARPNESS if max(width, height) * SHARPNESS <= MOST_DOTS else 1
    if max(width, height) > MOST_DOTS:
        raise MisuseError(
            f"a picture of {width} x {height} pixels; a PNG may have {MOST_DOTS} in a row: write it as svg"
        )
    # Beside the file that is wanted, since a browser that comes as a snap sees no other folder of ours.
    with tempfile.TemporaryDirectory(prefix="chatkit-png-", dir=path.parent) as home:
        page = Path(home) / "page.html"
        page.write_text(_page(svg), "utf-8")
        picture = Path(home) / "picture.png"
        said = _run(browser, page, picture, (f"--window-size={width},{height}", f"--force-device-scale-factor={scale}"))
        if not picture.exists():
            raise MachineError(f"{browser} has drawn nothing. It said: {said or 'nothing'}")
        return picture.replace(path)


def _run(browser: str, page: Path, picture: Path, size: tuple[str, str]) -> str:
    """Let it draw, and give the last line that it said."""
    sandbox = ("--no-sandbox",) if sys.platform == "linux" and os.geteuid() == 0 else ()  # root cannot have one
    home = f"--user-data-dir={page.parent / 'browser'}"
    command = (browser, *_FLAGS, *sandbox, home, *size, f"--screenshot={picture}", page.as_uri())
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MachineError(f"{browser} does not draw: {error}") from error
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
