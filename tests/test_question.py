"""A question is data: its numbers, its mistakes and its hints come from the conversation that it is asked about."""

import pytest

from chatkit.errors import MisuseError
from chatkit.teach.catalogue import find_question, questions
from chatkit.teach.fitness import fault
from chatkit.teach.hints import hints
from chatkit.teach.kind import CHOICE, ORDER, Option, letter, written
from chatkit.teach.question import Question
from chatkit.teach.typed import count, duration, frame_number, sequence_number
from chatkit.teach.value import Choice, Count, Frames, Number, Order, Seconds

ALL = pytest.mark.parametrize("question", questions(), ids=lambda question: question.id)


def test_a_number_is_absolute_modulo_the_circle_and_relative_to_its_isn() -> None:
    number = Number(isn=4_294_967_295, steps=10)
    assert (number.absolute, number.relative) == (9, 10)
    assert number.is_meant_by(9) and number.is_meant_by(10) and not number.is_meant_by(4_294_967_305)


def test_a_number_behind_its_isn_has_a_relative_number_too() -> None:
    assert Number(isn=0, steps=-1).relative == Number(isn=0, steps=-1).absolute == 4_294_967_295


def test_the_arithmetic_says_when_it_goes_round_the_circle() -> None:
    assert Number(100, 1).working == "100 + 1 = 101"
    assert Number(4_294_967_295, 1).working == "4294967295 + 1 = 0 (modulo 2^32)"
    assert Number(100, 0).working == ""


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
    with pytest.raises(MisuseError, match=r'no question is called "handshake\.fin"; there are .*handshake\.syn-seq, '):
        find_question("handshake.fin")


@ALL
def test_a_question_has_an_answer_and_no_fault_on_the_example(question: Question) -> None:
    assert fault(question.example, question.needs) is None
    assert question.right(question.example).frames or not question.wants_frame


@ALL
def test_the_mistakes_of_a_question_have_names_of_their_own(question: Question) -> None:
    names = [mistake.id for mistake in question.misconceptions]
    assert len(set(names)) == len(names)


@ALL
def test_a_question_asks_in_sentences(question: Question) -> None:
    for text in (question.prompt, question.why, question.where, question.rule):
        assert text[0].isupper() and text[-1] in ".?)", text
    assert 1 <= question.exercise <= 25 and 1 <= question.level <= 3
    assert question.misconceptions, "a question that knows no mistake teaches nothing"


@ALL
def test_the_hints_climb_from_where_to_look_to_the_solution(question: Question) -> None:
    where, rule, worked, solution = hints(question, question.example)
    assert not any(hint.is_solution for hint in (where, rule, worked)) and solution.is_solution
    assert question.why in solution.text


@ALL
def test_the_worked_hint_points_at_the_segment_in_the_figure(question: Question) -> None:
    worked, answer = hints(question, None)[2], question.right(question.example)
    lines = [line for line in worked.figure.splitlines() if "<==" in line]
    if answer.frames:
        assert len(lines) == 1 and f"frame {answer.frames[0]}" in lines[0]
    else:
        assert not lines


@ALL
def test_without_a_fit_conversation_there_is_no_solution_to_show(question: Question) -> None:
    assert not any(hint.is_solution for hint in hints(question, None))


# ---- values, and how they are written ----


def test_a_count_may_be_right_in_several_ways() -> None:
    assert Count(3, frozenset({4})).is_meant_by(4) and not Count(3).is_meant_by(4)


def test_a_time_is_meant_however_it_is_rounded() -> None:
    trip = Seconds(0.000_314_2)
    assert all(trip.is_meant_by(given) for given in (0.000_314_2, 0.000_31, 0.000_314, 0.000_315))
    assert not trip.is_meant_by(0.000_33) and not trip.is_meant_by("0.000314")
    assert Seconds(0.2).is_meant_by(0.199) and not Seconds(0.2).is_meant_by(0.21)


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("0.31 ms", 0.00031),
        ("310us", 0.00031),
        ("310 µs", 0.00031),
        ("1,5 s", 1.5),
        ("2 MS", 0.002),
        (0.2, 0.2),
        ("", None),
    ],
)
def test_a_time_is_read_with_its_unit(typed: str | float, seconds: float | None) -> None:
    assert duration(typed) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize("typed", ["0.31", "fast", "1 h", "-1 ms", "1e3 s", "9" * 400 + " s"])
def test_a_time_without_a_unit_is_asked_for_it(typed: str) -> None:
    with pytest.raises(MisuseError, match="is no time. Write it with its unit: 0.31 ms, 310 us, or"):
        duration(typed)


def test_nothing_is_counted_below_zero() -> None:
    assert count("1,000") == 1000
    with pytest.raises(MisuseError, match="-1 is less than nothing"):
        count("-1")


OPTIONS = (Option("kernel", "the kernel"), Option("accept", "accept()"))


@pytest.mark.parametrize("typed", ["b", "B", "b)", "(b)", " accept() ", "accept"])
def test_an_option_is_chosen_by_its_letter_its_text_or_its_key(typed: str) -> None:
    assert CHOICE.read(typed, OPTIONS) == "accept"
    assert letter(OPTIONS, "accept") == "b" and written("accept", OPTIONS) == '"accept()"'


def test_what_is_not_offered_gets_a_sentence() -> None:
    assert CHOICE.read("", OPTIONS) is None
    with pytest.raises(MisuseError, match='"c" is not offered; choose one of a, b'):
        CHOICE.read("c", OPTIONS)


@pytest.mark.parametrize("typed", ["BA", "b a", "B, A", "b > a", ["b", "a"]])
def test_an_order_is_read_from_its_letters(typed: str | list[str]) -> None:
    assert ORDER.read(typed, OPTIONS) == ("accept", "kernel")
    assert written(("accept", "kernel"), OPTIONS) == "B A"


@pytest.mark.parametrize("typed", ["A", "AAB", "ABC", "12"])
def test_an_order_names_each_piece_once(typed: str) -> None:
    with pytest.raises(MisuseError, match="does not name each of A B once"):
        ORDER.read(typed, OPTIONS)


def test_each_value_knows_what_means_it() -> None:
    assert Frames((3, 7)).is_meant_by(7) and str(Frames((3, 7))) == "3 or 7"
    assert Choice("kernel").is_meant_by("kernel") and not Choice("kernel").is_meant_by("accept")
    either = Order(("a", "b"), lambda order: len(order) == 2)
    assert either.is_meant_by(("b", "a")) and not either.is_meant_by("ba")
