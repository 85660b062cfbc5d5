"""The environment: made whole or not at all, trusted by its stamp, made anew when it is broken.

Most tests make a real one, with real steps that take no time: no pip, and a file instead of the packages.
"""

import io
import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pytest

from chatkit.bootstrap.builder import Builder
from chatkit.bootstrap.environment import SETTINGS, Environment, Part
from chatkit.bootstrap.installer import Pip, Uv, base_python, choose, whole_address
from chatkit.bootstrap.progress import Step, StepFailed, Workshop
from chatkit.bootstrap.trouble import explain
from chatkit.errors import SetupError
from tests.needs import needs_root

ROOT = Path(__file__).parent.parent
PATIENCE = 20.0  # seconds

PACKAGES = "open('.venv/packages', 'a').write('installed\\n')"
FAILURE = "import sys; sys.exit('Connection refused')"


@dataclass(frozen=True)
class Quick:
    """An installer whose steps are real and quick; `program` is what it does instead of installing."""

    program: str = PACKAGES
    name: str = "quick"

    def make(self, folder: Path, python: Path) -> list[Step]:
        return [Step("making the folder", (base_python(), "-m", "venv", "--without-pip", str(folder)))]

    def install(self, python: Path, *what: str) -> tuple[str, ...]:
        return (str(python), "-c", self.program)


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """A place for an environment that is still to be made."""
    for name in ("requirements.txt", "pyproject.toml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    return Environment(tmp_path)


def times_installed(environment: Environment) -> int:
    return len((environment.folder / "packages").read_text().splitlines())


def left_in(environment: Environment) -> set[str]:
    return {path.name for path in environment.root.iterdir()} - {"requirements.txt", "pyproject.toml"}


# ---- made once ----


def test_an_environment_that_was_made_is_there(environment: Environment) -> None:
    Builder(environment, Quick()).provide(Part.LAB)
    assert environment.has(Part.LAB) and not environment.has(Part.TEST)


def test_a_second_start_does_nothing(environment: Environment) -> None:
    Builder(environment, Quick()).provide(Part.LAB)
    Builder(environment, Quick(FAILURE)).provide(Part.LAB)
    assert times_installed(environment) == 1


def test_the_tests_add_what_they_need_to_what_is_there(environment: Environment) -> None:
    Builder(environment, Quick()).provide(Part.LAB)
    Builder(environment, Quick()).provide(Part.TEST)
    assert environment.has(Part.TEST) and times_installed(environment) == 2


def test_the_settings_that_keep_the_news_away_are_written(environment: Environment) -> None:
    Builder(environment, Quick()).provide(Part.LAB)
    written = {name: json.loads((environment.folder / name).read_text()) for name in SETTINGS}
    assert written == SETTINGS


def test_a_folder_that_nobody_may_write_serves_once_it_is_made(environment: Environment) -> None:
    Builder(environment, Quick()).provide(Part.LAB)
    (environment.root / ".venv.lock").unlink()
    environment.root.chmod(0o555)
    try:
        Builder(environment, Quick(FAILURE)).provide(Part.LAB)
    finally:
        environment.root.chmod(0o755)
    assert ".venv.lock" not in left_in(environment)


# ---- broken, and made anew ----


def forget_the_stamp(environment: Environment) -> Environment:
    environment.stamp(Part.LAB).unlink()
    return environment


def spoil_the_stamp(environment: Environment) -> Environment:
    environment.stamp(Part.LAB).write_text('{"python": ')
    return environment


def ask_for_other_packages(environment: Environment) -> Environment:
    (environment.root / "requirements.txt").write_text("scapy~=2.8\n")
    return environment


def lose_the_python(environment: Environment) -> Environment:
    environment.python.unlink()
    return environment


def move_the_folder(environment: Environment) -> Environment:
    return Environment(environment.root.rename(environment.root.with_name("moved")))


BREAKAGES = [forget_the_stamp, spoil_the_stamp, ask_for_other_packages, lose_the_python, move_the_folder]


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_a_broken_environment_is_made_anew(environment: Environment, breakage) -> None:  # type: ignore[no-untyped-def]
    Builder(environment, Quick()).provide(Part.LAB)
    environment = breakage(environment)
    assert not environment.has(Part.LAB)
    Builder(environment, Quick()).provide(Part.LAB)
    assert environment.has(Part.LAB) and times_installed(environment) == 1


def test_the_tests_notice_that_what_they_stand_on_has_changed(environment: Environment) -> None:
    Builder(environment, Quick()).provide(Part.TEST)
    ask_for_other_packages(environment)
    assert not environment.has(Part.TEST)
    Builder(environment, Quick()).provide(Part.TEST)
    assert environment.has(Part.TEST)


# ---- nothing half made ----


def test_where_a_step_fails_no_environment_is_left(environment: Environment) -> None:
    with pytest.raises(SetupError, match="The packages could not be fetched: Connection refused"):
        Builder(environment, Quick(FAILURE)).provide(Part.LAB)
    assert left_in(environment) == {".venv.lock", ".venv-log.txt"}


def test_all_that_a_step_said_is_kept(environment: Environment) -> None:
    with pytest.raises(SetupError, match=r"\.venv-log\.txt"):
        Builder(environment, Quick(FAILURE)).provide(Part.LAB)
    assert "Connection refused" in (environment.root / ".venv-log.txt").read_text()


def test_where_the_successor_fails_the_older_environment_comes_back(environment: Environment) -> None:
    Builder(environment, Quick()).provide(Part.LAB)
    wanted = (environment.root / "requirements.txt").read_text()
    ask_for_other_packages(environment)
    with pytest.raises(SetupError):
        Builder(environment, Quick(FAILURE)).provide(Part.LAB)
    (environment.root / "requirements.txt").write_text(wanted)
    assert environment.has(Part.LAB) and ".venv.older" not in left_in(environment)


def test_where_the_tests_packages_fail_the_notebooks_keep_theirs(environment: Environment) -> None:
    Builder(environment, Quick()).provide(Part.LAB)
    with pytest.raises(SetupError):
        Builder(environment, Quick(FAILURE)).provide(Part.TEST)
    assert environment.has(Part.LAB) and not environment.has(Part.TEST)


def test_the_package_alone_without_its_folder_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="needs the whole folder of chatkit"):
        Builder(Environment(tmp_path), Quick()).provide(Part.LAB)


