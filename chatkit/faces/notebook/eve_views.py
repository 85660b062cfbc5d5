"""What a stranger on the same LAN gets to see, and what gives her away. Where there is no LAN, it is recorded.

    heard = overhear(lan, "spy-hub")        ann and bob talk in a room with a password: what came to eve?
    heard.compared                          what she can read, beside what the server wrote down
    lie(lan)                                eve tells ann and the server that she is the other one
    ways_of("SAY hello", heard.capture)     each frame with these words: from whom to whom, and how it differs
    claims_in(capture)                      who has said by ARP which address is theirs

`python3 -m chatkit.faces.recordings.attacks` makes what is recorded.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue

from chatkit.capture.capture import Capture
from chatkit.capture.recorded import FOLDER, recorded
from chatkit.capture.wire_capture import WireCapture
from chatkit.faces.notebook.aligned import aligned, unbroken
from chatkit.faces.notebook.lan_views import conversation_of as conversation_of
from chatkit.faces.notebook.lan_views import seen as seen
from chatkit.faces.notebook.stand_in import StandIn
from chatkit.faces.overheard import Comparison, compare
from chatkit.faces.transcript import Transcript
from chatkit.lan.attacks.spoofing import spoof_arp
from chatkit.lan.headers import Headers
from chatkit.lan.lan import Lan
from chatkit.lan.plan import places
from chatkit.net.client import Client, Gone
from chatkit.net.event import Event, What
from chatkit.net.host import DEFAULT_PORT
from chatkit.net.server import Server
from chatkit.protocol.messages import Reply, Said

SERVER, ANN, BOB, EVE = HOSTS = ("server", "ann", "bob", "eve")
PATIENCE = 5.0  # seconds that a message may take
PASSWORD = "tulip"  # made up, as every password in this kit
WORDS = (("ann", "the key is under the mat"), ("bob", "the red one? 🔑"), ("ann", "yes, and do not tell eve"))

_PLACES = places(HOSTS, ipv6=False)
_NAMES = {place.mac: place.name for place in _PLACES} | {"ff:ff:ff:ff:ff:ff": "everybody"}
_OWNERS = {place.address4: place.name for place in _PLACES}
_TTL, _IDENTIFICATION = 8, 4  # where they stand in the header of IPv4, RFC 791


# ---- what she hears ----


@dataclass(frozen=True, repr=False)
class Overheard:
    """What came to one host during a talk, and what was really said."""

    capture: Capture
    transcript: Transcript

    @property
    def compared(self) -> Comparison:
        """What can be read in the capture, beside what the server wrote down."""
        return compare(self.transcript, self.capture)

    def save(self, name: str, folder: Path = FOLDER) -> None:
        """Write what `overhear` reads where there is no LAN."""
        self.capture.save(folder / f"{name}.pcap")
        lines = (f"{event.who}\t{event.text}\n" for event in self.transcript.said)
        (folder / f"{name}.tsv").write_text("".join(lines), "utf-8")

    def __repr__(self) -> str:
        return f"({self.capture.source})\n{self.compared!r}"


def overhear(lan: Lan | StandIn, instead: str, at: str = EVE, words: Sequence[tuple[str, str]] = WORDS) -> Overheard:
    """Let ann and bob enter a room with a password, say these words, and leave; give what came to eve meanwhile."""
    if isinstance(lan, StandIn):
        return Overheard(not_played(instead, lan), _recorded_transcript(instead))
    events: list[Event] = []
    with Server(DEFAULT_PORT, host=lan[SERVER], password=PASSWORD, daemon=True) as server:
        server.subscribe(events.append)
        with WireCapture(lan.wire, at=at) as live:
            _talk(lan, server, words)
    return Overheard(live.capture, Transcript(tuple(event for event in events if event.what is What.SAID)))


def _talk(lan: Lan, server: Server, words: Iterable[tuple[str, str]]) -> None:
    """Each line waits until the other has read the one before: so it reads like a talk."""
    heard: SimpleQueue[Said] = SimpleQueue()
    with _enter(lan, ANN, server, heard) as ann, _enter(lan, BOB, server, heard) as bob:
        by_name = {ANN: ann, BOB: bob}
        for name, text in words:
            by_name[name].say(text)
            heard.get(timeout=PATIENCE)


def _enter(lan: Lan, name: str, server: Server, heard: SimpleQueue[Said]) -> Client:
    def listen(message: Reply | Gone) -> None:
        if isinstance(message, Said):
            heard.put(message)

    return Client(name, server.address, host=lan[name], password=PASSWORD, listener=listen, daemon=True)


def not_played(name: str, lan: StandIn) -> Capture:
    """The recorded capture of this name, which says why it was not played here."""
    capture = recorded(name)
    return replace(capture, source=f"{capture.source}; it was not played here: {lan.why_not}")


def _recorded_transcript(name: str) -> Transcript:
    rows = (line.split("\t") for line in (FOLDER / f"{name}.tsv").read_text("utf-8").splitlines())
    return Transcript(tuple(Event(What.SAID, who, text=text) for who, text in rows))


# ---- what she does ----


def lie(lan: Lan | StandIn) -> str:
    """Let eve tell ann that she is the server, and the server that she is ann; say what both believe then."""
    if isinstance(lan, StandIn):
        return f"Nobody lies here. {lan.why_not}"
    spoof_arp(lan, EVE, ANN, SERVER)
    with WireCapture(lan.wire):
        pass  # it ends when the wire has been quiet for a moment
    return believed(lan)


def believed(lan: Lan | StandIn) -> str:
    """Whom ann and the server take for the owner of which address: their ARP tables, with names for MAC addresses."""
    rows = [
        (f"{name} believes:", address, "is", _NAMES.get(mac, mac))
        for name in (ANN, SERVER)
        for address, mac in sorted(lan[name].neighbours.items())
    ]
    return aligned(rows) if rows else "Nobody has asked for a MAC address yet."


# ---- what gives her away ----


@dataclass(frozen=True, repr=False)
class Rows:
    """A table, and where it comes from."""

    rows: tuple[tuple[str, ...], ...]
    source: str

    def __repr__(self) -> str:
        return f"({self.source})\n{aligned(self.rows)}"

    def _repr_html_(self) -> str:
        return unbroken(repr(self))


def ways_of(words: str, capture: Capture) -> Rows:
    """Each frame that has these words in it: from whom to whom, with the two fields of IP that tell copies apart."""
    rows = [_way(number, headers) for number, headers in _headers(capture) if words.encode() in headers.payload]
    return Rows((("frame", "from", "to", "identification", "time to live"), *rows), capture.source)


def claims_in(capture: Capture) -> Rows:
    """Who has claimed by ARP that an address is theirs; one that two have claimed is marked."""
    claims: dict[str, list[str]] = {}
    for _, headers in _headers(capture):
        if headers.kind == "arp" and headers.source:
            claims.setdefault(headers.source, []).append(_NAMES.get(headers.source_mac, headers.source_mac))
    rows = [_claim(address, list(dict.fromkeys(names))) for address, names in sorted(claims.items())]
    return Rows((("address", "of", "claimed by", ""), *rows), capture.source)


def _headers(capture: Capture) -> Iterator[tuple[int, Headers]]:
    return ((frame.number, Headers(frame.data)) for frame in capture.frames)


def _way(number: int, headers: Headers) -> tuple[str, ...]:
    assert headers.datagram, "it has a payload"
    ip = headers.data[headers.datagram.begin :]
    identification = int.from_bytes(ip[_IDENTIFICATION : _IDENTIFICATION + 2], "big")
    ends = (_NAMES.get(mac, mac) for mac in (headers.source_mac, headers.destination_mac))
    return str(number), *ends, str(identification), str(ip[_TTL])


def _claim(address: str, names: list[str]) -> tuple[str, ...]:
    return address, _OWNERS.get(address, "nobody"), ", ".join(names), "TWO CLAIM IT" if len(names) > 1 else ""
