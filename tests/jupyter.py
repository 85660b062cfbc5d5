"""A real JupyterLab, and a real browser that looks at it.

    with JupyterLab(folder) as lab, Browser() as browser:
        notebook = browser.open(lab, "00-first-words.ipynb")
        notebook.run_all()
        notebook.chat("ann").type("hello")
"""

import contextlib
import json
import os
import random
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
START_TIME = 30.0  # seconds
RUN_TIME = 60_000  # milliseconds, as Playwright counts
ACT_TIME = 15_000  # milliseconds for one click
KEY_TIME = 40  # milliseconds between two keys: faster, and the kernel's answers overtake the typist

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# What the system gives to whoever asks for any port lies above: nobody takes one between two looks at it.
_PORTS = range(10_000, 30_000)
_KERNELS_WITHOUT_PORTS = ["--KernelManager.transport=ipc"] if sys.platform == "linux" else []  # kernels.py says why
_NO_NEWS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


class JupyterLab:
    """A JupyterLab that serves one folder; it lives in a folder of its own and reads no settings of the user's."""

    def __init__(self, folder: Path, theme: str = "JupyterLab Light", env: dict[str, str] | None = None) -> None:
        self.folder, self.theme, self.env = folder, theme, env or {}
        self.token = secrets.token_hex(16)
        self.port = 0  # until it listens

    def __enter__(self) -> "JupyterLab":
        self._home = Path(tempfile.mkdtemp(prefix="chatkit-lab-"))
        settings = self._home / "settings"
        settings.mkdir()
        themes = {"@jupyterlab/apputils-extension:themes": {"theme": self.theme}}
        (settings / "overrides.json").write_text(json.dumps(_NO_NEWS | themes), "utf-8")
        self._log = (self._home / "log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--allow-root", "--no-browser", f"--port={random.choice(_PORTS)}",
             f"--IdentityProvider.token={self.token}", f"--notebook-dir={self.folder}",
             f"--LabApp.app_settings_dir={settings}", *_KERNELS_WITHOUT_PORTS],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, env=self._environment(),
        )  # fmt: skip
        self._await_answer()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.terminate()
        self._process.wait(START_TIME)
        self._log.close()
        shutil.rmtree(self._home, ignore_errors=True)

    def url(self, notebook: str) -> str:
        """Where the notebook opens in a workspace that remembers nothing."""
        return f"http://127.0.0.1:{self.port}/lab/tree/{notebook}?token={self.token}&reset"

    def _environment(self) -> dict[str, str]:
        places = {
            name: str(self._home / name.lower())
            for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
        }
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        return {**os.environ, **places, "PYTHONPATH": path, **self.env}

    def _await_answer(self) -> None:
        deadline = time.monotonic() + START_TIME
        while not self._answers():
            assert self._process.poll() is None, f"JupyterLab ended: {(self._home / 'log').read_text('utf-8')}"
            assert time.monotonic() < deadline, f"JupyterLab does not answer after {START_TIME:g} seconds"
            time.sleep(0.1)

    def _answers(self) -> bool:
        for about in (self._home / "jupyter_runtime_dir").glob("jpserver-*.json"):
            with contextlib.suppress(json.JSONDecodeError):  # it is being written
                self.port = json.loads(about.read_text("utf-8"))["port"]
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api?token={self.token}", timeout=5):
                return True
        except OSError:
            return False


class Browser:
    """A headless Chromium with nothing remembered."""

    def __init__(self, width: int = 1300, height: int = 1000) -> None:
        self._size: Any = {"width": width, "height": height}

    def __enter__(self) -> "Browser":
        self._home = tempfile.mkdtemp(prefix="chatkit-chromium-")
        self._playwright = sync_playwright().start()
        self._context: BrowserContext = self._playwright.chromium.launch_persistent_context(
            self._home, executable_path=shutil.which("chromium"), headless=True, args=_FLAGS, viewport=self._size
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._context.close()
        self._playwright.stop()
        shutil.rmtree(self._home, ignore_errors=True)

    def open(self, lab: JupyterLab, notebook: str) -> "Notebook":
        """Open the notebook, and wait until its kernel can run cells."""
        page = self._context.new_page()
        page.set_default_timeout(ACT_TIME)
        page.on("dialog", lambda dialog: dialog.accept())  # "leave this page?"
        page.goto(lab.url(notebook))
        expect(page.locator("#jp-main-statusbar")).to_contain_text("| Idle", timeout=RUN_TIME)
        return Notebook(page)


class Notebook:
    """A notebook as a person sees and uses it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def run_all(self) -> None:
        """Run all cells, as the menu does, and wait for the last one."""
        self._choose("Run All Cells")

    def run_from(self, code: str) -> None:
        """Run the cell with this code, and all below it."""
        self.cell(code).locator(".jp-InputPrompt").click()
        self._choose("Run Selected Cell and All Below")

    def run_one(self, code: str) -> None:
        """Run the cell with this code."""
        self.cell(code).locator(".jp-InputPrompt").click()
        self._choose("Run Selected Cell and Do not Advance")

    def cell(self, code: str) -> Locator:
        """The first cell with this code in it; lines follow each other without a break."""
        return self.page.locator(".jp-CodeCell", has=self.page.locator(".jp-InputArea-editor", has_text=code)).first

    def chat(self, name: str) -> "ChatOnPage":
        """The chat of a user, the first on the page."""
        name_tag = self.page.locator(".ck-head .ck-name", has_text=name)
        return ChatOnPage(self.page.locator(".ck-chat", has=name_tag).first)

    @contextlib.contextmanager
    def as_wide_as(self, width: int) -> Iterator[None]:
        """The page has this width, in pixels, for a while."""
        size = self.page.viewport_size
        assert size
        self.page.set_viewport_size({**size, "width": width})
        try:
            yield
        finally:
            self.page.set_viewport_size(size)

    def save_picture(self, path: Path) -> None:
        """Save what is seen."""
        path.write_bytes(self.page.screenshot())

    def _choose(self, words: str) -> None:
        """Choose this from the menu Run, and wait until no cell is running, nor waiting to."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.locator("#jp-mainmenu-run").get_by_text(words, exact=True).click()
        expect(self.page.locator(".jp-InputPrompt", has_text="[*]")).to_have_count(0, timeout=RUN_TIME)
        expect(self.page.locator("#jp-main-statusbar")).to_contain_text("| Idle", timeout=RUN_TIME)


def becomes(box: Locator, condition: str) -> bool:
    """Whether this function of JavaScript comes true of the box soon: JupyterLab lays a page out when it gets to it."""
    deadline = time.monotonic() + ACT_TIME / 1000
    while not (is_true := bool(box.evaluate(condition))) and time.monotonic() < deadline:
        box.page.wait_for_timeout(50)
    return is_true


class ChatOnPage:
    """One chat widget, and what a person does with it."""

    def __init__(self, box: Locator) -> None:
        self.box = box
        self.log = box.locator(".ck-log")
        self.users = box.locator(".ck-people")
        self.message = box.get_by_role("textbox", name="Message")

    def type(self, text: str) -> None:
        """Type it into the message box as fast as a person can."""
        self.message.click()
        self.message.press_sequentially(text, delay=KEY_TIME)

    def press(self, words: str) -> None:
        """Click the button with these words."""
        self.box.get_by_role("button", name=words, exact=True).click()

