"""An answer that counts: right, or an error with the same words, so that a program that grades sees the difference.

    grade(check("handshake.synack-ack", capture, my_ack, my_frame))
    grade(check_framing(lines_of))
"""

from typing import TypeVar

from chatkit.errors import ChatkitError
from chatkit.teach.card import Told
from chatkit.teach.verdict import Verdict

T = TypeVar("T", bound=Told)


class NotRight(ChatkitError):
    """The answer is not right, or there is none yet; it prints as the feedback does, without a traceback."""

    def __init__(self, feedback: Told) -> None:
        super().__init__(repr(feedback))
        self.feedback = feedback

    def _render_traceback_(self) -> list[str]:
        """What IPython shows of it: where in chatkit it was raised helps nobody."""
        return [repr(self.feedback)]


def grade(feedback: T) -> T:
    """Give the feedback if the answer is right. Raises NotRight."""
    if feedback.verdict is not Verdict.RIGHT:
        raise NotRight(feedback)
    return feedback
