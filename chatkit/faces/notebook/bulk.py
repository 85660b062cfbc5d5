"""A bulk transfer over a long wire, and what the sender's kernel allowed itself meanwhile: slow start, to be seen.

    transfer = pour(lan)                     ann sends all that she may, and each way takes 50 ms
    transfer.bursts                          (10, 20, 40, 50): segments per round trip
    time_sequence(transfer.conversation)     the staircase
    transfer.plot()                          bytes in flight, and the congestion window above them

The congestion window is in no header (RFC 5681, section 2). Only the sender knows it, so its kernel is asked all the
time (TCP_INFO). On loopback no wire is long: there the recorded transfer stands in, with what was told then.
"""

import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from chatkit.capture.capture import Capture
from chatkit.capture.recorded import FOLDER, recorded
from chatkit.capture.wire_capture import WireCapture
from chatkit.errors import LanError
from chatkit.faces.notebook.stand_in import StandIn
from chatkit.faces.plots import bytes_in_flight
from chatkit.faces.plots.plot import Plot
from chatkit.lan.lan import Lan
from chatkit.lan.rules import delay
from chatkit.lan.stage import ANN, PATIENCE, SERVER, caller, ruled
from chatkit.lan.tcp_info import tcp_info
from chatkit.lan.troubles import SMALL_MSS
from chatkit.tcp.conversation import Conversation

NAME = "slow-start"  # of the recorded one
ONE_WAY = 0.05  # seconds
SIZE = 64_000  # bytes: about 120 small segments, which make a small capture
POLLING = 0.0005  # seconds


class Sample(NamedTuple):
    """What the sender's kernel told at one moment."""

    time: float  # seconds since 1970
    cwnd: int  # segments that may be in flight, as far as the network is concerned
    in_flight: int  # segments
    mss: int  # bytes of payload in each


@dataclass(frozen=True, repr=False)
class Transfer:
    """One transfer from ann to the server."""

    capture: Capture  # seen at ann
    samples: tuple[Sample, ...]  # one for each change

    @property
    def conversation(self) -> Conversation:
        """All that was on the wire."""
        return self.capture.conversation()

    @property
    def bursts(self) -> tuple[int, ...]:
        """How many segments of data were sent in each round trip: the pauses between them are long."""
        talk = self.conversation
        times = [segment.time for segment in talk.sent_by(talk.client) if segment.size]
        starts = [0, *(at for at, (one, next) in enumerate(pairwise(times), 1) if next - one > ONE_WAY), len(times)]
        return tuple(end - start for start, end in pairwise(starts))

    def plot(self) -> Plot:
        """Draw what was in flight, and both windows that limit it."""
        talk = self.conversation
        cwnd = [(sample.time, sample.cwnd * sample.mss) for sample in self.samples]
        names = {talk.client: "ann", talk.server: "the server"}
        plot = bytes_in_flight(talk, talk.client, names=names, cwnd=cwnd)
        plot.words = f"{self._in_words} {plot.words}"
        return plot

    def __repr__(self) -> str:
        return f"<Transfer, {self.capture.source}: {len(self.samples)} samples. {self._in_words}>"

    @property
    def _in_words(self) -> str:
        first, last = self.samples[0], self.samples[-1]
        return f"The congestion window grows from {first.cwnd} segments of {first.mss} bytes to {last.cwnd} segments."


def pour(lan: Lan | StandIn) -> Transfer:
    """Let ann send as fast as TCP lets her; on a stand-in, give the transfer that was recorded."""
    if isinstance(lan, StandIn):
        return recorded_transfer()
    with ruled(lan, delay(ONE_WAY, kind="tcp")), lan[SERVER].listen(0) as door, caller(lan, ANN) as ann:
        port = door.getsockname()[1]
        ann.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SMALL_MSS)
        with WireCapture(lan.wire, port, at=ANN) as live:
            ann.connect((lan[SERVER].address, port))
            with door.accept()[0] as server:
                samples = _pour(ann, server)
    return Transfer(live.capture, samples)


def _pour(sender: socket.socket, receiver: socket.socket) -> tuple[Sample, ...]:
    """Send, read, and ask, in turn and without waiting, until all is acknowledged."""
    for sock in (sender, receiver):
        sock.setblocking(False)
    left, samples, deadline = memoryview(bytes(SIZE)), [_ask(sender)], time.monotonic() + PATIENCE
    while left or samples[-1].in_flight:
        with suppress(BlockingIOError):
            left = left[sender.send(left) :]
        with suppress(BlockingIOError):
            receiver.recv(SIZE)
        _keep(samples, _ask(sender))
        if time.monotonic() > deadline:
            raise LanError(f"The transfer was not over within {PATIENCE:g} s.")
        time.sleep(POLLING)
    return tuple(samples)


def _ask(sender: socket.socket) -> Sample:
    info = tcp_info(sender)
    return Sample(time.time(), info.cwnd, info.in_flight, info.mss)


def _keep(samples: list[Sample], sample: Sample) -> None:
    """Only what has changed."""
    if sample[1:] != samples[-1][1:]:
        samples.append(sample)


# ---- the recorded one ----


def recorded_transfer() -> Transfer:
    """The transfer that the kit brings."""
    lines = _file(FOLDER).read_text("utf-8").splitlines()
    return Transfer(recorded(NAME), tuple(_sample(line) for line in lines))


def save(transfer: Transfer, folder: Path = FOLDER) -> None:
    """Write what `recorded_transfer` reads."""
    transfer.capture.save(folder / f"{NAME}.pcap")
    _file(folder).write_text("".join(f"{_line(sample)}\n" for sample in transfer.samples), "utf-8")


def _file(folder: Path) -> Path:
    return folder / f"{NAME}.tsv"


def _line(sample: Sample) -> str:
    return "\t".join(map(str, sample))


def _sample(line: str) -> Sample:
    when, *numbers = line.split("\t")
    return Sample(float(when), *map(int, numbers))
