"""What holds for every test: nothing is left over, and where everything is installed nothing is skipped."""

import contextlib
import gc
import itertools
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatkit.net.server import Server
from tests.peer import Connect, Peer
from tests.xvfb import display as display  # a fixture for all

_NUMBERS = itertools.count()

PATIENCE = 5.0  # seconds that a thread or a socket may take to go away

os.environ["CHATKIT_PROGRESS"] = os.devnull  # for the kernels and programs that tests start

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as a shell starts what runs behind an `&`
    signal.signal(signal.SIGINT, signal.default_int_handler)  # programs that tests start would ignore Ctrl-C

_SKIPS_FAIL = os.environ.get("CHATKIT_NO_SKIPS") == "1"  # set where everything is installed


@pytest.fixture(autouse=True)
def nothing_is_left_over() -> Iterator[None]:
    """Fail the test that leaves a thread or a socket behind."""
    threads, sockets = set(threading.enumerate()), _sockets()
    yield
    deadline = time.monotonic() + PATIENCE
    while (left := _left_over(threads, sockets)) and time.monotonic() < deadline:
        gc.collect()  # an object that waits for the collector may hold a socket
        time.sleep(0.01)
    if left:
        pytest.fail(f"left over: {left}")


@pytest.fixture(autouse=True)
def signals_are_handled_as_before() -> Iterator[None]:
    """A command that a test calls may handle signals in its own way, which programs of later tests would inherit."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def a_student_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test reads or writes the progress of whoever runs it."""
    monkeypatch.setenv("CHATKIT_PROGRESS", str(tmp_path_factory.getbasetemp() / f"progress-{next(_NUMBERS)}.jsonl"))


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that is over with the test."""
    with Server(port=0) as server:
        yield server


@pytest.fixture
def peer(server: Server) -> Iterator[Connect]:
    """Connects to that server: `peer()`, or `peer("ann")` to join as well."""
    with contextlib.ExitStack() as stack:
        yield lambda name="": stack.enter_context(Peer(server.address, name))


def _left_over(threads: set[threading.Thread], sockets: set[str]) -> list[str]:
    return [t.name for t in threading.enumerate() if t not in threads] + sorted(_sockets() - sockets)


def _sockets() -> set[str]:
    """Give the sockets of this process, by inode; empty where there is no /proc to look into."""
    links = []
    for entry in Path("/proc/self/fd").glob("*"):
        try:
            links.append(os.readlink(entry))
        except FileNotFoundError:
            continue  # the descriptor of the listing itself
    return {link for link in links if link.startswith("socket:")}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if _SKIPS_FAIL and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, where nothing may be skipped: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    report = yield
    if _SKIPS_FAIL and report.skipped:
        report.outcome = "failed"
    return report
