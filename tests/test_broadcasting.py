"""Exercise 16 judges a student's room: right ones pass, each known mistake is named, and each experiment races."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from inspect import getsource
from pathlib import Path

import pytest

from chatkit.faces.notebook.broadcast_stage import check_broadcasting
from chatkit.faces.notebook.guest import Guest
from chatkit.faces.notebook.small_servers import OneAtATime, SmallServer, ThreadEach, WithLock
from chatkit.faces.notebook.thread_experiments import (
    Kind,
    Told,
    torn_lines,
    while_another_stays,
    while_one_leaves,
    while_one_sleeps,
    while_two_speak,
)
from chatkit.faces.notebook.thread_spans import Diary, Doing, Span, spans_of
from chatkit.faces.notebook.thread_timeline import thread_timeline
from chatkit.net.event import Event, What
from chatkit.net.host import THIS_COMPUTER
from chatkit.net.server import Server
from chatkit.tcp.style import NO_FORMULAS
from chatkit.teach.broadcasting import STEPS, Record, feedback, judge
from chatkit.teach.broadcasting_mistakes import MISTAKES
from chatkit.teach.verdict import Verdict
from tests.labs import right_broadcast, wrong_broadcast
from tests.labs.right_broadcast import RIGHT, WithAQueueForEach
from tests.labs.wrong_broadcast import WRONG
from tests.programs import ROOT

LAB_3 = ROOT / "labs" / "03-broadcast"
HOSTS = {"server": THIS_COMPUTER, "guests": THIS_COMPUTER}
NEVER_END = ("LockAskedForTwice", "NeverEnds")  # their threads stay: a process of their own ends with them


def name(one: object) -> str:
    return getattr(one, "__name__", str(one))


# ---- the lab ----


@pytest.mark.parametrize("room", RIGHT, ids=name)
def test_a_right_room_passes(room: Callable[[], object]) -> None:
    feedback = check_broadcasting(room)
    assert feedback.verdict is Verdict.RIGHT, feedback
    assert feedback.sentences[:-1] == tuple(f"✓ {step.title}" for step in STEPS)


@pytest.mark.parametrize(("room", "mistake", "step"), [row for row in WRONG if name(row[0]) not in NEVER_END], ids=name)
def test_a_known_mistake_is_called_by_its_name(room: Callable[[], object], mistake: str, step: str) -> None:
    feedback = check_broadcasting(room)
    assert (feedback.verdict, feedback.named and feedback.named.id) == (Verdict.ALMOST, mistake), feedback
    assert f"✗ {next(s.title for s in STEPS if s.id == step)}" in feedback.sentences
    assert feedback.sentences[-1] == feedback.named.explanation


def test_every_mistake_has_a_room_that_makes_it() -> None:
    assert {mistake.id for mistake in MISTAKES} == {mistake for _, mistake, _ in WRONG}


@pytest.mark.parametrize(("room", "mistake", "_"), [row for row in WRONG if name(row[0]) in NEVER_END], ids=name)
def test_the_check_ends_though_the_threads_of_a_room_do_not(
    room: Callable[[], object], mistake: str, _: str, tmp_path: Path
) -> None:
    code, said = run(written(room, tmp_path))
    named = next(one for one in MISTAKES if one.id == mistake)
    assert (code, said.startswith(f"≈ almost: {named.name} (broadcasting)")) == (1, True), said
    assert named.explanation in said


def test_the_reference_passes_as_a_file(tmp_path: Path) -> None:
    code, said = run(written(RIGHT[0], tmp_path), folder=tmp_path)
    assert (code, said.startswith("✓ right (broadcasting)")) == (0, True), said


def test_the_stub_says_what_is_to_do() -> None:
    code, said = run()
    assert code == 1
    assert said.startswith("? missing (broadcasting)\n  There is still to do: Lab 3, step 1: ")


class WithoutAnEnd(WithAQueueForEach):
    def close(self) -> None:
        super().close()
        raise NotImplementedError("Lab 3, step 7")


def test_what_is_not_written_yet_is_asked_for_when_its_step_has_come() -> None:
    feedback = check_broadcasting(WithoutAnEnd)
    assert feedback.verdict is Verdict.MISSING
    assert feedback.sentences == (*(f"✓ {step.title}" for step in STEPS[:-1]), "There is still to do: Lab 3, step 7")


def test_a_file_without_the_class_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "broadcast.py").write_text("rooms = 1\n")
    assert run(tmp_path / "broadcast.py")[1].endswith("Room has to be a class; it is None.\n")


def test_a_bare_python_can_check() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", LAB_3 / "check.py"], capture_output=True, encoding="utf-8", timeout=50
    )
    assert (done.returncode, done.stderr) == (1, "")


def test_the_brief_tells_the_size_of_a_good_solution() -> None:
    assert "About thirty lines" in (LAB_3 / "README.md").read_text("utf-8")
    assert len([line for line in getsource(RIGHT[0]).splitlines() if line.strip()]) <= 40


def run(*words: Path, folder: Path = ROOT) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, LAB_3 / "check.py", *words], cwd=folder, capture_output=True, encoding="utf-8", timeout=50
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


def written(room: Callable[[], object], folder: Path) -> Path:
    """A student's broadcast.py that has this room."""
    path = folder / "broadcast.py"
    sources = getsource(right_broadcast) + getsource(wrong_broadcast).replace("from tests.labs", "# from tests.labs")
    path.write_text(f"{sources}\n\nRoom = {name(room)}\n", "utf-8")
    return path


