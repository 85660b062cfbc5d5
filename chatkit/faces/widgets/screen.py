"""What a chat widget shows, as a value: each update gives the next one. Nothing here knows of widgets or threads."""

from dataclasses import dataclass, replace

from chatkit.faces.updates import Line, Phase, Roster, Status, Update

MAX_LINES = 80  # a notebook page grows slow with more
NOWHERE = Status(Phase.OFFLINE)


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

    @property
    def count(self) -> int:
        """How many lines have come."""
        return self.dropped + len(self.lines)

    def after(self, update: Update) -> "Screen":
        """Give what is shown once the update has come."""
        match update:
            case Line():
                lines = (*self.lines, update)
                return replace(self, lines=lines[-MAX_LINES:], dropped=self.dropped + len(lines[:-MAX_LINES]))
            case Roster(names):
                return replace(self, names=names)
            case Status():
                trouble = update.sentence if update.phase is Phase.OFFLINE else ""
                was_in = self.was_in or update.phase is Phase.CONNECTED
                return replace(self, status=update, name=update.name or self.name, was_in=was_in, trouble=trouble)

    def since(self, count: int) -> tuple[Line, ...]:
        """The lines that came after the first `count`, as far as they are still here."""
        return self.lines[max(0, count - self.dropped) :]
