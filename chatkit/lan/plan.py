"""Who lives where: names become places, each with addresses that follow from its number."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chatkit.errors import MisuseError

MOST_HOSTS = 250  # of 10.0.0.0/24

_NAME = re.compile(r"[a-z][a-z0-9-]{0,19}", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """Where a host lives; `number` counts from 0."""

    number: int
    name: str
    ipv6: bool

    @property
    def mac(self) -> str:
        """A locally administered address (IEEE 802, 8.4), the same in every LAN."""
        return f"02:00:00:00:00:{self.number + 1:02x}"

    @property
    def address4(self) -> str:
        """10.0.0.1 is the first host's (RFC 1918)."""
        return f"10.0.0.{self.number + 1}"

    @property
    def address6(self) -> str:
        """fd00::1 is the first host's (RFC 4193)."""
        return f"fd00::{self.number + 1:x}"

    @property
    def address(self) -> str:
        """The one that it is called by."""
        return self.address6 if self.ipv6 else self.address4

    def as_dict(self) -> dict[str, Any]:
        """What the helper needs to know."""
        address6 = self.address6 if self.ipv6 else ""
        return {"name": self.name, "mac": self.mac, "address4": self.address4, "address6": address6}


def places(names: Sequence[str], ipv6: bool) -> tuple[Place, ...]:
    """Give each name its place. Raises MisuseError."""
    if not 1 <= len(names) <= MOST_HOSTS:
        raise MisuseError(f"a LAN of {len(names)} hosts: allowed are 1 to {MOST_HOSTS}")
    for name in names:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise MisuseError(
                f"{name!r} is no name for a host: a letter, then letters, digits and -, at most 20 in all"
            )
        if names.count(name) > 1:
            raise MisuseError(f"two hosts are called {name!r}: each needs a name of its own")
    return tuple(Place(number, name, ipv6) for number, name in enumerate(names))
