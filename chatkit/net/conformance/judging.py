"""Try a server by every rule, and report."""

import random
import ssl
import string
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from chatkit.errors import Refused
from chatkit.net.conformance import enduring, entering, framing, leaving, naming, offering, refusing, sealing, talking
from chatkit.net.conformance.rule import Rule, Verdict
from chatkit.net.conformance.visit import Visit
from chatkit.net.event import Address
from chatkit.net.host import THIS_COMPUTER, why_not_connected, write_address
from chatkit.net.sealed import Sealed
from chatkit.net.tls_trouble import Unsealed

PATIENCE = 2.0  # seconds that a server has for an answer
_SIDE_BY_SIDE = 8

_TOGETHER = (
    *entering.RULES,
    *leaving.RULES,
    *naming.RULES,
    *framing.RULES,
    *talking.RULES,
    *refusing.RULES,
    *offering.RULES,
)

_ALONE = (*offering.ALONE, *enduring.RULES)

EVERY_RULE = (
    *entering.FIRST,
    *_TOGETHER,
    *entering.IN_AN_OPEN_ROOM,
    *entering.IN_A_LOCKED_ROOM,
    *_ALONE,
    *sealing.RULES,
)


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, rule by rule; `unjudged` are those that could not be tried, since the first ones failed."""

    address: Address
    verdicts: tuple[Verdict, ...]
    unjudged: int = 0

    @property
    def passed(self) -> bool:
        """Whether the server keeps to all that was tried."""
        return not self.unjudged and all(verdict.passed for verdict in self.verdicts)

    @property
    def broken(self) -> tuple[Verdict, ...]:
        """The verdicts on the rules that the server breaks."""
        return tuple(verdict for verdict in self.verdicts if not verdict.passed)

    @property
    def conclusion(self) -> str:
        """The whole in one sentence."""
        place, tried = write_address(self.address), len(self.verdicts)
        if self.passed:
            return f"{place} speaks chat/1: it kept all {tried} rules."
        if self.unjudged:
            return f"{place} does not speak chat/1 yet: {self.unjudged} more rules can be tried once these are kept."
        return f"{place} does not speak chat/1 yet: it broke {len(self.broken)} of {tried} rules."

    def __str__(self) -> str:
        rows = [f"{'yes' if verdict.passed else 'NO ':4} {verdict.rule}" for verdict in self.verdicts]
        sentences = [f"{verdict.rule}\n  {verdict.sentence}" for verdict in self.broken]
        return "\n\n".join(["\n".join(rows), *sentences, self.conclusion])


_LETTERS = string.ascii_lowercase + string.digits


def judge(
    address: Address,
    *,
    password: str | None = None,
    slow: bool = False,
    patience: float = PATIENCE,
    tls: ssl.SSLContext | None = None,
) -> Report:
    """Try the server out; `slow` adds what has to wait for seconds, `tls` is for a server that seals.

    Raises Refused where nobody answers, or no handshake of TLS comes about.
    """
    _knock(address, patience, tls)
    together = _wanted(_TOGETHER + _about_the_password(password), slow)
    alone = _wanted(_ALONE + (sealing.RULES if tls else ()), slow)
    marks = iter({"".join(random.choices(_LETTERS, k=6)) for _ in range(1000)})  # two runs at once never share one

    def verdicts_on(rules: tuple[Rule, ...], side_by_side: int = 1) -> tuple[Verdict, ...]:
        visits = [Visit(address, next(marks), password, patience, tls) for _ in rules]
        with ThreadPoolExecutor(side_by_side, "check") as pool:
            return tuple(pool.map(Rule.judge, rules, visits))

    first = verdicts_on(entering.FIRST)
    if not all(verdict.passed for verdict in first):
        return Report(address, first, unjudged=len(together) + len(alone))
    lonely = verdicts_on(alone)
    sturdy = all(verdict.passed for verdict in lonely)  # else one visit would be blamed for another
    return Report(address, first + verdicts_on(together, _SIDE_BY_SIDE if sturdy else 1) + lonely)


def _knock(address: Address, patience: float, tls: ssl.SSLContext | None) -> None:
    sock = THIS_COMPUTER.connect(address, patience)
    if tls is None:
        return sock.close()
    sealed = Sealed(sock, address, tls, address[0])
    try:
        sealed.expect_end(patience)
        sealed.receive()
        sealed.finish()
    except OSError as error:
        why = str(error) if isinstance(error, Unsealed) else why_not_connected(address, error, patience)
        raise Refused(why) from error
    finally:
        sealed.close()
    if not sealed.seal:
        raise Refused(f"{write_address(address)} did not end the handshake of TLS within {patience:g} seconds.")


def _wanted(rules: tuple[Rule, ...], slow: bool) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules if slow or not rule.slow)


def _about_the_password(password: str | None) -> tuple[Rule, ...]:
    return entering.IN_AN_OPEN_ROOM if password is None else entering.IN_A_LOCKED_ROOM
