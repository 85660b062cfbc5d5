"""LanHost: sockets that live in a host, and programs that do."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chatkit.errors import LanError, MachineError, MisuseError, Refused
from chatkit.lan import Lan, drop
from tests.needs import needs_lan, needs_nc
from tests.traces import PATIENCE, helpers_of, wait_until

pytestmark = needs_lan


@pytest.fixture(scope="module")
def lan() -> Iterator[Lan]:
    with Lan("server", "ann", "bob") as lan:
        yield lan


def output(lan: Lan, line: str, **options: Any) -> str:
    """What a line of the shell prints in the host ann."""
    with lan["ann"].run(["sh", "-c", line], stdout=subprocess.PIPE, text=True, **options) as program:
        return str(program.communicate(timeout=PATIENCE)[0])


# ---- sockets ----


def test_hosts_connect_by_address_and_by_name(lan: Lan) -> None:
    with lan["server"].listen(0) as listener:
        port = listener.getsockname()[1]
        for address in ("10.0.0.1", "server"):
            with lan["ann"].connect((address, port)) as sock:
                with listener.accept()[0] as accepted:
                    assert sock.getpeername() == ("10.0.0.1", port)
                    assert accepted.getpeername()[0] == "10.0.0.2"


def test_with_ipv6_hosts_connect_by_ipv6() -> None:
    with Lan("server", "ann", ipv6=True) as lan, lan["server"].listen(0) as listener:
        with lan["ann"].connect(("server", listener.getsockname()[1])) as sock:
            assert sock.getpeername()[0] == lan["server"].address == "fd00::1"


def test_where_nobody_listens_that_is_said(lan: Lan) -> None:
    with pytest.raises(Refused, match="Nobody listens on 10.0.0.1 port 9: it answered ann with a reset."):
        lan["ann"].connect(("server", 9))


def test_where_frames_are_dropped_nobody_answers(lan: Lan) -> None:
    rule = lan.wire.add(drop(sent_by="bob"))
    try:
        with pytest.raises(Refused, match="10.0.0.1 port 9 did not answer bob within 0.2 seconds."):
            lan["bob"].connect(("server", 9), timeout=0.2)
    finally:
        lan.wire.remove(rule)


@pytest.mark.parametrize("port", [-1, 65536, 70000, 2**40])
def test_a_port_that_does_not_exist_is_refused(lan: Lan, port: int) -> None:
    with pytest.raises(Refused, match="ports are 1 to 65535"):
        lan["ann"].connect(("server", port))
    with pytest.raises(MisuseError, match="allowed are 0 to 65535"):
        lan["ann"].listen(port)
    with pytest.raises(MisuseError, match="allowed are 0 to 65535"):
        lan["ann"].udp(port)


def test_a_port_that_is_taken_cannot_be_had(lan: Lan) -> None:
    with lan["server"].listen(9898), pytest.raises(MachineError, match="Port 9898 of the host server"):
        lan["server"].listen(9898)
    with lan["server"].udp(9898), pytest.raises(MachineError, match="UDP port 9898 of the host server"):
        lan["server"].udp(9898)


def test_a_raw_socket_hears_what_comes_to_eth0(lan: Lan) -> None:
    with lan["bob"].raw() as ear, lan["ann"].udp() as mouth:
        ear.settimeout(PATIENCE)
        mouth.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        mouth.sendto(b"to all", ("10.0.0.255", 9))
        while b"to all" not in ear.recv(2000):
            pass


def test_what_the_kernel_does_not_know_is_refused_in_its_words(lan: Lan) -> None:
    with pytest.raises(LanError, match="The host cannot do that: .*not supported"):
        lan["ann"].socket(999, socket.SOCK_STREAM)


def test_a_host_shows_whom_it_knows(lan: Lan) -> None:
    with lan["server"].listen(0) as listener:
        lan["bob"].connect(("server", listener.getsockname()[1])).close()
    assert lan["bob"].neighbours["10.0.0.1"] == lan["server"].mac


# ---- programs ----


def test_a_program_sees_the_network_of_its_host_and_the_files_of_this_machine(lan: Lan) -> None:
    assert "eth0" in output(lan, "cat /proc/net/dev")
    assert output(lan, "cat chatkit/lan/lan.py", cwd=Path(__file__).parent.parent).startswith('"""A private LAN')


def test_a_program_knows_the_hosts_by_name(lan: Lan) -> None:
    names = output(lan, "cat /etc/hosts").splitlines()
    assert names[:3] == ["10.0.0.1\tserver", "10.0.0.2\tann", "10.0.0.3\tbob"]
    assert "\n".join(names[3:]) == Path("/etc/hosts").read_text().rstrip("\n")


