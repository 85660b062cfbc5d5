"""Sorts the frames of a port by their connections, as they come, so that each can be had without the others.

    frame --> whose? by the endpoints, and by the numbers --> one OwnConnection
                                                          `-> nobody's: not kept

Only a SYN begins a connection here: what was under way before the capture is nobody's. So is a fragment, which has no
ports, or not all that they belong to.
"""

from collections import defaultdict
from collections.abc import Iterator

from chatkit.capture import own_connection
from chatkit.capture.dissect import segment_in
from chatkit.capture.frame import Frame
from chatkit.capture.own_connection import OwnConnection
from chatkit.tcp.segment import Endpoint, Flag, Segment

MAX_BYTES = 256 * 1024 * 1024  # of all connections
MAX_CONNECTIONS = 4096  # at once; a flood of SYNs may ask for more
KEPT = 600.0  # seconds that a connection which is over can still be had


class OwnConnections:
    """The connections of clients to one port; `most` is how many, `limit` how many bytes in all and of each."""

    def __init__(
        self,
        port: int,
        most: int = MAX_CONNECTIONS,
        limit: int = MAX_BYTES,
        limit_of_each: int = own_connection.MAX_BYTES,
    ) -> None:
        self._port, self._most, self._limit, self._limit_of_each = port, most, limit, limit_of_each
        self._connections: dict[OwnConnection, None] = {}  # the first that began first
        self._between: defaultdict[frozenset[Endpoint], list[OwnConnection]] = defaultdict(list)
        self._bytes = 0
        self._next_look = 0  # nanoseconds since 1970

    def __len__(self) -> int:
        return len(self._connections)

    def keep(self, frame: Frame, lost: int = 0) -> None:
        """Take a frame; `lost` is how many the kernel has lost so far where it was caught."""
        segment, has_room = segment_in(frame), self._has_room(len(frame.data))
        connection = segment and (self._that_goes_on(segment) or self._begin(segment, frame, lost))
        if segment and connection:
            before = connection.size
            connection.add(segment, frame, has_room)
            self._bytes += connection.size - before

    def find(self, client: Endpoint, after: int, until: int) -> OwnConnection | None:
        """The last that this client began in a span of time (nanoseconds since 1970); None, too, where the client began
        several with different addresses of ours, so that nobody can tell which is meant."""
        begun = [one for one in self._connections if one.client == client and after < one.began <= until]
        return max(begun, key=lambda one: one.began) if len({one.server for one in begun}) == 1 else None

    def forget(self, connection: OwnConnection) -> None:
        """Keep it no more."""
        if connection in self._connections:
            del self._connections[connection]
            self._bytes -= connection.size
            ends = frozenset((connection.client, connection.server))
            self._between[ends].remove(connection)
            if not self._between[ends]:
                del self._between[ends]

    def _that_goes_on(self, segment: Segment) -> OwnConnection | None:
        ends = frozenset((segment.source, segment.destination))
        found = self._between.get(ends, ())
        return next((one for one in reversed(found) if one.is_continued_by(segment)), None)

    def _begin(self, segment: Segment, frame: Frame, lost: int) -> OwnConnection | None:
        is_request = segment.flags & (Flag.SYN | Flag.ACK) == Flag.SYN and segment.destination[1] == self._port
        self._forget_what_is_over(frame.nanoseconds)
        if not is_request or not self._has_place():
            return None
        connection = OwnConnection(segment, frame, lost, self._limit_of_each)
        self._connections[connection] = None
        self._between[frozenset((segment.source, segment.destination))].append(connection)
        return connection

    def _forget_what_is_over(self, now: int) -> None:
        """Look, once a second, for what is not open and has been quiet for long."""
        if now < self._next_look:
            return
        self._next_look = now + 10**9
        for connection in [one for one in self._spare() if one.latest < now - KEPT * 1e9]:
            self.forget(connection)

    def _has_place(self) -> bool:
        if len(self._connections) >= self._most:
            self._forget_one()
        return len(self._connections) < self._most

    def _has_room(self, size: int) -> bool:
        while self._bytes + size > self._limit and self._forget_one():
            pass
        return self._bytes + size <= self._limit

    def _forget_one(self) -> bool:
        """Forget the oldest that is not open; tell whether there was one."""
        oldest = next(self._spare(), None)
        if oldest:
            self.forget(oldest)
        return oldest is not None

    def _spare(self) -> Iterator[OwnConnection]:
        return (one for one in self._connections if not one.is_open)
