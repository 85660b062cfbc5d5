"""python3 -m chatkit handout: students get the source without its answers, and nothing else is changed."""

import json
import re
from collections.abc import Callable
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import nbformat
import pytest

from chatkit.errors import MisuseError
from chatkit.faces import handout
from chatkit.faces.notebook_versions import Marker, parse, solution_version, student_version, written
from tests.notebooks import ROOT, SOURCES, code_cell, is_graded, is_solution, made, marks, read, small_notebook

ID_OF_NBGRADER = "[a-zA-Z0-9_-]+"  # it takes no dot: handshake_synack-ack, not handshake.synack-ack


def small(*sources: str) -> dict[str, Any]:
    cells = [{"cell_type": "code", "id": f"cell-{i}", "metadata": {}, "source": s} for i, s in enumerate(sources)]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def text(notebook: dict[str, Any]) -> str:
    return "".join(notebook["cells"][0]["source"])


def without_regions(lines: list[str]) -> list[str]:
    """The lines outside of the regions, by another way than that of chatkit."""
    region = rf"(?ms)^ *{Marker.BEGIN} *\n.*?^ *{Marker.END} *(\n|\Z)"
    return re.sub(region, "", "\n".join(lines)).split("\n")


# Each answer, as it is written, as students get it, and with the answer.
REGIONS = {
    "no region": ("a = 1\n\nb = 2", "a = 1\n\nb = 2", "a = 1\n\nb = 2"),
    "a region at the end": (
        "a = None\n### BEGIN SOLUTION\na = 1\n### END SOLUTION",
        "a = None",
        "a = None\na = 1",
    ),
    "a region in the middle": (
        "a = 0\n### BEGIN SOLUTION\na = 1\n### END SOLUTION\nb = 2",
        "a = 0\nb = 2",
        "a = 0\na = 1\nb = 2",
    ),
    "two regions, one in a block": (
        "def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION\n    ...\n"
        "### BEGIN SOLUTION\nf()\n### END SOLUTION",
        "def f():\n    ...",
        "def f():\n    return 1\n    ...\nf()",
    ),
    "nothing but a region": ("### BEGIN SOLUTION\na = 1\n### END SOLUTION", "", "a = 1"),
    "an empty region": ("a = 1\n### BEGIN SOLUTION\n### END SOLUTION\n", "a = 1\n", "a = 1\n"),
    "characters that some take for line ends": ("a = '\u2028\x0c'", "a = '\u2028\x0c'", "a = '\u2028\x0c'"),
}


@pytest.mark.parametrize("source, students, solution", REGIONS.values(), ids=REGIONS)
def test_students_get_no_answer_and_the_solution_has_no_markers(source: str, students: str, solution: str) -> None:
    assert text(student_version(small(source))) == students
    assert text(solution_version(small(source))) == solution


def test_a_source_that_is_lines_is_read_as_one_that_is_a_text() -> None:
    source = REGIONS["a region at the end"][0]
    lines = small()
    lines["cells"] = [small(source)["cells"][0] | {"source": source.splitlines(keepends=True)}]
    assert student_version(lines) == student_version(small(source))


UNBALANCED = {
    "### BEGIN SOLUTION\na = 1": "cell cell-0: '### BEGIN SOLUTION' has no '### END SOLUTION' after it.",
    "a = 1\n### END SOLUTION": "cell cell-0: '### END SOLUTION' stands where only '### BEGIN SOLUTION' can.",
    "### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION": "stands where only '### END SOLUTION' can.",
    "# Begin solution\na = 1\n# End solution": "'# Begin solution' stands where only '### BEGIN SOLUTION' can.",
    "a = 1  ### BEGIN SOLUTION\n### END SOLUTION": "'a = 1  ### BEGIN SOLUTION' stands where only",
    "### BEGIN SOLUTION\na = 1\n### END SOLUTIONS": "'### END SOLUTIONS' stands where only '### END SOLUTION' can.",
}


