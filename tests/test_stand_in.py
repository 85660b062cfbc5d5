"""What stands in for a LAN has the same cells as one."""

import sys

import pytest

from chatkit.errors import LanError, MachineError, MisuseError
from chatkit.faces.notebook.stand_in import StandIn
from chatkit.lan.host import LanHost
from chatkit.lan.lan import Lan
from chatkit.lan.rules import drop
from chatkit.lan.wire import Wire
from chatkit.net.client import Client
from chatkit.net.server import Server

WHY = "Not on this system. Remedy: another one."
STAND_IN = StandIn(("server", "ann"), WHY)


@pytest.fixture
def lan() -> StandIn:
    return StandIn(("server", "ann"), WHY)


def test_it_has_hosts_by_name_and_all_are_this_computer(lan: StandIn) -> None:
    assert list(lan) == ["server", "ann"]
    assert {host.address for host in lan.values()} == {"127.0.0.1"}
    assert "ann" in lan and "bob" not in lan
    with pytest.raises(MisuseError, match="no host is called 'bob'; there is server, ann"):
        lan["bob"]


def test_it_shows_the_reason_and_the_remedy(lan: StandIn) -> None:
    assert WHY in repr(lan)
    assert WHY in lan._repr_html_()


def test_the_chat_runs_on_its_hosts(lan: StandIn) -> None:
    with Server(0, host=lan["server"]) as server, Client("ann", server.address, host=lan["ann"]):
        assert server.users == ("ann",)


def test_a_program_runs_here(lan: StandIn) -> None:
    assert lan["ann"].run([sys.executable, "-c", "raise SystemExit(7)"]).wait(20) == 7


def test_its_wire_keeps_rules_and_says_that_they_have_no_effect(lan: StandIn) -> None:
    first, second = lan.wire.add(drop(nth=1)), lan.wire.add(drop(nth=2))
    lan.wire.remove(first)
    assert lan.wire.rules == (second,)
    assert "NO EFFECT" in repr(lan.wire) and "drop(nth=2)" in repr(lan.wire)
    lan.wire.clear()
    assert lan.wire.rules == ()
    with pytest.raises(MisuseError, match="is no rule"):
        lan.wire.add("drop")  # type: ignore[arg-type]


def test_what_would_touch_the_whole_computer_is_refused(lan: StandIn) -> None:
    with pytest.raises(LanError, match="Remedy"):
        lan["ann"].raw()
    with pytest.raises(LanError, match="Remedy"):
        lan["ann"].set(sack=False)
    with pytest.raises(LanError, match="Remedy"):
        lan.wire.inject(bytes(60))
    with pytest.raises(LanError, match="Remedy"):
        lan.wire.mirror_to("ann")


@pytest.mark.parametrize(
    ("real", "stand_in"),
    [(Lan, STAND_IN), (LanHost, STAND_IN["ann"]), (Wire, STAND_IN.wire)],
    ids=["lan", "host", "wire"],
)
def test_it_has_what_a_lan_has(real: type, stand_in: object) -> None:
    public = {name for name in vars(real) if not name.startswith("_")}
    assert public <= set(dir(stand_in))


def test_a_program_that_is_not_installed_is_named(lan: StandIn) -> None:
    with pytest.raises(MachineError, match="No program called no-such-program"):
        lan["ann"].run(["no-such-program"])


def test_its_hosts_reach_each_other_by_name(lan: StandIn) -> None:
    with lan["server"].listen(0) as listener, lan["ann"].connect(("server", listener.getsockname()[1])) as sock:
        assert sock.getpeername() == listener.getsockname()
    with lan["ann"].udp() as sock:
        assert sock.getsockname()[0] == "127.0.0.1"
