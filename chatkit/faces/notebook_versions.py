"""A notebook with answers makes two: the students', and the one with the answers.

    my_ack = my_frame = None  # yours
    ### BEGIN SOLUTION
    synack = conversation.handshake.synack
    my_ack, my_frame = synack.ack, synack.frame
    ### END SOLUTION

The students' version lacks the region with its markers, the solution version only the markers; what a cell once showed
is in neither. Nothing else is changed. The markers are those of nbgrader.
"""

import json
import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any

from chatkit.errors import MisuseError

Notebook = dict[str, Any]  # as its JSON is
Version = Callable[[Notebook], Notebook]


class Marker(StrEnum):
    """A line that begins or ends an answer."""

    BEGIN = "### BEGIN SOLUTION"
    END = "### END SOLUTION"


ALMOST_A_MARKER = re.compile(r"\b(begin|end)[\s_-]*solution", re.IGNORECASE)


def student_version(source: Notebook) -> Notebook:
    """The notebook without its answers. Raises MisuseError."""
    return _version(source, lambda text: [line for line, in_answer in _lines(text) if not in_answer])


def solution_version(source: Notebook) -> Notebook:
    """The notebook with its answers, and without the markers around them. Raises MisuseError."""
    return _version(source, lambda text: [line for line, _ in _lines(text)])


def parse(text: str) -> Notebook:
    """The notebook that a file holds. Raises MisuseError."""
    try:
        notebook = json.loads(text)
    except ValueError as error:
        raise MisuseError(f"this is no notebook: {error}.") from error
    if not _is_notebook(notebook):
        raise MisuseError("this is no notebook: it has no cells with a type and a source.")
    return dict(notebook)


def written(notebook: Notebook) -> str:
    """The notebook as Jupyter writes it, so that saving it there changes nothing."""
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _version(source: Notebook, chosen: Callable[[str], list[str]]) -> Notebook:
    return source | {"cells": [_cell(cell, chosen) for cell in source["cells"]]}


def _cell(cell: dict[str, Any], chosen: Callable[[str], list[str]]) -> dict[str, Any]:
    try:
        text = "\n".join(chosen("".join(cell["source"])))
    except MisuseError as error:
        raise MisuseError(f"cell {cell.get('id', 'without an id')}: {error}") from None
    fresh: dict[str, Any] = {"outputs": [], "execution_count": None} if cell["cell_type"] == "code" else {}
    return cell | fresh | {"source": text.splitlines(keepends=True)}


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Each line that is no marker, and whether it belongs to an answer."""
    in_answer = False
    for line in text.split("\n"):
        wanted = Marker.END if in_answer else Marker.BEGIN
        if line.strip() == wanted:
            in_answer = not in_answer
        elif ALMOST_A_MARKER.search(line):
            raise MisuseError(f"'{line.strip()}' stands where only '{wanted}' can.")
        else:
            yield line, in_answer
    if in_answer:
        raise MisuseError(f"'{Marker.BEGIN}' has no '{Marker.END}' after it.")


def _is_notebook(data: Any) -> bool:
    cells = data.get("cells") if isinstance(data, dict) else None
    return isinstance(cells, list) and all(map(_is_cell, cells))


def _is_cell(data: Any) -> bool:
    return isinstance(data, dict) and isinstance(data.get("cell_type"), str) and _is_text(data.get("source"))


def _is_text(data: Any) -> bool:
    """Whether it is a text, or lines of one: a notebook may hold either."""
    return isinstance(data, str) or (isinstance(data, list) and all(isinstance(line, str) for line in data))
