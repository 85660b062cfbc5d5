"""The other end: connects, joins, talks, and leaves politely.

    ann = Client("ann", ("127.0.0.1", 9898), listener=print)
    ann.say("hello")
    ann.close()

Making one blocks until the server said WELCOME, or raises Refused with a sentence for the user. A thread reads what
comes and hands each message to the listener; the last one is `Gone`.
"""

import logging
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from chatkit.errors import MachineError, Refused
from chatkit.net.connection import Connection
from chatkit.net.event import Address, Event, Events, What
from chatkit.net.event import Listener as EventListener
from chatkit.net.host import THIS_COMPUTER, TIMEOUT, Host, why_not_connected, write_address
from chatkit.net.membership import Membership
from chatkit.net.sealed import Sealed
from chatkit.net.tls import Seal
from chatkit.net.tls_trouble import UNTRUSTED, Unsealed, Untrusted
from chatkit.protocol import messages as m
from chatkit.protocol.framing import MAX_LINE_BYTES, LineSplitter
from chatkit.protocol.names import BadName, clean_name

GOODBYE_TIME = 2.0  # seconds that the server has to answer QUIT


@dataclass(frozen=True, slots=True)
class Gone:
    """The connection is over; `reason` is a sentence, empty if it was we who left."""

    reason: str = ""


Listener = Callable[[m.Reply | Gone], None]


