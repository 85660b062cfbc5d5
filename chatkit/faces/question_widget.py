"""A question in a notebook: the prompt, a box for the answer and one for the frame that shows it, Check and Hint.

    ask("handshake.synack-ack", capture)

The judging is `check`'s, from teach; here is only what is seen. Callbacks come in a thread of their own, even while a
cell runs, so one lock orders them and the cell.
"""

import threading
from collections.abc import Callable
from typing import Any

from ipywidgets import HTML, HBox, Layout, VBox

from chatkit.capture.capture import Capture
from chatkit.faces.widgets import question_html as html
from chatkit.faces.widgets.answer_box import AnswerBox
from chatkit.faces.widgets.entry import Entry
from chatkit.faces.widgets.guarded import guarded
from chatkit.teach.catalogue import find_question
from chatkit.teach.checker import check
from chatkit.teach.feedback import Feedback, Verdict
from chatkit.teach.hints import Hint, hints
from chatkit.teach.kind import FRAME, written
from chatkit.teach.progress import Progress


def ask(id: str, capture: Capture, *, port: int | None = None, client: int | None = None) -> "QuestionWidget":
    """Show a question about a capture; `port` is the server's, `client` the client's, where the capture has several.

    MisuseError, with all names, if no question has this one.
    """
    return QuestionWidget(id, capture, port=port, client=client)


class QuestionWidget:
    """One question; the last value of a cell shows it."""

    def __init__(self, id: str, capture: Capture, *, port: int | None = None, client: int | None = None) -> None:
        self.question = find_question(id)
        self._capture, self._port, self._client = capture, port, client
        self._progress = Progress.of()
        self._asking = threading.RLock()  # guards feedback, hints_shown, and what is seen of them
        self.feedback = self._judge("", "")
        self.hints_shown = 0
        self._make()
        self._show_feedback()
        self._show_hints()

    # ---- for cells ----

    @property
    def hints(self) -> tuple[Hint, ...]:
        """All hints there are, shown or not."""
        return hints(self.question, self.feedback.evidence.fit)

    def check(self, answer: str | None = None, frame: str | None = None) -> Feedback:
        """Judge what stands in the boxes, as the button does; or what is given, which is put into them."""
        with self._asking:
            if answer is not None:
                self._answer.text = answer
            if frame is not None:
                self._frame.widget.value = frame
            self.feedback = self._judge(self._answer.text, self._frame.text)
            self._progress.add(self.feedback, self._answer.text, self._frame.text)
            self._show_feedback(is_asked_for=True)
            self._show_hints()
            return self.feedback

    def hint(self) -> Hint | None:
        """Show one more hint, as the button does, and give it; None if all are shown."""
        with self._asking:
            if self.hints_shown == len(self.hints):
                return None
            self.hints_shown += 1
            self._show_hints()
            shown = self.hints[self.hints_shown - 1]
            self._progress.hint(self.question.id, shown.is_solution)
            return shown

    def close(self) -> None:
        """End what waits in the boxes."""
        self._answer.close()
        self._frame.close()

    def __repr__(self) -> str:
        return f"<QuestionWidget {self.question.id}: {self.feedback.verdict.word}, {self.hints_shown} hints shown>"

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.box._repr_mimebundle_(**options)

    # ---- the parts ----

    def _make(self) -> None:
        check_it, one_more = self._guarded(lambda: self.check()), self._guarded(lambda: self.hint())
        offers = self.question.offers_on(self.feedback.evidence.fit)
        self._answer = AnswerBox(self.question.kind, offers, check_it)
        self._frame = Entry(check_it, description="Frame that shows it", placeholder="its number")
        self._check = html.button("Check", "Judge the answer (or press Enter)", check_it, is_primary=True)
        self._hint = html.button("Hint", "One more hint; the last is the solution", one_more)
        self._case, self._judged_on, self._verdict, self._hints, self._ladder = (HTML() for _ in range(5))
        frame = [self._frame.widget] if self.question.wants_frame and self.question.kind is not FRAME else []
        row = HBox([*self._answer.widgets, *frame, self._check, self._hint])
        row.add_class("ck-answer")
        self.box = VBox([
            HTML(html.STYLE, layout=Layout(display="none")), HTML(html.prompt(self.question)), self._case,
            self._judged_on, row, self._verdict, self._hints, self._ladder,
        ])  # fmt: skip
        self.box.add_class("ck-question")

    # ---- callbacks of the widgets ----

    def _guarded(self, work: Callable[[], object]) -> Callable[..., None]:
        return guarded(work, self._complain)

    def _complain(self, sentence: str) -> None:
        with self._asking:
            self._verdict.value = html.trouble(sentence)
            self._ladder.value = ""

    # ---- what is seen ----

    def _judge(self, answer: str, frame: str) -> Feedback:
        return check(self.question.id, self._capture, answer, frame, port=self._port, client=self._client)

    def _show_feedback(self, is_asked_for: bool = False) -> None:
        """Before anybody asks, only a capture that is unfit is worth a word."""
        feedback = self.feedback
        is_said = is_asked_for or feedback.verdict is Verdict.UNFIT
        ladder = feedback.ladder() if is_said else None
        self._case.value = html.case(self.question, feedback.evidence.fit)
        self._judged_on.value = html.judged_on(feedback)
        self._verdict.value = (html.verdict(feedback) + self._prediction(feedback)) if is_said else ""
        self._ladder.value = ladder._repr_html_() if ladder else ""

    def _prediction(self, feedback: Feedback) -> str:
        """What the student had expected; it is shown once there is a verdict on an answer."""
        entry = self._progress.prediction(self.question.id)
        if entry is None or feedback.verdict in (Verdict.UNFIT, Verdict.MISSING):
            return ""
        offers = self.question.offers_on(feedback.evidence.conversation)
        given = self.question.kind.read(entry.answer, offers)
        remark = "." if self._is_before(entry.moment.timestamp()) else ", after this capture was made."
        return html.predicted(entry.answer if given is None else written(given, offers), remark)

    def _is_before(self, moment: float) -> bool:
        """Whether it was before the capture ended: a recorded one ended long ago, and is new to the student."""
        frames = self._capture.frames
        is_recorded = "RECORDED" in self._capture.source
        return is_recorded or not frames or moment <= frames[-1].nanoseconds / 1e9

    def _show_hints(self) -> None:
        rungs, shown = self.hints, self.hints_shown
        self._hints.value = html.hints(rungs[:shown])
        self._hint.disabled = shown >= len(rungs)
        self._hint.description = html.hint_button(rungs, shown)
