"""`lab` and `test`: JupyterLab on a port of its own, that ends with us; and once for real, with all packages."""

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatkit.bootstrap import lab, suite
from chatkit.bootstrap.environment import Environment
from chatkit.bootstrap.installer import base_python
from chatkit.bootstrap.lab import FIRST_NOTEBOOK, USUAL_PORT, Lab, free_port, has_screen
from chatkit.errors import SetupError
from tests.needs import needs_linux
from tests.strangers import answers, stranger_that
from tests.test_bootstrap import uv_of_the_tests

ROOT = Path(__file__).parent.parent
LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", "*.egg-info", "build", "__pycache__", ".*_cache", ".hypothesis")

MAKING = 300.0  # seconds, on a slow network
STARTING = 60.0


# ---- the port ----


def test_a_port_that_is_wanted_and_taken_is_an_error_that_says_who_has_it_and_names_another() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(SetupError, match=rf"Port {port} is taken by (.|\n)*Or use another port: --port \d+"):
            free_port(port)


def test_the_usual_port_gives_way_to_the_next_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = listener.getsockname()[1]
        monkeypatch.setattr(lab, "USUAL_PORT", taken)
        port = free_port(None)
    assert port > taken and f"JupyterLab gets port {port}." in capsys.readouterr().out


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_what_is_no_port_is_refused(port: int) -> None:
    with pytest.raises(SetupError, match="ports go from 1 to 65535"):
        free_port(port)


# ---- what is started ----


@pytest.fixture
def without_jupyter(tmp_path: Path) -> Environment:
    subprocess.run([base_python(), "-m", "venv", "--without-pip", tmp_path / ".venv"], check=True)
    return Environment(tmp_path)


def test_a_jupyterlab_that_does_not_start_is_reported_at_once(without_jupyter: Environment) -> None:
    broken = Lab(without_jupyter, USUAL_PORT)
    with broken.running() as process, pytest.raises(SetupError, match=r"ended with code 1 .* remove the folder \.venv"):
        broken.wait_until_it_answers(process)


def test_the_token_is_not_on_the_command_line(without_jupyter: Environment) -> None:
    secret = Lab(without_jupyter, USUAL_PORT)
    assert secret.token in secret.address and secret.token not in " ".join(secret.command)


@pytest.mark.parametrize("said", [b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", b"HELLO chat/1\n", b""])
def test_another_server_on_the_port_is_not_taken_for_ours(tmp_path: Path, said: bytes) -> None:
    with stranger_that(answers(said)) as address:
        assert not Lab(Environment(tmp_path), int(address.rpartition(":")[2])).answers()


def test_without_a_screen_no_browser_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    assert not has_screen()
    monkeypatch.setenv("DISPLAY", ":0")
    assert has_screen()


def test_the_slow_tests_run_only_if_asked_for_and_the_rest_goes_to_pytest() -> None:
    options, for_pytest = suite.parser().parse_known_args(["--slow", "tests/test_room.py", "-k", "join", "--sw"])
    assert options.slow and for_pytest == ["tests/test_room.py", "-k", "join", "--sw"]
    assert suite.chosen_tests(slow=True) == [] and suite.chosen_tests(slow=False) == ["-m", "not slow"]


@pytest.mark.parametrize("named", ["tests/test_lab.py", "tests/test_lab.py::test_x[a::b]", "tests"])
def test_all_tests_run_on_all_cores_and_those_that_are_named_in_order(
    named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert suite.spread(["-k", "join"]) == ["-n", "3", "--dist", "loadfile"]
    assert suite.spread(["-x", named]) == []


# ---- for real ----


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh copy of this folder, as a clone would be, at a path with a space and an umlaut."""
    return Path(shutil.copytree(ROOT, tmp_path_factory.mktemp("clone") / "mein chätkit", ignore=LEFT_OUT))


class Start:
    """`python3 -m chatkit lab --no-browser` in a copy, as a terminal starts it."""

    def __init__(self, copy: Path, *options: str) -> None:
        self.began = time.monotonic()
        command = [base_python(), "-m", "chatkit", "lab", "--no-browser", *options]
        variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        self.process = subprocess.Popen(
            command, cwd=copy, env=variables, stdout=subprocess.PIPE, encoding="utf-8", start_new_session=True
        )

    def address(self) -> str:
        """The address, once it is printed."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"http://127\S+", line):
                return found[0]
        raise AssertionError("it ended without an address")

    def interrupt(self) -> int:
        """Ctrl-C, which reaches every process of the terminal; the exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(STARTING)

    def __enter__(self) -> "Start":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.communicate(timeout=STARTING)


def get(address: str) -> tuple[int, str]:
    """Status and body, read without a proxy."""
    host, _, path = address.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=STARTING)
    connection.request("GET", "/" + path)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body


def of_copy(copy: Path) -> Iterator[str]:
    """The command lines of what still runs from the copy's environment."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_text("utf-8").replace("\0", " ")
        except OSError:  # it ended meanwhile
            continue
        if str(copy) in words:
            yield words


@needs_linux
@pytest.mark.slow
@pytest.mark.timeout(MAKING + 3 * STARTING)
def test_a_fresh_copy_comes_to_a_notebook_with_pip_and_leaves_no_process(copy: Path) -> None:
    with Start(copy, "--pip") as first:
        address = first.address()
        assert f"/lab/tree/{FIRST_NOTEBOOK}?token=" in address
        status, page = get(address)
        assert status == http.HTTPStatus.OK and "jupyter" in page.lower()
        contents = address.replace("/lab/tree/", "/api/contents/")
        assert get(contents)[0] == http.HTTPStatus.OK  # the notebook is where the address says
        assert start_kernel(address) == http.HTTPStatus.CREATED
        assert first.interrupt() == 130
    assert list(of_copy(copy)) == []

    with Start(copy) as second:
        get(second.address())
        assert time.monotonic() - second.began < STARTING / 2
        assert second.interrupt() == 130
    assert list(of_copy(copy)) == []


@pytest.mark.slow
@pytest.mark.timeout(MAKING)
def test_a_fresh_copy_comes_to_its_tests_with_uv(copy: Path) -> None:
    shutil.rmtree(copy / ".venv", ignore_errors=True)
    variables = os.environ | {"PATH": os.pathsep.join([str(Path(uv_of_the_tests()).parent), os.environ["PATH"]])}
    answer = subprocess.run(
        [base_python(), "-m", "chatkit", "test", "tests/test_port.py", "-q"],
        cwd=copy,
        env=variables,
        capture_output=True,
        encoding="utf-8",
    )
    assert answer.returncode == 0 and " passed" in answer.stdout
    assert "with uv." in answer.stderr and "[3/3] installing what the tests need" in answer.stderr


def start_kernel(address: str) -> int:
    host, _, token = re.sub(r"/lab/.*\?token=", " ", address.removeprefix("http://")).partition(" ")
    connection = http.client.HTTPConnection(host, timeout=STARTING)
    connection.request("POST", "/api/kernels", "{}", {"Authorization": f"token {token}"})
    status = connection.getresponse().status
    connection.close()
    return status
