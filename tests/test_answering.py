"""python3 -m chatkit check: the questions in a terminal, on a capture file."""

from pathlib import Path

import pytest

from chatkit.errors import CaptureError, MisuseError
from chatkit.faces import answering, checking
from chatkit.teach.catalogue import questions
from tests.stories import Story
from tests.talks import Ends

STORY = Story(Ends(1_000_000, 5_000_000)).opens().says(b"JOIN ann\n", "join").closes("client", 4)


@pytest.fixture
def file(tmp_path: Path) -> str:
    return str(STORY.capture.save(tmp_path / "mine.pcap"))


def _said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def test_all_questions_are_listed_with_their_exercises(capsys: pytest.CaptureFixture[str]) -> None:
    assert checking.main(["questions"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(questions()) and lines[0].split()[:2] == ["1", "handshake.segments-before-data"]


def test_those_that_a_capture_cannot_answer_say_what_is_missing(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert checking.main(["questions", file]) == 0
    said = capsys.readouterr().out
    assert "  10  close.segments" in said
    assert "  -   loss.retransmission              Nothing was sent again in it." in said


def test_a_question_is_asked_with_what_it_is_judged_on(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert checking.main(["close.time-wait", file]) == 0
    said = _said(capsys)
    assert "close.time-wait, level 2. The conversation is over." in said
    assert "a) the server b) the client" in said and "and the number of a frame that shows it" in said
    assert "Judged on: read from the file" in said


def test_without_a_file_the_question_alone_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert checking.main(["timing.karn"]) == 0
    assert "c) neither: nobody can tell" in _said(capsys)


@pytest.mark.parametrize(("answer", "code", "said"), [("4", 0, "✓ right"), ("3", 1, "≈ almost: a close takes three")])
def test_an_answer_is_judged_and_the_exit_code_tells(
    file: str, answer: str, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checking.main(["close.segments", file, answer, "--frame", str(STORY.frame["last"])]) == code
    out = capsys.readouterr().out
    assert said in out and "<==" in out


def test_each_call_for_a_hint_shows_one_more_and_the_last_is_the_solution(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    titles = ["Where to look.", "The rule.", "Worked on another conversation.", "The solution.", "The solution."]
    for title in titles:
        assert checking.main(["close.segments", file, "--hint"]) == 0
        said = capsys.readouterr().out
        assert [other for other in dict.fromkeys(titles) if other in said] == [title]


def test_an_unfit_capture_is_said_and_fails(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert checking.main(["loss.retransmission", file]) == 1
    assert "Nothing was sent again in it." in _said(capsys)
    assert checking.main(["loss.retransmission", file, "3"]) == 1
    assert "! capture unfit" in _said(capsys)


def test_what_is_no_question_and_what_is_no_file_gets_a_sentence(file: str, tmp_path: Path) -> None:
    with pytest.raises(MisuseError, match='no question is called "weather"; there are'):
        answering.main(["weather", file])
    with pytest.raises(CaptureError):
        answering.main(["close.segments", str(tmp_path / "nothing.pcap")])
