"""Whom an attack may be aimed at: a host of the private LAN that it happens in. All else is refused."""

from ipaddress import ip_address

from chatkit.errors import MisuseError
from chatkit.lan.host import LanHost
from chatkit.lan.lan import Lan

_NOTHING = "Nothing was sent."


def host_of(lan: Lan, name: str) -> LanHost:
    """Give the host of this LAN that has this name or this address. Raises MisuseError."""
    if not isinstance(lan, Lan):
        raise MisuseError(f"An attack needs a private LAN around it, and this is none: {lan!r}. {_NOTHING}")
    for host in lan.values():
        if name in (host.name, host.address):
            return _with_ipv4(host)
    raise MisuseError(f"{name!r} is no host of this LAN, which has {', '.join(lan)}: others are no target. {_NOTHING}")


def number_in(least: int, most: int, number: int, what: str) -> int:
    """Give the number back if it is allowed. Raises MisuseError."""
    if not least <= number <= most:
        raise MisuseError(f"{what} {number}: allowed are {least} to {most}. {_NOTHING}")
    return number


def _with_ipv4(host: LanHost) -> LanHost:
    if ip_address(host.address).version != 4:
        raise MisuseError(f"{host.name} has the address {host.address}: make the LAN without ipv6. {_NOTHING}")
    return host
