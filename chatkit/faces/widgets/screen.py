"""What a chat widget shows, as a value: each update gives the next one. Nothing here knows of widgets or threads.

A notebook does not say whether somebody looks at it. So what others said is new until its reader says something, or
presses the button that says so.
"""

from dataclasses import dataclass, replace

from chatkit.faces.unread import Unread
from chatkit.faces.updates import Kind, Line, Phase, Roster, Status, Update

MAX_LINES = 80  # a notebook page grows slow with more
NOWHERE = Status(Phase.OFFLINE)
NOT_LOOKING = Unread(looking=False)


@dataclass(frozen=True, slots=True)
class Screen:
    """Everything that can be seen of one user's chat."""

    lines: tuple[Line, ...] = ()  # the last ones
    dropped: int = 0  # how many came before them
    names: tuple[str, ...] = ()
    status: Status = NOWHERE
    name: str = ""  # ours, also when we are not connected any more
    was_in: bool = False  # whether we have been in a room
    trouble: str = ""  # why the last thing that the user did was not done
    waiting: str = ""  # what happened, and when we try again
    unread: Unread = NOT_LOOKING
    new_from: int = 0  # the number of the first unread line

    @property
    def count(self) -> int:
        """How many lines have come."""
        return self.dropped + len(self.lines)

    def after(self, update: Update) -> "Screen":
        """Give what is shown once the update has come."""
        match update:
            case Line():
                return self._with(update)
            case Roster(names):
                return replace(self, names=names)
            case Status():
                return self._kept(update)._at(update)

    def read(self) -> "Screen":
        """The user has read all."""
        return replace(self, unread=self.unread.acts())

    def since(self, count: int) -> tuple[Line, ...]:
        """The lines that came after the first `count`, as far as they are still here."""
        return self.lines[max(0, count - self.dropped) :]

    def _with(self, line: Line) -> "Screen":
        lines, unread = (*self.lines, line), self.unread.after(line)
        new_from = self.count if unread.begins_after(self.unread) else self.new_from
        dropped = self.dropped + len(lines[:-MAX_LINES])
        return replace(self, lines=lines[-MAX_LINES:], dropped=dropped, unread=unread, new_from=new_from)

    def _kept(self, status: Status) -> "Screen":
        """What the chat box keeps of it: when we went, and when we came again."""
        is_in, was_in = status.phase is Phase.CONNECTED, self.status.phase is Phase.CONNECTED
        goes = was_in and status.phase in (Phase.OFFLINE, Phase.WAITING)
        return self._with(Line(Kind.NOTICE, status.sentence)) if goes or (is_in and self.was_in) else self

    def _at(self, status: Status) -> "Screen":
        name, was_in = status.name or self.name, self.was_in or status.phase is Phase.CONNECTED
        screen = replace(self, status=status, name=name, was_in=was_in)
        if status.phase is Phase.WAITING:
            screen = replace(screen, waiting=status.story)
        elif status.is_news:  # else it is a try between two waits
            screen = replace(screen, waiting="")
        if status.is_news:
            screen = replace(screen, trouble=status.sentence if status.phase is Phase.OFFLINE else "")
        return screen
