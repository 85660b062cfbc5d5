"""The last messages of a room, for whoever comes later: PAST lines, in the order in which they were said."""

from collections import deque

from chatkit.protocol.messages import Past, encode

MAX_HISTORY = 10_000  # messages
MAX_HISTORY_BYTES = 262_144


class History:
    """Keeps the last `size` messages, fewer if they are long; a newcomer is given all of them at once.

    They take at most a quarter of `outbox`, the bytes that may wait for one client (0: no limit): else a newcomer could
    be cut off for being told.
    """

    def __init__(self, size: int, outbox: int = 0) -> None:
        self._lines: deque[bytes] = deque(maxlen=size)
        self._bytes = 0
        self._most_bytes = min(MAX_HISTORY_BYTES, outbox // 4 or MAX_HISTORY_BYTES)

    def add(self, name: str, text: str) -> None:
        """Keep one more, and drop the oldest where it does not fit."""
        if self._lines.maxlen == 0:
            return
        if len(self._lines) == self._lines.maxlen:
            self._drop()
        line = encode(Past(name, text))
        self._lines.append(line)
        self._bytes += len(line)
        while self._bytes > self._most_bytes:
            self._drop()

    def lines(self) -> bytes:
        """Give the PAST lines, the oldest first."""
        return b"".join(self._lines)

    def _drop(self) -> None:
        self._bytes -= len(self._lines.popleft())
