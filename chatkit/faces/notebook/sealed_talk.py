"""Ann and bob talk in a room with a password, in plain text or under TLS; what comes to eve, and the keys.

    sealed = talk(lan, "tls-sealed", version=TLS_1_3)
    sealed.compared         what eve can read, beside what was said
    sealed.anns             ann's conversation
    sealed.keys             what a client with a key log writes: whoever has that opens the records

On a LAN eve's interface hears it; without one it happens on loopback, and is caught there. Where nothing can be caught,
it is recorded (`python3 -m chatkit.faces.recordings.sealed`).
"""

import ssl
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory

from chatkit.capture.capture import Capture
from chatkit.capture.catch import Catch, catch
from chatkit.capture.hello import TLS_1_2, TLS_1_3
from chatkit.capture.recorded import FOLDER
from chatkit.capture.wire_capture import WireCapture
from chatkit.faces.classroom_ca import Authority
from chatkit.faces.notebook.eve_views import ANN, BOB, EVE, PASSWORD, PATIENCE, SERVER, WORDS
from chatkit.faces.notebook.stand_in import StandIn
from chatkit.faces.overheard import Comparison, compare
from chatkit.faces.transcript import Transcript
from chatkit.lan.lan import Lan
from chatkit.net.client import Client, Gone
from chatkit.net.event import Event, What
from chatkit.net.host import Host
from chatkit.net.server import Server
from chatkit.net.tls import log_keys
from chatkit.protocol.messages import Reply, Said
from chatkit.tcp.conversation import Conversation

Words = Sequence[tuple[str, str]]  # who, and what

_VERSIONS = {TLS_1_2: ssl.TLSVersion.TLSv1_2, TLS_1_3: ssl.TLSVersion.TLSv1_3}


@dataclass(frozen=True, repr=False)
class Talk:
    """What was caught of a talk, what was said in it, and the keys; none if it was not sealed."""

    capture: Capture
    words: Words
    keys: str = ""

    @property
    def anns(self) -> Conversation:
        """Ann's: she comes first. Raises CaptureError where nothing of it came to eve."""
        return self.capture.conversation()

    @property
    def compared(self) -> Comparison:
        """What can be read in the capture, beside what was said."""
        said = Transcript(tuple(Event(What.SAID, who, text=text) for who, text in self.words))
        return compare(said, self.capture, next((talk.server[1] for talk in self.capture.conversations), 0))

    def save(self, name: str, folder: Path = FOLDER) -> None:
        """Write what `talk` reads where nothing can be caught."""
        self.capture.save(folder / f"{name}.pcap")
        rows = [*(f"{who}\t{text}" for who, text in self.words), *(f"\t{line}" for line in self.keys.splitlines())]
        (folder / f"{name}.tsv").write_text("".join(f"{row}\n" for row in rows), "utf-8")

    def __repr__(self) -> str:
        return f"({self.capture.source})\n{self.compared!r}"


def talk(lan: Lan | StandIn, instead: str, version: int | None = None, words: Words = WORDS) -> Talk:
    """Let ann and bob enter, say these words, and leave; with a version of TLS they seal all of it.

    They dial the server by its name, and check that its certificate is theirs.
    """
    authority = Authority()
    shows = authority.server_context(SERVER) if version else None
    checks = _client_context(authority, version) if version else None
    with TemporaryDirectory() as folder, ExitStack() as stack:
        keys = Path(folder, "keys")
        if checks:
            log_keys(checks, keys)
        server = stack.enter_context(Server(0, host=lan[SERVER], password=PASSWORD, tls=shows, daemon=True))
        live = stack.enter_context(_catch(lan, server.address[1], instead))
        if live.why_not:
            return _recorded(instead, live.capture)
        _speak(lan, server.address[1], words, checks)
        return Talk(live.stop(), tuple(words), keys.read_text() if checks else "")


def enter(name: str, port: int, host: Host, tls: ssl.SSLContext | None, heard: SimpleQueue[Said]) -> Client:
    """Dial the server by its name, wherever this host believes it to be; what others say comes into `heard`."""

    def listen(message: Reply | Gone) -> None:
        if isinstance(message, Said):
            heard.put(message)

    return Client(name, (SERVER, port), host=host, password=PASSWORD, tls=tls, listener=listen, daemon=True)


def _client_context(authority: Authority, version: int) -> ssl.SSLContext:
    context = authority.client_context()
    context.minimum_version = context.maximum_version = _VERSIONS[version]
    return context


def _catch(lan: Lan | StandIn, port: int, instead: str) -> Catch:
    """Eve's interface, or what loopback shows."""
    return catch(port, instead=instead) if isinstance(lan, StandIn) else WireCapture(lan.wire, port, at=EVE).start()


def _speak(lan: Lan | StandIn, port: int, words: Words, checks: ssl.SSLContext | None) -> None:
    """Each line waits until the other has read the one before: so it reads like a talk."""
    heard: SimpleQueue[Said] = SimpleQueue()
    with enter(ANN, port, lan[ANN], checks, heard) as ann, enter(BOB, port, lan[BOB], checks, heard) as bob:
        by_name = {ANN: ann, BOB: bob}
        for name, text in words:
            by_name[name].say(text)
            heard.get(timeout=PATIENCE)


def _recorded(name: str, capture: Capture) -> Talk:
    rows = [line.split("\t") for line in (FOLDER / f"{name}.tsv").read_text("utf-8").splitlines()]
    words = tuple((who, text) for who, text in rows if who)
    return Talk(capture, words, "".join(f"{line}\n" for who, line in rows if not who))
