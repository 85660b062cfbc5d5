"""Attacks as a notebook shows them: what was forged, who answered, and what both ends know afterwards.

    ann = call_by_hand(lan, server)                 ann's end of a chat, as a bare socket
    next_number(ann)                                what ann waits for next, as eve hears it
    attempt(ann, seq, "blind")                      a forged reset with this number, and what came of it
    look(ann, "afterwards")                         the same without a reset
    flood(lan, syn_cookies=False)                   sixty SYNs, and then bob calls

Where there is no LAN, what these give was recorded on one, under the names that the notebook uses
(`python3 -m chatkit.faces.recordings.attacks`).
"""

import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from chatkit.capture.capture import Capture
from chatkit.capture.recorded import FOLDER
from chatkit.capture.wire_capture import WireCapture, capture_of
from chatkit.errors import Refused
from chatkit.faces.notebook.eve_views import ANN, BOB, EVE, SERVER, not_played
from chatkit.faces.notebook.kernel_table import KernelTable, sockets_on
from chatkit.faces.notebook.lan_views import conversation_of as conversation_of
from chatkit.faces.notebook.lan_views import seen as seen
from chatkit.faces.notebook.stand_in import StandIn
from chatkit.lan.attacks.flood import flood_syns, narrow_door
from chatkit.lan.attacks.reset import forge_reset
from chatkit.lan.lan import Lan
from chatkit.net.server import Server
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import Flag, Segment, notation
from chatkit.tcp.sequence import CIRCLE

HEARD, RESETS, FLOODED, COOKIES = "attack-heard", "attack-resets", "attack-flood", "attack-cookies"  # recordings
PATIENCE = 5.0  # seconds that a call may wait
PLACES, SYNS = 16, 64  # for half-open connections; and how many a flood brings
CALL_TIME = 2.0  # seconds that bob waits: time for two SYNs
MOST_BYTES = 65536


# ---- a victim ----


class ByHand:
    """Ann's end of a chat, as a bare socket: it shows what its program gets to know, and nothing else."""

    def __init__(self, lan: Lan | StandIn, server: Server) -> None:
        self.lan = lan
        self._sock = lan[ANN].connect(server.address, PATIENCE)
        self.address, self.server = self._sock.getsockname()[:2], server.address
        self.told = 0  # frames of which a moment has told
        self._end = ""  # how it ended; a socket tells it once

    def say(self, line: str) -> None:
        """Send a line of the protocol, and wait until something is answered."""
        self._sock.sendall(line.encode() + b"\n")
        self._sock.settimeout(PATIENCE)
        self._sock.recv(MOST_BYTES)

    @property
    def knows(self) -> str:
        """What recv() has come to, up to now."""
        self._end = self._end or self._drained()
        return self._end or "recv() waits for more: nothing has happened"

    def _drained(self) -> str:
        """Take all that has come; give what ended the connection, if anything did."""
        self._sock.settimeout(0)
        try:
            while self._sock.recv(MOST_BYTES):
                pass
        except BlockingIOError:
            return ""
        except ConnectionError as error:
            return f"recv() has raised {type(error).__name__}: {error.strerror}"
        return "recv() has given the end of the stream"

    def close(self) -> None:
        """Hang up. Safe to call twice."""
        self._sock.close()

    def __repr__(self) -> str:
        return f"<ann by hand, {self.address[0]}:{self.address[1]}: {self.knows}>"


class _Newest:
    """The one that a notebook has: the one from before hangs up."""

    def __init__(self) -> None:
        self._victim: ByHand | None = None

    def call_by_hand(self, lan: Lan | StandIn, server: Server) -> ByHand:
        """Let ann connect to the server, and be nobody yet."""
        if self._victim:
            self._victim.close()
        self._victim = ByHand(lan, server)
        return self._victim


call_by_hand = _Newest().call_by_hand


# ---- a moment ----


@dataclass(frozen=True, repr=False)
class Moment:
    """What there is to say at one moment, and what the wire had seen by then."""

    lines: tuple[str, ...]
    capture: Capture

    @property
    def conversation(self) -> Conversation:
        """The one that it is about."""
        return self.capture.conversations[0]

    def __repr__(self) -> str:
        return "\n".join([f"({self.capture.source})", *self.lines])


def save(moments: dict[str, Moment], name: str, folder: Path = FOLDER) -> None:
    """Write what was said at each, and the capture of the last, which has those of the others."""
    last = list(moments.values())[-1]
    last.capture.save(folder / f"{name}.pcap")
    lines = [f"{key}\t{len(each.capture)}\t{line}\n" for key, each in moments.items() for line in each.lines]
    (folder / f"{name}.tsv").write_text("".join(lines), "utf-8")


def _recorded(key: str, name: str, lan: StandIn) -> Moment:
    rows = [line.split("\t") for line in (FOLDER / f"{name}.tsv").read_text("utf-8").splitlines()]
    mine = [(int(frames), line) for wanted, frames, line in rows if wanted == key]
    capture = not_played(name, lan)
    return Moment(tuple(line for _, line in mine), replace(capture, frames=capture.frames[: mine[0][0]]))


