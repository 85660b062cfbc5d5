"""Host: addresses as people type them, and why a connection failed."""

import errno

import pytest

from chatkit.errors import MachineError, MisuseError
from chatkit.lan.lan import Lan
from chatkit.net.event import Address
from chatkit.net.host import Host, ThisComputer, addresses, parse_address, why_not_connected, write_address
from tests.needs import needs_lan


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("10.0.0.5", ("10.0.0.5", 9898)),
        (" pc7 ", ("pc7", 9898)),
        ("pc7:80", ("pc7", 80)),
        ("::1", ("::1", 9898)),
        ("[::1]", ("::1", 9898)),
        ("[fe80::1]:1234", ("fe80::1", 1234)),
    ],
)
def test_an_address_is_read_as_people_type_it(typed: str, address: Address) -> None:
    assert parse_address(typed) == address


@pytest.mark.parametrize("address", [("10.0.0.5", 9898), ("fd00::2", 80), ("pc7", 1)])
def test_an_address_that_is_written_can_be_read(address: Address) -> None:
    assert parse_address(write_address(address)) == address


@pytest.mark.parametrize(
    "typed", ["", ":", ":80", "pc7:", "pc7:x", "pc7:0", "pc7:65536", "pc7:-1", "pc7:99999999999", "pc7:²"]
)
def test_what_is_no_address_is_a_sentence(typed: str) -> None:
    with pytest.raises(MisuseError, match="HOST or HOST:PORT"):
        parse_address(typed)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (TimeoutError(), "did not answer within 5 seconds"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "cannot be reached from here"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "cannot be reached from here"),
        (OSError(errno.EACCES, "Permission denied"), "could not be reached: [Errno 13] Permission denied"),
    ],
)
def test_each_failure_has_its_sentence(error: OSError, sentence: str) -> None:
    assert sentence in why_not_connected(("10.0.0.5", 9898), error, 5.0)


def test_no_address_of_this_machine_is_loopback() -> None:
    assert all(not address.startswith("127.") for address in addresses())


def test_an_open_host_listens_on_every_interface_and_a_closed_one_on_loopback() -> None:
    for host, bound in ((ThisComputer(), "127.0.0.1"), (ThisComputer(open_to_all=True), "0.0.0.0")):
        with host.listen(0) as listener:
            assert listener.getsockname()[0] == bound


def _meet(host: Host) -> None:
    """Connect to oneself, as everywhere without saying how long that may take."""
    with host.listen(0) as listener, host.connect((host.address, listener.getsockname()[1])) as sock:
        assert sock.getpeername()[:2] == (host.address, listener.getsockname()[1])


def test_a_socket_of_this_computer_is_had_by_an_address_alone() -> None:
    _meet(ThisComputer())


@needs_lan
@pytest.mark.parametrize("ipv6", [False, True])
def test_a_host_of_a_lan_gives_sockets_in_the_same_way(ipv6: bool) -> None:
    with Lan("ann", ipv6=ipv6) as lan:
        _meet(lan["ann"])


def test_a_port_that_cannot_be_is_a_sentence() -> None:
    with pytest.raises(MisuseError, match="0 to 65535"):
        ThisComputer().listen(65536)
    with (
        pytest.raises(MachineError, match="could not be opened|taken|not allowed"),
        ThisComputer().listen(0) as listener,
    ):
        ThisComputer().listen(listener.getsockname()[1])
