"""Two programs that talk at a steady rate: one host runs `steady.py answer`, another `ask ADDRESS RATE SECONDS`.

Each question is a segment, each answer another that acknowledges it, so there are two frames to an exchange. The
answering end prints "ready" when it listens.
"""

import socket
import sys
import time

PORT = 7100
QUESTION, ANSWER = b"SAY how are you?\n", b"SAID ann how are you?\n"


def answer() -> None:
    """Answer one client until it leaves."""
    with socket.create_server(("", PORT)) as listener:
        print("ready", flush=True)
        connection = listener.accept()[0]
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while connection.recv(4096):
            connection.sendall(ANSWER)


def ask(address: str, rate: float, seconds: float) -> None:
    """Ask so often that so many frames pass in a second."""
    pause = 2 / rate
    with socket.create_connection((address, PORT)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begin = time.monotonic()
        for number in range(int(seconds / pause)):
            time.sleep(max(0.0, begin + number * pause - time.monotonic()))
            connection.sendall(QUESTION)
            connection.recv(4096)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["answer"]:
            answer()
        case ["ask", host, often, lasting]:
            ask(host, float(often), float(lasting))
