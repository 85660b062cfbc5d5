"""The transcript: what is written survives whatever ends the server, and reads back as what happened."""

import json
import os
import signal
import stat
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatkit.errors import MachineError
from chatkit.faces import serve_options
from chatkit.faces.transcript import TranscriptFile, read_transcript, to_line
from chatkit.net.event import Event, What
from chatkit.net.server import Server
from tests.needs import needs_linux
from tests.peer import Peer
from tests.programs import Program, serving

WHEN = 1_700_000_000.25
SAID = Event(What.SAID, "ann", ("127.0.0.1", 50132), text="café 🙂", when=WHEN, thread="chat-postman")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chat.jsonl"


def written(path: Path, *events: Event) -> list[Event]:
    """Write them, and give what was complained of."""
    complaints: list[Event] = []
    with TranscriptFile(path, complaints.append) as file:
        for event in events:
            file.note(event)
    return complaints


def test_an_event_is_one_line_of_json_with_these_fields(path: Path) -> None:
    written(path, SAID)
    assert path.read_bytes().count(b"\n") == 1
    assert json.loads(path.read_bytes()) == {
        "time": "2023-11-14T22:13:20.250000+00:00",
        "what": "said",
        "who": "ann",
        "address": ["127.0.0.1", 50132],
        "bytes": 0,
        "text": "café 🙂",
        "thread": "chat-postman",
    }


EVENTS = st.builds(
    Event,
    st.sampled_from(What),
    st.text(),
    st.none() | st.tuples(st.text(), st.integers(0, 65535)),
    st.integers(0),
    st.text(),
    st.integers(0, 2**32).map(float),
    st.text(),
)


@settings(deadline=None)  # a busy machine is not slow code
@given(st.lists(EVENTS))
def test_what_was_written_is_what_is_read(tmp_path_factory: pytest.TempPathFactory, events: list[Event]) -> None:
    path = tmp_path_factory.mktemp("transcript") / "chat.jsonl"
    written(path, *events)
    assert read_transcript(path).events == tuple(events)


def test_only_its_owner_may_read_it(path: Path) -> None:
    written(path, SAID)
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_existing_file_is_appended_to(path: Path) -> None:
    written(path, SAID)
    written(path, SAID)
    assert read_transcript(path).events == (SAID, SAID)


def test_a_line_that_a_crash_cut_costs_only_itself(path: Path) -> None:
    path.write_bytes(to_line(SAID) + to_line(SAID)[:40])
    assert read_transcript(path).unreadable == (2,)
    written(path, SAID)
    transcript = read_transcript(path)
    assert (transcript.events, transcript.unreadable) == ((SAID, SAID), (2,))
    assert repr(transcript) == "<Transcript: 2 events, 2 messages, unreadable lines: 2>"


@pytest.mark.parametrize(
    "line",
    [b"", b"null", b"[]", b"{}", b"\xff", b"[" * 100_000, to_line(SAID).replace(b"said", b"sung"), b"1" * 5000]
    + [to_line(SAID).replace(b'"bytes": 0', b'"bytes": ' + value) for value in (b"1e999", b"NaN", b"[]", b'"x"')]
    + [to_line(SAID).replace(b"2023", b"+999999"), to_line(SAID).replace(b"[", b"[[").replace(b"]", b"]]")],
)
def test_what_is_no_event_is_skipped_and_told(path: Path, line: bytes) -> None:
    path.write_bytes(line.rstrip(b"\n") + b"\n" + to_line(SAID))
    assert read_transcript(path).events == (SAID,)
    assert read_transcript(path).unreadable == (1,)


@pytest.mark.parametrize("act", [read_transcript, lambda path: TranscriptFile(path, lambda event: None)])
def test_a_file_that_cannot_be_had_is_one_sentence(tmp_path: Path, act: object) -> None:
    with pytest.raises(MachineError, match=r"The transcript .* cannot be (read|written): .*\."):
        act(tmp_path / "nowhere" / "chat.jsonl")  # type: ignore[operator]


