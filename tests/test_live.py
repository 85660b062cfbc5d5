"""Live captures on loopback: from the first SYN to the last ACK, and what is said where they are not allowed."""

import json
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from chatkit.capture.capture import Capture
from chatkit.capture.catch import CHOICE, Replay, catch
from chatkit.capture.dumpcap_tap import DumpcapTap
from chatkit.capture.frame import Frame
from chatkit.capture.live import LiveCapture
from chatkit.capture.means import means
from chatkit.errors import CaptureError, MisuseError
from chatkit.tcp.states import State
from tests.needs import needs_live_capture, needs_root, needs_tshark
from tests.talks import frame_of
from tests.test_capture import HELLO

SENTENCE = "hello, bob: é 🙂\n".encode()


@contextmanager
def _listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        yield listener


def _talk_over(listener: socket.socket, sentence: bytes = SENTENCE) -> None:
    """Connect, say the sentence, and close in order, the client first."""
    with socket.create_connection(listener.getsockname(), timeout=5) as client:
        server, _ = listener.accept()
        with server:
            client.sendall(sentence)
            client.shutdown(socket.SHUT_WR)
            while server.recv(65536):
                pass
        assert client.recv(1) == b""


def _capture_a_talk(by: str | None = None, sentence: bytes = SENTENCE) -> Capture:
    with _listening() as listener:
        with LiveCapture(listener.getsockname()[1], by=by) as live:
            _talk_over(listener, sentence)
        return live.capture


@needs_live_capture
def test_a_capture_of_loopback_has_the_talk_once_and_whole() -> None:
    capture = _capture_a_talk()
    [talk] = capture.conversations
    assert talk.handshake is not None
    assert talk.stream(talk.client) == SENTENCE
    assert (capture.doubles, capture.dropped, capture.remarks) == (0, 0, ())
    assert "caught live on lo" in capture.source


@needs_live_capture
def test_neither_the_first_segment_nor_the_last_is_ever_missed() -> None:
    for _ in range(20):
        [talk] = _capture_a_talk().conversations
        assert talk.handshake is not None
        assert (talk.states[-1].client.known, talk.states[-1].server.known) == (State.TIME_WAIT, State.CLOSED)


@needs_live_capture
def test_a_large_message_is_caught_whole_in_segments_larger_than_64_kilobytes_or_not() -> None:
    sentence = bytes(range(256)) * 2000
    [talk] = _capture_a_talk(sentence=sentence).conversations
    assert talk.stream(talk.client) == sentence


@needs_live_capture
def test_only_the_wanted_port_is_kept() -> None:
    with _listening() as wanted, _listening() as other:
        with LiveCapture(wanted.getsockname()[1]) as live:
            _talk_over(other)
            _talk_over(wanted)
        assert [talk.server for talk in live.capture.conversations] == [wanted.getsockname()]


@needs_live_capture
def test_what_has_been_caught_can_be_seen_while_it_goes_on() -> None:
    with _listening() as listener, LiveCapture(listener.getsockname()[1]) as live:
        assert live.is_running
        _talk_over(listener)
        enough = threading.Event()
        while len(live) < 8 and not enough.wait(0.01):
            pass
        assert "still running" in live.capture.source
        assert live.capture.conversations[0].handshake is not None
    assert not live.is_running


@needs_live_capture
@needs_tshark
@pytest.mark.parametrize("by", ["scapy", "dumpcap"])
def test_tshark_agrees_on_every_number_of_every_segment(by: str, tmp_path: Path) -> None:
    capture = _capture_a_talk(by, bytes(300_000))
    path = capture.save(tmp_path / "talk.pcap")
    fields = ["frame.number", "frame.time_epoch", "tcp.seq_raw", "tcp.ack_raw", "tcp.len", "tcp.seq", "tcp.flags"]
    arguments = [argument for field in fields for argument in ("-e", field)]
    said = subprocess.run(
        ["tshark", "-r", str(path), "-T", "fields", *arguments], capture_output=True, text=True, check=True, timeout=30
    ).stdout
    [talk] = capture.conversations
    ours = [
        (s.frame, s.seq, s.ack, s.size, talk.relative(s).seq, int(s.flags), capture.frame(s.frame).nanoseconds)
        for s in talk.segments
    ]
    assert ours == [_reading(*line.split("\t")) for line in said.splitlines()]


