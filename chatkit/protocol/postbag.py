"""What one batch of work owes to each listener, joined into one piece of bytes each.

A thousand listeners hear nearly the same. So a line for all is written once, on a tape, and each listener is given a
stretch of the tape. Only a listener to whom something of its own happens in this batch (a private line, a line that it
is spared, coming, going) has a list of parts: stretches of the tape, with private lines between them.

    tape     | SAID ann hi | JOINED dan | SAID bob hello |
    carl     [------------- all of it ------------------]
    ann                    [----------------------------]      spared her own line
    dan        WELCOME dan ...          [---------------]      came in the middle

What comes out equals handling one line at a time: a property test says so.
"""

from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Generic, TypeVar

L = TypeVar("L", bound=Hashable)

MOST_FOR_ONE = 262_144  # bytes that one listener may be owed: it is given them at once, and shall not drown in them
MOST_FOR_ALL = 16_777_216  # bytes, once each piece is joined; listeners with nothing of their own share one piece


@dataclass(frozen=True, slots=True)
class Owed(Generic[L]):
    """What is owed to whom: something of their own to a few, the whole tape to all others."""

    own: dict[L, bytes]
    others: list[L]
    whole: bytes

    def __len__(self) -> int:
        return len(self.own) + len(self.others)

    def pieces(self) -> Iterator[tuple[bytes, Collection[L]]]:
        """Give each piece of bytes, with those to whom it is owed."""
        for one, data in self.own.items():
            yield data, (one,)
        yield self.whole, self.others

    def items(self) -> Iterator[tuple[L, bytes]]:
        """Give each that is owed something, with what it is owed."""
        return ((one, data) for data, ones in self.pieces() for one in ones)


class Postbag(Generic[L]):
    """Collects the lines of one batch; `take` empties it."""

    def __init__(self) -> None:
        self._listeners: dict[L, None] = {}  # a set that keeps its order
        self._start()

    def _start(self) -> None:
        self._tape: list[bytes] = []
        self._tape_size = 0
        self._parts: dict[L, list[bytes | slice]] = {}
        self._heard: dict[L, int] = {}  # how far on the tape the parts of a listener go
        self._private: dict[L, int] = {}  # bytes that one is owed alone
        self._private_size = self._most_private = 0

    @property
    def is_full(self) -> bool:
        """Whether the batch ought to be taken before more is written."""
        return (
            self._tape_size + self._most_private > MOST_FOR_ONE
            or self._tape_size * len(self._parts) + self._private_size > MOST_FOR_ALL
        )

    def to(self, one: L, line: bytes) -> None:
        """Write to one, who need not be a listener."""
        self._catch_up(one).append(line)
        self._private[one] = private = self._private.get(one, 0) + len(line)
        self._most_private = max(self._most_private, private)
        self._private_size += len(line)

    def to_all(self, line: bytes, but: L | None = None) -> None:
        """Write to all listeners but one."""
        self._tape.append(line)
        self._tape_size += len(line)
        if but is not None and but in self._listeners:
            self._catch_up(but, len(self._tape) - 1)
            self._heard[but] = len(self._tape)

    def start_listening(self, one: L) -> None:
        """From here on, `one` hears what is written to all."""
        self._catch_up(one)
        self._listeners[one] = None
        self._heard[one] = len(self._tape)

    def stop_listening(self, one: L) -> None:
        """From here on, `one` hears only what is written to it alone."""
        self._catch_up(one)
        del self._listeners[one]

    def take(self) -> Owed[L]:
        """Give what each is owed, and start an empty batch."""
        for one in self._parts:
            self._catch_up(one)
        whole = b"".join(self._tape)
        ends = [0, *accumulate(map(len, self._tape))]

        def cut(part: bytes | slice) -> bytes:
            return part if isinstance(part, bytes) else whole[ends[part.start] : ends[part.stop]]

        own = {one: b"".join(map(cut, parts)) for one, parts in self._parts.items() if parts}
        others = [one for one in self._listeners if one not in self._parts] if whole else []
        self._start()
        return Owed(own, others, whole)

    def _catch_up(self, one: L, to: int | None = None) -> list[bytes | slice]:
        """Give the parts of `one`, after adding the stretch of tape that it has heard since the last of them."""
        parts = self._parts.setdefault(one, [])
        start, stop = self._heard.get(one, 0), len(self._tape) if to is None else to
        if one in self._listeners and start < stop:
            parts.append(slice(start, stop))
            self._heard[one] = stop
        return parts
