"""Switching: a hub repeats, a switch learns."""

import pytest

from chatkit.lan.switching import KINDS, Hub, Switch

ANN, BOB, EVE, STRANGER = (bytes((2, 0, 0, 0, 0, number)) for number in (1, 2, 3, 9))
EVERYBODY, A_GROUP = b"\xff" * 6, bytes.fromhex("333300000001")


def frame(destination: bytes) -> bytes:
    return destination + ANN + b"\x08\x00"


def learned() -> Switch:
    switch = Switch(3)
    for port, mac in enumerate((ANN, BOB, EVE)):
        switch.learn(mac, port)
    return switch


@pytest.mark.parametrize("destination", [BOB, STRANGER, EVERYBODY, A_GROUP])
def test_a_hub_repeats_on_all_other_ports(destination: bytes) -> None:
    hub = Hub(3)
    hub.learn(BOB, 1)
    assert list(hub.ports_for(frame(destination), 0)) == [1, 2]
    assert list(hub.ports_for(frame(destination), None)) == [0, 1, 2]
    assert hub.table == {}


def test_a_switch_sends_to_the_one_port_behind_which_the_receiver_is() -> None:
    assert list(learned().ports_for(frame(BOB), 0)) == [1]
    assert list(learned().ports_for(frame(BOB), None)) == [1]


@pytest.mark.parametrize("destination", [STRANGER, EVERYBODY, A_GROUP])
def test_a_switch_floods_what_is_for_many_or_for_a_stranger(destination: bytes) -> None:
    assert list(learned().ports_for(frame(destination), 0)) == [1, 2]
    assert list(learned().ports_for(frame(destination), None)) == [0, 1, 2]


def test_a_switch_never_sends_a_frame_back_to_where_it_came_from() -> None:
    assert list(learned().ports_for(frame(ANN), 0)) == []


def test_a_switch_believes_the_last_frame_so_an_address_can_be_stolen() -> None:
    switch = learned()
    switch.learn(BOB, 2)
    assert list(switch.ports_for(frame(BOB), 0)) == [2]
    assert switch.table == {ANN: 0, BOB: 2, EVE: 2}


@pytest.mark.parametrize("mac", [EVERYBODY, A_GROUP, b"", BOB[:5]])
def test_a_switch_learns_no_group_and_no_part_of_an_address(mac: bytes) -> None:
    switch = Switch(2)
    switch.learn(mac, 1)
    assert switch.table == {}


def test_a_full_table_learns_nobody_else_and_the_rest_is_flooded() -> None:
    switch = Switch(3)
    for number in range(Switch.most + 1):
        switch.learn(b"\2\0" + number.to_bytes(4, "big"), 1)
    switch.learn(b"\2\0\0\0\0\0", 2)  # a known one may still move
    assert len(switch.table) == Switch.most
    assert list(switch.ports_for(frame(b"\2\0" + Switch.most.to_bytes(4, "big")), 0)) == [1, 2]
    assert list(switch.ports_for(frame(b"\2\0\0\0\0\0"), 0)) == [2]


def test_the_table_that_is_shown_is_a_copy() -> None:
    switch = learned()
    switch.table.clear()
    assert len(switch.table) == 3


@pytest.mark.parametrize("data", [b"", b"\x02", bytes(6)])
@pytest.mark.parametrize("kind", KINDS.values())
def test_a_frame_that_is_cut_goes_to_all(kind: type[Hub], data: bytes) -> None:
    assert list(kind(3).ports_for(data, 0)) == [1, 2]


def test_a_lan_of_one_sends_nowhere() -> None:
    assert list(Switch(1).ports_for(frame(BOB), 0)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_says_what_it_is(kind: str) -> None:
    assert KINDS[kind](2).kind == kind
