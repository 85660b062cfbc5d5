"""What somebody on the wire sees of a sealed chat: nothing that was said, except with the keys."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest

from chatkit.capture.capture import Capture
from chatkit.capture.dissector import dissector_path
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
    hexadecimal = fields(file, "data.data", "-dtcp.port==9003,tls", *options)
    return b"".join(bytes.fromhex(part) for part in hexadecimal.replace(",", "\n").split()).decode()


@needs_tshark
def test_the_dissector_shows_the_lines_of_a_sealed_chat_with_the_keys_and_tls_without(lan: Lan, tmp_path: Path) -> None:
    file = talk(lan, 9004, tmp_path / "keys").save(tmp_path / "sealed.pcap")
    ours = f"-Xlua_script:{dissector_path()}", "-ochatkit.port:9004"
    assert fields(file, "chatkit.verb", *ours).strip() == ""
    assert "TLSv1.3" in fields(file, "_ws.col.Protocol", *ours)
    with_keys = *ours, f"-otls.keylog_file:{tmp_path / 'keys'}"
    lines = re.split("[,\n]+", fields(file, "chatkit.line", *with_keys))
    assert {f"PASS {SECRET}", "JOIN bob", f"SAY {TEXT}", f"SAID bob {TEXT}", "QUIT", "BYE"} <= set(lines)
    assert fields(file, "chatkit.unknown", *with_keys).strip() == ""


def fields(file: Path, field: str, *options: str) -> str:
    """Give what tshark shows of the field, frame by frame."""
    command = ["tshark", "-r", str(file), *options, "-T", "fields", "-e", field]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
