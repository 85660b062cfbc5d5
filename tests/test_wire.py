"""The wire of a real LAN: what passes, where to, and what can go wrong while it does."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from chatkit.errors import LanError, MisuseError
from chatkit.lan import Lan, corrupt, delay, drop, duplicate, limit, mover, reorder, rewrite
from chatkit.lan.headers import Headers
from chatkit.lan.log import Fate
from chatkit.lan.rules import Rule
from chatkit.lan.switching import Switch
from tests.frames_on_wire import PATIENCE, ears, frame, receivers, send, settled, texts, until
from tests.needs import needs_lan

pytestmark = needs_lan

NAMES = ("ann", "bob", "eve")
DOWN = """
from pyroute2 import IPRoute
with IPRoute() as ip:
    ip.link("set", index=ip.link_lookup(ifname="eth0")[0], state="down")
"""
MILLISECOND = 1_000_000  # in nanoseconds


@pytest.fixture(scope="module")
def shared() -> Iterator[Lan]:
    with Lan(*NAMES) as lan:
        send(lan, "hello", sender="ann", receiver="bob")
        send(lan, "hello", sender="bob", receiver="ann")
        settled(lan)
        yield lan


@pytest.fixture
def lan(shared: Lan) -> Iterator[Lan]:
    """A switch that knows ann and bob; its rules are gone after the test."""
    yield shared
    shared.wire.clear()
    settled(shared)


# ---- where a frame goes ----


def test_a_switch_floods_what_it_does_not_know_and_learns_who_is_where() -> None:
    with Lan(*NAMES) as lan:
        send(lan, "where are you?", sender="ann", receiver="bob")
        send(lan, "here", sender="bob", receiver="ann")
        send(lan, "ah", sender="ann", receiver="bob")
        assert [receivers(row) for row in settled(lan)] == [["bob", "eve"], ["ann"], ["bob"]]
        assert lan.wire.mac_table == {lan["ann"].mac: "ann", lan["bob"].mac: "bob"}


def test_on_a_hub_everybody_gets_everything() -> None:
    with Lan(*NAMES, kind="hub") as lan, ears(lan, "eve") as eve_hears:
        send(lan, "hello", sender="bob", receiver="ann")
        send(lan, "secret", sender="ann", receiver="bob")
        assert [eve_hears(), eve_hears()] == ["hello", "secret"]
        assert lan.wire.mac_table == {}


def test_a_mirror_port_gets_a_copy_of_every_frame_once() -> None:
    with Lan(*NAMES) as lan:
        lan.wire.mirror_to("eve")
        lan.wire.mirror_to("eve")
        send(lan, "1", sender="ann", receiver="bob")
        send(lan, "2", sender="bob", receiver="ann")
        send(lan, "3", sender="eve", receiver="ann")
        assert [receivers(row) for row in settled(lan)] == [["bob", "eve"], ["ann", "eve"], ["ann"]]


def test_a_forged_sender_takes_over_an_entry_of_the_mac_table() -> None:
    with Lan(*NAMES) as lan:
        send(lan, "hello", sender="bob", receiver="ann")
        settled(lan)
        lan.wire.inject(frame(lan, "I am bob", sender="bob", receiver="ann"), sent_by="eve")
        until(lambda: lan.wire.mac_table[lan["bob"].mac] == "eve")
        send(lan, "for bob", sender="ann", receiver="bob")
        assert receivers(settled(lan)[-1]) == ["eve"]


def test_a_mac_table_full_of_forged_addresses_makes_a_switch_flood() -> None:
    with Lan(*NAMES) as lan:
        to = bytes.fromhex("020000000001")
        for number in range(Switch.most + 10):
            lan.wire.inject(to + b"\x06" + number.to_bytes(5, "big") + b"\x88\xb5", sent_by="eve")
        settled(lan)
        send(lan, "hello", sender="bob", receiver="ann")
        send(lan, "for bob", sender="ann", receiver="bob")
        assert len(lan.wire.mac_table) == Switch.most
        assert receivers(settled(lan)[-1]) == ["bob", "eve"]


def test_a_frame_with_a_vlan_tag_is_logged_and_arrives_as_it_was_sent(lan: Lan) -> None:
    at, plain = len(lan.wire.log), frame(lan, "tagged")
    tagged = plain[:12] + bytes.fromhex("8100 6007") + plain[12:]
    with lan["ann"].raw() as sock:
        sock.send(tagged)
    until(lambda: len(lan.wire.log) > at and lan.wire.waiting == 0)
    assert lan.wire.log[at].data == tagged
    assert lan.wire.log[at].deliveries[0].data == tagged


# ---- what rules do ----


FATES: list[tuple[Callable[[], Rule], Fate, list[str]]] = [
    (lambda: drop(nth=2), Fate.DROPPED, ["1", "3"]),
    (lambda: duplicate(nth=2), Fate.DUPLICATED, ["1", "2", "2", "3"]),
    (lambda: delay(0.01, nth=[1, 2, 3]), Fate.DELAYED, ["1", "2", "3"]),
    (lambda: limit(10_000), Fate.DELAYED, ["1", "2", "3"]),
    (lambda: reorder(nth=2, patience=5), Fate.REORDERED, ["1", "3", "2"]),
    (lambda: reorder(behind=2, nth=1, patience=5), Fate.DELIVERED, ["2", "3", "1"]),
    (lambda: corrupt(nth=2, flip=1), Fate.CORRUPTED, ["1", "3", "3"]),
    (lambda: rewrite(lambda data: data[:-1] + b"x", nth=2), Fate.REWRITTEN, ["1", "x", "3"]),
]


@pytest.mark.parametrize(("rule", "fate", "heard"), FATES, ids=[str(rule()) for rule, _, _ in FATES])
def test_what_a_rule_does_is_heard_and_stands_in_the_log(
    lan: Lan, rule: Callable[[], Rule], fate: Fate, heard: list[str]
) -> None:
    at = len(lan.wire.log)
    lan.wire.add(rule())
    with ears(lan, "bob") as bob_hears:
        send(lan, "1", "2", "3")
        assert [bob_hears() for _ in heard] == heard
    rows = settled(lan, at)
    assert rows[1].fate is fate
    assert sum(len(row.deliveries) for row in rows) == len(heard)


def test_a_delay_counts_from_when_the_frame_left_its_sender(lan: Lan) -> None:
    at = len(lan.wire.log)
    lan.wire.add(delay(0.01))
    send(lan, *"123456")
    for row in settled(lan, at):
        assert row.deliveries[0].nanoseconds - row.nanoseconds >= 10 * MILLISECOND


def test_a_limited_rate_is_kept(lan: Lan) -> None:
    at, size = len(lan.wire.log), len(frame(lan, "1" * 986))
    lan.wire.add(limit(100_000))
    send(lan, *["1" * 986] * 10)
    rows = settled(lan, at)
    assert size == 1000
    assert rows[-1].deliveries[0].nanoseconds - rows[0].nanoseconds >= 100 * MILLISECOND


@pytest.mark.parametrize(
    "rules", [[reorder(nth=1, patience=5), delay(0.02)], [delay(0.02), reorder(nth=1, patience=5)]], ids=str
)
def test_a_frame_that_is_delayed_and_reordered_is_both(lan: Lan, rules: list[Rule]) -> None:
    at = len(lan.wire.log)
    for rule in rules:
        lan.wire.add(rule)
    with ears(lan, "bob") as bob_hears:
        send(lan, "1", "2", "3")
        assert [bob_hears() for _ in "123"] == ["2", "1", "3"]
    for row in settled(lan, at):
        assert row.deliveries[0].nanoseconds - row.nanoseconds >= 20 * MILLISECOND


def test_a_frame_that_nobody_overtakes_comes_when_its_patience_is_over(lan: Lan) -> None:
    at = len(lan.wire.log)
    lan.wire.add(reorder(patience=0.02))
    send(lan, "alone")
    (row,) = settled(lan, at)
    assert receivers(row) == ["bob"]
    assert row.deliveries[0].nanoseconds - row.nanoseconds >= 20 * MILLISECOND


@pytest.mark.parametrize("rule", [delay(0.1), reorder(patience=0.1)], ids=str)
def test_frames_that_wait_still_come_when_their_rule_is_removed(lan: Lan, rule: Rule) -> None:
    lan.wire.add(rule)
    with ears(lan, "bob") as bob_hears:
        send(lan, "late")
        until(lambda: rule.applied)
        lan.wire.remove(rule)
        assert lan.wire.rules == ()
        assert bob_hears() == "late"


def test_when_nothing_waits_all_that_was_sent_has_been_handed_over(lan: Lan) -> None:
    numbers = [str(number) for number in range(200)]
    for rule in (None, delay(0.01)):
        at = len(lan.wire.log)
        if rule:
            lan.wire.add(rule)
        send(lan, *numbers)
        rows = settled(lan, at)
        assert texts(rows) == numbers
        assert all(row.deliveries for row in rows)


# ---- rules that go wrong ----


def test_a_rule_that_fails_is_shown_once_and_its_frames_pass(lan: Lan, capsys: pytest.CaptureFixture[str]) -> None:
    at = len(lan.wire.log)
    rule = lan.wire.add(drop(where=lambda frame: frame.payload[7] == 0))
    send(lan, "1", "2", "3")
    assert [row.fate for row in settled(lan, at)] == [Fate.DELIVERED] * 3
    shown = capsys.readouterr().err
    assert shown.count("Traceback") == 1
    assert "A rule of the wire failed, and the frame passed: drop(" in shown
    assert "frame.payload[7] == 0" in shown
    assert isinstance(rule.trouble, IndexError)
    assert "it failed: IndexError" in repr(lan.wire)


def test_a_rule_that_exits_does_not_end_the_wire(lan: Lan, capsys: pytest.CaptureFixture[str]) -> None:
    at = len(lan.wire.log)
    rule = lan.wire.add(rewrite(lambda data: exit()))
    send(lan, "1", "2")
    assert [receivers(row) for row in settled(lan, at)] == [["bob"]] * 2
    assert isinstance(rule.trouble, SystemExit)
    assert "SystemExit" in capsys.readouterr().err


def test_a_rule_may_use_the_wire_itself(lan: Lan) -> None:
    def answer(data: bytes) -> bytes:
        wire = lan.wire
        wire.remove(once)
        wire.add(drop(nth=1))
        wire.inject(frame(lan, f"waiting {wire.waiting > 0}, lost {wire.lost}", "bob", "ann"), sent_by="bob")
        return data

    once = lan.wire.add(rewrite(answer))
    with ears(lan, "ann") as ann_hears:
        send(lan, "1", "2", "3")
        assert ann_hears() == "waiting True, lost 0"
    assert once.trouble is None
    assert [rule.applied for rule in lan.wire.rules] == [1]


class Gate:
    """What a rule asks: it lets no frame pass until it is opened."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()

    def __call__(self, frame: Headers) -> bool:
        self.reached.set()
        assert self.opened.wait(PATIENCE)
        return False


