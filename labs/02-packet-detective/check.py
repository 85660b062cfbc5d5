"""Are my answers right, on my own capture? And a report to hand in.

python3 labs/02-packet-detective/check.py mine.pcap
python3 labs/02-packet-detective/check.py mine.pcap --report report.zip --headers-only
python3 labs/02-packet-detective/check.py --regrade report.zip          for instructors
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that chatkit is found without being installed

from chatkit.bootstrap import old_python

if old_python.is_too_old():
    sys.exit(old_python.complaint(["lab"]))

from chatkit.__main__ import print_whatever_is_said
from chatkit.bootstrap.packages import need
from chatkit.errors import ChatkitError


def check(options: argparse.Namespace) -> int:
    """Judge the answers, question by question; returns 0 if all are right."""
    from chatkit.capture.capture import Capture
    from chatkit.teach.answer_sheet import AnswerSheet
    from chatkit.teach.detective import IDS, judge, judged_on, summary, told
    from chatkit.teach.feedback import Verdict
    from chatkit.teach.report import write_report

    capture, sheet = Capture.read(options.capture), AnswerSheet.read(options.answers, IDS)
    feedbacks = judge(capture, sheet)
    print(*map(told, feedbacks), judged_on(feedbacks), summary(feedbacks), sep="\n\n")
    if options.report:
        write_report(options.report, capture, sheet, only_headers=options.headers_only, name=options.name)
        print(f"\nWritten: {options.report}, {'headers only' if options.headers_only else 'with all that was said'}.")
    return 0 if all(feedback.verdict is Verdict.RIGHT for feedback in feedbacks) else 1


def regrade(path: Path) -> int:
    """Judge a report again; returns 0 if nothing in it differs."""
    from chatkit.teach.report import Outcome, read_report, regrade

    report = read_report(path)
    results = regrade(report)
    print(f"{path}, of {report.name or 'nobody named'}", *results, sep="\n")
    return 1 if any(result.outcome is Outcome.DIFFERS for result in results) else 0


def options_of(argv: list[str]) -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(
        prog="check.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("capture", nargs="?", type=Path, metavar="CAPTURE", help="your pcap or pcapng file")
    parser.add_argument("--answers", type=Path, metavar="FILE", default=Path(__file__).with_name("answers.txt"))
    parser.add_argument("--report", type=Path, metavar="ZIP", help="write capture, answers and verdicts into this file")
    parser.add_argument("--headers-only", action="store_true", help="in the report, replace what was said by zeros")
    parser.add_argument("--name", default="", help="put this name into the report; without it, there is none")
    parser.add_argument("--regrade", type=Path, metavar="ZIP", help="judge a report again, and compare the verdicts")
    options = parser.parse_args(argv)
    if bool(options.capture) == bool(options.regrade):
        parser.error("name your capture, or a report after --regrade")
    return options


def main(argv: list[str]) -> int:
    """Run one of the two; an error is a sentence."""
    options = options_of(argv)
    need("numpy")
    print_whatever_is_said()
    try:
        return regrade(options.regrade) if options.regrade else check(options)
    except ChatkitError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