@needs_root
def test_under_sudo_no_environment_is_made_that_its_owner_could_not_change(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.chown(environment.root, 65534, 65534)
    monkeypatch.setenv("SUDO_UID", "65534")
    with pytest.raises(SetupError, match="without sudo first: python3 -m chatkit lab --prepare"):
        Builder(environment, Quick()).provide(Part.LAB)


# ---- by another process ----

BUILD = """
import sys
from pathlib import Path
from chatkit.__main__ import run
from chatkit.bootstrap.builder import Builder
from chatkit.bootstrap.environment import Environment, Part
from tests.test_bootstrap import Quick

class Build:
    @staticmethod
    def main(argv):
        Builder(Environment(Path(argv[0])), Quick(argv[1])).provide(Part.LAB)
        return 0

sys.modules["build"] = Build
from chatkit.__main__ import Command
sys.exit(run(Command("build", "", "build", False), sys.argv[1:]))
"""

# Says that it works by opening the first pipe, and goes on when something comes through the second.
HELD_UP = "open('working', 'w').close(); open('go on').read(); " + PACKAGES


def build_elsewhere(environment: Environment, program: str) -> subprocess.Popen[str]:
    """Another chatkit that makes the environment."""
    command = [sys.executable, "-c", BUILD, str(environment.root), program]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True)


def make_pipes(environment: Environment) -> None:
    for name in ("working", "go on"):
        os.mkfifo(environment.root / name)


def wait_until_it_works(environment: Environment) -> None:
    (environment.root / "working").read_text()


def let_it_go_on(environment: Environment) -> None:
    (environment.root / "go on").write_text("")


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_where_it_is_interrupted_no_environment_is_left(environment: Environment, number: int, code: int) -> None:
    make_pipes(environment)
    with build_elsewhere(environment, HELD_UP) as process:
        wait_until_it_works(environment)
        os.killpg(process.pid, number)  # as a terminal does: to the step as well
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == code and "Traceback" not in said.split("[2/2]")[0]
    assert not environment.folder.exists()


