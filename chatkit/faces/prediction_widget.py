"""A prediction in a notebook: asked before there is a capture, kept, and shown beside what is then observed.

    predict("close.segments")

Whatever is kept can be changed until the answer is asked for; the last counts, with the time at which it was made.
"""

import threading
from typing import Any

from ipywidgets import HTML, HBox, Layout, VBox

from chatkit.errors import MisuseError
from chatkit.faces.widgets import question_html as html
from chatkit.faces.widgets.answer_box import AnswerBox
from chatkit.faces.widgets.guarded import guarded
from chatkit.teach.catalogue import find_question
from chatkit.teach.kind import written
from chatkit.teach.progress import Progress


def predict(id: str, answer: str | None = None) -> "PredictionWidget":
    """Ask for a prediction; one that is given here is kept at once.

    MisuseError if no question has this name, or if it can only be asked about a capture.
    """
    return PredictionWidget(id, answer)


class PredictionWidget:
    """One prediction; the last value of a cell shows it."""

    def __init__(self, id: str, answer: str | None = None, progress: Progress | None = None) -> None:
        self.question = find_question(id)
        if not self.question.is_predictable:
            raise MisuseError(f"{id} asks about a capture, so it cannot be predicted: use ask")
        self._progress = progress or Progress.of()
        self._predicting = threading.RLock()  # guards what is kept and what is seen of it
        self._make()
        if answer is not None:
            self.keep(answer)

    @property
    def kept(self) -> str:
        """What the student expects, as it was typed; empty if nothing is kept yet."""
        prediction = self._progress.prediction(self.question.id)
        return prediction.answer if prediction else ""

    def keep(self, answer: str | None = None) -> str:
        """Keep what stands in the box, as the button does; or what is given. MisuseError for what is no answer."""
        with self._predicting:
            if answer is not None:
                self._answer.text = answer
            given = self.question.kind.read(self._answer.text, self.question.offers_on(None))
            if given is None:
                raise MisuseError("There is nothing to keep yet: write what you expect.")
            self._progress.predict(self.question.id, self._answer.text)
            self._show()
            return self._answer.text

    def close(self) -> None:
        """End what waits in the box."""
        self._answer.close()

    def __repr__(self) -> str:
        return f"<PredictionWidget {self.question.id}: {self.kept or 'nothing kept yet'}>"

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.box._repr_mimebundle_(**options)

    def _make(self) -> None:
        offers = self.question.offers_on(None)
        keep = guarded(lambda: self.keep(), self._complain)
        self._answer = AnswerBox(self.question.kind, offers, keep)
        button = html.button("Keep my prediction", "It is shown beside what you will see", keep, is_primary=True)
        self._said = HTML()
        row = HBox([*self._answer.widgets, button])
        row.add_class("ck-answer")
        heading = HTML(html.prompt(self.question, "Predict. "))
        self.box = VBox([HTML(html.STYLE, layout=Layout(display="none")), heading, row, self._said])
        self.box.add_class("ck-question")
        self._show()

    def _show(self) -> None:
        kept = self.kept
        if kept:
            given = self.question.kind.read(kept, self.question.offers_on(None))
            kept = written(given, self.question.offers_on(None)) if given is not None else kept
        self._said.value = html.kept(kept)

    def _complain(self, sentence: str) -> None:
        with self._predicting:
            self._said.value = html.trouble(sentence)
