"""The benchmarks run, and what they count is right; how fast anything is, is no test's business."""

from pathlib import Path

import pytest

from benchmarks import lan as benchmark
from benchmarks import reading
from chatkit import Capture
from tests.needs import needs_lan, needs_tshark


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loads that take a moment."""
    monkeypatch.setattr(benchmark, "LOADS", {"bytes": 100_000, "frames": 500, "round-trip": 5})


@needs_lan
def test_a_round_over_the_wire_loses_nothing_and_logs_what_was_sent() -> None:
    figures = benchmark.measure_wire()
    assert figures["lost"] == 0
    assert figures["logged"] == figures["sent"] > 600
    assert all(figures[what] > 0 for what in benchmark.LOADS)


@needs_lan
def test_a_round_over_a_bridge_is_measured_or_its_lack_is_explained() -> None:
    try:
        assert all(figure > 0 for figure in benchmark.measure_bridge().values())
    except RuntimeError as error:
        assert "This kernel makes no bridge" in str(error)


def test_the_table_has_medians_and_ratios_and_sums_of_what_is_lost() -> None:
    wire = {"bytes": 50e6, "frames": 50e3, "round-trip": 1e-4, "start-up of 3": 0.3, "start-up of 40": 1.0}
    rounds = [wire | {"sent": 10, "logged": 9, "lost": lost} for lost in (0, 1, 0)]
    lines = benchmark.table(benchmark.medians(rounds), {"bytes": 100e6}).splitlines()
    assert lines[1].split() == ["TCP,", "one", "connection,", "MB/s", "50", "100", "0.50", "40"]
    assert lines[6].split()[-1] == "30"
    assert lines[8].split() == ["frames", "lost", "by", "the", "wire", "1", "0"]


@needs_lan
@needs_tshark
def test_a_real_chat_is_made_and_all_readers_say_the_same_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "CLIENTS", 2)
    monkeypatch.setattr(reading, "MESSAGES", 5)
    reading.make(path := tmp_path / "chat.pcap", 150)
    capture = Capture.read(path)
    assert (len(capture.frames), capture.conversations[0].server[1]) == (150, reading.PORT)
    found = reading.measure(path, ["tshark", "scapy", "chatkit-streams", "chatkit"], rounds=1)
    lines = reading.table(path, 150, found).splitlines()
    assert lines[0].split()[:2] == ["150", "frames,"]
    assert [line.split()[0] for line in lines[1:]] == ["tshark", "scapy", "chatkit-streams", "chatkit"]
    assert lines[1].split()[3] == "1.0"


def test_readers_that_differ_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "run", lambda name, path, measured: [name])
    with pytest.raises(RuntimeError, match="chatkit-streams and chatkit differ"):
        reading.measure(Path("no.pcap"), ["chatkit-streams", "chatkit"], rounds=1)
