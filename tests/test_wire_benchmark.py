"""The benchmark of the wire view runs, and what it counts is right; how fast anything is, is no test's business."""

from pathlib import Path

import pytest

from tests.needs import needs_chromium, needs_lan

pytest.importorskip("playwright", reason="needs Playwright: python3 -m chatkit test installs it")

from benchmarks.wire_view import measure_live, table

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180), needs_chromium, needs_lan]


def test_the_benchmark_counts_what_passes_and_what_is_shown(tmp_path: Path) -> None:
    live = measure_live(tmp_path, rate=60, seconds=4)
    assert 40 < live.rate < 80
    assert len(live.late) > 10 * live.never_shown
    assert min(live.late) > 0, "no frame is shown before it has left its sender"
    assert min(live.kernel, live.renderer) > 0
    assert table(live).splitlines()[-1].split()[:2] == ["frames", "shown"]
