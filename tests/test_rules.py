"""Rules: which frames they choose, what they do, in which order, and what they refuse."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet

from chatkit.errors import MisuseError
from chatkit.lan import Lan
from chatkit.lan.checksums import with_checksums
from chatkit.lan.headers import Headers
from chatkit.lan.log import Fate
from chatkit.lan.rules import (
    MOST_COPIES,
    Copy,
    Passing,
    Rule,
    When,
    corrupt,
    delay,
    drop,
    duplicate,
    limit,
    reorder,
    rewrite,
)
from tests.needs import needs_lan

MS = 1_000_000  # nanoseconds
SECOND = 1000 * MS

ETHER = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
IP4 = IP(src="10.0.0.1", dst="10.0.0.2")


def frame(packet: Packet) -> bytes:
    return bytes(ETHER / packet)


SYN = frame(IP4 / TCP(sport=40000, dport=9898, flags="S"))
SYN_ACK = frame(IP4 / TCP(sport=40000, dport=9898, flags="SA"))
ACK = frame(IP4 / TCP(sport=40000, dport=9898, flags="A"))
DATA = frame(IP4 / TCP(sport=40000, dport=9898, flags="PA") / b"SAY hello\n")
DATAGRAM = frame(IP4 / UDP(sport=53, dport=5353) / b"x")
WHO_HAS = bytes(Ether(src="02:00:00:00:00:01", dst="ff:ff:ff:ff:ff:ff") / ARP(pdst="10.0.0.2"))


def passed(rules: Rule | Sequence[Rule], data: bytes = DATA, now: int = 0, sender: str = "ann") -> Passing:
    """A frame after the rules."""
    passing = Passing(Headers(data, sender, "bob"), [Copy(data, now)], now)
    for rule in [rules] if isinstance(rules, Rule) else rules:
        rule.apply(passing)
    return passing


def dropped(rule: Rule, frames: Iterable[bytes]) -> list[bool]:
    return [not passed(rule, data).copies for data in frames]


def times(rules: Rule | Sequence[Rule], comes: Iterable[int]) -> list[int | None]:
    """When each of ann's frames leaves, that come at these times; None for one that is dropped."""
    ends = [passed(rules, now=now).copies for now in comes]
    return [copies[0].ready if copies else None for copies in ends]


# ---- conditions ----


@pytest.mark.parametrize(
    ("when", "met"),
    [
        (When(), [SYN, SYN_ACK, ACK, DATA, DATAGRAM, WHO_HAS]),
        (When(sent_by="ann", sent_to="bob"), [SYN, SYN_ACK, ACK, DATA, DATAGRAM, WHO_HAS]),
        (When(sent_by="bob"), []),
        (When(sent_to="ann"), []),
        (When(kind="tcp"), [SYN, SYN_ACK, ACK, DATA]),
        (When(kind="arp"), [WHO_HAS]),
        (When(port=9898), [SYN, SYN_ACK, ACK, DATA]),
        (When(port=53), [DATAGRAM]),
        (When(carrying_data=True), [DATA, DATAGRAM]),
        (When(carrying_data=False), [SYN, SYN_ACK, ACK, WHO_HAS]),
        (When(flags="SYN"), [SYN, SYN_ACK]),
        (When(flags="syn, ack"), [SYN_ACK]),
        (When(flags="SYN", without="ACK"), [SYN]),
        (When(without="SYN"), [ACK, DATA]),
        (When(where=lambda frame: frame.payload.startswith(b"SAY")), [DATA]),
        (When(kind="tcp", carrying_data=True, flags="FIN"), []),
    ],
)
def test_a_rule_is_for_frames_that_meet_all_its_conditions(when: When, met: list[bytes]) -> None:
    frames = [SYN, SYN_ACK, ACK, DATA, DATAGRAM, WHO_HAS]
    assert [data for data in frames if not passed(drop(**when), data).copies] == met


def test_a_segment_without_any_flag_has_none_that_is_to_be_missing() -> None:
    assert not passed(drop(without="ACK"), frame(IP4 / TCP(flags=""))).copies


def test_nth_counts_the_frames_that_meet_the_other_conditions() -> None:
    rule = drop(nth=2, sent_by="ann", carrying_data=True)
    assert dropped(rule, [ACK, DATA, ACK, DATA, DATA]) == [False, False, False, True, False]
    assert (rule.seen, rule.applied) == (3, 1)


