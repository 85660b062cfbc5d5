"""What is right about a conversation, worked out by somebody else: from tshark's table, as with a pencil.

Nothing here knows how chatkit reads a capture. Where the table leaves a doubt, there is no opinion.

    opinion(id, reader, case, keys, dice)     every answer that has to be right, each with a frame that shows it
"""

import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

FIELDS = (
    "tcp.stream", "frame.number", "frame.time_epoch", "ip.src", "tcp.srcport", "ip.dst", "tcp.dstport", "tcp.seq_raw",
    "tcp.ack_raw", "tcp.flags", "tcp.len", "tcp.window_size", "tcp.window_size_value", "tcp.payload", "ip.id",
    "tcp.analysis.retransmission", "tcp.analysis.fast_retransmission", "tcp.analysis.spurious_retransmission",
    "tcp.analysis.duplicate_ack", "tcp.analysis.zero_window",
)  # fmt: skip
FIN, SYN, RST, ACK = 1, 2, 4, 16
CIRCLE = 2**32
SHOWN = 60  # characters of a sentence that a question quotes
TIMER = 0.19  # seconds; Linux's retransmission timer is 0.2 at least
AT_ONCE = 0.02  # seconds in which a third duplicate ACK is acted on

Answer = int | str | float | tuple[str, ...]
Opinion = tuple[Answer, int | None]  # an answer, and a frame that shows it


@dataclass(frozen=True)
class Row:
    """One segment, as tshark's columns have it."""

    frame: int
    nanoseconds: int
    source: tuple[str, int]
    target: tuple[str, int]
    seq: int
    ack: int
    flags: int
    size: int
    window: int  # scaled
    header_window: int
    payload: bytes
    ident: int
    is_again: bool  # tshark calls it a retransmission of some kind
    is_duplicate_ack: bool
    is_zero_window: bool

    def since(self, earlier: "Row") -> float:
        """Seconds between the two."""
        return (self.nanoseconds - earlier.nanoseconds) / 1e9

    @property
    def numbers(self) -> int:
        """How many sequence numbers it takes."""
        return self.size + bool(self.flags & SYN) + bool(self.flags & FIN)

    @property
    def end(self) -> int:
        """The number after its last."""
        return (self.seq + self.numbers) % CIRCLE

    def acks(self, number: int) -> bool:
        """Whether it says that all before this number has come."""
        return bool(self.flags & ACK) and not self.flags & RST and after(number, self.ack) >= 0


