"""Places: names become addresses."""

from ipaddress import ip_address, ip_network

import pytest

from chatkit.errors import MisuseError
from chatkit.lan.plan import MOST_HOSTS, places


def test_addresses_follow_from_the_order() -> None:
    server, ann = places(["server", "ann"], ipv6=False)
    assert (server.name, server.address, server.mac) == ("server", "10.0.0.1", "02:00:00:00:00:01")
    assert (ann.name, ann.address, ann.mac) == ("ann", "10.0.0.2", "02:00:00:00:00:02")
    assert ann.as_dict() == {"name": "ann", "mac": "02:00:00:00:00:02", "address4": "10.0.0.2", "address6": ""}


def test_a_place_with_ipv6_has_both_addresses_and_is_called_by_the_longer_one() -> None:
    (ann,) = places(["ann"], ipv6=True)
    assert ann.address == "fd00::1"
    assert ann.as_dict() == {"name": "ann", "mac": "02:00:00:00:00:01", "address4": "10.0.0.1", "address6": "fd00::1"}


@pytest.mark.parametrize(("ipv6", "network"), [(False, "10.0.0.0/24"), (True, "fd00::/64")])
def test_each_of_the_most_hosts_has_addresses_of_its_own_in_one_network(ipv6: bool, network: str) -> None:
    homes = places([f"host{number}" for number in range(MOST_HOSTS)], ipv6)
    assert len({home.address for home in homes}) == len({home.mac for home in homes}) == MOST_HOSTS
    assert all(ip_address(home.address) in ip_network(network) for home in homes)
    assert all(bytes.fromhex(home.mac.replace(":", ""))[0] & 0b11 == 0b10 for home in homes)  # local, and no group


@pytest.mark.parametrize("name", ["a", "Ann", "server-2", "x" * 20])
def test_a_name_is_a_letter_and_then_letters_digits_and_hyphens(name: str) -> None:
    assert places([name], ipv6=False)[0].name == name


@pytest.mark.parametrize(
    "name", ["", "2nd", "-a", "10.0.0.1", "a b", "x" * 21, "ann\n", "añn", 7, None, ["ann", "bob"]]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(MisuseError, match="is no name for a host: a letter, then letters, digits and -"):
        places([name], ipv6=False)


def test_two_hosts_of_one_name_are_refused() -> None:
    with pytest.raises(MisuseError, match="two hosts are called 'ann'"):
        places(["ann", "bob", "ann"], ipv6=False)


@pytest.mark.parametrize("count", [0, MOST_HOSTS + 1])
def test_a_lan_of_no_host_or_of_too_many_is_refused(count: int) -> None:
    with pytest.raises(MisuseError, match=f"a LAN of {count} hosts: allowed are 1 to {MOST_HOSTS}"):
        places([f"host{number}" for number in range(count)], ipv6=False)