@pytest.mark.parametrize("version", [student_version, solution_version])
@pytest.mark.parametrize("source, said", UNBALANCED.items())
def test_markers_that_do_not_match_are_refused(version: Callable[..., Any], source: str, said: str) -> None:
    with pytest.raises(MisuseError, match=re.escape(said)):
        version(small(source))


def test_outputs_and_counts_go_and_ids_and_metadata_stay() -> None:
    source = small("1 + 1")
    output = {"output_type": "stream", "name": "stdout", "text": "the answer"}
    source["cells"][0] |= {"outputs": [output], "execution_count": 7, "metadata": {"nbgrader": {"grade_id": "sum"}}}
    source["metadata"] = {"kernelspec": {"name": "python3"}}
    (cell,) = student_version(source)["cells"]
    assert (cell["outputs"], cell["execution_count"]) == ([], None)
    assert (cell["id"], cell["metadata"]) == ("cell-0", {"nbgrader": {"grade_id": "sum"}})
    assert student_version(source)["metadata"] == source["metadata"]


def test_the_source_itself_is_not_changed() -> None:
    source = small(REGIONS["a region at the end"][0])
    before = json.dumps(source)
    student_version(source)
    assert json.dumps(source) == before


def test_a_notebook_is_written_as_jupyter_writes_it() -> None:
    source = small_notebook()
    assert written(parse(nbformat.writes(source))) == nbformat.writes(source) + "\n"


NO_NOTEBOOKS = {
    "not JSON": "this is no notebook: Expecting value",
    "[]": "it has no cells",
    '{"cells": 3}': "it has no cells",
    '{"cells": [{"cell_type": "code"}]}': "it has no cells with a type and a source",
    '{"cells": [{"cell_type": "code", "source": [1]}]}': "it has no cells with a type and a source",
}


@pytest.mark.parametrize("content, said", NO_NOTEBOOKS.items())
def test_a_file_that_is_no_notebook_is_named(course: Path, content: str, said: str) -> None:
    (course / "source" / "02-no.ipynb").write_text(content)
    with pytest.raises(MisuseError, match=re.escape(said)) as caught:
        handout.main([])
    assert "02-no.ipynb: this is no notebook" in str(caught.value)
    assert not list(course.glob("*.ipynb")), "one mistake, and nothing is written"


def test_a_file_that_is_not_utf_8_is_named(course: Path) -> None:
    (course / "source" / "02-no.ipynb").write_bytes(b"\xff")
    with pytest.raises(MisuseError, match="02-no.ipynb: this is no notebook: it is not UTF-8"):
        handout.main([])