def _reading(frame: str, time: str, seq: str, ack: str, size: str, relative: str, flags: str) -> tuple[int, ...]:
    seconds, nanoseconds = time.split(".")
    return int(frame), int(seq), int(ack), int(size), int(relative), int(flags, 16), int(seconds + nanoseconds)


@needs_live_capture
@needs_tshark
def test_a_dumpcap_that_dies_ends_the_capture_and_what_was_caught_stays() -> None:
    with LiveCapture(9, by="dumpcap") as live:
        assert isinstance(live._tap, DumpcapTap) and live._thread
        live._tap._process.kill()
        live._thread.join(5)
        assert not live._thread.is_alive()
    assert "the capture broke off: dumpcap has ended" in live.capture.remarks


@needs_live_capture
@needs_tshark
def test_dumpcap_catches_the_talk_too_with_its_tail() -> None:
    [talk] = _capture_a_talk("dumpcap").conversations
    assert talk.handshake is not None
    assert talk.stream(talk.client) == SENTENCE
    assert talk.states[-1].server.known is State.CLOSED


@needs_live_capture
def test_stopping_twice_gives_the_same_capture() -> None:
    live = LiveCapture(9).start()
    assert live.stop() is live.stop() is live.capture


@needs_live_capture
def test_a_live_capture_starts_once() -> None:
    with LiveCapture(9) as live, pytest.raises(MisuseError, match="started already"):
        live.start()


def test_a_live_capture_that_was_not_started_cannot_be_stopped() -> None:
    with pytest.raises(MisuseError, match="not been started"):
        LiveCapture(9).stop()


@needs_live_capture
def test_an_interface_that_is_not_there_is_an_error_that_names_those_that_are() -> None:
    with pytest.raises(CaptureError, match=r"nowhere0.*There is .*lo"):
        LiveCapture(interface="nowhere0", by="scapy").start()


