"""Eve between ann and the server: TLS on both sides of her, and plain text in her hands.

    ann ---- TLS, eve's certificate ---- eve ---- TLS, the server's certificate ---- server

She breaks no cipher. Ann believes a lie about the server's address, as a forged answer of DNS could tell it, and talks
with eve; whether she notices depends on what she checks.

Only hosts of a private LAN can be in it: `host_of` refuses all others, and a LAN's wire leads nowhere else.
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType

from chatkit.errors import Refused
from chatkit.lan.attacks.aim import host_of, number_in
from chatkit.lan.host import PORTS, LanHost
from chatkit.lan.lan import Lan
from chatkit.net.event import Address
from chatkit.net.host import TIMEOUT
from chatkit.net.sealed import Sealed
from chatkit.net.tls import unverified_context
from chatkit.protocol.framing import LineSplitter
from chatkit.tcp.visible import visible

MOST_CALLS = 8
MOST_LINES = 200  # that she writes down

_PATIENCE = 5.0  # seconds of silence after which a call is over


@dataclass(frozen=True)
class Misled:
    """A host that believes some names to have other addresses than they have."""

    host: LanHost
    beliefs: Mapping[str, str]

    @property
    def address(self) -> str:
        """Its own."""
        return self.host.address

    def listen(self, port: int) -> socket.socket:
        """Give a TCP socket that listens. Raises MachineError."""
        return self.host.listen(port)

    def connect(self, address: Address, timeout: float = TIMEOUT) -> socket.socket:
        """Give a TCP socket that is connected to where the name is believed to be. Raises Refused."""
        name, port = address
        return self.host.connect((self.beliefs.get(name, name), port), timeout)


class ManInTheMiddle:
    """Listens at the liar's host on the target's port, serves one caller after the other, and writes down what is said.

    `shows` has the certificate for the caller; the target's own she does not look at. Raises MisuseError, and
    MachineError where the port is taken.
    """

    def __init__(self, lan: Lan, target: Address, shows: ssl.SSLContext, at: str = "eve") -> None:
        self._liar, victim = host_of(lan, at), host_of(lan, target[0])
        self._target = victim.address, number_in(1, PORTS - 1, target[1], "port")
        self._shows = shows
        self.heard: list[str] = []  # "client: SAY hello"; two threads append to it
        self._call: tuple[Sealed, ...] = ()
        self._is_over = threading.Event()
        self._door = self._liar.listen(target[1])
        self._thread = _thread(self._serve)
        self._thread.start()

    def close(self) -> None:
        """End, and the call with it that is under way. Safe to call twice."""
        self._is_over.set()
        with contextlib.suppress(OSError):  # it may be closed already
            self._door.shutdown(socket.SHUT_RDWR)  # wakes accept(), as close() would not
        self._hang_up()
        self._thread.join()
        self._door.close()

    def __enter__(self) -> "ManInTheMiddle":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    # ---- her threads ----

    def _serve(self) -> None:
        for _ in range(MOST_CALLS):
            try:
                caller, peer = self._door.accept()
            except OSError:
                return
            with contextlib.closing(Sealed(caller, peer, self._shows)) as front:
                self._answer(front)

    def _answer(self, front: Sealed) -> None:
        try:
            plain = self._liar.connect(self._target)
        except Refused as refusal:
            return self._write("nobody", str(refusal))
        with contextlib.closing(Sealed(plain, self._target, unverified_context(), self._target[0])) as back:
            self._call = front, back
            if self._is_over.is_set():  # `close` may have come before there was anything to hang up
                self._hang_up()
            other = _thread(lambda: self._carry("server", back, front))
            other.start()
            self._carry("client", front, back)
            other.join()

    def _carry(self, who: str, source: Sealed, sink: Sealed) -> None:
        """Carry what one says to the other, up to its end, which is passed on, too."""
        source.expect_end(_PATIENCE)
        splitter = LineSplitter()
        try:
            while data := source.receive():
                for line in splitter.feed(data):
                    self._write(who, visible(line)[1:-1])
                sink.send(data)
            sink.finish()
        except OSError as error:
            self._hang_up(str(error))

    def _hang_up(self, why: str = "") -> None:
        """End the call; what happens to its other side afterwards is no news."""
        call, self._call = self._call, ()
        if call and why:
            self._write("nobody", why)
        for connection in call:
            connection.wake()

    def _write(self, who: str, line: str) -> None:
        if len(self.heard) < MOST_LINES:
            self.heard.append(f"{who}: {line}")


def _thread(target: Callable[[], None]) -> threading.Thread:
    return threading.Thread(target=target, name="chat-man-in-the-middle", daemon=True)  # a notebook starts it
