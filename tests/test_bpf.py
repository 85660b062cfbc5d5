"""The kernel's own filter: what it lets through on real sockets, and that the program can end nowhere else."""

import socket
from collections.abc import Iterator

import pytest

from chatkit.capture import bpf
from chatkit.capture.bpf import port_filter
from chatkit.lan import Lan
from tests.needs import needs_lan
from tests.talks import ACK, Ends, frame_of

PORT = 9898
HEADERS = {
    "IPv4": frame_of(Ends(1, 2, ("10.0.0.2", 1000), ("10.0.0.3", PORT)).up(ACK, 1, 1, b"x"), 1).data,
    "IPv4, the other way": frame_of(Ends(1, 2, ("10.0.0.2", 1000), ("10.0.0.3", PORT)).down(ACK, 1, 1), 1).data,
    "IPv6": frame_of(Ends(1, 2, ("fe80::2", 1000), ("fe80::3", PORT)).up(ACK, 1, 1, b"x"), 1).data,
    "IPv6, the other way": frame_of(Ends(1, 2, ("fe80::2", 1000), ("fe80::3", PORT)).down(ACK, 1, 1), 1).data,
}
WITH_OPTIONS = HEADERS["IPv4"][:14] + b"\x46" + HEADERS["IPv4"][15:34] + b"\x01\x01\x01\x00" + HEADERS["IPv4"][34:]
AS_UDP = HEADERS["IPv4"][:23] + b"\x11" + HEADERS["IPv4"][24:]
WANTED = {**HEADERS, "IPv4 with options": WITH_OPTIONS, "UDP": AS_UDP}
UNWANTED = {
    "another port": frame_of(Ends(1, 2, ("10.0.0.2", 1), ("10.0.0.3", 2)).up(ACK, 1, 1), 1).data,
    "another port on IPv6": frame_of(Ends(1, 2, ("fe80::2", 1), ("fe80::3", 2)).up(ACK, 1, 1), 1).data,
    "a later fragment": HEADERS["IPv4"][:20] + b"\x00\x10" + HEADERS["IPv4"][22:],
    "ICMP": HEADERS["IPv4"][:23] + b"\x01" + HEADERS["IPv4"][24:],
    "ARP": bytes(12) + b"\x08\x06" + bytes(46),
    "too short for ports": HEADERS["IPv4"][:34],
}


@pytest.fixture(scope="module")
def ears() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two packet sockets in one network: one to send by, and one that hears only what the filter lets through."""
    with Lan("ann", "bob") as lan, lan["ann"].raw() as mouth, lan["bob"].raw() as ear:
        ear.settimeout(2)
        bpf.attach(ear, port_filter(PORT))
        yield mouth, ear


@needs_lan
@pytest.mark.parametrize("name", WANTED)
def test_frames_of_the_port_come_through(ears: tuple[socket.socket, socket.socket], name: str) -> None:
    mouth, ear = ears
    mouth.send(_addressed(WANTED[name]))
    assert ear.recv(2000)[12:] == WANTED[name][12:]


@needs_lan
@pytest.mark.parametrize("name", UNWANTED)
def test_all_others_do_not(ears: tuple[socket.socket, socket.socket], name: str) -> None:
    mouth, ear = ears
    mouth.send(_addressed(UNWANTED[name]))
    mouth.send(_addressed(WANTED["UDP"]))
    assert ear.recv(2000)[12:] == WANTED["UDP"][12:]


def test_every_jump_leads_forward_to_an_instruction_and_the_last_two_return() -> None:
    program = port_filter(PORT)
    for at, (_, if_true, if_false, _) in enumerate(program[:-2]):
        assert at + 1 + max(if_true, if_false) < len(program)
    assert [operation for operation, *_ in program[-2:]] == [0x06, 0x06]


def _addressed(data: bytes) -> bytes:
    """With addresses that a switch passes on: to everybody, from anybody."""
    return b"\xff" * 6 + b"\x02\0\0\0\0\x77" + data[12:]
