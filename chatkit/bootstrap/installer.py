"""Who fetches the packages, and by which steps: uv where it is found (seconds), else Python's own venv and pip."""

import argparse
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from chatkit.bootstrap.progress import Step
from chatkit.errors import SetupError


class Installer(Protocol):
    """What makes an environment and fills it."""

    @property
    def name(self) -> str:
        """uv or pip."""

    def make(self, folder: Path, python: Path) -> list[Step]:
        """The steps that make an environment in which `install` works."""

    def install(self, python: Path, *what: str) -> tuple[str, ...]:
        """The command that installs, into the environment of `python`, what pip would understand."""


@dataclass(frozen=True)
class Pip:
    """venv and pip, which come with Python (on Debian in a package of their own)."""

    wheels: str | None = None
    name: str = "pip"

    def make(self, folder: Path, python: Path) -> list[Step]:
        # In two steps, because venv keeps to itself what ensurepip says.
        return [
            Step("making the folder .venv", (base_python(), "-m", "venv", "--without-pip", str(folder))),
            Step("putting pip into it", (str(python), "-m", "ensurepip", "--default-pip")),
        ]

    def install(self, python: Path, *what: str) -> tuple[str, ...]:
        return (str(python), "-m", "pip", "install", "--progress-bar", "off", *self._source(), *what)

    def _source(self) -> tuple[str, ...]:
        if self.wheels is None:
            return ()
        trusted = ("--trusted-host", urlsplit(self.wheels).netloc) if self.wheels.startswith("http:") else ()
        return ("--no-index", "--find-links", self.wheels, *trusted)


@dataclass(frozen=True)
class Uv:
    """https://docs.astral.sh/uv/"""

    program: str
    wheels: str | None = None
    name: str = "uv"

    def make(self, folder: Path, python: Path) -> list[Step]:
        # --seed puts pip in, for the student who types %pip in a notebook; a folder of wheels need not have it.
        seed = ("--seed",) if self.wheels is None else ()
        command = (self.program, "venv", *seed, "--python", base_python(), str(folder))
        return [Step("making the folder .venv", command)]

    def install(self, python: Path, *what: str) -> tuple[str, ...]:
        source = ("--no-index", "--find-links", self.wheels) if self.wheels else ()
        return (self.program, "pip", "install", "--python", str(python), *source, *what)


OFFLINE = """\
Where there is no network, take the packages from a folder, or from an address that lists one. To fill the folder,
on a computer with a network and the same system and Python:
    python3 -m pip wheel -r requirements.txt "setuptools>=77" -w wheels
and then, where there is none:
    python3 -m chatkit lab --wheels wheels
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options by which a person chooses the installer."""
    parser.add_argument("--wheels", metavar="FOLDER_OR_URL", help="take all packages from there, none from the network")
    parser.add_argument("--pip", action="store_true", help="use pip even where uv is found (uv does not read pip.conf)")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = OFFLINE


def chosen(options: argparse.Namespace) -> Installer:
    """What these options choose."""
    return choose(options.wheels and whole_address(options.wheels), without_uv=options.pip)


def choose(wheels: str | None = None, *, without_uv: bool = False) -> Installer:
    """uv if it is on PATH and really runs, else pip."""
    program = None if without_uv else shutil.which("uv")
    if program is None or subprocess.run([program, "--version"], capture_output=True).returncode != 0:
        return Pip(wheels)
    return Uv(program, wheels)


def whole_address(wheels: str) -> str:
    """The folder or URL, meant from here: the steps run in another folder. Raises SetupError if it is not there."""
    if "://" in wheels:
        return wheels
    if not Path(wheels).is_dir():
        raise SetupError(f"There is no folder {wheels} to take packages from; --wheels takes a folder or a URL.")
    return str(Path(wheels).resolve())


def base_python() -> str:
    """The Python that environments are made with: never that of an environment, which may be the one to go."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def variables() -> dict[str, str]:
    """Our own environment variables, less those that send packages elsewhere."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PIP_TARGET", "PIP_PREFIX", "PYTHONHOME")}
    return kept | {
        "PIP_USER": "0",  # a pip.conf may say otherwise, which fails in an environment
        "PIP_NO_INPUT": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8",
    }
