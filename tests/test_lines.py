"""Lines: in order on a slow one, one at a time on a narrow one, whatever comes when."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chatkit.lan.lines import NarrowLine, SlowLine

FRAMES = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 100)), max_size=40)  # when each comes, what it takes


@given(FRAMES)
def test_on_a_slow_line_none_overtakes_another_whichever_is_asked_for_first(frames: list[tuple[int, int]]) -> None:
    line = SlowLine()
    passed = sorted((comes, line.leaves(comes, takes, now=0)) for comes, takes in frames)
    leaving = [leaves for _, leaves in passed]
    assert leaving == sorted(leaving)


@given(st.lists(st.integers(0, 500), max_size=40))
def test_a_slow_line_that_takes_each_as_long_delays_each_as_long(comes: list[int]) -> None:
    line = SlowLine()
    assert [line.leaves(each, 50, now=0) for each in comes] == [each + 50 for each in comes]


@given(FRAMES, st.integers(0, 5))
def test_a_narrow_line_sends_one_at_a_time_whichever_is_asked_for_first(
    frames: list[tuple[int, int]], queue: int
) -> None:
    line = NarrowLine(queue)
    ends = [(line.leaves(comes, takes, now=0), comes, takes) for comes, takes in frames]
    sent = sorted((end - takes, end) for end, _, takes in ends if end is not None and takes)
    assert all(end is None or end - takes >= comes for end, comes, takes in ends)
    assert all(before[1] <= after[0] for before, after in pairwise(sent))


def test_a_frame_fits_into_a_gap_before_one_that_comes_later() -> None:
    line = NarrowLine(queue=0)
    assert [line.leaves(comes, 10, now=0) for comes in (100, 0, 85, 95)] == [110, 10, 95, None]


def test_a_frame_that_does_not_fit_into_the_gap_waits() -> None:
    line = NarrowLine(queue=1)
    assert [line.leaves(comes, 10, now=0) for comes in (100, 95)] == [110, 120]


def test_lines_forget_what_has_left_them() -> None:
    slow, narrow = SlowLine(), NarrowLine(5)
    for now in range(0, 10_000, 10):
        slow.leaves(now, 20, now)
        narrow.leaves(now, 5, now)
    assert len(slow._on_it) <= 3
    assert len(narrow._busy) <= 2
