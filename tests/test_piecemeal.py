"""Pieces that somebody has chosen reach a server as they are; one that takes a recv for a message shows it."""

from pathlib import Path

import pytest

from chatkit.errors import MachineError
from chatkit.faces.notebook import piecemeal
from chatkit.faces.notebook.piecemeal import heard_by_bob, naive_server
from chatkit.faces.notebook.stand_in import StandIn
from chatkit.lan.lan import Lan
from chatkit.net.server import Server
from tests.needs import needs_lan

HOST = StandIn(("server",), "Not here.")["server"]
CAFE = "SAY café\n".encode()
CASES = [
    ([b"SAY hello\n"], b"SAID ann hello\n", b"SAID ann hello\n"),
    ([b"SAY one\nSAY two\n"], b"SAID ann one\nSAY two\n", b"SAID ann one\nSAID ann two\n"),
    ([b"SAY hel", b"lo\n"], b"SAID ann hel\n", b"SAID ann hello\n"),
    ([CAFE[:8], CAFE[8:]], b"", "SAID ann café\n".encode()),
]


@pytest.mark.parametrize(("pieces", "naive", "right"), CASES)
def test_what_bob_hears_of_the_naive_server_and_of_ours(
    server: Server, pieces: list[bytes], naive: bytes, right: bytes
) -> None:
    with naive_server(HOST) as address:
        assert heard_by_bob(HOST, address, *pieces) == naive
    assert heard_by_bob(HOST, server.address, *pieces) == right


@needs_lan
def test_in_a_host_of_a_lan_too() -> None:
    with Lan("server") as lan, naive_server(lan["server"]) as address:
        assert heard_by_bob(lan["server"], address, b"SAY hel", b"lo\n") == b"SAID ann hel\n"


def test_a_server_that_does_not_start_is_an_error_that_names_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piecemeal, "NAIVE", Path("nowhere.py"))
    with pytest.raises(MachineError, match=r"nowhere\.py does not start"), naive_server(HOST):
        pass