@needs_linux
def test_a_pipe_is_refused_because_the_room_would_wait_for_its_reader(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(MachineError, match="it is no ordinary file"):
        TranscriptFile(path, lambda event: None)


def test_lines_of_several_threads_do_not_mix(path: Path) -> None:
    with TranscriptFile(path, lambda event: None) as file:
        threads = [threading.Thread(target=lambda: [file.note(SAID) for _ in range(200)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert read_transcript(path).events == (SAID,) * 800


def test_an_event_after_the_end_is_let_go(path: Path) -> None:
    file = TranscriptFile(path, lambda event: None)
    file.close()
    file.close()
    file.note(SAID)
    assert read_transcript(path).events == ()


class FullDisk:
    """A disk with so many bytes of space."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, space: int) -> None:
        self.space, self._write = space, os.write
        monkeypatch.setattr(os, "write", self.write)

    def write(self, file: int, data: bytes) -> int:
        if not self.space:
            raise OSError(28, "No space left on device")
        written = self._write(file, data[: self.space])
        self.space -= written
        return written


def test_a_full_disk_is_told_once_and_the_gap_is_in_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    complaints: list[Event] = []
    with TranscriptFile(path, complaints.append) as file:
        disk = FullDisk(monkeypatch, space=len(to_line(SAID)) + 40)
        for _ in range(5):
            file.note(SAID)
        disk.space = 100_000
        file.note(SAID)
    assert [event.text for event in complaints] == ["the transcript has a gap from here on: No space left on device"]
    before, gap, after = read_transcript(path).events
    assert (before, after) == (SAID, SAID)
    assert gap.text == "4 events are missing here: the disk did not take them"
    assert read_transcript(path).unreadable == (2,)


# ---- of a server ----


def test_a_server_writes_who_came_what_was_said_and_who_left(path: Path) -> None:
    with TranscriptFile(path, lambda event: None) as file, Server(port=0) as server:
        server.subscribe(file.note)
        with Peer(server.address, "ann") as ann:
            ann.send("SAY hello\nDANCE\nTELL ann psst\nQUIT see you\n")
            ann.until("BYE")
    events = [(e.what, e.who, e.text) for e in read_transcript(path).events if e.what not in (What.RECEIVED, What.SENT)]
    assert events[:4] == [
        (What.ACCEPTED, "", ""),
        (What.JOINED, "ann", ""),
        (What.SAID, "ann", "hello"),
        (What.REFUSED, "ann", events[3][2]),
    ]
    assert (What.LEFT, "ann", "see you") in events
    assert {What.RECEIVED, What.SENT} <= {event.what for event in read_transcript(path).events}
    assert b"psst" not in path.read_bytes()


def test_the_password_of_the_room_is_in_no_line(path: Path) -> None:
    with TranscriptFile(path, lambda event: None) as file, Server(port=0, password="open sesame") as server:
        server.subscribe(file.note, every_delivery=True)
        with Peer(server.address) as ann:
            ann.send("PASS wrong sesame\nJOIN ann\nPASS open sesame\nJOIN ann\nPASS open sesame\nQUIT\n")
            ann.until("BYE")
    assert read_transcript(path).events
    assert b"sesame" not in path.read_bytes()


def test_kill_9_in_the_middle_of_a_talk_takes_away_nothing_that_was_heard(path: Path) -> None:
    program, port = serving("--transcript", str(path), "--rate", "0")
    with program, Peer(("127.0.0.1", port), "ann") as ann, Peer(("127.0.0.1", port), "bob") as bob:
        assert f"written to {path}" in program.seen
        talking = threading.Thread(target=_talk, args=(ann,))
        talking.start()
        heard = [bob.until("SAID ann ").removeprefix("SAID ann ") for _ in range(500)]
        program.interrupt(signal.SIGKILL)
        talking.join()
        heard += [line.removeprefix("SAID ann ") for line in _whole_lines(bob)]
    said = [event.text for event in read_transcript(path).said]
    assert said[: len(heard)] == heard
    assert said == [f"message {number}" for number in range(len(said))]


def _talk(ann: Peer) -> None:
    """Talk until the server is gone."""
    try:
        for number in range(1_000_000):
            ann.send(f"SAY message {number}\n")
    except OSError:
        return


def _whole_lines(peer: Peer) -> list[str]:
    """Give what still comes before the end, or before the RST of a killed server."""
    lines = []
    try:
        while (line := peer.line()).endswith("\n"):
            lines.append(line.rstrip("\n"))
    except OSError:
        pass
    return lines


@needs_linux
def test_a_full_disk_is_told_on_the_log_and_the_chat_goes_on(path: Path) -> None:
    words = f"ulimit -f 8; exec {sys.executable} -m chatkit serve --port 0 --transcript {path}"
    with Program("sh", "-c", words) as program:
        port = int(program.wait_for(r"server on port (\d+)")[1])
        with Peer(("127.0.0.1", port), "ann") as ann, Peer(("127.0.0.1", port), "bob") as bob:
            for number in range(80):
                ann.send(f"SAY {number} {'x' * 60}\n")
                bob.until(f"SAID ann {number} ")
        program.wait_for("trouble: the transcript has a gap from here on: File too large")
        program.interrupt()
        assert program.end() == 0
        assert program.seen.count("has a gap") == 1
    assert read_transcript(path).said


def test_the_option_is_a_file_and_none_is_written_without_it() -> None:
    assert serve_options.parse([]).transcript is None
    assert serve_options.parse(["--transcript", "x"]).transcript == "x"
