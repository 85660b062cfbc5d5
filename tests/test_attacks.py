"""Attacks do to the hosts of a private LAN what they do in the world, and to the world nothing."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import pytest
from pyroute2 import IPRoute

from chatkit.capture.wire_capture import WireCapture, capture_of
from chatkit.errors import MisuseError, Refused
from chatkit.faces.notebook.kernel_table import KernelTable, sockets_on
from chatkit.faces.notebook.stand_in import StandIn
from chatkit.lan.attacks.flood import MADE_UP, MOST_SYNS, flood_syns, narrow_door, set_syn_cookies
from chatkit.lan.attacks.reset import forge_reset
from chatkit.lan.attacks.spoofing import spoof_arp
from chatkit.lan.checksums import with_checksums
from chatkit.lan.lan import Lan
from chatkit.lan.plan import MOST_HOSTS, places
from chatkit.net.client import Client
from chatkit.net.server import Server
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import Flag
from chatkit.tcp.sequence import add
from chatkit.tcp.states import State
from tests.frames_on_wire import until
from tests.needs import needs_lan

pytestmark = needs_lan

PORT = 9898
HOSTS = ("server", "ann", "bob", "eve")
ATTACKS: dict[str, Callable[[Lan, str], object]] = {
    "reset": lambda lan, name: forge_reset(lan, ("server", PORT), (name, 40000), 1),
    "reset in the name of": lambda lan, name: forge_reset(lan, (name, PORT), ("ann", 40000), 1),
    "reset by": lambda lan, name: forge_reset(lan, ("server", PORT), ("ann", 40000), 1, sent_by=name),
    "spoof": lambda lan, name: spoof_arp(lan, "eve", name, "server"),
    "spoof the other": lambda lan, name: spoof_arp(lan, "eve", "ann", name),
    "spoof by": lambda lan, name: spoof_arp(lan, name, "ann", "server"),
    "flood": lambda lan, name: flood_syns(lan, (name, PORT)),
    "flood by": lambda lan, name: flood_syns(lan, ("server", PORT), sent_by=name),
    "narrow": lambda lan, name: narrow_door(lan, name, 16, syn_cookies=False),
    "cookies": lambda lan, name: set_syn_cookies(lan, name, True),
}
STRANGERS = (
    "127.0.0.1",
    "localhost",
    "8.8.8.8",
    "192.168.1.20",
    "10.0.0.5",
    "10.0.0.255",
    "255.255.255.255",
    "",
    "::1",
)


@pytest.fixture(scope="module")
def quiet_lan() -> Iterator[Lan]:
    """Where nothing is ever sent."""
    with Lan(*HOSTS) as lan:
        yield lan


@contextmanager
def chatting() -> Iterator[tuple[Lan, Client, Conversation]]:
    """Ann and bob in the room, and ann's conversation with the server; each has said a word."""
    with ExitStack() as stack:
        lan = stack.enter_context(Lan(*HOSTS))
        server = stack.enter_context(Server(PORT, host=lan["server"]))
        ann = stack.enter_context(Client("ann", server.address, host=lan["ann"]))
        stack.enter_context(Client("bob", server.address, host=lan["bob"])).say("hello")
        await_quiet(lan)
        yield lan, ann, capture_of(lan.wire).conversation(by=ann.address)


def await_quiet(lan: Lan) -> None:
    with WireCapture(lan.wire):
        pass


def sent_by_eve_and_answered(lan: Lan, attack: Callable[[], object]) -> list[str]:
    """Who sent which frame, once the attack is over."""
    before = len(lan.wire.log)
    attack()
    await_quiet(lan)
    return [passage.sender for passage in lan.wire.log.since(before)]


def states(lan: Lan, host: str, port: int) -> list[State]:
    table = sockets_on(lan[host], port)
    assert isinstance(table, KernelTable)
    return [row.state for row in table.rows]


