"""The way of one message, followed through the programs and over the wire: a step for each moment that somebody told.

    send() ---- frame ---- ACK        what the sender's program told; what the capture has
    recv() ---- queue ---- postman    what the server told
    frame  ---- ACK ------ recv()     what the capture has; what the receiver's program told

Programs are joined with the wire by counting bytes. What nobody told becomes a sentence in `untold`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from chatkit.capture.capture import Capture
from chatkit.faces.wire.field_table import of_bytes
from chatkit.faces.wire.lanes import Lane, Step
from chatkit.faces.wire.spoken import Carried, decoded
from chatkit.faces.wire.tellers import Teller, client_of, server_of
from chatkit.lan.log import Delivery, Fate, Passage
from chatkit.net.event import Event, What
from chatkit.tcp.segment import Segment
from chatkit.tcp.sequence import distance

_LOST = (Fate.DROPPED, Fate.CORRUPTED)  # a receiver throws away what has a wrong checksum


@dataclass
class Trip:
    """The way of one message; what is missing is noted on the way."""

    capture: Capture
    spoken: Carried
    heard: Carried | None
    events: Sequence[Event]
    passages: Mapping[tuple[int, bytes], Passage]
    untold: list[str] = field(default_factory=list)
    taken: Event | None = None  # when the postman took the letter

    def steps(self) -> Iterator[Step]:
        """All that is known of it, in the order of cause and effect."""
        ann, talk = self.spoken.chat.name, self.spoken.chat.talk
        yield from self._sent(client_of(self.events, talk, ann))
        yield from self._carried(self.spoken, Lane.SENDER_TCP, Lane.WIRE_IN, Lane.SERVER_TCP_IN)
        yield from self._read(server_of(self.events, talk))
        if self.heard is None:
            self.untold.append("The capture has no line that tells somebody else of it.")
            return
        hearer = self.heard.chat
        yield from self._handed_out(server_of(self.events, hearer.talk), self.heard)
        yield from self._carried(self.heard, Lane.SERVER_TCP_OUT, Lane.WIRE_OUT, Lane.RECEIVER_TCP)
        yield from self._shown(client_of(self.events, hearer.talk, hearer.name), self.heard)
        if not self.passages:
            self.untold.append(
                "A capture has one time for each frame: how long it was on the wire, the wire's log tells."
            )

    # ---- in the sender's program ----

    def _sent(self, teller: Teller) -> Iterator[Step]:
        name, size = self.spoken.chat.name, self.spoken.end - self.spoken.start
        found = teller.covering(self.spoken.start, self.spoken.end, What.SENT)
        if len(found) != 1 or found[0].bytes != size:
            self.untold.append(f"No event tells when {name} called send().")
            return
        [sent] = found
        begun = teller.begun(sent) or sent
        sentence = (
            f"{name} calls send() in {sent.thread} with {self.spoken.text} and LF, {of_bytes(size)}. "
            "It returns when TCP has taken them."
        )
        yield Step(Lane.SENDER_THREAD, begun.when, f"send() {of_bytes(size)}", sentence, sent.when)

    # ---- on the wire ----

    def _carried(self, line: Carried, lane: Lane, wire: Lane, far: Lane) -> Iterator[Step]:
        """Each frame that carries it, its fate where the wire tells that, and the ACK."""
        seen: list[Segment] = []
        for segment in line.segments():
            yield self._leaves(line, segment, lane, seen)
            yield from self._passes(segment, wire)
            seen.append(segment)
        if len(seen) > len(line.line.segments) and not self.passages:
            self.untold.append(f"Which copy of {line.text} arrived, the wire's log tells.")
        if ack := line.acknowledged_by():
            data = " and carries data of its own" if ack.size else ""
            sentence = (
                f"Frame {ack.frame} acknowledges up to {line.chat.talk.relative(ack).ack}{data}: this TCP has all of "
                "the line. That does not say that a program has read it."
            )
            yield Step(far, ack.time, f"frame {ack.frame}, ACK", sentence, is_aside=True)
        else:
            self.untold.append(f"The capture has no ACK of {line.text}.")

    def _leaves(self, line: Carried, segment: Segment, lane: Lane, before: Sequence[Segment]) -> Step:
        same = [other for other in before if -segment.size < distance(other.seq, segment.seq) < other.size]
        again = " again" if same else ""
        relative = line.chat.talk.relative(segment)
        sentence = (
            f"Frame {segment.frame} leaves with {line.text}{again}: "
            f"{segment.flags}, seq {relative.seq}, {of_bytes(segment.size)} of payload."
        )
        is_aside = self._is_lost(segment) or not all(map(self._is_lost, same))
        return Step(lane, segment.time, f"frame {segment.frame}{again}", sentence, is_aside=is_aside)

    def _passes(self, segment: Segment, wire: Lane) -> Iterator[Step]:
        passage = self._passage(segment)
        if passage is None:
            return
        rule = f" by {passage.rule}" if passage.rule else ""
        if not passage.deliveries:
            words = f"The wire does not deliver frame {segment.frame}: {passage.fate.value}{rule}."
            yield Step(wire, segment.time, f"{passage.fate.value}{rule}", words, is_aside=True)
        elif len(passage.deliveries) == 1:
            [delivery] = passage.deliveries
            what = f", {passage.fate.value}{rule}" if rule else ""
            words = f"The wire hands frame {segment.frame} to {delivery.host}{what}."
            yield Step(wire, segment.time, f"to {delivery.host}", words, _later(passage, delivery))

    def _passage(self, segment: Segment) -> Passage | None:
        frame = self.capture.frame(segment.frame)
        return self.passages.get((frame.nanoseconds, frame.data))

    def _is_lost(self, segment: Segment) -> bool:
        passage = self._passage(segment)
        return passage is not None and passage.fate in _LOST

    # ---- in the server ----

    def _read(self, teller: Teller) -> Iterator[Step]:
        yield from self._received(teller, self.spoken, Lane.READER, "the server")
        before = self.spoken.chat.talk.stream(self.spoken.sender)[: self.spoken.start].count(b"\n")
        queued, taken = (teller.with_line(before, kind) for kind in (What.QUEUED, What.TAKEN))
        self.taken = taken
        if queued is None or taken is None:
            self.untold.append("No event tells how long it waited in the queue: ask the server for every delivery.")
            return
        lines = f"{queued.text} line{'s' * (queued.text != '1')}"
        sentence = f"The reader puts a letter of {lines} into the queue, where it waits for the postman."
        yield Step(Lane.QUEUE, queued.when, f"a letter of {lines}", sentence, taken.when)

    def _handed_out(self, teller: Teller, heard: Carried) -> Iterator[Step]:
        """The postman has it from when he takes the letter to when his send() returns; what TCP won't take waits."""
        owed, name = teller.owed(heard.start, heard.end), heard.chat.name
        if not owed:
            self.untold.append(f"No event tells when the postman sent it to {name}: ask the server for every delivery.")
        for event in owed:
            if event.what is What.DELIVERED:
                begin = self.taken.when if self.taken and event is owed[0] else event.when
                sentence = (
                    "The postman takes the letter; the room decides what it means and who hears it. The line is now "
                    f"{heard.text}. His send() to {name} returns: TCP has taken {of_bytes(event.bytes)}."
                )
                yield Step(Lane.POSTMAN, begin, f"letter, send() {of_bytes(event.bytes)}", sentence, event.when)
                continue
            if self.taken and event is owed[0]:
                sentence = (
                    f"The postman takes the letter; the room decides what it means. The line is now {heard.text}."
                )
                yield Step(Lane.POSTMAN, self.taken.when, "takes the letter", sentence)
            freed = teller.freed(heard.end)
            sentence = f"TCP takes no more for {name}: {of_bytes(event.bytes)} wait here, and hold up nobody else."
            until = freed.when if freed else None
            yield Step(Lane.OUTBOX, event.when, f"{of_bytes(event.bytes)} wait", sentence, until)

    # ---- in the receiver's program ----

    def _shown(self, teller: Teller, heard: Carried) -> Iterator[Step]:
        name = heard.chat.name
        yield from self._received(teller, heard, Lane.RECEIVER_THREAD, name)
        if shown := _face(teller, heard):
            sentence = f"{name}'s face has been handed the message. When it paints next, no event tells."
            yield Step(Lane.FACE, shown.when, "handed to the face", sentence)

    def _received(self, teller: Teller, line: Carried, lane: Lane, name: str) -> Iterator[Step]:
        """Each recv() that gave some of it."""
        reads = teller.covering(line.start, line.end, What.RECEIVED)
        if not reads:
            self.untold.append(f"No event tells when {name} read it.")
        share = "all" if len(reads) == 1 else "a part"
        for read in reads:
            size = of_bytes(read.bytes)
            sentence = f"recv() in {read.thread} gives {size}, and with them {share} of {line.text}."
            yield Step(lane, read.when, f"recv() {size}", sentence)


def _later(passage: Passage, delivery: Delivery) -> float | None:
    """When it was delivered; None where that is not known: a recorded log has one time for a frame."""
    return delivery.nanoseconds / 1e9 if delivery.nanoseconds > passage.nanoseconds else None


def _face(teller: Teller, heard: Carried) -> Event | None:
    """The n-th SAID, or TOLD, that was handed on is the n-th in the stream."""
    message = decoded(heard)
    kind, verb = type(message), type(message).__name__.upper()
    lines = [saying.line for saying in heard.chat.from_server() if isinstance(saying.message, kind)]
    shown = [event for event in teller.of(What.SHOWN) if event.text == verb]
    place = lines.index(heard.line)
    return shown[place] if place < len(shown) else None
