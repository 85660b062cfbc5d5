"""The labs: each stub fails politely, each reference passes, each known mistake gets the sentence written for it."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from inspect import getsource
from pathlib import Path
from zipfile import ZipFile

import pytest

from chatkit.bootstrap import packages
from chatkit.bootstrap.environment import Environment, Part
from chatkit.capture.recorded import FOLDER, recorded
from chatkit.net.server import Server
from chatkit.teach.answer_sheet import AnswerSheet
from chatkit.teach.catalogue import find_question
from chatkit.teach.detective import IDS, judge_one, told
from chatkit.teach.framing_mistakes import MISTAKES
from tests.labs import ANSWERS_TO_FIRST_WORDS
from tests.labs.right_framing import RIGHT, with_split
from tests.labs.wrong_framing import WRONG
from tests.peer import Peer
from tests.programs import ROOT, Program

LAB_1 = ROOT / "labs" / "01-framing"
LAB_2 = ROOT / "labs" / "02-packet-detective"

Solution = Callable[..., object]


def run(script: Path, *words: object, folder: Path = ROOT) -> tuple[int, str]:
    """The exit code of a lab's script, and what it says."""
    done = subprocess.run(
        [sys.executable, script, *map(str, words)], cwd=folder, capture_output=True, encoding="utf-8", timeout=50
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


def name(function: Solution) -> str:
    return getattr(function, "__name__", str(function))


# ---- lab 1: framing ----


def written(solution: Solution, folder: Path) -> Path:
    """A student's framing.py with this solution."""
    imports = "import io\nfrom collections.abc import Iterable, Iterator\n\n\n"
    path = folder / "framing.py"
    path.write_text(imports + getsource(solution).replace(name(solution), "lines_of"), "utf-8")
    return path


def test_the_stub_of_lab_1_says_what_is_to_do() -> None:
    code, said = run(LAB_1 / "check.py")
    assert code == 1
    assert said.startswith("? missing (framing)\n  There is still to do: Lab 1, step 1: ")


def test_lab_1_is_checked_from_any_folder(tmp_path: Path) -> None:
    assert run(LAB_1 / "check.py", folder=tmp_path) == run(LAB_1 / "check.py")


def test_the_reference_of_lab_1_passes(tmp_path: Path) -> None:
    code, said = run(LAB_1 / "check.py", written(with_split, tmp_path))
    assert code == 0
    assert said.startswith("✓ right (framing)")


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.id)
def test_a_known_mistake_in_lab_1_gets_its_sentence(mistake: object, tmp_path: Path) -> None:
    wrong = next(solution for solution, made in WRONG if made == mistake.id)  # type: ignore[attr-defined]
    code, said = run(LAB_1 / "check.py", written(wrong, tmp_path))
    assert code == 1
    assert said.startswith(f"≈ almost: {mistake.name} (framing)")  # type: ignore[attr-defined]
    assert mistake.explanation in said  # type: ignore[attr-defined]


def test_a_file_without_the_function_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "framing.py").write_text("lines = 1\n")
    code, said = run(LAB_1 / "check.py", tmp_path / "framing.py")
    assert (code, "lines_of has to be a function; it is None." in said) == (1, True)


def test_the_brief_of_lab_1_tells_the_size_of_a_good_solution() -> None:
    assert "About eight lines" in (LAB_1 / "README.md").read_text("utf-8")
    assert min(len(getsource(solution).splitlines()) for solution in RIGHT) <= 8


@pytest.mark.parametrize("size", [1, 3, 4096])
def test_a_solution_of_lab_1_chats_with_a_real_server(server: Server, size: int, tmp_path: Path) -> None:
    shutil.copy(LAB_1 / "client.py", tmp_path)
    written(with_split, tmp_path)
    address = f"127.0.0.1:{server.address[1]}"
    with (
        Peer(server.address, "bob") as bob,
        Program(sys.executable, str(tmp_path / "client.py"), "ann", address, str(size)) as ann,
    ):
        ann.wait_for("USERS 2 bob ann")
        bob.expect("JOINED ann")
        bob.send("SAY café 😀\n")
        ann.wait_for("SAID bob café 😀")
        ann.type("hello é\n")
        bob.expect("SAID ann hello é")
        assert ann.end() == 0
        assert "BYE" in ann.seen


def test_the_client_of_lab_1_says_what_is_to_do_while_there_is_no_solution(server: Server) -> None:
    with Program(sys.executable, str(LAB_1 / "client.py"), "ann", f"127.0.0.1:{server.address[1]}") as ann:
        ann.wait_for("Lab 1, step 1: ")
        assert ann.end() == 0


# ---- lab 2: packet detective ----


FIRST_WORDS = FOLDER / "first-words.pcap"


def test_the_stub_of_lab_2_asks_every_question_about_the_capture() -> None:
    code, said = run(LAB_2 / "check.py", FIRST_WORDS)
    assert code == 1
    assert [line for line in said.splitlines() if line.startswith("? ")] == [f"? {id}: missing" for id in IDS]
    assert 'The sentence is the last that the client says: "gladly' in said
    assert said.rstrip().endswith("0 of 12 right; 12 missing.")