@pytest.fixture
def gate(lan: Lan) -> Iterator[Gate]:
    """One that has stopped the wire."""
    gate = Gate()
    lan.wire.add(drop(where=gate))
    send(lan, "first")
    assert gate.reached.wait(PATIENCE)
    yield gate
    gate.opened.set()


def test_a_slow_rule_loses_nothing_since_frames_wait_in_the_ring(lan: Lan, gate: Gate) -> None:
    at, lost = len(lan.wire.log), lan.wire.lost
    numbers = [str(number) for number in range(2000)]
    send(lan, *numbers)
    gate.opened.set()
    assert texts(settled(lan, at)) == ["first", *numbers]
    assert lan.wire.lost == lost


def test_what_the_ring_cannot_hold_is_counted_exactly(lan: Lan, gate: Gate) -> None:
    at, lost = len(lan.wire.log), lan.wire.lost
    sent = 4096 + 100
    send(lan, *["x"] * sent)
    askers = [threading.Thread(target=lambda: lan.wire.lost) for _ in range(4)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    gate.opened.set()
    assert (len(settled(lan, at)) - 1, lan.wire.lost - lost) == (4096, 100)


# ---- what is injected ----


def test_a_forged_frame_of_scapy_goes_to_its_receiver_past_all_rules(lan: Lan) -> None:
    from scapy.layers.l2 import Ether
    from scapy.packet import Raw

    at = len(lan.wire.log)
    lan.wire.add(drop())
    with ears(lan, "bob") as bob_hears:
        lan.wire.inject(Ether(dst=lan["bob"].mac, src="02:00:00:00:00:99", type=0x88B5) / Raw(b"boo"))
        assert bob_hears() == "boo"
    (row,) = settled(lan, at)
    assert (row.sender, row.fate) == ("", Fate.INJECTED)


def test_frames_may_be_injected_from_several_threads(lan: Lan) -> None:
    at = len(lan.wire.log)

    def inject() -> None:
        for _ in range(100):
            lan.wire.inject(frame(lan, threading.current_thread().name))

    threads = [threading.Thread(target=inject, name=name) for name in "1234"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(texts(settled(lan, at))) == sorted("1234" * 100)


@pytest.mark.parametrize("size", [0, 13, 1515])
def test_what_is_no_frame_is_not_injected(lan: Lan, size: int) -> None:
    with pytest.raises(MisuseError, match=f"a frame of {size} bytes: allowed are 14 to 1514"):
        lan.wire.inject(bytes(size))


def test_a_host_that_is_not_there_is_named_with_those_that_are(lan: Lan) -> None:
    for call in (lambda: lan.wire.inject(bytes(60), "tom"), lambda: lan.wire.mirror_to("tom")):
        with pytest.raises(MisuseError, match="no host is called 'tom'; there is ann, bob, eve"):
            call()


# ---- nothing is lost ----


def test_the_log_has_what_the_interfaces_sent_and_what_they_got() -> None:
    with Lan("ann", "bob") as lan, lan["bob"].listen(0) as listener:
        with lan["ann"].connect((lan["bob"].address, listener.getsockname()[1])) as sock:
            threading.Thread(target=lambda: (sock.sendall(bytes(3_000_000)), sock.shutdown(1))).start()
            with listener.accept()[0] as other:
                got = 0
                while data := other.recv(1 << 16):
                    got += len(data)
        until(lambda: lan.wire.waiting == 0)
        counters = {name: _counters(lan, name) for name in lan}
        rows = list(lan.wire.log)
        assert got == 3_000_000
        assert lan.wire.lost == 0
        assert [row.number for row in rows] == list(range(1, len(rows) + 1))
        for name in lan:
            arrived = sum(receivers(row).count(name) for row in rows)
            assert counters[name] == (arrived, sum(row.sender == name for row in rows))


def _counters(lan: Lan, name: str) -> tuple[int, int]:
    """Frames that the host's interface has received and sent."""
    with lan[name].run(["cat", "/proc/net/dev"], stdout=subprocess.PIPE, text=True) as process:
        (line,) = [line for line in process.communicate()[0].splitlines() if "eth0:" in line]
    numbers = line.split(":")[1].split()
    return int(numbers[1]), int(numbers[9])


def test_a_frame_that_an_interface_does_not_take_is_lost_and_counted() -> None:
    with Lan("ann", "bob") as lan:
        send(lan, "hello", sender="bob", receiver="ann")
        _take_down(lan, "bob")
        send(lan, "are you there?")
        (hello, row) = settled(lan)
        assert (receivers(hello), receivers(row), lan.wire.lost) == (["ann"], [], 1)


def _take_down(lan: Lan, name: str) -> None:
    """Switch off the interface of a host, as `ip link set eth0 down` does."""
    assert lan[name].run([sys.executable, "-c", DOWN]).wait(PATIENCE) == 0


# ---- the end ----


def test_a_wire_that_has_ended_says_so_and_keeps_what_it_knows() -> None:
    with Lan("ann", "bob") as lan:
        send(lan, "1")
        settled(lan)
        lost = lan.wire.lost
    assert (texts(settled(lan)), lan.wire.lost, lan.wire.waiting) == (["1"], lost, 0)
    with pytest.raises(LanError, match=r"This wire has ended. Make a new Lan."):
        lan.wire.inject(bytes(60))


def test_a_wire_may_be_closed_twice_and_by_two_threads_at_once() -> None:
    with Lan("ann", "bob") as lan:
        closers = [threading.Thread(target=lan.wire.close) for _ in range(2)]
        for closer in closers:
            closer.start()
        for closer in closers:
            closer.join(PATIENCE)
        lan.wire.close()


def test_a_rule_may_close_the_wire() -> None:
    with Lan("ann", "bob") as lan:
        rule = lan.wire.add(drop(where=lambda frame: lan.close()))
        send(lan, "1", "2", "3")
        _await_end(lan)
        assert (rule.trouble, rule.seen) == (None, 0)
        assert lan.wire.waiting == 0


def test_closing_does_not_wait_for_ever_for_a_rule(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mover, "END_TIME", 0.01)
    gate = Gate()
    with Lan("ann", "bob") as lan:
        lan.wire.add(drop(where=gate))
        send(lan, "1")
        assert gate.reached.wait(PATIENCE)
    assert "The wire ends when this rule of it returns: drop(" in capsys.readouterr().err
    gate.opened.set()
    _await_end(lan)


def test_a_wire_whose_helper_is_gone_ends_and_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    with Lan("ann", "bob") as lan:
        os.kill(lan._helper.pid, signal.SIGKILL)
        _await_end(lan)
        assert "It has ended: the helper that held its hosts is gone." in repr(lan.wire)
        assert "The wire of a LAN has ended: the helper that held its hosts is gone." in capsys.readouterr().err
        with pytest.raises(LanError, match=r"has ended: the helper that held its hosts is gone. Make a new Lan."):
            lan.wire.inject(bytes(60))


def test_an_error_in_the_thread_of_the_wire_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", shown.append)
    with Lan("ann", "bob") as lan:
        monkeypatch.setattr(lan.wire._switching, "learn", None)
        send(lan, "1")
        _await_end(lan)
        assert "It has ended: an error of its own, TypeError" in repr(lan.wire)
    assert [args.exc_type for args in shown] == [TypeError]


def test_in_a_process_that_was_forked_the_wire_has_ended_and_ours_goes_on(lan: Lan) -> None:
    at = len(lan.wire.log)
    child = os.fork()
    if not child:
        os._exit(_try_as_child(lan))
    assert os.waitpid(child, 0)[1] == 0
    send(lan, "1")
    assert texts(settled(lan, at)) == ["1"]


def _try_as_child(lan: Lan) -> int:
    try:
        lan.wire.inject(bytes(60))
    except LanError:
        lan.wire.close()
        return 0 if lan.wire.waiting == 0 else 2
    return 1


def _await_end(lan: Lan) -> None:
    """Wait until the thread of its wire has ended."""
    lan.wire._mover._thread.join(PATIENCE)
    assert not lan.wire._mover._thread.is_alive()
