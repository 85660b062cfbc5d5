"""What stands where a private LAN would, so that a notebook has the same cells on every machine.

Its hosts have names and sockets, as those of a LAN have, but all of them are this computer; its wire takes rules, and
says that they have no effect, for no frame passes it.
"""

import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from types import TracebackType
from typing import Any

from chatkit.errors import LanError, MachineError, MisuseError
from chatkit.lan.hosts import Hosts
from chatkit.lan.log import Passage
from chatkit.lan.plan import places
from chatkit.lan.rules import Rule
from chatkit.lan.switching import KINDS
from chatkit.net.event import Address
from chatkit.net.host import THIS_COMPUTER

_BOX = "padding:4px 10px;border-left:3px solid #b07d00;background:var(--jp-layout-color2, rgba(128,128,128,.15))"


class StandIn(Hosts["StandInHost"]):
    """Names, all of which are this computer; `why_not` is why it is no LAN, with the remedy."""

    def __init__(self, names: Sequence[str], why_not: str, kind: str = "switch") -> None:
        if kind not in KINDS:
            raise MisuseError(f"no kind of LAN is called {kind!r}; there is {', '.join(KINDS)}")
        places(names, ipv6=False)  # refuses what a LAN would refuse
        self.why_not = why_not
        self.remarks: tuple[str, ...] = ()
        self.wire = NoWire(why_not)
        super().__init__({name: StandInHost(name, why_not, tuple(names)) for name in names})

    def close(self) -> None:
        """There is nothing to end."""

    def __enter__(self) -> "StandIn":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<no LAN here: {', '.join(self)} are all this computer, by loopback>\n  Why: {self.why_not}"

    def _repr_html_(self) -> str:
        return (
            f'<div style="{_BOX}"><b>No LAN here.</b> {escape(self.why_not)}<br>The notebook goes on without: '
            f"{escape(', '.join(self))} are all this computer ({THIS_COMPUTER.address}, loopback). "
            "What only a LAN can show is recorded, and says so.</div>"
        )


@dataclass(frozen=True)
class StandInHost:
    """This computer, under a name."""

    name: str
    why_not: str
    names: tuple[str, ...]  # of all hosts
    mac = ""  # loopback has no addresses below IP

    @property
    def address(self) -> str:
        """Loopback's."""
        return THIS_COMPUTER.address

    @property
    def neighbours(self) -> dict[str, str]:
        """Nobody asks for a MAC address on loopback."""
        return {}

    def listen(self, port: int) -> socket.socket:
        """Give a TCP socket that listens. Raises MachineError."""
        return THIS_COMPUTER.listen(port)

    def connect(self, address: Address, timeout: float = 5.0) -> socket.socket:
        """Give a TCP socket that is connected; the address may be a host's name. Raises Refused."""
        name, port = address
        return THIS_COMPUTER.connect((self.address if name in self.names else name, port), timeout)

    def udp(self, port: int = 0) -> socket.socket:
        """Give a UDP socket that is bound to the port. Raises MachineError."""
        sock = self.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.bind((self.address, port))
        except (OSError, OverflowError) as error:
            sock.close()
            raise MachineError(f"UDP port {port} could not be opened: {error}.") from error
        return sock

    def raw(self) -> socket.socket:
        """Raise LanError: a packet socket here would hear the whole computer, and not a host of a LAN."""
        raise LanError(f"No host, no interface of its own. {self.why_not}")

    def socket(self, family: int, kind: int, protocol: int = 0) -> socket.socket:
        """Give any socket of this computer."""
        return socket.socket(family, kind, protocol)

    def run(self, program: Sequence[str], **options: Any) -> subprocess.Popen[Any]:
        """Start a program on this computer; it takes the options of subprocess.Popen. Raises MachineError."""
        try:
            return subprocess.Popen(program, **options)
        except FileNotFoundError as error:
            raise MachineError(f"No program called {program[0]} is installed on this computer.") from error

    def set(self, **settings: Any) -> None:
        """Raise LanError: it would change the whole computer."""
        raise LanError(f"The settings of this computer are left alone. {self.why_not}")

    def __repr__(self) -> str:
        return f"<{self.name} is this computer: {self.address}>"


class NoWire:
    """Keeps rules, and applies none."""

    kind = "none"
    log: tuple[Passage, ...] = ()
    waiting = lost = 0

    def __init__(self, why_not: str) -> None:
        self.rules: tuple[Rule, ...] = ()
        self._why_not = why_not

    @property
    def mac_table(self) -> dict[str, str]:
        """There is no switch."""
        return {}

    def add(self, rule: Rule) -> Rule:
        """Keep it."""
        if not isinstance(rule, Rule):
            raise MisuseError(f"{rule!r} is no rule; make one with drop, delay, duplicate, reorder, corrupt")
        self.rules += (rule,)
        return rule

    def remove(self, rule: Rule) -> None:
        """Keep it no more."""
        self.rules = tuple(other for other in self.rules if other is not rule)

    def clear(self) -> None:
        """Keep none."""
        self.rules = ()

    def inject(self, frame: bytes, sent_by: str = "") -> None:
        """Raise LanError: a forged frame has no place on this computer."""
        raise LanError(f"No wire, no frames to forge. {self._why_not}")

    def mirror_to(self, host: str) -> None:
        """Raise LanError: there is no switch."""
        raise LanError(f"No switch, no mirror port. {self._why_not}")

    def close(self) -> None:
        """There is nothing to end."""

    def __repr__(self) -> str:
        return "\n  ".join(["<No wire here: loopback obeys no rules, these have NO EFFECT>", *map(str, self.rules)])
