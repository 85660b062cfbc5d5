"""A chat/1 server that is right, after PROTOCOL.md alone: the baseline for those with a planted bug.

Two threads for each client: one reads and obeys, under one lock; one writes what waits in that client's queue.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from queue import SimpleQueue
from unicodedata import category, normalize

MAX_LINE_BYTES, MAX_TEXT_BYTES, MAX_OUTBOX_LINES = 8192, 8000, 2000
INVISIBLE = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"
FORBIDDEN = {*map(chr, (*range(0x20), *range(0x7F, 0xA0), *range(0x2028, 0x202F), *range(0x2066, 0x206A)))}
LINGER = 3.0  # seconds; a judge that is kept waiting by its machine comes later than the second of PROTOCOL.md
NO_MORE = b""  # in a queue: the writer ends


class Refusal(Exception):
    """An ERROR line: its code and its text."""

    FATAL = ("too-long", "too-many-tries")


class Client:
    """One connection; `put` never waits."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock, self.name, self.tries = sock, "", 0
        self.life = threading.Event()  # set by each line
        self.outbox: SimpleQueue[bytes] = SimpleQueue()
        self.writer = threading.Thread(target=self._write)
        self.writer.start()

    def put(self, line: str) -> None:
        self.outbox.put(line.encode() + b"\n")
        if self.outbox.qsize() > MAX_OUTBOX_LINES:
            self.cut()

    def cut(self) -> None:
        """End both directions; whoever waits in recv() or send() is woken."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)

    def hang_up(self) -> None:
        """Write what waits, half-close, read to the end for some seconds at most, close."""
        self.outbox.put(NO_MORE)
        deadline = time.monotonic() + LINGER
        with contextlib.suppress(OSError):
            while (left := deadline - time.monotonic()) > 0:
                self.sock.settimeout(left)
                if not self.sock.recv(65536):
                    break
        self.writer.join(1)
        self.cut()
        self.writer.join()
        self.sock.close()

    def _write(self) -> None:
        with contextlib.suppress(OSError):
            while line := self.outbox.get():
                self.sock.sendall(line)
            self.sock.shutdown(socket.SHUT_WR)


class SoundServer:
    """Listens on a free port of 127.0.0.1. The methods below `fold` are the ones that a bug overrides."""

    takeover = 3.0  # seconds
    history = 0  # messages
    forbidden = FORBIDDEN

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.address = self.listener.getsockname()
        self.lock = threading.RLock()  # guards `room`, and makes the one order
        self.room: dict[str, Client] = {}  # by folded name
        self.clients: set[Client] = set()
        self.past: list[str] = []
        self.threads = [threading.Thread(target=self.accept)]

    def __enter__(self) -> "SoundServer":
        self.threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:  # the first of them is the one that accepts
            for client in list(self.clients):
                client.cut()
            thread.join()
        self.listener.close()

    def fold(self, name: str) -> str:
        return normalize("NFKC", normalize("NFKC", name).casefold())

    def accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client = self.make_client(self.listener.accept()[0])
                self.clients.add(client)
                self.greet(client)

    make_client = Client

    def greet(self, client: Client) -> None:
        client.put("HELLO chat/1 a sound server")
        self.start(client)

    def start(self, client: Client) -> None:
        self.threads.append(threading.Thread(target=self.serve, args=(client,)))
        self.threads[-1].start()

    def serve(self, client: Client) -> None:
        with contextlib.suppress(OSError, EOFError):
            for line in self.lines(client.sock):
                client.life.set()
                self.try_to_obey(client, line)
        self.at_the_end_of_the_stream(client)
        self.hang_up(client)
        self.clients.discard(client)

    def at_the_end_of_the_stream(self, client: Client) -> None:
        self.leave(client, "")

    def hang_up(self, client: Client) -> None:
        client.hang_up()

    # ---- lines ----

    def lines(self, sock: socket.socket) -> Iterator[bytes]:
        """Give the lines of the stream, without LF and CR; one that is too long ends them."""
        rest, first = b"", True
        while data := sock.recv(65536):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                yield self.without_cr(line.removeprefix(b"\xef\xbb\xbf") if first else line)
                first = False
            if self.is_too_long(rest):
                yield rest
        yield from self.at_the_end(rest)

    def without_cr(self, line: bytes) -> bytes:
        return line.removesuffix(b"\r")

    def is_too_long(self, line: bytes) -> bool:
        return len(line) >= MAX_LINE_BYTES

    def at_the_end(self, rest: bytes) -> Iterator[bytes]:
        yield from ()

    # ---- one line ----

    def try_to_obey(self, client: Client, line: bytes) -> None:
        try:
            if line:
                self.obey(client, *self.parse(line))
        except Refusal as refusal:
            code, text = refusal.args
            client.put(f"ERROR {code} {text}")
            if code in Refusal.FATAL:
                raise EOFError from None

    def parse(self, line: bytes) -> tuple[str, str]:
        if self.is_too_long(line):
            raise Refusal("too-long", f"at most {MAX_LINE_BYTES} bytes")
        try:
            text = self.decode(line)
        except UnicodeDecodeError:
            raise Refusal("bad-line", "that is not UTF-8") from None
        if not self.forbidden.isdisjoint(text):
            raise Refusal("bad-line", "a character in it is forbidden")
        verb, _, rest = text.partition(" ")
        return self.fold_verb(verb), rest

    def decode(self, line: bytes) -> str:
        return line.decode()

    def fold_verb(self, verb: str) -> str:
        return verb.upper()

    def obey(self, client: Client, verb: str, rest: str) -> None:
        match verb:
            case "PING":
                client.put(f"PONG {self.text(rest)}")
            case "PONG":
                self.text(rest)
            case "QUIT":
                client.put("BYE")
                self.leave(client, rest)
                raise EOFError
            case "JOIN" | "PASS" if client.name:
                raise Refusal("already-joined", "QUIT first")
            case "JOIN":
                self.try_to_join(client, rest)
            case "PASS":
                pass
            case "SAY" | "TELL" | "WHO" | "CAPTURE":
                self.obey_member(client, verb, rest)
            case _:
                raise Refusal("unknown-verb", "try JOIN, SAY, TELL, WHO, PING, PONG, QUIT")

    def obey_member(self, client: Client, verb: str, rest: str) -> None:
        match verb:
            case "WHO" | "CAPTURE" if rest:
                raise Refusal("bad-line", f"{verb} has nothing behind it")
            case "SAY":
                rest = self.text(rest)
            case "TELL":
                self.text(rest.partition(" ")[2])
        if not client.name:
            raise Refusal("not-joined", "JOIN first")
        with self.lock:
            match verb:
                case "SAY":
                    self.say(client, rest)
                case "TELL":
                    name, _, text = rest.partition(" ")
                    self.tell(client, name, text)
                case "WHO":
                    self.list_users(client)
                case "CAPTURE":
                    self.offer_capture(client)

    def text(self, text: str) -> str:
        if not text:
            raise Refusal("no-text", "a text is missing")
        if len(text.encode()) > MAX_TEXT_BYTES:
            raise Refusal("too-long", f"at most {MAX_TEXT_BYTES} bytes of text")
        return text

    # ---- the room ----

    def put_to(self, clients: list[Client], line: str) -> None:
        for client in clients:
            client.put(line)

    def others(self, client: Client) -> list[Client]:
        return [other for other in self.room.values() if other is not client]

    def say(self, client: Client, text: str) -> None:
        self.put_to(self.others(client), f"SAID {client.name} {text}")
        self.remember(client, text)

    def remember(self, client: Client, text: str) -> None:
        self.past = [*self.past, f"PAST {client.name} {text}"][-self.history :] if self.history else []

    def offer_capture(self, client: Client) -> None:
        raise Refusal("no-capture", "there are none here")

    def tell(self, client: Client, name: str, text: str) -> None:
        if self.fold(name) not in self.room:
            raise Refusal("no-such-name", "WHO lists the users")
        self.put_to([self.room[self.fold(name)]], f"TOLD {client.name} {text}")

    def list_users(self, client: Client) -> None:
        """At most 80 names of at most 80 bytes on a line."""
        names = [member.name for member in self.room.values()]
        for start in range(0, len(names), 80):
            client.put(f"USERS {self.count(names)} {' '.join(names[start : start + 80])}")

    def count(self, names: list[str]) -> int:
        return len(names)

    def try_to_join(self, client: Client, name: str) -> None:
        client.tries += 1
        try:
            self.join(client, self.clean(name))
        except Refusal as refusal:
            if client.tries < 10:
                raise
            client.put(f"ERROR {refusal.args[0]} {refusal.args[1]}")
            raise Refusal("too-many-tries", "ten are enough") from None

    def clean(self, name: str) -> str:
        name, letter = normalize("NFC", name), False
        for character in name:
            kind = category(character)
            letter = kind[0] == "L" or (letter and kind in ("Mn", "Mc"))
            if character in INVISIBLE or not (letter or kind == "Nd" or character in "_-"):
                raise Refusal("bad-name", "letters, digits, _ and -")
        if not 1 <= len(name) <= 20:
            raise Refusal("bad-name", "1 to 20 characters")
        return name

    def join(self, client: Client, name: str) -> None:
        if holder := self.room.get(self.fold(name)):
            self.ask(holder)
        with self.lock:
            if self.fold(name) in self.room:
                raise Refusal("name-taken", "choose another")
            client.name, self.room[self.fold(name)] = name, client
            self.put_to(self.who_hears_joined(client), f"JOINED {name}")
            client.put(f"WELCOME {name}")
            self.tell_who_and_what(client)

    def tell_who_and_what(self, client: Client) -> None:
        self.list_users(client)
        self.tell_past(client)

    def tell_past(self, client: Client) -> None:
        for line in self.past:
            client.put(line)

    def who_hears_joined(self, client: Client) -> list[Client]:
        return self.others(client)

    def ask(self, holder: Client) -> None:
        """Give the holder of a name 3 seconds to show life."""
        holder.life.clear()
        holder.put("PING are-you-there")
        if not holder.life.wait(self.takeover):
            self.leave(holder, "replaced")
            holder.put("BYE")
            holder.cut()

    def leave(self, client: Client, reason: str) -> None:
        with self.lock:
            if self.room.get(self.fold(client.name)) is client:
                del self.room[self.fold(client.name)]
                self.tell_that_it_left(client, reason)

    def tell_that_it_left(self, client: Client, reason: str) -> None:
        self.put_to(self.others(client), f"LEFT {client.name} {reason}".rstrip(" "))


class GenerousServer(SoundServer):
    """Has all that a server may offer: a history, and links to captures."""

    history = 3

    def offer_capture(self, client: Client) -> None:
        client.put(f"CAPTURED http://192.0.2.1/{id(client)}")
