"""Where a frame goes: what makes a hub a hub, and a switch a switch."""

from collections.abc import Sequence

_GROUP = 1  # of the first byte of a MAC address: this is for many
_MAC_BYTES = 6


class Hub:
    """Repeats every frame on every other port: whoever is plugged in hears everything."""

    kind = "hub"

    def __init__(self, ports: int) -> None:
        self._others = [tuple(other for other in range(ports) if other != port) for port in range(ports)]
        self._all = tuple(range(ports))

    def learn(self, mac: bytes, port: int) -> None:
        """A hub learns nothing."""

    def ports_for(self, data: bytes, port: int | None) -> Sequence[int]:
        """Give the ports that a frame goes out of; `port` is the one it came from, None if from none."""
        return self._all if port is None else self._others[port]

    @property
    def table(self) -> dict[bytes, int]:
        """Which MAC address is behind which port: a hub does not know."""
        return {}


class Switch(Hub):
    """Learns from each frame behind which port its sender is, and floods what it does not know (IEEE 802.1D, 7)."""

    kind = "switch"
    most = 4096  # addresses in the table, which a sender of forged ones fills; the rest is flooded, as in real ones

    def __init__(self, ports: int) -> None:
        super().__init__(ports)
        self._table: dict[bytes, int] = {}
        self._one = [(port,) for port in range(ports)]

    def learn(self, mac: bytes, port: int) -> None:
        """Remember the sender; a group address is never one, nor is a part of an address."""
        if len(mac) == _MAC_BYTES and not mac[0] & _GROUP and (mac in self._table or len(self._table) < self.most):
            self._table[mac] = port

    def ports_for(self, data: bytes, port: int | None) -> Sequence[int]:
        """Give the one port behind which the receiver is, all others for a group or a stranger."""
        found = self._table.get(data[:_MAC_BYTES])  # no group address is in it
        if found is None:
            return super().ports_for(data, port)
        return () if found == port else self._one[found]

    @property
    def table(self) -> dict[bytes, int]:
        """Which MAC address is behind which port."""
        return dict(self._table)


KINDS = {"hub": Hub, "switch": Switch}