@pytest.mark.parametrize("nth", [[2, 4], {2, 4}, range(2, 5, 2)])
def test_nth_may_be_several(nth: list[int]) -> None:
    assert dropped(drop(nth=nth), [ACK] * 5) == [False, True, False, True, False]


def test_from_the_third_on_is_a_range_that_may_be_long() -> None:
    assert dropped(drop(nth=range(3, 10**12)), [ACK] * 4) == [False, False, True, True]


def test_at_most_counts_what_was_done() -> None:
    rule = drop(carrying_data=True, at_most=2)
    assert dropped(rule, [DATA, ACK, DATA, DATA]) == [True, False, True, False]
    assert (rule.seen, rule.applied) == (3, 2)


def test_the_same_seed_makes_the_same_choices_and_another_makes_others() -> None:
    def choices(seed: int) -> list[bool]:
        return dropped(drop(chance=0.3, seed=seed), [ACK] * 200)

    assert choices(7) == choices(7) != choices(8)
    assert 40 < sum(choices(7)) < 80


def test_a_chance_of_0_is_never_and_of_1_is_always() -> None:
    assert dropped(drop(chance=0), [ACK] * 50) == [False] * 50
    assert dropped(drop(chance=1), [ACK] * 50) == [True] * 50


def test_each_sender_has_no_count_of_its_own_unless_the_rule_names_one() -> None:
    rule = drop(nth=2)
    assert [not passed(rule, sender=sender).copies for sender in ("ann", "bob", "ann")] == [False, True, False]


# ---- one after the other ----


def test_a_dropped_frame_reaches_no_later_rule() -> None:
    later = delay(1)
    assert passed([drop(), later]).fate is Fate.DROPPED
    assert later.seen == 0


def test_delays_add_up() -> None:
    assert passed([delay(0.1), delay(0.2)]).copies == [Copy(DATA, 300 * MS)]


def test_the_log_names_all_the_rules_and_the_gravest_fate() -> None:
    passing = passed([corrupt(), delay(1), drop(nth=9)])
    assert (passing.fate, passing.rules) == (Fate.CORRUPTED, ["corrupt(-1)", "delay(1)"])


def test_a_rule_sees_what_the_one_before_it_has_left() -> None:
    quiet = rewrite(lambda data: data.replace(b"SAY", b"WHO"))
    assert passed([quiet, drop(where=lambda frame: b"SAY" in frame.payload)]).copies
    assert not passed([quiet, drop(where=lambda frame: b"WHO" in frame.payload)]).copies


# ---- delay ----


def test_each_frame_is_delayed_as_much() -> None:
    assert times(delay(0.1), [0, 5 * MS, 7 * MS]) == [100 * MS, 105 * MS, 107 * MS]


@given(st.lists(st.integers(0, 30 * MS), max_size=50), st.integers())
def test_jitter_never_reorders_the_frames_of_one_sender(gaps: list[int], seed: int) -> None:
    comes = [sum(gaps[: count + 1]) for count in range(len(gaps))]
    leaves = times(delay(0.05, jitter=0.05, seed=seed), comes)
    assert leaves == sorted(leaves)
    assert all(0 <= leaving - coming <= 100 * MS for coming, leaving in zip(comes, leaves, strict=True))


def test_jitter_is_another_for_each_frame_and_the_same_in_each_run() -> None:
    comes = [number * SECOND for number in range(20)]
    waits = [leaves - now for leaves, now in zip(times(delay(0.1, jitter=0.02), comes), comes, strict=True)]
    assert waits == [leaves - now for leaves, now in zip(times(delay(0.1, jitter=0.02), comes), comes, strict=True)]
    assert len(set(waits)) == 20
    assert 80 * MS <= min(waits) < 100 * MS < max(waits) <= 120 * MS


def test_a_frame_that_another_rule_holds_back_delays_no_other() -> None:
    rules = [delay(1, nth=2), delay(0.1, jitter=0.01)]
    first, second, third = times(rules, [0, 1, 2])
    assert first <= third < second


# ---- duplicate, reorder ----


def test_a_duplicate_comes_again_so_many_times() -> None:
    assert passed(duplicate()).copies == [Copy(DATA, 0)] * 2
    assert len(passed(duplicate(4)).copies) == 5


def test_duplicates_of_duplicates_have_an_end() -> None:
    assert len(passed([duplicate(99), duplicate(99), duplicate(99)]).copies) == MOST_COPIES


def test_duplicates_are_copies_of_their_own() -> None:
    one, other = passed(duplicate()).copies
    assert one is not other


