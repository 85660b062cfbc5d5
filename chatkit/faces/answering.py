"""python3 -m chatkit check QUESTION FILE ANSWER: a question about a capture file, asked and judged in a terminal.

check questions                                   all questions
check questions mine.pcap                         those that this capture can answer, and what the others miss
check close.segments mine.pcap                    the question, and what it is judged on
check close.segments mine.pcap 3 --frame 33       the verdict
check close.segments mine.pcap --hint             one more hint
"""

import argparse
import textwrap
from collections.abc import Iterator
from pathlib import Path

from chatkit.capture.capture import Capture
from chatkit.teach.catalogue import find_question, questions
from chatkit.teach.checker import check
from chatkit.teach.evidence import Evidence, gather
from chatkit.teach.feedback import Feedback, Verdict
from chatkit.teach.hints import hints
from chatkit.teach.kind import letter
from chatkit.teach.progress import Progress, What
from chatkit.teach.question import Question

ALL = "questions"

_WIDTH = 100


def main(argv: list[str]) -> int:
    """Ask or judge; the exit code is 0 if the answer is right or none was given, else 1."""
    options = _parser().parse_args(argv)
    capture = Capture.read(options.file) if options.file else None
    if options.question == ALL:
        print("\n".join(_list(capture)))
        return 0
    question = find_question(options.question)
    if capture is None:
        print(_asked(question, None))
        return 0
    if options.answer is None and options.frame is None:
        return _ask(question, capture, options)
    return _judge(question, capture, options)


def _ask(question: Question, capture: Capture, options: argparse.Namespace) -> int:
    evidence = gather(capture, question.needs, port=options.port, client=options.client)
    print(_asked(question, evidence))
    if options.hint and not evidence.unfit:
        print(_next_hint(question, evidence, Progress.of()))
    return 1 if evidence.unfit else 0


def _judge(question: Question, capture: Capture, options: argparse.Namespace) -> int:
    feedback = check(question.id, capture, options.answer, options.frame, port=options.port, client=options.client)
    Progress.of().add(feedback, options.answer or "", options.frame or "")
    print(_told(feedback))
    return 0 if feedback.verdict is Verdict.RIGHT else 1


def _list(capture: Capture | None) -> Iterator[str]:
    """A line for each question, with its exercise."""
    for question in questions():
        line = f"  {question.exercise:2}  {question.id:32} {question.subject}"
        if capture is None:
            yield line
        elif unfit := gather(capture, question.needs).unfit:
            yield f"  -   {question.id:32} {unfit}"
        else:
            yield line


def _asked(question: Question, evidence: Evidence | None) -> str:
    """The question as text, with what is offered."""
    talk = evidence.fit if evidence else None
    offers = question.offers_on(talk)
    parts = [
        _wrapped(f"{question.id}, level {question.level}. {question.asked_on(talk)}"),
        *(_wrapped(f"{letter(offers, o.key)}) {o.text}", "   ") for o in offers),
        f"Answer: {question.kind.name}"
        + (", and the number of a frame that shows it." if question.wants_frame else "."),
    ]
    if evidence:
        parts.append(_wrapped(str(evidence.unfit) if evidence.unfit else f"Judged on: {evidence.description}."))
    return "\n".join(parts)


def _next_hint(question: Question, evidence: Evidence, progress: Progress) -> str:
    """One rung further than the last time."""
    rungs = hints(question, evidence.conversation)
    shown = sum(entry.question == question.id and entry.what == What.HINTED.value for entry in progress)
    rung = rungs[min(shown, len(rungs) - 1)]
    progress.hint(question.id, rung.is_solution)
    return "\n".join(part for part in (_wrapped(f"\n{rung.title}. {rung.text}"), rung.figure) if part)


def _told(feedback: Feedback) -> str:
    """Verdict, reasons, and the ladder with the segment to look at."""
    ladder = feedback.ladder()
    said = [f"{feedback.verdict.sign} {feedback.heading}", *(_wrapped(s, "  ") for s in feedback.sentences)]
    return "\n".join([*said, _wrapped(feedback.judged_on, "  "), *([f"\n{ladder}"] if ladder else [])])


def _wrapped(text: str, margin: str = "") -> str:
    return textwrap.fill(text.strip(), _WIDTH, initial_indent=margin, subsequent_indent=margin, break_long_words=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m chatkit check",
        description="Ask a question about a capture file, or judge an answer to it.",
        epilog=f"'{ALL}' instead of a question lists all of them, with a FILE those that it can answer.",
    )
    parser.add_argument("question", metavar="QUESTION", help=f"its name, or {ALL}")
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a pcap or pcapng file, gzipped or not")
    parser.add_argument("answer", nargs="?", metavar="ANSWER", help="a number, a time with its unit, a letter, letters")
    parser.add_argument("--frame", metavar="N", help="the number of a frame that shows it")
    parser.add_argument("--port", type=int, metavar="N", help="the server's port, where there are several servers")
    parser.add_argument("--client", type=int, metavar="N", help="the client's port, where there are several clients")
    parser.add_argument("--hint", action="store_true", help="one more hint; the last is the solution")
    return parser
