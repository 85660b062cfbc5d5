"""Every notebook runs from top to bottom, on every kind of evidence, and is committed clean."""

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_core.utils import ensure_event_loop
from nbclient import NotebookClient

from tests.needs import needs_lan, needs_live_capture

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EVIDENCE = {  # the best first; and how each says what it is
    "lan": "the wire of a private LAN",
    "loopback": "caught live on ",
    "recorded": "RECORDED, not caught here: ",
}
WAYS = [
    pytest.param("lan", marks=needs_lan),
    pytest.param("loopback", marks=needs_live_capture),
    "recorded",
]
TIME_LIMIT = 60  # seconds for one cell
MAX_LINES = 10  # of code in one cell

LEFT_OVER = """
import os, pathlib, threading
from chatkit.faces.classroom import close_all
close_all()
parents = [path.read_text().rpartition(") ")[2].split()[1] for path in pathlib.Path("/proc").glob("[0-9]*/stat")]
[thread.name for thread in threading.enumerate() if thread.name.startswith(("chat", "AsyncSniffer"))], \
    parents.count(str(os.getpid()))
"""


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def run(notebook: Any, evidence: str, folder: Path) -> Any:
    """Run all cells in a kernel that finds this chatkit, and has no display."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYTHONPATH", str(ROOT))
        environment.setenv("IPYTHONDIR", str(folder / "ipython"))
        environment.setenv("CHATKIT_CAPTURE", "" if evidence == "lan" else evidence)
        environment.delenv("DISPLAY", raising=False)
        place = {"metadata": {"path": str(folder)}}
        return NotebookClient(notebook, timeout=TIME_LIMIT, resources=place).execute()


@dataclass(frozen=True)
class Ran:
    """A notebook that was run from top to bottom."""

    path: Path
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


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


@pytest.fixture(scope="module", params=WAYS)
def ran(request: pytest.FixtureRequest, path: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("notebook")
    return Ran(path, request.param, run(read(path), request.param, folder), folder)


def shown(cell: Any) -> str:
    """What stands below the cell, as text."""
    outputs = [output.get("text") or output["data"].get("text/plain", "") for output in cell.get("outputs", ())]
    return "".join(outputs)


def test_a_notebook_runs_and_shows_the_evidence_that_it_used(ran: Ran) -> None:
    output = "\n".join(ran.shown.values())
    found = [kind for kind, sign in EVIDENCE.items() if sign in output]
    assert found[0] == ran.evidence
    assert len(found) == 1 or "NO EFFECT" in output, "what only a LAN can show, and that alone, may be recorded"


def test_a_notebook_leaves_no_file_behind(ran: Ran) -> None:
    assert [entry.name for entry in ran.folder.iterdir()] == ["ipython"]


@pytest.mark.slow
@pytest.mark.parametrize("evidence", [WAYS[0], WAYS[-1]])
def test_a_notebook_runs_twice_in_one_kernel_and_leaves_no_thread_and_no_process_behind(
    path: Path, evidence: str, tmp_path: Path
) -> None:
    notebook = read(path)
    notebook.cells += [*read(path).cells, nbformat.v4.new_code_cell(LEFT_OVER)]
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    run(notebook, evidence, tmp_path)
    assert shown(notebook.cells[-1]) == "([], 0)"


def test_a_notebook_is_committed_clean(path: Path) -> None:
    notebook = read(path)
    assert "widgets" not in notebook.metadata
    assert notebook.metadata.kernelspec.name == "python3"
    for cell in notebook.cells:
        assert not cell.metadata, f"{cell.id} has metadata"
        if cell.cell_type == "code":
            assert not cell.outputs, f"{cell.id} has outputs"
            assert cell.execution_count is None, f"{cell.id} has a count"


def test_the_cells_of_a_notebook_keep_names_for_ids(path: Path) -> None:
    ids = [cell["id"] for cell in json.loads(path.read_text("utf-8"))["cells"]]
    assert len(set(ids)) == len(ids)
    assert [id for id in ids if not re.fullmatch("[a-z]+(-[a-z]+)*", id)] == []


def test_prose_comes_before_code_and_code_is_short(path: Path) -> None:
    cells = read(path).cells
    assert [cells[0].cell_type, cells[-1].cell_type] == ["markdown", "markdown"]
    for before, cell in pairwise(cells):
        if cell.cell_type == "code":
            assert before.cell_type == "markdown", f"nothing is said before {cell.id}"
            assert len(cell.source.splitlines()) <= MAX_LINES, f"{cell.id} is long"
            assert len(re.findall(r"\w+", before.source)) >= 15, f"{before.id} says little"


def test_only_the_first_cell_of_code_imports(path: Path) -> None:
    code = [cell.source for cell in read(path).cells if cell.cell_type == "code"]
    assert "import" in code[0]
    assert not [source for source in code[1:] if re.search(r"^\s*(import|from) ", source, re.MULTILINE)]


def test_there_are_notebooks() -> None:
    assert [path.stem for path in NOTEBOOKS][:2] == ["00-first-words", "05-a-lan-of-your-own"]


Promised = dict[str, str]  # by cell: what it has to show, as its text promises

FIRST_WORDS: Promised = {
    "ladder-text": r"SYN-SENT +--> <SEQ=\d+><CTL=SYN> +--> SYN-RECEIVED",
    "ladder": r'"SAY hello, bob\\n"',
    "check-guess": r"<Handshake in frames 1, 2, 3: rtt \d+\.\d\d\d ms>",
    "bytes": r"SAY \[hello, bob\]\.",
    "bytes-bob": r"SAID ann \[hello, ",
    "scapy": r"###\[ TCP \]###",
    "end": r"(?s)QUIT.*BYE\\n.*TIME-WAIT",
    "threads": r"'chat-postman', 'chat-accept'",
    "talk": r"\d\d:\d\d ann: hello, bob",
    "window": r"No window: there is no display",
}
CAUGHT: Promised = {  # what a recorded capture cannot know of
    "capture": r"2 conversations>\n.*\n.*",
    "end": r"(?s)QUIT see you\\n.*BYE\\n.*TIME-WAIT",
    "return": r"closed by both ends>,\n.*still open>",
    "sniff": r'PA / Raw  "SAID ann can scapy hear me\?\\n"',
}
A_LAN: Promised = {
    "inside": r"'lo",
    "arp": r"ann  server, bob, eve  42  ARP who has 10\.0\.0\.1.*\n.*server  ann  42  ARP is at",
    "frame": r"(?s)dst += ff:ff:ff:ff:ff:ff.*hwdst += 00:00:00:00:00:00\n *pdst += 10\.0\.0\.1",
    "ladder": r'"SAY hello, bob\\n"',
    "drop": r"ann: is this lost\?",
    "fate": r'ann  nobody .*"SAY is this lost\?\\n"  dropped by drop\(nth=1.*\n.*ann  server .*"SAY is this lost\?',
    "loss": r'(?s)"SAY is this lost\?.*"SAY is this lost\?',
    "rtt": r"rtt [2-9]\d\d\.\d\d\d ms",
    "hand": r"(?s)HELLO chat/1.*WELCOME dave\nUSERS 3 ann bob dave\n.*BYE",
    "eve": r"ARP who has 10\.0\.0\.1 says 10\.0\.0\.2\n.*ARP who has 10\.0\.0\.1 says 10\.0\.0\.3\n$",
    "secret": r"SAY \[the key is u\]",
}
PROMISES: dict[tuple[str, str], Promised] = {
    ("00-first-words", "lan"): FIRST_WORDS
    | CAUGHT
    | {
        "lan": r"<Lan, a switch",
        "server": r"<Server on 10\.0\.0\.1:\d+, users: nobody>",
        "sniff": r"eth0 of the host bob",
    },
    ("00-first-words", "loopback"): FIRST_WORDS
    | CAUGHT
    | {"lan": r"<no LAN here", "server": r"<Server on 127\.0\.0\.1:\d+, users: nobody>"},
    ("00-first-words", "recorded"): FIRST_WORDS
    | {"watch": "Replay of a recorded capture, because nothing can be caught here: ", "sniff": "RECORDED"},
    ("05-a-lan-of-your-own", "lan"): A_LAN
    | {
        "lan": r"(?s)<Lan, a switch.*bob +10\.0\.0\.3 +02:00:00:00:00:03",
        "inside": r"\(1, 'lo'\)\n\(\d+, 'eth0'\)",
        "server": r"\{\}\n\{\}",
        "tables": r"\{'10\.0\.0\.1': '02:00:00:00:00:01'\}\n.*'02:00:00:00:00:03': 'bob'",
        "rule": r"saw \d+, applied 1",
        "kernel": r"retransmissions=[1-9]",
        "rtt": r"(?s)rtt [2-9]\d\d\.\d\d\d ms.*rtt=0\.[2-9]",
    },
    ("05-a-lan-of-your-own", "loopback"): A_LAN
    | {"ladder": r"caught live on", "rule": r"NO EFFECT\W+drop", "fate": "RECORDED", "loss": "RECORDED"},
    ("05-a-lan-of-your-own", "recorded"): A_LAN
    | {"rule": r"NO EFFECT\W+drop", "eve": "RECORDED", "secret": "RECORDED"},
}


def test_a_notebook_shows_what_its_text_promises(ran: Ran) -> None:
    promised = PROMISES[ran.path.stem, ran.evidence]
    missing = {id: ran.shown[id] for id, wanted in promised.items() if not re.search(wanted, ran.shown[id])}
    assert missing == {}


def test_every_figure_has_a_text_alternative(ran: Ran) -> None:
    outputs = [output for cell in ran.notebook.cells for output in cell.get("outputs", ())]
    figures = [output.data for output in outputs if "<svg" in output.get("data", {}).get("text/html", "")]
    assert figures
    for data in figures:
        assert re.search(r"<title>[^<]+</title><desc>[^<]+</desc>", data["text/html"])
        assert "<CTL=SYN,ACK>" in data["text/plain"]