def test_a_frame_waits_for_others_with_patience_and_keeps_its_own_time() -> None:
    (one,) = passed([reorder(3, patience=0.5), delay(0.1)]).copies
    assert (one.behind, one.ready, one.due) == (3, 100 * MS, 600 * MS)


def test_the_frame_behind_one_that_waits_is_delayed_as_all_are() -> None:
    assert times([reorder(nth=1), delay(0.1)], [0, 1]) == [100 * MS, 100 * MS + 1]


# ---- corrupt, rewrite ----


def test_a_byte_is_corrupted_and_no_checksum_is_mended() -> None:
    (one,) = passed(corrupt(-2, flip=0x01)).copies
    assert one.data == DATA[:-2] + b"n" + DATA[-1:]


def test_a_frame_without_that_byte_stays_as_it_is() -> None:
    rule = corrupt(len(ACK))
    assert passed(rule, ACK).copies == [Copy(ACK, 0)]
    assert rule.applied == 0
    assert passed(rule, DATA).copies != [Copy(DATA, 0)]


def shout(data: bytes) -> bytes:
    return data.replace(b"hello", b"HELLO")


def test_a_rewritten_frame_has_right_checksums_unless_told_not_to() -> None:
    (mended,), (unmended,) = passed(rewrite(shout)).copies, passed(rewrite(shout, checksums=False)).copies
    assert mended.data == with_checksums(shout(DATA)) != unmended.data == shout(DATA)


def test_a_frame_that_its_function_leaves_alone_is_not_rewritten() -> None:
    rule = rewrite(shout)
    assert passed(rule, ACK).fate is Fate.DELIVERED
    assert (rule.seen, rule.applied) == (1, 0)


def test_a_packet_of_scapy_is_a_frame() -> None:
    (one,) = passed(rewrite(lambda data: Ether(data))).copies
    assert one.data == DATA


@pytest.mark.parametrize(
    ("result", "complaint"),
    [
        (None, "gave None, which is no frame: allowed are bytes"),
        ("text", "gave 'text', which is no frame"),
        (60, "gave 60, which is no frame"),
        (bytes(13), "a frame of 13 bytes: allowed are 14 to 1514"),
        (bytes(1515), "a frame of 1515 bytes: allowed are 14 to 1514"),
    ],
)
def test_a_function_that_gives_no_frame_is_told_so_and_changes_nothing(result: object, complaint: str) -> None:
    results: list[object] = [bytes(20), result]  # of the two copies, the second fails
    rules = [duplicate(), rewrite(lambda _: results.pop(0))]  # type: ignore[arg-type,return-value]
    assert_nothing_is_done(rules[0], rules[1], MisuseError, complaint)


@pytest.mark.parametrize("make", [lambda fail: drop(where=fail), lambda fail: rewrite(fail)])
def test_what_a_student_s_function_raises_passes_through_and_changes_nothing(make: Callable[..., Rule]) -> None:
    def fail(_: object) -> bytes:
        raise ZeroDivisionError("the student's")

    assert_nothing_is_done(duplicate(), make(fail), ZeroDivisionError, "the student's")


def assert_nothing_is_done(first: Rule, second: Rule, error: type[Exception], complaint: str) -> None:
    passing = passed(first)
    with pytest.raises(error, match=complaint):
        second.apply(passing)
    assert passing == Passing(Headers(DATA, "ann", "bob"), [Copy(DATA, 0)] * 2, 0, Fate.DUPLICATED, ["duplicate(1)"])
    assert second.applied == 0


# ---- limit ----


def test_frames_leave_one_after_the_other_at_the_rate() -> None:
    took = SECOND * len(DATA) // 6400
    assert times(limit(6400), [0, 0, 0]) == [took, 2 * took, 3 * took]


@pytest.mark.parametrize("queue", [0, 1, 3])
def test_one_is_sent_and_as_many_wait_as_the_queue_is_long_and_no_more(queue: int) -> None:
    sent = [leaves is not None for leaves in times(limit(1000, queue=queue), [0] * 6)]
    assert sent == [number <= queue for number in range(6)]


def test_a_place_in_the_queue_is_free_when_a_frame_has_left() -> None:
    took = SECOND * len(DATA) // 6400
    assert times(limit(6400, queue=0), [0, took - 1, took]) == [took, None, 2 * took]


def test_a_frame_larger_than_a_second_of_the_rate_passes_and_takes_its_time() -> None:
    assert times(limit(len(DATA) / 5), [0, 0]) == [5 * SECOND, 10 * SECOND]