# ---- a forged reset ----


def next_number(victim: ByHand) -> int:
    """What ann acknowledged last, and so waits for next: eve hears it."""
    talk = conversation_of(ANN, seen(victim.lan, HEARD, at=EVE))
    return talk.sent_by(talk.client)[-1].ack


def attempt(victim: ByHand, seq: int, instead: str) -> Moment:
    """Forge a reset with this number (modulo 2^32), as if the server sent it to ann, and see what comes of it."""
    if isinstance(victim.lan, StandIn):
        return _recorded(instead, RESETS, victim.lan)
    before = victim.told or len(_seen(victim))
    forge_reset(victim.lan, victim.server, victim.address, seq % CIRCLE, sent_by=EVE)
    return _look(victim, victim.lan, before)


def look(victim: ByHand, instead: str) -> Moment:
    """See how ann's connection is now, and what has passed since the moment before."""
    if isinstance(victim.lan, StandIn):
        return _recorded(instead, RESETS, victim.lan)
    return _look(victim, victim.lan, victim.told or len(_seen(victim)))


def _look(victim: ByHand, lan: Lan, before: int) -> Moment:
    _await_quiet(lan)
    capture = _seen(victim)
    victim.told = len(capture)
    talk = capture.conversations[0]
    ends = (
        ("ann's program", victim.knows),
        ("ann's kernel", _row(sockets_on(lan[ANN], victim.address[1]), victim)),
        ("server's kernel", _row(sockets_on(lan[SERVER], victim.server[1]), victim)),
    )
    came = [(_role(s, talk), f"frame {s.frame}  {notation(s)}") for s in talk.segments if s.frame > before]
    return Moment(tuple(f"{who:16} {what}" for who, what in (*came, *ends)), capture)


def _seen(victim: ByHand) -> Capture:
    """All that the wire has seen of ann's connection."""
    assert isinstance(victim.lan, Lan)
    return capture_of(victim.lan.wire, victim.address[1])


def _role(segment: Segment, talk: Conversation) -> str:
    if segment.source == talk.client:
        return "from ann"
    return "forged" if segment.flags == Flag.RST else "from the server"


def _row(table: KernelTable | str, victim: ByHand) -> str:
    """What a kernel knows of ann's connection."""
    if isinstance(table, str):
        return table
    ends = {f"{address}:{port}" for address, port in (victim.address, victim.server)}
    states = [row.state.value for row in table.rows if {row.here, row.there} == ends]
    return states[0] if states else "knows of no such connection"


def _await_quiet(lan: Lan) -> None:
    with WireCapture(lan.wire):
        pass  # it ends when the wire has been quiet for a moment


# ---- a flood ----


def flood(lan: Lan | StandIn, *, syn_cookies: bool) -> Moment:
    """Open a door with few places; let bob call, eve flood, and bob call again. Tells what became of all that.

    Bob does without timestamps: Linux would hide in them what else is lost (RFC 7323; tcp_syncookies).
    """
    if isinstance(lan, StandIn):
        return _recorded("flood", COOKIES if syn_cookies else FLOODED, lan)
    lan[BOB].set(timestamps=False)
    narrow_door(lan, SERVER, PLACES, syn_cookies=syn_cookies)
    with lan[SERVER].listen(0) as door:
        port = int(door.getsockname()[1])
        with WireCapture(lan.wire, port) as live:
            lines = [*_flooded(lan, door, port)]
    return Moment((*lines, *_answers(live.capture, lan[BOB].address)), live.capture)


def _flooded(lan: Lan, door: socket.socket, port: int) -> Iterator[str]:
    yield f"bob calls:       {_call(lan, port)}"
    with door.accept()[0] as served:
        served.recv(1)  # bob hangs up first
    flood_syns(lan, (lan[SERVER].address, port), SYNS, sent_by=EVE)
    _await_quiet(lan)
    yield f"eve sends:       {SYNS} SYNs, and nothing else"
    yield f"server's kernel: {_counted(sockets_on(lan[SERVER], port))}"
    yield f"bob calls:       {_call(lan, port)}"


def _answers(capture: Capture, address: str) -> Iterator[str]:
    """The SYN,ACKs that went to this address."""
    for segment in capture.segments:
        if segment.flags == Flag.SYN | Flag.ACK and segment.destination[0] == address:
            yield f"SYN,ACK to bob:  seq {segment.seq}, options {segment.options}"


def _call(lan: Lan, port: int) -> str:
    try:
        with lan[BOB].connect((lan[SERVER].address, port), CALL_TIME):
            return "connected"
    except Refused:
        return f"no answer within {CALL_TIME:g} s"


def _counted(table: KernelTable | str) -> str:
    if isinstance(table, str):
        return table
    states = Counter(row.state.value for row in table.rows)
    return ", ".join(f"{count} in {state}" for state, count in states.items())