class Client:
    """One user in a chat. Its methods may be called from any thread.

    `listener` gets every message, `on_event` every socket call, in the reader's thread or in the caller's: they have to
    hand it on and return. `timeout` is in seconds: for connecting, and again for being let in.
    With `tls` the connection is sealed, and the server has to prove that its name or address is the given one.
    """

    def __init__(
        self,
        name: str,
        address: Address,
        *,
        host: Host = THIS_COMPUTER,
        password: str | None = None,
        tls: ssl.SSLContext | None = None,
        listener: Listener | None = None,
        on_event: EventListener | None = None,
        timeout: float = TIMEOUT,
        daemon: bool = False,
    ) -> None:
        secret = m.Pass(password) if password else None
        m.encode(secret or m.Pass())
        self._membership = Membership(_check(name), secret)
        self._listener = listener or _ignore
        self._events = Events()
        if on_event:
            self._events.subscribe(on_event)
        self._sending = threading.Lock()  # guards the writing side: lines of two threads must not mix
        self._decided = threading.Event()  # we are let in, or refused
        self._said_quit = self._over = False
        self._tls = tls
        self._connection = self._connect(host, address, timeout)
        self._reader = threading.Thread(target=self._read, name=f"chat-client-{self.name}", daemon=daemon)
        self._start_reader()
        self._await_welcome(timeout)

    @property
    def name(self) -> str:
        """Ours in the room, as the server writes it."""
        return self._membership.name

    @property
    def address(self) -> Address:
        """Our own end of the connection."""
        return self._connection.local

    @property
    def server(self) -> Address:
        """The other end of the connection."""
        return self._connection.peer

    @property
    def users(self) -> tuple[str, ...]:
        """The names of all in the room, our own too, the first who joined first."""
        return self._membership.users

    @property
    def sealed(self) -> Seal | None:
        """How TLS seals the connection; None if it does not."""
        return self._connection.seal if isinstance(self._connection, Sealed) else None

    @property
    def connected(self) -> bool:
        """Whether we are in the room."""
        return self._membership.is_in and not (self._membership.refusal or self._over)

    def fileno(self) -> int:
        """The descriptor of the connection, for whoever asks the kernel about it; -1 once it is closed."""
        return self._connection.fileno()

    def say(self, text: str) -> None:
        """Say it to all others. Raises MisuseError for a text that chat/1 cannot carry, Refused once we are out."""
        self.send(m.Say(text))

    def tell(self, name: str, text: str) -> None:
        """Say it to one. Raises as `say` does."""
        self.send(m.Tell(name, text))

    def who(self) -> None:
        """Ask who is there; the listener gets Users."""
        self.send(m.Who())

    def send(self, message: m.Request) -> None:
        """Send any request. Raises as `say` does."""
        line = m.encode(message)
        self._mention(What.SENDING, len(line))
        with self._sending:
            if self._over or self._said_quit:
                raise Refused("Not sent: the connection is closed.")
            try:
                self._connection.send(line)
            except OSError as error:
                self._connection.wake()  # half a line may have gone: nothing can follow it
                raise Refused(f"Not sent: the connection is lost ({error}).") from error
        self._mention(What.SENT, len(line))

    def quit(self, text: str = "", patience: float = GOODBYE_TIME) -> None:
        """Leave: QUIT, FIN, read what the server still says, close. Safe to call twice, and after the end.

        After `patience` seconds without its end the connection is closed all the same: what the server has not read by
        then may be lost.
        Raises MisuseError for a text that chat/1 cannot carry: then nothing was sent, and we are still in.
        """
        line = m.encode(m.Quit(text))
        with self._sending:
            is_first, self._said_quit = not (self._over or self._said_quit), True
            is_said = is_first and self._say_goodbye(line)
        if is_said:
            self._mention(What.SENT, len(line))
            self._mention(What.SHUT_DOWN)
        if threading.current_thread() is not self._reader:
            self._join_reader(patience)
        elif not self._over:
            self._connection.expect_end(GOODBYE_TIME)

    def close(self) -> None:
        """Leave, with nothing to say about it."""
        self.quit()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.quit()

    def __repr__(self) -> str:
        where = f"{write_address(self.address)} -> {write_address(self.server)}"
        return f"<Client {self.name}, {where}, {'connected' if self.connected else 'gone'}>"

    # ---- coming and going ----

    def _connect(self, host: Host, address: Address, timeout: float) -> Connection:
        sock = host.connect(address, timeout)
        try:
            peer: Address = sock.getpeername()[:2]
            connection = Sealed(sock, peer, self._tls, address[0]) if self._tls else Connection(sock, peer)
        except OSError as error:  # it was reset already
            sock.close()
            raise Refused(why_not_connected(address, error, timeout)) from error
        self._events.emit(Event(What.CONNECTED, self.name, connection.peer))
        return connection

    def _start_reader(self) -> None:
        try:
            self._reader.start()
        except RuntimeError as error:
            self._connection.close()
            raise MachineError(f"This computer has no thread left for the connection: {error}.") from error

    def _await_welcome(self, timeout: float) -> None:
        if not self._decided.wait(timeout):
            seen = f"Connected, but no chat/1 server answered within {timeout:g} seconds."
            self._refuse(f"{seen} {self._what_to_check()}")
        if refusal := self._membership.refusal:
            self._join_reader(0.0)
            raise refusal

    def _what_to_check(self) -> str:
        if self._tls and not self.sealed:
            return "The TLS handshake was not done. Check the port."
        return "Check the port." if self._tls else "Check the port, and whether the server wants TLS (--tls)."

    def _say_goodbye(self, line: bytes) -> bool:
        try:
            self._connection.send(line, GOODBYE_TIME)
        except OSError:
            return False  # the connection is broken already; the reader says so
        self._connection.finish()
        return True

    def _join_reader(self, patience: float) -> None:
        """Wait for the server to end its side, and end it for it if it takes too long."""
        self._reader.join(patience)
        with self._sending:
            if not self._over:
                self._connection.wake()
        self._reader.join()

    # ---- writing ----

    def _mention(self, what: What, bytes: int = 0, text: str = "") -> None:
        """Tell what happens; never while `_sending` is held, for a listener may want to send."""
        if self._events.are_heard:
            self._events.emit(Event(what, self.name, self.server, bytes, text))

    # ---- the thread that reads ----

    def _read(self) -> None:
        reason = self._read_to_end()
        with self._sending:
            self._over = True
            self._connection.close()
        self._events.emit(Event(What.CLOSED, self.name, self.server))
        if self._membership.is_in and not self._membership.refusal:
            self._tell(Gone(reason))
        else:
            self._refuse(reason)

    def _read_to_end(self) -> str:
        """Hear everything, and give the sentence that says why it ended."""
        splitter = LineSplitter()
        try:
            while data := self._connection.receive():
                self._events.emit(Event(What.RECEIVED, self.name, self.server, len(data)))
                for line in splitter.feed(data):
                    self._hear(line)
                if splitter.too_long:
                    return f"The server sent a line of over {MAX_LINE_BYTES} bytes, which chat/1 does not allow."
        except Untrusted as error:
            self._refuse(str(error), UNTRUSTED)
            return str(error)
        except Unsealed as error:
            return self._why_it_ended(str(error).rstrip(".") + ".")
        except OSError as error:
            return self._why_it_ended(f"The connection to the server was lost ({error.strerror or error}).")
        return self._why_it_ended("The server closed the connection without a BYE.")

    def _why_it_ended(self, trouble: str) -> str:
        """After a goodbye, ours or the server's, it does not matter how the stream ends: all was said."""
        return "" if self._said_quit else self._membership.farewell or trouble

    def _hear(self, line: bytes) -> None:
        heard = self._membership.hear(line)
        for request in heard.answers:
            self._answer(request)
        if self._membership.is_in or self._membership.refusal:
            self._decided.set()
        if heard.news:
            self._tell(heard.news)
            self._mention(What.SHOWN, text=type(heard.news).__name__.upper())

    def _answer(self, message: m.Request) -> None:
        line = m.encode(message)
        with self._sending:
            if self._said_quit:
                return
            self._connection.send(line)
        self._mention(What.SENT, len(line))

    def _refuse(self, sentence: str, code: str | None = None) -> None:
        self._membership.refuse(sentence, code)
        self._decided.set()

    def _tell(self, message: m.Reply | Gone) -> None:
        try:
            self._listener(message)
        except Exception:
            logging.getLogger("chatkit").exception("the listener of %s failed on %r", self.name, message)


def _ignore(message: m.Reply | Gone) -> None:
    """Stand in for a listener: the room's picture is kept all the same."""


def _check(name: str) -> str:
    try:
        return clean_name(name)
    except BadName as error:
        raise Refused(f"The name {error}.", m.Code.BAD_NAME) from None