@given(st.lists(st.integers(0, 30 * MS), min_size=1, max_size=60))
def test_the_rate_is_never_exceeded_and_the_line_is_never_idle_while_frames_wait(gaps: list[int]) -> None:
    comes = [sum(gaps[: count + 1]) for count in range(len(gaps))]
    took, free = SECOND * len(DATA) // 6400, 0
    for now, leaves in zip(comes, times(limit(6400, queue=100), comes), strict=True):
        free = max(now, free) + took
        assert leaves == free


def test_each_sender_has_a_line_of_its_own() -> None:
    rule = limit(1000, queue=0)
    assert [bool(passed(rule, sender=sender).copies) for sender in ("ann", "bob", "ann")] == [True, True, False]


def test_frames_that_are_still_on_their_way_to_the_line_do_not_wait_in_its_queue() -> None:
    comes = [number * SECOND // 100 for number in range(100)]
    assert None not in times([delay(10), limit(6400, queue=1)], comes)


def test_a_line_is_not_blocked_by_a_frame_that_comes_to_it_later() -> None:
    took = SECOND * len(DATA) // 6400
    assert times([delay(5, nth=1), limit(6400, queue=0)], [0, 0]) == [5 * SECOND + took, took]


def test_of_duplicates_the_queue_takes_those_that_fit() -> None:
    passing = passed([duplicate(5), limit(1000, queue=2)])
    assert (len(passing.copies), passing.fate) == (3, Fate.DUPLICATED)


# ---- as text ----


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (drop(), "drop()"),
        (
            drop(nth=2, sent_by="ann", carrying_data=True),
            "drop(nth=2, sent_by='ann', carrying_data=True)",
        ),
        (delay(0.1), "delay(0.1)"),
        (delay(0.1, jitter=0.02, sent_by="ann"), "delay(0.1, jitter=0.02, sent_by='ann')"),
        (duplicate(flags="SYN"), "duplicate(1, flags='SYN')"),
        (reorder(2, patience=1), "reorder(2, patience=1)"),
        (corrupt(14, flip=1), "corrupt(14, flip=1)"),
        (rewrite(shout, checksums=False), "rewrite(shout, checksums=False)"),
        (limit(10_000, queue=5, kind="tcp"), "limit(10000, queue=5, kind='tcp')"),
    ],
)
def test_a_rule_reads_like_the_call_that_made_it(rule: Rule, text: str) -> None:
    assert str(rule) == text


def test_a_rule_shows_its_counters_and_its_trouble() -> None:
    rule = drop(nth=2)
    dropped(rule, [ACK] * 3)
    rule.trouble = ValueError("no")
    assert repr(rule) == "<drop(nth=2): saw 3, applied 1; it failed: ValueError('no')>"


