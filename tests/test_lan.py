"""Lan: hosts by name, from the first frame to the last; whoever makes one, wherever, however often."""

import resource
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from queue import Queue
from typing import NoReturn

import pytest

from chatkit import Client, Server
from chatkit.errors import LanError, MisuseError, Refused
from chatkit.lan import Lan, drop
from chatkit.lan.lan import why_no_lan
from chatkit.protocol.messages import Said
from tests.needs import needs_lan
from tests.traces import PATIENCE, descriptors

pytestmark = needs_lan


@pytest.fixture
def lan() -> Iterator[Lan]:
    with Lan("server", "ann", "bob") as lan:
        yield lan


def send(lan: Lan, sender: str, receiver: str, data: bytes) -> bytes:
    """Send a datagram from host to host, and give what came."""
    with lan[receiver].udp() as there, lan[sender].udp() as here:
        there.settimeout(PATIENCE)
        here.sendto(data, (lan[receiver].address, there.getsockname()[1]))
        return there.recv(1000)


# ---- what it is ----


def test_a_lan_is_a_mapping_of_names_to_hosts(lan: Lan) -> None:
    assert list(lan) == ["server", "ann", "bob"] and len(lan) == 3 and "ann" in lan
    assert [host.address for host in lan.values()] == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    assert len({host.mac for host in lan.values()}) == 3
    assert "10.0.0.2" in repr(lan) and "switch" in repr(lan)


def test_a_host_that_does_not_exist_is_named_and_so_are_those_that_do(lan: Lan) -> None:
    with pytest.raises(MisuseError, match="no host is called 'eve'; there is server, ann, bob"):
        lan["eve"]


@pytest.mark.parametrize(
    "names, kind", [((), "switch"), (("ann", "ann"), "switch"), (("a b",), "hub"), (("a",), "ring")]
)
def test_a_lan_that_cannot_be_meant_is_refused(names: tuple[str, ...], kind: str) -> None:
    with pytest.raises(MisuseError):
        Lan(*names, kind=kind)


def test_this_machine_allows_what_there_is_to_allow(lan: Lan) -> None:
    assert lan.remarks == () and why_no_lan() == ""


def test_a_chat_runs_in_it_although_a_segment_is_lost(lan: Lan) -> None:
    heard: Queue[object] = Queue()
    lost = lan.wire.add(drop(nth=2, sent_by="ann", carrying_data=True))
    with Server(host=lan["server"]) as server:
        with Client("bob", server.address, host=lan["bob"], listener=heard.put):
            with Client("ann", server.address, host=lan["ann"]) as ann:
                ann.say("hello")
                while not isinstance(said := heard.get(timeout=PATIENCE), Said):
                    pass
    assert said == Said("ann", "hello") and lost.applied == 1


# ---- silence ----


def test_nobody_talks_until_somebody_talks(lan: Lan) -> None:
    send(lan, "ann", "bob", b"hello")
    kinds = [passage.data[12:14] for passage in lan.wire.log]
    assert kinds == [b"\x08\x06", b"\x08\x06", b"\x08\x00"]  # who has bob's address? bob. The datagram.


def test_with_ipv6_a_host_tells_its_groups_and_nothing_else() -> None:
    with Lan("ann", "bob", ipv6=True) as lan:
        send(lan, "ann", "bob", b"hello")
        frames = [passage.data for passage in lan.wire.log]
    assert all(frame[12:14] == b"\x86\xdd" for frame in frames)
    hop_by_hop = [frame for frame in frames if frame[20] == 0]  # so does RFC 3810 send the reports of MLD
    others = [frame for frame in frames if frame[20] != 0]
    assert all(frame[62] == 143 for frame in hop_by_hop)  # Version 2 Multicast Listener Report
    assert [frame[20] for frame in others] == [58, 58, 17]  # neighbour solicitation, advertisement; the datagram


# ---- as often as one likes ----


