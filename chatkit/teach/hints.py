"""The ladder of hints: where to look, the rule, the rule at work on another conversation, and at last the solution."""

from dataclasses import dataclass

from chatkit.tcp.conversation import Conversation
from chatkit.teach.kind import written
from chatkit.teach.question import Answer, Question
from chatkit.teach.value import Choice, Number, Order


@dataclass(frozen=True, slots=True)
class Hint:
    """One rung; `figure` is a ladder diagram in text, or empty."""

    title: str
    text: str
    figure: str = ""
    is_solution: bool = False


def hints(question: Question, talk: Conversation | None) -> tuple[Hint, ...]:
    """All rungs, the gentlest first; without a conversation that is fit for the question, no solution."""
    rungs = (Hint("Where to look", question.where), Hint("The rule", question.rule), _worked(question))
    return rungs if talk is None else (*rungs, _solution(question, talk))


def _worked(question: Question) -> Hint:
    talk = question.example
    answer = question.right(talk)
    case = question.case(talk)
    text = " ".join(part for part in ("Here is another conversation.", case, _stated(question, talk, answer)) if part)
    look = answer.frames[0] if answer.frames else None
    return Hint("Worked on another conversation", text, str(talk.ladder(highlight=look, frames=True)))


def _solution(question: Question, talk: Conversation) -> Hint:
    answer = question.right(talk)
    value = answer.value
    relative = f" Relative to the ISN it is {value.relative}." if isinstance(value, Number) else ""
    stated = _stated(question, talk, answer, "In your capture ")
    return Hint("The solution", f"{stated}{relative} {question.why}", is_solution=True)


def _stated(question: Question, talk: Conversation, answer: Answer, start: str = "There ") -> str:
    """What is right, as a sentence."""
    frame = f", in frame {answer.frames[0]}" if answer.frames else ""
    working = f" ({answer.value.working})" if answer.value.working else ""
    match answer.value:
        case Choice(key):
            return f"{start}it is {written(key, question.offers_on(talk))}{frame}{working}."
        case Order(example):
            return f"{start}one possible order is {written(example, question.offers_on(talk))}{working}."
    return f"{start}{question.subject} is {answer.value}{frame}{working}."
