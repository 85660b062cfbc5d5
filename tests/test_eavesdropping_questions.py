"""The questions about who hears what: right is right, and each mistake is called by its name."""

from dataclasses import replace

import pytest

from chatkit.capture.capture import Capture
from chatkit.capture.recorded import recorded
from chatkit.tcp.segment import Segment
from chatkit.teach.catalogue import find_question
from chatkit.teach.checker import check
from chatkit.teach.feedback import Feedback, Verdict
from tests.stories import Story
from tests.talks import PSH, Ends, caught

PATH = "eavesdropping.path"
SIDES = (Ends(3_477_729_235, 1_950_300_111), Ends(4_294_967_290, 1_000_000), Ends(77_000_000, 2_147_483_640))
LATER = 5_000_000  # nanoseconds until the copy: loopback's come within a millisecond


def chat(ends: Ends) -> Story:
    return Story(ends).opens().says(b"JOIN ann\n", "join").says(b"SAY hello\n", "say").closes("client")


def forwarded(segments: list[Segment], *only: int) -> Capture:
    """Each comes, and goes on; or only those with these numbers do."""
    twice = []
    for frame in caught(segments).frames:
        here = replace(frame, nanoseconds=frame.nanoseconds + 2 * LATER * frame.number)
        on = replace(here, nanoseconds=here.nanoseconds + LATER)
        twice += [here, on] if frame.number in (only or range(1, len(segments) + 1)) else [here]
    return Capture(tuple(replace(f, number=n) for n, f in enumerate(twice, 1)), "made for a test, as eve sees it")


def named(feedback: Feedback) -> tuple[Verdict, str]:
    return feedback.verdict, feedback.named.id if feedback.named else ""


@pytest.mark.parametrize("ends", SIDES)
def test_whoever_stands_between_has_each_segment_twice(ends: Ends) -> None:
    story = chat(ends)
    capture = forwarded(story.segments)
    for name in ("join", "say"):
        assert check(PATH, capture, "between", 2 * story.frame[name]).verdict is Verdict.RIGHT
        assert named(check(PATH, capture, "between", 2 * story.frame[name] - 1)) == (Verdict.ALMOST, "other-frame")
    assert named(check(PATH, capture, "lost")) == (Verdict.ALMOST, "copies-are-retransmissions")
    assert named(check(PATH, capture, "flooded")) == (Verdict.ALMOST, "a-switch-is-a-hub")
    assert check(PATH, capture, "beside").verdict is Verdict.NOT_YET


@pytest.mark.parametrize("ends", SIDES)
def test_whoever_hears_them_pass_by_has_each_once(ends: Ends) -> None:
    story = chat(ends)
    for name in ("join", "say"):
        assert check(PATH, story.capture, "beside", story.frame[name]).verdict is Verdict.RIGHT
    assert named(check(PATH, story.capture, "beside", story.frame["syn"])) == (Verdict.ALMOST, "other-frame")
    assert check(PATH, story.capture, "between").verdict is Verdict.NOT_YET


def test_one_frame_that_a_wire_has_doubled_does_not_stand_between() -> None:
    story = Story(SIDES[0]).opens()
    for number in range(4):
        story.says(b"SAY hello\n", f"say {number}")
    capture = forwarded(story.segments, story.frame["say 2"])
    assert check(PATH, capture, "beside", story.frame["say 1"]).verdict is Verdict.RIGHT


def test_what_was_sent_again_is_no_copy() -> None:
    story = Story(SIDES[0]).opens().loses_first_of(4, b"SAY hello\n", 3)
    assert check(PATH, story.capture, "beside", story.frame["data 1"]).verdict is Verdict.RIGHT


def test_a_capture_without_data_or_without_identification_is_unfit() -> None:
    silent = Story(SIDES[0]).opens()
    assert "The client sends no data in it." in repr(check(PATH, silent.capture, "beside", 1))
    v6 = Ends(5_000_000, 9_000_000, client=("fd00::1", 51_000), server=("fd00::9", 4040))
    feedback = check(PATH, caught([*v6.handshake(), v6.up(PSH, 1, 1, b"JOIN ann\n")]), "beside", 4)
    assert feedback.verdict is Verdict.UNFIT and "have no identification" in feedback.sentences[1]


CONSTANT = {
    "eavesdropping.switch": ("c", {"a": "a-switch-is-a-hub", "b": "a-switch-protects", "d": "password-encrypts"}),
    "eavesdropping.defence": ("d", {"a": "a-switch-protects", "b": "password-encrypts", "c": "a-port-hides"}),
}


@pytest.mark.parametrize("id", CONSTANT)
def test_a_question_about_a_rule_can_be_predicted_and_names_each_mistake(id: str) -> None:
    right, mistakes = CONSTANT[id]
    assert find_question(id).is_predictable and not find_question(id).wants_frame
    for ends in SIDES:
        capture = chat(ends).capture
        assert check(id, capture, right).verdict is Verdict.RIGHT
        for letter, mistake in mistakes.items():
            assert named(check(id, capture, letter)) == (Verdict.ALMOST, mistake)


def test_what_eve_really_saw_tells_where_she_was() -> None:
    for name, way in (("spy-hub", "beside"), ("spy-between", "between")):
        feedback = check(PATH, recorded(name), way)
        assert feedback.verdict is Verdict.MISSING and "is right. Which frame" in feedback.sentences[0], name
