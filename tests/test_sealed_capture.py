"""What somebody on the wire sees of a sealed chat: nothing that was said, except with the keys."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest

from chatkit.capture.capture import Capture
from chatkit.capture.wire_capture import capture_of
from chatkit.lan.lan import Lan
from chatkit.net.client import Client
from chatkit.net.server import Server
from chatkit.net.tls import log_keys
from chatkit.protocol import messages as m
from tests.needs import needs_lan, needs_tshark
from tests.peer import TIMEOUT
from tests.sealed_peer import authority

pytestmark = needs_lan

SECRET, TEXT = "tulip-and-rose", "the treasure is under the oak"


@pytest.fixture(scope="module")
def lan() -> Iterator[Lan]:
    with Lan("server", "ann", "bob") as lan:
        yield lan


def talk(lan: Lan, port: int, keys: Path | None = None, sealed: bool = True) -> Capture:
    """Let bob say something to ann in a room with a password, and give what the wire saw of it."""
    server_tls = authority().server_context(lan["server"].address) if sealed else None
    tls = authority().client_context() if sealed else None
    if tls and keys:
        log_keys(tls, keys)
    heard: SimpleQueue[object] = SimpleQueue()
    with Server(port, host=lan["server"], password=SECRET, tls=server_tls) as server:
        with Client("ann", server.address, host=lan["ann"], password=SECRET, tls=tls, listener=heard.put):
            with Client("bob", server.address, host=lan["bob"], password=SECRET, tls=tls) as bob:
                bob.say(TEXT)
            while heard.get(timeout=TIMEOUT) != m.Said("bob", TEXT):
                pass
    return capture_of(lan.wire, port)


def all_bytes(capture: Capture) -> bytes:
    talks = capture.conversations
    return b"".join(talk.stream(end) for talk in talks for end in (talk.client, talk.server))


def test_the_password_is_read_in_a_plain_chat_and_sealed_in_a_sealed_one(lan: Lan) -> None:
    plain, sealed = all_bytes(talk(lan, 9001, sealed=False)), all_bytes(talk(lan, 9002))
    for said in (SECRET, TEXT, "JOIN", "bob"):
        assert said.encode() in plain and said.encode() not in sealed


@needs_tshark
def test_tshark_reads_all_of_it_with_the_keys_and_nothing_without(lan: Lan, tmp_path: Path) -> None:
    file = talk(lan, 9003, tmp_path / "keys").save(tmp_path / "sealed.pcap")
    assert shown(file) == ""
    read = shown(file, f"-otls.keylog_file:{tmp_path / 'keys'}")
    assert f"PASS {SECRET}" in read and f"SAY {TEXT}" in read and f"SAID bob {TEXT}" in read


def shown(file: Path, *options: str) -> str:
    """Give the application data that tshark decrypts."""
    command = ["tshark", "-r", str(file), "-dtcp.port==9003,tls", *options, "-T", "fields", "-e", "data.data"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return b"".join(bytes.fromhex(part) for part in done.stdout.replace(",", "\n").split()).decode()
