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
from chatkit.teach.general import DUPLICATE_CAPTURE, OTHER_CONVERSATION, OTHER_FRAME, RELATIVE
from chatkit.teach.kind import FRAME, SEQUENCE, written
from chatkit.teach.question import Answer, Misconception, Question
from chatkit.teach.remarks import about_frame, ask_again, contents, is_relative, places, which_number
from chatkit.teach.typed import Typed, frame_number
from chatkit.teach.value import Given


def check(
    id: str,
    capture: Capture,
    answer: Typed = None,
    frame: Typed = None,
    *,
    port: int | None = None,
    client: int | None = None,
) -> Feedback:
    """Judge an answer, as it is or as text, and the number of a frame that shows it.

    A sequence number is absolute or relative, a time is in seconds or has its unit, an option is its letter or its
    text, an order is the letters. `port` is the server's and `client` the client's, where the capture has several.
    MisuseError for an unknown id.
    """
    question = find_question(id)
    shown_by, complaint = _read_frame(frame)
    hint = shown_by if question.kind is not FRAME else _read_frame(answer)[0]
    evidence = gather(capture, question.needs, port=port, client=client, frame=hint)
    if evidence.unfit or complaint or evidence.conversation is None:
        return _Case(question, evidence, None, shown_by, complaint).feedback()
    try:
        given = question.kind.read(answer, question.offers_on(evidence.conversation))
    except MisuseError as error:
        return _Case(question, evidence, None, shown_by, f"The answer: {error}").feedback()
    return _of_copy(question, evidence, given) or _Case(question, evidence, given, shown_by).feedback()


def _of_copy(question: Question, evidence: Evidence, given: Given | None) -> Feedback | None:
    """Where the answer is a frame that the capture has twice, and that is left out as a copy: that is said."""
    shown = original(evidence.capture, given) if question.kind is FRAME and isinstance(given, int) else None
    if shown is None or shown.frame == given:
        return None
    case = _Case(question, evidence, shown.frame, None)
    of_original = case.feedback()
    if of_original.verdict is Verdict.RIGHT:
        return of_original
    said = f"Frame {given} shows the segment of frame {shown.frame} once more."
    return case.say(Verdict.ALMOST, said, DUPLICATE_CAPTURE.explanation, named=DUPLICATE_CAPTURE, look=shown)


def _read_frame(frame: Typed) -> tuple[int | None, str]:
    """The number of the frame, and what is wrong with what was typed."""
    try:
        return frame_number(frame), ""
    except MisuseError as error:
        return None, f"The frame: {error}"


