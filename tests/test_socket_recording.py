"""What is recorded of sockets is what the notebooks do."""

from pathlib import Path

import pytest

from chatkit.capture.recorded import FOLDER, recorded
from chatkit.faces.recordings.sockets import LAST, NOTEBOOKS, RECORDED, record
from tests.needs import needs_lan

NOTEBOOK = """{"cells": [
  {"cell_type": "markdown", "source": ["no code"]},
  {"cell_type": "code", "source": [
    "from chatkit.faces.notebook.classroom import start_lan\\n",
    "from chatkit.faces.notebook.socket_views import watch_calls\\n",
    "lan = start_lan('server', 'ann')\\n",
    "calls = watch_calls(lan, instead='sockets')\\n"
  ]},
  {"cell_type": "code", "source": [
    "calls.keep(lan['server'].listen(calls.port))\\n",
    "calls.keep(lan['ann'].connect(('server', calls.port)))\\n",
    "calls.after('connect')"
  ]},
  {"cell_type": "code", "source": ["calls.close()\\n", "1 / 0"]}
]}"""


@needs_lan
def test_the_cells_up_to_the_one_that_closes_are_run_and_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHATKIT_CAPTURE", raising=False)
    (tmp_path / "notebook.ipynb").write_text(NOTEBOOK, "utf-8")
    record("mine", tmp_path / "notebook.ipynb", tmp_path)
    assert (tmp_path / "mine-calls.tsv").read_text("utf-8") == "3\tconnect\n"
    assert (tmp_path / "mine.pcap").exists()


@pytest.mark.parametrize("name", RECORDED)
def test_each_call_that_a_notebook_looks_at_is_in_its_recording(name: str) -> None:
    notebook = (NOTEBOOKS / RECORDED[name]).read_text("utf-8")
    lines = (FOLDER / f"{name}-calls.tsv").read_text("utf-8").splitlines()
    looked_at = [part.split('\\")')[0] for part in notebook.split('calls.after(\\"')[1:]]
    assert LAST in notebook
    assert [line.split("\t")[1] for line in lines] == looked_at
    assert int(lines[-1].split("\t")[0]) == len(recorded(name))
