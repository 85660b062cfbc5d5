"""Servers of another kind, for who must notice that they are."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 5.0  # seconds


@contextmanager
def stranger_that(does: Callable[[socket.socket], object]) -> Iterator[str]:
    """Give the HOST:PORT of a server that does this with its first connection, and closes it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            connection, _ = listener.accept()
            with connection:
                does(connection)

        thread = threading.Thread(target=run, name="stranger")
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join(PATIENCE)


def says(text: bytes) -> Callable[[socket.socket], object]:
    """Speak first, whatever the other one wants."""
    return lambda connection: connection.sendall(text)


def answers(text: bytes) -> Callable[[socket.socket], object]:
    """Listen first."""

    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(text)

    return answer


def waits_for_the_end(connection: socket.socket) -> None:
    """Say nothing."""
    connection.settimeout(PATIENCE)
    connection.recv(1)
