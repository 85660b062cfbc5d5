"""The versions of each notebook, and a kernel that runs them."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from traitlets.config import Config

from chatkit.faces.handout import SOURCE
from chatkit.faces.notebook_versions import Version, parse, written
from tests.kernels import without_ports

ROOT = Path(__file__).parent.parent
SOURCES = sorted(SOURCE.glob("*.ipynb"))
TIME_LIMIT = 60  # seconds for one cell


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def made(version: Version, source: Path) -> Any:
    """A version of the notebook in the file."""
    text = written(version(parse(source.read_text("utf-8"))))
    return nbformat.reads(text, as_version=nbformat.NO_CONVERT)


def marks(cell: Any) -> dict[str, Any]:
    """What nbgrader knows of the cell; nothing if it is none of its cells."""
    return dict(cell.metadata.get("nbgrader", {}))


def is_graded(cell: Any) -> bool:
    return bool(marks(cell).get("grade"))


def is_solution(cell: Any) -> bool:
    return bool(marks(cell).get("solution"))


def run(notebook: Any, evidence: str, folder: Path, *, allow_errors: bool = False) -> Any:
    """Run all cells in a kernel that finds this chatkit, and has no display."""
    with pytest.MonkeyPatch.context() as environment, without_ports() as settings:
        environment.setenv("PYTHONPATH", str(ROOT))
        environment.setenv("IPYTHONDIR", str(folder / "ipython"))
        environment.setenv("CHATKIT_CAPTURE", "" if evidence == "lan" else evidence)
        environment.delenv("DISPLAY", raising=False)
        place = {"metadata": {"path": str(folder)}}
        return NotebookClient(
            notebook,
            timeout=TIME_LIMIT,
            allow_errors=allow_errors,
            resources=place,
            config=Config(KernelManager=settings),
        ).execute()


def shown(cell: Any) -> str:
    """What stands below the cell, as text."""
    return "".join(_text(output) for output in cell.get("outputs", ()))


def _text(output: Any) -> str:
    if output.output_type == "error":
        return "\n".join(output.traceback)
    return str(output.get("text") or output["data"].get("text/plain", ""))


def code_cell(id: str, source: str, **nbgrader: Any) -> Any:
    """A cell for a small notebook; named arguments are what nbgrader is told of it."""
    about = {"grade": False, "solution": False, "locked": False, "schema_version": 3, "task": False, "grade_id": id}
    metadata = {"nbgrader": about | nbgrader} if nbgrader else {}
    return nbformat.v4.new_code_cell(source, id=id, metadata=metadata)


def small_notebook() -> Any:
    """A notebook with one question, as an author writes it."""
    cells = [
        nbformat.v4.new_markdown_cell("# One question", id="question"),
        code_cell("imports", IMPORTS),
        code_cell("my-ack", ANSWER, solution=True),
        code_cell("graded-ack", GRADED, grade=True, locked=True, points=2),
    ]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


IMPORTS = """
from chatkit.capture.played import played
from chatkit.teach.checker import check
from chatkit.teach.grading import grade

capture = played("clean")
""".strip()

ANSWER = """
my_ack = my_frame = None  # yours
### BEGIN SOLUTION
synack = capture.conversation().handshake.synack
my_ack, my_frame = synack.ack, synack.frame
### END SOLUTION
""".strip()

GRADED = 'grade(check("handshake.synack-ack", capture, my_ack, my_frame))'