def test_a_program_sees_the_processes_of_the_lan_alone(lan: Lan) -> None:
    processes = output(lan, "ps -A -o args=").splitlines()
    assert "inside.py" in processes[0] and "ps -A -o args=" in processes[-1] and len(processes) < 10


@needs_nc
def test_nc_calls_a_server_by_its_name(lan: Lan) -> None:
    with lan["server"].listen(9898) as listener:
        listener.settimeout(PATIENCE)
        with lan["ann"].run(["nc", "server", "9898"], stdin=subprocess.PIPE) as nc:
            with listener.accept()[0] as accepted:
                nc.stdin.write(b"SAY hello\n")
                nc.stdin.close()
                assert accepted.makefile("rb").readline() == b"SAY hello\n"


def test_options_of_popen_are_obeyed(lan: Lan) -> None:
    assert output(lan, "pwd; echo $WORD", cwd="/usr", env={"WORD": "x"}) == "/usr\nx\n"
    with lan["ann"].run(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as cat:
        assert cat.communicate("grüß dich\n", timeout=PATIENCE)[0] == "grüß dich\n"
    with lan["ann"].run(["cat"], stdin=subprocess.PIPE, start_new_session=True) as cat:
        assert os.getsid(cat.pid) == cat.pid


@pytest.mark.parametrize(
    "line, code", [("exit 7", 7), ("kill -TERM $$", -15), ("kill -KILL $$", -9), ("kill -SEGV $$", -11)]
)
def test_a_program_ends_here_as_it_ended_there(lan: Lan, line: str, code: int) -> None:
    assert lan["ann"].run(["sh", "-c", line]).wait(PATIENCE) == code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_signals_reach_the_program(lan: Lan, number: signal.Signals) -> None:
    line = f"import signal; it = {{{int(number)}}}; signal.pthread_sigmask(signal.SIG_BLOCK, it); "
    line += "print('ready', flush=True); signal.sigwait(it); print('got it')"
    with lan["ann"].run([sys.executable, "-c", line], stdout=subprocess.PIPE, text=True) as program:
        program.stdout.readline()
        program.send_signal(number)
        assert program.communicate(timeout=PATIENCE)[0] == "got it\n" and program.returncode == 0


def test_a_program_that_stops_for_a_while_can_still_be_ended(lan: Lan) -> None:
    with lan["ann"].run(["sh", "-c", "echo ready; kill -STOP $$; echo on; read x"], **PIPES) as program:
        program.stdout.readline()
        wait_until(lambda: is_stopped(helpers_of(program.pid)[0]), "the stop")
        program.send_signal(signal.SIGCONT)
        assert program.stdout.readline() == "on\n"
        program.terminate()
        assert program.wait(PATIENCE) == -signal.SIGTERM


def is_stopped(process: int) -> bool:
    return "State:\tT" in Path(f"/proc/{process}/status").read_text()


PIPES: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}


def test_a_broken_pipe_ends_a_program_as_it_does_everywhere(lan: Lan) -> None:
    assert output(lan, "yes 2>&1 | head -1") == "y\n"


def test_whoever_reads_sees_the_end_of_the_output_while_the_program_goes_on(lan: Lan) -> None:
    with lan["ann"].run(["sh", "-c", "exec >&- 2>&-; read x"], **PIPES) as program:
        assert program.stdout.read() == "" and program.poll() is None
        program.stdin.close()


def test_a_program_inherits_what_popen_passes_and_no_more(lan: Lan) -> None:
    reading, writing = os.pipe()
    with open(reading) as read_end:
        lan["ann"].run(["sh", "-c", f"ls /proc/self/fd > /dev/fd/{writing}"], pass_fds=[writing]).wait(PATIENCE)
        os.close(writing)
        assert read_end.read().split() == sorted(["0", "1", "2", "3", str(writing)])  # 3 is the folder that ls reads


def test_a_program_that_is_not_there_is_named(lan: Lan, tmp_path: Path) -> None:
    for missing in ("no-such-program", "./no-such-program", str(tmp_path)):
        with pytest.raises(MachineError, match="No program called"):
            lan["ann"].run([missing])
    (tmp_path / "script").write_text("#!/bin/sh\nexit 3\n")
    (tmp_path / "script").chmod(0o755)
    assert lan["ann"].run(["./script"], cwd=tmp_path).wait(PATIENCE) == 3


@pytest.mark.parametrize("program, options", [("ls -l", {}), ([], {}), (["ls"], {"shell": True})])
def test_a_line_is_no_program(lan: Lan, program: Any, options: dict[str, Any]) -> None:
    with pytest.raises(MisuseError, match='take \\["sh", "-c", line\\]'):
        lan["ann"].run(program, **options)
