"""The authority that certifies the servers of a classroom: made here, kept by its owner, trusted by nobody else.

    authority = Authority()                                  in memory, for a notebook
    server = Server(tls=authority.server_context("10.0.0.1"))
    ann = Client("ann", server.address, tls=authority.client_context())

    kept = keep(folder(), ["127.0.0.1", "localhost"])        in files, for `serve --tls`

A server's certificate is good for a week. A server that starts again shows the same one, as long as it fits, so that
clients who know it by its fingerprint find it again.
"""

import contextlib
import os
import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from chatkit.errors import MachineError
from chatkit.net.tls import client_context, server_context

FOLDER = "CHATKIT_CA"  # in the environment: another folder for the files
VALID = timedelta(days=7)
RENEW = timedelta(days=1)  # before the end: a server that starts then gets a new one

_SKEW = timedelta(hours=1)  # that the clock of a client may be behind


class Authority:
    """Certifies servers; `pem` is its own certificate, the one that clients have to trust."""

    def __init__(self, ca: trustme.CA | None = None) -> None:
        self._ca = ca or trustme.CA(organization_name="chatkit classroom", organization_unit_name="made for one class")

    @property
    def pem(self) -> bytes:
        """Its certificate, in PEM."""
        return self._ca.cert_pem.bytes()

    @property
    def key_pem(self) -> bytes:
        """Its private key, in PEM: whoever has it can pass for every server of the class."""
        return self._ca.private_key_pem.bytes()

    def certify(self, *names: str, valid: timedelta = VALID) -> bytes:
        """Give a private key and the certificate of a server with these names and addresses, in one PEM."""
        now = datetime.now(UTC)
        leaf = self._ca.issue_cert(
            *names,
            organization_name="chatkit classroom",
            organization_unit_name="a server",
            not_before=now - _SKEW,
            not_after=now + valid,
        )
        return leaf.private_key_and_cert_chain_pem.bytes()

    def server_context(self, *names: str, valid: timedelta = VALID) -> ssl.SSLContext:
        """Give the context of a server with these names and addresses."""
        with trustme.Blob(self.certify(*names, valid=valid)).tempfile() as file:  # Python's ssl reads files only
            return server_context(file)

    def client_context(self) -> ssl.SSLContext:
        """Give the context of a client that trusts this authority."""
        with self._ca.cert_pem.tempfile() as file:
            return client_context(file)


@dataclass(frozen=True, slots=True)
class Kept:
    """Where the files are: of the authority, to be handed to clients, and of the server, to be kept."""

    ca: Path
    certificate: Path


def folder() -> Path:
    """Where the files of this user are."""
    return Path(os.environ.get(FOLDER) or Path.home() / ".chatkit" / "ca")


def keep(where: Path, names: Sequence[str]) -> Kept:
    """Make the authority and the server's certificate, or take those that are there and fit. Raises MachineError."""
    kept = Kept(where / "classroom-ca.pem", where / "server.pem")
    try:
        where.mkdir(mode=0o700, parents=True, exist_ok=True)
        authority = _kept_authority(where / "classroom-ca-key.pem")
        _write(kept.ca, authority.pem)
        if not (kept.certificate.exists() and _fits(kept.certificate.read_bytes(), authority, names)):
            _write(kept.certificate, authority.certify(*names))
    except OSError as error:
        raise MachineError(
            f"The classroom's certificates cannot be kept in {where}: {error.strerror}. "
            f"Name another folder in the environment variable {FOLDER}."
        ) from error
    except ValueError as error:
        raise MachineError(f"{where} holds something else than certificates: {error}. Remove the folder.") from error
    return kept


def _kept_authority(file: Path) -> Authority:
    if not file.exists():
        new = Authority()
        _write(file, new.key_pem + new.pem, replace=False)
    both = file.read_bytes()
    return Authority(trustme.CA.from_pem(both, both))


def _fits(pem: bytes, authority: Authority, names: Sequence[str]) -> bool:
    """Whether it is of this authority, bears all the names, and is good for some time."""
    certificate = x509.load_pem_x509_certificate(pem)
    try:
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.pem))
    except InvalidSignature:
        return False
    borne = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    has_all = {_spelled(name) for name in names} <= {_spelled(str(name.value)) for name in borne}
    return has_all and datetime.now(UTC) + RENEW < certificate.not_valid_after_utc


def _spelled(name: str) -> str:
    try:
        return str(ip_address(name))
    except ValueError:
        return name.lower()


def _write(file: Path, data: bytes, replace: bool = True) -> None:
    """Write all of it or nothing, readable by its owner only; without `replace`, whoever was first wins."""
    number, name = tempfile.mkstemp(dir=file.parent)  # has mode 0600
    with open(number, "wb") as stream:
        stream.write(data)
    if replace:
        os.replace(name, file)
    else:
        with contextlib.suppress(FileExistsError):
            os.link(name, file)
        os.unlink(name)
