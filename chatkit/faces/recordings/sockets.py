"""python3 -m chatkit.faces.recordings.sockets: makes the recorded captures that notebooks about sockets fall back on.

It runs the cells of such a notebook on a private LAN, up to the one that closes its `calls`, and keeps what they saw:
so the recording is of the very calls that the notebook makes.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chatkit.capture.recorded import FOLDER
from chatkit.errors import MachineError
from chatkit.faces.notebook.classroom import close_all
from chatkit.lan.lan import why_no_lan

NOTEBOOKS = Path(__file__).parents[3] / "notebooks" / "source"
RECORDED = {"sockets": "01-sockets.ipynb", "stream": "02-a-stream-not-messages.ipynb"}
LAST = "calls.close()"


def main(argv: list[str]) -> int:
    """Record into the folder that is named, or into the one where the kit finds its captures."""
    if why_not := why_no_lan():
        raise MachineError(f"Sockets on a LAN cannot be recorded here. {why_not}")
    folder = Path(argv[0]) if argv else FOLDER
    for name, notebook in RECORDED.items():
        record(name, NOTEBOOKS / notebook, folder)
        print(f"{name}: saved in {folder}")
    return 0


def record(name: str, notebook: Path, folder: Path) -> None:
    """Run the cells, and save what their calls put on the wire."""
    variables: dict[str, Any] = {}
    for source in _cells(notebook):
        exec(source, variables)
    variables["calls"].save(name, folder)
    variables["calls"].close()
    close_all()


def _cells(notebook: Path) -> Iterator[str]:
    for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
        source = "".join(cell["source"])
        if LAST in source:
            return
        if cell["cell_type"] == "code":
            yield source


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
