"""The questions about forged resets and floods: right is right, and each mistake is called by its name."""

from dataclasses import dataclass, replace

import pytest

from chatkit.capture.capture import Capture
from chatkit.capture.recorded import recorded
from chatkit.tcp.segment import Segment
from chatkit.tcp.sequence import add
from chatkit.teach.catalogue import find_question
from chatkit.teach.checker import check
from chatkit.teach.feedback import Feedback, Verdict
from tests.stories import Story
from tests.talks import ACK, HELLO, PSH, RST, Ends, caught

RESET, NUMBER = "attack.reset", "attack.reset-seq"
SIDES = (Ends(3_477_729_235, 1_950_300_111), Ends(4_294_967_290, 4_294_967_270), Ends(77_000_000, 2_147_483_640))
JOIN, SAY = b"JOIN ann\n", b"SAID bob is anybody there?\n"
NEXT = 1 + len(HELLO) + len(SAY)  # what the client waits for next, relative


@dataclass(frozen=True)
class Attacked:
    """A chat that is reset at last, after resets that were not believed."""

    ends: Ends

    @property
    def story(self) -> Story:
        story = Story(self.ends).opens().says(JOIN, "join").says(SAY, "said", who="server")
        self._forged(story, "outside", add(self.right, 1 << 30))
        self._forged(story, "before", add(self.right, -1))
        self._forged(story, "relative", NEXT)
        self._forged(story, "inside", add(self.right, 100))
        story.send("client", ACK, name="challenge")
        self._forged(story, "right", self.right)
        story.send("server", PSH | ACK, b"SAID bob hello?\n", name="late")
        return story.send("client", RST, name="answer", back=0)

    @property
    def right(self) -> int:
        return add(self.ends.server_isn, NEXT)

    def _forged(self, story: Story, name: str, seq: int) -> None:
        """It does not move the numbers of the server on."""
        story.clock += 0.001
        story.segments.append(replace(self.ends.down(RST, 0), seq=seq, time=story.clock))
        story.frame[name] = len(story.segments)


ALL = pytest.mark.parametrize(
    "attacked", [Attacked(ends) for ends in SIDES], ids=lambda each: str(each.ends.client_isn)
)


def named(feedback: Feedback) -> tuple[Verdict, str]:
    return feedback.verdict, feedback.named.id if feedback.named else ""


# ---- which reset ended it ----


@ALL
def test_the_reset_that_ended_it_is_the_one_with_the_next_number(attacked: Attacked) -> None:
    story = attacked.story
    assert check(RESET, story.capture, story.frame["right"]).verdict is Verdict.RIGHT


@ALL
def test_each_other_reset_is_a_mistake_with_a_name(attacked: Attacked) -> None:
    story = attacked.story
    for name, mistake in {
        "outside": "any-rst-kills",
        "before": "any-rst-kills",
        "relative": "relative-seq-injected",
        "inside": "rst-in-the-window-kills",
        "answer": "answer-taken-for-cause",
    }.items():
        feedback = check(RESET, story.capture, story.frame[name])
        assert named(feedback) == (Verdict.ALMOST, mistake), name
        assert feedback.look == story.frame[name]


@ALL
def test_what_is_no_reset_is_wrong_without_a_name(attacked: Attacked) -> None:
    story = attacked.story
    for name in ("syn", "join", "challenge", "late"):
        assert named(check(RESET, story.capture, story.frame[name])) == (Verdict.NOT_YET, "")


def test_a_window_is_scaled_before_a_number_is_looked_for_in_it() -> None:
    attacked = Attacked(SIDES[0])
    story = attacked.story  # windows of 64, scaled by 7: 8192 bytes
    for steps, mistake in ((8191, "rst-in-the-window-kills"), (8192, "any-rst-kills")):
        moved = replace(story.at("inside"), seq=add(attacked.right, steps))
        segments = [moved if s is story.at("inside") else s for s in story.segments]
        assert named(check(RESET, caught(segments), story.frame["inside"])) == (Verdict.ALMOST, mistake)


def test_a_reset_may_end_the_servers_side() -> None:
    story = Story(SIDES[0]).opens().says(JOIN, "join").send("client", RST, name="right")
    assert check(RESET, story.capture, story.frame["right"]).verdict is Verdict.RIGHT


def test_a_connection_that_no_reset_has_ended_is_unfit() -> None:
    attacked = Attacked(SIDES[0])
    story = attacked.story
    alive = [s for s in story.segments if s.seq != attacked.right or s.flags != RST]
    for segments in (alive[: story.frame["right"] - 1], Story(SIDES[0]).opens().closes("client").segments):
        feedback = check(RESET, caught(segments), 1)
        assert feedback.verdict is Verdict.UNFIT and "No reset has ended it." in feedback.sentences


