"""A bulk transfer over a long wire, and the one that the kit brings."""

from pathlib import Path

import pytest

from chatkit.errors import LanError
from chatkit.faces.notebook import bulk
from chatkit.faces.notebook.bulk import Transfer, pour, recorded_transfer, save
from chatkit.faces.notebook.stand_in import StandIn
from chatkit.lan.lan import Lan
from tests.calm import calm_transfer
from tests.needs import needs_lan

STAND_IN = StandIn(("server", "ann"), "Not here.")


def _grows_as_slow_start_does(transfer: Transfer) -> bool:
    """RFC 6928: ten segments at first; RFC 5681, section 3.1: then twice as many in each round trip."""
    return transfer.bursts[:3] == (10, 20, 40) and transfer.samples[0].cwnd == 10 and transfer.samples[-1].cwnd > 80


@needs_lan
def test_each_round_trip_has_twice_as_many_segments_as_the_one_before() -> None:
    with Lan("server", "ann") as lan:
        transfer = calm_transfer(lan)
        assert _grows_as_slow_start_does(transfer)
        assert transfer.conversation.reassembled(transfer.conversation.client).end == bulk.SIZE
        assert lan.wire.rules == ()


def test_without_a_lan_it_is_the_recorded_one_and_says_so() -> None:
    transfer = pour(STAND_IN)
    assert _grows_as_slow_start_does(transfer)
    assert "RECORDED" in repr(transfer) and "RECORDED" in transfer.plot().alt_text


def test_what_is_in_flight_never_exceeds_what_the_kernel_allows_itself() -> None:
    transfer = recorded_transfer()
    assert all(sample.in_flight <= sample.cwnd for sample in transfer.samples)
    most = max(flight.in_flight for flight in transfer.conversation.flight(transfer.conversation.client))
    assert most <= max(sample.cwnd * sample.mss for sample in transfer.samples)


def test_the_plot_says_in_words_how_far_the_window_grew() -> None:
    assert "The congestion window grows from 10 segments of 524 bytes to " in pour(STAND_IN).plot().alt_text


def test_what_is_saved_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = recorded_transfer()
    save(before, tmp_path)
    monkeypatch.setattr(bulk, "FOLDER", tmp_path)
    assert recorded_transfer().samples == before.samples
    assert (tmp_path / "slow-start.pcap").exists()


@needs_lan
def test_a_transfer_that_does_not_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "PATIENCE", 0.05)
    with Lan("server", "ann") as lan, pytest.raises(LanError, match="not over within 0.05 s"):
        pour(lan)
