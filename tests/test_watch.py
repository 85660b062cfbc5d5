"""What the thread of a wire sleeps on."""

import socket
import time

import pytest

from chatkit.lan import watch
from chatkit.lan.watch import Watch
from tests.needs import needs_linux

pytestmark = needs_linux


def test_who_rings_wakes_it_also_from_before_and_after_the_end_in_vain() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sleeper = Watch([], ours.fileno())
        sleeper.ring()
        sleeper.ring()
        assert sleeper.wait(None) == []
        assert sleeper.wait(0) == []
        sleeper.close()
        sleeper.ring()


def test_it_sees_that_the_lan_is_gone() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        sleeper = Watch([], ours.fileno())
        assert sleeper.is_alive
        theirs.close()
        assert sleeper.wait(None) == []
        assert not sleeper.is_alive
        sleeper.close()


@pytest.mark.parametrize("most", [1023, -1], ids=["select", "epoll alone"])
def test_it_sleeps_at_least_as_long_as_it_is_told(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(watch, "_MOST_FOR_SELECT", most)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sleeper = Watch([], ours.fileno())
        begin = time.monotonic()
        sleeper.wait(0.0123)
        assert time.monotonic() - begin >= 0.0123
        sleeper.close()