# ---- what a room did ----

WHOLE = next(step for step in STEPS if step.id == "whole")


def test_a_failure_that_nothing_explains_tells_what_was_seen() -> None:
    said = feedback([Record(STEPS[0], {"ann": (b"one\n",)}, {"ann": b""})])
    assert (said.verdict, said.named) == (Verdict.NOT_YET, None)
    assert said.sentences[-1].endswith(r"ann did not hear b'one\n'.")


@pytest.mark.parametrize(
    ("heard", "named"),
    [(b"one\ntwo\n", None), (b"two\none\n", None), (b"otwo\nne\n", "sockets-are-thread-safe")],
)
def test_lines_are_whole_or_torn(heard: bytes, named: str | None) -> None:
    found = judge(Record(WHOLE, {"ann": (b"one\n", b"two\n")}, {"ann": heard}))
    assert (found and found[1] and found[1].id) == named


# ---- the servers, step by step ----

STORIES: list[tuple[Callable[..., Told], Kind, str]] = [
    (while_another_stays, OneAtATime, "welcomed only after ann has left"),
    (while_another_stays, ThreadEach, "welcomed while ann is there"),
    (while_another_stays, Server, "welcomed while ann is there"),
    (while_one_leaves, ThreadEach, r"1 missed it\.\nbob +heard nothing\ncarl +SAID dave one"),
    (while_one_leaves, WithLock, r"0 missed it"),
    (while_one_leaves, Server, r"0 missed it"),
    (while_two_speak, ThreadEach, "different orders"),
    (while_two_speak, WithLock, "the same order"),
    (while_two_speak, Server, "the same order"),
    (while_one_sleeps, ThreadEach, r"(?s)bob +heard (\d+) while carl slept, (?!\1 ).*eve +was welcomed"),
    (while_one_sleeps, WithLock, r"(?s)bob +heard (\d+) while carl slept, (?!\1 ).*eve +was not welcomed"),
    (while_one_sleeps, Server, r"(?s)said 30 lines.*heard 30 while carl slept.*eve +was welcomed"),
]


@pytest.mark.parametrize(("experiment", "kind", "said"), STORIES, ids=name)
def test_an_experiment_goes_the_same_way_each_time(experiment: Callable[..., Told], kind: Kind, said: str) -> None:
    assert re.search(said, repr(experiment(kind, HOSTS)))


def test_two_threads_on_one_socket_tear_lines_and_a_lock_mends_it() -> None:
    torn, whole = torn_lines(HOSTS), torn_lines(HOSTS, with_lock=True)
    assert torn.torn > 0
    assert (whole.torn, whole.lines, torn.bytes) == (0, torn.lines, whole.bytes)


@pytest.mark.parametrize("kind", [OneAtATime, ThreadEach, WithLock])
def test_a_small_server_ends_all_threads_while_a_client_is_there(kind: type[SmallServer]) -> None:
    with kind() as server, Guest("ann", server.address) as ann:
        assert ann.hears("WELCOME ann")
        server.stop()
        assert not any(thread.name.startswith(("chat-accept", "chat-reader")) for thread in threading.enumerate())


# ---- what threads did ----


