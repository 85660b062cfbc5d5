"""Eve in the middle of ann's sealed connection, as a notebook shows it: who knows what when it is over.

    go_between(lan, "tls-careless", careful=False)      an ann who checks nothing
    go_between(lan, "tls-careful", careful=True)        and one who checks the certificate

Where there is no LAN, it is recorded (`python3 -m chatkit.faces.recordings.sealed`).
"""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from chatkit.capture.capture import Capture
from chatkit.capture.recorded import FOLDER
from chatkit.capture.wire_capture import WireCapture
from chatkit.errors import Refused
from chatkit.faces.classroom_ca import Authority
from chatkit.faces.notebook.eve_views import ANN, BOB, EVE, PASSWORD, PATIENCE, SERVER, WORDS, not_played
from chatkit.faces.notebook.man_in_the_middle import ManInTheMiddle, Misled
from chatkit.faces.notebook.sealed_talk import enter
from chatkit.faces.notebook.stand_in import StandIn
from chatkit.lan.lan import Lan
from chatkit.net.client import Client
from chatkit.net.server import Server
from chatkit.net.tls import unverified_context
from chatkit.protocol.messages import Said
from chatkit.tcp.segment import at

_SHORT = 17  # characters of a fingerprint


@dataclass(frozen=True, repr=False)
class Between:
    """What ann, bob and eve know, and what eve's interface saw."""

    lines: tuple[str, ...]
    capture: Capture

    def save(self, name: str, folder: Path = FOLDER) -> None:
        """Write what `go_between` reads where there is no LAN."""
        self.capture.save(folder / f"{name}.pcap")
        (folder / f"{name}.tsv").write_text("".join(f"{line}\n" for line in self.lines), "utf-8")

    def __repr__(self) -> str:
        return "\n".join([f"({self.capture.source})", *self.lines])


def go_between(lan: Lan | StandIn, instead: str, *, careful: bool) -> Between:
    """Let ann dial the server by its name, of which eve has told her a wrong address, and say something to bob.

    A careful ann checks the certificate; the other one takes any.
    """
    if isinstance(lan, StandIn):
        lines = (FOLDER / f"{instead}.tsv").read_text("utf-8").splitlines()
        return Between(tuple(lines), not_played(instead, lan))
    authority = Authority()
    shows, checks = authority.server_context(SERVER), authority.client_context()
    heard: SimpleQueue[Said] = SimpleQueue()
    with (
        Server(0, host=lan[SERVER], password=PASSWORD, tls=shows, daemon=True) as server,
        WireCapture(lan.wire, server.address[1], at=EVE) as live,
        enter(BOB, server.address[1], lan[BOB], checks, heard) as bob,
        ManInTheMiddle(lan, server.address, Authority().server_context(SERVER), at=EVE) as eve,
    ):
        lines = [f"bob's program:   {_connected(bob)}"]
        lines += _visit(lan, server.address[1], checks if careful else unverified_context(), heard)
    return Between((*lines, *(f"eve reads        {line}" for line in eve.heard)), live.capture)


def _visit(lan: Lan, port: int, tls: ssl.SSLContext, heard: SimpleQueue[Said]) -> Iterator[str]:
    """Tell how ann fares."""
    where = Misled(lan[ANN], {SERVER: lan[EVE].address})
    try:
        with enter(ANN, port, where, tls, SimpleQueue()) as ann:
            yield f"ann's program:   {_connected(ann)}"
            ann.say(WORDS[0][1])
            yield f"bob hears        {heard.get(timeout=PATIENCE).text}"
    except Refused as refusal:
        yield f"ann's program:   {refusal}"


def _connected(client: Client) -> str:
    """What a program knows of its connection."""
    seal = client.sealed
    assert seal, "it was made with TLS"
    return f"connected to {at(client.server)}, {seal.version}, certificate {seal.fingerprint[:_SHORT]}…"
