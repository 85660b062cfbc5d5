"""The kernel's table of connections, against sockets that are open here.

Another program may listen on the same port of another address, ::1 for one. So a test looks only for its own rows.
"""

import socket

import pytest

from chatkit.errors import MachineError
from chatkit.faces.notebook.kernel_table import KernelTable, sockets_on
from chatkit.faces.notebook.stand_in import StandIn
from chatkit.lan.lan import Lan
from chatkit.tcp.states import State
from tests.needs import needs_lan, needs_linux

HOST = StandIn(("server", "ann"), "Not here.")["server"]


def _states(table: KernelTable | str, address: str = HOST.address) -> list[tuple[State, bool]]:
    assert isinstance(table, KernelTable)
    return [(row.state, row.has_program) for row in table.rows if row.here.startswith(f"{address}:")]


@needs_linux
def test_a_connection_that_nobody_has_accepted_is_the_kernels_alone() -> None:
    with HOST.listen(0) as door, socket.create_connection(door.getsockname()):
        port = door.getsockname()[1]
        assert _states(sockets_on(HOST, port)) == [(State.LISTEN, True), (State.ESTABLISHED, False)]
        with door.accept()[0]:
            assert _states(sockets_on(HOST, port)) == [(State.LISTEN, True), (State.ESTABLISHED, True)]


@needs_linux
def test_it_prints_addresses_as_people_write_them() -> None:
    with HOST.listen(0) as door, socket.create_connection(door.getsockname()) as caller:
        here, there = (f"127.0.0.1:{sock.getsockname()[1]}" for sock in (door, caller))
        lines = repr(sockets_on(HOST, door.getsockname()[1])).splitlines()
        assert [line.split() for line in lines if here in line] == [
            ["LISTEN", here, "nobody", "yet", "a", "program"],
            ["ESTABLISHED", here, there, "the", "kernel", "alone"],
        ]


@needs_linux
@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")
def test_ipv6_is_read_too() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as door:
        port = door.getsockname()[1]
        table = sockets_on(HOST, port)
        assert isinstance(table, KernelTable)
        assert [row.here for row in table.rows if row.here.startswith("[")] == [f"[::1]:{port}"]


@needs_linux
def test_a_port_that_is_not_used_has_no_rows_and_it_is_said() -> None:
    assert repr(sockets_on(HOST, 1)) == "The kernel knows of no connection on this port."


@needs_lan
def test_each_host_has_a_table_of_its_own() -> None:
    with Lan("server", "ann") as lan, lan["server"].listen(9898):
        assert _states(sockets_on(lan["server"], 9898), "0.0.0.0") == [(State.LISTEN, True)]
        assert sockets_on(lan["ann"], 9898) == KernelTable(())


def test_a_system_without_proc_is_told_of_netstat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert "`netstat -an`" in str(sockets_on(HOST, 9898))


@needs_linux
def test_a_machine_without_cat_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise MachineError("No program called cat is installed.")

    monkeypatch.setattr("chatkit.faces.notebook.stand_in.StandInHost.run", missing)
    assert sockets_on(HOST, 9898) == "No program called cat is installed."
