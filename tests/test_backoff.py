"""Backoff and Retry: how long to wait before trying again, and whether to."""

import random

import pytest

from chatkit.faces.backoff import USUAL, Backoff
from chatkit.faces.retry import TRIES, Retry, next_try
from chatkit.protocol.messages import Code

LATEST = Backoff(chance=lambda: 1.0)


def test_the_most_that_one_waits_doubles_up_to_half_a_minute() -> None:
    assert [USUAL.ceiling(number) for number in range(1, 8)] == [1, 2, 4, 8, 16, 30, 30]
    assert USUAL.ceiling(5000) == 30


def test_forty_clients_that_lost_one_server_do_not_come_back_in_one_moment() -> None:
    chance = random.Random(1).random
    for number in range(1, 7):
        waits = sorted(Backoff(chance=chance).wait(number) for _ in range(40))
        assert waits[0] >= 0 and waits[-1] <= USUAL.ceiling(number)
        tenth = USUAL.ceiling(number) / 10
        assert max(sum(start <= wait < start + tenth for wait in waits) for start in waits) <= 12


def test_each_try_counts_and_says_why_and_when() -> None:
    first = next_try(None, "The server said BYE.", None, LATEST, now=100.0)
    assert first == Retry("The server said BYE.", 1, 101.0, None, 1)
    third = next_try(next_try(first, "Nobody listens.", None, LATEST, 101.0), "Nobody listens.", None, LATEST, 103.0)
    assert third is not None
    assert third.plan(103.0) == "Trying again in 4 s (try 3)."
    assert third.plan(107.0) == "Trying again now (try 3)."


def test_the_countdown_changes_each_second_and_ends_with_the_wait() -> None:
    retry, now, shown = Retry("Lost.", 1, due=12.25), 10.0, []
    while retry.due > now:
        shown.append((now, retry.seconds(now)))
        now += retry.next_second(now)
    assert shown == [(10.0, 3), (10.25, 2), (11.25, 1)]
    assert (now, retry.seconds(now), retry.next_second(now)) == (12.25, 0, 0.0)
    assert retry.next_second(99.0) == 0.0


@pytest.mark.parametrize(
    ("code", "tries"),
    [
        (Code.NAME_TAKEN, 5),
        (Code.BAD_NAME, 1),
        (Code.PASSWORD_NEEDED, 1),
        (Code.WRONG_PASSWORD, 1),
        (Code.TOO_MANY_TRIES, 1),
        (Code.FULL, None),
        (Code.JOIN_TIMEOUT, None),
        (None, None),
    ],
)
def test_what_trying_again_cannot_mend_is_given_up(code: Code | None, tries: int | None) -> None:
    retry, made = next_try(None, "Lost.", None, LATEST, 0.0), 0
    while retry and made < 50:
        made += 1
        retry = next_try(retry, "The server refused.", code, LATEST, 0.0)
    assert (retry is None, made) == ((True, tries) if tries else (False, 50))


def test_only_refusals_in_a_row_are_counted() -> None:
    retry = next_try(None, "Lost.", None, LATEST, 0.0)
    for number in range(20):
        retry = next_try(retry, "Refused.", Code.NAME_TAKEN if number % 3 else None, LATEST, 0.0)
    assert retry is not None and retry.number == 21
    assert TRIES[Code.NAME_TAKEN] > 3
