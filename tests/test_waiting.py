"""Copies that are held back: what goes when, on a clock that the test sets."""

import time

import pytest

from chatkit.lan.log import Passage
from chatkit.lan.rule import Copy
from chatkit.lan.waiting import WaitingRoom


class Clock:
    """What time.monotonic_ns() gives."""

    now = 1000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic_ns", clock)
    return clock


def put(
    room: WaitingRoom, number: int, after: int = 0, behind: int = 0, patience: int = 0, sender: str = "ann"
) -> None:
    passage = Passage(number, 0, sender, b"")
    room.put(Copy(b"", time.monotonic_ns() + after, behind, patience), passage, (1,))


def gone(room: WaitingRoom) -> list[int]:
    return [waiting.passage.number for waiting in room.due()]


def test_what_waits_for_nothing_goes_at_once_and_in_order(clock: Clock) -> None:
    room = WaitingRoom()
    for number in (1, 2, 3):
        put(room, number)
    assert gone(room) == [1, 2, 3]
    assert len(room) == 0


def test_what_is_delayed_goes_when_its_time_has_come(clock: Clock) -> None:
    room = WaitingRoom()
    put(room, 1, after=20)
    put(room, 2, after=10)
    assert (gone(room), room.seconds_left, len(room)) == ([], 10 / 1e9, 2)
    clock.now += 10
    assert gone(room) == [2]
    clock.now += 10
    assert (gone(room), room.seconds_left, len(room)) == ([1], None, 0)


def test_one_counts_as_waiting_until_it_has_been_handed_over(clock: Clock) -> None:
    room = WaitingRoom()
    put(room, 1)
    assert [len(room) for _ in room.due()] == [1]
    assert len(room) == 0


def test_who_waits_to_be_overtaken_goes_right_after_the_last_that_it_waits_for(clock: Clock) -> None:
    room = WaitingRoom()
    put(room, 1, behind=2, patience=100)
    assert room.is_patient
    for number in (2, 3, 4):
        put(room, number)
    assert gone(room) == [2, 3, 1, 4]
    assert not room.is_patient


def test_only_later_frames_of_the_same_sender_overtake(clock: Clock) -> None:
    room = WaitingRoom()
    put(room, 1, after=5)
    put(room, 2, behind=1, patience=100)
    put(room, 3, sender="bob")
    clock.now += 5
    assert gone(room) == [3, 1]
    put(room, 4)
    assert gone(room) == [4, 2]


def test_two_copies_of_one_frame_overtake_once(clock: Clock) -> None:
    room = WaitingRoom()
    put(room, 1, behind=2, patience=100)
    put(room, 2)
    put(room, 2)
    assert gone(room) == [2, 2]
    put(room, 3)
    assert gone(room) == [3, 1]


def test_a_frame_that_is_on_its_way_has_not_overtaken_yet(clock: Clock) -> None:
    room = WaitingRoom()
    put(room, 1, behind=1, patience=100)
    put(room, 2, after=50)
    assert gone(room) == []
    clock.now += 50
    assert gone(room) == [2, 1]


def test_who_is_overtaken_still_waits_until_its_own_delay_is_over(clock: Clock) -> None:
    room = WaitingRoom()
    put(room, 1, after=50, behind=1, patience=100)
    put(room, 2)
    assert gone(room) == [2]
    clock.now += 50
    assert gone(room) == [1]


def test_patience_ends_and_what_comes_later_finds_nobody(clock: Clock) -> None:
    room = WaitingRoom()
    put(room, 1, behind=1, patience=100)
    clock.now += 100
    assert gone(room) == [1]
    put(room, 2)
    assert gone(room) == [2]
    assert (room.is_patient, len(room), room.seconds_left) == (False, 0, None)
