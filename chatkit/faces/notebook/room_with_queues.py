"""A room with a queue and a thread for each client; `say` and `write` are for a student to write.

say(room, line)                 is called by many threads at once: everybody in the room is to hear the line
write(room, client, letters)    is the work of one client's thread; it ends when None comes out of the queue

Room = room_with(say, write)
"""

import queue
import threading
from collections.abc import Callable
from typing import Any, Protocol

Letters = queue.SimpleQueue[bytes | None]


class Client(Protocol):
    """Somebody that a room sends to."""

    def sendall(self, data: bytes) -> None:
        """Send it all, as a socket does: it waits, and raises OSError when the client has gone."""


class RoomWithQueues:
    """What is given: who is there, the queues, and the threads."""

    write: Callable[[Client, Letters], object]  # of the room that a student makes of this

    def __init__(self) -> None:
        self.lock = threading.Lock()  # guards the other two
        self.queues: dict[Client, Letters] = {}
        self.threads: list[threading.Thread] = []

    def join(self, client: Client) -> None:
        """From now on the client hears what is said."""
        letters: Letters = queue.SimpleQueue()
        thread = threading.Thread(target=self.write, args=(client, letters), name="chat-writer", daemon=True)
        with self.lock:
            self.queues[client] = letters
            self.threads.append(thread)
        thread.start()

    def leave(self, client: Client) -> None:
        """From now on it hears nothing. To leave twice does no harm."""
        with self.lock:
            letters = self.queues.pop(client, None)
        if letters:
            letters.put(None)

    def close(self) -> None:
        """End the threads, and join them."""
        for client in list(self.queues):
            self.leave(client)
        for thread in self.threads:
            thread.join()


def room_with(say: Callable[[Any, bytes], object], write: Callable[[Any, Client, Any], object]) -> type[RoomWithQueues]:
    """The class of a room that speaks and writes so."""
    return type("Room", (RoomWithQueues,), {"say": say, "write": write})
