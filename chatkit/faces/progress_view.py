"""python3 -m chatkit progress: what a student has answered so far; `progress()` shows it in a notebook."""

import argparse
from collections.abc import Iterator
from html import escape

from chatkit.teach.catalogue import find_question, questions
from chatkit.teach.feedback import Verdict
from chatkit.teach.progress import Progress, Standing


def main(argv: list[str]) -> int:
    """Print the table, or begin anew."""
    options = _parser().parse_args(argv)
    kept = Progress.of(options.student)
    if options.reset:
        old = kept.reset()
        print(f"Begun anew. What there was is in {old}." if old else f"There is nothing yet in {kept.path}.")
        return 0
    print(ProgressView(kept))
    return 0


def progress(student: str | None = None) -> "ProgressView":
    """The table; the last value of a cell shows it."""
    return ProgressView(Progress.of(student))


class ProgressView:
    """A row for each question."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def __repr__(self) -> str:
        rows = [" ".join(f"{cell:{width}}" for cell, width in zip(row, _WIDTHS, strict=True)) for row in self._rows()]
        return "\n".join([*(row.rstrip() for row in rows), "", self._summary()])

    def _repr_html_(self) -> str:
        head, *rows = self._rows()
        heading = "".join(f'<th scope="col" style="text-align:left">{escape(cell)}</th>' for cell in head)
        body = "".join(
            "<tr>" + "".join(f'<td style="text-align:left">{escape(cell)}</td>' for cell in row) + "</tr>"
            for row in rows
        )
        return f"<table><caption>{escape(self._summary())}</caption><tr>{heading}</tr>{body}</table>"

    def _rows(self) -> Iterator[tuple[str, ...]]:
        yield "ex.", "question", "", "tries", "predicted", "hints"
        for standing in self._progress.standings():
            yield _row(standing)

    def _summary(self) -> str:
        standings = self._progress.standings()
        right = sum(standing.verdict == Verdict.RIGHT.word for standing in standings)
        return f"{right} of {len(questions())} questions right. Kept in {self._progress.path}"


_WIDTHS = (4, 33, 12, 6, 12, 20)


def _row(standing: Standing) -> tuple[str, ...]:
    signs = {verdict.word: f"{verdict.sign} {verdict.word}" for verdict in Verdict}
    hints = f"{standing.hints or ''}" + (", the solution" if standing.solution_shown else "")
    return (
        str(find_question(standing.question).exercise),
        standing.question,
        signs.get(standing.verdict, ""),
        str(standing.tries or ""),
        standing.predicted,
        hints.removeprefix(", "),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m chatkit progress", description="Show which questions were answered, and how."
    )
    parser.add_argument("--student", metavar="NAME", help="whose; else CHATKIT_STUDENT, or who is logged in")
    parser.add_argument("--reset", action="store_true", help="begin anew; the old file is kept beside the new one")
    return parser
