"""What a class has handed in: judged again, counted by question and mistake, and nobody named."""

import json
from pathlib import Path
from zipfile import ZipFile

import pytest

from chatkit.capture.capture import Capture
from chatkit.faces import grading
from chatkit.teach.answer_sheet import AnswerSheet
from chatkit.teach.class_report import class_report
from chatkit.teach.detective import IDS
from chatkit.teach.report import read_report, write_report
from tests.stories import Story
from tests.talks import Ends

STORY = Story(Ends(1_000_000, 5_000_000)).opens().says("SAY é\n".encode(), "say").closes("client")
RIGHT = f"close.segments = 3 frame {STORY.frame['last']}\nhandshake.synack-ack = 1000001 frame 2\n"
WRONG = f"close.segments = 4 frame {STORY.frame['last']}\nhandshake.synack-ack = 1000000 frame 2\n"


@pytest.fixture
def reports(tmp_path: Path) -> list[Path]:
    """Of three students, the last of whom hands in headers only."""
    paths = []
    for number, answers in enumerate((RIGHT, WRONG, WRONG)):
        sheet = AnswerSheet.decode(answers.encode(), IDS)
        capture = Capture.read(STORY.capture.save(tmp_path / "mine.pcap"))
        path = tmp_path / f"report-{number}.zip"
        paths.append(write_report(path, capture, sheet, only_headers=number == 2, name=f"student {number}"))
    return paths


def test_right_answers_and_mistakes_are_counted_by_question(reports: list[Path]) -> None:
    counted = class_report(map(read_report, reports))
    rows = {row.id: row for row in counted.rows}
    assert counted.reports == 3 and tuple(rows) == IDS
    assert (rows["close.segments"].right, rows["close.segments"].judged) == (1, 3)
    assert rows["close.segments"].mistakes == (("always-four", 2),)
    assert rows["handshake.synack-ack"].mistakes == (("syn-takes-no-number", 2),)
    assert rows["payload.find-sentence"].judged == 2, "headers only have no text to look in"


def test_the_table_names_mistakes_and_nobody(reports: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert grading.main([str(path) for path in reports]) == 0
    said = capsys.readouterr().out
    assert f"{reports[0]}: 2 of 12 right, of student 0" in said and "2 cannot be judged again" in said
    table = said.split("\n\n")[-1]
    assert "close.segments                      1   3  always-four 2" in table and "student" not in table


def test_verdicts_are_judged_again_and_never_believed(
    reports: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ZipFile(reports[1]) as file:
        members = {name: file.read(name) for name in file.namelist()}
    with ZipFile(reports[1], "w") as file:
        for name, data in members.items():
            file.writestr(name, data.replace(b'"almost"', b'"right"'))
    out = tmp_path / "verdicts.json"
    assert grading.main([str(reports[1]), "--json", str(out)]) == 1
    assert "close.segments: DIFFERS" in capsys.readouterr().out
    (exported,) = json.loads(out.read_text("utf-8"))
    assert exported["name"] == "student 1"
    assert exported["verdicts"]["close.segments"] == {"verdict": "almost", "mistake": "always-four"}


def test_what_is_no_report_is_said_and_the_others_are_judged(
    reports: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "no.zip").write_text("not at all", "utf-8")
    assert grading.main([str(tmp_path / "no.zip"), str(reports[0])]) == 1
    said = capsys.readouterr().out
    assert "no.zip cannot be read as a report" in said and "2 of 12 right" in said
