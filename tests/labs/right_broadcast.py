"""Right solutions of lab 3, written in different ways."""

import queue
import threading


class WithAQueueForEach:
    def __init__(self):
        self.lock = threading.Lock()  # guards both
        self.queues = {}
        self.threads = []

    def join(self, client):
        letters = queue.SimpleQueue()
        thread = threading.Thread(target=self.write, args=(client, letters))
        with self.lock:
            self.queues[client] = letters
            self.threads.append(thread)
        thread.start()

    def leave(self, client):
        with self.lock:
            letters = self.queues.pop(client, None)
        if letters:
            letters.put(None)

    def say(self, line):
        with self.lock:
            for letters in self.queues.values():
                letters.put(line)

    def write(self, client, letters):
        while line := letters.get():
            try:
                client.sendall(line)
            except OSError:
                self.leave(client)
                return

    def close(self):
        for client in list(self.queues):
            self.leave(client)
        for thread in self.threads:
            thread.join()


class WithAPostman:
    """One thread owns the room: it gives lines to the threads that write, one for each client."""

    def __init__(self):
        self.letters = queue.Queue()
        self.outboxes = {}
        self.postman = threading.Thread(target=self.work)
        self.postman.start()

    def join(self, client):
        self.ask("join", client)

    def leave(self, client):
        self.ask("leave", client)

    def say(self, line):
        self.letters.put(("say", line, None))

    def ask(self, verb, client):
        done = threading.Event()
        self.letters.put((verb, client, done))
        done.wait()

    def work(self):
        threads = []
        while True:
            verb, what, done = self.letters.get()
            if verb == "say":
                for outbox in self.outboxes.values():
                    outbox.put(what)
            elif verb == "join":
                self.outboxes[what] = outbox = queue.Queue()
                threads.append(threading.Thread(target=self.write, args=(what, outbox)))
                threads[-1].start()
            elif verb == "leave" and what in self.outboxes:
                self.outboxes.pop(what).put(b"")
            elif verb == "close":
                for outbox in self.outboxes.values():
                    outbox.put(b"")
                for thread in threads:
                    thread.join()
                return
            if done:
                done.set()

    def write(self, client, outbox):
        try:
            while line := outbox.get():
                client.sendall(line)
        except OSError:
            self.letters.put(("leave", client, None))

    def close(self):
        self.letters.put(("close", None, None))
        self.postman.join()


RIGHT = (WithAQueueForEach, WithAPostman)
