"""nbgrader grades the notebooks as they are: right answers get all points, none get none, and no cell can be bent."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import nbformat
import pytest

from chatkit.faces.notebook_versions import solution_version, student_version
from tests.kernels import without_ports
from tests.notebooks import ROOT, SOURCES, is_graded, is_solution, made, marks, read, small_notebook

ASSIGNMENT = "chatkit"
# Without this nbgrader writes an error of its own into the gap, and all cells after it fail.
SETTINGS = 'c = get_config()\nc.ClearSolutions.code_stub = {{"python": ""}}\nc.KernelManager.update({})\n'
SCORES = """
import json, sys
from nbgrader.api import Gradebook

with Gradebook("sqlite:///gradebook.db") as book:
    for submission in book.assignment_submissions(sys.argv[1]):
        grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
        print(json.dumps([submission.student.id, {grade.name: [grade.score, grade.max_score] for grade in grades}]))
"""

needs_nbgrader = pytest.mark.skipif(
    find_spec("nbgrader") is None, reason="needs nbgrader: python3 -m chatkit test installs it"
)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), needs_nbgrader]

Score = dict[str, list[float]]  # by cell: its points, and how many there are


@dataclass(frozen=True)
class Course:
    """A course of nbgrader with one notebook, in a folder of its own, headless."""

    folder: Path
    source: Path

    def command(self, *words: str) -> str:
        """Run Python with these words, where nothing but the course is found; gives its output."""
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),  # nbgrader starts alembic
            "CHATKIT_CAPTURE": "recorded",  # the same for everybody
            "JUPYTER_CONFIG_DIR": str(self.folder / "settings"),
            "IPYTHONDIR": str(self.folder / "ipython"),
        }
        environment.pop("DISPLAY", None)
        answer = subprocess.run(
            [sys.executable, *words], cwd=self.folder, env=environment, capture_output=True, text=True
        )
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    def release(self) -> Any:
        """What nbgrader gives to the students."""
        self.command("-m", "nbgrader", "generate_assignment", ASSIGNMENT)
        return read(self.folder / "release" / ASSIGNMENT / self.source.name)

    def submit(self, student: str, notebook: Any) -> None:
        place = self.folder / "submitted" / student / ASSIGNMENT
        place.mkdir(parents=True)
        nbformat.write(notebook, place / self.source.name)

    def grades(self) -> dict[str, Score]:
        """The points of each student."""
        self.command("-m", "nbgrader", "autograde", ASSIGNMENT, "--create")
        return dict(map(json.loads, self.command("-c", SCORES, ASSIGNMENT).splitlines()))


def small(folder: Path) -> Path:
    path = folder / "small.ipynb"
    nbformat.write(small_notebook(), path)
    return path


def with_questions() -> list[Any]:
    """The notebooks that have graded cells; one that was made for this is always there."""
    real = [path for path in SOURCES if any(map(is_graded, read(path).cells))]
    return [pytest.param(small, id="small"), *(pytest.param(lambda _, p=path: p, id=path.stem) for path in real)]


@pytest.fixture(params=with_questions())
def course(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Course]:
    find: Callable[[Path], Path] = request.param
    course = Course(tmp_path / "course", find(tmp_path))
    place = course.folder / "source" / ASSIGNMENT
    place.mkdir(parents=True)
    nbformat.write(read(course.source), place / course.source.name)
    with without_ports() as kernel:
        (course.folder / "nbgrader_config.py").write_text(SETTINGS.format(kernel))
        yield course


def bent(notebook: Any) -> Any:
    """The notebook of a student who made every graded cell say yes."""
    for cell in filter(is_graded, notebook.cells):
        cell.source = "True"
    return notebook


def lines(cell: Any) -> list[str]:
    return [line for line in cell.source.split("\n") if line.strip()]


def test_right_answers_get_all_points_and_others_none(course: Course) -> None:
    released = course.release()
    ours = made(student_version, course.source)
    assert [lines(cell) for cell in released.cells] == [lines(cell) for cell in ours.cells]

    course.submit("ann", made(solution_version, course.source))
    course.submit("bob", ours)
    course.submit("eve", bent(made(student_version, course.source)))
    points = {marks(cell)["grade_id"]: marks(cell)["points"] for cell in ours.cells if is_graded(cell)}
    full = {id: [worth, worth] for id, worth in points.items()}
    none = {id: [0, worth] for id, worth in points.items()}
    assert course.grades() == {"ann": full, "bob": none, "eve": none}


def test_nbgrader_keeps_the_answers_of_a_student_who_starts_from_its_own_version(tmp_path: Path) -> None:
    course = Course(tmp_path / "course", small(tmp_path))
    (course.folder / "source" / ASSIGNMENT).mkdir(parents=True)
    nbformat.write(small_notebook(), course.folder / "source" / ASSIGNMENT / "small.ipynb")
    answered = course.release()
    solved = made(solution_version, course.source)
    for cell, solution in zip(answered.cells, solved.cells, strict=True):
        if is_solution(cell):
            assert "raise NotImplementedError()" in cell.source, "what nbgrader writes if nobody tells it otherwise"
            cell.source = solution.source
    course.submit("ann", answered)
    assert course.grades() == {"ann": {"graded-ack": [2, 2]}}