def test_of_two_at_a_time_the_second_waits_and_says_so(environment: Environment) -> None:
    make_pipes(environment)
    with build_elsewhere(environment, HELD_UP) as first:
        wait_until_it_works(environment)
        with build_elsewhere(environment, PACKAGES) as second:
            assert second.stderr is not None
            assert second.stderr.readline().startswith("Another chatkit is making the environment in this folder")
            let_it_go_on(environment)
            first.communicate(timeout=PATIENCE)
            second.communicate(timeout=PATIENCE)
    assert first.returncode == second.returncode == 0 and times_installed(environment) == 1


# ---- what is shown ----

NEWS = "print('Collecting numpy'); print('noise'); print('Installed 3 packages')"


def run_shown(environment: Environment, program: str, screen: TextIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", screen)
    workshop = Workshop(environment.root, os.environ, environment.root / "log")
    workshop.run(Step("installing", (sys.executable, "-c", program)), "[1/2] installing")


def without_seconds(text: str) -> str:
    return re.sub(r" *\d+ s  ", " N s  ", text)


def test_a_pipe_gets_a_line_for_each_news(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    run_shown(environment, NEWS, screen, monkeypatch)
    assert without_seconds(screen.getvalue()).splitlines() == [
        "[1/2] installing",
        " N s  Collecting numpy",
        " N s  Installed 3 packages",
        " N s  done",
    ]


@pytest.mark.parametrize("terminal, paints", [("xterm", True), ("dumb", False)])
def test_a_terminal_that_can_is_painted_over(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, terminal: str, paints: bool
) -> None:
    monkeypatch.setenv("TERM", terminal)
    master, slave = pty.openpty()
    with open(slave, "w") as screen:
        run_shown(environment, NEWS, screen, monkeypatch)
        seen = b""
        while not seen.rstrip().endswith(b"done"):
            seen += os.read(master, 65536)
    os.close(master)
    assert (b"\r[1/2] installing" in seen) is paints


def test_a_step_that_fails_gives_all_it_said(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StepFailed) as failure:
        run_shown(environment, "print('one'); print('two'); raise SystemExit(3)", io.StringIO(), monkeypatch)
    assert failure.value.output == "one\ntwo\n"


# ---- what went wrong ----

# What the programs said when these things really happened.
TROUBLES = [
    (
        "pip: nobody at the address of the index",
        "WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection "
        "broken by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPConnection object at 0x7f>: Failed to "
        "establish a new connection: [Errno 111] Connection refused')': /simple/jupyterlab/\n"
        "ERROR: No matching distribution found for jupyterlab",
        "The packages could not be fetched: Connection refused. Is this computer online?",
    ),
    (
        "uv: no name service",
        "error: Request failed after 3 retries in 6.2s\n  cause: Failed to fetch: https://pypi.org/simple/six/\n"
        "  cause: error sending request for url (https://pypi.org/simple/six/)\n  cause: dns error\n"
        "  cause: failed to lookup address information: Name or service not known",
        "The packages could not be fetched: Name or service not known.",
    ),
    (
        "pip: the certificate is not believed",
        "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to "
        "get local issuer certificate (_ssl.c:1006)'))",
        "Is the clock of this computer right?",
    ),
    (
        "pip: full disk",
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
        "The disk is full (No space left on device).",
    ),
    (
        "uv: full disk",
        "  cause: failed to copy file from /a to /b: No space left on device (os error 28)",
        "The disk is full (No space left on device).",
    ),
    ("Debian without python3-venv", "/x/.venv/bin/python: No module named ensurepip", "(No module named ensurepip)"),
    (
        "a folder called a:b",
        "Error: Refusing to create a venv in /a:b/.venv because it contains the PATH separator :.",
        "Rename the folder and start again.",
    ),
    (
        "a folder that cannot be written",
        "[Errno 30] Read-only file system: '/x/.venv.lock'",
        "A file could not be written: Read-only file system: '/x/.venv.lock'.",
    ),
    (
        "pip 21.2",
        'ERROR: File "setup.py" or "setup.cfg" not found. Directory cannot be installed in editable mode: /x',
        "The pip that this Python brings is too old",
    ),
    (
        "pip: a folder of wheels without scapy",
        "ERROR: Could not find a version that satisfies the requirement scapy~=2.8 (from versions: none)\n"
        "ERROR: No matching distribution found for scapy~=2.8",
        "A package was not found: No matching distribution found for scapy~=2.8.",
    ),
    (
        "uv: a folder of wheels without scapy",
        "  cause: Because scapy was not found in the provided package locations and you require scapy>=2.8, we can "
        "conclude that your requirements are unsatisfiable.",
        "A package was not found: Because scapy was not found",
    ),
    ("what nobody has seen yet", "one\nthe sky fell\n", "The environment could not be made: the sky fell"),
    ("silence", "", "quick said nothing."),
]


@pytest.mark.parametrize("said, sentence", [t[1:] for t in TROUBLES], ids=[t[0] for t in TROUBLES])
def test_a_trouble_has_its_sentence(said: str, sentence: str) -> None:
    assert sentence in explain(said, "quick")


# ---- who installs ----


def path_with_uv(folder: Path, exit_code: int) -> str:
    program = folder / "uv"
    program.write_text(f"#!/bin/sh\nexit {exit_code}\n")
    program.chmod(0o755)
    return str(folder)


@pytest.mark.parametrize("exit_code, without_uv, chosen", [(0, False, Uv), (0, True, Pip), (127, False, Pip)])
def test_uv_is_taken_if_it_is_there_and_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exit_code: int, without_uv: bool, chosen: type
) -> None:
    monkeypatch.setenv("PATH", path_with_uv(tmp_path, exit_code))
    assert isinstance(choose(without_uv=without_uv), chosen)


def test_a_folder_of_wheels_is_meant_from_where_it_was_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wheels").mkdir()
    monkeypatch.chdir(tmp_path)
    assert whole_address("wheels") == str(tmp_path / "wheels")
    assert whole_address("http://127.0.0.1:8000/") == "http://127.0.0.1:8000/"
    with pytest.raises(SetupError, match="There is no folder nowhere"):
        whole_address("nowhere")


def test_where_wheels_come_from_a_folder_the_index_is_left_alone() -> None:
    assert "--no-index" in Pip("wheels").install(Path("python"), "scapy")
    assert "--no-index" in Uv("uv", "wheels").install(Path("python"), "scapy")


def test_an_environment_is_never_made_by_the_python_of_another() -> None:
    program = "import sys; print(sys.prefix == sys.base_prefix)"
    assert subprocess.run([base_python(), "-c", program], capture_output=True, text=True).stdout == "True\n"


# ---- the real thing: see test_lab.py for the one with packages ----


@pytest.fixture
def dead_index() -> Iterator[str]:
    """The address of a package index that is not there: its port is held, and nobody listens on it."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{holder.getsockname()[1]}/simple"


@pytest.mark.slow
def test_without_a_network_pip_is_given_up_with_a_sentence(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, dead_index: str
) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", dead_index)
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_RETRIES", "1")  # with none pip does not say what is wrong
    with pytest.raises(SetupError, match="The packages could not be fetched: Connection refused"):
        Builder(environment, Pip()).provide(Part.LAB)
    assert not environment.folder.exists()


@pytest.mark.slow
def test_without_a_network_uv_is_given_up_with_a_sentence(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, dead_index: str
) -> None:
    monkeypatch.setenv("UV_INDEX_URL", dead_index)
    monkeypatch.setenv("UV_NO_CACHE", "1")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(SetupError, match="The packages could not be fetched: Connection refused"):
        Builder(environment, Uv(uv_of_the_tests())).provide(Part.LAB)
    assert not environment.folder.exists()


@pytest.mark.slow
def test_a_python_without_ensurepip_is_told_what_to_install(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = environment.root / "hidden" / "ensurepip"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'ensurepip'\")")
    monkeypatch.setenv("PYTHONPATH", str(hidden.parent))  # as on a bare Debian
    with pytest.raises(SetupError, match=r"cannot make an environment .* Type: "):
        Builder(environment, Pip()).provide(Part.LAB)
    assert not environment.folder.exists()


def uv_of_the_tests() -> str:
    """The uv that came with the test environment, or the one of the machine."""
    found = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    assert found is not None
    return found
