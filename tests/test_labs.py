"""The labs: each stub fails politely, each reference passes, each known mistake gets the sentence written for it."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from inspect import getsource
from pathlib import Path

import pytest

from chatkit.bootstrap.environment import Environment
from chatkit.bootstrap.packages import need
from chatkit.net.server import Server
from chatkit.teach.framing_mistakes import MISTAKES
from tests.labs.right_framing import RIGHT, with_split
from tests.labs.wrong_framing import WRONG
from tests.peer import Peer
from tests.programs import ROOT, Program

LAB_1 = ROOT / "labs" / "01-framing"

Solution = Callable[..., object]


def run(script: Path, *words: object, folder: Path = ROOT) -> tuple[int, str]:
    """The exit code of a lab's script, and what it says."""
    done = subprocess.run(
        [sys.executable, script, *map(str, words)], cwd=folder, capture_output=True, encoding="utf-8", timeout=50
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


def name(function: Solution) -> str:
    return getattr(function, "__name__", str(function))


# ---- lab 1: framing ----


def written(solution: Solution, folder: Path) -> Path:
    """A student's framing.py with this solution."""
    imports = "import io\nfrom collections.abc import Iterable, Iterator\n\n\n"
    path = folder / "framing.py"
    path.write_text(imports + getsource(solution).replace(name(solution), "lines_of"), "utf-8")
    return path


def test_the_stub_of_lab_1_says_what_is_to_do() -> None:
    code, said = run(LAB_1 / "check.py")
    assert code == 1
    assert said.startswith("? missing (framing)\n  There is still to do: Lab 1, step 1: ")


def test_lab_1_is_checked_from_any_folder(tmp_path: Path) -> None:
    assert run(LAB_1 / "check.py", folder=tmp_path) == run(LAB_1 / "check.py")


def test_the_reference_of_lab_1_passes(tmp_path: Path) -> None:
    code, said = run(LAB_1 / "check.py", written(with_split, tmp_path))
    assert code == 0
    assert said.startswith("✓ right (framing)")


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.id)
def test_a_known_mistake_in_lab_1_gets_its_sentence(mistake: object, tmp_path: Path) -> None:
    wrong = next(solution for solution, made in WRONG if made == mistake.id)  # type: ignore[attr-defined]
    code, said = run(LAB_1 / "check.py", written(wrong, tmp_path))
    assert code == 1
    assert said.startswith(f"≈ almost: {mistake.name} (framing)")  # type: ignore[attr-defined]
    assert mistake.explanation in said  # type: ignore[attr-defined]


def test_a_file_without_the_function_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "framing.py").write_text("lines = 1\n")
    code, said = run(LAB_1 / "check.py", tmp_path / "framing.py")
    assert (code, "lines_of has to be a function; it is None." in said) == (1, True)


def test_the_brief_of_lab_1_tells_the_size_of_a_good_solution() -> None:
    assert "About eight lines" in (LAB_1 / "README.md").read_text("utf-8")
    assert min(len(getsource(solution).splitlines()) for solution in RIGHT) <= 8


@pytest.mark.parametrize("size", [1, 3, 4096])
def test_a_solution_of_lab_1_chats_with_a_real_server(server: Server, size: int, tmp_path: Path) -> None:
    shutil.copy(LAB_1 / "client.py", tmp_path)
    written(with_split, tmp_path)
    address = f"127.0.0.1:{server.address[1]}"
    with (
        Peer(server.address, "bob") as bob,
        Program(sys.executable, str(tmp_path / "client.py"), "ann", address, str(size)) as ann,
    ):
        ann.wait_for("USERS 2 bob ann")
        bob.expect("JOINED ann")
        bob.send("SAY café 😀\n")
        ann.wait_for("SAID bob café 😀")
        ann.type("hello é\n")
        bob.expect("SAID ann hello é")
        assert ann.end() == 0
        assert "BYE" in ann.seen


def test_the_client_of_lab_1_says_what_is_to_do_while_there_is_no_solution(server: Server) -> None:
    with Program(sys.executable, str(LAB_1 / "client.py"), "ann", f"127.0.0.1:{server.address[1]}") as ann:
        ann.wait_for("Lab 1, step 1: ")
        assert ann.end() == 0


# ---- a Python without the packages ----


def test_without_packages_and_without_an_environment_the_remedy_is_said(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="python3 -m chatkit lab --prepare"):
        need("a_package_that_nobody_has", Environment(tmp_path))


def test_a_package_that_is_here_is_all_that_is_needed(tmp_path: Path) -> None:
    need("pytest", Environment(tmp_path))
