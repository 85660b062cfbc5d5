"""The chat server: one thread accepts, one thread for each client reads, one thread writes.

    accept   ---- a new connection ------------------.
    reader   ---- recv, split into lines ----.       |
    reader   ---- recv, split into lines ----+-- letters --> postman ---- send to each client
    reader   ---- recv, split into lines ----'

The readers only read. What the lines mean and who hears them is decided by the room, which only the postman touches.
"""

import contextlib
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Collection
from itertools import count
from queue import SimpleQueue

from chatkit.errors import MisuseError
from chatkit.net.connection import Connection
from chatkit.net.event import ALL, Address, End, Event, Events, Listener, What
from chatkit.net.host import DEFAULT_PORT, THIS_COMPUTER, Host, write_address
from chatkit.net.letter import Arrived, HungUp, Letter, Stop
from chatkit.net.postman import Postman
from chatkit.net.reader import Reader
from chatkit.net.sealed import Sealed
from chatkit.net.seat import Seat
from chatkit.protocol.limits import Limits
from chatkit.protocol.room import Room

GOODBYE = "the server is closing"

_ACCEPT_TIMEOUT = 1.0  # seconds: on macOS and Windows nothing wakes a blocked accept()
_BREATH = 0.1  # seconds to wait before the next try
_SAME_TROUBLE = 10.0  # seconds; what goes wrong again within them is not told again


class Server:
    """A chat/1 server; `port` 0 lets the system choose one.

    `history` and `capture_link` are the room's; with `tls` every connection is sealed.
    `daemon` threads let the process exit without `stop()`: for a notebook, whose kernel must be able to end.
    """

    def __init__(
        self,
        port: int = DEFAULT_PORT,
        *,
        host: Host = THIS_COMPUTER,
        limits: Limits | None = None,
        password: str | None = None,
        history: int = 0,
        capture_link: Callable[[Address], str] | None = None,
        tls: ssl.SSLContext | None = None,
        daemon: bool = False,
    ) -> None:
        self._port, self._host, self._daemon, self._tls = port, host, daemon, tls
        self._limits = limits or Limits()
        self._events = Events()
        self._letters: SimpleQueue[Letter] = SimpleQueue()
        room = Room(self._limits, password, history=history, capture_link=capture_link)
        self._postman = Postman(room, self._letters, self._events, self._limits.outbox)
        self._troubles: dict[str, float] = {}  # each sentence, and when it last was true
        self._listener: socket.socket | None = None
        self._stopping = False
        self._numbers = count(1)
        self._threads: list[threading.Thread] = []
        self._own_threads: weakref.WeakSet[threading.Thread] = weakref.WeakSet()  # the readers too

    @property
    def address(self) -> Address:
        """Where a client on the same network has to connect to."""
        if self._listener is None:
            raise MisuseError("the server has no address before start()")
        return self._address

    @property
    def users(self) -> tuple[str, ...]:
        """The names of all who joined, the first first."""
        return self._postman.names

    def subscribe(self, listener: Listener, every_delivery: bool = False, only: Collection[What] = ALL) -> End:
        """Call `listener` with each Event, in the server's threads; give the function that ends it."""
        return self._events.subscribe(listener, every_delivery, only)

    def start(self) -> "Server":
        """Listen, and begin to serve. Raises MachineError where the port cannot be had."""
        if self._listener is not None:
            raise MisuseError("a server starts once; make another one")
        self._listener = self._host.listen(self._port)
        self._listener.settimeout(_ACCEPT_TIMEOUT)
        self._address: Address = self._host.address, self._listener.getsockname()[1]
        self._threads = [self._thread("postman", self._postman.run), self._thread("accept", self._accept)]
        for thread in self._threads:
            thread.start()
        self._events.emit(Event(What.LISTENING, address=self.address))
        return self

    def stop(self) -> None:
        """Say BYE to all, close every socket, join every thread. Safe to call twice, and in two threads at once.

        Raises MisuseError in a listener: the server's own threads cannot wait for themselves.
        """
        if self._listener is None:
            return
        if threading.current_thread() in self._own_threads:
            raise MisuseError("a listener cannot stop the server; it has to ask another thread to")
        is_first, self._stopping = not self._stopping, True
        with contextlib.suppress(OSError):  # macOS: a listener is not connected
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept() on Linux
        postman, acceptor = self._threads
        acceptor.join()
        self._listener.close()
        self._letters.put(Stop(GOODBYE))  # the acceptor is gone, so nobody arrives after this
        postman.join()
        if is_first:
            self._events.emit(Event(What.STOPPED, address=self.address))

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        if self._listener is None:
            return f"<Server for port {self._port}, not started>"
        state = "stopped" if self._stopping else f"users: {', '.join(self.users) or 'nobody'}"
        return f"<Server on {write_address(self.address)}, {state}>"

    # ---- the thread that accepts ----

    def _accept(self) -> None:
        assert self._listener is not None
        while not self._stopping:
            try:
                self._seat(*self._listener.accept())
            except TimeoutError:
                continue
            except OSError as error:  # no descriptor is left, or the client was gone already: say so and go on
                if not self._stopping:
                    self._complain(f"a connection could not be accepted: {error.strerror}")
                    time.sleep(_BREATH)

    def _complain(self, text: str, peer: Address | None = None) -> None:
        """Tell of a trouble, once for as long as it lasts: a flood of sentences helps nobody."""
        last, now = self._troubles.get(text), time.monotonic()
        self._troubles[text] = now
        if last is None or now - last > _SAME_TROUBLE:
            self._events.emit(Event(What.TROUBLE, address=peer, text=text))

    def _seat(self, sock: socket.socket, address: tuple[str, int]) -> None:
        peer = address[:2]  # of IPv6, too, host and port
        try:
            seat = Seat(Sealed(sock, peer, self._tls) if self._tls else Connection(sock, peer))
        except OSError:  # no descriptor for the second socket; macOS: the client is gone already
            sock.close()
            raise
        self._events.emit(Event(What.ACCEPTED, address=peer))
        self._letters.put(Arrived(seat))
        reader = Reader(seat, self._letters, self._events, self._limits.rate)
        seat.reader = self._thread(f"reader-{next(self._numbers)}", reader.run)
        try:
            seat.reader.start()
        except RuntimeError as error:  # the machine has no thread left
            seat.reader = None
            self._complain(f"no thread for this client: {error}", peer)
            self._letters.put(HungUp(seat, "the server has no thread left"))

    def _thread(self, name: str, work: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=work, name=f"chat-{name}", daemon=self._daemon)
        self._own_threads.add(thread)
        return thread
