"""Whether a port is free, and who has it."""

import os
import socket

import pytest

from chatkit.bootstrap.port import explain, next_free, obstacle, read_lsof, read_netstat
from chatkit.net.ports import Holder
from tests.needs import needs_linux

# What the two programs print; the words of netstat depend on the language of Windows.
NETSTAT = """
Aktive Verbindungen

  Proto  Lokale Adresse         Remoteadresse          Status           PID
  TCP    0.0.0.0:135            0.0.0.0:0              ABHÖREN          1012
  TCP    127.0.0.1:9898         127.0.0.1:52111        HERGESTELLT      77
  TCP    127.0.0.1:9898         0.0.0.0:0              ABHÖREN          4711
"""
LSOF = "p815\ncPython\n"


@pytest.mark.parametrize("address", ["127.0.0.1", ""])
def test_a_port_is_taken_by_whoever_listens_on_it(address: str) -> None:
    with socket.create_server((address, 0)) as listener:
        assert obstacle(listener.getsockname()[1]) is not None


def test_the_next_free_port_skips_those_that_are_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert next_free(port) > port


@needs_linux
def test_who_has_a_port_is_named_with_the_command_that_ends_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        problem = obstacle(port)
        assert problem is not None
        assert explain(port, problem).endswith(f"To end it: kill {os.getpid()}")


def test_a_port_that_is_not_allowed_is_not_called_taken() -> None:
    assert explain(80, PermissionError(13, "Permission denied")) == "Port 80 cannot be had: Permission denied."


def test_netstat_is_read_in_any_language() -> None:
    assert read_netstat(NETSTAT, 9898) == Holder("another program", 4711)
    assert read_netstat(NETSTAT, 9899) is None


def test_lsof_is_read() -> None:
    assert read_lsof(LSOF) == Holder("Python", 815)
    assert read_lsof("") is None
