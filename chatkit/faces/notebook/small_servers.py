"""Three small chat servers, each a step from the one before. The fourth step is chatkit's own Server.

    OneAtATime    serves a client to its end before it accepts the next
    ThreadEach    has a thread for each client; all of them use one list
    WithLock      the same, and a lock guards the list while a line is sent to everybody in it

They understand JOIN NAME and SAY TEXT. Each thread writes down in a diary what it waits for.
"""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from types import TracebackType

from chatkit.faces.notebook.thread_spans import Diary, Doing
from chatkit.net.event import Address
from chatkit.net.host import THIS_COMPUTER, Host
from chatkit.protocol.framing import LineSplitter

BUFFER_BYTES = 16384  # of the system, for one client: small, so that one who doesn't read is soon noticed
_RECV_BYTES = 65536
_LOOK = 0.2  # seconds: on macOS and Windows nothing wakes a blocked accept()


def _nothing() -> None:
    """What is done between two sends, unless somebody wants to see what can happen there."""


@dataclass(eq=False)
class Member:
    """One client of a small server."""

    sock: socket.socket
    name: str = ""


class SmallServer:
    """What the three have in common; `between_two_sends` is called wherever another thread might come in between."""

    def __init__(self, host: Host = THIS_COMPUTER) -> None:
        self.diary = Diary()
        self.members: list[Member] = []
        self.between_two_sends: Callable[[], None] = _nothing
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._stopping = False
        self._listener = host.listen(0)
        self._listener.settimeout(_LOOK)
        self.address: Address = host.address, self._listener.getsockname()[1]

    @property
    def users(self) -> tuple[str, ...]:
        """The names of all who joined, the first first."""
        return tuple(member.name for member in self.members)

    # ---- what differs ----

    def serve(self, member: Member) -> None:
        """See to one client that was just accepted."""
        self.read(member)

    def alone(self) -> AbstractContextManager[None]:
        """What a thread does before it uses the list, and after: nothing here."""
        return nullcontext()

    # ---- what they all do ----

    def accept(self) -> None:
        """Accept one client after the other."""
        while sock := self._next_client():
            sock.settimeout(None)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
            self._open.append(sock)
            self.serve(Member(sock))

    def read(self, member: Member) -> None:
        """Obey a client until its stream ends."""
        splitter = LineSplitter()
        while data := self.receive(member):
            for line in splitter.feed(data):
                self.obey(member, line)
        with self.alone():
            if member in self.members:
                self.members.remove(member)

    def obey(self, member: Member, line: bytes) -> None:
        """Do what a line asks for."""
        verb, _, text = line.decode(errors="replace").partition(" ")
        if verb == "JOIN":
            member.name = text
            with self.alone():
                self.members.append(member)
            self.send(member, f"WELCOME {text}\n")
        elif verb == "SAY":
            self.broadcast(member, f"SAID {member.name} {text}\n")

    def broadcast(self, sender: Member, line: str) -> None:
        """Send a line to everybody but its sender."""
        with self.alone():
            for member in self.members:
                if member is not sender:
                    self.send(member, line)
                    self.between_two_sends()

    def send(self, member: Member, line: str) -> None:
        """Send it, and wait for as long as that takes. For who has gone, the thread that reads finds out."""
        with self.diary.doing(Doing.SEND, f"to {member.name}"), contextlib.suppress(OSError):
            member.sock.sendall(line.encode())

    def receive(self, member: Member) -> bytes:
        """What came; nothing at the end of the stream."""
        with self.diary.doing(Doing.RECV, f"from {member.name}" if member.name else ""):
            try:
                return member.sock.recv(_RECV_BYTES)
            except OSError:
                return b""

    # ---- beginning and end ----

    def start_thread(self, name: str, work: Callable[[], None]) -> None:
        """Start a thread that `stop` joins."""
        thread = threading.Thread(target=work, name=f"chat-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def stop(self) -> None:
        """End every connection, and join every thread."""
        self._stopping = True
        with contextlib.suppress(OSError):  # macOS: a listener is not connected
            self._listener.shutdown(socket.SHUT_RDWR)
        while any(thread.is_alive() for thread in self._threads):
            for sock in list(self._open):
                with contextlib.suppress(OSError):  # the client has gone already
                    sock.shutdown(socket.SHUT_RDWR)  # wakes recv() and sendall()
            for thread in list(self._threads):
                thread.join(_LOOK)
        for sock in (*self._open, self._listener):
            sock.close()

    def __enter__(self) -> "SmallServer":
        self.start_thread("accept", self.accept)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _next_client(self) -> socket.socket | None:
        """Give the next connection, or None once the server stops."""
        with self.diary.doing(Doing.ACCEPT):
            while not self._stopping:
                with contextlib.suppress(OSError):  # the time is up, or the server stops
                    return self._listener.accept()[0]
        return None


class OneAtATime(SmallServer):
    """One thread does it all, so the next client waits until the one before it has left."""


class ThreadEach(SmallServer):
    """A thread for each client; nothing guards the list that they share."""

    def serve(self, member: Member) -> None:
        """Let a thread of its own do it."""
        self.start_thread(f"reader-{len(self._open)}", lambda: self.read(member))


class WithLock(ThreadEach):
    """A lock guards the list, and is kept while a line is sent to all."""

    def __init__(self, host: Host = THIS_COMPUTER) -> None:
        super().__init__(host)
        self._lock = threading.Lock()  # guards `members`; held during sendall(), which is the mistake to be seen

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the lock."""
        with self.diary.doing(Doing.LOCK):
            self._lock.acquire()
        try:
            yield
        finally:
            self._lock.release()
