"""ConnectionCapture: taps that fail, end or lag do not stop it, and it knows when it has seen all."""

import threading
import time
from collections.abc import Sequence

import pytest

from chatkit.capture.capture import Capture
from chatkit.capture.connection_capture import ConnectionCapture, capture_connections
from chatkit.capture.frame import Frame
from chatkit.capture.interfaces import interfaces
from chatkit.errors import CaptureError
from tests.needs import needs_live_capture
from tests.peer import TIMEOUT
from tests.talks import ANN, SERVER, Ends
from tests.test_own_connection import EVER, framed

TALK = framed(Ends(100, 300).chat())


class ScriptedTap:
    """Gives what it is told to, a batch for each call, and then nothing; an error is raised."""

    name, interface, is_filtered = "made for a test", "test0", True

    def __init__(self, *batches: Sequence[Frame] | OSError, dropped: int = 0) -> None:
        self._batches = list(batches)
        self.dropped, self.calls, self.is_closed = dropped, 0, False
        self.is_done = threading.Event()

    def receive(self, seconds: float) -> list[Frame]:
        """Give the next batch at once."""
        self.calls += 1
        if not self._batches:
            self.is_done.set()
            return []
        batch = self._batches.pop(0)
        if isinstance(batch, OSError):
            raise batch
        return list(batch)

    def finish(self) -> None:
        """Nothing is on its way."""

    def close(self) -> None:
        """Note it."""
        self.is_closed = True


def caught_by(*taps: ScriptedTap) -> Capture | None:
    with ConnectionCapture(SERVER[1], taps) as running:
        for tap in taps:
            assert tap.is_done.wait(TIMEOUT)
        running.settle()
        capture = running.capture_of(ANN, 0, EVER)
    assert all(tap.is_closed for tap in taps)
    return capture


def test_what_comes_in_batches_is_whole() -> None:
    capture = caught_by(ScriptedTap(TALK[:3], TALK[3:4], TALK[4:]))
    assert capture and len(capture) == len(TALK)


def test_after_an_error_of_one_tap_it_goes_on() -> None:
    capture = caught_by(ScriptedTap(TALK[:3], OSError("the interface is down"), TALK[3:]), ScriptedTap())
    assert capture and len(capture) == len(TALK)


def test_nobody_who_did_not_come_is_found() -> None:
    assert caught_by(ScriptedTap()) is None


def test_what_the_kernel_lost_before_a_connection_is_not_its_loss() -> None:
    capture = caught_by(ScriptedTap(TALK, dropped=3))
    assert capture and capture.dropped == 0


def test_a_tap_that_has_ended_is_asked_now_and_then_and_not_as_fast_as_can_be() -> None:
    tap = ScriptedTap()
    with ConnectionCapture(SERVER[1], [tap]):
        threading.Event().wait(0.2)
    assert tap.calls < 50


def test_settling_waits_for_a_tap_that_is_behind() -> None:
    late = [Frame(frame.number, time.time_ns(), frame.data) for frame in TALK]
    with ConnectionCapture(SERVER[1], [ScriptedTap(late[:1], late[1:])]) as running:
        running.settle()
        capture = running.capture_of(ANN, 0, EVER)
    assert capture and len(capture) == len(TALK)


@needs_live_capture
def test_loopback_is_among_the_interfaces_and_alone_where_nobody_else_may_come() -> None:
    with capture_connections(SERVER[1], on_all_interfaces=False) as running:
        assert running.where == "lo (by scapy)"
    assert "lo" in interfaces()


def test_where_no_interface_can_be_captured_on_each_reason_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise CaptureError("not allowed. Remedy: ask")

    monkeypatch.setattr("chatkit.capture.connection_capture.open_tap", refuse)
    with pytest.raises(CaptureError, match=r"^not allowed. Remedy: ask$"):
        capture_connections(SERVER[1], on_all_interfaces=True)
