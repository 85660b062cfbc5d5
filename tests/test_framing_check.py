"""Exercise 8 judges a student's framing: right ones pass, each known mistake is named, and nothing else gets out."""

import sys
from collections.abc import Callable, Iterable, Iterator

import pytest

from chatkit.teach.code import MAX_STEPS, run
from chatkit.teach.feedback import Verdict
from chatkit.teach.framing import check_framing
from chatkit.teach.framing_mistakes import MISTAKES
from chatkit.teach.framing_steps import STEPS
from chatkit.teach.grading import NotRight, grade
from tests.labs.right_framing import RIGHT, with_split
from tests.labs.wrong_framing import WRONG, LinesOf, cr_not_thought_of, everything_first


def name(function: object) -> str:
    return getattr(function, "__name__", str(function))


@pytest.mark.parametrize("lines_of", RIGHT, ids=name)
def test_a_right_framing_passes(lines_of: LinesOf) -> None:
    feedback = check_framing(lines_of)
    assert (feedback.verdict, feedback.named) == (Verdict.RIGHT, None)
    assert feedback.sentences[:-1] == tuple(f"✓ {step.title}" for step in STEPS)


@pytest.mark.parametrize(("lines_of", "mistake"), WRONG, ids=name)
def test_a_known_mistake_gets_its_name_and_its_sentence(lines_of: LinesOf, mistake: str) -> None:
    feedback = check_framing(lines_of)
    assert feedback.verdict is Verdict.ALMOST
    assert feedback.named and feedback.named.id == mistake
    assert feedback.sentences[-1] == feedback.named.explanation


def test_every_mistake_has_a_wrong_solution_that_makes_it() -> None:
    assert {mistake.id for mistake in MISTAKES} == {mistake for _, mistake in WRONG}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.id)
def test_every_model_of_a_mistake_is_named_as_that(mistake: object) -> None:
    for model in mistake.models:  # type: ignore[attr-defined]
        feedback = check_framing(model)
        assert feedback.named is mistake, feedback


def test_the_steps_that_went_well_come_first_then_the_one_that_failed() -> None:
    went_well = [step.title for step in STEPS if step.id in ("one-piece", "glued", "cut", "character")]
    sentences = check_framing(cr_not_thought_of).sentences
    assert sentences[:5] == (*(f"✓ {title}" for title in went_well), f"✗ {STEPS[4].title}")
    assert sentences[5] == r"Given [b'SAY hello\r\n'], it gave ['SAY hello\r']. Expected was ['SAY hello']."


def test_a_line_that_is_held_back_is_told_when_it_could_have_come() -> None:
    said = "it gave 'SAY one' after piece 4, though its LF came in piece 1."
    assert check_framing(everything_first).sentences[-2].endswith(said)


# ---- what is no solution ----


def not_begun(pieces: Iterable[bytes]) -> Iterator[str]:
    raise NotImplementedError("Lab 1, step 1: cut the stream at LF")


def without_yield(pieces: Iterable[bytes]) -> None:
    """What is left when `yield` was forgotten."""


@pytest.mark.parametrize(
    ("lines_of", "sentence"),
    [
        (not_begun, "There is still to do: Lab 1, step 1: cut the stream at LF"),
        (without_yield, r"Given [b'SAY hello\n'], it gave None, where lines were to be yielded one by one."),
        (lambda pieces: "SAY hello", r"Given [b'SAY hello\n'], it gave 'SAY hello', where lines were to be yielded"),
        (None, "lines_of has to be a function; it is None."),
        ("lines_of", "lines_of has to be a function; it is 'lines_of'."),
    ],
)
def test_what_is_no_solution_yet_is_missing(lines_of: Callable[..., object], sentence: str) -> None:
    feedback = check_framing(lines_of)  # type: ignore[arg-type]
    assert feedback.verdict is Verdict.MISSING
    assert feedback.sentences[-1].startswith(sentence)


def upside_down(pieces: Iterable[bytes]) -> Iterator[str]:
    return (line[::-1] for line in with_split(pieces))


