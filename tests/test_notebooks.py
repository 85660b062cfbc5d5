"""Every notebook runs with its answers, on every kind of evidence; without them it fails politely."""

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_core.utils import ensure_event_loop

from chatkit.faces.notebook_versions import solution_version, student_version
from tests.needs import needs_lan, needs_live_capture
from tests.notebooks import SOURCES, code_cell, is_graded, is_solution, made, marks, read, run, shown, small_notebook
from tests.promises import promises_of

SIGNS = {  # the best evidence first; and how each says what it is
    "lan": ("the wire of a private LAN", "played on a private LAN just now"),
    "loopback": ("caught live on ",),
    "recorded": ("RECORDED, not caught here: ",),
}
NEEDS_A_LAN = ("NO EFFECT", "it was not played here: ")  # said of what is recorded because only a LAN can show it
LADDER = r'<figure[^>]*>(<div[^>]*>)*<svg[^>]* class="chatkit-ladder"'  # and not one that belongs to a feedback
MAX_LINES = 10  # of code in one cell

LEFT_OVER = """
import os, pathlib, threading
from chatkit.faces.notebook.classroom import close_all
close_all()
parents = [path.read_text().rpartition(") ")[2].split()[1] for path in pathlib.Path("/proc").glob("[0-9]*/stat")]
[thread.name for thread in threading.enumerate() if thread.name.startswith(("chat", "AsyncSniffer"))], \
    parents.count(str(os.getpid()))
"""


def ways() -> list[Any]:
    """The kinds of evidence; those that are not the best to be had here are for the slow tests."""
    needs = {"lan": [needs_lan], "loopback": [needs_live_capture], "recorded": []}
    best = next(kind for kind, needed in needs.items() if not any(mark.args[0] for mark in needed))
    return [pytest.param(kind, marks=[*needed, *slow_unless(kind == best)]) for kind, needed in needs.items()]


def slow_unless(quick: bool) -> list[pytest.MarkDecorator]:
    return [] if quick else [pytest.mark.slow]


@dataclass(frozen=True)
class Ran:
    """A notebook with its answers that was run from top to bottom."""

    name: str
    evidence: str
    notebook: Any
    folder: Path

    @property
    def shown(self) -> dict[str, str]:
        """What stands below each cell, by its id."""
        return {cell.id: shown(cell) for cell in self.notebook.cells if cell.cell_type == "code"}


@pytest.fixture(scope="module", autouse=True)
def an_event_loop() -> None:
    """The clients of kernels make one for themselves and keep it, sockets and all: here is one to keep."""
    ensure_event_loop()


