"""However a LAN ends, nothing of it is left: no process, no namespace, no socket, no open file."""

import gc
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import Queue

import pytest

from chatkit.errors import LanError
from chatkit.lan import Lan
from chatkit.lan.helper import Helper
from chatkit.lan.port import Port
from tests.needs import needs_lan
from tests.programs import Program
from tests.traces import PATIENCE, descriptors, helpers_of, namespaces, traces, wait_until, wait_until_nothing_is_left

pytestmark = needs_lan

DAEMON = ["sh", "-c", "setsid sleep 1000 > /dev/null 2>&1 &"]  # its parent ends at once
STUBBORN = ["sh", "-c", "trap '' TERM INT HUP; echo here; while :; do sleep 1000; done"]
SLEEPER = ["sh", "-c", "echo here; exec sleep 1000"]

# A program with a LAN, programs in it, and sockets of it. Once they run it says what namespaces there are, and waits.
SCRIPT = f"""
import json, os, signal, subprocess
from chatkit.lan import Lan
from tests.traces import namespaces
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup lets it be ignored,
signal.signal(signal.SIGINT, signal.default_int_handler)  # and a shell does that to what it runs in the background
with Lan("ann", "bob") as lan:
    listener = lan["ann"].listen(9898)
    sock = lan["bob"].connect(("ann", 9898))
    lan["ann"].run({DAEMON}).wait()
    programs = [lan["bob"].run(program, stdout=subprocess.PIPE) for program in ({STUBBORN}, {SLEEPER})]
    assert [program.stdout.readline() for program in programs] == [b"here\\n"] * 2
    print("ready", json.dumps([os.getpid(), lan._helper.pid, sorted(namespaces(lan))]), flush=True)
    while True:
        signal.pause()
"""


@pytest.fixture
def busy() -> Iterator[tuple[Program, int, int, set[str]]]:
    """The script, its process and that of its helper, and the namespaces."""
    program = Program(sys.executable, "-c", SCRIPT)
    try:
        process, helper, links = json.loads(program.wait_for("ready (.*)")[1])
        # The script, two of the helper, the daemon, the stubborn, the sleeper.
        wait_until(lambda: len(traces(set(links))) >= 6, "the programs")
        yield program, process, helper, set(links)
    finally:
        program.close()


def wires() -> list[threading.Thread]:
    """The threads that move frames."""
    return [thread for thread in threading.enumerate() if thread.name == "chatkit-wire"]


def fill(lan: Lan) -> set[str]:
    """Start programs that do not end by themselves, and give the namespaces of the LAN."""
    lan["ann"].run(DAEMON).wait(PATIENCE)
    lan["bob"].run(STUBBORN)
    return namespaces(lan)


# ---- in one process ----


def test_leaving_the_with_leaves_nothing() -> None:
    before = descriptors()
    with Lan("ann", "bob") as lan:
        links = fill(lan)
        assert len(links) >= 5  # of processes, of files, of ann, of bob, of the switch
        wait_until(lambda: len(traces(links)) >= 4, "the helper and the programs")
    assert traces(links) == [] and descriptors() == before  # at once


def test_an_exception_leaves_nothing() -> None:
    before = descriptors()
    with suppress(ZeroDivisionError), Lan("ann", "bob") as lan:
        links = fill(lan)
        raise ZeroDivisionError
    assert traces(links) == [] and descriptors() == before


def test_programs_of_a_lan_have_ended_when_it_is_closed() -> None:
    with Lan("ann") as lan:
        programs = [lan["ann"].run(line) for line in (["sleep", "1000"], STUBBORN)]
        wait_until(lambda: all(helpers_of(program.pid) for program in programs), "the programs")
    assert [program.poll() for program in programs] == [-signal.SIGKILL, -signal.SIGKILL]


@pytest.mark.parametrize("where, what", [(Helper, "socket"), (Port, "__init__")])
def test_a_lan_that_fails_half_way_leaves_nothing(where: type, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before, processes = descriptors(), helpers_of(os.getpid())
    monkeypatch.setattr(where, what, third_time_fails(getattr(where, what)))
    with pytest.raises(LanError, match="no more"):
        Lan("ann", "bob", "eve")
    assert descriptors() == before and helpers_of(os.getpid()) == processes


def third_time_fails(does: Callable[..., object]) -> Callable[..., object]:
    """Do it twice, and then no more."""
    calls: Queue[None] = Queue()

    def do(*arguments: object) -> object:
        calls.put(None)
        if calls.qsize() > 2:
            raise LanError("no more")
        return does(*arguments)

    return do


def test_a_helper_that_ends_while_it_builds_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before, processes = descriptors(), helpers_of(os.getpid())
    monkeypatch.setattr("chatkit.lan.helper._INSIDE", "/dev/null")
    with pytest.raises(LanError, match="is gone"):
        Lan("ann", "bob")
    assert descriptors() == before and helpers_of(os.getpid()) == processes


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_lan_that_is_thrown_away_ends_by_itself() -> None:
    lan = Lan("ann", "bob")
    links = namespaces(lan)
    del lan
    gc.collect()
    wait_until(lambda: not wires(), "the end of the wire")
    wait_until_nothing_is_left(links)


# ---- in another one ----


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_that_ends_the_process_leaves_nothing(
    busy: tuple[Program, int, int, set[str]], number: signal.Signals
) -> None:
    program, process, _, links = busy
    os.kill(process, number)
    assert program.process.wait(PATIENCE) == -number
    wait_until_nothing_is_left(links)


def test_ctrl_c_in_a_terminal_reaches_the_process_and_not_the_helper() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
    ) as script:
        assert script.stdout and script.stderr
        links = set(json.loads(script.stdout.readline().removeprefix("ready"))[2])
        os.killpg(script.pid, signal.SIGINT)
        assert script.wait(PATIENCE) == -signal.SIGINT
        assert script.stderr.read().count("Traceback") == 1  # the script's own KeyboardInterrupt
    wait_until_nothing_is_left(links)


@pytest.mark.parametrize("which", ["the process that waits for the helper", "the helper itself"])
def test_killing_the_helper_ends_the_lan_which_then_says_so(which: str) -> None:
    before = descriptors()
    with Lan("ann", "bob") as lan:
        links = fill(lan)
        waiting = lan._helper.pid
        os.kill(waiting if "waits" in which else helpers_of(waiting)[0], signal.SIGKILL)
        wait_until(lambda: not wires(), "the end of the wire")
        for use in (lambda: lan["ann"].udp(), lambda: lan["ann"].run(["true"]), lambda: lan.wire.inject(bytes(60))):
            with pytest.raises(LanError, match=r"helper.* is gone.*Make a new Lan "):
                use()
    wait_until_nothing_is_left(links)
    assert descriptors() == before


def test_killing_the_helper_of_a_busy_program_ends_what_runs_inside(
    busy: tuple[Program, int, int, set[str]],
) -> None:
    program, _, helper, links = busy
    os.kill(helper, signal.SIGKILL)
    wait_until(lambda: not any("sleep" in trace for trace in traces(links)), "the end of the programs")
    program.interrupt()
    assert program.process.wait(PATIENCE) == -signal.SIGINT
    wait_until_nothing_is_left(links)


def test_killing_the_one_who_passes_signals_ends_the_program() -> None:
    with Lan("ann") as lan:
        program = lan["ann"].run(STUBBORN)
        wait_until(lambda: helpers_of(program.pid), "the program")
        program.kill()
        assert program.wait(PATIENCE) == -signal.SIGKILL
        wait_until(lambda: not any("trap" in trace for trace in traces(namespaces(lan))), "the end of the program")
