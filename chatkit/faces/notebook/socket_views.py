"""What each call of a socket puts on the wire: a notebook makes one call in a cell, and then looks at the wire.

    calls = watch_calls(lan, instead="sockets")         watch a free port of the host called server
    ann = calls.keep(lan["ann"].socket(AF_INET, SOCK_STREAM))
    ann.connect((lan["server"].address, calls.port))
    calls.after("ann.connect")                          all calls so far, what crossed the wire by each, and the ladder

A look waits until the wire is quiet. So what has come since the last look came by the call between the two, or by what
the kernels did on their own because of it.

Where nothing can be caught, a recorded capture of the same calls is shown, cut where it stood after the same call. The
sockets are real there, too, but the segments are those of the recording, and say so.
"""

import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import pairwise
from pathlib import Path

from chatkit.capture.capture import Capture
from chatkit.capture.catch import Replay, catch
from chatkit.capture.recorded import FOLDER
from chatkit.faces.notebook.stand_in import StandIn
from chatkit.lan.lan import Lan
from chatkit.tcp.ladder import Ladder
from chatkit.tcp.segment import Segment
from chatkit.tcp.style import NO_FORMULAS
from chatkit.tcp.visible import visible

SERVER = "server"  # the host whose port is watched
PATIENCE = 2.0  # seconds that a call of a kept socket may wait
MOST_BYTES = 65536  # of one recv
ROWS = 24  # of a ladder
MOST_SEGMENTS = 6  # named in one line
TEXT_LIMIT = 24  # bytes of a payload that is shown
NOTHING, NOT_RECORDED = "nothing", "not in the recording"

_CELL = "text-align:left;padding:0 12px 0 0;vertical-align:top"


@dataclass(frozen=True)
class Step:
    """A call, and how many frames there were before and after it; None where the recording knows of no such call."""

    call: str
    frames: tuple[int, int] | None


class Calls:
    """The sockets of a notebook, and the wire between them."""

    def __init__(self, lan: Lan | StandIn, instead: str) -> None:
        self.port = _free_port(lan)
        self._live = catch(self.port, lan=lan if isinstance(lan, Lan) else None, instead=instead)
        self._recorded = _read_steps(instead) if isinstance(self._live, Replay) else None
        self._steps: list[Step] = []
        self._kept: list[socket.socket] = []
        self.capture = self._cut(0)

    def keep(self, sock: socket.socket) -> socket.socket:
        """Give the socket back, with a time limit for its calls: it is closed with the others."""
        sock.settimeout(PATIENCE)
        self._kept.append(sock)
        return sock

    def after(self, call: str) -> "Told":
        """Look at the wire once it is quiet: what has come since the last look came by this call."""
        self._steps.append(Step(call, self._frames_of(call)))
        return Told(tuple(self._steps), self.capture)

    def close(self) -> None:
        """Close the sockets, and end the capture. Safe to call twice."""
        for sock in self._kept:
            sock.close()
        self._live.stop()

    def save(self, name: str, folder: Path = FOLDER) -> None:
        """Write the capture and the calls, to be shown where nothing can be caught."""
        self.capture.save(folder / f"{name}.pcap")
        lines = [f"{step.frames[1]}\t{step.call}\n" for step in self._steps if step.frames]
        _file(name, folder).write_text("".join(lines), "utf-8")

    def _frames_of(self, call: str) -> tuple[int, int] | None:
        before = len(self.capture)
        if self._recorded is None:
            self.capture = self._live.so_far()
            return before, len(self.capture)
        frames = self._recorded.get(call)
        if frames is not None:
            self.capture = self._cut(max(before, frames[1]))
        return frames

    def _cut(self, frames: int) -> Capture:
        """What the wire had seen by then."""
        capture = self._live.capture
        remarks = (*capture.remarks, self._live.why_not) if self._live.why_not else capture.remarks
        return replace(capture, frames=capture.frames[:frames], remarks=remarks)

    def __repr__(self) -> str:
        return f"<Calls, seen on port {self.port} of the server: {len(self._steps)} so far>\n  {self._live!r}"


