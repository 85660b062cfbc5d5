"""What the student is told: a verdict, the reasons in sentences, and the frame to look at."""

from dataclasses import dataclass

from chatkit.tcp.conversation import Conversation
from chatkit.tcp.ladder import Ladder
from chatkit.teach.card import page
from chatkit.teach.evidence import Evidence
from chatkit.teach.question import Misconception, Question
from chatkit.teach.verdict import Verdict as Verdict

ROWS = 12  # of the ladder: the opening, the close, and what is pointed at


@dataclass(frozen=True, slots=True, repr=False)
class Feedback:
    """An answer, judged. It prints as text, and draws itself in a notebook with the ladder it speaks of."""

    question: Question
    verdict: Verdict
    sentences: tuple[str, ...]  # the first says it, the others explain
    evidence: Evidence
    named: Misconception | None = None  # the mistake recognised; a right number may come with one: RELATIVE
    look: int | None = None  # the frame to look at

    @property
    def judged_on(self) -> str:
        """What the answer was judged on: the kind of evidence, and whose conversation."""
        return f"Judged on this capture: {self.evidence.description}."

    @property
    def heading(self) -> str:
        """The verdict in words, with the name of the mistake where that is why it isn't right."""
        name = f": {self.named.name}" if self.named and self.verdict is Verdict.ALMOST else ""
        return self.verdict.word + name

    def ladder(self) -> Ladder | None:
        """The conversation with the frame to look at lit; None where there is nothing to look at."""
        talk: Conversation | None = self.evidence.conversation
        return talk.ladder(highlight=self.look, rows=ROWS) if talk and self.look is not None else None

    def __repr__(self) -> str:
        heading = f"{self.verdict.sign} {self.heading} ({self.question.id})"
        return "\n  ".join((heading, *self.sentences, self.judged_on))

    def _repr_html_(self) -> str:
        return page(self)