def test_a_failure_that_nothing_explains_quotes_what_was_given_seen_and_expected() -> None:
    feedback = check_framing(upside_down)
    assert (feedback.verdict, feedback.named) == (Verdict.NOT_YET, None)
    assert feedback.sentences[-1] == r"Given [b'SAY hello\n'], it gave ['olleh YAS']. Expected was ['SAY hello']."


# ---- code that misbehaves ----


def stop_iteration(pieces: Iterator[bytes]) -> Iterator[str]:
    while True:
        yield next(pieces).decode().removesuffix("\n")


def wrong_name(pieces: Iterable[bytes]) -> Iterator[str]:
    yield pieces.decode()  # type: ignore[attr-defined]


def leaves_python(pieces: Iterable[bytes]) -> Iterator[str]:
    sys.exit("goodbye")


@pytest.mark.parametrize(
    ("lines_of", "said"),
    [
        (stop_iteration, "it gave ['SAY hello'] and then raised RuntimeError (generator raised StopIteration)."),
        (wrong_name, "it raised AttributeError ('_Feed' object has no attribute 'decode')."),
        (leaves_python, "it raised SystemExit (goodbye)."),
    ],
)
def test_an_exception_becomes_a_sentence_with_the_input(lines_of: LinesOf, said: str) -> None:
    feedback = check_framing(lines_of)
    assert feedback.verdict is Verdict.NOT_YET
    assert feedback.sentences[-1].startswith(rf"Given [b'SAY hello\n'], {said}")


def waits_for_a_line_that_never_comes(pieces: Iterator[bytes]) -> Iterator[str]:
    rest = b""
    while True:
        while b"\n" not in rest:
            rest += next(pieces, b"")
        line, rest = rest.split(b"\n", 1)
        yield line.decode()


def never_shortens_its_rest(pieces: Iterable[bytes]) -> Iterator[str]:
    for piece in pieces:
        while b"\n" in piece:
            yield piece.split(b"\n")[0].decode()


def swallows_exceptions_for_ever(pieces: Iterable[bytes]) -> Iterator[str]:
    while True:
        try:
            yield from with_split(pieces)
        except Exception:
            continue


@pytest.mark.parametrize(
    ("lines_of", "why"),
    [
        (waits_for_a_line_that_never_comes, f"still running after {MAX_STEPS} lines of Python"),
        (never_shortens_its_rest, "it gave more than 31 lines"),
        (swallows_exceptions_for_ever, f"still running after {MAX_STEPS} lines of Python"),
    ],
)
def test_code_that_goes_round_for_ever_is_stopped(lines_of: LinesOf, why: str) -> None:
    feedback = check_framing(lines_of)
    assert feedback.verdict is Verdict.NOT_YET
    assert "it did not end" in feedback.sentences[-1] and why in feedback.sentences[-1]
    assert sys.gettrace() is None


def test_ctrl_c_is_not_taken_for_a_mistake() -> None:
    def interrupted(pieces: Iterable[bytes]) -> Iterator[str]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_framing(interrupted)


def test_a_debugger_keeps_its_own_tracing() -> None:
    def debugger(*_: object) -> None:
        return None

    sys.settrace(debugger)
    try:
        assert run(with_split, (b"one\n",)).lines == ("one",)
        assert sys.gettrace() is debugger
    finally:
        sys.settrace(None)


# ---- how it is shown ----


def test_it_prints_verdict_and_name_first() -> None:
    assert repr(check_framing(cr_not_thought_of)).splitlines()[0] == "≈ almost: the CR is left (framing)"
    assert repr(check_framing(with_split)).splitlines()[0] == "✓ right (framing)"


def test_as_html_everything_is_escaped() -> None:
    html = check_framing(lambda pieces: ["<script>"])._repr_html_()
    assert "&lt;script&gt;" in html and "<script>" not in html


def test_it_can_be_graded() -> None:
    assert grade(check_framing(with_split)).verdict is Verdict.RIGHT  # type: ignore[arg-type]
    with pytest.raises(NotRight, match="the CR is left"):
        grade(check_framing(cr_not_thought_of))  # type: ignore[arg-type]


def test_a_long_stream_is_cut_where_it_is_quoted() -> None:
    feedback = check_framing(lambda pieces: ["x" * 1000])
    assert "xxx ..." in feedback.sentences[-1] and len(feedback.sentences[-1]) < 400
