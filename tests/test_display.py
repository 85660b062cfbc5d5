"""display: why there can be no window, and what mends it."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from chatkit.faces import display as module
from chatkit.faces.display import why_no_window
from tests.needs import needs_display, needs_linux

ROOT = Path(__file__).parent.parent
NO_TK = 'raise ModuleNotFoundError("No module named \'_tkinter\'", name="_tkinter")'


@needs_display
def test_where_a_window_can_be_opened_nothing_is_said(display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", display)
    assert why_no_window() == ""


@needs_linux
@needs_display
@pytest.mark.parametrize(
    ("display_name", "said"),
    [
        (
            "",
            "there is no display, DISPLAY is not set. Start this in a terminal of a desktop; over the network: ssh -X.",
        ),
        (":54321", 'the display ":54321" of DISPLAY cannot be used (couldn\'t connect to display ":54321").'),
    ],
)
def test_no_display_and_a_dead_one_are_told_apart(
    display_name: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", display_name)
    sentence = why_no_window()
    assert sentence.startswith(f"No window: {said}")
    assert sentence.endswith("Without a window: python3 -m chatkit chat")


@needs_linux
@needs_display
def test_a_display_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        monkeypatch.setattr(module, "_PATIENCE", 1.0)
        monkeypatch.setenv("DISPLAY", f"127.0.0.1:{mute.getsockname()[1] - 6000}")  # X over TCP begins at port 6000
        assert "(it did not answer within 1 seconds)" in why_no_window()


@pytest.mark.parametrize(
    ("system", "remedy"),
    [("linux", "sudo apt install python3-tk"), ("darwin", "brew install python-tk@3."), ("win32", "tcl/tk and IDLE")],
)
def test_a_python_without_tk_gets_the_remedy_of_its_system(
    system: str, remedy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tkinter.py").write_text(NO_TK)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(sys, "platform", system)
    assert why_no_window().startswith("No window: this Python has no Tk. To have it: ")
    assert remedy in why_no_window()


@needs_linux
@pytest.mark.parametrize("without", ["tk", "display"])
def test_the_command_says_it_in_one_line_and_ends(
    without: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if without == "tk":
        (tmp_path / "tkinter.py").write_text(NO_TK)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.delenv("DISPLAY", raising=False)
    ended = subprocess.run(
        [sys.executable, "labs/client.py"], cwd=ROOT, capture_output=True, text=True, timeout=20, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
    assert ended.stderr.startswith("No window: ")


def test_asking_does_not_bring_tk_into_this_process() -> None:
    code = "import sys, chatkit.faces.display as d; d.why_no_window(); sys.exit('tkinter' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=20, check=False).returncode == 0
