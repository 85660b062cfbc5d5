"""Who has a port: this very process, as /proc tells it."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from chatkit.net import ports
from chatkit.net.ports import Holder, find_holder
from tests.needs import needs_linux

LISTEN = "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); input()"


def who_listens(port: int) -> str | None:
    holder = find_holder(port)
    return str(holder) if holder else None


@needs_linux
def test_a_port_that_we_listen_on_is_ours() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        holder = find_holder(listener.getsockname()[1])
    assert holder
    assert holder.pid == os.getpid()


@needs_linux
def test_a_port_on_which_only_ipv6_listens_is_found_too() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        assert find_holder(listener.getsockname()[1])


@needs_linux
def test_a_port_is_known_by_the_command_line_that_opened_it() -> None:
    words = [sys.executable, "-c", LISTEN, "chat\x1b[2J server"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        port = int(process.stdout.readline())
        assert str(find_holder(port)).endswith(f"... (pid {process.pid})")
        assert (who_listens(port) or "").startswith(os.path.basename(sys.executable) + " -c import socket;")
        process.communicate("\n")


@needs_linux
def test_a_process_cannot_put_escape_sequences_into_its_name() -> None:
    words = [sys.executable, "-", "\x1b[2J\u202e"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        process.stdin.write(LISTEN.replace("input()", "import time; time.sleep(60)") + "\n")
        process.stdin.close()
        holder = who_listens(int(process.stdout.readline()))
        process.kill()
    assert holder == f"{os.path.basename(sys.executable)} - ?[2J? (pid {process.pid})"


def test_a_port_on_which_nobody_listens_has_no_holder() -> None:
    assert who_listens(1) is None


@needs_linux
def test_a_connected_port_is_no_listening_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        assert who_listens(client.getsockname()[1]) is None


def test_nothing_is_known_where_there_is_no_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_TABLES", (Path("/nowhere/tcp"),))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert who_listens(listener.getsockname()[1]) is None


def test_another_users_program_is_known_by_its_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_listening", lambda port: iter([("1", 0)]))
    monkeypatch.setattr(ports, "_process_with", lambda link: None)
    assert who_listens(1) == "a program of user root"
    assert find_holder(1) == Holder("a program of user root", None)
