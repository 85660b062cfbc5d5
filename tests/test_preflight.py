"""Before the lesson: what can be done on a machine, and that recorded captures serve whoever can capture nothing."""

import pytest

from chatkit.capture.recorded import names, recorded
from chatkit.teach.catalogue import questions
from chatkit.teach.evidence import gather
from chatkit.teach.preflight import preflight


def test_with_a_lan_every_exercise_is_on_a_capture_of_ones_own() -> None:
    assert preflight(True, False) == preflight(True, True)
    assert preflight(True, False).own == tuple(sorted({question.exercise for question in questions()}))
    assert preflight(True, False).recorded == ()


def test_by_live_capture_all_but_loss_and_attacks_is_and_without_it_nothing() -> None:
    assert preflight(False, True).recorded == (17, 19, 20, 21)
    assert preflight(False, False).own == ()
    assert preflight(False, False).all == preflight(True, True).own


@pytest.mark.parametrize("id", [question.id for question in questions()])
def test_every_question_can_be_asked_about_a_recorded_capture(id: str) -> None:
    question = next(each for each in questions() if each.id == id)
    assert any(gather(recorded(name), question.needs).unfit is None for name in names())
