"""TCP_INFO, asked of real kernels on a real LAN: it agrees with what the wire did."""

import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from chatkit.errors import LanError, MisuseError
from chatkit.lan import Lan, delay, drop, tcp_info
from tests.needs import needs_lan, needs_linux

MODULE = sys.modules["chatkit.lan.tcp_info"]  # chatkit.lan has a function of that name
PATIENCE = 5.0  # seconds
PORT = 9898


@pytest.fixture
def lan() -> Iterator[Lan]:
    with Lan("server", "ann") as lan:
        yield lan


@pytest.fixture
def talk(lan: Lan) -> Iterator[tuple[socket.socket, socket.socket]]:
    """A connection: ann's end, and the server's."""
    with closing(lan["server"].listen(PORT)) as listener:
        listener.settimeout(PATIENCE)
        with lan["ann"].connect(("server", PORT)) as ann, listener.accept()[0] as server:
            server.settimeout(PATIENCE)
            yield ann, server


def comes_true(is_true: Callable[[], bool]) -> bool:
    """Whether it is true before long: a kernel tells nobody when its numbers change."""
    deadline = time.monotonic() + PATIENCE
    while not is_true() and time.monotonic() < deadline:
        time.sleep(0.002)
    return is_true()


@needs_lan
def test_a_connection_begins_with_ten_segments_and_without_a_loss(talk: tuple[socket.socket, socket.socket]) -> None:
    info = tcp_info(talk[0])
    assert (info.state, info.cwnd, info.ssthresh, info.in_flight) == ("ESTABLISHED", 10, None, 0)  # RFC 6928 2
    assert (info.lost, info.retransmissions) == (0, 0)
    assert info.mss == 1448  # of a frame of 1514 bytes, with timestamps
    assert 0 < info.rtt < info.rto


@needs_lan
def test_the_rtt_is_at_least_what_the_wire_delays_both_ways(lan: Lan) -> None:
    lan.wire.add(delay(0.05, kind="tcp"))
    with closing(lan["server"].listen(PORT)), lan["ann"].connect(("server", PORT)) as ann:
        info = tcp_info(ann)
    assert 0.1 <= info.rtt < 1
    assert info.rto >= info.rtt


@needs_lan
def test_a_segment_that_the_wire_dropped_is_counted_as_one_retransmission(
    lan: Lan, talk: tuple[socket.socket, socket.socket]
) -> None:
    ann, server = talk
    rule = lan.wire.add(drop(nth=1, sent_by="ann", carrying_data=True))
    ann.sendall(b"SAY hello\n")
    assert server.recv(100) == b"SAY hello\n"
    assert (rule.applied, tcp_info(ann).retransmissions) == (1, 1)
    assert tcp_info(server).retransmissions == 0


@needs_lan
def test_what_is_not_acknowledged_is_in_flight(lan: Lan, talk: tuple[socket.socket, socket.socket]) -> None:
    ann, _ = talk
    lan.wire.add(drop(sent_by="ann", carrying_data=True))
    ann.sendall(bytes(3 * 1448))
    assert tcp_info(ann).in_flight == 3


@needs_lan
def test_a_loss_halves_the_window_and_sets_a_threshold(lan: Lan, talk: tuple[socket.socket, socket.socket]) -> None:
    ann, server = talk
    ann.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")  # others have rules of their own
    lan.wire.add(delay(0.01))
    lan.wire.add(drop(nth=2, sent_by="ann", carrying_data=True))
    ann.sendall(bytes(10 * 1448))
    with server.makefile("rb") as stream:
        assert stream.read(10 * 1448) == bytes(10 * 1448)
    assert comes_true(lambda: tcp_info(ann).in_flight == 0)
    assert tcp_info(ann).ssthresh == 5  # RFC 5681 3.2: half of what was in flight


@needs_lan
def test_the_states_are_those_of_rfc_9293(lan: Lan, talk: tuple[socket.socket, socket.socket]) -> None:
    ann, server = talk
    ann.shutdown(socket.SHUT_WR)
    assert server.recv(1) == b""
    assert tcp_info(server).state == "CLOSE-WAIT"
    assert comes_true(lambda: tcp_info(ann).state == "FIN-WAIT-2")
    server.shutdown(socket.SHUT_WR)
    assert comes_true(lambda: tcp_info(server).state == "CLOSED")
    assert comes_true(lambda: tcp_info(ann).state in ("CLOSED", "TIME-WAIT"))


@needs_lan
def test_a_socket_that_listens_and_one_that_knocks_have_states_too(lan: Lan) -> None:
    lan.wire.add(drop(flags="SYN"))
    with lan["ann"].socket(socket.AF_INET, socket.SOCK_STREAM) as sock, lan["server"].listen(PORT) as listener:
        sock.setblocking(False)
        sock.connect_ex((lan["server"].address, PORT))
        assert tcp_info(sock).state == "SYN-SENT"
        assert tcp_info(listener).state == "LISTEN"


@needs_lan
def test_a_connection_over_ipv6_tells_the_same() -> None:
    with Lan("server", "ann", ipv6=True) as lan, lan["server"].listen(PORT):
        with lan["ann"].connect(("server", PORT)) as ann:
            assert tcp_info(ann).state == "ESTABLISHED"


# ---- where there is nothing to tell ----


@needs_linux
def test_a_udp_socket_is_no_tcp_socket() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        with pytest.raises(LanError, match="is no TCP socket"):
            tcp_info(sock)


@needs_linux
def test_a_socket_that_is_closed_has_none_any_more() -> None:
    sock = socket.socket()
    sock.close()
    with pytest.raises(LanError, match="is closed"):
        tcp_info(sock)


@pytest.mark.parametrize("thing", [5, None, "ann"])
def test_what_has_no_descriptor_is_no_connection(thing: object) -> None:
    with pytest.raises(MisuseError, match="is no connection: allowed is a socket"):
        tcp_info(thing)  # type: ignore[arg-type]


def test_a_system_without_tcp_info_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "TCP_INFO", raising=False)
    with socket.socket() as sock, pytest.raises(LanError, match="only Linux"):
        tcp_info(sock)


@needs_linux
def test_a_kernel_that_knows_less_than_is_needed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MODULE, "_LAYOUT", struct.Struct("=B7x200I"))
    with socket.socket() as sock, pytest.raises(LanError, match="has .* bytes, and 808 are needed"):
        tcp_info(sock)


@needs_linux
def test_a_state_that_rfc_9293_has_no_word_for_is_shown_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MODULE, "STATES", {})
    with socket.socket() as sock:
        assert tcp_info(sock).state == "state 7 of Linux"
