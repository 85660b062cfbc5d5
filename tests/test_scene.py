"""Scenes: what there is to see in a capture, and on the wire of a LAN while it passes."""

from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest

from chatkit.capture.capture import Capture
from chatkit.capture.ongoing import OngoingCapture
from chatkit.capture.recorded import names, recorded
from chatkit.faces.wire import words
from chatkit.faces.wire.calls import Heard
from chatkit.faces.wire.captured import LONG, scene_of
from chatkit.faces.wire.growing import Growing
from chatkit.faces.wire.recorder import Recorder
from chatkit.faces.wire.scene import Arrow, Kind, Part, Scene, Step, lifelines
from chatkit.faces.wire.selection import Choice, Selection
from chatkit.faces.wire.wired import Wired
from chatkit.lan.log import Fate
from chatkit.net.event import Event, What
from chatkit.tcp.judge import Judgement
from tests.stories import Story
from tests.talks import ACK, FIN, PSH, RST, SYN, Ends, caught
from tests.wires import HOSTS, START, HandLog, log_of

CHAT = Ends(100, 300)
BOB = Ends(7000, 9000, client=("10.0.0.2", 40002))
WELCOME = b"WELCOME ann\nUSERS 1 ann\n"
PLAIN = [name for name in names() if recorded(name).segments]


def steps(scene: Scene, choice: Choice | None = None) -> list[Step]:
    return list(Selection(scene, choice).page().steps)


def arrows(scene: Scene) -> list[Arrow]:
    return [step.arrow for step in steps(scene) if step.arrow and step.part is not Part.ARRIVES]


def story_of(scene: Scene) -> list[str]:
    """Each step in a few words, with the state of the end that it moves."""
    return [line[words.MARGIN :] for line in words.tell(Selection(scene).page())]


# ---- of a capture ----


@pytest.mark.parametrize("name", PLAIN)
def test_each_segment_of_a_recorded_capture_leaves_once_and_arrives_at_most_once(name: str) -> None:
    capture = recorded(name)
    told = steps(scene_of(capture))
    left = [step.arrow.segment.frame for step in told if step.arrow and step.part is not Part.ARRIVES]
    landed = [step.arrow.segment.frame for step in told if step.arrow and step.part is not Part.LEAVES]
    assert left == [segment.frame for segment in capture.segments]
    assert len(landed) == len(set(landed))


@pytest.mark.parametrize("name", PLAIN)
def test_the_states_are_those_of_the_conversation(name: str) -> None:
    capture = recorded(name)
    last = {step.talk.number: step.arrow for step in steps(scene_of(capture)) if step.talk and step.arrow}
    for number, talk in enumerate(capture.conversations):
        assert (last[number].landed or last[number].left) == talk.states[-1]


def test_a_client_is_called_as_the_server_welcomes_it() -> None:
    capture = caught([*CHAT.handshake(), CHAT.down(PSH | ACK, 1, 1, WELCOME)])
    (talk,) = scene_of(capture).talks
    assert (talk.client.name, talk.client.address, talk.server.name) == ("ann", "10.0.0.1", "server")


def test_names_that_are_given_go_before_those_that_are_found() -> None:
    capture = caught([*CHAT.handshake(), CHAT.down(PSH | ACK, 1, 1, WELCOME)])
    (talk,) = scene_of(capture, {"10.0.0.1": "annie", "10.0.0.9:9898": "host"}).talks
    assert (talk.client.name, talk.server.name) == ("annie", "host")


def test_on_loopback_a_lifeline_is_an_endpoint() -> None:
    hosts = lifelines(scene_of(recorded("first-words")).talks)
    assert [host.name for host in hosts] == ["ann", "server", "bob"]
    assert hosts[1].address == "127.0.0.1:9898"


def test_the_busiest_host_stands_in_the_middle() -> None:
    clients = [Ends(1, 2, client=(f"10.0.0.{number}", 40000)) for number in range(1, 6)]
    capture = caught([segment for ends in clients for segment in ends.handshake()])
    addresses = [host.address[-1] for host in lifelines(scene_of(capture).talks)]
    assert addresses == ["5", "3", "1", "9", "2", "4"]


def test_what_had_to_be_sent_again_shows_no_sign_of_arrival() -> None:
    story = Story(CHAT).opens().loses_first_of(4, b"x" * 10, duplicates=3)
    scene = scene_of(story.capture)
    lost = [arrow for arrow in arrows(scene) if arrow.arrived is None]
    assert [arrow.segment.frame for arrow in lost] == [story.frame["data 0"]]
    assert words.ending(lost[0]) == "no sign of arrival"


