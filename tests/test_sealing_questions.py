"""The questions about a sealed chat: right is right, and each mistake is called by its name."""

import pytest

from chatkit.capture.capture import Capture
from chatkit.capture.hello import TLS_1_2
from chatkit.capture.recorded import recorded
from chatkit.teach.catalogue import find_question
from chatkit.teach.checker import check
from chatkit.teach.feedback import Feedback, Verdict
from chatkit.teach.sealed_example import client_hello, sealed, server_hello
from tests.stories import Story
from tests.talks import ACK, PSH, SYN, Ends, caught

NAME, LENGTH, PASSWORD = "sealing.server-name", "sealing.text-length", "sealing.password"
SIDES = (Ends(3_477_729_235, 1_950_300_111), Ends(4_294_967_290, 1_000_000), Ends(77_000_000, 2_147_483_640))
TEXTS = (24, 33, 58)  # bytes
PROOF = 4 + 48  # bytes of a Finished with SHA-384


def chat(number: int = 0, name: str = "server", version: int = 0x0304, says: bool = True) -> Story:
    """Ann gives a password, joins, says a text and leaves, all of it sealed."""
    story = Story(SIDES[number]).send("client", SYN, name="syn").send("server", SYN | ACK).send("client", ACK)
    story.says(client_hello(name), "hello").says(server_hello(version) + sealed(600), "answer", who="server")
    story.says(sealed(PROOF), "proof")
    if says:
        story.says(sealed(len(b"PASS tulip\n")), "pass").says(sealed(len(b"JOIN ann\n")), "join")
        story.says(sealed(len(b"SAY \n") + TEXTS[number]), "say").says(sealed(len(b"QUIT\n")), "quit")
    return story.closes("client")


def named(feedback: Feedback) -> tuple[Verdict, str]:
    return feedback.verdict, feedback.named.id if feedback.named else ""


@pytest.mark.parametrize("number", range(3))
def test_the_name_is_in_the_hello_and_each_other_guess_has_its_name(number: int) -> None:
    story = chat(number)
    assert check(NAME, story.capture, story.frame["hello"]).verdict is Verdict.RIGHT
    for frame, mistake in {
        "syn": "name-in-the-syn",
        "answer": "certificate-in-clear",
        "pass": "name-in-the-first-line",
    }.items():
        assert named(check(NAME, story.capture, story.frame[frame])) == (Verdict.ALMOST, mistake)
    assert check(NAME, story.capture, story.frame["say"]).verdict is Verdict.NOT_YET


@pytest.mark.parametrize("number", range(3))
def test_the_length_of_the_text_comes_from_the_record(number: int) -> None:
    story, n = chat(number), TEXTS[number]
    feedback = check(LENGTH, story.capture, n, story.frame["say"])
    assert feedback.verdict is Verdict.RIGHT
    assert f"{n + 22} - 17 for the seal - 4 for the verb - 1 for LF = {n}" in repr(feedback)
    for frame in set(range(1, len(story.segments) + 1)) - {story.frame["say"]}:
        assert named(check(LENGTH, story.capture, n, frame)) == (Verdict.ALMOST, "other-frame")


