"""The ladder of hints: where to look, the rule, the rule at work on another conversation, and at last the solution."""

from dataclasses import dataclass

from chatkit.tcp.conversation import Conversation
from chatkit.teach.example import FIGURE_6
from chatkit.teach.question import Number, Question


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


def arithmetic(number: Number) -> str:
    """How the number comes from its ISN: `4294967295 + 1 = 0 (modulo 2^32)`."""
    wraps = " (modulo 2^32)" if number.isn + number.steps != number.absolute else ""
    return f"{number.isn} + {number.steps} = {number.absolute}{wraps}"


def _worked(question: Question) -> Hint:
    answer = question.right(FIGURE_6)
    client, server = (FIGURE_6.isn(end) for end in FIGURE_6.endpoints)
    text = (
        f"In Figure 6 of RFC 9293 the client's ISN is {client} and the server's is {server}. There, {question.subject} "
        f"is {answer.number.absolute}, in frame {answer.frames[0]}."
    )
    return Hint("Worked on another conversation", text, str(FIGURE_6.ladder(highlight=answer.frames[0])))


def _solution(question: Question, talk: Conversation) -> Hint:
    answer = question.right(talk)
    text = (
        f"In your capture, {question.subject} is {answer.number.absolute}, in frame {answer.frames[0]}; "
        f"relative to the ISN it is {answer.number.relative}. {question.why}"
    )
    return Hint("The solution", text, is_solution=True)
