"""The rules of a wire: who is tried, and what may not be added."""

import threading

import pytest

from chatkit.errors import MisuseError
from chatkit.lan.headers import Headers
from chatkit.lan.log import Fate
from chatkit.lan.rule import Copy, Passing
from chatkit.lan.rule_list import RuleList
from chatkit.lan.rules import delay, drop, duplicate


def passing() -> Passing:
    return Passing(Headers(bytes(60), "ann", "bob"), [Copy(bytes(60), 0)], 0)


def test_rules_are_tried_in_order_until_nothing_is_left_of_the_frame() -> None:
    rules = RuleList(["ann", "bob"])
    first, second, third = rules.add(duplicate()), rules.add(drop()), rules.add(delay(1))
    frame = passing()
    rules.apply(frame)
    assert (frame.copies, frame.fate) == ([], Fate.DROPPED)
    assert (first.seen, second.seen, third.seen) == (1, 1, 0)


def test_adding_and_removing_a_second_time_changes_nothing() -> None:
    rules = RuleList(["ann"])
    one, two = rules.add(drop()), rules.add(delay(1))
    rules.add(one)
    assert rules.all == (one, two)
    rules.remove(one)
    rules.remove(one)
    assert rules.all == (two,)
    rules.clear()
    assert rules.all == ()


def test_what_is_no_rule_is_refused_with_what_makes_one() -> None:
    rules = RuleList(["ann"])
    for call in (rules.add, rules.remove):
        with pytest.raises(MisuseError, match="is no rule; make one with drop, delay"):
            call(drop)  # type: ignore[arg-type]  # as beginners do


def test_a_rule_for_a_host_that_is_not_there_is_refused() -> None:
    with pytest.raises(MisuseError, match="no host is called 'tom'; there is ann, bob"):
        RuleList(["ann", "bob"]).add(drop(sent_by="tom"))


def test_no_rule_gets_lost_when_many_threads_add_and_remove() -> None:
    rules = RuleList(["ann"])
    kept = [drop() for _ in range(100)]

    def work(rule_numbers: range) -> None:
        for number in rule_numbers:
            rules.add(kept[number])
            rules.remove(rules.add(delay(1)))

    threads = [threading.Thread(target=work, args=(range(first, 100, 4),)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(rules.all) == set(kept)