# ---- what is refused ----


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: drop(nth="two"), "nth='two': allowed is a whole number from 1 on"),
        (lambda: drop(nth=0), "nth=0: allowed is"),
        (lambda: drop(nth=()), r"nth=\(\): allowed is"),
        (lambda: drop(nth=[1, "2"]), r"nth=\[1, '2'\]"),
        (lambda: drop(nth=range(3)), r"nth=range\(0, 3\)"),
        (lambda: drop(nth=True), "nth=True"),
        (lambda: drop(chance=5), "chance=5: allowed is a number from 0 to 1"),
        (lambda: drop(chance=float("nan")), "chance=nan"),
        (lambda: drop(chance="0.5"), "chance='0.5'"),
        (lambda: drop(seed=0.5), "seed=0.5: allowed is a whole number"),
        (lambda: drop(at_most=0), "at_most=0: allowed is a whole number from 1 on"),
        (lambda: drop(flags="SYNN"), "flags='SYNN': allowed is some of FIN, SYN"),
        (lambda: drop(flags=""), "flags='': allowed is"),
        (lambda: drop(without=2), "without=2: allowed is"),
        (lambda: drop(flags="SYN ACK", without="ACK"), "ACK cannot be set and not set"),
        (lambda: drop(kind="icmp6"), "kind='icmp6': allowed is one of arp, tcp, udp, icmp, ip, other"),
        (lambda: drop(kind=["tcp"]), r"kind=\['tcp'\]"),
        (lambda: drop(port=65536), "port=65536: allowed is 0 to 65535"),
        (lambda: drop(port="http"), "port='http'"),
        (lambda: drop(sent_by=3), "sent_by=3: allowed is the name of a host"),
        (lambda: drop(sent_by=""), "sent_by='': allowed is"),
        (lambda: drop(carrying_data="yes"), "carrying_data='yes': allowed is True or False"),
        (lambda: drop(where="payload"), "where='payload': allowed is a function"),
        (lambda: drop(sender="ann"), "no condition is called 'sender'; there is sent_by, "),
        (lambda: drop(name="ann"), "no condition is called 'name'"),
        (lambda: drop(nth=None), "nth=None: allowed is"),
        (lambda: delay(-1), "seconds=-1: allowed is a number from 0 to 3,600"),
        (lambda: delay("1"), "seconds='1'"),
        (lambda: delay(float("inf")), "seconds=inf"),
        (lambda: delay(0.1, jitter=0.2), "jitter=0.2: allowed is a number from 0 to 0.1"),
        (lambda: duplicate(0), "copies=0: allowed is a whole number from 1 to 99"),
        (lambda: duplicate(1.5), "copies=1.5"),
        (lambda: reorder(0), "behind=0: allowed is"),
        (lambda: reorder(patience=0), "patience=0: allowed is"),
        (lambda: corrupt("first"), "byte='first'"),
        (lambda: corrupt(1514), "byte=1514: allowed is a whole number from -1,514 to 1,513"),
        (lambda: corrupt(flip=256), "flip=256: allowed is a whole number from 1 to 255"),
        (lambda: rewrite(b"x"), "change=b'x': allowed is a function"),
        (lambda: limit(0), "bytes_per_second=0: allowed is a number from 1 to 10,000,000,000"),
        (lambda: limit(100, queue=-1), "queue=-1: allowed is a whole number from 0"),
        (
            lambda: drop(nth=2).check_hosts([]) or drop(sent_to="eve").check_hosts(["ann", "bob"]),
            "no host is called 'eve'",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_and_what_is_allowed_is_said(make: Callable[[], Rule], complaint: str) -> None:
    with pytest.raises(MisuseError, match=complaint):
        make()


# ---- on a real wire ----


@pytest.fixture(scope="module", params=[False, True], ids=["ipv4", "ipv6"])
def lan(request: pytest.FixtureRequest) -> Iterator[Lan]:
    with Lan("ann", "bob", ipv6=request.param) as lan:
        yield lan


@needs_lan
@pytest.mark.parametrize(
    ("make", "heard_by_bob"),
    [
        (lambda: [drop(kind="udp", nth=2)], b"13"),
        (lambda: [delay(0.05, kind="udp", jitter=0.05)], b"123"),
        (lambda: [duplicate(kind="udp", nth=2)], b"1223"),
        (lambda: [reorder(kind="udp", nth=1)], b"213"),
        (lambda: [reorder(2, kind="udp", nth=1)], b"231"),
        (lambda: [reorder(kind="udp", nth=3, patience=0.05)], b"123"),
        (lambda: [reorder(kind="udp", nth=1), delay(0.05)], b"213"),
        (lambda: [delay(0.05), reorder(kind="udp", nth=1)], b"213"),
        (lambda: [delay(0.1, kind="udp", nth=1), limit(100_000)], b"231"),
        (lambda: [corrupt(kind="udp", nth=2)], b"13"),  # bob's kernel drops it, for its checksum is wrong
        (lambda: [rewrite(lambda data: data[:-1] + b"x", kind="udp", nth=2)], b"1x3"),
        (lambda: [limit(1000, queue=1, kind="udp")], b"12"),
        (lambda: [drop(kind="udp", where=lambda frame: 1 / 0)], b"123"),
    ],
)
def test_the_wire_does_as_the_rules_say(lan: Lan, make: Callable[[], list[Rule]], heard_by_bob: bytes) -> None:
    rules = [lan.wire.add(rule) for rule in make()]
    with lan["bob"].udp() as bob, lan["ann"].udp() as ann:
        bob.settimeout(5)
        for data in (b"1", b"2", b"3"):
            ann.sendto(data, (lan["bob"].address, bob.getsockname()[1]))
        assert b"".join(bob.recv(2000) for _ in heard_by_bob) == heard_by_bob
    lan.wire.clear()
    assert [rule.applied > 0 for rule in rules] == [rule.trouble is None for rule in rules]


@needs_lan
def test_a_rule_for_a_host_that_is_not_there_is_refused(lan: Lan) -> None:
    with pytest.raises(MisuseError, match="no host is called 'eve'; there is ann, bob"):
        lan.wire.add(drop(sent_by="eve"))