# ---- which number it takes ----


@ALL
def test_the_number_is_what_the_client_acknowledged_last(attacked: Attacked) -> None:
    story = attacked.story
    for frame in (story.frame["ack of said"],):
        assert check(NUMBER, story.capture, attacked.right, frame).verdict is Verdict.RIGHT
        relative = check(NUMBER, story.capture, NEXT, frame)
        assert named(relative) == (Verdict.RIGHT, "relative-as-absolute")
    for frame in (story.frame["said"], story.frame["right"]):
        assert named(check(NUMBER, story.capture, attacked.right, frame)) == (Verdict.ALMOST, "other-frame")


@ALL
def test_a_number_that_ends_nothing_is_a_mistake_with_a_name(attacked: Attacked) -> None:
    story, ends = attacked.story, attacked.ends
    for number, mistake in (
        (add(ends.client_isn, 1 + len(JOIN)), "number-of-the-victim"),
        (add(ends.server_isn, 1 + len(HELLO)), "last-number-again"),
        (add(ends.server_isn, NEXT + 1), "one-too-many"),
    ):
        feedback = check(NUMBER, story.capture, number, 1)
        assert named(feedback) == (Verdict.ALMOST, mistake)
        assert feedback.look == story.frame["ack of said"]


@ALL
def test_before_the_attack_it_is_the_same_number(attacked: Attacked) -> None:
    story = attacked.story
    before = caught(story.segments[: story.frame["ack of said"]])
    assert check(NUMBER, before, attacked.right, story.frame["ack of said"]).verdict is Verdict.RIGHT


def test_an_ack_that_was_overtaken_says_nothing_new() -> None:
    e = SIDES[0]
    late = [e.up(ACK, 1, 21), e.up(ACK, 1, 11)]
    sent = [e.down(PSH | ACK, 1, 1, b"a" * 10), e.down(PSH | ACK, 11, 1, b"b" * 10)]
    capture = caught([*e.handshake(), *sent, *late])
    assert check(NUMBER, capture, 21, 6).verdict is Verdict.RIGHT


# ---- what is the same on every capture ----

CONSTANT = {
    "attack.blind": ("d", {"a": "any-rst-kills", "b": "rst-in-the-window-kills", "c": "numbers-begin-at-0"}),
    "attack.flood": (
        "b",
        {"a": "flood-fills-the-line", "c": "each-connection-takes-a-port", "d": "program-is-asked"},
    ),
    "attack.cookie": ("c", {"a": "cookie-of-the-web", "b": "cookie-is-a-queue", "d": "cookie-lets-all-in"}),
}


@pytest.mark.parametrize("id", CONSTANT)
def test_a_question_about_a_rule_can_be_predicted_and_names_each_mistake(id: str) -> None:
    right, mistakes = CONSTANT[id]
    assert find_question(id).is_predictable and not find_question(id).wants_frame
    for ends in SIDES:
        capture = Attacked(ends).story.capture
        assert check(id, capture, right).verdict is Verdict.RIGHT
        for letter, mistake in mistakes.items():
            assert named(check(id, capture, letter)) == (Verdict.ALMOST, mistake)


# ---- what Linux made of it ----


def test_on_a_real_attack_only_the_last_reset_is_right() -> None:
    capture = recorded("attack-resets")
    talk = next(talk for talk in capture.conversations if talk.segments.with_flags(RST))
    resets = talk.segments.with_flags(RST)
    verdicts = {named(check(RESET, capture, s.frame, client=talk.client[1])) for s in resets}
    assert verdicts == {
        (Verdict.RIGHT, ""),
        (Verdict.ALMOST, "any-rst-kills"),
        (Verdict.ALMOST, "relative-seq-injected"),
        (Verdict.ALMOST, "rst-in-the-window-kills"),
        (Verdict.ALMOST, "answer-taken-for-cause"),
    }
    [right] = [s for s in resets if check(RESET, capture, s.frame, client=talk.client[1]).verdict is Verdict.RIGHT]
    assert the_number_is_right(capture, right)


def the_number_is_right(capture: Capture, reset: Segment) -> bool:
    """The reset that Linux believed has the number that the question calls right."""
    client = reset.destination[1]
    return check(NUMBER, capture, reset.seq, client=client).verdict is Verdict.MISSING  # only the frame is
