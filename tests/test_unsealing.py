"""What the keys open: the RFC's own numbers, a recorded talk, and tshark with the same keys."""

import hashlib
import hmac
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from chatkit.capture.capture import Capture
from chatkit.capture.recorded import FOLDER, recorded
from chatkit.capture.records import Kind, Record
from chatkit.errors import CaptureError
from chatkit.faces.notebook import unsealing
from chatkit.faces.notebook.unsealing import opened
from tests.needs import needs_tshark

PLACE = ("10.0.0.1", 1)


def keys_of(name: str) -> str:
    rows = (FOLDER / f"{name}.tsv").read_text("utf-8").splitlines()
    return "\n".join(row[1:] for row in rows if row.startswith("\t"))


def test_a_secret_gives_the_key_and_the_first_number_of_rfc_8448() -> None:
    """Section 3: the server's handshake traffic secret."""
    secret = bytes.fromhex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38")
    assert unsealing._expand(secret, b"key", 16, "sha256").hex() == "3fce516009c21727d0f2e4e86ee403bc"
    assert unsealing._expand(secret, b"iv", 12, "sha256").hex() == "5d313eb2671276ee13000b30"


def test_a_recorded_talk_is_read_with_its_keys() -> None:
    found = opened(recorded("tls-sealed").conversations[0], keys_of("tls-sealed"))
    said = [each.plain for each in found if each.kind is Kind.APPLICATION_DATA]
    assert said[1:3] == [b"PASS tulip\n", b"JOIN ann\n"] and said[-1] == b"BYE\n"
    assert [each.plain for each in found if each.kind is Kind.ALERT] == [b"\1\0", b"\1\0"]
    assert all(each.record.length == len(each.plain) + 17 for each in found)


def test_a_line_of_1_10_or_100_bytes_and_the_verb_makes_a_record_of_17_more() -> None:
    found = opened(recorded("tls-lengths").conversations[0], keys_of("tls-lengths"))
    says = [(len(each.plain), each.record.length) for each in found if each.plain.startswith(b"SAY ")]
    assert says == [(6, 23), (15, 32), (105, 122)]


@pytest.mark.parametrize("keys", ["", keys_of("tls-lengths"), "what is this\n# a remark\n"])
def test_the_keys_of_another_connection_open_nothing(keys: str) -> None:
    with pytest.raises(CaptureError, match="of another connection"):
        opened(recorded("tls-sealed").conversations[0], keys)


def test_a_secret_that_is_wrong_opens_nothing() -> None:
    lines = [line.split() for line in keys_of("tls-sealed").splitlines() if not line.startswith("#")]
    wrong = "\n".join(f"{label} {random} {'00' * (len(secret) // 2)}" for label, random, secret in lines)
    with pytest.raises(CaptureError, match="do not open <Record in frame"):
        opened(recorded("tls-sealed").conversations[0], wrong)


def test_the_keys_of_tls_1_2_are_not_for_this_and_it_says_so() -> None:
    with pytest.raises(CaptureError, match=r"it is not TLS 1\.3"):
        opened(recorded("tls-old").conversations[0], keys_of("tls-old"))


@pytest.mark.parametrize(("cipher", "seals_by", "size"), [(0x1301, AESGCM, 16), (0x1303, ChaCha20Poly1305, 32)])
def test_the_other_ciphers_are_opened_too_and_padding_is_taken_off(
    cipher: int, seals_by: type[AESGCM] | type[ChaCha20Poly1305], size: int
) -> None:
    """Sealed by hand, as RFC 8446 section 5.2 writes it; the second record has the number 1."""
    secret = bytes(range(32))
    key, first = expand(secret, b"key", size), int.from_bytes(expand(secret, b"iv", 12), "big")
    opener = unsealing._Opener(secret, cipher)
    for number, padding in enumerate((b"", bytes(9))):
        inner = b"SAY hi\n" + bytes([Kind.APPLICATION_DATA]) + padding
        header = b"\x17\x03\x03" + (len(inner) + 16).to_bytes(2, "big")
        data = seals_by(key).encrypt((first ^ number).to_bytes(12, "big"), inner, header)
        record = Record(PLACE, 0, Kind.APPLICATION_DATA, len(data), header, data, ())
        assert opener.open(record) == (Kind.APPLICATION_DATA, b"SAY hi\n")


def expand(secret: bytes, label: bytes, length: int) -> bytes:
    info = bytes([0, length, 6 + len(label)]) + b"tls13 " + label + b"\0\1"
    return hmac.digest(secret, info, hashlib.sha256)[:length]


@needs_tshark
def test_tshark_reads_the_same_with_the_same_keys(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(keys_of("tls-sealed"), "utf-8")
    capture: Capture = recorded("tls-sealed")
    talk = capture.conversations[0]
    command = [
        "tshark", "-r", str(FOLDER / "tls-sealed.pcap"), f"-dtcp.port=={talk.server[1]},tls",
        f"-otls.keylog_file:{tmp_path / 'keys'}", "-Y", "tcp.stream==0", "-T", "fields", "-e", "data.data",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    theirs = bytes.fromhex("".join(done.stdout.replace(",", "").split()))
    ours = [each.plain for each in opened(talk, keys_of("tls-sealed")) if each.kind is Kind.APPLICATION_DATA]
    assert theirs == b"".join(ours)