def test_two_lans_at_a_time_have_the_same_addresses_and_nothing_to_do_with_each_other(lan: Lan) -> None:
    with Lan("server", "ann", "bob") as other:
        with lan["server"].listen(9898), other["server"].listen(9898):
            other["ann"].connect(("server", 9898)).close()
        assert len(other.wire.log) > 0 and len(lan.wire.log) == 0


def test_a_lan_is_made_twice_and_leaves_no_open_file() -> None:
    before = descriptors()
    for _ in range(2):
        with Lan("ann", "bob") as lan:
            assert send(lan, "ann", "bob", b"again") == b"again"
    assert descriptors() == before


def test_a_lan_that_was_made_in_a_thread_outlives_it() -> None:
    made: Queue[Lan] = Queue()
    thread = threading.Thread(target=lambda: made.put(Lan("ann", "bob")))
    thread.start()
    thread.join(PATIENCE)
    with made.get(timeout=PATIENCE) as lan:
        assert send(lan, "ann", "bob", b"still there") == b"still there"


def test_requests_of_many_threads_do_not_get_mixed_up(lan: Lan) -> None:
    seen: Queue[tuple[str, str]] = Queue()

    def look(name: str) -> None:
        for _ in range(20):
            with lan[name].udp() as sock:
                sock.connect((lan["server"].address, 9))
                seen.put((name, sock.getsockname()[0]))

    threads = [threading.Thread(target=look, args=(name,)) for name in lan]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert {seen.get_nowait() for _ in range(60)} == {(host.name, host.address) for host in lan.values()}


def test_a_process_with_more_than_a_thousand_open_files_makes_one() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    try:
        with ExitStack() as stack:
            while stack.enter_context(open("/dev/null")).fileno() < 1100:
                pass
            with Lan("ann", "bob") as lan:
                assert send(lan, "ann", "bob", b"far up") == b"far up"
                assert subprocess.run(["true"]).returncode == lan["ann"].run(["true"]).wait(PATIENCE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_process_that_may_open_no_more_files_is_told_so() -> None:
    with Lan("ann") as lan, ExitStack() as stack:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        lowest = stack.enter_context(open("/dev/null")).fileno()
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
        with pytest.raises(LanError, match="too many open files. Remedy: ulimit -n 4096"):
            lan["ann"].udp()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        lan["ann"].udp().close()


def test_an_answer_that_nobody_waited_for_is_not_taken_for_another(lan: Lan, monkeypatch: pytest.MonkeyPatch) -> None:
    before = descriptors()
    with monkeypatch.context() as patch:
        patch.setattr(lan._helper, "_answer", interrupted)
        with pytest.raises(KeyboardInterrupt):  # Ctrl-C, while the helper makes a socket
            lan["ann"].socket(socket.AF_INET, socket.SOCK_STREAM)
    with lan["bob"].udp() as sock:
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_DGRAM
    assert descriptors() == before


def interrupted() -> NoReturn:
    raise KeyboardInterrupt


# ---- the end ----


def test_a_lan_that_is_closed_says_so_and_may_be_closed_again() -> None:
    lan = Lan("ann", "bob")
    lan.close()
    lan.close()
    with pytest.raises(LanError, match="This LAN is closed. Make a new Lan."):
        lan["ann"].udp()
    with pytest.raises(LanError, match="closed"):
        lan["ann"].run(["true"])


def test_a_name_that_no_host_has_is_not_looked_for_on_the_internet(lan: Lan) -> None:
    with pytest.raises(Refused, match=r"No host is called 'example.org' here; there is server, ann, bob."):
        lan["ann"].connect(("example.org", 80))


def test_forty_hosts_are_one_class_on_one_wire() -> None:
    with Lan(*(f"student{number}" for number in range(40))) as lan:
        assert send(lan, "student0", "student39", b"hello") == b"hello"


def test_sockets_of_a_lan_are_not_inherited_by_other_programs(lan: Lan) -> None:
    with lan["ann"].socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        assert not sock.get_inheritable()
