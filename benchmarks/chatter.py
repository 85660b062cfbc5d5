"""Chat to be captured: `chatter.py PREFIX CLIENTS MESSAGES ADDRESS` joins as so many clients; they talk in turn.

Only one message is under way at a time, so that each is a segment of its own, as when people type.
"""

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack

PORT = 9898
PATIENCE = 30.0  # seconds
WORDS = "the wire carries what we say in segments and the other end acknowledges them all"


def chat(prefix: str, clients: int, messages: int, address: str) -> None:
    """Join, say so many messages in all, and leave."""
    with ExitStack() as stack:
        socks = [stack.enter_context(_joined(f"{prefix}{number}", address)) for number in range(clients)]
        for number, text in zip(range(messages), _sentences(), strict=False):
            said = f"SAY {prefix} {number} {text}\n".encode()
            socks[number % clients].sendall(said)
            for sock in socks[: number % clients] + socks[number % clients + 1 :]:
                _read_until(sock, said[4:])
        for sock in socks:
            sock.sendall(b"QUIT\n")
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(65536):
                pass


def _joined(name: str, address: str) -> socket.socket:
    sock = socket.create_connection((address, PORT), PATIENCE)
    sock.sendall(f"JOIN {name}\n".encode())
    _read_until(sock, b"USERS ")
    return sock


def _read_until(sock: socket.socket, said: bytes) -> None:
    """Read on until this has been said, by the end of what has come."""
    heard = b""
    while said not in heard:
        heard += sock.recv(65536)


def _sentences() -> Iterator[str]:
    """Sentences of 1 to 14 words, the same each time."""
    number = 0
    while True:
        number += 1
        yield " ".join(WORDS.split()[: 1 + number * 5 % 14])


if __name__ == "__main__":
    chat(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