def test_the_reference_of_lab_2_passes_from_any_folder(tmp_path: Path) -> None:
    code, said = run(LAB_2 / "check.py", FIRST_WORDS, "--answers", ANSWERS_TO_FIRST_WORDS, folder=tmp_path)
    assert code == 0, said
    assert said.rstrip().endswith("12 of 12 right.")
    assert "Judged on this capture: read from the file" in said


@pytest.mark.parametrize("id", IDS)
def test_a_known_mistake_in_lab_2_gets_its_sentence(id: str) -> None:
    question, capture = find_question(id), recorded("first-words")
    talk, named = capture.conversations[0], 0
    for mistake in question.misconceptions:
        for value in mistake.gives(talk):
            answer = getattr(value, "key", None) or str(value)
            feedback = judge_one(id, capture, AnswerSheet.parse(f"{id} = {answer} frame 1", IDS))
            if feedback.named is mistake:
                named += 1
                assert told(feedback).startswith(f"≈ {id}: almost: {mistake.name}")
                assert " ".join(mistake.explanation.split()) in " ".join(told(feedback).split())
    assert named


def test_a_capture_that_is_unfit_is_told_what_to_redo(tmp_path: Path) -> None:
    whole = recorded("first-words")
    late = replace(whole, frames=tuple(whole.frames)[14:]).save(tmp_path / "late.pcap")
    code, said = run(LAB_2 / "check.py", late)
    assert code == 1
    assert "No answer can be judged on this capture." in said and "before" in said


@pytest.mark.parametrize("options", [[], ["--headers-only"], ["--headers-only", "--name", "Ann Lee"]])
def test_a_report_is_written_and_judged_again(tmp_path: Path, options: list[str]) -> None:
    report = tmp_path / "report.zip"
    code, said = run(LAB_2 / "check.py", FIRST_WORDS, "--answers", ANSWERS_TO_FIRST_WORDS, "--report", report, *options)
    assert (code, f"Written: {report}" in said) == (0, True)
    code, said = run(LAB_2 / "check.py", "--regrade", report)
    assert code == 0
    assert said.count("agrees. It is right") == (10 if options else 12)
    assert ("Ann Lee" in said) == ("Ann Lee" in options)


def test_a_report_that_was_tampered_with_is_noticed(tmp_path: Path) -> None:
    report = tmp_path / "report.zip"
    run(LAB_2 / "check.py", FIRST_WORDS, "--report", report)
    with ZipFile(report) as file:
        members = {name: file.read(name) for name in file.namelist()}
    with ZipFile(report, "w") as file:
        for member, data in members.items():
            file.writestr(member, data.replace(b'"missing"', b'"right"'))
    code, said = run(LAB_2 / "check.py", "--regrade", report)
    assert code == 1
    assert "close.segments: DIFFERS. The report says right; judged again it is missing." in said


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ([], 2, "name your capture, or a report after --regrade"),
        (["nowhere.pcap"], 1, "nowhere.pcap cannot be read: No such file"),
        ([FIRST_WORDS, "--answers", "nowhere.txt"], 1, "nowhere.txt cannot be read: No such file"),
        (["--regrade", FIRST_WORDS], 1, "cannot be read as a report"),
    ],
)
def test_what_cannot_be_done_in_lab_2_gets_a_sentence(words: list[object], code: int, sentence: str) -> None:
    seen, said = run(LAB_2 / "check.py", *words)
    assert (seen, sentence in said) == (code, True), said


def test_brief_and_answer_sheet_of_lab_2_name_every_question_in_its_order() -> None:
    brief = re.findall(r"^\| `([\w.-]+)` \|", (LAB_2 / "README.md").read_text("utf-8"), re.M)
    assert tuple(brief) == IDS
    assert tuple(AnswerSheet.read(LAB_2 / "answers.txt", IDS).answers) == IDS


# ---- a Python without the packages ----


def test_without_packages_and_without_an_environment_the_remedy_is_said(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="python3 -m chatkit lab --prepare"):
        packages.need("a_package_that_nobody_has", Environment(tmp_path))


def test_a_package_that_is_here_is_all_that_is_needed(tmp_path: Path) -> None:
    packages.need("pytest", Environment(tmp_path))


class Whole(Environment):
    """An environment that is there, and that does not run us."""

    def has(self, part: Part) -> bool:
        return part is Part.LAB

    def runs_us(self) -> bool:
        return False


def test_with_an_environment_the_script_is_started_again_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(packages, "hand_over", lambda command: started.append(command) or 7)
    monkeypatch.setattr(sys, "argv", ["check.py", "mine.pcap"])
    with pytest.raises(SystemExit) as ended:
        packages.need("a_package_that_nobody_has", Whole(tmp_path))
    assert (started, ended.value.code) == ([[str(Whole(tmp_path).python), "check.py", "mine.pcap"]], 7)


@pytest.mark.parametrize("lab", [LAB_1, LAB_2], ids=lambda lab: lab.name)
def test_a_bare_python_needs_no_more_than_a_sentence_at_most(lab: Path) -> None:
    words = [sys.executable, "-I", "-S", lab / "check.py", *([FIRST_WORDS] if lab == LAB_2 else [])]
    done = subprocess.run(words, capture_output=True, encoding="utf-8", timeout=50)
    assert done.returncode == 1
    assert done.stdout.startswith("? ") or "python3 -m chatkit lab --prepare" in done.stderr
    assert "Traceback" not in done.stderr