def after(start: int, number: int) -> int:
    """How far a number lies behind another, on the circle; negative before it."""
    return (number - start + CIRCLE // 2) % CIRCLE - CIRCLE // 2


def read(path: Path) -> dict[int, list[Row]]:
    """Every conversation of the file, by the client's port: who sends the first segment is the client."""
    names = [argument for field in FIELDS for argument in ("-e", field)]
    command = ["tshark", "-n", "-r", str(path), "-Y", "tcp", "-T", "fields", *names]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    streams: dict[str, list[Row]] = {}
    for line in done.stdout.splitlines():
        stream, *rest = line.split("\t")
        streams.setdefault(stream, []).append(_row(*rest))
    return {rows[0].source[1]: rows for rows in streams.values()}


def _row(frame: str, time: str, source: str, sport: str, target: str, dport: str, seq: str, ack: str, flags: str,
         size: str, window: str, header_window: str, payload: str, ident: str, *marks: str) -> Row:  # fmt: skip
    *again, duplicate_ack, zero = (bool(mark) for mark in marks)
    return Row(
        int(frame), int(time.replace(".", "")), (source, int(sport)), (target, int(dport)), int(seq), int(ack or 0),
        int(flags, 16), int(size), int(window or 0), int(header_window), bytes.fromhex(payload.replace(":", "")),
        int(ident, 16), any(again), duplicate_ack, zero,
    )  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What the programs know of their own conversation; empty or None where they do not."""

    sent: bytes | None  # by the client, all of which has come
    closed_first: str  # client or server
    ending: str  # fin, refused, reset, silence
    is_quiet: bool  # nothing happened to it on the wire, and nobody closed while the other did


class Reader:
    """One conversation of the table."""

    def __init__(self, rows: list[Row], known: Known) -> None:
        self.rows, self.known = rows, known
        self.client, self.server = rows[0].source, rows[0].target
        self.up = [row for row in rows if row.source == self.client]
        self.down = [row for row in rows if row.source == self.server]
        self.syns = [row for row in self.up if row.flags & (SYN | ACK) == SYN]
        self.synacks = [row for row in self.down if row.flags & (SYN | ACK) == SYN | ACK]
        self.data = [row for row in self.up if row.size and not row.flags & RST]
        self.fins = [row for row in rows if row.flags & FIN]
        self.resets = [row for row in rows if row.flags & RST]

    def row(self, frame: int) -> Row:
        """The segment in this frame."""
        return next(row for row in self.rows if row.frame == frame)

    def later(self, row: Row) -> Iterator[Row]:
        """What comes after it from the other end."""
        return (other for other in self.rows if other.frame > row.frame and other.source != row.source)

    def number(self, absolute: int, of: tuple[str, int]) -> list[int]:
        """A sequence number, absolute and relative to that end's SYN."""
        isn = next(row.seq for row in self.rows if row.source == of and row.flags & SYN)
        return [absolute, (absolute - isn) % CIRCLE]

    @property
    def stream(self) -> bytes:
        """What the client sent, as far as nothing is missing."""
        first = (self.syns[0].seq + 1) % CIRCLE
        stream = bytearray()
        for row in sorted(self.data, key=lambda row: after(first, row.seq)):
            start = after(first, row.seq)
            if 0 <= start <= len(stream) < start + row.size:
                stream += row.payload[len(stream) - start :]
        return bytes(stream)

    def bringing(self, offset: int) -> list[Row]:
        """The segments that bring this byte of the client's stream."""
        first = self.syns[0].seq + 1
        return [row for row in self.data if 0 <= offset - after(first % CIRCLE, row.seq) < row.size]

    def place(self, row: Row, offset: int) -> int:
        """Where this byte of the client's stream lies in the segment."""
        return offset - after((self.syns[0].seq + 1) % CIRCLE, row.seq)


def opinion(id: str, reader: Reader, case: str, keys: tuple[str, ...], dice: Random) -> list[Opinion]:
    """What is right, in every way that has to be accepted; nothing where there is no opinion.

    `case` is what the question says about this conversation, and `keys` what it offers.
    """
    if id in CONSTANT:
        return [(CONSTANT[id], None)]
    if id == "order.segments":
        return [(order, None) for order in _orders(reader, keys, dice)]
    return list(_OPINIONS[id](reader, case))


CONSTANT = {
    "payload.who-can-read": "anybody",
    "close.restart": "bind",
    "timing.karn": "neither",
    "threads.one-socket": "pieces",
    "threads.list-changed": "bob",
    "threads.slow-reader": "all",
    "attack.blind": "one",
    "attack.flood": "queue",
    "attack.cookie": "number",
    "eavesdropping.switch": "until",
    "eavesdropping.defence": "tls",
    "sealing.seen": "lengths",
    "sealing.authenticated": "unknown",
    "window.whose": "receiver",
    "congestion.where": "kernel",
    "scale.threads": "works",
    "scale.broadcast": "others",
    "scale.async": "no",
    "window.send-returned": "buffer",
}


def _with_frames(answers: Iterable[Answer], rows: Iterable[Row]) -> Iterator[Opinion]:
    """Each answer with the first of the frames, and the first answer with each of them."""
    frames = [row.frame for row in rows]
    for place, answer in enumerate(answers):
        yield from ((answer, frame) for frame in (frames[:1] if place else frames))


def _frame_in(case: str) -> int:
    found = re.search(r"frame (\d+)", case)
    assert found, f"no frame is named: {case!r}"
    return int(found[1])


# ---- opening ----


def _segments_before_data(reader: Reader, _: str) -> Iterator[Opinion]:
    first = next((row for row in reader.rows if row.size and not row.flags & RST), None)
    if first:
        before = [row for row in reader.rows if row.frame < first.frame]
        yield from _with_frames([len(before)], [first])


def _server(reader: Reader, _: str) -> Iterator[Opinion]:
    address, port = reader.server
    yield from _with_frames([f"{address}:{port}", f"{address} {port}"], reader.syns + reader.synacks)


def _ephemeral_port(reader: Reader, _: str) -> Iterator[Opinion]:
    yield from _with_frames([reader.client[1]], reader.syns + reader.synacks)


def _syn_seq(reader: Reader, _: str) -> Iterator[Opinion]:
    yield from _with_frames(reader.number(reader.syns[0].seq, reader.client), reader.syns)


def _synack_ack(reader: Reader, _: str) -> Iterator[Opinion]:
    for row in reader.synacks[:1]:
        yield from _with_frames(reader.number(row.ack, reader.client), reader.synacks)


def _first_data_seq(reader: Reader, _: str) -> Iterator[Opinion]:
    """The lowest number of all that carry data."""
    first = reader.syns[0].seq
    lowest = min(reader.data, key=lambda row: after(first, row.seq)).seq
    yield from _with_frames(reader.number(lowest, reader.client), [row for row in reader.data if row.seq == lowest])


def _who_answers(reader: Reader, _: str) -> Iterator[Opinion]:
    yield from _with_frames(["kernel"], reader.synacks)


def _reset_seq(reader: Reader, _: str) -> Iterator[Opinion]:
    """What the client had acknowledged before anybody reset anything."""
    until = min((row.frame for row in reader.resets), default=reader.rows[-1].frame + 1)
    before = [row for row in reader.rows if row.frame < until and row.flags & ACK]
    acks = [row.ack for row in before if row.source == reader.client]
    if acks and reader.synacks:
        top = max(acks, key=lambda ack: after(reader.synacks[0].seq, ack))
        shown = [row for row in before if top == (row.ack if row.source == reader.client else row.seq)]
        yield from _with_frames(reader.number(top, reader.server), shown)


# ---- data ----


def _ack_of_message(reader: Reader, case: str) -> Iterator[Opinion]:
    message = reader.row(_frame_in(case))
    acks = [row for row in reader.later(message) if row.flags & ACK and row.ack == message.end]
    yield from _with_frames(reader.number(message.end, reader.client), acks)


def _bytes_sent(reader: Reader, _: str) -> Iterator[Opinion]:
    seen, told = len(reader.stream), reader.known.sent
    if told is not None and seen == len(told):
        yield from _with_frames([seen], reader.bringing(seen - 1))


def _segments_of_client(reader: Reader, _: str) -> Iterator[Opinion]:
    """Those that bring something new; no opinion where one brings both new and old."""
    seen: set[int] = set()
    new = [_unseen(seen, row) for row in reader.data]
    if all(count in (0, row.size) for count, row in zip(new, reader.data, strict=True)):
        yield sum(map(bool, new)), None


def _unseen(seen: set[int], row: Row) -> int:
    """How many bytes of the segment have not been seen before; afterwards they have."""
    bytes_of_it = {(row.seq + place) % CIRCLE for place in range(row.size)}
    count = len(bytes_of_it - seen)
    seen |= bytes_of_it
    return count


def _ack_means(reader: Reader, _: str) -> Iterator[Opinion]:
    for first in reader.bringing(0)[:1]:
        acks = [row for row in reader.down if row.acks(first.end if not first.flags & FIN else first.end - 1)]
        yield from _with_frames(["kernel"], acks[:3])


# ---- the payload ----


def _sentence(reader: Reader, case: str) -> tuple[int, bytes] | None:
    """Where the sentence that the question quotes lies in the client's stream, and all of it."""
    text = case.split('"', 1)[1].rsplit('"', 1)[0]
    start = text.removesuffix("…") if len(text) > SHOWN else text
    at = reader.stream.rfind(b"SAY " + start.encode())
    end = reader.stream.find(b"\n", at)
    return (at + 4, reader.stream[at + 4 : end]) if at >= 0 and end >= 0 else None


def _find_sentence(reader: Reader, case: str) -> Iterator[Opinion]:
    """The sentence that is quoted; and the last that the client says, for the question says that it is the same."""
    places = [found[0] for found in [_sentence(reader, case)] if found]
    if reader.known.sent == reader.stream:
        places += [found.start(1) for found in re.finditer(rb"(?m)^SAY (.+)$", reader.stream)][-1:]
    for place in dict.fromkeys(places):
        yield from _placed(reader, place)


def _find_password(reader: Reader, _: str) -> Iterator[Opinion]:
    at = reader.stream.find(b"PASS tulip\n")
    if at >= 0:
        yield from _placed(reader, at + len(b"PASS "))


def _placed(reader: Reader, offset: int) -> Iterator[Opinion]:
    for row in reader.bringing(offset):
        place = reader.place(row, offset)
        assert row.payload[place] == reader.stream[offset]
        yield place, row.frame


def _text_length(reader: Reader, case: str) -> Iterator[Opinion]:
    if found := _sentence(reader, case):
        yield len(found[1]), None


# ---- windows and time ----


def _may_send(reader: Reader, case: str) -> Iterator[Opinion]:
    """The window of that frame, less what was sent and is not acknowledged by it; unless an older one was overtaken."""
    moment = reader.row(_frame_in(case))
    before = [row for row in reader.rows if row.frame < moment.frame and not row.flags & RST]
    if any(row.source == reader.server and row.flags & ACK and after(moment.ack, row.ack) > 0 for row in before):
        return
    sent = [after(moment.ack, row.end) for row in before if row.source == reader.client]
    yield max(0, moment.window - max(0, *sent, 0)), None


def _rtt(reader: Reader, case: str) -> Iterator[Opinion]:
    timed = reader.row(_frame_in(case))
    ack = next(row for row in reader.later(timed) if row.acks(timed.end))
    yield from _times(timed, ack)


def _times(one: Row, other: Row) -> Iterator[Opinion]:
    """The time between them: as it is, in words, and from clocks that show microseconds only."""
    seconds = other.since(one)
    yield seconds, other.frame
    yield f"{seconds * 1000:.3f} ms", other.frame
    yield (other.nanoseconds // 1000 - one.nanoseconds // 1000) / 1e6, other.frame


def _window_closed(reader: Reader, _: str) -> Iterator[Opinion]:
    for row in [row for row in reader.rows if row.is_zero_window][:1]:
        yield row.frame, None


# ---- loss ----


def _repeated(reader: Reader) -> Iterator[tuple[Row, Row]]:
    """What takes numbers that its sender has used before, in another datagram, with the first that did."""
    for row in reader.rows:
        for first in reader.rows:
            if first.frame >= row.frame:
                break
            same = first.source == row.source and first.seq == row.seq and first.numbers and row.numbers
            if same and (first.ident != row.ident or row.since(first) > TIMER):
                yield first, row
                break


def _retransmission(reader: Reader, _: str) -> Iterator[Opinion]:
    for _first, again in _repeated(reader):
        if again.is_again and not again.flags & RST:
            yield again.frame, None


def _how_noticed(reader: Reader, case: str) -> Iterator[Opinion]:
    number = int(re.findall(r"number (\d+)", case)[0])
    pairs = [(first, row) for first, row in _repeated(reader) if first.seq == number and first.size]
    if not pairs:
        return
    first, again = pairs[0]
    asked = [
        row for row in reader.later(first)
        if row.frame < again.frame and row.is_duplicate_ack and row.ack == number
    ]  # fmt: skip
    if len(asked) >= 3 and again.since(asked[-1]) < AT_ONCE:
        yield "duplicates", again.frame
    elif not asked and again.since(first) > TIMER:
        yield "timer", again.frame


def _syn_backoff(reader: Reader, _: str) -> Iterator[Opinion]:
    if len(reader.syns) > 1 and reader.syns[0].ident != reader.syns[1].ident:
        first, second = reader.syns[:2]
        yield from _times(first, second)


# ---- the end ----


def _ending(reader: Reader, _: str) -> Iterator[Opinion]:
    silent = not reader.down and all(row.flags & SYN for row in reader.up)
    both = {row.source for row in reader.fins} == {reader.client, reader.server}
    if silent:
        seen, rows = "silence", reader.up
    elif reader.resets and not both:
        refused = len(reader.down) == 1 and not reader.synacks
        seen, rows = ("refused" if refused else "reset"), reader.resets
    elif both and not reader.resets:
        seen, rows = "fin", reader.fins
    else:
        return
    if reader.known.ending in ("", seen):
        yield from _with_frames([seen], rows)


def _first_fins(reader: Reader) -> list[Row]:
    """The first FIN of each end that sent one, in their order."""
    firsts: dict[tuple[str, int], Row] = {}
    for row in reader.fins:
        firsts.setdefault(row.source, row)
    return list(firsts.values())


def _time_wait(reader: Reader, _: str) -> Iterator[Opinion]:
    fins = _first_fins(reader)
    if reader.resets:
        if len(fins) < 2:
            yield from _with_frames(["nobody"], reader.resets)
        return
    if len(fins) < 2:
        return
    first, second = fins
    crossed = not second.acks(first.end)
    who = "both" if crossed else "client" if first.source == reader.client else "server"
    if reader.known.closed_first in ("", who):
        yield from _with_frames([who], fins if crossed else [row for row in reader.fins if row.source == first.source])


def _acked_fins(reader: Reader) -> list[Row]:
    """Both FINs, and for each the first segment that acknowledges it; without those that are the same."""
    parts: dict[int, Row] = {}
    for fin in _first_fins(reader):
        ack = next((row for row in reader.later(fin) if row.acks(fin.end)), None)
        parts |= {fin.frame: fin} | ({ack.frame: ack} if ack else {})
    return [parts[frame] for frame in sorted(parts)]


def _close_segments(reader: Reader, _: str) -> Iterator[Opinion]:
    parts = _acked_fins(reader)
    if len(_first_fins(reader)) == 2 and not reader.resets:
        yield len(parts), parts[-1].frame


def _ack_of_fin(reader: Reader, case: str) -> Iterator[Opinion]:
    fin = reader.row(_frame_in(case))
    acks = [row for row in reader.later(fin) if row.flags & ACK and row.ack == fin.end]
    yield from _with_frames(reader.number(fin.end, fin.source), acks)


# ---- states ----


def _states(reader: Reader, case: str) -> Iterator[Opinion]:
    """Where nothing is lost, late or crossing, every segment has arrived before the next is sent."""
    if not reader.known.is_quiet:
        return
    frame = _frame_in(case)
    client, server = "CLOSED", "LISTEN"
    for row in (row for row in reader.rows if row.frame <= frame):
        if row.source == reader.client:
            client, server = _moved(client, server, row, _fin_end(reader, reader.server, row))
        else:
            server, client = _moved(server, client, row, _fin_end(reader, reader.client, row))
    yield f"{client} and {server}", None


def _fin_end(reader: Reader, of: tuple[str, int], until: Row) -> int | None:
    return next((row.end for row in reader.fins if row.source == of and row.frame < until.frame), None)


_SENDS_FIN = {"ESTABLISHED": "FIN-WAIT-1", "CLOSE-WAIT": "LAST-ACK"}
_HEARS_FIN = {"ESTABLISHED": "CLOSE-WAIT", "FIN-WAIT-1": "CLOSING", "FIN-WAIT-2": "TIME-WAIT"}
_FIN_ACKED = {"FIN-WAIT-1": "FIN-WAIT-2", "CLOSING": "TIME-WAIT", "LAST-ACK": "CLOSED"}


def _moved(sender: str, hearer: str, row: Row, fin_of_hearer: int | None) -> tuple[str, str]:
    """RFC 9293, figure 5, for one segment that is sent and has arrived."""
    if row.flags & RST:
        return "CLOSED", "CLOSED"
    if row.flags & SYN:
        return ("SYN-SENT", "SYN-RECEIVED") if not row.flags & ACK else ("SYN-RECEIVED", "ESTABLISHED")
    if row.flags & FIN:
        sender = _SENDS_FIN.get(sender, sender)
    if hearer == "SYN-RECEIVED":
        hearer = "ESTABLISHED"
    if fin_of_hearer is not None and row.acks(fin_of_hearer):
        hearer = _FIN_ACKED.get(hearer, hearer)
    if row.flags & FIN:
        hearer = _HEARS_FIN.get(hearer, hearer)
    return sender, hearer


# ---- order ----


def _orders(reader: Reader, keys: tuple[str, ...], dice: Random) -> Iterator[tuple[str, ...]]:
    """The order of the capture, and a few others in which each end keeps its own, and no ack comes too early."""
    rows = sorted((reader.row(int(key)) for key in keys), key=lambda row: row.frame)
    yield tuple(str(row.frame) for row in rows)
    for _ in range(3):
        left, order = list(rows), []
        while left:
            free = [row for row in left if not any(_comes_first(other, row) for other in left if other is not row)]
            order.append(dice.choice(free))
            left.remove(order[-1])
        yield tuple(str(row.frame) for row in order)


def _comes_first(one: Row, other: Row) -> bool:
    if one.source == other.source:
        return one.frame < other.frame
    return one.numbers > 0 and bool(other.flags & ACK) and after(one.end, other.ack) >= 0


_OPINIONS: dict[str, Callable[[Reader, str], Iterable[Opinion]]] = {
    "handshake.segments-before-data": _segments_before_data,
    "attack.reset-seq": _reset_seq,
    "ends.server": _server,
    "ends.ephemeral-port": _ephemeral_port,
    "handshake.syn-seq": _syn_seq,
    "handshake.synack-ack": _synack_ack,
    "handshake.first-data-seq": _first_data_seq,
    "handshake.who-answers": _who_answers,
    "data.ack-of-message": _ack_of_message,
    "data.bytes-sent": _bytes_sent,
    "data.segments-of-client": _segments_of_client,
    "data.ack-means": _ack_means,
    "payload.find-sentence": _find_sentence,
    "payload.text-length": _text_length,
    "payload.find-password": _find_password,
    "window.may-send": _may_send,
    "window.closed": _window_closed,
    "timing.rtt": _rtt,
    "loss.retransmission": _retransmission,
    "loss.how-noticed": _how_noticed,
    "loss.syn-backoff": _syn_backoff,
    "close.time-wait": _time_wait,
    "close.segments": _close_segments,
    "close.ack-of-fin": _ack_of_fin,
    "close.ending": _ending,
    "order.states": _states,
}
