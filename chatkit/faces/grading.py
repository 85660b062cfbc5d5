"""python3 -m chatkit grade REPORT...: reports of lab 2, judged again on their captures, and the class as a whole."""

import argparse
import json
from pathlib import Path

from chatkit.errors import ChatkitError
from chatkit.faces.tty.screen_text import harmless
from chatkit.teach.class_report import class_report
from chatkit.teach.feedback import Verdict
from chatkit.teach.report import Outcome, Regraded, Report, read_report, regrade, verdicts


def main(argv: list[str]) -> int:
    """Judge all; the exit code is 0 if every report could be read and none claims what is not so."""
    options = _parser().parse_args(argv)
    reports, in_order = [], True
    for path in options.reports:
        try:
            report = read_report(path)
        except ChatkitError as error:
            print(harmless(f"{path}: {error}"))  # students name their files
            in_order = False
            continue
        results = regrade(report)
        in_order = _told(path, report, results) and in_order
        reports.append(report)
    if reports:
        print(f"\n{class_report(reports)!r}")
    if options.json:
        options.json.write_text(
            json.dumps([_export(report) for report in reports], indent=1, ensure_ascii=False), "utf-8"
        )
    return 0 if in_order else 1


def _told(path: Path, report: Report, results: tuple[Regraded, ...]) -> bool:
    """Print a line for the report, and one for each verdict that differs; whether none does."""
    differs = [result for result in results if result.outcome is Outcome.DIFFERS]
    unseen = sum(result.outcome is Outcome.OPEN for result in results)
    right = sum(claim.verdict == Verdict.RIGHT.word for claim in report.claims.values())
    note = f", {unseen} cannot be judged again" if unseen else ""
    print(harmless(f"{path}: {right} of {len(results)} right{note}" + (f", of {report.name}" if report.name else "")))
    for result in differs:
        print(harmless(f"  {result}"))
    return not differs


def _export(report: Report) -> dict[str, object]:
    """For other tools: by the ids of the questions, as judged again."""
    judged = verdicts(report).items()
    return {
        "name": report.name,
        "verdicts": {id: {"verdict": c.verdict, "mistake": c.mistake or None} for id, c in judged},
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m chatkit grade",
        description="Judge reports of lab 2 again, on their captures; then count the mistakes, without names.",
    )
    parser.add_argument("reports", nargs="+", type=Path, metavar="REPORT", help="what was handed in: report.zip")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the verdicts into this file, for other tools")
    return parser
