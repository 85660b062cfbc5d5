"""The window as a process of its own, for notebooks: Tk in a thread of a kernel kills the kernel.

    window = open_window("carol", server.address)                        on this computer
    window = open_window("carol", server.address, lan["carol"].run)      on a host of a LAN
    window = open_window("carol", server.address, ca=authority.pem)      of a server that seals with TLS
    window.close()

A window that is opened again for the same name and server takes the place of the older one, so a cell can be run twice.
When the notebook's kernel ends, its windows close.
"""

import atexit
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chatkit.errors import MachineError
from chatkit.faces.display import why_no_window
from chatkit.net.event import Address
from chatkit.net.host import write_address
from chatkit.net.tls import read_fingerprint

Run = Callable[..., subprocess.Popen[Any]]

_PATIENCE = 5.0  # seconds that a window has to say QUIT and end
_HOUSE = Path(__file__).resolve().parents[3]

# Every window that this process opened and did not close: processes are the machine's, so the list is one for all.
_open: "dict[tuple[str, Address], WindowProcess]" = {}


def open_window(
    name: str, address: Address, run: Run = subprocess.Popen, *, ca: bytes = b"", fingerprint: str = ""
) -> "WindowProcess":
    """Open the chat window, which connects at once; `run` starts its program, as subprocess.Popen does.

    For a server that seals, `ca` is the certificate of the authority to trust, in PEM, or `fingerprint` that of the
    server. Raises MachineError where there can be no window, MisuseError for what is no fingerprint.
    """
    if why := why_no_window():
        raise MachineError(why)
    if older := _open.get((name, address)):
        older.close()
    _open[name, address] = window = WindowProcess(name, address, run, ca, fingerprint)
    return window


class WindowProcess:
    """A chat window that runs beside us."""

    def __init__(self, name: str, address: Address, run: Run, ca: bytes, fingerprint: str) -> None:
        self.name, self.address = name, address
        host, port = address
        arguments = ["--name", name, "--server", host, "--port", str(port), "--connect"]
        arguments += ["--fingerprint", read_fingerprint(fingerprint)] if fingerprint else []
        with contextlib.ExitStack() as files:
            if ca:
                file = _write(ca)
                files.callback(file.unlink, missing_ok=True)
                arguments += ["--ca", str(file)]
            self._process = run(
                [sys.executable, "-m", "chatkit", "window", *arguments],
                stdin=subprocess.DEVNULL,
                env=os.environ | {"PYTHONPATH": _search_path()},
                start_new_session=True,  # the Ctrl-C that interrupts a cell is not meant for the window
            )
            self._files = files.pop_all()

    @property
    def is_open(self) -> bool:
        """Whether the window is still there; its user can close it too."""
        return self._process.poll() is None

    def close(self) -> None:
        """Ask the window to leave the chat and end; after 5 seconds end it. Safe to call twice.

        Windows has no way to ask: there it ends at once, and the others read that the connection was lost.
        """
        self._process.terminate()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._files.close()
        if _open.get((self.name, self.address)) is self:
            del _open[self.name, self.address]

    def __repr__(self) -> str:
        state = "open" if self.is_open else "closed"
        return f"<chat window of {self.name} at {write_address(self.address)}, {state}>"


def _write(ca: bytes) -> Path:
    """Give a file for the window to read; on Windows it can, once ours is closed."""
    with tempfile.NamedTemporaryFile(prefix="chatkit-", suffix=".pem", delete=False) as file:
        file.write(ca)
    return Path(file.name)


def _search_path() -> str:
    """The child has to find this very chatkit, whatever its current folder is."""
    return os.pathsep.join(filter(None, [str(_HOUSE), os.environ.get("PYTHONPATH", "")]))


@atexit.register
def _close_all() -> None:
    for window in list(_open.values()):
        window.close()
