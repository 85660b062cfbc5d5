"""A rule of PROTOCOL.md, the check that tries it, and what came of it."""

from collections.abc import Callable
from dataclasses import dataclass

from chatkit.net.conformance.probe import Broken, Ending, Probe, listed
from chatkit.net.conformance.visit import Visit
from chatkit.protocol.text import quote


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found about one rule; `sentence` names the bug and the section, empty if the rule is kept."""

    rule: str
    passed: bool
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One sentence that is true of a good server; `check` raises Broken where it is not."""

    sentence: str
    section: str  # of PROTOCOL.md
    check: Callable[[Visit], None]
    slow: bool = False  # needs to wait for seconds

    def judge(self, visit: Visit) -> Verdict:
        """Try it out, with clients of its own."""
        try:
            with visit:
                self.check(visit)
        except Broken as bug:
            return self._broken(str(bug).replace(visit.mark, ""))
        except OSError as error:
            return self._broken(f"the connection was lost in the middle of this ({error})")
        return Verdict(self.sentence, True)

    def _broken(self, bug: str) -> Verdict:
        return Verdict(self.sentence, False, f"{bug[:1].upper()}{bug[1:]}. See PROTOCOL.md, section {self.section}.")


# ---- what many checks ask ----


def same(seen: str, wanted: str, bug: str) -> None:
    """The line is exactly the one that is wanted."""
    if seen != wanted:
        raise Broken(f"{bug}: {quote(wanted)} was expected, {quote(seen)} came")


def heard_only(heard: list[str], wanted: list[str], bug: str) -> None:
    """These lines were heard, in this order, and no others."""
    if heard != wanted:
        raise Broken(f"{bug}: {listed(wanted)} was expected, {listed(heard)} came")


def never_heard(heard: list[str], start: str, bug: str) -> None:
    """No line begins so."""
    if wrong := [line for line in heard if line.startswith(start)]:
        raise Broken(f"{bug}: {listed(wrong)} came")


def news_of(name: str, heard: list[str]) -> list[str]:
    """Give the lines that say something about one who is in the room."""
    return [line for line in heard if line.split(" ")[1:2] == [name]]


def all_users(probe: Probe, line: str) -> list[str]:
    """Give all names of a USERS list that begins with this line."""
    lines = [line, *(more for more in probe.fence() if more.startswith("USERS "))]
    if not line.split(" ")[1].isdecimal():
        raise Broken(f"USERS is followed by a number and the names, as text; {quote(line)} came")
    counts = {line.split(" ")[1] for line in lines}
    names = [name for line in lines for name in line.split(" ")[2:]]
    if counts != {str(len(names))}:
        said = " and ".join(sorted(counts))
        raise Broken(f"USERS says {said} and lists {len(names)}: N counts all names, oneself too, on every line of it")
    return names


def refused(probe: Probe, line: str | bytes, code: str) -> None:
    """The line gets an ERROR with this code, and the connection goes on."""
    _expect_error(probe, line, code)
    if not probe.is_obeyed():
        raise Broken(f"{quote(line)} cost the connection: {code} is not fatal, but a PING after it was not answered")


def refused_for_good(probe: Probe, line: str | bytes, code: str) -> None:
    """The line gets an ERROR with this code, and then the server ends the connection."""
    _expect_error(probe, line, code)
    if probe.end() is Ending.OPEN:
        raise Broken(f"{code} is fatal, but the server did not end the connection after it")


def _expect_error(probe: Probe, line: str | bytes, code: str) -> None:
    raw = line.encode() if isinstance(line, str) else line
    probe.send_raw(raw + b"\n")
    reply = probe.get("ERROR", f"{quote(line)} was not answered by ERROR {code}")
    if reply.split(" ")[1:2] != [code]:
        raise Broken(f"{quote(line)} was answered by {quote(reply)}, the code here is {code}")