def test_two_fins_that_cross_arrive_in_rows_of_their_own() -> None:
    story = Story(CHAT).opens().closes_at_once()
    late = [step for step in steps(scene_of(story.capture)) if step.part is Part.ARRIVES]
    assert late[0].arrow
    assert late[0].arrow.segment.frame == story.frame["fin"]


@pytest.mark.parametrize("name", ["simultaneous-open", "simultaneous-close", "syn-lost", "five-percent-loss"])
def test_pages_of_any_size_tell_the_whole_and_nothing_twice(name: str) -> None:
    shown = Selection(scene_of(recorded(name)))
    whole = [step.key for step in shown.page().steps]
    random = Random(name)
    for _ in range(20):
        cuts = sorted({0, len(shown), *(random.randrange(len(shown)) for _ in range(5))})
        pages = [shown.page(start, stop).steps for start, stop in pairwise(cuts)]
        assert [step.key for page in pages for step in page] == whole


def test_a_page_knows_the_states_before_its_first_step() -> None:
    scene = scene_of(caught(CHAT.chat()))
    shown = Selection(scene)
    assert [str(end) for end in shown.page(0, 1).before[0]] == ["CLOSED", "LISTEN"]
    assert [str(end) for end in shown.page(2, 3).before[0]] == ["ESTABLISHED", "SYN-RECEIVED"]


def test_one_conversation_can_be_chosen_and_pure_acks_left_out_but_counted() -> None:
    mixed = [one for pair in zip(CHAT.chat(), BOB.chat(), strict=True) for one in pair]
    scene = scene_of(caught(mixed))
    told = steps(scene, Choice(talk=1, kinds=frozenset(Kind) - {Kind.PURE_ACK}))
    assert {step.talk.client.address for step in told if step.talk} == {"10.0.0.2"}
    assert [(str(step.arrow.segment.flags), step.skipped) for step in told if step.arrow] == [
        ("SYN", 0),
        ("SYN,ACK", 0),
        ("PSH,ACK", 1),
        ("PSH,ACK", 1),
        ("FIN,ACK", 1),
        ("FIN,ACK", 0),
    ]


