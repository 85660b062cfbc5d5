"""Captures of the wire of a LAN: whole from the first SYN to the last ACK, true to each place where they are seen."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chatkit.capture.capture import Capture
from chatkit.capture.catch import CHOICE, Replay, catch
from chatkit.capture.wire_capture import WireCapture, capture_of
from chatkit.errors import MisuseError
from chatkit.lan import Lan, corrupt, delay, drop, duplicate, reorder
from chatkit.lan.headers import Headers
from chatkit.lan.log import Delivery
from chatkit.net.client import Client
from chatkit.net.server import Server
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.judge import Judgement
from chatkit.tcp.segment import Flag, Segment
from tests.needs import needs_lan, needs_tshark
from tests.tshark import ask, our_rows, rows

PORT = 7000
SENTENCE = b"hello, bob\n"
VIEWS = (None, "ann", "bob")

pytestmark = needs_lan


@pytest.fixture
def lan() -> Iterator[Lan]:
    with Lan("ann", "bob") as lan:
        yield lan


@contextmanager
def _reading_all(lan: Lan, port: int = PORT) -> Iterator[None]:
    """Let bob accept one connection, read it to its end, and close it."""

    def read() -> None:
        sock, _ = listener.accept()
        with sock:
            while sock.recv(65536):
                pass

    with lan["bob"].listen(port) as listener:
        reader = threading.Thread(target=read)
        reader.start()
        yield
        reader.join()


def _talk(lan: Lan, *sentences: bytes, port: int = PORT) -> None:
    """Ann connects, says the sentences, and closes first; bob hears all of it."""
    with _reading_all(lan, port), lan["ann"].connect((lan["bob"].address, port)) as sock:
        for sentence in sentences or (SENTENCE,):
            sock.sendall(sentence)
        sock.shutdown(1)
        assert sock.recv(1) == b""


def _one(capture: Capture) -> Conversation:
    [talk] = capture.conversations
    return talk


def _is_whole(capture: Capture, expected: bytes = SENTENCE) -> bool:
    """Whether it goes from the SYN to the ACK of the second FIN."""
    talk = _one(capture)
    first, last = talk.segments[0], talk.segments[-1]
    fins = [segment for segment in talk.segments if segment.flags & Flag.FIN]
    is_closed = {fin.source for fin in fins} == set(talk.endpoints) and last.ack == fins[-1].end
    return first.flags == Flag.SYN and is_closed and talk.stream(talk.client) == expected


def _data(capture: Capture) -> list[Segment]:
    """The segments from ann that carry data."""
    talk = _one(capture)
    return [segment for segment in talk.segments if segment.size and segment.source == talk.client]


# ---- whole ----


def test_neither_the_first_segment_nor_the_last_is_ever_missed(lan: Lan) -> None:
    for _ in range(20):
        with WireCapture(lan.wire, PORT) as live:
            _talk(lan)
        assert _is_whole(live.capture)


def test_what_a_slow_wire_still_carries_is_waited_for(lan: Lan) -> None:
    lan.wire.add(delay(0.15))
    live = WireCapture(lan.wire, PORT, at="bob").start()
    with lan["ann"].udp() as sock:
        sock.sendto(b"late", (lan["bob"].address, PORT))
        assert len(live.stop()) == 1


def test_what_was_lost_last_is_waited_for_until_it_comes_again(lan: Lan) -> None:
    lan.wire.add(drop(nth=1, sent_by="ann", carrying_data=True))
    with _reading_all(lan), lan["ann"].connect(("bob", PORT)) as sock:
        with WireCapture(lan.wire, PORT, at="bob") as live:
            sock.sendall(SENTENCE)
    assert [segment.payload for segment in _data(live.capture)] == [SENTENCE]


def test_waiting_has_an_end(lan: Lan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatkit.capture.ongoing.PATIENCE", 0.2)
    lan.wire.add(delay(60))
    with WireCapture(lan.wire, PORT) as live, lan["ann"].udp() as sock:
        sock.sendto(b"much too late", (lan["bob"].address, PORT))
    assert "more may have come later" in live.capture.remarks[-1]


def test_a_capture_begins_with_what_comes_after_its_start(lan: Lan) -> None:
    _talk(lan)
    with WireCapture(lan.wire, PORT) as live:
        pass
    assert len(live.capture) == 0
    assert _is_whole(capture_of(lan.wire))


def test_what_has_been_caught_can_be_seen_while_it_goes_on(lan: Lan) -> None:
    with WireCapture(lan.wire, PORT) as live:
        _talk(lan)
        assert live.is_running
        assert _is_whole(live.so_far())
        assert live.so_far().source == "the wire of a private LAN, port 7000, still running"
        assert len(live) == len(live.so_far())
    assert live.capture is live.stop()
    assert live.capture.source == "the wire of a private LAN, port 7000"


def test_a_lan_that_ends_while_it_is_watched_leaves_what_there_is() -> None:
    with Lan("ann", "bob") as lan:
        live = WireCapture(lan.wire, PORT).start()
        _talk(lan)
        live.so_far()
    assert _is_whole(live.stop())


def test_frames_are_in_the_order_of_their_times_and_numbered_from_1(lan: Lan) -> None:
    _talk(lan, bytes(200_000))
    for at in VIEWS:
        frames = capture_of(lan.wire, at=at).frames
        times = [frame.nanoseconds for frame in frames]
        assert times == sorted(times)
        assert [frame.number for frame in frames] == list(range(1, len(frames) + 1))


def test_a_port_leaves_out_the_others_and_arp_and_none_leaves_out_nothing(lan: Lan) -> None:
    _talk(lan)
    _talk(lan, port=PORT + 1)
    with lan["ann"].udp() as sock, lan["bob"].udp(PORT) as other:
        sock.sendto(b"a datagram", (lan["bob"].address, PORT))
        other.recv(99)
    kinds = {Headers(frame.data).kind for frame in capture_of(lan.wire, PORT).frames}
    assert kinds == {"tcp", "udp"}
    assert _one(capture_of(lan.wire, PORT)).server[1] == PORT
    assert {Headers(frame.data).kind for frame in capture_of(lan.wire).frames} == {"tcp", "udp", "arp"}


def test_a_host_that_is_not_there_is_a_sentence(lan: Lan) -> None:
    with pytest.raises(MisuseError, match="no host is called 'eve'; there is ann, bob"):
        capture_of(lan.wire, at="eve")
    with pytest.raises(MisuseError, match="no host is called 'eve'"):
        WireCapture(lan.wire, at="eve")


def test_frames_that_the_wire_lost_and_did_not_keep_are_told(lan: Lan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(lan.wire), "lost", 3)
    lan.wire.log.beyond = 2
    capture = capture_of(lan.wire)
    assert capture.dropped == 3
    assert capture.remarks[0].startswith("2 frames came after")


# ---- what each place sees ----


def _views(lan: Lan) -> dict[str | None, list[bytes]]:
    """The sentences, in the order in which they are seen at each place."""
    return {at: [s.payload for s in _data(capture_of(lan.wire, PORT, at))] for at in VIEWS}


def test_a_frame_that_is_dropped_is_not_seen_by_its_receiver(lan: Lan) -> None:
    lan.wire.add(drop(nth=1, sent_by="ann", carrying_data=True))
    _talk(lan)
    assert _views(lan) == {None: [SENTENCE, SENTENCE], "ann": [SENTENCE, SENTENCE], "bob": [SENTENCE]}
    assert len(_one(capture_of(lan.wire)).judged(Judgement.RETRANSMISSION)) == 1
    assert capture_of(lan.wire).remarks == ("1 frame was dropped by drop(nth=1, sent_by='ann', carrying_data=True)",)


def test_a_frame_that_is_delayed_is_seen_later_by_its_receiver_alone(lan: Lan) -> None:
    lan.wire.add(delay(0.05, sent_by="ann", carrying_data=True))
    _talk(lan)
    left, at_ann, at_bob = (_data(capture_of(lan.wire, at=at))[0].time for at in VIEWS)
    assert left == at_ann
    assert at_bob - left >= 0.05


def test_a_frame_that_is_duplicated_comes_twice_to_its_receiver(lan: Lan) -> None:
    lan.wire.add(duplicate(nth=1, sent_by="ann", carrying_data=True))
    _talk(lan)
    assert _views(lan) == {None: [SENTENCE], "ann": [SENTENCE], "bob": [SENTENCE, SENTENCE]}
    assert capture_of(lan.wire, at="bob").doubles == 0


def test_frames_that_are_reordered_change_places_at_their_receiver(lan: Lan) -> None:
    lan.wire.add(reorder(nth=1, sent_by="ann", carrying_data=True))
    _talk(lan, b"one\n", b"two\n")
    views = _views(lan)
    assert views[None][:2] == [b"one\n", b"two\n"]
    assert views["bob"][:2] == [b"two\n", b"one\n"]


def test_a_frame_that_is_corrupted_is_whole_where_it_was_sent(lan: Lan) -> None:
    lan.wire.add(corrupt(nth=1, sent_by="ann", carrying_data=True))
    _talk(lan)
    torn = SENTENCE[:-1] + bytes([SENTENCE[-1] ^ 0xFF])
    assert _views(lan) == {None: [SENTENCE, SENTENCE], "ann": [SENTENCE, SENTENCE], "bob": [torn, SENTENCE]}


def test_a_forged_frame_is_seen_by_the_wire_and_by_its_receiver_not_by_its_alleged_sender(lan: Lan) -> None:
    with lan["ann"].udp() as sock, lan["bob"].udp(PORT) as other:
        sock.sendto(b"true", (lan["bob"].address, PORT))
        other.recv(99)
        forged = capture_of(lan.wire, PORT).frames[0].data
        lan.wire.inject(forged, sent_by="ann")
        assert other.recv(99) == b"true"
    assert [len(capture_of(lan.wire, PORT, at)) for at in VIEWS] == [2, 1, 2]


def test_the_rtt_is_measured_where_the_segment_leaves_and_its_ack_comes_back(lan: Lan) -> None:
    one_way = 0.1
    lan.wire.add(delay(one_way))
    _talk(lan)
    waits = {}
    for at in VIEWS:
        talk = _one(capture_of(lan.wire, PORT, at))
        assert talk.handshake is not None
        assert 2 * one_way <= talk.handshake.rtt < 3 * one_way
        [said] = _data(capture_of(lan.wire, PORT, at))
        waits[at] = min(s.time for s in talk.segments if s.source == talk.server and s.ack == said.end) - said.time
    assert 0 <= waits["bob"] < one_way <= waits[None] < 2 * one_way <= waits["ann"] < 3 * one_way


# ---- tshark reads the same ----


def _chat(lan: Lan) -> None:
    """A server and two clients, who talk and leave."""
    with Server(host=lan["server"]) as server:
        with Client("ann", server.address, host=lan["ann"]) as ann, Client("bob", server.address, host=lan["bob"]):
            ann.say("hello, bob: é 🙂")
            ann.tell("bob", "a secret")


def _is_true_to_tshark(capture: Capture, path: Path) -> None:
    """Judge the whole: checksums, sizes, and what is said of each segment.

    Linux writes ffff for a checksum of 0, which is the same in one's complement (RFC 1624); tshark calls it bad.
    """
    capture.save(path)
    right = [f"(!{name} or {name}.checksum.status == 1 or {name}.checksum == 0xffff)" for name in ("ip", "tcp", "udp")]
    right += ["frame.len <= 1514", "!_ws.malformed"]
    assert ask(path, "frame.number", only=f"!({' and '.join(right)})") == []
    assert our_rows(capture) == rows(path)


@needs_tshark
@pytest.mark.parametrize("ipv6", [False, True])
def test_tshark_reads_the_same_in_a_chat_with_correct_checksums(ipv6: bool, tmp_path: Path) -> None:
    with Lan("server", "ann", "bob", ipv6=ipv6) as lan, catch(lan=lan) as live:
        _chat(lan)
        capture = live.stop()
        assert len(capture.conversations) == 2
        for at in (None, *lan):
            _is_true_to_tshark(capture_of(lan.wire, at=at), tmp_path / "chat.pcap")


@needs_tshark
@pytest.mark.parametrize("ipv6", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_tshark_reads_the_same_in_a_megabyte_of_frames_that_are_no_larger_than_ethernet_s(
    ipv6: bool, tmp_path: Path
) -> None:
    with Lan("ann", "bob", ipv6=ipv6) as lan:
        with WireCapture(lan.wire) as live:
            _talk(lan, bytes(1_000_000))
        assert _is_whole(live.capture, bytes(1_000_000))
        assert (live.capture.dropped, live.capture.remarks) == (0, ())
        for at in (None, "bob"):
            _is_true_to_tshark(capture_of(lan.wire, at=at), tmp_path / "much.pcap")


@needs_tshark
def test_tshark_sees_a_checksum_that_is_wrong(lan: Lan, tmp_path: Path) -> None:
    lan.wire.add(corrupt(nth=1, sent_by="ann", carrying_data=True))
    _talk(lan)
    path = capture_of(lan.wire, at="bob").save(tmp_path / "torn.pcap")
    assert len(ask(path, "frame.number", only="!(tcp.checksum.status == 1) and tcp")) == 1


# ---- the best evidence there is ----


def test_where_a_lan_is_given_its_wire_is_what_is_caught(lan: Lan) -> None:
    with catch(PORT, lan=lan) as live:
        _talk(lan)
    assert isinstance(live, WireCapture)
    assert live.why_not == ""
    assert _is_whole(live.capture)


def test_the_environment_can_ask_for_a_recorded_capture_all_the_same(lan: Lan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHOICE, "recorded")
    assert isinstance(catch(lan=lan), Replay)


def test_a_choice_that_there_is_not_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHOICE, "loopbak")
    with pytest.raises(MisuseError, match="CHATKIT_CAPTURE=loopbak: allowed are loopback, recorded, or nothing"):
        catch()


def test_a_long_log_is_read_in_seconds(lan: Lan) -> None:
    _talk(lan)
    sample = [passage.data for passage in lan.wire.log]
    for number in range(100_000):
        passage = lan.wire.log.add(number, "ann", sample[number % len(sample)])
        passage.deliveries.append(Delivery("bob", number, passage.data))
    started = time.monotonic()
    assert len(capture_of(lan.wire, PORT, at="bob")) > 50_000
    assert time.monotonic() - started < 5