@pytest.fixture(scope="module", params=SOURCES, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    """The source of a notebook."""
    return Path(request.param)


@pytest.fixture(scope="module", params=ways())
def ran(request: pytest.FixtureRequest, path: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("notebook")
    return Ran(path.stem, request.param, run(made(solution_version, path), request.param, folder), folder)


def test_a_notebook_runs_and_shows_the_evidence_that_it_used(ran: Ran) -> None:
    output = "\n".join(ran.shown.values())
    found = [kind for kind, signs in SIGNS.items() if any(sign in output for sign in signs)]
    if ran.evidence == "loopback" and any(words in output for words in NEEDS_A_LAN):
        found = [kind for kind in found if kind != "recorded"] or ["loopback"]
    assert found == [ran.evidence]


def test_a_notebook_leaves_no_file_behind(ran: Ran) -> None:
    assert [entry.name for entry in ran.folder.iterdir()] == ["ipython"]


def test_a_notebook_shows_what_its_text_promises(ran: Ran) -> None:
    promised = promises_of(ran.name)[ran.evidence]
    missing = {id: ran.shown.get(id) for id, wanted in promised.items() if not re.search(wanted, ran.shown.get(id, ""))}
    assert promised
    assert missing == {}


def test_every_answer_is_right(ran: Ran) -> None:
    graded = {cell.id: shown(cell) for cell in ran.notebook.cells if is_graded(cell)}
    assert {id: text for id, text in graded.items() if not text.startswith("✓ right")} == {}


def test_every_figure_has_a_text_alternative(ran: Ran) -> None:
    for cell in ran.notebook.cells:
        for data in (output.get("data", {}) for output in cell.get("outputs", ())):
            assert "image/png" not in data, f"{cell.id}: a picture without words"
            drawn = data.get("text/html", "")
            if "<svg" in drawn:
                assert re.search(r"<title>[^<]+</title><desc>[^<]+</desc>", drawn), f"{cell.id}: nothing is said of it"
            if re.match(LADDER, drawn):
                assert "<CTL=" in data["text/plain"], f"{cell.id}: no ladder in text"
            assert re.findall(r"<img\b(?![^>]* alt=\"[^\"]+\")", drawn) == [], f"{cell.id}: an image without words"


@pytest.mark.slow
@pytest.mark.parametrize("evidence", [pytest.param("lan", marks=needs_lan), "recorded"])
def test_a_notebook_runs_twice_in_one_kernel_and_leaves_no_thread_and_no_process_behind(
    path: Path, evidence: str, tmp_path: Path
) -> None:
    notebook = made(solution_version, path)
    notebook.cells += [*made(solution_version, path).cells, nbformat.v4.new_code_cell(LEFT_OVER)]
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    run(notebook, evidence, tmp_path)
    assert shown(notebook.cells[-1]) == "([], 0)"


# ---- the students' version ----


def with_questions() -> list[Any]:
    """The notebooks that have graded cells; the first is for the quick tests."""
    paths = [path for path in SOURCES if any(map(is_graded, read(path).cells))]
    return [pytest.param(path, marks=slow_unless(path == paths[0]), id=path.stem) for path in paths]


def assert_it_fails_politely(notebook: Any) -> None:
    for cell in notebook.cells:
        failed = any(output.output_type == "error" for output in cell.get("outputs", ()))
        assert failed == is_graded(cell), f"{cell.id}: {shown(cell)}"
        if failed:
            assert shown(cell).startswith("? missing (")
            assert "Traceback" not in shown(cell)


@pytest.mark.parametrize("source", with_questions())
def test_without_answers_the_graded_cells_say_what_is_missing_and_nothing_else_fails(
    source: Path, tmp_path: Path
) -> None:
    assert_it_fails_politely(run(made(student_version, source), "recorded", tmp_path, allow_errors=True))


def test_a_graded_cell_says_what_is_missing_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "small.ipynb").write_text(nbformat.writes(small_notebook()), "utf-8")
    notebook = made(student_version, tmp_path / "small.ipynb")
    assert_it_fails_politely(run(notebook, "recorded", tmp_path, allow_errors=True))
    notebook.cells.append(code_cell("crash", "1 / 0"))
    with pytest.raises(AssertionError, match="(?s)crash: .*ZeroDivisionError"):
        assert_it_fails_politely(run(notebook, "recorded", tmp_path, allow_errors=True))


# ---- what is edited ----


def test_a_notebook_is_committed_clean(path: Path) -> None:
    notebook = read(path)
    assert "widgets" not in notebook.metadata
    assert notebook.metadata.kernelspec.name == "python3"
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"nbgrader"}, f"{cell.id} has metadata"
        assert is_graded(cell) or is_solution(cell) or not marks(cell), f"{cell.id} has metadata"
        if cell.cell_type == "code":
            assert not cell.outputs, f"{cell.id} has outputs"
            assert cell.execution_count is None, f"{cell.id} has a count"


def test_the_cells_of_a_notebook_keep_names_for_ids(path: Path) -> None:
    ids = [cell["id"] for cell in json.loads(path.read_text("utf-8"))["cells"]]
    assert len(set(ids)) == len(ids)
    assert [id for id in ids if not re.fullmatch("[a-z]+(-[a-z]+)*", id)] == []


def test_prose_comes_before_code_and_code_is_short(path: Path) -> None:
    """What grades an answer may follow it at once."""
    cells = made(solution_version, path).cells
    assert [cells[0].cell_type, cells[-1].cell_type] == ["markdown", "markdown"]
    for before, cell in pairwise(cells):
        if cell.cell_type == "code":
            assert len(cell.source.splitlines()) <= MAX_LINES, f"{cell.id} is long"
        if cell.cell_type == "code" and not (is_graded(cell) and before.cell_type == "code"):
            assert before.cell_type == "markdown", f"nothing is said before {cell.id}"
            assert len(re.findall(r"\w+", before.source)) >= 15, f"{before.id} says little"


def test_only_the_first_cell_of_code_imports(path: Path) -> None:
    code = [cell.source for cell in read(path).cells if cell.cell_type == "code"]
    assert "import" in code[0]
    assert not [source for source in code[1:] if re.search(r"^\s*(import|from) ", source, re.MULTILINE)]


def test_there_are_notebooks() -> None:
    assert {"00-first-words", "05-a-lan-of-your-own"} <= {path.stem for path in SOURCES}
