"""Load for a LAN: one host runs `traffic.py receive WHAT AMOUNT`, another `traffic.py send WHAT AMOUNT ADDRESS`.

Each runs in a process of its own, so that what is measured is the network, and not how threads share one Python. The
receiver prints "ready", and then what it measured; of a round trip the sender measures.
"""

import socket
import sys
import time
from collections.abc import Callable
from statistics import median

PORT = 7000
SMALL = bytes(18)  # with the headers of UDP, IP and Ethernet a frame of 60 bytes, the shortest there is
WINDOW, ACK_EVERY = 128, 32  # frames: the sender is never further ahead, so that no socket's buffer runs over
PATIENCE = 20.0  # seconds


def receive_bytes(amount: int) -> float:
    """Bytes per second of one TCP connection."""
    with socket.create_server(("", PORT)) as listener:
        print("ready", flush=True)
        connection = listener.accept()[0]
    with connection:
        begin, got = time.perf_counter(), 0
        while data := connection.recv(1 << 20):
            got += len(data)
        assert got == amount, f"{got} bytes came, not {amount}"
        return got / (time.perf_counter() - begin)


def send_bytes(amount: int, address: str) -> None:
    """The other end of it."""
    with socket.create_connection((address, PORT)) as connection:
        connection.sendall(memoryview(bytes(amount)))


def receive_frames(amount: int) -> float:
    """Short frames per second; those that acknowledge them, one of 32, are not counted."""
    with _udp() as sock:
        sock.bind(("", PORT))
        print("ready", flush=True)
        _, sender = sock.recvfrom(100)
        sock.sendto(b"", sender)
        begin = time.perf_counter()
        for number in range(1, amount + 1):
            sock.recv(100)
            if number % ACK_EVERY == 0:
                sock.sendto(b"", sender)
        return amount / (time.perf_counter() - begin)


def send_frames(amount: int, address: str) -> None:
    """The other end of it."""
    with _udp() as sock:
        sock.connect((address, PORT))
        _round_trip(sock)  # ARP is over before the first is counted
        for number in range(amount):
            if number >= WINDOW and number % ACK_EVERY == 0:
                sock.recv(100)
            sock.send(SMALL)


def echo(amount: int) -> float:
    """Give back what comes."""
    with _udp() as sock:
        sock.bind(("", PORT))
        print("ready", flush=True)
        for _ in range(amount):
            sock.sendto(*sock.recvfrom(100))
        return 0.0


def measure_round_trip(amount: int, address: str) -> float:
    """Seconds until a short frame has come back, the median."""
    with _udp() as sock:
        sock.connect((address, PORT))
        return median(_round_trip(sock) for _ in range(amount))


def _round_trip(sock: socket.socket) -> float:
    begin = time.perf_counter()
    sock.send(SMALL)
    sock.recv(100)
    return time.perf_counter() - begin


def _udp() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(PATIENCE)
    return sock


RECEIVE: dict[str, Callable[[int], float]] = {"bytes": receive_bytes, "frames": receive_frames, "round-trip": echo}
SEND: dict[str, Callable[[int, str], float | None]] = {
    "bytes": send_bytes,
    "frames": send_frames,
    "round-trip": measure_round_trip,
}

if __name__ == "__main__":
    match sys.argv[1:]:
        case ["receive", what, amount]:
            print(RECEIVE[what](int(amount)))
        case ["send", what, amount, address]:
            print(SEND[what](int(amount), address) or 0.0)
