"""The journey of a message: what the wire and the programs tell of it, joined by counting bytes, and nothing more."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from chatkit.capture.capture import Capture
from chatkit.capture.live import LiveCapture
from chatkit.capture.recorded import recorded
from chatkit.capture.wire_capture import WireCapture
from chatkit.errors import MisuseError
from chatkit.faces.recordings.chats import Inbox
from chatkit.faces.transcript import TranscriptFile, read_transcript
from chatkit.faces.wire.journey import Journey, journey
from chatkit.faces.wire.lanes import Lane, Step
from chatkit.lan.lan import Lan
from chatkit.lan.log import Passage
from chatkit.lan.rules import drop
from chatkit.net.client import Client
from chatkit.net.event import Event, What
from chatkit.net.host import THIS_COMPUTER, Host
from chatkit.net.server import Server
from chatkit.protocol.messages import Said
from chatkit.tcp.segment import Segment
from tests.needs import needs_lan, needs_live_capture
from tests.talks import ACK, PSH, SERVER, Ends, caught

ANN, BOB = ("10.0.0.1", 40000), ("10.0.0.2", 40001)
START = 1_700_000_000.0  # of captures made for tests
WHOLE = [
    *(Lane.SENDER_THREAD, Lane.SENDER_TCP, Lane.SERVER_TCP_IN, Lane.READER, Lane.QUEUE, Lane.POSTMAN),
    *(Lane.SERVER_TCP_OUT, Lane.RECEIVER_TCP, Lane.RECEIVER_THREAD, Lane.FACE),
]


@dataclass
class Talk:
    """Both ends of a chat while it is made: segments, and the events that go with them, a millisecond apart."""

    story: "Story"
    name: str
    ends: Ends
    up: int = 1
    down: int = 1

    def open(self) -> None:
        for segment in self.ends.handshake():
            self.story.add(segment)
        self.ours(What.CONNECTED)
        self.theirs(What.ACCEPTED)
        self.hears(b"HELLO chat/1\n")
        self.says(f"JOIN {self.name}\n".encode())
        self.hears(f"WELCOME {self.name}\n".encode())

    def ours(self, what: What, size: int = 0, text: str = "", thread: str = "") -> None:
        self.story.tell(what, self.name, self.ends.server, size, text, thread or f"chat-client-{self.name}")

    def theirs(self, what: What, size: int = 0, text: str = "") -> None:
        self.story.tell(what, self.name, self.ends.client, size, text, "chat-postman")

    def says(self, *parts: bytes) -> None:
        """One send(), in so many segments and recv()s."""
        size = sum(map(len, parts))
        self.ours(What.SENDING, size, thread="MainThread")
        for part in parts:
            self.story.add(self.ends.up(PSH | ACK, self.up, self.down, part))
            self.up += len(part)
        self.ours(What.SENT, size, thread="MainThread")
        self.story.add(self.ends.down(ACK, self.down, self.up))
        for part in parts:
            self.theirs(What.RECEIVED, len(part))
        lines = str(b"".join(parts).count(b"\n"))
        self.theirs(What.QUEUED, size, lines)
        self.theirs(What.TAKEN, size, lines)

    def hears(self, data: bytes, verb: str = "", kept: int = 0) -> None:
        """One send() of the postman, of which so much has to wait."""
        if kept:
            self.theirs(What.KEPT, kept)
            self.theirs(What.DELIVERED, len(data) - kept)
        self.story.add(self.ends.down(PSH | ACK, self.down, self.up, data))
        self.theirs(*((What.SENT, kept) if kept else (What.DELIVERED, len(data))))
        self.down += len(data)
        self.story.add(self.ends.up(ACK, self.up, self.down))
        self.ours(What.RECEIVED, len(data))
        if verb:
            self.ours(What.SHOWN, text=verb)


@dataclass
class Story:
    """A chat made for a test: what was on the wire, and what the programs told."""

    segments: list[Segment] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    clock: int = 0  # milliseconds

    def add(self, segment: Segment) -> None:
        self.clock += 1
        self.segments.append(replace(segment, time=self.clock / 1000))

    def tell(self, what: What, who: str, address: tuple[str, int], size: int, text: str, thread: str) -> None:
        self.clock += 1
        self.events.append(Event(what, who, address, size, text, START + self.clock / 1000, thread))

    def joined(self, name: str) -> Talk:
        talk = Talk(self, name, Ends(100, 300, ANN if name == "ann" else BOB, SERVER))
        talk.open()
        return talk

    @property
    def capture(self) -> Capture:
        return caught(self.segments)

    def journey(self, text: str, **options: int) -> Journey:
        return journey(text, self.capture, self.events, **options)


def told_story(text: str = "hello, bob") -> Story:
    """Ann says it, bob hears it."""
    story = Story()
    ann, bob = story.joined("ann"), story.joined("bob")
    say(ann, bob, text)
    return story


def say(ann: Talk, bob: Talk, text: str) -> None:
    ann.says(f"SAY {text}\n".encode())
    bob.hears(f"SAID ann {text}\n".encode(), "SAID")


def lanes(trip: Journey) -> list[Lane]:
    return [step.lane for step in trip.steps]


def at(trip: Journey, lane: Lane) -> list[Step]:
    return [step for step in trip.steps if step.lane is lane]


# ---- the way ----


def test_a_message_goes_through_every_thread_in_order() -> None:
    trip = told_story().journey("hello, bob")
    assert lanes(trip) == WHOLE
    assert (trip.sender, trip.receiver) == ("ann", "bob")
    whens = [step.when for step in trip.steps if not step.is_aside]
    assert whens == sorted(whens)


def test_send_lasts_from_its_call_to_its_return() -> None:
    trip = told_story().journey("hello, bob")
    [send] = at(trip, Lane.SENDER_THREAD)
    [frame] = at(trip, Lane.SENDER_TCP)
    assert send.until is not None
    assert send.when < frame.when < send.until
    assert "MainThread" in send.sentence


def test_the_queue_lasts_until_the_postman_takes_the_letter() -> None:
    trip = told_story().journey("hello, bob")
    [queue], [postman] = at(trip, Lane.QUEUE), at(trip, Lane.POSTMAN)
    assert queue.until == postman.when


def test_a_line_in_two_segments_has_two_frames_and_two_reads() -> None:
    story = Story()
    ann, bob = story.joined("ann"), story.joined("bob")
    ann.says(b"SAY hel", b"lo\n")
    bob.hears(b"SAID ann hello\n", "SAID")
    trip = story.journey("hello")
    assert [len(at(trip, lane)) for lane in (Lane.SENDER_TCP, Lane.READER, Lane.SERVER_TCP_IN)] == [2, 2, 1]


def test_a_retransmission_is_aside_of_the_way() -> None:
    story = told_story()
    again = next(segment for segment in story.segments if segment.payload == b"SAY hello, bob\n")
    story.add(again)
    trip = story.journey("hello, bob")
    first, second = at(trip, Lane.SENDER_TCP)
    assert (first.is_aside, second.is_aside) == (False, True)
    assert "again" in second.label
    assert any("Which copy" in sentence for sentence in trip.untold)


def test_what_tcp_does_not_take_waits_in_the_outbox() -> None:
    story = Story()
    ann, bob = story.joined("ann"), story.joined("bob")
    ann.says(b"SAY hello\n")
    bob.hears(b"SAID ann hello\n", "SAID", kept=5)
    [outbox] = at(story.journey("hello"), Lane.OUTBOX)
    assert outbox.label == "5 bytes wait"
    assert outbox.until == next(event.when for event in story.events if event.bytes == 5 and event.what is What.SENT)


def test_what_waits_behind_others_is_freed_with_its_own_bytes() -> None:
    story = Story()
    ann, bob = story.joined("ann"), story.joined("bob")
    for text in ("one", "two"):
        ann.says(f"SAY {text}\n".encode())
        bob.theirs(What.KEPT, 13)
        bob.theirs(What.DELIVERED, 0)
    for text in ("one", "two"):
        bob.story.add(bob.ends.down(PSH | ACK, bob.down, bob.up, f"SAID ann {text}\n".encode()))
        bob.theirs(What.SENT, 13)
        bob.down += 13
    trips = [story.journey(text) for text in ("one", "two")]
    ends = [at(trip, Lane.OUTBOX)[0].until for trip in trips]
    assert ends == [event.when for event in story.events if event.bytes == 13 and event.what is What.SENT]
    assert all(at(trip, Lane.POSTMAN)[0].label == "takes the letter" for trip in trips)


def test_an_ack_says_nothing_about_a_program() -> None:
    [ack] = at(told_story().journey("hello, bob"), Lane.SERVER_TCP_IN)
    assert ack.is_aside
    assert "does not say that a program has read it" in ack.sentence


# ---- which line ----


def test_of_two_messages_with_one_text_each_has_its_own_way() -> None:
    story = Story()
    ann, bob = story.joined("ann"), story.joined("bob")
    say(ann, bob, "hello")
    say(ann, bob, "hello")
    first, second = story.journey("hello"), story.journey("hello", number=2)
    ends = [max(step.when for step in trip.steps) for trip in (first, second)]
    assert ends[0] < second.start < ends[1]
    assert lanes(first) == lanes(second) == WHOLE


def test_what_was_said_before_somebody_joined_is_not_taken_for_what_he_heard() -> None:
    story = Story()
    ann = story.joined("ann")
    ann.says(b"SAY hello\n")
    bob = story.joined("bob")
    say(ann, bob, "hello")
    assert story.journey("hello").receiver == ""
    assert story.journey("hello", number=2).receiver == "bob"


def test_what_was_said_while_somebody_joined_is_left_open_where_it_could_be_another() -> None:
    story = Story()
    ann, bob = story.joined("ann"), Talk(story, "bob", Ends(100, 300, BOB, SERVER))
    welcome, bob.hears = bob.hears, lambda *args, **options: None  # type: ignore[method-assign, assignment]
    bob.open()
    ann.says(b"SAY hello\n")
    bob.hears = welcome  # type: ignore[method-assign]
    bob.hears(b"HELLO chat/1\nWELCOME bob\n")
    say(ann, bob, "hello")
    trip = story.journey("hello")
    assert trip.receiver == ""
    assert any("joined" in sentence for sentence in trip.untold)


def test_a_private_message_is_followed_to_the_one_it_is_for() -> None:
    story = Story()
    ann, bob = story.joined("ann"), story.joined("bob")
    ann.says(b"TELL bob psst\n")
    bob.hears(b"TOLD ann psst\n", "TOLD")
    assert lanes(story.journey("psst")) == WHOLE


def test_a_line_of_the_capture_will_do_as_well_as_its_text() -> None:
    story = told_story()
    capture = story.capture
    line = next(line for line in capture.conversations[0].lines() if line.data == b"SAY hello, bob")
    assert lanes(journey(line, capture, story.events)) == WHOLE


def test_a_text_that_nobody_said_is_answered_with_what_there_is() -> None:
    with pytest.raises(MisuseError, match='there is "hello, bob"'):
        told_story().journey("goodbye")


# ---- never guessed ----


def test_without_events_the_frames_stay_and_the_rest_is_said_to_be_missing() -> None:
    trip = journey("hello, bob", told_story().capture)
    assert lanes(trip) == [Lane.SENDER_TCP, Lane.SERVER_TCP_IN, Lane.SERVER_TCP_OUT, Lane.RECEIVER_TCP]
    assert any("send()" in sentence for sentence in trip.untold)


def test_events_that_begin_in_the_middle_are_not_counted() -> None:
    story = told_story()
    late = story.events[5:]
    assert at(journey("hello, bob", story.capture, late), Lane.SENDER_THREAD) == []


def test_without_every_delivery_the_queue_is_said_to_be_missing() -> None:
    story = told_story()
    few = [event for event in story.events if event.what not in (What.QUEUED, What.TAKEN, What.DELIVERED)]
    trip = journey("hello, bob", story.capture, few)
    assert at(trip, Lane.QUEUE) == at(trip, Lane.POSTMAN) == []
    assert sum("every delivery" in sentence for sentence in trip.untold) == 2


def test_a_send_that_carried_more_than_the_line_is_not_taken_for_it() -> None:
    story = Story()
    ann, bob = story.joined("ann"), story.joined("bob")
    ann.says(b"SAY one\nSAY two\n")
    bob.hears(b"SAID ann one\nSAID ann two\n", "SAID")
    assert at(story.journey("one"), Lane.SENDER_THREAD) == []


# ---- how it looks ----


def test_the_picture_is_well_formed_and_harmless() -> None:
    text = "<script>alert(1)</script> & more"
    trip = told_story(text).journey(text)
    assert ElementTree.fromstring(trip.svg()).tag.endswith("svg")
    assert "<script" not in trip._repr_html_()


def test_the_text_has_a_sentence_for_each_step_and_for_what_is_missing() -> None:
    trip = journey("hello, bob", told_story().capture)
    for sentence in (*(step.sentence for step in trip.steps), *trip.untold):
        assert sentence in trip.text()


def test_recorded_evidence_says_so_wherever_it_is_shown() -> None:
    trip = journey("hello, bob", recorded())
    assert all("RECORDED" in shown for shown in (trip.text(), trip.svg(), trip._repr_html_()))


def test_an_ack_that_comes_late_does_not_squeeze_the_way() -> None:
    story = told_story()
    place = next(n for n, s in enumerate(story.segments) if s.payload == b"SAY hello, bob\n")
    story.segments.append(replace(story.segments.pop(place + 1), time=9.0))
    trip = story.journey("hello, bob")
    assert max(step.when for step in trip.steps) - trip.start > 8
    assert trip.seconds < 1


# ---- real ones ----


@contextmanager
def chatting(server: Server, events: list[Event], ann_at: Host, bob_at: Host) -> Iterator[tuple[Client, Inbox]]:
    inbox, tell = Inbox(), events.append
    server.subscribe(tell, every_delivery=True)
    with (
        Client("ann", server.address, host=ann_at, on_event=tell) as ann,
        Client("bob", server.address, host=bob_at, on_event=tell, listener=inbox),
    ):
        yield ann, inbox


def on_a_lan() -> tuple[Capture, list[Event], list[Passage]]:
    """Two messages; the second is lost once."""
    events: list[Event] = []
    with Lan("server", "ann", "bob") as lan, Server(port=0, host=lan["server"]) as server:
        with WireCapture(lan.wire) as live, chatting(server, events, lan["ann"], lan["bob"]) as (ann, inbox):
            ann.say("hello, bob")
            inbox.wait_for(Said)
            lan.wire.add(drop(nth=1, sent_by="ann", carrying_data=True))
            ann.say("again?")
            inbox.wait_for(Said)
        return live.capture, events, list(lan.wire.log)


@needs_lan
def test_on_a_lan_the_wire_tells_when_a_frame_arrives_and_which_was_lost(tmp_path: Path) -> None:
    capture, events, log = on_a_lan()
    trip = journey("hello, bob", capture, events, log=log)
    assert set(lanes(trip)) == {*WHOLE, Lane.WIRE_IN, Lane.WIRE_OUT}
    assert trip.untold == ()
    lost = journey("again?", capture, events, log=log)
    assert [step.is_aside for step in at(lost, Lane.SENDER_TCP)] == [True, False]
    assert "dropped" in at(lost, Lane.WIRE_IN)[0].label

    path = tmp_path / "events.jsonl"
    with TranscriptFile(path, complain=events.append) as file:
        for event in events:
            file.note(event)
    saved = Capture.read(capture.save(tmp_path / "chat.pcap"))
    kept = journey("hello, bob", saved, read_transcript(path).events, log=log)
    assert [step.sentence for step in kept.steps] == [step.sentence for step in trip.steps]


@needs_live_capture
def test_on_loopback_it_is_the_same_without_the_time_on_the_wire() -> None:
    events: list[Event] = []
    with Server(port=0) as server, LiveCapture(server.address[1]) as live:
        with chatting(server, events, THIS_COMPUTER, THIS_COMPUTER) as (ann, inbox):
            ann.say("hello, bob")
            inbox.wait_for(Said)
    trip = journey("hello, bob", live.capture, events)
    assert set(lanes(trip)) == set(WHOLE)
    assert len(trip.untold) == 1
