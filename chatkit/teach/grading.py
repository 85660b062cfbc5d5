"""An answer that counts: right, or an error with the same words, so that a program that grades sees the difference.

grade(check("handshake.synack-ack", capture, my_ack, my_frame))
"""

from chatkit.errors import ChatkitError
from chatkit.teach.feedback import Feedback, Verdict


class NotRight(ChatkitError):
    """The answer is not right, or there is none yet; it prints as the feedback does, without a traceback."""

    def __init__(self, feedback: Feedback) -> None:
        super().__init__(repr(feedback))
        self.feedback = feedback

    def _render_traceback_(self) -> list[str]:
        """What IPython shows of it: where in chatkit it was raised helps nobody."""
        return [repr(self.feedback)]


def grade(feedback: Feedback) -> Feedback:
    """Give the feedback if the answer is right. Raises NotRight."""
    if feedback.verdict is not Verdict.RIGHT:
        raise NotRight(feedback)
    return feedback
