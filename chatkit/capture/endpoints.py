"""Endpoints as numbers of 64 bits, so that a million of them are compared at once.

10.0.0.9:9898      | 0 |   10.0.0.9 as 32 bits   | port |
[2001:db8::1]:80   | 1 | place of the address in a list | port |
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatkit.tcp.segment import Endpoint

Codes = NDArray[np.uint64]

_IS_IPV6, _PORT_BITS = np.uint64(1 << 63), np.uint64(16)
_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 divided by the golden ratio: spreads what is alike (Knuth, volume 3)


class Endpoints:
    """The endpoints of one capture: between them and their codes."""

    def __init__(self) -> None:
        self._places: dict[bytes, int] = {}  # of IPv6 addresses, in the order in which they were met

    def ipv4(self, addresses: NDArray[Any]) -> Codes:
        """The codes of IPv4 addresses, given as numbers of 32 bits; the port is 0."""
        return addresses.astype(np.uint64) << _PORT_BITS

    def ipv6(self, halves: NDArray[Any]) -> Codes:
        """The codes of IPv6 addresses, each given as two numbers of 64 bits; the port is 0."""
        high, low = halves[:, 0].astype(np.uint64), halves[:, 1].astype(np.uint64)
        firsts, which = _distinct(high, low)
        places = [self._place(halves[first].tobytes()) for first in firsts.tolist()]
        return _IS_IPV6 | np.array(places, np.uint64)[which] << _PORT_BITS

    def code(self, endpoint: Endpoint) -> int:
        """The code of one endpoint."""
        address, port = ip_address(endpoint[0]), endpoint[1]
        if address.version == 4:
            return int(address) << 16 | port
        return 1 << 63 | self._place(address.packed) << 16 | port

    def pairs(
        self, sources: Codes, destinations: Codes
    ) -> tuple[NDArray[np.int32], NDArray[np.bool_], Sequence[tuple[Endpoint, Endpoint]]]:
        """Who talks with whom: the number of each pair, whether its second end is the source, and its two ends."""
        reverse = sources > destinations
        low, high = np.where(reverse, destinations, sources), np.where(reverse, sources, destinations)
        firsts, pair = _distinct(low, high)
        addresses = list(self._places)
        ends = [
            (_endpoint(one, addresses), _endpoint(other, addresses))
            for one, other in zip(low[firsts].tolist(), high[firsts].tolist(), strict=True)
        ]
        return pair.astype(np.int32), reverse, ends

    def _place(self, address: bytes) -> int:
        return self._places.setdefault(address, len(self._places))


def _endpoint(code: int, addresses: Sequence[bytes]) -> Endpoint:
    port, number = code & 0xFFFF, code >> 16
    if code >> 63:
        return str(IPv6Address(addresses[number & ~(1 << 47)])), port
    return str(IPv4Address(number)), port


def _distinct(one: Codes, other: Codes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each distinct pair of numbers stands first, and for each place which of them stands there."""
    mixed = (one * _MIX) ^ (other + (one >> _PORT_BITS)) * ~_MIX
    distinct = np.unique(mixed)
    which = np.searchsorted(distinct, mixed)
    firsts = np.empty(len(distinct), np.int64)
    firsts[which[::-1]] = np.arange(len(which))[::-1]  # what is written last stays
    if np.array_equal(one[firsts][which], one) and np.array_equal(other[firsts][which], other):
        return firsts, which
    both = np.stack([one, other], 1)  # two pairs have been mixed to one number: slowly, then
    _, firsts, which = np.unique(both, axis=0, return_index=True, return_inverse=True)
    return firsts, which.ravel()
