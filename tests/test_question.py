"""A question is data: its numbers, its mistakes and its hints come from the conversation that it is asked about."""

import pytest

from chatkit.errors import MisuseError
from chatkit.teach.catalogue import find_question, questions
from chatkit.teach.example import FIGURE_6
from chatkit.teach.fitness import faults
from chatkit.teach.hints import arithmetic, hints
from chatkit.teach.question import Number, Question
from chatkit.teach.typed import frame_number, sequence_number
from tests.talks import Ends, caught

ALL = pytest.mark.parametrize("question", questions(), ids=lambda question: question.id)
TALK = caught(Ends(3_477_729_235, 1_000).chat()).conversations[0]


def test_a_number_is_absolute_modulo_the_circle_and_relative_to_its_isn() -> None:
    number = Number(isn=4_294_967_295, steps=10)
    assert (number.absolute, number.relative) == (9, 10)
    assert number.is_meant_by(9) and number.is_meant_by(10) and not number.is_meant_by(4_294_967_305)


def test_a_number_behind_its_isn_has_a_relative_number_too() -> None:
    assert Number(isn=0, steps=-1).relative == Number(isn=0, steps=-1).absolute == 4_294_967_295


def test_the_arithmetic_says_when_it_goes_round_the_circle() -> None:
    assert arithmetic(Number(100, 1)) == "100 + 1 = 101"
    assert arithmetic(Number(4_294_967_295, 1)) == "4294967295 + 1 = 0 (modulo 2^32)"


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("3477729235", 3_477_729_235),
        (" 1 ", 1),
        ("0", 0),
        ("007", 7),
        ("3,477,729,235", 3_477_729_235),
        ("3.477.729.235", 3_477_729_235),
        ("3 477 729 235", 3_477_729_235),
        ("3\u202f477\u202f729\u202f235", 3_477_729_235),
        ("3'477'729'235", 3_477_729_235),
        ("3_477_729_235", 3_477_729_235),
        ("0xcf49e7d3", 3_477_727_187),
        ("0XCF49E7D3", 3_477_727_187),
        ("4294967295", 4_294_967_295),
        (3_477_729_235, 3_477_729_235),
        ("", None),
        ("  ", None),
        (None, None),
    ],
)
def test_a_number_is_read_in_every_common_way_to_write_one(typed: str | int | None, number: int | None) -> None:
    assert sequence_number(typed) == number


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("-1", "-1 is no sequence number: they are 32 bits long, 0 to 4294967295."),
        ("- 12,345", "-12345 is no sequence number"),
        ("4294967296", "4294967296 is no sequence number"),
        ("9" * 5000, "is no number"),
        ("one", '"one" is no number. Write it as 3477729235'),
        ("1.5", '"1.5" is no number'),
        ("1,2", '"1,2" is no number'),
        ("1,234.567", "is no number"),
        ("cf49e7d3", "or 0xcf49e7d3"),
        ("0x", "is no number"),
        ("²", "is no number"),
        ("٣", "is no number"),
        ("<b>1</b>", "is no number"),
        (1.0, '"1.0" is no whole number'),
        (True, '"True" is no whole number'),
    ],
)
def test_what_is_no_sequence_number_gets_a_sentence(typed: object, sentence: str) -> None:
    with pytest.raises(MisuseError) as refusal:
        sequence_number(typed)  # type: ignore[arg-type]
    assert sentence in str(refusal.value)


def test_frames_are_counted_from_1() -> None:
    assert frame_number("12") == 12
    with pytest.raises(MisuseError, match="0 is no frame: frames are counted from 1"):
        frame_number("0")


def test_a_question_is_found_by_its_name() -> None:
    assert [find_question(question.id) for question in questions()] == list(questions())


def test_an_unknown_name_gets_the_names_that_there_are() -> None:
    with pytest.raises(MisuseError, match=r'no question is called "handshake\.fin"; there are handshake\.syn-seq, '):
        find_question("handshake.fin")


@ALL
def test_a_question_has_an_answer_and_no_fault_on_the_example(question: Question) -> None:
    assert not faults(FIGURE_6, question.needs)
    assert question.right(FIGURE_6).frames


@ALL
def test_the_mistakes_of_a_question_have_names_of_their_own(question: Question) -> None:
    names = [mistake.id for mistake in question.misconceptions]
    assert len(set(names)) == len(names)


@ALL
def test_no_mistake_gives_the_right_absolute_number(question: Question) -> None:
    assert not question.suspects(TALK, question.right(TALK).number.absolute)


@ALL
def test_the_hints_climb_from_where_to_look_to_the_solution(question: Question) -> None:
    where, rule, worked, solution = hints(question, TALK)
    number = str(question.right(TALK).number.absolute)
    assert number not in where.text + rule.text + worked.text + worked.figure
    assert number in solution.text and solution.is_solution


@ALL
def test_the_worked_hint_points_at_the_segment_in_the_figure(question: Question) -> None:
    worked, answer = hints(question, TALK)[2], question.right(FIGURE_6)
    line = next(line for line in worked.figure.splitlines() if "<==" in line)
    assert str(answer.number.absolute) in line and f"frame {answer.frames[0]}" in line


@ALL
def test_without_a_fit_conversation_there_is_no_solution_to_show(question: Question) -> None:
    assert not any(hint.is_solution for hint in hints(question, None))
