"""Whom TLS trusts, and the sentence for each reason not to."""

import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from chatkit.errors import MachineError, MisuseError, Refused
from chatkit.faces.classroom_ca import Authority, keep
from chatkit.net import tls
from chatkit.net.client import Client
from chatkit.net.server import Server
from chatkit.net.tls_trouble import UNTRUSTED
from tests.needs import needs_openssl
from tests.peer import TIMEOUT
from tests.sealed_peer import SealedPeer, authority, client_tls, server_tls
from tests.strangers import says, stranger_that

THIS = "127.0.0.1"


def refusal(server: ssl.SSLContext, client: ssl.SSLContext, host: str = THIS) -> str:
    """Give the sentence for a client that does not want to talk with that server."""
    with Server(port=0, tls=server) as running, pytest.raises(Refused) as refused:
        Client("ann", (host, running.address[1]), tls=client)
    assert refused.value.code == UNTRUSTED
    return str(refused.value)


# ---- fingerprints ----


@needs_openssl
def test_a_fingerprint_is_the_one_that_openssl_shows(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(authority().pem)
    command = ["openssl", "x509", "-in", str(file), "-noout", "-fingerprint", "-sha256"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().partition("=")[2]
    assert tls.fingerprint(tls.certificate_in(file)) == shown == tls.read_fingerprint(shown)


@pytest.mark.parametrize("form", ["{:064X}", "{:064x}", " {:064x} "])
def test_a_fingerprint_may_be_typed_in_any_form(form: str) -> None:
    colons = ":".join(["AB", "CD"] * 16)
    assert tls.read_fingerprint(form.format(int(colons.replace(":", ""), 16))) == colons
    assert tls.read_fingerprint(colons.lower()) == colons


@pytest.mark.parametrize("typed", ["", "AB", "AB" * 31, "AB" * 33, "XY" * 32, "é" * 64, "A:" * 32])
def test_what_is_no_fingerprint_is_said(typed: str) -> None:
    with pytest.raises(MisuseError, match="64 hexadecimal digits"):
        tls.pinned_context(typed)


# ---- who is trusted ----


def test_the_client_knows_how_it_is_sealed(server_certificate: Path) -> None:
    with Server(port=0, tls=tls.server_context(server_certificate)) as server:
        with Client("ann", server.address, tls=client_tls()) as ann:
            assert ann.sealed and ann.sealed.version == "TLS 1.3"
            assert ann.sealed.fingerprint == tls.fingerprint(tls.certificate_in(server_certificate))
            assert str(ann.sealed).startswith("TLS 1.3, TLS_") and "certificate SHA-256 " in str(ann.sealed)
    with Server(port=0) as plain, Client("ann", plain.address) as ann:
        assert ann.sealed is None


def test_who_knows_the_fingerprint_needs_no_authority(server_certificate: Path) -> None:
    pin = tls.fingerprint(tls.certificate_in(server_certificate))
    with Server(port=0, tls=tls.server_context(server_certificate)) as server:
        with Client("ann", ("localhost", server.address[1]), tls=tls.pinned_context(pin)) as ann:
            assert ann.connected


def test_a_wrapped_socket_is_pinned_like_a_connection(server_certificate: Path) -> None:
    pin = tls.fingerprint(tls.certificate_in(server_certificate))
    with Server(port=0, tls=tls.server_context(server_certificate)) as server:
        SealedPeer(server.address, "ann", tls.pinned_context(pin)).close()
        with pytest.raises(tls.WrongFingerprint):
            SealedPeer(server.address, "ann", tls.pinned_context(pin[:-2] + ("00" if pin[-2:] != "00" else "01")))


def test_who_checks_nothing_talks_with_anybody() -> None:
    with Server(port=0, tls=Authority().server_context("somewhere.else")) as server:
        with Client("ann", server.address, tls=tls.unverified_context()) as ann:
            assert ann.connected


AUTHORITY, OTHER = authority(), trustme.CA()


def certified_from_tomorrow() -> ssl.SSLContext:
    days = (datetime.now(UTC) + timedelta(days=n) for n in (1, 2))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    OTHER.issue_cert(THIS, not_before=next(days), not_after=next(days)).configure_cert(context)
    return context


def trustme_tls() -> ssl.SSLContext:
    with OTHER.cert_pem.tempfile() as file:
        return tls.client_context(file)


REFUSALS: dict[str, tuple[Callable[[], str], str]] = {
    "another name": (
        lambda: refusal(AUTHORITY.server_context("chat.example"), client_tls(), "localhost"),
        "is for other names than localhost. Type the name that the server prints.",
    ),
    "another address": (
        lambda: refusal(AUTHORITY.server_context("10.0.0.1"), client_tls()),
        "is for other addresses than 127.0.0.1. Type the address that the server prints.",
    ),
    "expired": (
        lambda: refusal(AUTHORITY.server_context(THIS, valid=timedelta(minutes=-1)), client_tls()),
        "has expired. Is the clock of this computer right?",
    ),
    "not valid yet": (
        lambda: refusal(certified_from_tomorrow(), trustme_tls()),
        "is not valid yet. Is the clock of this computer right?",
    ),
    "unknown authority": (
        lambda: refusal(server_tls(), tls.client_context()),
        "comes from an authority that nobody here trusts. Take the file that the server names when it starts (--ca",
    ),
    "another authority of the same name": (
        lambda: refusal(server_tls(), Authority().client_context()),
        "certificate",
    ),
    "another fingerprint": (
        lambda: refusal(server_tls(), tls.pinned_context("AB" * 32)),
        "The server's certificate is another one: its fingerprint is ",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_each_reason_not_to_trust_has_its_sentence(case: str) -> None:
    sentence, expected = REFUSALS[case]
    assert expected in sentence()


def test_a_server_without_tls_is_said_to_be_one() -> None:
    with Server(port=0) as server, pytest.raises(Refused, match="does not speak TLS: it began with .HELLO") as refused:
        Client("ann", server.address, tls=client_tls())
    assert refused.value.code is None  # a server that starts again with --tls mends it


def connect(place: str, context: ssl.SSLContext, timeout: float = TIMEOUT) -> str:
    host, _, port = place.partition(":")
    with pytest.raises(Refused) as refused:
        Client("ann", (host, int(port)), tls=context, timeout=timeout)
    return str(refused.value)


def hears_out(connection: socket.socket) -> None:
    """Say nothing, and read to the end."""
    connection.settimeout(TIMEOUT)
    while connection.recv(65536):
        pass


def test_a_server_that_never_answers_the_handshake_is_waited_for_only_so_long() -> None:
    with stranger_that(hears_out) as place:
        waited = connect(place, client_tls(), 0.2)
    assert waited.endswith("The TLS handshake was not done. Check the port.")


def test_a_server_that_leaves_during_the_handshake_is_said_to() -> None:
    with stranger_that(lambda connection: connection.recv(65536)) as place:
        assert "left before the handshake was done" in connect(place, client_tls())


def test_garbage_in_a_record_is_a_failed_handshake() -> None:
    with stranger_that(says(b"\x16\x03\x03\x00\x04abcd")) as place:
        assert "The TLS handshake failed" in connect(place, client_tls())


@contextmanager
def s_server(tmp_path: Path, *options: str) -> Iterator[str]:
    """Give the HOST:PORT of openssl's own server."""
    pem = tmp_path / "server.pem"
    pem.write_bytes(authority().certify(THIS))
    with socket.create_server((THIS, 0)) as free:
        port = free.getsockname()[1]
    command = ["openssl", "s_server", "-accept", f"{THIS}:{port}", "-cert", str(pem), "-key", str(pem), *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout
        while b"ACCEPT" not in process.stdout.readline():
            assert process.poll() is None
        yield f"{THIS}:{port}"
        process.terminate()


@needs_openssl
def test_a_server_with_an_old_tls_is_refused(tmp_path: Path) -> None:
    with s_server(tmp_path, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0") as place:
        assert "share no version or cipher of TLS; here 1.2 is the least" in connect(place, client_tls())


@needs_openssl
def test_a_certificate_that_signed_itself_is_refused(tmp_path: Path) -> None:
    pem = tmp_path / "self.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    make += ["-subj", "/CN=eve", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(pem), "-out", str(pem) + "2"]
    subprocess.run(make, check=True, capture_output=True, timeout=TIMEOUT)
    context = tls.server_context(str(pem) + "2", pem)
    assert "is signed by itself, and nobody here trusts it" in refusal(context, client_tls())


@needs_openssl
def test_an_openssl_server_is_sealed_and_then_said_to_speak_no_chat(tmp_path: Path) -> None:
    with s_server(tmp_path, "-www") as place:
        waited = connect(place, client_tls(), 0.5)
    assert waited.endswith("seconds. Check the port.")


# ---- files ----


@pytest.mark.parametrize("content", [b"", b"hello", b"-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n"])
def test_a_file_that_holds_no_certificate_is_said(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file.pem"
    file.write_bytes(content)
    for make in (tls.server_context, tls.client_context, tls.certificate_in):
        with pytest.raises(MachineError, match=r"file\.pem cannot be used"):
            make(file)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    for make in (tls.server_context, tls.client_context, tls.certificate_in):
        with pytest.raises(MachineError, match="No such file"):
            make(tmp_path / "nothing.pem")


@needs_openssl
def test_a_key_with_a_password_is_refused_and_nobody_is_asked(tmp_path: Path) -> None:
    pem, locked = tmp_path / "server.pem", tmp_path / "locked.pem"
    pem.write_bytes(authority().certify(THIS))
    command = ["openssl", "pkey", "-in", str(pem), "-out", str(locked), "-aes256", "-passout", "pass:tulip"]
    subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT)
    with pytest.raises(MachineError, match="cannot be used: its key has a password"):
        tls.server_context(pem, locked)


def test_a_key_that_is_missing_or_does_not_fit_is_said(tmp_path: Path) -> None:
    pem, other = tmp_path / "server.pem", tmp_path / "other.pem"
    pem.write_bytes(authority().certify(THIS))
    other.write_bytes(authority().certify(THIS))
    bare = tmp_path / "bare.pem"
    bare.write_text(ssl.DER_cert_to_PEM_cert(tls.certificate_in(pem)), "utf-8")
    for key, said in (
        (None, "bare.pem cannot be used: there is no private key in PEM"),
        (tmp_path / "nothing.pem", "nothing.pem with the certificate .* cannot be used: No such file"),
        (other, "cannot be used: the key is another certificate's"),
    ):
        with pytest.raises(MachineError, match=said):
            tls.server_context(bare, key)


def test_keys_are_logged_into_a_file_that_is_its_owners_alone(tmp_path: Path) -> None:
    file, context = tmp_path / "keys", authority().client_context()
    tls.log_keys(context, file)
    with Server(port=0, tls=server_tls()) as server, Client("ann", server.address, tls=context):
        pass
    assert "CLIENT_TRAFFIC_SECRET_0 " in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(MachineError, match="cannot be written"):
        tls.log_keys(context, tmp_path / "no" / "keys")


@pytest.fixture
def server_certificate(tmp_path: Path) -> Path:
    file = tmp_path / "server.pem"
    file.write_bytes(authority().certify(THIS))
    return file


# ---- the classroom's own authority ----


def test_what_is_kept_is_found_again_and_is_its_owners_alone(tmp_path: Path) -> None:
    where = tmp_path / "ca"
    first = keep(where, [THIS, "localhost"])
    before = first.certificate.read_bytes()
    assert keep(where, ["LOCALHOST"]).certificate.read_bytes() == before
    assert [file.name for file in sorted(where.iterdir()) if file.stat().st_mode & 0o077] == []
    assert where.stat().st_mode & 0o077 == 0


def test_a_new_name_an_old_date_or_another_authority_needs_a_new_certificate(tmp_path: Path) -> None:
    kept = keep(tmp_path, [THIS])
    for spoil in (
        lambda: None,
        lambda: kept.certificate.write_bytes(AUTHORITY.certify("chat.example")),
        lambda: (tmp_path / "classroom-ca-key.pem").unlink(),
    ):
        before = kept.certificate.read_bytes()
        spoil()
        keep(tmp_path, [THIS, "chat.example"])
        assert kept.certificate.read_bytes() != before
    with Server(port=0, tls=tls.server_context(kept.certificate)) as server:
        with Client("ann", server.address, tls=tls.client_context(kept.ca)) as ann:
            assert ann.connected


def test_a_folder_that_cannot_be_had_is_said_and_so_is_one_that_holds_other_things(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("hello")
    with pytest.raises(MachineError, match="CHATKIT_CA"):
        keep(tmp_path / "file", [THIS])
    (tmp_path / "classroom-ca-key.pem").write_text("hello")
    with pytest.raises(MachineError, match="Remove the folder"):
        keep(tmp_path, [THIS])
