"""How an answer was judged; whoever only judges needs nothing else of chatkit."""

from enum import Enum


class Verdict(Enum):
    """How an answer was judged: a sign and a word, so that nothing hangs on a colour.

    "Almost" is said only where the mistake has a name. A number that nothing explains is "not yet": it claims neither
    that the student was close nor why they were not.
    """

    MISSING = "?", "missing"  # nothing was answered, or only half of it, or nothing that can be read
    UNFIT = "!", "capture unfit"  # the capture's fault, not the student's
    NOT_YET = "✗", "not yet"
    ALMOST = "≈", "almost"
    RIGHT = "✓", "right"

    @property
    def sign(self) -> str:
        return self.value[0]

    @property
    def word(self) -> str:
        return self.value[1]
