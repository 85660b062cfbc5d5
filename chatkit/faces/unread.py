"""What the user has not read yet, as a value; the faces only draw it.

    looks away    a message: 1, and a mark above it    another: 2    looks: 0, the mark stays    acts: no mark

Only what others say now is unread: no notices, and nothing that was said before we came.
"""

from dataclasses import dataclass, replace

from chatkit.faces.updates import Kind, Line


@dataclass(frozen=True, slots=True)
class Unread:
    """`count` messages are unread; `marked`: a mark stands above the first that was."""

    count: int = 0
    marked: bool = False
    looking: bool = True

    def after(self, line: Line) -> "Unread":
        """A line came. Who speaks has read what stands there."""
        if line.mine:
            return self.acts()
        if self.looking or line.kind not in (Kind.SAID, Kind.TOLD):
            return self
        return replace(self, count=self.count + 1, marked=True)

    def looks(self) -> "Unread":
        """The user reads what is there, and still sees from where it was new."""
        return replace(self, looking=True, count=0)

    def looks_away(self) -> "Unread":
        """The user does not see what comes. What was read needs no mark any more."""
        return replace(self, looking=False, marked=self.count > 0)

    def acts(self) -> "Unread":
        """The user did something that only somebody does who has read all."""
        return replace(self, count=0, marked=False)

    def begins_after(self, before: "Unread") -> bool:
        """Whether the line that came between is the first unread one."""
        return before.count == 0 and self.count == 1
