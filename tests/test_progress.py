"""What a student has answered lies in a plain file: it survives restarts, damage and resets, and is nobody else's."""

import json
import os
import stat
from pathlib import Path

import pytest

from chatkit.errors import MachineError, MisuseError
from chatkit.faces import progress_view
from chatkit.faces.progress_view import ProgressView
from chatkit.teach.catalogue import questions
from chatkit.teach.checker import check
from chatkit.teach.progress import Progress
from tests.talks import Ends, caught

CAPTURE = caught(Ends(1_000_000, 5_000_000).chat())
ID = "handshake.synack-ack"


@pytest.fixture
def progress(tmp_path: Path) -> Progress:
    return Progress(tmp_path / "of" / "ann.jsonl")


def _answer(progress: Progress, answer: str, frame: str = "") -> None:
    progress.add(check(ID, CAPTURE, answer, frame), answer, frame)


def test_what_was_answered_is_there_after_a_restart(progress: Progress) -> None:
    _answer(progress, "1000000", "2")
    _answer(progress, "1000001", "2")
    first, second = Progress(progress.path)
    assert (first.question, first.answer, first.verdict, first.named) == (
        ID,
        "1000000",
        "almost",
        "syn-takes-no-number",
    )
    assert (second.verdict, second.frame, second.named) == ("right", "2", "")
    assert second.judged_on.startswith("Judged on this capture: made for a test") and first.moment <= second.moment


def test_the_file_is_plain_one_line_of_json_for_each_thing(progress: Progress) -> None:
    progress.predict(ID, "é")
    progress.hint(ID, is_solution=False)
    lines = progress.path.read_text("utf-8").splitlines()
    assert [json.loads(line)["what"] for line in lines] == ["predicted", "hinted"]
    assert '"answer": "é"' in lines[0]


def test_the_best_verdict_stands_with_tries_hints_and_prediction(progress: Progress) -> None:
    progress.predict(ID, "3")
    progress.predict(ID, "4")
    progress.hint(ID, is_solution=False)
    progress.hint(ID, is_solution=True)
    _answer(progress, "1000001", "2")
    _answer(progress, "5", "2")
    standing = next(each for each in progress.standings() if each.question == ID)
    assert (standing.verdict, standing.tries, standing.predicted) == ("right", 2, "4")
    assert (standing.hints, standing.solution_shown) == (1, True)
    prediction = progress.prediction(ID)
    assert prediction and prediction.answer == "4"


def test_a_line_that_was_cut_costs_only_itself(progress: Progress) -> None:
    _answer(progress, "1000000")
    with progress.path.open("ab") as file:
        file.write(b'{"when": "2026-01-01T00:00:00+00:00", "what": "answ')  # killed in the middle of a line
    _answer(progress, "1000001", "2")
    assert [entry.answer for entry in progress] == ["1000000", "1000001"]


@pytest.mark.parametrize("line", [b"\xff\xfe", b"[]", b"3", b'{"what": 1}', b'{"strange": "key"}', b"", b"null"])
def test_a_line_that_is_none_of_ours_is_left_out(progress: Progress, line: bytes) -> None:
    _answer(progress, "1000000")
    progress.path.write_bytes(progress.path.read_bytes() + line + b"\n")
    assert len(list(progress)) == 1


def test_a_reset_begins_anew_and_loses_nothing(progress: Progress) -> None:
    assert progress.reset() is None
    _answer(progress, "1000000")
    old = progress.reset()
    assert old and list(progress) == [] and "1000000" in old.read_text("utf-8")


def test_a_student_is_named_by_the_argument_the_environment_or_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKIT_PROGRESS", "/tmp/mine.jsonl")
    assert Progress.of().path == Path("/tmp/mine.jsonl")
    assert Progress.of("ann").path == Path.home() / ".chatkit" / "progress-ann.jsonl"
    monkeypatch.delenv("CHATKIT_PROGRESS")
    monkeypatch.setenv("CHATKIT_STUDENT", "bob@example.org")
    assert Progress.of().path.name == "progress-bob@example.org.jsonl"


@pytest.mark.parametrize("name", ["", "../ann", "a b", ".ann", "x" * 65, "a/b"])
def test_what_cannot_name_a_student_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHATKIT_PROGRESS")
    monkeypatch.setenv("CHATKIT_STUDENT", name or "..")
    with pytest.raises(MisuseError, match="names no student: letters, digits"):
        Progress.of(name)


def test_a_file_that_cannot_be_written_is_said_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    with pytest.raises(MachineError, match="cannot be written: .*Set CHATKIT_PROGRESS to a file that can be written"):
        _answer(Progress(tmp_path / "file" / "ann.jsonl"), "1")


@pytest.mark.skipif(os.name == "nt", reason="needs the permissions of Unix")
def test_a_file_is_read_by_its_owner_only(progress: Progress) -> None:
    _answer(progress, "1")
    assert stat.S_IMODE(progress.path.stat().st_mode) & 0o077 == 0


def test_the_table_has_a_row_for_each_question(progress: Progress) -> None:
    _answer(progress, "1000001", "2")
    progress.predict("close.segments", "3")
    text = repr(ProgressView(progress))
    assert "handshake.synack-ack              ✓ right      1" in text
    assert f"1 of {len(questions())} questions right" in text and str(progress.path) in text
    assert next(line for line in text.splitlines() if "close.segments" in line).split() == ["10", "close.segments", "3"]
    assert "<td" in ProgressView(progress)._repr_html_()


def test_what_was_typed_is_escaped_in_the_table(progress: Progress) -> None:
    progress.predict("close.segments", "<img src=x>")
    assert "<img" not in ProgressView(progress)._repr_html_()


def test_the_command_prints_the_table_and_begins_anew(
    progress: Progress, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHATKIT_PROGRESS", str(progress.path))
    _answer(progress, "1000001", "2")
    assert progress_view.main([]) == 0 and "✓ right" in capsys.readouterr().out
    assert progress_view.main(["--reset"]) == 0 and "Begun anew. What there was is in" in capsys.readouterr().out
    assert progress_view.main(["--reset"]) == 0 and "There is nothing yet" in capsys.readouterr().out
