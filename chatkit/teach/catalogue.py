"""All questions, by their names."""

from chatkit.errors import MisuseError
from chatkit.protocol.text import quote
from chatkit.teach.question import Question
from chatkit.teach.subjects import (
    attack,
    congestion,
    data,
    eavesdropping,
    goodbye,
    handshake,
    loss,
    opening,
    order,
    payload,
    scale,
    sealing,
    threads,
    timing,
    window,
)

_SUBJECTS = (
    opening, handshake, data, payload, timing, loss, window, congestion, goodbye, order, threads, attack,
    eavesdropping, sealing, scale,
)  # fmt: skip
_ALL: list[Question] = [question for subject in _SUBJECTS for question in subject.QUESTIONS]
_BY_ID = {question.id: question for question in sorted(_ALL, key=lambda question: question.exercise)}


def questions() -> tuple[Question, ...]:
    """Every question, in the order in which they are taught."""
    return tuple(_BY_ID.values())


def find_question(id: str) -> Question:
    """The question of this name; MisuseError, with all names, if there is none."""
    if id not in _BY_ID:
        raise MisuseError(f"no question is called {quote(str(id))}; there are {', '.join(_BY_ID)}")
    return _BY_ID[id]
