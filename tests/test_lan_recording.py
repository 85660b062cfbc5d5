"""The command that records what stands in for a LAN."""

from pathlib import Path

import pytest

from chatkit.capture.capture import Capture
from chatkit.capture.recorded import FOLDER
from chatkit.faces.notebook.lan_views import conversation_of
from chatkit.faces.recordings.lan import LOST, SECRET, main, record
from tests.needs import needs_lan

pytestmark = needs_lan


def test_it_makes_every_capture_that_the_kit_brings_of_a_lan(tmp_path: Path) -> None:
    made = dict(record(tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == {
        path.name for pattern in ("lan-*", "eve-*") for path in FOLDER.glob(pattern)
    }
    assert len(conversation_of("ann", made["lan-loss"]).find(LOST.encode())) == 1  # once in the stream,
    # Twice from ann at the least, and once to bob.
    assert sum(LOST.encode() in segment.payload for segment in made["lan-loss"].segments) >= 3
    assert conversation_of("ann", made["eve-on-hub"]).find(SECRET.encode())
    assert made["eve-on-switch"].segments == ()


@pytest.mark.slow
def test_it_says_what_it_made_and_obeys_a_folder(tmp_path: Path) -> None:
    assert main([str(tmp_path / "new")]) == 0
    assert len(Capture.read(tmp_path / "new" / "lan-delay.pcap").conversations) == 3
    lines = (tmp_path / "new" / "lan-loss.tsv").read_text("utf-8").splitlines()
    assert [line for line in lines if "dropped" in line] == [
        "ann\t\tdropped\tdrop(nth=1, sent_by='ann', carrying_data=True)"
    ]
