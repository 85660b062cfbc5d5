"""python3 -m chatkit: the table of commands, and what is said to whom it cannot serve."""

import ast
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from chatkit.__main__ import COMMANDS, INTERRUPTED, Command, main, run
from chatkit.bootstrap import old_python
from chatkit.errors import CaptureError
from tests.needs import needs_old_python

ROOT = Path(__file__).parent.parent
READ_BY_OLD_PYTHONS = [
    "chatkit/__init__.py",
    "chatkit/__main__.py",
    "chatkit/bootstrap/__init__.py",
    "chatkit/bootstrap/old_python.py",
]


def path_of(module: str) -> Path:
    """The file of a module, found without importing it: some need a display or packages."""
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_each_command_has_a_module_with_a_main(command: Command) -> None:
    tree = ast.parse(path_of(command.module).read_text("utf-8"))
    assert "main" in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_help_has_a_line_for_each_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    assert all(f"\n  {command.name} " in said for command in COMMANDS)


def test_no_command_gets_the_help_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage: python3 -m chatkit COMMAND" in capsys.readouterr().out


def test_an_unknown_command_gets_a_sentence_and_a_guess(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["srve"]) == 2
    assert capsys.readouterr().err.startswith("chatkit has no command 'srve'. Did you mean serve?")


def command_that_raises(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> Command:
    def fail(_argv: list[str]) -> int:
        raise error

    module = types.ModuleType("a_command_that_raises")
    module.main = fail  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return Command("raise", "", module.__name__, False)


def test_an_error_of_chatkit_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = command_that_raises(CaptureError("no rights: do this"), monkeypatch)
    assert run(command, []) == 1
    assert capsys.readouterr().err == "no rights: do this\n"


def test_ctrl_c_is_quiet(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command_that_raises(KeyboardInterrupt(), monkeypatch), []) == INTERRUPTED
    assert capsys.readouterr() == ("", "")


def test_a_console_without_the_character_shows_its_number() -> None:
    program = "import chatkit.__main__ as m; m.print_whatever_is_said(); print('\\u00fc')"
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=os.environ | {"PYTHONIOENCODING": "ascii"}, capture_output=True
    )
    assert answer.stdout.strip() == b"\\xfc"


@pytest.mark.parametrize("name", READ_BY_OLD_PYTHONS)
def test_what_an_old_python_reads_it_can_read(name: str) -> None:
    source = (ROOT / name).read_text("ascii")  # Python 2 takes nothing else without being told
    ast.parse(source, feature_version=(3, 6))


def links_to_pythons(folder: Path, *names: str) -> str:
    """A PATH on which a Python that is new enough has these names."""
    for name in names:
        (folder / name).symlink_to(sys.executable)
    return str(folder)


def say_on_pypy(path: str, *argv: str) -> subprocess.CompletedProcess[str]:
    pypy = subprocess.run(["which", "pypy3"], capture_output=True, text=True, check=True).stdout.strip()
    environment = {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([pypy, "-m", "chatkit", *argv], cwd=ROOT, env=environment, capture_output=True, text=True)


@needs_old_python
def test_an_old_python_says_which_one_is_needed_and_how_to_get_it(tmp_path: Path) -> None:
    answer = say_on_pypy(str(tmp_path), "lab")
    assert answer.returncode == 1
    assert answer.stderr.startswith("chatkit needs Python 3.11 or newer; this is 3.9.")
    assert "sudo apt install python3" in answer.stderr and "Traceback" not in answer.stderr


@needs_old_python
def test_an_old_python_names_the_newer_one_that_is_here(tmp_path: Path) -> None:
    answer = say_on_pypy(links_to_pythons(tmp_path, "python3.13"), "lab", "--port", "3")
    assert answer.stderr.endswith("A newer one is here; type:\n  python3.13 -m chatkit lab --port 3\n")


def test_a_name_on_the_path_that_starts_no_python_is_not_advised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim = tmp_path / "python3"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert old_python.newer_python() is None
