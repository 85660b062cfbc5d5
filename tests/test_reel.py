"""The reel: which steps have had their turn, by a clock of the test's own."""

from chatkit.faces.wire.reel import Reel


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def playing(pace: float | None) -> tuple[Reel, Clock]:
    clock = Clock()
    reel = Reel(pace, clock)
    reel.play()
    return reel, clock


def test_live_everything_is_shown_as_soon_as_it_has_happened() -> None:
    reel, _ = playing(None)
    assert [reel.advance(3), reel.advance(3), reel.advance(250)] == [3, 3, 250]


def test_in_slow_motion_each_step_has_its_turn() -> None:
    reel, clock = playing(0.5)
    seen = []
    for clock.now in (100.0, 100.4, 100.5, 101.6, 109.0):
        seen.append(reel.advance(6))
    assert seen == [1, 1, 2, 4, 6]


def test_a_step_that_comes_after_a_wait_is_shown_at_once_and_the_next_one_in_its_turn() -> None:
    reel, clock = playing(1.0)
    reel.advance(1)
    clock.now = 150.0
    assert [reel.advance(1), reel.advance(4)] == [1, 2]
    clock.now = 150.9
    assert reel.advance(4) == 2
    clock.now = 151.0
    assert reel.advance(4) == 3


def test_a_paused_reel_stays_where_it_is() -> None:
    reel, clock = playing(1.0)
    reel.advance(9)
    reel.pause()
    clock.now = 200.0
    assert reel.advance(9) == 1


def test_who_goes_to_a_place_stays_there_and_cannot_leave_the_film() -> None:
    reel, _ = playing(None)
    places = []
    for wanted in (4, -1, 99):
        reel.go(wanted, 10)
        places.append(reel.advance(10))
    assert places == [4, 0, 10]
    assert not reel.is_playing


def test_another_pace_holds_from_now_on() -> None:
    reel, clock = playing(10.0)
    reel.advance(100)
    clock.now = 101.0
    reel.set_pace(0.1)
    assert reel.advance(100) == 2
    clock.now = 102.0
    assert reel.advance(100) == 12


def test_a_film_that_got_shorter_is_shown_to_its_end() -> None:
    reel, _ = playing(None)
    reel.advance(10)
    assert reel.advance(4) == 4
