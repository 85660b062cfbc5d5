"""The benchmark of fan-out counts right and finds out who delivers wrongly; how fast anything is, it does not judge."""

import shutil
from pathlib import Path

import pytest

from benchmarks.fanout import __main__ as benchmark
from benchmarks.fanout import servers
from benchmarks.fanout import visit as visiting
from benchmarks.fanout.visit import Visit, visit, visit_with_slow
from tests.needs import needs_compiler

pytestmark = needs_compiler

HERE = ["limit", "each", "chatkit", "batched", "naive"]
FEW, SHORT = 12, 0.1  # clients, seconds


@pytest.mark.parametrize("name", HERE)
def test_a_visit_measures_and_finds_nothing_wrong(name: str, tmp_path: Path) -> None:
    if why := servers.why_not(name, "python3"):
        pytest.skip(why)
    with servers.running(name, tmp_path) as server:
        found = visit(server, tmp_path, FEW, SHORT)
    assert found.faults == set()
    assert all(found.figures[what] > 0 for what in ("many", "one", "p99", "join"))


LIARS = {
    "loses": ("if (joined[i] != but && (i != 9 || size < 70))", "lost"),
    "doubles": ("for (int n = i == 9 && size > 70; joined[i] != but && n >= 0; n--)", "out of order or twice"),
}


@pytest.mark.parametrize("lie", LIARS)
def test_a_server_that_delivers_wrongly_is_found_out(lie: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, fault = LIARS[lie]
    source = (servers.HERE / "limit.c").read_text()
    shutil.copy(servers.HERE / "load.c", tmp_path)
    (tmp_path / "limit.c").write_text(source.replace("if (joined[i] != but)", code))
    monkeypatch.setattr(servers, "HERE", tmp_path)
    with servers.running("limit", tmp_path) as server:
        assert visit(server, tmp_path, FEW, SHORT).faults >= {fault}


def test_without_a_compiler_the_load_in_python_counts_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visiting, "has_compiler", lambda: False)
    with servers.running("limit", tmp_path) as server:
        found = visit_with_slow(server, tmp_path, FEW, 2, SHORT)
        assert found.faults == set()
        assert all(found.figures[what] > 0 for what in ("many", "p99"))


def test_the_table_has_medians_and_ratios_to_the_first_row() -> None:
    rows = {"limit": [Visit({"many": 4e6})], "other": [Visit({"many": many}, {"lost"}) for many in (1e6, 2e6, 9e6)]}
    columns = {"many": benchmark.COLUMNS["many"]}
    lines = benchmark.table("12 clients", rows, columns).splitlines()
    assert lines[1].split() == ["limit", "1.00", "4.000", "M/s"]
    assert lines[2].split() == ["other", "0.50", "2.000", "M/s", "lost"]


def test_clients_that_never_read_are_cut_off_and_that_is_noticed(tmp_path: Path) -> None:
    with servers.running("limit", tmp_path) as server:
        found = visit_with_slow(server, tmp_path, FEW, 2, 1.0)
    assert (found.figures["cut"], found.faults) == (2, set())