def test_a_diary_tells_waits_and_what_lies_between() -> None:
    diary = Diary()
    with diary.doing(Doing.RECV, "from ann"):
        pass
    with diary.doing(Doing.SEND):
        spans = diary.spans()
    assert {span.doing for span in spans} >= {Doing.RECV, Doing.SEND}
    recv, send = (next(span for span in spans if span.doing is doing) for doing in (Doing.RECV, Doing.SEND))
    assert recv.note == "from ann" and recv.stop <= send.start
    assert [s.start for s in spans if s.doing is Doing.RUN] in ([], [recv.stop])


ANN = ("127.0.0.1", 40000)
EVENTS = [
    Event(What.LISTENING, when=0.0, thread="MainThread"),
    Event(What.ACCEPTED, address=ANN, when=1.0, thread="chat-accept"),
    Event(What.RECEIVED, "ann", ANN, 9, when=3.0, thread="chat-reader-1"),
    Event(What.SAID, "ann", ANN, text="hello", when=3.5, thread="chat-postman"),
    Event(What.SENT, bytes=15, when=4.0, thread="chat-postman"),
    Event(What.CLOSED, "ann", ANN, when=6.0, thread="chat-postman"),
]


def test_the_events_of_a_server_tell_how_long_its_threads_waited() -> None:
    long = {(s.thread, s.doing, s.start, s.stop) for s in spans_of(EVENTS, 10.0) if s.stop > s.start}
    assert long == {
        ("chat-accept", Doing.ACCEPT, 0.0, 1.0),
        ("chat-accept", Doing.ACCEPT, 1.0, 10.0),
        ("chat-reader-1", Doing.RECV, 1.0, 3.0),
        ("chat-reader-1", Doing.RECV, 3.0, 6.0),
        ("chat-postman", Doing.LETTER, 0.0, 3.5),
        ("chat-postman", Doing.SEND, 3.5, 4.0),
        ("chat-postman", Doing.LETTER, 4.0, 6.0),
        ("chat-postman", Doing.LETTER, 6.0, 10.0),
    }


def test_what_is_told_of_a_letter_ends_no_wait() -> None:
    letters = [
        Event(What.QUEUED, "ann", ANN, 9, when=3.1, thread="chat-reader-1"),
        Event(What.TAKEN, "ann", ANN, 9, when=3.2, thread="chat-postman"),
    ]
    assert spans_of([*EVENTS, *letters], 10.0) == spans_of(EVENTS, 10.0)


def test_a_timeline_has_a_row_for_each_thread_and_says_the_same_in_words() -> None:
    timeline = thread_timeline(EVENTS, 0.0, 10.0)
    assert timeline.threads == ("chat-accept", "chat-reader-1", "chat-postman")
    assert "reader-1  waiting in recv 5.00 s, running at 1 moment\n" in repr(timeline)
    assert timeline.alt_text.startswith("3 threads in 10.00 s. accept: waiting in accept 10.00 s")
    svg = timeline.svg()
    assert "<title>reader-1, running: received ann 9 bytes, at 3.00 s</title>" in svg
    assert f"<desc>{timeline.alt_text}</desc>" in svg


def test_a_timeline_shows_a_part_of_the_time() -> None:
    timeline = thread_timeline([Span("chat-reader-1", Doing.LOCK, 0.0, 5.0)], 2.0, 3.0)
    assert timeline.seconds("chat-reader-1", Doing.LOCK) == 1.0
    assert repr(timeline) == "reader-1  waiting for the lock 1.00 s"


def test_without_threads_a_timeline_says_so() -> None:
    assert repr(thread_timeline([])) == "No thread of a server did anything in this time."
    assert "<svg" in thread_timeline([])._repr_html_()


def test_what_comes_from_the_network_is_escaped_in_a_timeline() -> None:
    event = Event(What.SAID, "<b>", ANN, text="<script>", when=1.0, thread="chat-postman")
    shown = thread_timeline([event], 0.0, 2.0)._repr_html_()
    assert "<script>" not in shown
    assert NO_FORMULAS in shown


def test_the_timeline_of_a_server_is_made_of_its_own_events() -> None:
    events: list[Event] = []
    with Server(0) as server, Guest("ann", server.address) as ann:
        server.subscribe(events.append)
        ann.tell("WHO")
        assert ann.hears("USERS 1 ann")
        start = time.time() - 10
    assert {"chat-reader-1", "chat-postman"} <= set(thread_timeline(events, start).threads)
