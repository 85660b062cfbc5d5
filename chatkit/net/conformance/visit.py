"""The clients that one check sends to the server.

Several checks run side by side in one room, where strangers may be too. So each visit has a mark of its own, which is
part of every name it takes and of every text it says, and hears only what concerns it.
"""

import contextlib
import selectors
import socket
import ssl
import time
from types import TracebackType

from chatkit.net.conformance.dialling import dial, pair
from chatkit.net.conformance.probe import Probe
from chatkit.net.conformance.tunnel import Tunnel
from chatkit.net.event import Address

_TO_ONE = ("HELLO", "WELCOME", "USERS", "PING", "PONG", "ERROR", "BYE", "CAPTURED")
_GOODBYE = 0.3  # seconds that a server has to end the connections of a visit


class Visit:
    """Makes probes, reads for all of them while any of them waits, and ends them."""

    def __init__(
        self, address: Address, mark: str, password: str | None, patience: float, tls: ssl.SSLContext | None = None
    ) -> None:
        self.mark = f"-{mark}"
        self.pass_line = b"" if password is None else f"PASS {password}\n".encode()
        self.patience = patience
        self._address, self._tls = address, tls
        self._probes: list[Probe] = []
        self._tunnels: dict[Probe, Tunnel] = {}

    def marked(self, word: str) -> str:
        """Make a name or a text ours."""
        return word + self.mark

    def connect(self, small_window: bool = False) -> Probe:
        """Connect, through a tunnel if the server seals, and do nothing else. Raises OSError."""
        outside = dial(self._address, small_window)
        if self._tls is None:
            return self._probe(outside)
        sock, inside = pair(small_window)
        probe = self._probe(sock)
        self._tunnels[probe] = Tunnel(inside, outside, self._address, self._tls)
        return probe

    def knock(self) -> Probe:
        """Connect, and leave out the handshake of TLS. Raises OSError."""
        return self._probe(dial(self._address))

    def arrive(self, small_window: bool = False) -> Probe:
        """Connect, read HELLO, and say the password where there is one: all that comes before JOIN."""
        probe = self.connect(small_window)
        probe.get("HELLO", "a client that connected was not greeted")
        if self.pass_line:
            probe.send_raw(self.pass_line)
        return probe

    def join(self, word: str, small_window: bool = False) -> Probe:
        """Arrive, and join under the marked word."""
        probe = self.arrive(small_window)
        probe.name = self.marked(word)
        probe.send(f"JOIN {probe.name}")
        probe.get("WELCOME", f"JOIN {probe.name} did not let the client in")
        return probe

    def trouble(self, probe: Probe) -> str:
        """What TLS found wrong on the way to this probe; "" if nothing."""
        return self._tunnels[probe].trouble

    def __enter__(self) -> "Visit":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Leave as a client should, so that TIME_WAIT stays here; but do not wait long for a server that does not."""
        for probe in self._listening():
            with contextlib.suppress(OSError):  # the server was faster
                probe.send("QUIT")
                probe.half_close()
        deadline = time.monotonic() + _GOODBYE
        while self._listening() and (left := deadline - time.monotonic()) > 0:
            self._wait(left)
        for probe in self._probes:
            probe.sock.close()
        for tunnel in self._tunnels.values():
            tunnel.close()

    def _probe(self, sock: socket.socket) -> Probe:
        sock.settimeout(self.patience)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # pieces must not wait and be glued
        self._probes.append(Probe(sock, self.patience, self._wait, self._concerns_us))
        return self._probes[-1]

    def _listening(self) -> list[Probe]:
        return [probe for probe in self._probes if probe.is_listening]

    def _wait(self, seconds: float) -> None:
        """Let at most that time pass, and read whatever comes for any probe, so that each PING finds its PONG."""
        with selectors.DefaultSelector() as selector:  # select() cannot take a descriptor over 1023
            for probe in self._listening():
                selector.register(probe.sock, selectors.EVENT_READ, probe)
            if not selector.get_map():
                return time.sleep(seconds)  # Windows cannot select from nothing
            for key, _ in selector.select(max(0.0, seconds)):
                key.data.receive()

    def _concerns_us(self, line: str) -> bool:
        """Whether a line is for this probe alone, or tells of this visit."""
        return self.mark in line or line.partition(" ")[0].upper() in _TO_ONE
