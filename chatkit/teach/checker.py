"""An answer and the evidence give feedback. Nothing else goes in, so the same answer is always judged alike.

The order is that of a fair judge: is the capture fit? is there an answer? is it right? if not, what was the mistake?
"""

from dataclasses import dataclass

from chatkit.capture.capture import Capture
from chatkit.errors import MisuseError
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import Segment, at
from chatkit.teach.catalogue import find_question
from chatkit.teach.evidence import Evidence, gather, original
from chatkit.teach.feedback import Feedback, Verdict
from chatkit.teach.general import OTHER_CONVERSATION, OTHER_FRAME, RELATIVE
from chatkit.teach.hints import arithmetic
from chatkit.teach.question import Answer, Misconception, Question
from chatkit.teach.remarks import about_frame, ask_again, contents, places, which_number
from chatkit.teach.typed import Typed, frame_number, sequence_number


def check(
    id: str,
    capture: Capture,
    answer: Typed = None,
    frame: Typed = None,
    *,
    port: int | None = None,
    client: int | None = None,
) -> Feedback:
    """Judge an answer: a number, absolute or relative, as it is or as text, and the number of a frame that shows it.

    `port` is the server's and `client` the client's, where the capture has several. MisuseError for an unknown id.
    """
    question, given = find_question(id), _read(answer, frame)
    evidence = gather(capture, question.needs, port=port, client=client, frame=given.frame)
    return _Case(question, evidence, given).feedback()


@dataclass(frozen=True, slots=True)
class _Given:
    """What the student gave; `complaint` says what of it cannot be read."""

    value: int | None = None
    frame: int | None = None
    complaint: str = ""


def _read(answer: Typed, frame: Typed) -> _Given:
    try:
        shown_by = frame_number(frame)
    except MisuseError as error:
        return _Given(complaint=f"The frame: {error}")
    try:
        return _Given(sequence_number(answer), shown_by)
    except MisuseError as error:
        return _Given(frame=shown_by, complaint=f"The answer: {error}")


@dataclass(frozen=True, slots=True)
class _Case:
    """What there is to judge."""

    question: Question
    evidence: Evidence
    given: _Given

    def feedback(self) -> Feedback:
        """The verdict, with its reasons."""
        talk, value, unfit = self.evidence.conversation, self.given.value, self.evidence.unfit
        if unfit:
            return self._say(Verdict.UNFIT, "No answer can be judged on this capture.", unfit.seen, unfit.redo)
        if self.given.complaint:
            return self._say(Verdict.MISSING, self.given.complaint)
        if talk is None or value is None:
            return self._say(Verdict.MISSING, f"Write {self.question.subject}, and a frame that shows it.")
        answer = self.question.right(talk)
        if answer.number.is_meant_by(value):
            return self._of_right_number(answer, value)
        return self._of_wrong_number(talk, answer, value)

    def _of_right_number(self, answer: Answer, value: int) -> Feedback:
        frame = self.given.frame
        if frame is None:
            return self._say(Verdict.MISSING, f"{value} is right. Which frame shows it? Write its number, too.")
        shown = original(self.evidence.capture, frame)
        if shown is None or shown.frame not in answer.frames:
            there = f"{value} is right, but frame {frame} does not show it: {contents(self.evidence, frame)}."
            return self._say(Verdict.ALMOST, there, self.question.where, named=OTHER_FRAME, look=self._own(shown))
        return self._right(answer, value, shown)

    def _right(self, answer: Answer, value: int, shown: Segment) -> Feedback:
        number = answer.number
        sum_up = f" {arithmetic(number)}." if number.steps else ""
        return self._say(
            Verdict.RIGHT,
            f"{value} is {self.question.subject}, and frame {self.given.frame} shows it.",
            self.question.why + sum_up,
            which_number(number, value),
            named=RELATIVE if value != number.absolute else None,
            look=shown,
        )

    def _of_wrong_number(self, talk: Conversation, answer: Answer, value: int) -> Feedback:
        wrong = f"{value} is not {self.question.subject}."
        match self.question.suspects(talk, value):
            case ():
                return self._unexplained(talk, answer, value)
            case (mistake,):
                return self._almost(talk, answer, value, mistake)
            case suspects:
                return self._say(Verdict.NOT_YET, wrong, ask_again(talk, value, suspects))

    def _almost(self, talk: Conversation, answer: Answer, value: int, mistake: Misconception) -> Feedback:
        is_relative = all(value != number.absolute for number in mistake.numbers(talk))
        return self._say(
            Verdict.ALMOST,
            f"{value}{', a relative number,' if is_relative else ''} is not {self.question.subject}.",
            mistake.explanation,
            about_frame(self.evidence, answer, self.given.frame),
            named=mistake,
            look=mistake.look(talk),
        )

    def _unexplained(self, talk: Conversation, answer: Answer, value: int) -> Feedback:
        for other in self.evidence.others:
            if self.question.right(other).number.absolute == value:
                whose = f"{value} is right in the conversation of client {at(other.client)}, not of {at(talk.client)}."
                return self._say(Verdict.ALMOST, whose, OTHER_CONVERSATION.explanation, named=OTHER_CONVERSATION)
        return self._say(
            Verdict.NOT_YET,
            f"{value} is not {self.question.subject}. {places(talk, value)}",
            self.question.where,
            about_frame(self.evidence, answer, self.given.frame),
        )

    def _own(self, segment: Segment | None) -> Segment | None:
        """The segment if it is one of the conversation's: only those are on its ladder."""
        talk = self.evidence.conversation
        return segment if talk and segment in talk.segments else None

    def _say(
        self, verdict: Verdict, *sentences: str, named: Misconception | None = None, look: Segment | None = None
    ) -> Feedback:
        said = tuple(sentence for sentence in sentences if sentence)
        return Feedback(self.question, verdict, said, self.evidence, named, look.frame if look else None)
