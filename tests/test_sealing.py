"""TLS on the command line: what serve prints is what its clients can type."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatkit.__main__ import COMMANDS, needs_environment
from chatkit.faces.classroom_ca import Authority
from chatkit.faces.notebook.classroom import Classroom
from chatkit.faces.sealing import Sealing
from chatkit.faces.serve import invitation
from tests.needs import needs_openssl
from tests.programs import PATIENCE, ROOT, Program, chatkit, environment
from tests.sealed_peer import authority, server_tls


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Program, int]]:
    """A server that makes its own authority."""
    with chatkit("serve", "--port", "0", "--tls", env={"CHATKIT_CA": str(tmp_path / "ca")}) as program:
        port = int(program.wait_for(r"server on port (\d+)")[1])
        program.wait_for("Ctrl-C ends it")
        yield program, port


def chat(*words: str, say: str = "hello\n") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chatkit", "chat", "--name", "ann", *words]
    return subprocess.run(
        command, input=say, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=PATIENCE
    )


def test_a_client_that_types_what_the_server_prints_is_in(server: tuple[Program, int]) -> None:
    program, _ = server
    typed = re.search(r"^    python3 -m chatkit chat (127\.0\.0\.1:\d+ --tls --ca .*)$", program.seen, re.MULTILINE)
    shown = re.search(r"SHA-256 fingerprint\n([0-9A-F:]{95})\n", program.seen)
    assert typed and shown
    done = chat(*typed[1].split())
    assert done.returncode == 0, done.stderr
    assert f"Sealed by TLS 1.3, TLS_AES_256_GCM_SHA384, certificate SHA-256 {shown[1]}" in done.stdout
    program.wait_for("ann joined")


def test_the_fingerprint_alone_will_do_and_a_wrong_one_will_not(server: tuple[Program, int]) -> None:
    program, port = server
    shown = re.search(r"SHA-256 fingerprint\n(.*)\n", program.seen)
    assert shown
    assert chat(f"localhost:{port}", "--fingerprint", shown[1]).returncode == 0
    done = chat(f"localhost:{port}", "--fingerprint", "AB" * 32)
    assert done.returncode == 1 and f"another one: its fingerprint is {shown[1]}" in done.stderr


def test_a_client_that_was_told_of_nobody_to_trust_is_told_how_to_be(server: tuple[Program, int]) -> None:
    program, port = server
    assert "--ca FILE" in chat(f"127.0.0.1:{port}", "--tls").stderr
    program.wait_for(r"somebody left: TLS: it does not trust our certificate")


def test_a_server_that_starts_again_shows_the_same_certificate(server: tuple[Program, int], tmp_path: Path) -> None:
    first, _ = server
    with chatkit("serve", "--port", "0", "--tls", env={"CHATKIT_CA": str(tmp_path / "ca")}) as second:
        shown = second.wait_for("^[0-9A-F:]{95}$")[0]
    assert shown in first.seen


def test_a_certificate_of_ones_own_needs_no_package_and_logs_keys_with_a_warning(tmp_path: Path) -> None:
    pem, keys = tmp_path / "server.pem", tmp_path / "keys"
    pem.write_bytes(authority().certify("127.0.0.1"))
    options = ["serve", "--port", "0", "--cert", str(pem), "--keylog", str(keys)]
    start = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from chatkit.__main__ import main; sys.exit(main({options}))"
    )
    with Program(sys.executable, "-I", "-S", "-c", start) as program:
        program.wait_for(f"Warning: keys are written to {keys}")
        typed = program.wait_for(r"chat (\S+) (--tls --fingerprint [0-9a-f]{64})$")
        assert chat(typed[1], *typed[2].split()).returncode == 0
        program.interrupt()
        assert program.end() == 0
    assert "SERVER_TRAFFIC_SECRET_0" in keys.read_text()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["serve", "--key", "x"], "are for a server that seals: --tls, or --cert FILE"),
        (["serve", "--keylog", "x"], "are for a server that seals"),
        (["serve", "--cert", "/nothing"], "The certificate /nothing cannot be used: No such file or directory."),
        (["chat", "--keylog", "x", "127.0.0.1"], "--keylog is for a sealed connection: --tls"),
        (["chat", "--ca", "/nothing", "127.0.0.1"], "The certificate /nothing cannot be used"),
        (["chat", "--fingerprint", "12", "127.0.0.1"], "64 hexadecimal digits"),
        (["chat", "--ca", "x", "--fingerprint", "AB" * 32], "not allowed with argument"),
    ],
)
def test_what_cannot_be_meant_is_a_sentence(words: list[str], sentence: str) -> None:
    command = [sys.executable, "-m", "chatkit", *words]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode != 0 and sentence in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "needed"),
    [
        ([], False),
        (["--tls"], True),
        (["--tls", "--cert", "x"], False),
        (["--cert=x", "--tls"], False),
        (["--tl"], True),
    ],
)
def test_only_an_authority_of_its_own_needs_packages(words: list[str], needed: bool) -> None:
    [serve] = [command for command in COMMANDS if command.name == "serve"]
    assert needs_environment(serve, words) is needed


@needs_openssl
def test_the_line_for_openssl_works(server: tuple[Program, int]) -> None:
    program, _ = server
    typed = re.search(r"^    (openssl s_client .*)$", program.seen, re.MULTILINE)
    assert typed
    said = "JOIN zoe\nQUIT\n"
    done = subprocess.run(typed[1].split(), input=said, capture_output=True, text=True, timeout=PATIENCE)
    assert "WELCOME zoe" in done.stdout


def test_a_sealed_invitation_does_not_say_that_nothing_is_encrypted() -> None:
    sealing = Sealing(server_tls(), ":".join(["AB"] * 32))
    text = invitation(True, ["192.0.2.7"], 9898, sealing)
    assert f"    python3 -m chatkit chat 192.0.2.7 --tls --fingerprint {'ab' * 32}\n" in text
    assert "Nothing is encrypted" not in text and "whoever reaches this computer can join" in text.lower()


def test_a_notebook_seals_with_an_authority_that_leaves_no_file() -> None:
    classroom, mine = Classroom(), Authority()
    server = classroom.start_server(tls=mine.server_context("127.0.0.1"))
    try:
        assert classroom.join("ann", server, tls=mine.client_context()).connected
        assert not classroom.join("eve", server, tls=Authority().client_context()).connected
    finally:
        classroom.close()
