"""A finding is a row of the doctor's table: what | yes or no | how, or the remedy."""

import shutil
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

NARROWEST = 20  # characters of the last column


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; without a `needed` one chatkit cannot do its work."""

    what: str
    ok: bool
    detail: str
    needed: bool = False


def table(findings: Sequence[Finding]) -> str:
    """The findings as lines, no wider than the terminal."""
    width = max(len(finding.what) for finding in findings)
    return "\n".join(_row(finding, width) for finding in findings)


def _row(finding: Finding, width: int) -> str:
    head = f"{finding.what:{width}}  {'yes' if finding.ok else 'NO ':3}  "
    room = max(shutil.get_terminal_size().columns - len(head), NARROWEST)
    # A command or an address must stay in one piece, to be copied.
    lines = textwrap.wrap(finding.detail, room, break_long_words=False, break_on_hyphens=False)
    return ("\n" + " " * len(head)).join([head + (lines or [""])[0], *lines[1:]])