@needs_live_capture
def test_a_capture_lives_on_in_a_process_with_more_than_1023_descriptors() -> None:
    import resource  # which Windows lacks

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(2048, hard), hard))
    with _listening() as listener, LiveCapture(listener.getsockname()[1]) as live:
        many = [open("/dev/null") for _ in range(1100)]  # noqa: SIM115 - closed below
        try:
            _talk_over(listener)
            assert live.stop().conversations[0].handshake is not None
        finally:
            for file in many:
                file.close()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class _Tap:
    is_filtered = False
    """A tap that gives what it is told to, and then fails."""

    name, interface, dropped = "a test", "nowhere", 7

    def __init__(self, frames: list[Frame], failing: bool = False) -> None:
        self.frames, self.failing, self.closed = frames, failing, False

    def receive(self, seconds: float) -> list[Frame]:
        frames, self.frames = self.frames[:1], self.frames[1:]
        if self.failing and not frames:
            raise OSError("the network is down")
        return frames

    def finish(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True


def _capture_with(tap: _Tap, monkeypatch: pytest.MonkeyPatch) -> Capture:
    monkeypatch.setattr("chatkit.capture.live.open_tap", lambda *_: tap)
    return LiveCapture().start().stop()


def test_the_drops_of_the_kernel_are_told_and_the_tap_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    tap = _Tap([])
    assert _capture_with(tap, monkeypatch).dropped == 7
    assert tap.closed


def test_an_interface_that_goes_down_leaves_what_was_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    capture = _capture_with(_Tap([frame_of(HELLO, 1)], failing=True), monkeypatch)
    assert len(capture) == 1
    assert capture.remarks == ("the capture broke off: the network is down",)


def test_past_its_limit_a_capture_counts_frames_and_keeps_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatkit.capture.live.MAX_BYTES", 130)
    capture = _capture_with(_Tap([frame_of(HELLO, 1)] * 5), monkeypatch)
    assert len(capture) == 2
    assert capture.remarks == ("3 frames came after 130 bytes had been kept, and were only counted",)


def test_what_the_kernel_still_holds_is_taken_however_long_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatkit.capture.live.PATIENCE", 0.0)
    assert len(_capture_with(_Tap([frame_of(HELLO, 1)] * 50), monkeypatch)) == 50


@needs_live_capture
@needs_tshark
def test_a_machine_that_allows_it_says_by_what_means() -> None:
    assert [(way.name, way.available) for way in means()] == [("scapy", True), ("dumpcap", True)]


WITHOUT_RIGHTS = """
import json
from chatkit.capture.catch import catch
from chatkit.capture.live import LiveCapture
from chatkit.capture.means import means
from chatkit.errors import CaptureError
try:
    LiveCapture(9898).start()
    said = ""
except CaptureError as error:
    said = str(error)
live = catch(9898)
capture = live.stop()
print(json.dumps([said, [(way.available, way.reason, way.remedy) for way in means()], live.why_not, capture.source]))
"""


needs_setpriv = pytest.mark.skipif(
    shutil.which("setpriv") is None, reason="needs setpriv: sudo apt install util-linux (Debian, Ubuntu)"
)


def _without_rights(*more: str) -> list[Any]:
    command = ["setpriv", "--bounding-set", "-net_raw", *more, sys.executable, "-c", WITHOUT_RIGHTS]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    return list(json.loads(done.stdout))


@needs_root
@needs_setpriv
def test_without_rights_the_remedy_is_said_and_a_recorded_capture_stands_in() -> None:
    said, ways, why_not, source = _without_rights()
    assert "usermod -aG wireshark" in said
    assert "setcap" not in said
    assert all(not available and reason and remedy for available, reason, remedy in ways)
    assert why_not == said
    assert source.startswith("RECORDED")


@needs_root
@needs_setpriv
def test_where_no_right_can_be_gained_no_remedy_is_promised_that_needs_one() -> None:
    said, *_ = _without_rights("--no-new-privs")
    assert "no_new_privs" in said
    assert "usermod" not in said


@needs_live_capture
def test_where_it_is_allowed_what_is_caught_is_live() -> None:
    with _listening() as listener:
        with catch(listener.getsockname()[1]) as live:
            _talk_over(listener)
        assert live.stop().conversations[0].stream(live.capture.conversations[0].client) == SENTENCE
    assert live.why_not == ""


def test_the_environment_can_ask_for_the_recorded_capture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHOICE, "recorded")
    with catch(9898) as live:
        pass
    assert isinstance(live, Replay)
    assert live.stop() is live.capture
    assert "RECORDED" in live.capture.source
    assert CHOICE in repr(live)


def test_frames_since_the_last_look_go_on_with_their_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatkit.capture.live.open_tap", lambda *_: _Tap([frame_of(HELLO, 1)] * 5))
    with LiveCapture(HELLO.destination[1]) as live:
        pass
    assert [frame.number for frame in live.since(3)] == [4, 5]


@needs_live_capture
def test_of_a_flood_every_frame_is_kept_or_counted_as_dropped() -> None:
    kind = socket.AF_INET, socket.SOCK_DGRAM
    with socket.socket(*kind) as sink, socket.socket(*kind) as source:
        sink.bind(("127.0.0.1", 0))
        source.connect(sink.getsockname())
        with LiveCapture(sink.getsockname()[1]) as live:
            for _ in range(20_000):
                source.send(bytes(64))
    assert len(live.capture.frames) + live.capture.dropped == 20_000
