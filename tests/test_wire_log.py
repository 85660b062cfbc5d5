"""The log of a wire: its rows, and what happens at the limit of its memory."""

import pytest

from chatkit.lan import log as module
from chatkit.lan.log import Fate, Log


def test_rows_are_numbered_from_1_and_say_what_became_of_a_frame() -> None:
    log = Log()
    row = log.add(5, "ann", b"x" * 60)
    log.add_delivery(row, "bob", row.data)
    log.add(6, "", b"y" * 60, Fate.INJECTED)
    log.add(7, "ann", b"z" * 60, Fate.DROPPED, "drop(nth=2)")
    assert [repr(row) for row in log] == [
        "<frame 1: 60 bytes from ann to bob, delivered>",
        "<frame 2: 60 bytes from the wire to nobody, injected>",
        "<frame 3: 60 bytes from ann to nobody, dropped by drop(nth=2)>",
    ]
    assert list(log.since(2)) == [log[-1]]
    assert row in log


@pytest.mark.parametrize("copies", [0, 3])
def test_beyond_its_memory_the_log_only_counts_and_numbers_go_on(monkeypatch: pytest.MonkeyPatch, copies: int) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 100_000)
    log = Log()
    numbers = []
    for _ in range(100):
        row = log.add(0, "ann", bytes(1500))
        for _ in range(copies):
            log.add_delivery(row, "bob", bytes(1500))  # changed by a rule, so that it takes memory of its own
        numbers.append(row.number)
    assert numbers == list(range(1, 101))
    assert len(log) + log.beyond == 100
    assert len(log) * 1500 * (1 + copies) <= 100_000 + 1500 * (1 + copies)


def test_who_reads_the_log_sees_what_was_there_when_it_was_asked() -> None:
    log = Log()
    log.add(0, "ann", b"1")
    seen = log.since(0)
    log.add(0, "ann", b"2")
    assert [row.data for row in seen] == [b"1"]
