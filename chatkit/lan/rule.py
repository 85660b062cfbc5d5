"""A rule of the wire, and a frame on its way through the rules.

frame --- rule --- rule --- rule --->   each sees what the one before it has left; a frame that was dropped is gone
"""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from chatkit.errors import MisuseError
from chatkit.lan.headers import Headers
from chatkit.lan.log import Fate
from chatkit.lan.when import When, check, tests


@dataclass(slots=True)
class Copy:
    """What a host will get: at first one copy of the frame, at once."""

    data: bytes
    ready: int  # when all delays are over, in nanoseconds of the wire's clock
    behind: int = 0  # later frames of the same sender that have to pass first,
    patience: int = 0  # though it waits for them only so many nanoseconds longer

    @property
    def due(self) -> int:
        """When it is handed over at the latest."""
        return self.ready + self.patience


@dataclass(slots=True)
class Passing:
    """A frame on its way through the rules."""

    headers: Headers
    copies: list[Copy]
    now: int  # nanoseconds of the wire's clock
    fate: Fate = Fate.DELIVERED
    rules: list[str] = field(default_factory=list)

    def change_to(self, frames: Sequence[bytes]) -> None:
        """Give each copy its new bytes: what the rules after this one see."""
        for copy, data in zip(self.copies, frames, strict=True):
            copy.data = data
        self.headers = replace(self.headers, data=frames[0])


class Action(Protocol):
    """What a rule does. It changes the frame's copies, and gives the fate; None if it left the frame as it was."""

    def __call__(self, passing: Passing) -> Fate | None: ...


class Rule:
    """One rule with its counters. `trouble` is what went wrong in the student's own part of it, the last time."""

    def __init__(self, text: str, act: Action, when: When) -> None:
        check(when)
        self.seen = 0  # frames that met the conditions, before nth, chance and at_most
        self.applied = 0
        self.trouble: BaseException | None = None  # exit() too
        self._text, self._act, self._when = text, act, when
        self._tests = tests(when)
        self._dice = random.Random(int(when.get("seed", 0)))

    def apply(self, passing: Passing) -> None:
        """Do to the frame what is to be done. If the student's function raises, so does this, and nothing is done."""
        if not passing.copies or not self._chooses(passing.headers):
            return
        fate = self._act(passing)
        if fate:
            self.applied += 1
            passing.fate = max(passing.fate, fate, key=list(Fate).index)
            passing.rules.append(self._text)

    def check_hosts(self, hosts: Collection[str]) -> None:
        """Raise MisuseError where a condition names a host that is not there."""
        for name in (self._when.get("sent_by"), self._when.get("sent_to")):
            if name is not None and name not in hosts:
                raise MisuseError(f"{self}: no host is called {name!r}; there is {', '.join(hosts)}")

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        trouble = f"; it failed: {self.trouble!r}" if self.trouble else ""
        return f"<{self}: saw {self.seen}, applied {self.applied}{trouble}>"

    def _chooses(self, frame: Headers) -> bool:
        if not all(test(frame) for test in self._tests):
            return False
        self.seen += 1
        return self._is_counted() and self._is_lucky() and self.applied < self._when.get("at_most", self.applied + 1)

    def _is_counted(self) -> bool:
        nth = self._when.get("nth", self.seen)
        return self.seen in nth if isinstance(nth, Collection) else self.seen == nth

    def _is_lucky(self) -> bool:
        return "chance" not in self._when or self._dice.random() < self._when["chance"]


def written(name: str, /, *values: object, **options: object) -> str:
    """Write a call as people write it. An option that is None is left out."""
    given = [f"{option}={_shown(value)}" for option, value in options.items() if value is not None]
    return f"{name}({', '.join([*map(_shown, values), *given])})"


def _shown(value: object) -> str:
    return str(getattr(value, "__name__", None) or repr(value))
