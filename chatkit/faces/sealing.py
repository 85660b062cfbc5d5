"""What the command line says about TLS, for the server and for those who connect."""

import argparse
import re
import socket
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path

from chatkit.errors import MisuseError
from chatkit.net.host import addresses
from chatkit.net.tls import (
    certificate_in,
    client_context,
    fingerprint,
    log_keys,
    pinned_context,
    read_fingerprint,
    server_context,
)


@dataclass(frozen=True, slots=True)
class Sealing:
    """How a server seals: its context, its certificate's fingerprint, and the file of the authority, if it is ours."""

    context: ssl.SSLContext
    fingerprint: str
    ca: Path | None = None

    @property
    def to_type(self) -> str:
        """What another computer's user types after `chat HOST`: it names the one certificate to trust."""
        return f"--tls --fingerprint {self.fingerprint.replace(':', '').lower()}"

    @property
    def to_type_here(self) -> str:
        """What a user of this computer may type instead."""
        return f"--tls --ca {self.ca}" if self.ca else self.to_type

    @property
    def explanation(self) -> str:
        """How this server is recognised."""
        lines = [
            "Everything is sealed with TLS. The server's certificate has the SHA-256 fingerprint",
            self.fingerprint,
        ]
        if self.ca:
            lines.append(f"and comes from the authority whose certificate is {self.ca}: hand out copies of that file.")
        return "\n".join([*lines, ""])


def add_server_options(parser: argparse.ArgumentParser) -> None:
    """Let `serve` be told about TLS."""
    group = parser.add_argument_group("TLS")
    group.add_argument("--tls", action="store_true", help="seal every connection, certified by an authority made here")
    group.add_argument("--cert", type=Path, metavar="FILE", help="seal with this certificate (PEM, with its chain)")
    group.add_argument("--key", type=Path, metavar="FILE", help="its private key (PEM), if it is not in the same file")
    _add_keylog(group)


def add_client_options(parser: argparse.ArgumentParser) -> None:
    """Let a client be told whom to trust."""
    group = parser.add_argument_group("TLS", "One of --ca and --fingerprint means --tls, too.")
    group.add_argument("--tls", action="store_true", help="seal the connection; the system says whom to trust")
    trust = group.add_mutually_exclusive_group()
    trust.add_argument(
        "--ca", type=Path, metavar="FILE", help="trust whom the authority with this certificate certifies"
    )
    trust.add_argument("--fingerprint", type=_fingerprint, metavar="SHA256", help="trust this certificate of a server")
    _add_keylog(group)


def sealing_of_server(options: argparse.Namespace) -> Sealing | None:
    """Give how the server is to seal; None if it is not to. Raises MisuseError, MachineError."""
    if not (options.tls or options.cert):
        if options.key or options.keylog:
            raise MisuseError("--key and --keylog are for a server that seals: --tls, or --cert FILE")
        return None
    certificate, ca = (options.cert, None) if options.cert else _classroom_certificate()
    context = server_context(certificate, options.key)
    _log_keys(context, options.keylog)
    return Sealing(context, fingerprint(certificate_in(certificate)), ca)


def context_of_client(options: argparse.Namespace) -> ssl.SSLContext | None:
    """Give the context of a client that is to seal; None if it is not to. Raises MisuseError, MachineError."""
    if not (options.tls or options.ca or options.fingerprint):
        if options.keylog:
            raise MisuseError("--keylog is for a sealed connection: --tls")
        return None
    context = pinned_context(options.fingerprint) if options.fingerprint else client_context(options.ca)
    _log_keys(context, options.keylog)
    return context


def _add_keylog(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--keylog", type=Path, metavar="FILE", help="write down the keys, for Wireshark and for teaching"
    )


def _log_keys(context: ssl.SSLContext, file: Path | None) -> None:
    if file:
        log_keys(context, file)
    if used := getattr(context, "keylog_filename", None):  # SSLKEYLOGFILE in the environment names one, too
        print(f"Warning: keys are written to {used}. Whoever has that file can read every capture.", file=sys.stderr)


def _fingerprint(typed: str) -> str:
    try:
        return read_fingerprint(typed)
    except MisuseError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _classroom_certificate() -> tuple[Path, Path]:
    """Give the files of the server's certificate and of the authority, for all names that this computer may go by."""
    from chatkit.faces.classroom_ca import folder, keep  # needs packages; all else here runs on a bare Python

    name = socket.gethostname()
    names = [name, f"{name}.local"] if re.fullmatch(r"[A-Za-z0-9-]+", name) else []
    kept = keep(folder(), ["127.0.0.1", "localhost", *names, *addresses()])
    return kept.certificate, kept.ca
