"""Eve in the middle: she reads whoever checks nothing, nobody else, and never leaves the LAN."""

import time
from collections.abc import Iterator

import pytest

from chatkit.errors import MisuseError, Refused
from chatkit.faces.classroom_ca import Authority
from chatkit.faces.notebook import man_in_the_middle
from chatkit.faces.notebook.eve_views import HOSTS
from chatkit.faces.notebook.man_in_the_middle import MOST_CALLS, ManInTheMiddle, Misled
from chatkit.faces.notebook.stand_in import StandIn
from chatkit.lan.lan import Lan
from chatkit.net.client import Client
from chatkit.net.server import Server
from chatkit.net.tls import fingerprint, pinned_context, unverified_context
from tests.needs import needs_lan
from tests.sealed_peer import authority

HERS = Authority()


@pytest.fixture
def lan() -> Iterator[Lan]:
    with Lan(*HOSTS) as lan:
        yield lan


@pytest.fixture
def server(lan: Lan) -> Iterator[Server]:
    with Server(0, host=lan["server"], tls=authority().server_context("server")) as server:
        yield server


@pytest.fixture
def eve(lan: Lan, server: Server) -> Iterator[ManInTheMiddle]:
    with ManInTheMiddle(lan, server.address, HERS.server_context("server")) as eve:
        yield eve


def misled(lan: Lan) -> Misled:
    return Misled(lan["ann"], {"server": lan["eve"].address})


@needs_lan
def test_who_checks_nothing_is_read_in_both_directions_and_is_let_in(
    lan: Lan, server: Server, eve: ManInTheMiddle
) -> None:
    where = ("server", server.address[1])
    with Client("ann", where, host=misled(lan), tls=unverified_context()) as ann:
        ann.say("the key is under the mat")
        assert ann.server[0] == lan["eve"].address and ann.users == ("ann",)
    assert [line for line in eve.heard if line.startswith("client")] == [
        "client: JOIN ann", "client: SAY the key is under the mat", "client: QUIT",
    ]  # fmt: skip
    assert {"server: WELCOME ann", "server: BYE"} <= set(eve.heard)


@needs_lan
def test_who_checks_is_told_and_says_not_one_line(lan: Lan, server: Server, eve: ManInTheMiddle) -> None:
    true = authority().client_context()
    pinned = pinned_context(fingerprint(b"of another certificate"))
    for tls, why in ((true, "comes from an authority that nobody here trusts"), (pinned, "is another one")):
        with pytest.raises(Refused, match=why):
            Client("ann", ("server", server.address[1]), host=misled(lan), tls=tls)
    eve.close()
    assert [line for line in eve.heard if line.startswith("client")] == []


@needs_lan
def test_a_call_under_way_ends_with_her(lan: Lan, server: Server, eve: ManInTheMiddle) -> None:
    where = ("server", server.address[1])
    with Client("ann", where, host=misled(lan), tls=unverified_context()):
        began = time.monotonic()
        eve.close()
        eve.close()
        assert time.monotonic() - began < man_in_the_middle._PATIENCE


@needs_lan
def test_a_server_that_is_not_there_is_written_down(lan: Lan) -> None:
    with ManInTheMiddle(lan, ("server", 9999), HERS.server_context("server")) as eve:
        with pytest.raises(Refused):
            Client("ann", ("server", 9999), host=misled(lan), tls=unverified_context())
        eve.close()
    assert [line.split(":")[0] for line in eve.heard] == ["nobody"] and "Nobody listens" in eve.heard[0]


@needs_lan
def test_after_so_many_calls_she_answers_no_more(lan: Lan) -> None:
    with ManInTheMiddle(lan, ("server", 9999), HERS.server_context("server")) as eve:
        for _ in range(MOST_CALLS):
            lan["ann"].connect((lan["eve"].address, 9999)).close()
        eve._thread.join(5)
        assert not eve._thread.is_alive() and len(eve.heard) == MOST_CALLS


@needs_lan
@pytest.mark.parametrize("target", [("8.8.8.8", 443), ("example.org", 443), ("127.0.0.1", 443), ("server", 0)])
def test_others_are_no_target(lan: Lan, target: tuple[str, int]) -> None:
    with pytest.raises(MisuseError, match="Nothing was sent"):
        ManInTheMiddle(lan, target, HERS.server_context("server"))


def test_without_a_lan_there_is_no_middle() -> None:
    nowhere = StandIn(HOSTS, "It is locked.")
    with pytest.raises(MisuseError, match="needs a private LAN"):
        ManInTheMiddle(nowhere, ("server", 9999), HERS.server_context("server"))  # type: ignore[arg-type]


@needs_lan
def test_a_host_is_misled_about_the_names_it_was_told_a_lie_of_only(lan: Lan) -> None:
    host = misled(lan)
    with lan["eve"].listen(7000), lan["bob"].listen(7000):
        for name, reached in (("server", "eve"), ("bob", "bob")):
            with host.connect((name, 7000)) as sock:
                assert sock.getpeername()[0] == lan[reached].address
    assert host.address == lan["ann"].address