@dataclass(frozen=True, repr=False)
class Told:
    """The calls so far, what crossed the wire by each, and the ladder of the conversation that went on last."""

    steps: tuple[Step, ...]
    capture: Capture

    def __repr__(self) -> str:
        width = max(len(step.call) for step in self.steps)
        lines = [f"{call:{width}}  {what}" for call, what in self._rows()]
        return "\n".join([*lines, "", str(self.ladder) if self.ladder else self._words])

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><td style="{_CELL}">{escape(call)}</td><td style="{_CELL}"><bdi>{escape(what)}</bdi></td></tr>'
            for call, what in self._rows()
        )
        heads = f'<tr><th scope="col" style="{_CELL}">call</th><th scope="col" style="{_CELL}">on the wire</th></tr>'
        looks = f'class="{NO_FORMULAS}" style="font-family:monospace"'
        table = f"<table {looks}><thead>{heads}</thead><tbody>{rows}</tbody></table>"
        return table + (self.ladder._repr_html_() if self.ladder else f"<div>{escape(self._words)}</div>")

    @property
    def silent(self) -> list[str]:
        """The calls that put nothing on the wire."""
        return [call for call, what in self._rows() if what == NOTHING]

    @property
    def ladder(self) -> Ladder | None:
        """The conversation that has the last segment; None before the first."""
        talks = self.capture.conversations
        if not talks:
            return None
        talk = max(talks, key=lambda talk: talk.segments[-1].frame)
        return talk.ladder(rows=ROWS, frames=True, highlight=self._first_of_last_call)

    @property
    def _first_of_last_call(self) -> int | None:
        """The frame to point at; None where the last call put nothing on the wire."""
        frames = self.steps[-1].frames
        return frames[0] + 1 if frames and frames[1] > frames[0] else None

    @property
    def _words(self) -> str:
        return f"Nothing has crossed the wire so far ({self.capture.source})."

    def _rows(self) -> list[tuple[str, str]]:
        """Each call, with what crossed the wire by it."""
        return [(step.call, self._between(*step.frames) if step.frames else NOT_RECORDED) for step in self.steps]

    def _between(self, low: int, high: int) -> str:
        """The segments of these frames, in a few words each."""
        segments = [s for talk in self.capture.conversations for s in talk.segments if low < s.frame <= high]
        segments.sort(key=lambda segment: segment.frame)
        servers = {talk.server for talk in self.capture.conversations}
        named = [_named(s, s.destination in servers) for s in segments[:MOST_SEGMENTS]]
        more = [f"and {len(segments) - MOST_SEGMENTS} more"] if len(segments) > MOST_SEGMENTS else []
        return ",  ".join(named + more) or NOTHING


def _named(segment: Segment, is_to_server: bool) -> str:
    return f"{segment.frame} {'-->' if is_to_server else '<--'} {segment.flags}{_payload(segment)}"


def _payload(segment: Segment) -> str:
    """What it carries, where that is short; how much it is, where it is long."""
    if segment.size > TEXT_LIMIT:
        return f" {segment.size} bytes"
    return f" {visible(segment.payload, TEXT_LIMIT)}" if segment.size else ""


@dataclass(frozen=True)
class Poured:
    """How many bytes each send took, and how many each recv gave."""

    sends: Sequence[int]
    recvs: Sequence[int]

    def __repr__(self) -> str:
        return f"{_sizes('send', 'took', self.sends)}\n{_sizes('recv', 'gave', self.recvs)}"


def pour(data: bytes, out: socket.socket, into: socket.socket) -> Poured:
    """Send it all by one socket and receive it by the other, in turns, so that neither waits for the other for ever."""
    sends: list[int] = []
    recvs: list[int] = []
    while sum(recvs) < len(data):
        sends += _sent_at_once(data[sum(sends) :], out)
        recvs.append(len(into.recv(MOST_BYTES)))
    return Poured(sends, recvs)


def _sent_at_once(data: bytes, out: socket.socket) -> list[int]:
    """How many bytes the kernel takes now, if it takes any."""
    timeout = out.gettimeout()
    out.setblocking(False)
    try:
        return [out.send(data)] if data else []
    except BlockingIOError:
        return []  # it holds as much as it can already
    finally:
        out.settimeout(timeout)


def _sizes(call: str, verb: str, sizes: Sequence[int]) -> str:
    listed = ", ".join(map(str, sizes[:MOST_SEGMENTS])) + (", ..." if len(sizes) > MOST_SEGMENTS else "")
    return f"{len(sizes)} {call}{'' if len(sizes) == 1 else 's'}, which {verb} {listed} bytes"


def _free_port(lan: Lan | StandIn) -> int:
    """A port of the server that nobody has."""
    with lan[SERVER].listen(0) as probe:
        return int(probe.getsockname()[1])


def _file(name: str, folder: Path) -> Path:
    return folder / f"{name}-calls.tsv"


def _read_steps(name: str) -> dict[str, tuple[int, int]]:
    """How many frames there were before and after each call, when it was recorded."""
    lines = [line.split("\t") for line in _file(name, FOLDER).read_text("utf-8").splitlines()]
    ends = [0, *(int(frames) for frames, _ in lines)]
    return {call: span for (_, call), span in zip(lines, pairwise(ends), strict=True)}


class _Newest:
    """The calls that a notebook watches: those from before end when others begin."""

    def __init__(self) -> None:
        self._calls: Calls | None = None

    def watch_calls(self, lan: Lan | StandIn, instead: str) -> Calls:
        """Watch a free port of the host called server; `instead` is the recording for where nothing can be caught."""
        if self._calls:
            self._calls.close()
        self._calls = Calls(lan, instead)
        return self._calls


watch_calls = _Newest().watch_calls
