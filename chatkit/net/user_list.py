"""Who is in the room, as a client knows it: a list that comes in one or several lines, then joins and leaves."""

from chatkit.protocol import messages as m
from chatkit.protocol.names import fold

MAX_USERS = 10_000  # a server that claims more is not believed


class UserList:
    """The names in the room, by the rules of USERS, JOINED and LEFT."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}  # by folded name, in the order of joining
        self._coming: dict[str, str] = {}  # the part of a USERS list that is here

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, the first who joined first."""
        return tuple(self._names.values())

    def join(self, name: str) -> None:
        """Somebody came."""
        if len(self._names) < MAX_USERS:
            self._names[fold(name)] = name

    def leave(self, name: str) -> None:
        """Somebody went."""
        self._names.pop(fold(name), None)

    def add(self, part: m.Users) -> bool:
        """Take one line of a list, and tell whether the list is complete: as many names have come as it announces."""
        self._coming |= {fold(name): name for name in part.names}
        if len(self._coming) < min(part.count, MAX_USERS):
            return False
        self._names, self._coming = self._coming, {}
        return True
