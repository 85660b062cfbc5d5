"""Sends UDP on loopback at a steady rate: `flood.py PORT FRAMES_PER_SECOND SECONDS` prints how many, in what time."""

import socket
import sys
import time

BURST = 100  # frames between two looks at the clock
MESSAGE = bytes(64)


def flood(port: int, rate: int, seconds: float) -> tuple[int, float]:
    """Send for so long, as near to the rate as this machine can."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", port))
        begin, sent = time.perf_counter(), 0
        while (now := time.perf_counter() - begin) < seconds:
            if sent > now * rate:
                time.sleep(BURST / rate)
                continue
            for _ in range(BURST):
                sock.send(MESSAGE)
            sent += BURST
        return sent, time.perf_counter() - begin


if __name__ == "__main__":
    print(*flood(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
