"""What a class has handed in, question by question: how many got it right, and which mistakes were made. No names.

question                     right  of
handshake.synack-ack            31  38    syn-takes-no-number 5, own-isn 2
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from chatkit.teach.detective import IDS
from chatkit.teach.feedback import Verdict
from chatkit.teach.report import Claim, Report, verdicts


@dataclass(frozen=True, slots=True)
class Row:
    """One question."""

    id: str
    right: int
    judged: int
    mistakes: tuple[tuple[str, int], ...]  # the most frequent first


@dataclass(frozen=True, repr=False)
class ClassReport:
    """All questions of the lab, in its order."""

    rows: tuple[Row, ...]
    reports: int

    def __repr__(self) -> str:
        width = max(len(row.id) for row in self.rows)
        head = f"{'question':{width}}  right  of  mistakes"
        return "\n".join([head, *(_line(row, width) for row in self.rows)])


def class_report(reports: Iterable[Report]) -> ClassReport:
    """Judge every answer of every report on its own capture, and count."""
    found: dict[str, list[Claim]] = {id: [] for id in IDS}
    handed_in = list(reports)
    for report in handed_in:
        for id, verdict in verdicts(report).items():
            found[id].append(verdict)
    return ClassReport(tuple(_row(id, claims) for id, claims in found.items()), len(handed_in))


def _row(id: str, claims: list[Claim]) -> Row:
    right = sum(claim.verdict == Verdict.RIGHT.word for claim in claims)
    mistakes = Counter(claim.mistake for claim in claims if claim.mistake and claim.verdict != Verdict.RIGHT.word)
    return Row(id, right, len(claims), tuple(mistakes.most_common()))


def _line(row: Row, width: int) -> str:
    mistakes = ", ".join(f"{name} {count}" for name, count in row.mistakes)
    return f"{row.id:{width}}  {row.right:5}  {row.judged:2}  {mistakes}".rstrip()
