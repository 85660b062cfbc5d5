"""What is handed in of lab 2: it comes back as it was written, and whatever was changed in it is noticed."""

import json
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest

from chatkit.capture.headers_only import headers_only
from chatkit.capture.recorded import recorded
from chatkit.errors import ChatkitError, MisuseError
from chatkit.teach import report as reports
from chatkit.teach.answer_sheet import AnswerSheet
from chatkit.teach.catalogue import find_question
from chatkit.teach.checker import check
from chatkit.teach.detective import IDS, judge, reads_text
from chatkit.teach.report import ANSWERS, CAPTURE, VERDICTS, Claim, Outcome, read_report, regrade, write_report
from tests.labs import ANSWERS_TO_FIRST_WORDS

MINE = replace(recorded("first-words"), source="read from the file /home/ann-lee/mine.pcap")
RIGHT = AnswerSheet.read(ANSWERS_TO_FIRST_WORDS, IDS)
WRONG = AnswerSheet.parse("handshake.synack-ack = 0 frame 2\nclose.segments = 4 frame 1\nclose.ack-of-fin = 7", IDS)
TEXT = {"payload.find-sentence", "payload.text-length"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "report.zip"


def outcomes(path: Path) -> dict[str, Outcome]:
    return {result.id: result.outcome for result in regrade(read_report(path))}


def change(path: Path, member: str, old: bytes, new: bytes) -> None:
    """Change one member of a report, as somebody with a zip program can."""
    with ZipFile(path) as file:
        members = {name: file.read(name) for name in file.namelist()}
    assert old in members[member]
    members[member] = members[member].replace(old, new)
    with ZipFile(path, "w") as file:
        for name, data in members.items():
            file.writestr(name, data)


def test_two_questions_ask_about_the_text() -> None:
    assert {id for id in IDS if reads_text(find_question(id))} == TEXT


@pytest.mark.parametrize("sheet", [RIGHT, WRONG, AnswerSheet()], ids=["right", "wrong", "empty"])
def test_a_report_comes_back_as_it_was_written_and_agrees(path: Path, sheet: AnswerSheet) -> None:
    report = read_report(write_report(path, MINE, sheet))
    assert (tuple(report.capture.frames), report.sheet, report.name) == (tuple(MINE.frames), sheet, "")
    assert report.claims == {f.question.id: Claim.of(f) for f in judge(MINE, sheet)}
    assert outcomes(path) == dict.fromkeys(IDS, Outcome.AGREES)


@pytest.mark.parametrize("sheet", [RIGHT, WRONG, AnswerSheet()], ids=["right", "wrong", "empty"])
def test_of_headers_only_all_but_the_text_is_judged_again(path: Path, sheet: AnswerSheet) -> None:
    write_report(path, MINE, sheet, only_headers=True)
    assert outcomes(path) == {id: Outcome.OPEN if id in TEXT else Outcome.AGREES for id in IDS}
    [sentence] = [str(result) for result in regrade(read_report(path)) if result.id == "payload.text-length"]
    assert "cannot be judged again. It asks about the text, which is zeroed; the report says" in sentence


@pytest.mark.parametrize("id", sorted({*IDS} - TEXT))
def test_every_known_mistake_is_judged_alike_on_headers_only(id: str) -> None:
    question, talk, blind = find_question(id), MINE.conversations[0], headers_only(MINE)
    values = [value for mistake in question.misconceptions for value in mistake.gives(talk)]
    assert values
    for value in [question.right(talk).value, *values]:
        answer = getattr(value, "key", None) or str(value)
        one, other = check(id, MINE, answer, 1), check(id, blind, answer, 1)
        assert (one.verdict, one.named, one.sentences) == (other.verdict, other.named, other.sentences)


def test_nothing_that_was_said_is_in_a_report_of_headers_only(path: Path) -> None:
    with ZipFile(write_report(path, MINE, RIGHT, only_headers=True)) as file:
        assert b"gladly" not in file.read(CAPTURE)
    with ZipFile(write_report(path, MINE, RIGHT)) as file:
        assert b"gladly" in file.read(CAPTURE)


def test_nobody_is_named_unless_a_name_is_given(path: Path) -> None:
    with ZipFile(write_report(path, MINE, RIGHT)) as file:
        assert not [name for name in file.namelist() if b"ann-lee" in file.read(name)]
        assert "name" not in json.loads(file.read(VERDICTS))
    assert read_report(write_report(path, MINE, RIGHT, name="Zoë Lee")).name == "Zoë Lee"


def test_a_part_of_a_capture_is_not_handed_in(path: Path) -> None:
    with pytest.raises(MisuseError, match="a part of a capture"):
        write_report(path, replace(MINE, frames=tuple(MINE.frames)[3:]), RIGHT)


# ---- what was tampered with ----


def test_a_verdict_that_was_made_better_is_noticed(path: Path) -> None:
    write_report(path, MINE, WRONG, only_headers=True)
    change(path, VERDICTS, b'"verdict": "missing"', b'"verdict": "right"')
    found = outcomes(path)
    assert found["handshake.syn-seq"] is Outcome.DIFFERS
    [sentence] = [str(result) for result in regrade(read_report(path)) if result.id == "handshake.syn-seq"]
    assert sentence == "handshake.syn-seq: DIFFERS. The report says right; judged again it is missing."


def test_an_answer_that_was_changed_afterwards_is_noticed(path: Path) -> None:
    write_report(path, MINE, RIGHT)
    change(path, ANSWERS, b"close.segments = 4", b"close.segments = 3")
    assert outcomes(path)["close.segments"] is Outcome.DIFFERS


def test_another_capture_in_its_place_is_noticed(path: Path, tmp_path: Path) -> None:
    write_report(path, MINE, RIGHT)
    with ZipFile(path) as file:
        mine = file.read(CAPTURE)
    change(path, CAPTURE, mine, recorded("clean").save(tmp_path / "other.pcapng").read_bytes())
    assert Outcome.DIFFERS in outcomes(path).values()


def test_the_text_is_judged_if_it_is_there_after_all(path: Path) -> None:
    write_report(path, MINE, WRONG)
    change(path, VERDICTS, b'"verdict": "missing"', b'"verdict": "right"')
    assert outcomes(path)["payload.text-length"] is Outcome.DIFFERS


def test_a_verdict_that_is_missing_and_one_too_many_are_noticed(path: Path) -> None:
    write_report(path, MINE, RIGHT)
    change(path, VERDICTS, b"close.segments", b"close.everything")
    found = outcomes(path)
    assert (found["close.segments"], found["close.everything"]) == (Outcome.DIFFERS, Outcome.DIFFERS)


# ---- what is no report ----


@pytest.mark.parametrize(
    ("member", "old", "new", "sentence"),
    [
        (VERDICTS, b"{", b"[", "is no JSON"),
        (VERDICTS, b'"format": 1', b'"format": 2', "not that of a report of lab 02-packet-detective, format 1"),
        (VERDICTS, b'"verdicts": {', b'"verdicts": 1, "more": {', "has no verdicts"),
        (VERDICTS, b'"verdict": "right"', b'"verdict": "excellent"', 'verdict on "handshake.* is none'),
        (ANSWERS, b"close.segments", b"close.everything", '"close.everything" is no question of this lab'),
        (ANSWERS, b"close.segments", b"\xff", "no UTF-8 text"),
        (CAPTURE, b"\x0a\x0d\x0d\x0a", b"\x1f\x8b\x0d\x0a", "packed once more"),
        (CAPTURE, b"\x0a\x0d\x0d\x0a", b"GIF8", "neither pcap nor pcapng"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_gets_a_sentence(path: Path, member: str, old: bytes, new: bytes, sentence: str) -> None:
    write_report(path, MINE, RIGHT)
    change(path, member, old, new)
    with pytest.raises(Exception, match=sentence) as caught:
        read_report(path)
    assert isinstance(caught.value, ChatkitError)


def test_what_is_no_zip_file_gets_a_sentence(path: Path) -> None:
    path.write_bytes(b"no zip at all")
    with pytest.raises(MisuseError, match="cannot be read as a report"):
        read_report(path)
    with pytest.raises(MisuseError, match="cannot be read as a report"):
        read_report(path.with_name("nowhere.zip"))


def test_a_zip_file_that_breaks_off_gets_a_sentence(path: Path) -> None:
    data = write_report(path, MINE, RIGHT).read_bytes()
    path.write_bytes(data[:200] + bytes(100) + data[300:])
    with pytest.raises(MisuseError, match="cannot be read as a report"):
        read_report(path)


def test_a_part_that_is_missing_is_named(path: Path) -> None:
    with ZipFile(path, "w") as file:
        file.writestr(CAPTURE, b"")
    with pytest.raises(MisuseError, match=f"It has no {ANSWERS}"):
        read_report(path)


def test_a_part_that_would_grow_too_large_is_not_unpacked(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "MAX_CAPTURE_BYTES", 1000)
    with pytest.raises(MisuseError, match=r"capture.pcapng takes \d+ bytes, at most 1000"):
        read_report(write_report(path, MINE, RIGHT))


def test_a_report_cannot_write_to_the_instructors_terminal(path: Path) -> None:
    write_report(path, MINE, RIGHT, name="Eve \x1b[2J")
    change(path, VERDICTS, b'"close.segments"', b'"close.\\u001b[2Jsegments"')
    report = read_report(path)
    assert "\x1b" not in report.name + "".join(map(str, regrade(report)))


# ---- the answer sheet ----


@pytest.mark.parametrize(
    ("line", "value", "frame"),
    [
        ("close.segments = 4 frame 33", "4", "33"),
        ("close.segments=4, Frame 33", "4", "33"),
        ("  close.segments: 4 ; frame33 ", "4", "33"),
        ("close.segments = 4", "4", ""),
        ("close.segments = frame 33", "", "33"),
        ("close.segments =", "", ""),
        ("close.segments = 2,783,843,330 frame 2", "2,783,843,330", "2"),
        ("close.segments = the client frame 2\r", "the client", "2"),
        ("close.segments = the frame of the client", "the frame of the client", ""),
    ],
)
def test_an_answer_is_read_in_every_common_way_to_write_it(line: str, value: str, frame: str) -> None:
    sheet = AnswerSheet.parse(f"# a note\n\n{line}\n", IDS)
    assert (sheet.answer("close.segments").value, sheet.answer("close.segments").frame) == (value, frame)
    assert AnswerSheet.parse(str(sheet), IDS) == sheet


def test_the_ports_say_which_conversation_is_meant() -> None:
    bob = MINE.conversations[1]
    sheet = AnswerSheet.parse(f"client = {bob.client[1]}\nport = 9898\npayload.text-length = 1", IDS)
    assert {f.evidence.conversation for f in judge(MINE, sheet)} == {bob}
    assert AnswerSheet.parse(str(sheet), IDS) == sheet


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("close.segments 4", 'Line 1 is no answer: "close.segments 4"'),
        ("\nclose.segment = 4", 'Line 2: "close.segment" is no question of this lab'),
        ("close.segments = 4\nclose.segments = 3", "Line 2 answers close.segments again: line 1 did so, too"),
        ("client = ann", 'Line 1: "ann" is no number'),
    ],
)
def test_a_line_that_cannot_be_meant_is_told_its_number(text: str, sentence: str) -> None:
    with pytest.raises(MisuseError, match=sentence):
        AnswerSheet.parse(text, IDS)


def test_a_file_that_is_no_answer_sheet_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(MisuseError, match="cannot be read: No such file"):
        AnswerSheet.read(tmp_path / "nowhere.txt", IDS)
    with pytest.raises(MisuseError, match="at most 65536: is it the right file"):
        AnswerSheet.decode(bytes(100_000), IDS)


def test_a_byte_order_mark_of_an_editor_is_no_answer() -> None:
    assert AnswerSheet.decode("\ufeffclose.segments = 4".encode(), IDS).answer("close.segments").value == "4"