# ---- whom it may be aimed at ----


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
@pytest.mark.parametrize("name", STRANGERS)
def test_an_attack_on_anybody_else_is_refused_and_nothing_is_sent(
    quiet_lan: Lan, attack: Callable[[Lan, str], object], name: str
) -> None:
    with pytest.raises(MisuseError, match="is no host of this LAN.*Nothing was sent"):
        attack(quiet_lan, name)
    assert len(quiet_lan.wire.log) == 0


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_nor_is_this_computer_itself(quiet_lan: Lan, attack: Callable[[Lan, str], object]) -> None:
    with IPRoute() as ip:
        own = {row.get_attr("IFA_ADDRESS") for row in ip.get_addr()}
    assert own
    for address in own - {host.address for host in quiet_lan.values()}:
        with pytest.raises(MisuseError, match="is no host of this LAN"):
            attack(quiet_lan, address)
    assert len(quiet_lan.wire.log) == 0


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_host_of_another_lan_is_no_target(quiet_lan: Lan, attack: Callable[[Lan, str], object]) -> None:
    with Lan("router", "x", "y", "z", "carol") as other:
        for name in ("carol", other["carol"].address, other["carol"]):
            with pytest.raises(MisuseError, match="is no host of this LAN"):
                attack(quiet_lan, name)  # type: ignore[arg-type]
        assert len(other.wire.log) == len(quiet_lan.wire.log) == 0


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_without_a_lan_there_is_no_attack(attack: Callable[[Lan, str], object]) -> None:
    with pytest.raises(MisuseError, match="needs a private LAN around it"):
        attack(StandIn(HOSTS, "Not here."), "ann")  # type: ignore[arg-type]


def test_an_attack_is_bounded(quiet_lan: Lan) -> None:
    for count in (0, -1, MOST_SYNS + 1):
        with pytest.raises(MisuseError, match=f"SYNs {count}: allowed are 1 to {MOST_SYNS}"):
            flood_syns(quiet_lan, ("server", PORT), count)
    for seq in (-1, 2**32):
        with pytest.raises(MisuseError, match=f"sequence number {seq}"):
            forge_reset(quiet_lan, ("server", PORT), ("ann", 40000), seq)
    for port in (0, 65536):
        with pytest.raises(MisuseError, match=f"port {port}"):
            forge_reset(quiet_lan, ("server", port), ("ann", 40000), 1)
    with pytest.raises(MisuseError, match="places 7: allowed are 8"):
        narrow_door(quiet_lan, "server", 7, syn_cookies=False)
    with pytest.raises(MisuseError, match="stands between two others"):
        spoof_arp(quiet_lan, "eve", "ann", "ann")
    assert len(quiet_lan.wire.log) == 0


def test_no_host_of_any_lan_has_an_address_that_a_flood_makes_up() -> None:
    names = [f"host-{number}" for number in range(MOST_HOSTS)]
    assert MADE_UP and not set(MADE_UP) & {place.address for place in places(names, ipv6=False)}


def test_a_lan_of_ipv6_is_refused() -> None:
    with Lan("server", "ann", "eve", ipv6=True) as lan, pytest.raises(MisuseError, match="without ipv6"):
        forge_reset(lan, ("server", PORT), ("ann", 40000), 1)


# ---- a forged reset: RFC 5961, section 3.2 ----


def test_a_reset_ends_a_connection_if_its_number_is_the_next() -> None:
    with chatting() as (lan, ann, talk):
        reset = next_number(talk)
        sent = sent_by_eve_and_answered(lan, lambda: forge_reset(lan, talk.server, talk.client, reset))
        assert sent == ["eve"]  # a RST is not acknowledged
        assert states(lan, "ann", talk.client[1]) == []
        assert states(lan, "server", PORT).count(State.ESTABLISHED) == 2  # the server has not heard of it
        until(lambda: not ann.connected)


def test_a_number_inside_the_window_ends_nothing_and_is_asked_about() -> None:
    with chatting() as (lan, ann, talk):
        reset = add(next_number(talk), 20_000)
        sent = sent_by_eve_and_answered(lan, lambda: forge_reset(lan, talk.server, talk.client, reset))
        assert sent == ["eve", "ann"]  # the challenge ACK
        assert states(lan, "ann", talk.client[1]) == [State.ESTABLISHED] and ann.connected


