"""What a thousand clients cost: predicted, measured, and found in a capture; nothing is judged by a constant."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chatkit.capture.capture import Capture
from chatkit.capture.recorded import recorded
from chatkit.errors import MisuseError
from chatkit.teach.catalogue import find_question
from chatkit.teach.checker import check
from chatkit.teach.code import CodeFeedback
from chatkit.teach.figures import ASYNCIO, SELECTOR, THREADS, Figure, Figures
from chatkit.teach.grading import NotRight, grade
from chatkit.teach.measured import ASKED, check_measured
from chatkit.teach.slow_reader import check_slow_reader, guests
from chatkit.teach.verdict import Verdict
from tests.stories import Story
from tests.talks import ACK, PSH, Ends, caught

# ---- what is predicted ----

PREDICTED = {
    "scale.threads": ("d", {"a": "threads-die-at-100", "b": "threads-need-cores", "c": "a-port-each"}),
    "scale.broadcast": ("b", {"a": "tcp-broadcasts", "c": "sender-hears-itself", "d": "everybody-to-everybody"}),
    "scale.async": ("c", {"a": "async-is-always-faster", "b": "async-is-parallel", "d": "threads-are-parallel"}),
}


@pytest.mark.parametrize("id", PREDICTED)
def test_a_prediction_is_judged_and_each_mistake_has_its_name(id: str) -> None:
    right, mistakes = PREDICTED[id]
    assert find_question(id).is_predictable and not find_question(id).wants_frame
    assert check(id, recorded(), right).verdict is Verdict.RIGHT
    found = {letter: check(id, recorded(), letter) for letter in mistakes}
    assert {letter: one.named.id for letter, one in found.items() if one.named} == mistakes


# ---- what is measured ----


def measured(**rates: float) -> Figures:
    """Two classes at each server, with so many deliveries in a second."""
    rows = [
        Figure(server, size, (size - 1) / rate, size + 3 if server == THREADS else 1, 20_000_000)
        for server, rate in rates.items()
        for size in (10, 300)
    ]
    return Figures(tuple(rows))


ALIKE = measured(threads=10_000, selector=11_000, asyncio=10_500)
ASYNC_SLOW = measured(threads=10_000, selector=11_000, asyncio=5_000)
THREADS_SLOW = measured(threads=5_000, selector=6_000, asyncio=11_000)


def named(feedback: CodeFeedback) -> tuple[Verdict, str]:
    return feedback.verdict, feedback.named.id if feedback.named else ""


@pytest.mark.parametrize(
    ("id", "figures", "answers"),
    [
        ("largest", ALIKE, (300, "300")),
        ("threads", ALIKE, (303, 302)),
        ("deliveries", ALIKE, (299,)),
        ("fastest", ALIKE, (THREADS, SELECTOR, "AsyncIO ")),
        ("fastest", ASYNC_SLOW, (THREADS, SELECTOR)),
        ("fastest", THREADS_SLOW, (ASYNCIO,)),
    ],
)
def test_what_ones_own_figures_say_is_right(id: str, figures: Figures, answers: tuple[object, ...]) -> None:
    for answer in answers:
        assert check_measured(id, figures, answer).verdict is Verdict.RIGHT  # type: ignore[arg-type]


MISTAKES = [
    ("largest", ALIKE, 100, "threads-die-at-100"),
    ("threads", ALIKE, 300, "readers-only"),
    ("threads", ALIKE, 1, "one-thread"),
    ("threads", ALIKE, 100, "threads-die-at-100"),
    ("deliveries", ALIKE, 1, "tcp-broadcasts"),
    ("deliveries", ALIKE, 300, "sender-hears-itself"),
    ("deliveries", ALIKE, 90_000, "everybody-to-everybody"),
    ("fastest", ASYNC_SLOW, ASYNCIO, "async-is-always-faster"),
    ("fastest", THREADS_SLOW, THREADS, "threads-are-parallel"),
]


@pytest.mark.parametrize(("id", "figures", "answer", "name"), MISTAKES)
def test_each_mistake_about_the_figures_has_its_name(id: str, figures: Figures, answer: str, name: str) -> None:
    assert named(check_measured(id, figures, answer)) == (Verdict.ALMOST, name)


def test_every_mistake_about_the_figures_is_tried() -> None:
    assert {(id, name) for id, _, _, name in MISTAKES} == {(a.id, m.id) for a in ASKED for m, _ in a.mistakes}


def test_where_threads_did_not_get_far_a_hundred_is_no_mistake() -> None:
    few = Figures(tuple(replace(row, clients=100 if row.clients == 300 else 10) for row in ALIKE.rows))
    assert check_measured("largest", few, 100).verdict is Verdict.RIGHT


def test_where_the_system_does_not_tell_threads_they_are_worked_out() -> None:
    untold = Figures(tuple(replace(row, threads=None, memory=None) for row in ALIKE.rows))
    assert check_measured("threads", untold, 302).verdict is Verdict.RIGHT
    assert "?" in repr(untold)


def test_what_is_missing_or_cannot_be_read_is_said() -> None:
    assert repr(check_measured("largest", ALIKE)).startswith("? missing (scale: largest)\n  Write how many clients")
    assert "threads, selector, asyncio" in repr(check_measured("fastest", ALIKE, "twisted"))
    assert "is no number" in repr(check_measured("largest", ALIKE, "many"))
    assert check_measured("largest", ALIKE, 7).verdict is Verdict.NOT_YET
    assert check_measured("largest", Figures(()), 7).verdict is Verdict.UNFIT
    with pytest.raises(MisuseError, match="there are largest, threads, deliveries, fastest"):
        check_measured("size", ALIKE, 1)
    with pytest.raises(NotRight):
        grade(check_measured("largest", ALIKE, 100))


def test_figures_know_their_servers_and_the_sizes_that_all_have_served() -> None:
    without = Figures(ALIKE.rows[1:])
    assert (without.servers, without.sizes, without.largest(THREADS)) == ((THREADS, SELECTOR, ASYNCIO), (300,), 300)
    with pytest.raises(MisuseError, match="threads with 10 clients was not measured"):
        without.at(THREADS, 10)


# ---- who does not read ----

NAMES = ("ann", "bob", "carl", "dave", "eve")
LINE = b"SAY " + b"bla " * 50 + b"\n"


def guest(number: int, says: int, stalls: bool = False) -> Story:
    """A client that joins, says so many lines, and may let its window close."""
    story = Story(Ends(5_000_000 + number, 9_000_000, client=("10.0.0.1", 40_001 + number))).opens()
    story.says(f"JOIN {NAMES[number]}\n".encode(), "join")
    for at in range(says):
        story.says(LINE, f"say {at}")
    if stalls:
        story.send("server", PSH | ACK, b"SAID x y\n" * 9, "filling")
        for name in ("closed", "still closed"):
            story.send("client", ACK, name=name, window=0)
        story.send("client", ACK, name="update", window=64)
    return story.closes("client")


def room(*slow: int) -> tuple[Capture, list[int]]:
    """Ann says most, carl nothing, eve comes last; and where each begins."""
    stories = [guest(at, says, at in slow) for at, says in enumerate((3, 1, 0, 1, 1))]
    starts = [sum(len(story.segments) for story in stories[:at]) for at in range(len(stories))]
    return caught([replace(s, time=0.0) for story in stories for s in story.segments]), starts


def in_slow(name: str) -> int:
    return room(1)[1][1] + guest(1, 1, True).frame[name]


def test_whose_window_closes_is_the_slow_reader_by_name_or_port() -> None:
    capture, _ = room(1)
    for who in ("bob", "BOB ", 40_002, "40002"):
        assert check_slow_reader(capture, who, in_slow("closed")).verdict is Verdict.RIGHT
    assert check_slow_reader(capture, "bob").verdict is Verdict.MISSING


def test_the_window_may_be_closed_and_said_so_again_but_the_first_counts() -> None:
    capture, _ = room(1)
    assert named(check_slow_reader(capture, "bob", in_slow("still closed"))) == (Verdict.ALMOST, "closed-before")
    assert check_slow_reader(capture, "bob", in_slow("update")).verdict is Verdict.NOT_YET


@pytest.mark.parametrize(("who", "name"), [("carl", "quiet-is-slow"), ("ann", "busy-is-slow"), ("eve", "last-is-slow")])
def test_each_wrong_suspicion_has_its_name(who: str, name: str) -> None:
    feedback = check_slow_reader(room(1)[0], who, 1)
    assert named(feedback) == (Verdict.ALMOST, name)
    assert f"{who} reads: its window is never less than" in feedback.sentences[0]


def test_another_who_reads_is_just_wrong() -> None:
    assert check_slow_reader(room(1)[0], "dave", 1).verdict is Verdict.NOT_YET


def test_the_frame_that_fills_the_window_is_not_the_one_that_closes_it() -> None:
    capture, (slow, closed, filled) = recorded("slow-reader"), recorded_slow()
    assert filled
    assert check_slow_reader(capture, slow, closed).verdict is Verdict.RIGHT
    for frame in filled:
        assert named(check_slow_reader(capture, slow, frame)) == (Verdict.ALMOST, "full-is-closed")


def recorded_slow() -> tuple[str, int, list[int]]:
    [slow] = [one for one in guests(recorded("slow-reader")) if one.least_window == 0]
    frames = [s.frame for s in slow.talk.sent_by(slow.talk.client) if s.window == 0]
    filled = [s.frame for s in slow.talk.sent_by(slow.talk.server) if s.frame == frames[0] - 1]
    return slow.name, frames[0], filled


UNFIT: dict[str, tuple[Callable[[], Capture], str]] = {
    "all read": (lambda: room()[0], "all of them read"),
    "two do not": (lambda: room(1, 3)[0], "2 clients do not read"),
    "nobody joins": (lambda: recorded("zero-window"), "No client joins"),
}


@pytest.mark.parametrize(("capture", "said"), UNFIT.values(), ids=UNFIT)
def test_a_capture_in_which_nobody_can_be_found_is_unfit(capture: Callable[[], Capture], said: str) -> None:
    feedback = check_slow_reader(capture(), "bob", 1)
    assert feedback.verdict is Verdict.UNFIT and said in feedback.sentences[0]


def test_who_is_not_there_or_cannot_be_read_is_said() -> None:
    capture, _ = room(1)
    assert '"zoe" is none of the clients; there are ann (40001), bob (40002)' in repr(check_slow_reader(capture, "zoe"))
    assert check_slow_reader(capture).verdict is Verdict.MISSING
    assert "0 is no frame" in repr(check_slow_reader(capture, "bob", 0))
