"""Wrong solutions of lab 3, as students write them. WRONG says which mistake each makes, and in which step."""

import contextlib
import queue
import threading

from tests.labs.right_broadcast import WithAQueueForEach


class AsInTheNaiveServer:
    def __init__(self):
        self.clients = []

    def join(self, client):
        self.clients.append(client)

    def leave(self, client):
        self.clients.remove(client)

    def say(self, line):
        for client in self.clients:
            try:
                client.sendall(line)
            except OSError:
                self.clients.remove(client)

    def close(self):
        pass


class WithASet(AsInTheNaiveServer):
    def __init__(self):
        self.clients = set()

    def join(self, client):
        self.clients.add(client)


class NothingCaught(AsInTheNaiveServer):
    def say(self, line):
        for client in self.clients:
            client.sendall(line)


class CaughtOutsideTheLoop(AsInTheNaiveServer):
    def say(self, line):
        with contextlib.suppress(OSError):
            for client in self.clients:
                client.sendall(line)


class NotTakenOut(AsInTheNaiveServer):
    def say(self, line):
        for client in self.clients:
            with contextlib.suppress(OSError):
                client.sendall(line)


class ChangedWhileSending(AsInTheNaiveServer):
    """Who has gone is taken out after the loop; who leaves is taken out at once."""

    def say(self, line):
        gone = []
        for client in self.clients:
            try:
                client.sendall(line)
            except OSError:
                gone.append(client)
        for client in gone:
            self.clients.remove(client)


class WithACopy(AsInTheNaiveServer):
    def say(self, line):
        for client in list(self.clients):
            try:
                client.sendall(line)
            except OSError:
                self.clients.remove(client)


class ALockForEach(WithACopy):
    def __init__(self):
        super().__init__()
        self.locks = {}

    def join(self, client):
        self.locks[client] = threading.Lock()
        super().join(client)

    def say(self, line):
        for client in list(self.clients):
            try:
                with self.locks[client]:
                    client.sendall(line)
            except OSError:
                self.clients.remove(client)


class OneLock(AsInTheNaiveServer):
    def __init__(self):
        super().__init__()
        self.lock = threading.RLock()

    def join(self, client):
        with self.lock:
            super().join(client)

    def leave(self, client):
        with self.lock:
            super().leave(client)

    def say(self, line):
        with self.lock:
            for client in list(self.clients):
                try:
                    client.sendall(line)
                except OSError:
                    self.leave(client)


class LockAskedForTwice(OneLock):
    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()


class OnePostmanWhoWaits(OneLock):
    """A queue, and one thread that sends to one after the other."""

    def __init__(self):
        super().__init__()
        self.letters = queue.Queue()
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def say(self, line):
        self.letters.put(line)

    def work(self):
        while line := self.letters.get():
            OneLock.say(self, line)

    def close(self):
        self.letters.put(b"")
        self.thread.join()


class AThreadForEachLine(WithACopy):
    def say(self, line):
        for client in list(self.clients):
            threading.Thread(target=self.send, args=(client, line)).start()

    def send(self, client, line):
        try:
            client.sendall(line)
        except OSError:
            self.clients.remove(client)


class QueuesWithoutALock(WithAQueueForEach):
    def say(self, line):
        for letters in list(self.queues.values()):
            letters.put(line)


class NeverEnds(WithAQueueForEach):
    def close(self):
        pass


class StillInTheList(WithAQueueForEach):
    def leave(self, client):
        pass

    def close(self):
        for letters in self.queues.values():
            letters.put(None)


class ErrorInTheThread(WithAQueueForEach):
    def write(self, client, letters):
        while line := letters.get():
            client.sendall(line)


WRONG = (
    (AsInTheNaiveServer, "list-changed", "gone"),
    (WithASet, "list-changed", "gone"),
    (NothingCaught, "error-gets-out", "gone"),
    (CaughtOutsideTheLoop, "error-gets-out", "gone"),
    (NotTakenOut, "gone-stays", "gone"),
    (ChangedWhileSending, "list-changed", "leaving"),
    (WithACopy, "sockets-are-thread-safe", "whole"),
    (AThreadForEachLine, "sockets-are-thread-safe", "whole"),
    (ALockForEach, "another-order", "order"),
    (QueuesWithoutALock, "another-order", "order"),
    (OneLock, "slow-stalls-all", "slow"),
    (OnePostmanWhoWaits, "slow-stalls-all", "slow"),
    (LockAskedForTwice, "lock-kept", "gone"),
    (NeverEnds, "threads-left", "over"),
    (StillInTheList, "heard-after-leaving", "left"),
    (ErrorInTheThread, "error-gets-out", "gone"),
)