def test_any_other_number_ends_nothing_and_is_not_answered() -> None:
    with chatting() as (lan, ann, talk):
        right, isn = next_number(talk), talk.isn(talk.server)
        assert isn is not None
        relative = add(right, -isn)
        for seq in (relative, add(right, -1), add(right, 2**31), add(right, 70_000)):
            sent = sent_by_eve_and_answered(lan, partial(forge_reset, lan, talk.server, talk.client, seq))
            assert sent == ["eve"], seq
        assert states(lan, "ann", talk.client[1]) == [State.ESTABLISHED] and ann.connected


def test_a_forged_frame_has_right_checksums_and_the_address_of_who_sent_it() -> None:
    with Lan(*HOSTS) as lan:
        frame = forge_reset(lan, ("server", PORT), ("10.0.0.2", 40000), 7)
        await_quiet(lan)
        assert with_checksums(frame) == frame
        [segment] = capture_of(lan.wire).segments
        assert (segment.source, segment.destination) == (("10.0.0.1", PORT), ("10.0.0.2", 40000))
        assert (segment.seq, segment.flags) == (7, Flag.RST)
        assert lan.wire.log[0].sender == "eve" and lan.wire.mac_table == {"02:00:00:00:00:04": "eve"}


def next_number(talk: Conversation) -> int:
    """What the client waits for next."""
    return talk.sent_by(talk.client)[-1].ack


# ---- ARP spoofing ----


def test_after_a_lie_what_two_say_to_each_other_goes_through_eve_and_arrives() -> None:
    with chatting() as (lan, ann, _):
        assert not capture_of(lan.wire, at="eve").segments
        spoof_arp(lan, "eve", "ann", "server")
        await_quiet(lan)
        assert lan["ann"].neighbours == {"10.0.0.1": lan["eve"].mac}
        assert lan["server"].neighbours["10.0.0.2"] == lan["eve"].mac
        assert lan["server"].neighbours["10.0.0.3"] == lan["bob"].mac  # nobody has lied about bob
        ann.say("the key is under the mat")
        await_quiet(lan)
        [eves] = capture_of(lan.wire, at="eve").conversations
        assert b"SAY the key is under the mat\n" in eves.segments[0].payload
        at_bob = capture_of(lan.wire, at="bob").conversations[-1]
        assert at_bob.find(b"SAID ann the key is under the mat\n")


def test_a_lie_makes_no_entry_where_there_was_none() -> None:
    with Lan(*HOSTS) as lan:
        spoof_arp(lan, "eve", "ann", "server")
        await_quiet(lan)
        assert lan["ann"].neighbours == {}


# ---- a flood of SYNs: RFC 4987 ----


def test_a_flood_keeps_others_out_and_cookies_let_them_in() -> None:
    with Lan(*HOSTS) as lan:
        narrow_door(lan, "server", 16, syn_cookies=False)
        with lan["server"].listen(PORT):
            door = (lan["server"].address, PORT)
            flood_syns(lan, door)
            await_quiet(lan)
            half_open = states(lan, "server", PORT).count(State.SYN_RECEIVED)
            assert 12 <= half_open <= 16
            with pytest.raises(Refused, match="did not answer bob"):
                lan["bob"].connect(door, 0.3)
            set_syn_cookies(lan, "server", True)
            flood_syns(lan, door)
            with lan["bob"].connect(door, 5.0):
                await_quiet(lan)
                assert states(lan, "server", PORT).count(State.SYN_RECEIVED) <= 17
                assert states(lan, "server", PORT).count(State.ESTABLISHED) == 1


def test_a_flood_sends_as_many_syns_as_it_is_told_and_ends() -> None:
    with Lan(*HOSTS) as lan, lan["server"].listen(PORT):
        flood_syns(lan, ("server", PORT), 8)
        await_quiet(lan)
        syns = [s for s in capture_of(lan.wire).segments if s.flags == Flag.SYN]
        assert len({s.source for s in syns}) == len(syns) == 8
        assert {s.source[0] for s in syns} <= set(MADE_UP)
