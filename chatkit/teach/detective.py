"""Lab 2, packet detective: a dozen questions about one conversation, from its first segment to its last."""

import textwrap
from collections import Counter

from chatkit.capture.capture import Capture
from chatkit.teach.answer_sheet import AnswerSheet
from chatkit.teach.checker import check
from chatkit.teach.feedback import Feedback, Verdict
from chatkit.teach.fitness import whole_stream_of_client
from chatkit.teach.kind import letter
from chatkit.teach.question import Question

LAB = "02-packet-detective"
IDS = (
    "handshake.segments-before-data",
    "ends.ephemeral-port",
    "handshake.syn-seq",
    "handshake.synack-ack",
    "handshake.first-data-seq",
    "data.ack-of-message",
    "data.bytes-sent",
    "payload.find-sentence",
    "payload.text-length",
    "close.segments",
    "close.ack-of-fin",
    "close.time-wait",
)
_WIDTH = 100  # columns of what is printed


def judge(capture: Capture, sheet: AnswerSheet) -> tuple[Feedback, ...]:
    """Judge every question of the lab, in its order; those without an answer too."""
    return tuple(judge_one(id, capture, sheet) for id in IDS)


def judge_one(id: str, capture: Capture, sheet: AnswerSheet) -> Feedback:
    """Judge the answer to one question."""
    written = sheet.answer(id)
    return check(id, capture, written.value, written.frame, port=sheet.port, client=sheet.client)


def reads_text(question: Question) -> bool:
    """Whether it asks about what was said, which a capture of headers has no more."""
    return whole_stream_of_client in question.needs


def told(feedback: Feedback) -> str:
    """What a student reads about one question; the question itself, as long as it has no answer."""
    question = feedback.question
    asked = _asked(feedback) if feedback.verdict is Verdict.MISSING else ()
    lines = (textwrap.fill(line, _WIDTH, initial_indent="  ", subsequent_indent="  ") for line in
             (*asked, *feedback.sentences))  # fmt: skip
    return "\n".join((f"{feedback.verdict.sign} {question.id}: {feedback.heading}", *lines))


def judged_on(feedbacks: tuple[Feedback, ...]) -> str:
    """What the answers were judged on: one line, unless their frames are of several conversations."""
    return "\n".join(dict.fromkeys(feedback.judged_on for feedback in feedbacks))


def summary(feedbacks: tuple[Feedback, ...]) -> str:
    """How many answers are right, and what the others are."""
    counts = Counter(feedback.verdict for feedback in feedbacks)
    others = [
        f"{counts[verdict]} {verdict.word}" for verdict in Verdict if counts[verdict] and verdict != Verdict.RIGHT
    ]
    return f"{counts[Verdict.RIGHT]} of {len(feedbacks)} right" + (f"; {', '.join(others)}" if others else "") + "."


def _asked(feedback: Feedback) -> tuple[str, ...]:
    """The question, what it asks about in this very conversation, and what there is to choose from."""
    question, talk = feedback.question, feedback.evidence.fit
    offers = question.offers_on(talk)
    options = (f"{letter(offers, option.key)}) {option.text}" for option in offers)
    return (question.asked_on(talk), *options)
