"""A private LAN, made by an ordinary user: real hosts, and a wire between them that obeys.

    with Lan("server", "ann", "bob") as lan:
        server = Server(host=lan["server"]).start()
        ann = Client("ann", server.address, host=lan["ann"])
        lan.wire.add(drop(nth=2, sent_by="ann", carrying_data=True))

Each host is a network namespace of Linux (network_namespaces(7)), with interfaces, addresses, ports and a TCP of its
own. It ends with the `with`, or with `close`, or with the process that made it.
"""

import contextlib
import ipaddress
import socket
from types import TracebackType

from chatkit.errors import LanError, MisuseError, Refused
from chatkit.lan.helper import SWITCH, Helper
from chatkit.lan.host import LanHost
from chatkit.lan.hosts import Hosts
from chatkit.lan.plan import places
from chatkit.lan.port import Port
from chatkit.lan.switching import KINDS
from chatkit.lan.wire import Wire


class Lan(Hosts[LanHost]):
    """Hosts by name. `kind` is "switch" or "hub"; with `ipv6` the hosts call each other by IPv6.

    Until somebody talks the wire is silent; with `ipv6` hosts tell, a few times, to which groups they listen
    (RFC 3810: reports are repeated).

    Making one raises LanError, with the reason and the remedy, where the machine does not allow it.
    """

    def __init__(self, *names: str, kind: str = "switch", ipv6: bool = False) -> None:
        if kind not in KINDS:
            raise MisuseError(f"no kind of LAN is called {kind!r}; there is {', '.join(KINDS)}")
        homes = places(names, ipv6)
        with contextlib.ExitStack() as if_it_fails:
            self._helper = Helper(homes)
            if_it_fails.callback(self._helper.close)
            ports = self._ports(len(homes), if_it_fails)
            self.wire = Wire(homes, ports, kind, self._helper.life)
            if_it_fails.pop_all()
        super().__init__({place.name: LanHost(place, self._helper, self._address_of) for place in homes})

    @property
    def remarks(self) -> tuple[str, ...]:
        """What this machine did not allow, and the LAN does without; empty almost everywhere."""
        return self._helper.remarks

    def close(self) -> None:
        """End the wire, the programs that run in the hosts, and the hosts. Safe to call twice."""
        try:
            self.wire.close()
        finally:  # also when Ctrl-C comes while the wire ends
            self._helper.close()

    def __enter__(self) -> "Lan":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        hosts = "\n".join(f"  {host.name:20} {host.address:15} {host.mac}" for host in self.values())
        return f"<Lan, a {self.wire.kind} with {len(self)} hosts>\n{hosts}"

    def _ports(self, count: int, if_it_fails: contextlib.ExitStack) -> list[Port]:
        """Open the switch's side of every host's cable."""
        ports: list[Port] = []
        for number in range(count):
            sock = self._helper.socket(SWITCH, socket.AF_PACKET, socket.SOCK_RAW)
            if_it_fails.callback(sock.close)
            ports.append(Port(number, sock, count))
            if_it_fails.callback(ports[-1].close)
        return ports

    def _address_of(self, name: str) -> str:
        """Look up a host's name; an address stays as it is. Raises Refused: no host of ours asks the Internet."""
        if name in self._hosts:
            return self._hosts[name].address
        try:
            return str(ipaddress.ip_address(name))
        except ValueError:
            raise Refused(f"No host is called {name!r} here; there is {', '.join(self._hosts)}.") from None


def why_no_lan() -> str:
    """Make a LAN of one host for a moment, and give the reason with the remedy where that fails; empty where not."""
    try:
        Lan("probe").close()
    except LanError as error:
        return str(error)
    return ""
