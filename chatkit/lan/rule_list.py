"""The rules of a wire, in the order in which they are tried."""

import sys
import threading
import traceback
from collections.abc import Collection

from chatkit.errors import MisuseError
from chatkit.lan.rule import Passing, Rule


class RuleList:
    """Any thread may add and remove rules, also a rule itself, while the thread of the wire applies them."""

    def __init__(self, hosts: Collection[str]) -> None:
        self._hosts = hosts
        self._changing = threading.Lock()  # guards the replacing of `all`, never a call of a rule
        self.all: tuple[Rule, ...] = ()  # replaced as a whole: a frame meets the rules that were there when it came
        self.tried: Rule | None = None  # at this moment

    def add(self, rule: Rule) -> Rule:
        """Let it be tried after the others; one that is there already stays where it is. Raises MisuseError."""
        _check(rule)
        rule.check_hosts(self._hosts)
        with self._changing:
            if rule not in self.all:
                self.all += (rule,)
        return rule

    def remove(self, rule: Rule) -> None:
        """Let it be tried no more, if it is there. Raises MisuseError."""
        _check(rule)
        with self._changing:
            self.all = tuple(other for other in self.all if other is not rule)

    def clear(self) -> None:
        """Remove all."""
        with self._changing:
            self.all = ()

    def apply(self, passing: Passing) -> None:
        """Let every rule do what it does, until nothing is left of the frame."""
        for rule in self.all:
            if passing.copies:
                self._try(rule, passing)

    def _try(self, rule: Rule, passing: Passing) -> None:
        """Let it do what it does; one that fails does nothing, and is shown, once, to whoever wrote it."""
        self.tried = rule
        try:
            rule.apply(passing)
        except (Exception, SystemExit) as error:  # exit(), too, would end the thread of the wire, in silence
            if rule.trouble is None:
                print(f"A rule of the wire failed, and the frame passed: {rule}", file=sys.stderr)
                traceback.print_exception(error)
            rule.trouble = error
        finally:
            self.tried = None


def _check(rule: object) -> None:
    if not isinstance(rule, Rule):
        raise MisuseError(
            f"{rule!r} is no rule; make one with drop, delay, duplicate, reorder, corrupt, rewrite, limit"
        )