@dataclass(frozen=True, slots=True)
class _Case:
    """What there is to judge; `complaint` says what of the student's cannot be read."""

    question: Question
    evidence: Evidence
    given: Given | None
    frame: int | None
    complaint: str = ""

    def feedback(self) -> Feedback:
        """The verdict, with its reasons."""
        talk, unfit = self.evidence.conversation, self.evidence.unfit
        if unfit:
            return self.say(Verdict.UNFIT, "No answer can be judged on this capture.", unfit.seen, unfit.redo)
        if self.complaint:
            return self.say(Verdict.MISSING, self.complaint)
        if talk is None or self.given is None:
            asks = self.question.kind.asks.format(subject=self.question.subject)
            return self.say(
                Verdict.MISSING, f"{asks}, and a frame that shows it." if self._wants_frame else f"{asks}."
            )
        answer = self.question.right(talk)
        if answer.value.is_meant_by(self.given):
            return self._of_right_answer(answer, self.given)
        return self._of_wrong_answer(talk, answer, self.given)

    def _of_right_answer(self, answer: Answer, given: Given) -> Feedback:
        if not self._wants_frame:
            return self._right(answer, given, None)
        if self.frame is None:
            said = f"{self._written} is right. Which frame shows it? Write its number, too."
            return self.say(Verdict.MISSING, said)
        shown = original(self.evidence.capture, self.frame)
        if shown is None or shown.frame not in answer.frames:
            there = contents(self.evidence, self.frame)
            said = f"{self._written} is right, but frame {self.frame} does not show it: {there}."
            return self.say(Verdict.ALMOST, said, self.question.where, named=OTHER_FRAME, look=self._own(shown))
        return self._right(answer, given, shown)

    def _right(self, answer: Answer, given: Given, shown: Segment | None) -> Feedback:
        value = answer.value
        working = f" {value.working}." if value.working else ""
        proof = f", and frame {self.frame} shows it" if shown else ""
        return self.say(
            Verdict.RIGHT,
            self.question.kind.is_right.format(given=self._written, subject=self.question.subject) + proof + ".",
            self.question.why + working,
            which_number(value, given),
            named=RELATIVE if is_relative(value, given) else None,
            look=shown or self._segment(answer.frames),
        )

    def _of_wrong_answer(self, talk: Conversation, answer: Answer, given: Given) -> Feedback:
        match self.question.suspects(talk, given):
            case ():
                return self._unexplained(talk, answer, given)
            case (mistake,):
                return self._almost(talk, answer, given, mistake)
            case suspects:
                return self.say(Verdict.NOT_YET, self._wrong(), ask_again(talk, given, suspects))

    def _almost(self, talk: Conversation, answer: Answer, given: Given, mistake: Misconception) -> Feedback:
        relative = all(is_relative(value, given) for value in mistake.gives(talk))
        return self.say(
            Verdict.ALMOST,
            self._wrong(", a relative number," if relative else ""),
            mistake.explanation,
            self._about_frame(answer),
            named=mistake,
            look=self._named_frame(given) or mistake.look(talk),
        )

    def _unexplained(self, talk: Conversation, answer: Answer, given: Given) -> Feedback:
        is_number = self.question.kind is SEQUENCE
        for other in self.evidence.others if is_number else ():
            if str(self.question.right(other).value) == str(given):
                whose = f"{given} is right in the conversation of client {at(other.client)}, not of {at(talk.client)}."
                return self.say(Verdict.ALMOST, whose, OTHER_CONVERSATION.explanation, named=OTHER_CONVERSATION)
        return self.say(
            Verdict.NOT_YET,
            f"{self._wrong()} {places(talk, given)}" if is_number else self._wrong(),
            self.question.where,
            self._about_frame(answer),
        )

    @property
    def _wants_frame(self) -> bool:
        return self.question.wants_frame and self.question.kind is not FRAME

    @property
    def _written(self) -> str:
        assert self.given is not None
        return written(self.given, self.question.offers_on(self.evidence.conversation))

    def _wrong(self, remark: str = "") -> str:
        return self.question.kind.is_wrong.format(given=self._written + remark, subject=self.question.subject)

    def _about_frame(self, answer: Answer) -> str:
        return about_frame(self.evidence, answer, self.frame) if self._wants_frame else ""

    def _segment(self, frames: tuple[int, ...]) -> Segment | None:
        talk = self.evidence.conversation
        found = (talk.segments.in_frame(frame) for frame in frames) if talk else ()
        return next((segment for segment in found if segment), None)

    def _named_frame(self, given: Given) -> Segment | None:
        """Where a frame is the answer, the student's own: to show another would be to tell."""
        return self._segment((given,)) if self.question.kind is FRAME and isinstance(given, int) else None

    def _own(self, segment: Segment | None) -> Segment | None:
        """The segment if it is one of the conversation's: only those are on its ladder."""
        talk = self.evidence.conversation
        return segment if talk and segment and talk.segments.in_frame(segment.frame) else None

    def say(
        self, verdict: Verdict, *sentences: str, named: Misconception | None = None, look: Segment | None = None
    ) -> Feedback:
        """Put it together; an empty sentence is left out."""
        said = tuple(sentence for sentence in sentences if sentence)
        return Feedback(self.question, verdict, said, self.evidence, named, look.frame if look else None)
