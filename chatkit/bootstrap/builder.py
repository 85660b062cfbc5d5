"""Makes the environment, so that nothing half made is ever left or trusted.

One builder works at a time. An environment that was whole steps aside, and comes back where its successor fails; the
stamp of a part is written when the part is complete.
"""

import importlib
import itertools
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chatkit.bootstrap.environment import HERE, SETTINGS, Environment, Part
from chatkit.bootstrap.installer import Installer, choose, variables
from chatkit.bootstrap.lock import alone
from chatkit.bootstrap.process import hand_over, unwinding
from chatkit.bootstrap.progress import Step, StepFailed, Workshop
from chatkit.bootstrap.trouble import explain
from chatkit.errors import SetupError

LINES_SHOWN, WIDTH_SHOWN = 8, 160  # of what a failed step said last


def run_inside(command: str, module: str, argv: list[str]) -> int:
    """Run a command of chatkit with the environment's packages; returns its exit code."""
    if HERE.runs_us():
        return int(importlib.import_module(module).main(argv))
    Builder(HERE, choose()).provide(Part.LAB)
    return hand_over([str(HERE.python), "-m", "chatkit", command, *argv])


@dataclass(frozen=True)
class Builder:
    """Makes one environment with one installer."""

    environment: Environment
    installer: Installer

    def provide(self, part: Part) -> None:
        """Make what the part lacks; raises SetupError, with the remedy, where that cannot be done."""
        if self.environment.has(part):
            return
        self._refuse_what_is_not_ours()
        with unwinding(), self._explaining(), alone(self.environment.root / ".venv.lock", say_who_works):
            needed = list(Part)[: list(Part).index(part) + 1]
            # Asked again, now that nobody else works: another chatkit may just have made it.
            if missing := list(itertools.dropwhile(self.environment.has, needed)):
                self._log.unlink(missing_ok=True)
                self._make(missing)

    def _make(self, parts: Sequence[Part]) -> None:
        total = sum(len(self._steps(part)) for part in parts)
        number = itertools.count(1)
        for part in parts:
            with self._room_for(part):
                for step in self._steps(part):
                    self._workshop.run(step, f"[{next(number)}/{total}] {step.doing}")
                self._complete(part)

    def _steps(self, part: Part) -> list[Step]:
        python, install = self.environment.python, self.installer.install
        match part:
            case Part.LAB:
                packages = Step("installing the packages", install(python, "-r", "requirements.txt"))
                return [*self.installer.make(self.environment.folder, python), packages]
            case Part.TEST:
                return [Step("installing what the tests need", install(python, *self.environment.needed_by_tests()))]

    def _complete(self, part: Part) -> None:
        for name, settings in SETTINGS.items():
            file = self.environment.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(settings))
        self.environment.stamp(part).write_text(json.dumps(self.environment.facts(part)), "utf-8")

    @contextmanager
    def _room_for(self, part: Part) -> Iterator[None]:
        """An empty place for the first part; those after it are added to what is there."""
        if part is not Part.LAB:
            yield
            return
        self._step_aside()
        try:
            yield
        except BaseException:  # Ctrl-C too: half an environment is none
            self._come_back()
            raise
        remove(self._older)

    def _step_aside(self) -> None:
        folder, reason = self.environment.folder, self.environment.lacks(Part.LAB)
        say(f"Making the environment in {folder} ({reason}), with {self.installer.name}.")
        if self.environment.stamp(Part.LAB).exists():
            remove(self._older)
            folder.rename(self._older)
        remove(folder)

    def _come_back(self) -> None:
        remove(self.environment.folder)
        if self._older.exists():
            self._older.rename(self.environment.folder)

    def _refuse_what_is_not_ours(self) -> None:
        root = self.environment.root
        if not (root / "requirements.txt").exists():
            raise SetupError(f"This needs the whole folder of chatkit, with its notebooks; in {root} they are missing.")
        owner = str(root.stat().st_uid)
        if owner == os.environ.get("SUDO_UID") != "0":
            raise SetupError(
                "Under sudo the environment would be root's, and yours no more. "
                "Make it without sudo first: python3 -m chatkit lab --prepare"
            )

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except StepFailed as failure:
            for line in failure.output.splitlines()[-LINES_SHOWN:]:
                say("    " + line[:WIDTH_SHOWN])
            raise SetupError(f"{explain(failure.output, self.installer.name)} (All it said: {self._log})") from None
        except OSError as error:
            raise SetupError(explain(str(error), self.installer.name)) from error

    @property
    def _workshop(self) -> Workshop:
        return Workshop(self.environment.root, variables(), self._log)

    @property
    def _log(self) -> Path:
        return self.environment.root / ".venv-log.txt"

    @property
    def _older(self) -> Path:
        return self.environment.root / ".venv.older"


def remove(folder: Path) -> None:
    """Remove a folder, or the link that stands for it, if it is there."""
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)


def say_who_works() -> None:
    """What the second of two says."""
    say("Another chatkit is making the environment in this folder: waiting until it is done.")


def say(text: str) -> None:
    """Tell the person who waits; the output proper is for the command's own."""
    print(text, file=sys.stderr, flush=True)
