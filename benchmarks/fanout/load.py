"""The load where there is no C compiler: what load.c does, for chat/1 only, slower, and with the same commands.

    load.py PORT CLIENTS SLOW

It also keeps what is heard first in a log, and compares what the others hear with it at one go. A client that does not
hear what the log has is counted as wrong, and is not followed any further.
"""

import contextlib
import resource
import selectors
import socket
import sys
import time
from typing import Any

import numpy as np

TEXT = 64  # bytes of a message
MOST = 1 << 20  # messages in one flow
CONNECTING = 512  # at most that many are not greeted yet: more than that some backlogs do not hold
WARM_UP, PATIENCE = 0.3, 3.0  # seconds
READ_SIZE = 1 << 20
LEFT = b"LEFT "


class Ear:
    """What one client has heard."""

    def __init__(self, number: int, port: int) -> None:
        self.number = number
        self.sock = socket.create_connection(("127.0.0.1", port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.sendall(b"JOIN u%04d\n" % number)
        self.rest = b""
        self.known: set[bytes] = set()
        self.line = 0  # of the log: the first that it has not heard whole

    def read(self) -> bytes:
        """Give all whole lines that are here; that a slow one was cut off (LEFT) is no message."""
        lines, lf, self.rest = (self.rest + self.sock.recv(READ_SIZE)).rpartition(b"\n")
        if LEFT in lines:
            return b"".join(line for line in (lines + lf).splitlines(keepends=True) if not line.startswith(LEFT))
        return lines + lf

    def learn(self) -> None:
        """Note who is in the room."""
        for line in self.read().splitlines():
            match line.split(b" "):
                case [b"USERS", _, *names] | [b"JOINED", *names]:
                    self.known.update(names)


class Flow:
    """Messages that go from some to all; each is in flight until all have heard it."""

    def __init__(self, ears: list[Ear], senders: int, listeners: int) -> None:
        self.ears, self.senders, self.listeners = ears, senders, listeners
        self.messages: list[bytes] = []  # as the others ought to hear them
        self.sender_of: list[int] = []
        self.place_of: list[int] = []  # among those of its sender
        self.said = [0] * senders
        self.due, self.missing = np.zeros(MOST), np.zeros(MOST, np.int32)  # of each message
        self.log, self.log_numbers = list[bytes](), np.zeros(MOST, np.int32)
        self.heard = [[0] * senders for _ in range(senders + 1)]  # by each sender, and in the log: how many of each
        self.alone: list[list[int]] = [[] for _ in range(senders)]  # what each sender heard: nobody hears its own words
        self.open: list[int] = []  # in flight
        self.in_flight = [0] * senders
        self.wrong = self.disorder = self.deliveries = 0
        self.waits: list[Any] | None = None  # arrays of latencies, once it is measured

    def say(self, sender: int, when: float) -> None:
        """Let one of them say its next message."""
        number = len(self.messages)
        text = (b"%010d " % number).ljust(TEXT, b"x")
        self.messages.append(b"SAID u%04d %b\n" % (sender, text))
        self.sender_of.append(sender)
        self.place_of.append(self.said[sender])
        self.said[sender] += 1
        self.due[number], self.missing[number] = when, self.listeners - 1
        self.open.append(number)
        self.in_flight[sender] += 1
        self.ears[sender].sock.sendall(b"SAY " + text + b"\n")

    def hear(self, ear: Ear, now: float) -> bool:
        """Check what came to one of them; False once it does not hear what the others do."""
        lines = ear.read()
        if ear.number < self.senders:
            numbers = [self._check(line, self.heard[ear.number]) for line in lines.splitlines(keepends=True)]
            self.alone[ear.number] += numbers
            return self._deliver(np.array(numbers, np.int32), now)
        begin, ear.line = ear.line, ear.line + lines.count(b"\n")
        for line in (
            lines.splitlines(keepends=True)[max(0, len(self.log) - begin) :] if ear.line > len(self.log) else ()
        ):
            self.log_numbers[len(self.log)] = self._check(line, self.heard[-1])
            self.log.append(line)
        is_same = b"".join(self.log[begin : ear.line]) == lines
        self.wrong += not is_same
        return is_same and self._deliver(self.log_numbers[begin : ear.line], now)

    def _deliver(self, numbers: Any, now: float) -> bool:
        self.missing[numbers] -= 1
        if self.waits is not None:
            self.deliveries += len(numbers)
            self.waits.append(now - self.due[numbers])
        return True

    def _check(self, line: bytes, heard: list[int]) -> int:
        """Give the number of the message, which has to be whole, and the next of its sender; 0 if it is none."""
        number = int(line[11:21]) if line[11:21].isdigit() else len(self.messages)
        if number >= len(self.messages) or line != self.messages[number]:
            self.wrong += 1
            return 0
        sender = self.sender_of[number]
        self.disorder += self.place_of[number] != heard[sender]
        heard[sender] = self.place_of[number] + 1
        return number

    def settle(self) -> None:
        """Note which messages all have heard."""
        for number in self.open:
            self.in_flight[self.sender_of[number]] -= not self.missing[number]
        self.open = [number for number in self.open if self.missing[number]]

    @property
    def other_order(self) -> int:
        """How many of the senders heard another order than the log has."""
        log = self.log_numbers[: len(self.log)].tolist()
        others = ([n for n in log if self.sender_of[n] != sender] for sender in range(self.senders))
        return sum(theirs != self.alone[sender] for sender, theirs in enumerate(others)) if log else 0


class Load:
    """All clients, in one thread."""

    def __init__(self, port: int, clients: int, slow: int) -> None:
        self.port, self.clients, self.readers = port, clients, clients - slow
        self.selector = selectors.DefaultSelector()
        self.ears: list[Ear] = []

    def join(self) -> str:
        """Let everybody join; over when all who read know all."""
        begin, knowing = time.monotonic(), set[int]()
        while len(knowing) < self.readers:
            up = sum(bool(ear.known) for ear in self.ears)
            for number in range(len(self.ears), min(self.clients, up + CONNECTING, len(self.ears) + 32)):
                self.ears.append(Ear(number, self.port))
                if number < self.readers:
                    self.selector.register(self.ears[-1].sock, selectors.EVENT_READ, self.ears[-1])
            for key, _ in self.selector.select(0.01):
                key.data.learn()
                if len(key.data.known) == self.clients:
                    knowing.add(key.data.number)
        return f"seconds {time.monotonic() - begin:.4f} knowing {len(knowing)}"

    def flow(self, senders: int, in_flight: int, seconds: float) -> str:
        """Keep so many messages in flight."""
        flow, begin = self._flow(senders), time.monotonic()
        while (now := time.monotonic()) < begin + WARM_UP + seconds:
            if flow.waits is None and now > begin + WARM_UP:
                flow.waits, started = [], now
            for sender in range(senders):
                while flow.in_flight[sender] < in_flight // senders:
                    flow.say(sender, now)
            self._hear(flow, 0.1)
        return self._end(flow, time.monotonic() - started)

    def paced(self, senders: int, rate: float, seconds: float) -> str:
        """Send by the clock, so many deliveries a second; latency counts from the due time."""
        flow, begin = self._flow(senders), time.monotonic()
        when, number = begin, 0
        while when < begin + WARM_UP + seconds:
            while (left := when - time.monotonic()) > 0:
                self._hear(flow, left)
            if flow.waits is None and when > begin + WARM_UP:
                flow.waits = []
            flow.say(number % senders, when)
            when, number = when + (self.readers - 1) / rate, number + 1
        return self._end(flow, seconds)

    def _flow(self, senders: int) -> Flow:
        for ear in self.ears:
            ear.line = 0
        return Flow(self.ears, senders, self.readers)

    def _hear(self, flow: Flow, patience: float) -> None:
        for key, _ in self.selector.select(patience):
            if not flow.hear(key.data, time.monotonic()):
                self.selector.unregister(key.fileobj)
        flow.settle()

    def _end(self, flow: Flow, seconds: float) -> str:
        waits = np.concatenate(flow.waits or [np.zeros(1)])
        deliveries, flow.waits = flow.deliveries, None
        last = time.monotonic()
        while flow.open and time.monotonic() - last < PATIENCE:
            before = len(flow.open)
            self._hear(flow, 0.1)
            last = time.monotonic() if len(flow.open) < before else last
        found = {"deliveries": deliveries, "seconds": seconds, "per_second": deliveries / seconds}
        found |= {f"p{share}": float(np.percentile(waits, share)) for share in (50, 99)}
        found |= {"messages": len(flow.messages), "missing": int(flow.missing.sum()), "wrong": flow.wrong}
        found |= {"disorder": flow.disorder, "other_order": flow.other_order}
        found |= {"slow_cut": sum(map(self._is_cut, self.ears[self.readers :]))}
        return " ".join(f"{name} {value:.6f}" for name, value in found.items())

    def _is_cut(self, ear: Ear) -> bool:
        with contextlib.suppress(OSError):
            ear.sock.sendall(b"\n")
            return False
        return True


def main() -> None:
    """Obey each command."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    load = Load(*map(int, sys.argv[1:4]))
    for line in sys.stdin:
        match line.split():
            case ["join"]:
                print(load.join(), flush=True)
            case ["flow", senders, in_flight, seconds]:
                print(load.flow(int(senders), int(in_flight), float(seconds)), flush=True)
            case ["paced", senders, rate, seconds]:
                print(load.paced(int(senders), float(rate), float(seconds)), flush=True)


if __name__ == "__main__":
    main()