# ---- the command ----


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of notebooks with one source."""
    (tmp_path / "source").mkdir()
    nbformat.write(small_notebook(), tmp_path / "source" / "01-small.ipynb")
    monkeypatch.setattr(handout, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(handout, "SOURCE", tmp_path / "source")
    return tmp_path


def test_handout_writes_the_students_version_beside_the_sources(course: Path) -> None:
    assert handout.main([]) == 0
    assert "synack.ack" not in (course / "01-small.ipynb").read_text("utf-8")
    assert read(course / "01-small.ipynb").cells[2].source == "my_ack = my_frame = None  # yours"


def test_handout_writes_into_a_folder(course: Path) -> None:
    assert handout.main([str(course / "new" / "folder")]) == 0
    assert handout.main(["--solutions", str(course / "solved")]) == 0
    assert not (course / "01-small.ipynb").exists()
    students, solved = (read(course / place / "01-small.ipynb") for place in ("new/folder", "solved"))
    assert ["synack.ack" in notebook.cells[2].source for notebook in (students, solved)] == [False, True]
    assert "SOLUTION" not in nbformat.writes(solved)


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"\xff")])
def test_check_says_which_notebook_differs(
    course: Path, damage: Callable[[Path], object], capsys: pytest.CaptureFixture[str]
) -> None:
    handout.main([])
    assert handout.main(["--check"]) == 0
    assert "No notebook differs from its source." in capsys.readouterr().out
    damage(course / "01-small.ipynb")
    assert handout.main(["--check"]) == 1
    assert "01-small.ipynb differs from its source." in capsys.readouterr().out


@pytest.mark.parametrize("argv", [["SOURCE"], ["--solutions", "SOURCE"]])
def test_the_sources_are_never_overwritten(course: Path, argv: list[str]) -> None:
    before = (course / "source" / "01-small.ipynb").read_bytes()
    with pytest.raises(MisuseError, match="is what is edited"):
        handout.main([word.replace("SOURCE", str(course / "source")) for word in argv])
    assert (course / "source" / "01-small.ipynb").read_bytes() == before


def test_no_source_is_an_error(course: Path) -> None:
    (course / "source" / "01-small.ipynb").unlink()
    with pytest.raises(MisuseError, match="No notebook in .*: this needs the whole folder of chatkit"):
        handout.main([])


def test_a_folder_that_cannot_be_written_is_an_error(course: Path) -> None:
    (course / "file").touch()
    with pytest.raises(MisuseError, match="file cannot be written: "):
        handout.main([str(course / "file")])


# ---- the real notebooks ----


@pytest.fixture(params=SOURCES, ids=lambda path: path.stem)
def source(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def test_every_notebook_has_a_source() -> None:
    assert [path.name for path in sorted((ROOT / "notebooks").glob("*.ipynb"))] == [path.name for path in SOURCES]


def test_the_notebooks_of_the_students_are_what_their_sources_make(capsys: pytest.CaptureFixture[str]) -> None:
    assert handout.main(["--check"]) == 0, capsys.readouterr().out


def test_students_get_the_source_and_only_the_regions_are_left_out(source: Path) -> None:
    before, after = read(source), made(student_version, source)
    assert [cell.id for cell in before.cells] == [cell.id for cell in after.cells]
    for old, new in zip(before.cells, after.cells, strict=True):
        lines, kept = old.source.split("\n"), new.source.split("\n")
        changes = {change for change, *_ in SequenceMatcher(None, lines, kept, autojunk=False).get_opcodes()}
        assert changes <= {"equal", "delete"} or new.source == ""
        assert "\n".join(without_regions(lines)).rstrip("\n") == new.source.rstrip("\n")
        assert old.metadata == new.metadata


def test_no_marker_is_left_in_either_version(source: Path) -> None:
    for version in (student_version, solution_version):
        assert "SOLUTION" not in nbformat.writes(made(version, source))


def test_answers_are_in_solution_cells_and_graded_cells_come_after_one(source: Path) -> None:
    last: Any = code_cell("none", "")
    for cell in read(source).cells:
        assert (Marker.BEGIN in cell.source) == is_solution(cell), f"{cell.id}: a region makes a solution cell"
        if is_graded(cell):
            assert is_solution(last), f"no solution cell comes before {cell.id}"
            assert "grade(" in cell.source
        elif cell.cell_type == "code":
            last = cell


def test_the_cells_of_nbgrader_say_all_that_it_wants(source: Path) -> None:
    cells = [cell for cell in read(source).cells if marks(cell)]
    for cell in cells:
        about = marks(cell)
        assert about["grade"] != about["solution"], f"{cell.id} is either answered or graded"
        assert about["locked"] == about["grade"], f"{cell.id}: what grades is locked, what is answered is not"
        assert about["schema_version"] == 3 and not about["task"]
        assert ("points" in about) == about["grade"]
        id = about["grade_id"]
        assert re.fullmatch(ID_OF_NBGRADER, id), f"nbgrader takes no dot in a grade_id: {id.replace('.', '_')}"
    ids = [marks(cell)["grade_id"] for cell in cells]
    assert len(set(ids)) == len(ids)
