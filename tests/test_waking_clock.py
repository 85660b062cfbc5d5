"""A clock that stands still while nobody looks at it for long."""

from types import SimpleNamespace

import pytest

from chatkit.net import waking_clock
from chatkit.net.waking_clock import LONGEST_STEP, WakingClock


def test_it_goes_as_the_clock_does_and_a_night_is_one_short_step(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([100.0, 100.25, 100.5, 9000.0, 9000.25])
    monkeypatch.setattr(waking_clock, "time", SimpleNamespace(monotonic=lambda: next(moments)))
    clock = WakingClock()
    assert [clock.look() for _ in range(4)] == [100.25, 100.5, 100.5 + LONGEST_STEP, 100.75 + LONGEST_STEP]
