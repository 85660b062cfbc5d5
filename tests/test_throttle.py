"""Throttle: a rate, and a burst of twice that."""

from chatkit.net.throttle import Throttle


def test_a_burst_of_twice_the_rate_is_free_and_then_each_line_costs() -> None:
    bucket = Throttle(100, now=0.0)
    assert bucket.spend(200, now=0.0) == 0.0
    assert bucket.spend(1, now=0.0) == 0.01
    assert bucket.spend(50, now=0.0) == 0.51


def test_the_bucket_fills_up_and_not_over() -> None:
    bucket = Throttle(100, now=0.0)
    bucket.spend(200, now=0.0)
    assert bucket.spend(100, now=1.0) == 0.0
    assert bucket.spend(201, now=1000.0) == 0.01


def test_a_rate_of_zero_is_no_limit() -> None:
    assert Throttle(0, now=0.0).spend(10**9, now=0.0) == 0.0
