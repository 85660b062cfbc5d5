"""Hosts by name: what a LAN is to those who use it, and what stands in for one, too."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from chatkit.errors import MisuseError

H = TypeVar("H")


class Hosts(Mapping[str, H]):
    """Asked for a host that is not there, it says which are."""

    def __init__(self, hosts: Mapping[str, H]) -> None:
        self._hosts = hosts

    def __getitem__(self, name: str) -> H:
        if name not in self._hosts:
            raise MisuseError(f"no host is called {name!r}; there is {', '.join(self._hosts)}")
        return self._hosts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._hosts)

    def __len__(self) -> int:
        return len(self._hosts)

    def __contains__(self, name: object) -> bool:
        return name in self._hosts
