"""The environment: the folder .venv with the packages of requirements.txt.

A part of it is whole when its stamp is there, a file written last that holds what the part was made from. No stamp, or
one that holds something else, means half made or out of date: builder.py makes it anew.
"""

import json
import logging
import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

# Files of the environment that hold settings.
SETTINGS: dict[str, dict[str, Any]] = {
    # Without this a question about news covers the first start of JupyterLab.
    "share/jupyter/lab/settings/overrides.json": {
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}
    },
    # The tests bring nbgrader, and its buttons are nothing for a student.
    "etc/jupyter/labconfig/page_config.json": {"disabledExtensions": {"@jupyter/nbgrader": True}},
    # Errors only: each kernel would warn in the terminal that it talks in plaintext, on loopback.
    "etc/ipython/ipython_kernel_config.json": {"IPKernelApp": {"log_level": logging.ERROR}},
}


class Part(Enum):
    """What an environment may hold; each part needs those before it."""

    LAB = "lab"
    TEST = "test"


@dataclass(frozen=True)
class Environment:
    """The environment of the chatkit in the folder `root`."""

    root: Path

    @property
    def folder(self) -> Path:
        """Where it is, or will be."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """Its Python."""
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def has(self, part: Part) -> bool:
        """Is the part there, whole and up to date, and does its Python run?"""
        return self.lacks(part) is None

    def lacks(self, part: Part) -> str | None:
        """Why the part, or one that it needs, is not to be trusted, in words; None where they are."""
        if not self.folder.exists():
            return "there is none yet"
        for needed in list(Part)[: list(Part).index(part) + 1]:
            if why := self._why_stale(needed):
                return why
        return None if self._python_runs() else "its Python does not run"

    def _why_stale(self, part: Part) -> str | None:
        try:
            stamp = json.loads(self.stamp(part).read_text("utf-8"))
        except (OSError, ValueError):  # missing, not ours to read, half written
            return "it is not whole"
        return None if stamp == self.facts(part) else "what it is made from has changed"

    def stamp(self, part: Part) -> Path:
        """The file that says that the part is whole."""
        return self.folder / f"chatkit-{part.value}.json"

    def facts(self, part: Part) -> dict[str, Any]:
        """What the part is made from."""
        if part is Part.TEST:
            return {"tests": self.needed_by_tests()}
        return {
            "python": ".".join(map(str, sys.version_info[:2])),
            "folder": str(self.root),  # an environment does not survive a move
            "requirements": (self.root / "requirements.txt").read_text("utf-8"),
            "project": [self._pyproject()["build-system"], self._pyproject()["project"].get("dependencies")],
            "settings": SETTINGS,
        }

    def needed_by_tests(self) -> list[str]:
        """The packages that the tests need beside those of requirements.txt."""
        return list(self._pyproject()["project"]["optional-dependencies"]["test"])

    def runs_us(self) -> bool:
        """Is it this environment's Python that we run on?"""
        return self.folder.exists() and self.folder.samefile(sys.prefix)

    def _pyproject(self) -> dict[str, Any]:
        return tomllib.loads((self.root / "pyproject.toml").read_text("utf-8"))

    def _python_runs(self) -> bool:
        try:
            return subprocess.run([self.python, "-c", ""], capture_output=True).returncode == 0
        except OSError:  # it is gone, or it links to a Python that is
            return False


HERE = Environment(Path(__file__).resolve().parents[2])