def test_a_long_conversation_is_followed_at_its_ends_and_established_between() -> None:
    line = b"SAY hello\n"
    talk = [segment for n in range(LONG) for segment in (CHAT.up(PSH | ACK, 1 + n * len(line), 1, line),)]
    end = 1 + LONG * len(line)
    close = [CHAT.up(FIN | ACK, end, 1), CHAT.down(FIN | ACK, 1, end + 1), CHAT.up(ACK, end + 1, 2)]
    shown = Selection(scene_of(caught([*CHAT.handshake(), *talk, *close])))
    middle, last = shown.page(LONG // 2, LONG // 2 + 1).steps[0].arrow, shown.page(LONG + 5, None).steps[-1].arrow
    assert middle
    assert last
    assert [str(end) for end in middle.left] == ["ESTABLISHED", "ESTABLISHED"]
    assert last.landed
    assert [str(end) for end in last.landed] == ["TIME-WAIT", "CLOSED"]


def test_a_capture_without_segments_has_an_empty_page() -> None:
    page = Selection(scene_of(caught([]))).page()
    assert (page.steps, page.hosts) == ((), [])


# ---- calls ----


def call(what: What, milliseconds: float, client: str = "", **others: object) -> Heard:
    details: dict[str, object] = {"address": ("10.0.0.9", 9898) if client else ("10.0.0.1", 40000), **others}
    return Heard(Event(what, when=(START + milliseconds * 1e6) / 1e9, thread="chat-x", **details), client)  # type: ignore[arg-type]


def test_calls_stand_at_their_time_and_at_the_host_that_made_them() -> None:
    heard = [
        call(What.ACCEPTED, 3.5),
        call(What.RECEIVED, 6.5, bytes=9),
        call(What.CONNECTED, 2.5, client="ann"),
        call(What.SENT, 5.5, client="ann", bytes=1),
    ]
    capture = caught([*CHAT.handshake(), CHAT.down(PSH | ACK, 1, 1, WELCOME), *CHAT.chat()[4:]])
    told = [step for step in steps(scene_of(capture, heard=heard)) if step.call]
    assert [(step.call.host.name, step.call.words) for step in told if step.call] == [
        ("ann", "connect()"),
        ("server", "accept()"),
        ("ann", "send() 1 byte"),
        ("server", "recv() 9 bytes"),
    ]
    times = [step.time for step in steps(scene_of(capture, heard=heard))]
    assert times == sorted(times)


def test_batches_and_calls_of_conversations_that_were_not_seen_are_left_out() -> None:
    heard = [
        call(What.SENT, 4.0, address=None, text="2 clients"),
        call(What.RECEIVED, 4.0, address=("10.0.0.77", 1)),
        call(What.SAID, 4.0, text="hello"),
        call(What.ACCEPTED, 0.2),  # before the first segment: of an older conversation on that port
    ]
    assert [step for step in steps(scene_of(caught(CHAT.chat()), heard=heard)) if step.call] == []


def test_a_recorder_keeps_what_it_hears_up_to_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatkit.faces.wire.recorder.MOST", 2)
    recorder = Recorder()
    for _ in range(3):
        recorder.of_client("ann")(Event(What.SENT))
    assert ([heard.client for heard in recorder.heard], recorder.beyond) == (["ann", "ann"], 1)


# ---- of a wire ----


def test_on_a_wire_each_end_moves_when_its_segment_leaves_or_arrives() -> None:
    assert [line.split("; ")[1] for line in story_of(Wired(log_of(CHAT.handshake()), HOSTS))] == [
        "ann is SYN-SENT, server is SYN-RECEIVED",
        "ann is ESTABLISHED",
        "server is ESTABLISHED",
    ]


def test_on_a_wire_a_whole_chat_says_what_a_capture_of_it_says() -> None:
    segments = CHAT.chat()
    on_wire, in_capture = Wired(log_of(segments), HOSTS), scene_of(caught(segments), {"10.0.0.1": "ann"})
    assert story_of(on_wire) == story_of(in_capture)


def test_a_delayed_segment_is_two_steps_and_moves_its_receiver_in_the_second() -> None:
    log = HandLog()
    log.add(CHAT.up(SYN, 0), 0, [50], Fate.DELAYED)
    log.add(CHAT.down(SYN | ACK, 0, 1), 51)
    told = steps(Wired(log, HOSTS))
    assert [(step.part, round(step.time - told[0].time, 3)) for step in told] == [
        (Part.LEAVES, 0.0),
        (Part.ARRIVES, 0.05),
        (Part.WHOLE, 0.051),
    ]
    assert story_of(Wired(log, HOSTS))[1].endswith("arrives at server, from ann; server is SYN-RECEIVED")


def test_what_is_quick_but_is_met_on_its_way_is_two_steps() -> None:
    log = log_of(CHAT.handshake())
    log.add(CHAT.up(FIN | ACK, 1, 1), 10.0, [10.3])
    log.add(CHAT.down(FIN | ACK, 1, 1), 10.1, [10.4])
    parts = [step.part for step in steps(Wired(log, HOSTS))[3:]]
    assert parts == [Part.LEAVES, Part.WHOLE, Part.ARRIVES]


def test_a_dropped_segment_moves_only_its_sender_and_says_who_dropped_it() -> None:
    log = HandLog()
    log.add(CHAT.up(SYN, 0), 0, [], Fate.DROPPED)
    (arrow,) = arrows(Wired(log, HOSTS))
    assert [repr(end) for end in arrow.left] == ["SYN-SENT", "CLOSED or LISTEN"]
    assert (arrow.landed, words.ending(arrow)) == (None, "dropped by a rule")


def test_a_doubled_segment_arrives_twice() -> None:
    log = log_of(CHAT.handshake())
    log.add(CHAT.up(PSH | ACK, 1, 1, b"x"), 10, [10.05, 12], Fate.DUPLICATED)
    parts = [step.part for step in steps(Wired(log, HOSTS))[3:]]
    assert parts == [Part.WHOLE, Part.ARRIVES]


def test_a_corrupted_fin_does_not_move_its_receiver() -> None:
    log = log_of(CHAT.handshake())
    log.add(CHAT.up(FIN | ACK, 1, 1), 10, fate=Fate.CORRUPTED)
    assert story_of(Wired(log, HOSTS))[-1].endswith("corrupted; ann is FIN-WAIT-1")


def test_a_forged_reset_that_is_not_obeyed_moves_nobody_once_that_is_seen() -> None:
    log = log_of(CHAT.handshake())
    log.add(CHAT.up(RST, 5000), 10, fate=Fate.INJECTED)
    before = arrows(Wired(log, HOSTS))[-1].landed
    assert before
    assert str(before.server) in ("CLOSED", "LISTEN")
    log.add(CHAT.up(PSH | ACK, 1, 1, b"still here\n"), 11)
    after = arrows(Wired(log, HOSTS))[-1].landed
    assert after
    assert [str(end) for end in after] == ["ESTABLISHED", "ESTABLISHED"]


def test_a_scene_that_grows_tells_the_same_as_one_that_is_seen_at_once() -> None:
    whole = log_of([*CHAT.chat(), *BOB.chat()])
    growing = HandLog()
    scene = Wired(growing, HOSTS)
    shown = Selection(scene)
    for passage in whole.passages:
        growing.passages.append(passage)
        assert scene.look()
        shown.grow()
    assert [step.key for step in shown.page().steps] == [step.key for step in steps(Wired(whole, HOSTS))]
    assert story_of(scene) == story_of(Wired(whole, HOSTS))


def test_a_delivery_that_comes_after_a_look_is_found_by_the_next() -> None:
    log = HandLog()
    passage = log.add(CHAT.up(SYN, 0), 0, [], Fate.DELAYED)
    scene = Wired(log, HOSTS)
    assert scene.look() is False
    passage.deliveries.append(log.add(CHAT.up(SYN, 0), 30).deliveries[0])
    assert scene.look()
    assert [step.part for step in steps(scene)][:2] == [Part.LEAVES, Part.WHOLE]


def test_what_is_on_its_way_is_said_to_be_until_nobody_waits_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    log = HandLog()
    log.add(CHAT.up(SYN, 0), 0, [])
    monkeypatch.setattr("chatkit.faces.wire.wired.time.time", lambda: START / 1e9 + 1)
    scene = Wired(log, HOSTS)
    assert words.ending(arrows(scene)[0]) == "on its way"
    monkeypatch.setattr("chatkit.faces.wire.wired.time.time", lambda: START / 1e9 + 60)
    scene.look()
    assert words.ending(arrows(scene)[0]) == "no sign of arrival"


def test_what_has_just_happened_waits_until_it_can_be_put_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    log = log_of(CHAT.handshake())
    monkeypatch.setattr("chatkit.faces.wire.wired.time.time", lambda: START / 1e9 + 0.0225)
    scene = Wired(log, HOSTS)
    assert len(scene.entries) == 2
    scene.look(everything=True)
    assert len(scene.entries) == 3


def test_a_port_that_is_used_again_is_another_conversation_and_a_repeated_syn_is_not() -> None:
    again = Ends(90_000, 95_000)
    log = log_of([CHAT.up(SYN, 0), *CHAT.chat(), *again.chat()])
    scene = Wired(log, HOSTS)
    assert len(scene.talks) == 2
    assert Judgement.RETRANSMISSION in arrows(scene)[1].judgements


def test_with_a_port_frames_are_numbered_as_in_a_capture_of_it() -> None:
    other = Ends(1, 2, client=("10.0.0.2", 5), server=("10.0.0.9", 80))
    log = log_of([*other.handshake(), *CHAT.chat()])
    scene = Wired(log, HOSTS, port=9898)
    assert [arrow.segment.frame for arrow in arrows(scene)] == list(range(1, 11))
    assert story_of(scene) == story_of(scene_of(caught(CHAT.chat()), {"10.0.0.1": "ann"}))
    assert scene.frame(arrows(scene)[0]).data == log.passages[3].data


def test_a_frame_of_the_wire_can_be_opened_with_the_lines_that_it_carries() -> None:
    scene = Wired(log_of(CHAT.chat()), HOSTS)
    said = next(arrow for arrow in arrows(scene) if arrow.segment.payload.startswith(b"JOIN"))
    assert [line.data for line in scene.lines(said)] == [b"JOIN ann"]
    assert b"JOIN ann\n" in scene.frame(said).data


# ---- of a capture that is being made ----


class Making(OngoingCapture):
    """A capture that grows when the test says so."""

    def __init__(self) -> None:
        super().__init__(None)
        self.made = caught([])
        self.reads = 0

    @property
    def capture(self) -> Capture:
        self.reads += 1
        return self.made

    def __len__(self) -> int:
        return len(self.made)

    def _begin(self) -> None: ...
    def _finish(self) -> Capture:
        return self.made

    def _by_now(self) -> Capture:
        return self.made

    def _source(self) -> str:
        return "made"

    def _mark(self) -> int:
        return 0

    def _is_busy(self, mark: int) -> bool:
        return False


def test_a_growing_capture_is_read_anew_when_there_is_more_and_only_then() -> None:
    making = Making()
    scene = Growing(making)
    shown = Selection(scene)
    making.made = caught(CHAT.handshake())
    assert scene.look(everything=True)
    assert (scene.look(everything=True), making.reads) == (False, 2)
    assert shown.grow() == 3
    assert len(shown.page().steps) == 3


def test_segments_without_a_host_of_the_lan_go_between_addresses() -> None:
    stranger = replace(CHAT, client=("192.0.2.7", 5))
    capture = caught(stranger.handshake())
    (talk,) = scene_of(capture).talks
    assert (talk.client.name, talk.server.name) == ("192.0.2.7", "10.0.0.9")
