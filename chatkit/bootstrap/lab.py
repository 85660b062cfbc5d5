"""python3 -m chatkit lab: makes the environment and runs JupyterLab on the first notebook.

JupyterLab ends with this program: on Ctrl-C, when the terminal is closed, when the program is told to end.
"""

import argparse
import http.client
import os
import secrets
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from chatkit.bootstrap import installer
from chatkit.bootstrap.builder import Builder
from chatkit.bootstrap.environment import HERE, Environment, Part
from chatkit.bootstrap.port import LARGEST, explain, next_free, obstacle
from chatkit.bootstrap.process import end, unwinding
from chatkit.errors import SetupError

FIRST_NOTEBOOK = "notebooks/00-first-words.ipynb"
USUAL_PORT = 8888
LONGEST_START = 120.0  # seconds: a slow disk and a virus scanner can make one minute of three seconds
PAUSE = 0.1
GRACE, PATIENCE = 3.0, 10.0  # seconds for JupyterLab to end with its kernels

START_ANEW = "What it said is above. If its packages are damaged, remove the folder .venv and start again."


def main(argv: list[str]) -> int:
    """Run JupyterLab until Ctrl-C."""
    options = parser().parse_args(argv)
    Builder(HERE, installer.chosen(options)).provide(Part.LAB)
    if options.prepare:
        print(f"The environment is ready: {HERE.folder}")
        return 0
    lab = Lab(HERE, free_port(options.port))
    with unwinding(), lab.running() as process:
        lab.wait_until_it_answers(process)
        lab.show(in_browser=not options.no_browser)
        return process.wait()


def parser() -> argparse.ArgumentParser:
    """The options of `lab`."""
    result = argparse.ArgumentParser(
        prog="python3 -m chatkit lab",
        description="Open JupyterLab on the first notebook. The first start makes the environment it needs, in .venv.",
    )
    result.add_argument("--no-browser", action="store_true", help="print the address, open no browser")
    result.add_argument("--port", type=int, metavar="N", help=f"default: {USUAL_PORT}, or the next one that is free")
    result.add_argument("--prepare", action="store_true", help="make the environment, start nothing")
    installer.add_options(result)
    return result


def free_port(wanted: int | None) -> int:
    """The port to use; raises SetupError where the wanted one cannot be had."""
    port = USUAL_PORT if wanted is None else wanted
    if not 1 <= port <= LARGEST:
        raise SetupError(f"There is no port {port}: ports go from 1 to {LARGEST}.")
    problem = obstacle(port)
    if problem is None:
        return port
    other = next_free(max(port, USUAL_PORT))
    if wanted is not None:
        raise SetupError(f"{explain(port, problem)}\nOr use another port: --port {other}")
    print(f"{explain(port, problem)}\nJupyterLab gets port {other}.")
    return other


@dataclass(frozen=True)
class Lab:
    """A JupyterLab on this computer, for this user."""

    environment: Environment
    port: int
    token: str = field(default_factory=lambda: secrets.token_hex(24), repr=False)

    @property
    def address(self) -> str:
        """What a browser is given; whoever has it, has the computer."""
        return f"http://127.0.0.1:{self.port}/lab/tree/{FIRST_NOTEBOOK}?token={self.token}"

    @property
    def command(self) -> list[str]:
        """What starts it."""
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        return [
            str(self.environment.python),
            "-m",
            "jupyterlab",
            "--no-browser",  # we open it, when it answers
            "--ServerApp.log_level=ERROR",
            "--LabApp.log_level=ERROR",
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={self.port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={self.environment.root}",
            *(["--allow-root"] if root else []),
        ]

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """Start it; at the end of the block it has ended too."""
        # The token goes by a variable: others can read a command line. Without a terminal it asks no questions.
        variables = os.environ | {"JUPYTER_TOKEN": self.token}
        with subprocess.Popen(self.command, stdin=subprocess.DEVNULL, env=variables) as process:
            try:
                yield process
            finally:
                end(process, GRACE, PATIENCE)

    def wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        """Return when the address can be opened; raises SetupError if it never can."""
        deadline = time.monotonic() + LONGEST_START
        while not self.answers():
            if process.poll() is not None:
                raise SetupError(f"JupyterLab ended with code {process.returncode} instead of starting. {START_ANEW}")
            if time.monotonic() > deadline:
                raise SetupError(f"JupyterLab did not answer within {LONGEST_START:.0f} seconds. {START_ANEW}")
            time.sleep(PAUSE)

    def answers(self) -> bool:
        """Does it answer, and is it ours?"""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/api/status", headers={"Authorization": f"token {self.token}"})
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def show(self, in_browser: bool) -> None:
        """Print the address, and open it in a browser where there is one."""
        print(f"\nJupyterLab runs at\n\n    {self.address}\n", flush=True)
        if not (in_browser and has_screen() and webbrowser.open(self.address)):
            print("Open this address in a browser. If that is on another computer, type there first:\n")
            print(f"    ssh -L {self.port}:127.0.0.1:{self.port} YOU@{socket.gethostname()}\n")
        print("Ctrl-C here ends it.", flush=True)


def has_screen() -> bool:
    """Can a browser show itself? Without a screen, `webbrowser` would start one that takes over this terminal."""
    named = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
    return named or sys.platform in ("darwin", "win32")