@pytest.mark.parametrize("number", range(3))
def test_each_mistake_about_a_length_is_worked_out_on_the_same_capture(number: int) -> None:
    story, n = chat(number), TEXTS[number]
    mistakes = {
        n + 22: "seal-counted", n + 17: "seal-counted", n + 27: "record-header-counted", n + 5: "verb-counted",
        n + 4: "verb-counted", n + 1: "verb-counted", PROOF - 5: "proof-taken-for-a-line", 256: "tls-hides-lengths",
        -(-(n + 5) // 16) * 16: "tls-hides-lengths",
    }  # fmt: skip
    for answer, mistake in mistakes.items():
        assert named(check(LENGTH, story.capture, answer, 1)) == (Verdict.ALMOST, mistake), answer
    assert check(LENGTH, story.capture, 12345, 1).verdict is Verdict.NOT_YET


@pytest.mark.parametrize("number", range(3))
def test_the_first_line_is_for_the_other_end_whoever_that_is(number: int) -> None:
    story = chat(number)
    assert check(PASSWORD, story.capture, "d", story.frame["pass"]).verdict is Verdict.RIGHT
    assert named(check(PASSWORD, story.capture, "d", story.frame["proof"])) == (Verdict.ALMOST, "other-frame")
    for letter, mistake in {
        "a": "encryption-comes-later",
        "b": "port-hides",
        "c": "encrypted-is-authenticated",
    }.items():
        assert named(check(PASSWORD, story.capture, letter)) == (Verdict.ALMOST, mistake)


def test_a_record_that_lies_in_several_segments_is_shown_by_each_and_one_sent_again_too() -> None:
    story, say = chat(says=False), sealed(len(b"SAY \n") + 40)
    story.segments = story.segments[:-3]  # not closed yet
    story.sent["client"] -= 1
    story.send("client", PSH | ACK, say[:30], "first").send("client", PSH | ACK, say[30:], "rest")
    story.send("client", PSH | ACK, say[:30], "again", back=len(say))
    for frame in ("first", "rest", "again"):
        assert check(LENGTH, story.capture, 40, story.frame[frame]).verdict is Verdict.RIGHT, frame


UNFIT: dict[str, tuple[str, Capture, str]] = {
    "in plain text": (LENGTH, Story(SIDES[0]).opens().says(b"SAY hi\n", "say").capture, "It is not TLS"),
    "of TLS 1.2": (LENGTH, chat(version=TLS_1_2).capture, "did not agree on TLS 1.3"),
    "with an address": (NAME, chat(name="").capture, "it dialled an address"),
    "in which nothing is said": (PASSWORD, chat(says=False).capture, "The client says nothing in it"),
    "from the middle": (NAME, caught(chat().segments[4:]), "SYN"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_a_capture_is_unfit(case: str) -> None:
    id, capture, said = UNFIT[case]
    feedback = check(id, capture, "d" if id == PASSWORD else 4, 4)
    assert feedback.verdict is Verdict.UNFIT and said in repr(feedback)


CONSTANT = {
    "sealing.seen": {
        "a": "encryption-hides-all", "b": "tls-hides-lengths", "d": "tls-hides-the-ends", "e": "only-the-password",
    },
    "sealing.authenticated": {"a": "encrypted-is-authenticated", "b": "sealed-is-safe", "d": "unchecked-is-clear"},
}  # fmt: skip


@pytest.mark.parametrize("id", CONSTANT)
def test_a_question_about_a_rule_can_be_predicted_and_names_each_mistake(id: str) -> None:
    assert {m.id for m in find_question(id).misconceptions} == set(CONSTANT[id].values())
    assert find_question(id).is_predictable and not find_question(id).wants_frame
    for number in range(3):
        capture = chat(number).capture
        assert check(id, capture, "c").verdict is Verdict.RIGHT
        for letter, mistake in CONSTANT[id].items():
            assert named(check(id, capture, letter)) == (Verdict.ALMOST, mistake)


def test_on_a_real_capture_the_answer_is_what_was_said() -> None:
    capture, text = recorded("tls-lengths"), "x" * 100
    feedback = check(LENGTH, capture, len(text))
    assert feedback.verdict is Verdict.MISSING and "100 is right. Which frame" in feedback.sentences[0]


@pytest.mark.parametrize(
    "id", ["payload.find-sentence", "payload.text-length", "payload.find-password", "payload.who-can-read"]
)
def test_what_is_asked_about_plain_text_is_not_asked_about_a_sealed_chat(id: str) -> None:
    feedback = check(id, chat().capture, "1", 1)
    assert feedback.verdict is Verdict.UNFIT
    assert "sealed by TLS" in feedback.sentences[1]
