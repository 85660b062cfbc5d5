"""The question as a student sees it: typed into, checked, hinted at; first by its callbacks, then in a real browser."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from chatkit.errors import MisuseError
from chatkit.faces import question_widget
from chatkit.faces.prediction_widget import PredictionWidget, predict
from chatkit.faces.question_widget import QuestionWidget, ask
from chatkit.teach.feedback import Verdict
from chatkit.teach.progress import Progress
from tests.needs import needs_chromium
from tests.stories import Story
from tests.talks import Ends, caught

ANN = Ends(1_000_000, 5_000_000)
BOB = Ends(2_000_000, 6_000_000, client=("10.0.0.2", 40_002))
CAPTURE = caught([*ANN.chat(), *BOB.chat()], source="RECORDED for a test")


@pytest.fixture
def widget() -> Iterator[QuestionWidget]:
    question = ask("handshake.synack-ack", CAPTURE)
    yield question
    question.close()


def _seen(widget: QuestionWidget) -> str:
    """All HTML that the widget shows."""
    return "".join(getattr(child, "value", "") for child in widget.box.children)


def _buttons(widget: QuestionWidget) -> dict[str, object]:
    return {child.description: child for row in widget.box.children for child in getattr(row, "children", ())}


def _click(widget: QuestionWidget, words: str) -> None:
    _buttons(widget)[words].click()  # type: ignore[attr-defined]


def test_it_shows_the_prompt_and_what_is_judged_on(widget: QuestionWidget) -> None:
    assert "Which acknowledgement number" in _seen(widget)
    assert "RECORDED for a test; client 10.0.0.1:40000, server 10.0.0.9:9898" in _seen(widget)


def test_nothing_is_judged_before_somebody_asks(widget: QuestionWidget) -> None:
    assert 'role="status"' not in _seen(widget) and "<svg" not in _seen(widget)


def test_check_judges_what_stands_in_the_boxes(widget: QuestionWidget) -> None:
    _buttons(widget)["Number"].value = "1,000,001"  # type: ignore[attr-defined]
    _buttons(widget)["Frame that shows it"].value = "2"  # type: ignore[attr-defined]
    _click(widget, "Check")
    assert widget.feedback.verdict is Verdict.RIGHT
    assert "Right</div>" in _seen(widget)


def test_enter_in_a_box_checks(widget: QuestionWidget) -> None:
    box = _buttons(widget)["Number"]
    box._handle_custom_msg({"event": "submit"}, [])  # type: ignore[attr-defined]
    box.value = "1000000"  # type: ignore[attr-defined]
    assert "Almost: the SYN takes no number" in _seen(widget)


def test_almost_and_right_light_their_segment_on_the_ladder(widget: QuestionWidget) -> None:
    for answer in ("1000000", "1000001"):
        feedback = widget.check(answer, "2")
        assert feedback.ladder() is not None and _seen(widget).count('class="spot"') == 1


def test_an_answer_that_says_nothing_takes_the_ladder_away(widget: QuestionWidget) -> None:
    widget.check("1000001", "2")
    widget.check("", "")
    assert "<svg" not in _seen(widget)


def test_the_frame_chooses_the_conversation_and_the_line_says_so(widget: QuestionWidget) -> None:
    assert widget.check("2000001", "12").verdict is Verdict.RIGHT
    assert "client 10.0.0.2:40002" in _seen(widget)


def test_each_press_of_hint_shows_one_more_rung(widget: QuestionWidget) -> None:
    assert "Where to look" not in _seen(widget)
    for pressed, title in enumerate(("Where to look", "The rule", "Worked on another conversation"), start=1):
        _click(widget, f"Hint {pressed} of 4")
        assert title in _seen(widget) and widget.hints_shown == pressed
    assert "1000001" not in _seen(widget)
    _click(widget, "Show the solution")
    assert "1000001" in _seen(widget) and _buttons(widget)["No more hints"].disabled  # type: ignore[attr-defined]
    assert widget.hint() is None and widget.hints_shown == 4


def test_an_unfit_capture_is_told_before_anything_is_typed_and_has_no_solution() -> None:
    widget = ask("handshake.synack-ack", caught(ANN.chat()[3:]))
    assert "Capture unfit" in _seen(widget) and "Start capturing before you connect" in _seen(widget)
    assert not any(hint.is_solution for hint in widget.hints)
    widget.close()


def test_the_client_can_be_chosen() -> None:
    widget = ask("handshake.synack-ack", CAPTURE, port=9898, client=40_002)
    assert "client 10.0.0.2:40002" in _seen(widget)
    widget.close()


# ---- other kinds of answers ----


@pytest.fixture
def of_chat() -> Iterator[Callable[[str], QuestionWidget]]:
    story = Story(ANN).opens().says(b"JOIN ann\n", "join").closes("client", 4)
    with ExitStack() as stack:

        def make(id: str) -> QuestionWidget:
            widget = ask(id, story.capture)
            stack.callback(widget.close)
            return widget

        yield make


def test_options_are_buttons_and_the_chosen_one_is_judged(of_chat: Callable[[str], QuestionWidget]) -> None:
    widget = of_chat("close.time-wait")
    radio = next(
        child for row in widget.box.children for child in getattr(row, "children", ()) if hasattr(child, "options")
    )
    assert [label for label, _ in radio.options] == ["the server", "the client", "both of them", "neither of them"]
    assert radio.value is None
    radio.value = "b"
    _buttons(widget)["Frame that shows it"].value = "8"  # type: ignore[attr-defined]
    _click(widget, "Check")
    assert widget.feedback.verdict is Verdict.RIGHT
    assert widget.check("the server").named is not None


def test_pieces_to_be_put_in_order_are_listed_by_their_letters(of_chat: Callable[[str], QuestionWidget]) -> None:
    widget = of_chat("order.segments")
    assert _seen(widget).count("<li>") == 7 and "by its own clock" in _seen(widget)
    assert "Frame that shows it" not in _buttons(widget)
    assert widget.check("A B C D E F G").verdict is not Verdict.RIGHT


def test_a_question_about_a_frame_has_one_box(of_chat: Callable[[str], QuestionWidget]) -> None:
    assert [words for words in _buttons(of_chat("loss.retransmission")) if "rame" in words] == ["Frame"]


def test_what_is_asked_about_stands_below_the_prompt(of_chat: Callable[[str], QuestionWidget]) -> None:
    assert "The first FIN comes from the client, in frame 8." in _seen(of_chat("close.ack-of-fin"))


# ---- predictions ----


@pytest.fixture
def prediction() -> Iterator[PredictionWidget]:
    widget = predict("close.segments")
    yield widget
    widget.close()


def test_a_prediction_is_kept_and_shown_beside_the_verdict(
    prediction: PredictionWidget, of_chat: Callable[[str], QuestionWidget]
) -> None:
    assert "Nothing is kept yet" in prediction._said.value
    assert prediction.keep("3") == "3" and "Kept: <b>3</b>" in prediction._said.value
    widget = of_chat("close.segments")
    assert "You predicted" not in _seen(widget), "before an answer is judged it would only distract"
    widget.check("4", "11")
    assert widget.feedback.verdict is Verdict.RIGHT
    assert "You predicted: <b>3</b>, after this capture was made." in _seen(widget)


def test_a_prediction_from_before_the_capture_says_nothing_of_it(prediction: PredictionWidget) -> None:
    prediction.keep("3")
    later = [replace(s, time=s.time + 4e9) for s in Story(ANN).opens().closes("client").segments]
    widget = ask("close.segments", caught(later))
    widget.check("3", str(len(later)))
    assert "You predicted: <b>3</b>." in _seen(widget)
    widget.close()


def test_a_prediction_survives_a_restart(prediction: PredictionWidget) -> None:
    prediction.keep("3")
    again = predict("close.segments")
    assert again.kept == "3" and "Kept: <b>3</b>" in again._said.value
    again.close()


def test_a_prediction_that_cannot_be_read_gets_a_sentence(prediction: PredictionWidget) -> None:
    for typed, sentence in (("", "There is nothing to keep yet"), ("many", "&quot;many&quot; is no number")):
        prediction._answer.text = typed
        button = prediction.box.children[2].children[-1]
        button.click()
        assert sentence in prediction._said.value and prediction.kept == ""


def test_options_can_be_predicted_and_what_depends_on_a_capture_cannot() -> None:
    widget = predict("data.ack-means", "b")
    assert "the server&#x27;s system has the bytes" in widget._said.value
    widget.close()
    with pytest.raises(MisuseError, match="ends.server asks about a capture, so it cannot be predicted"):
        predict("ends.server")


def test_what_is_asked_checked_and_shown_is_kept(of_chat: Callable[[str], QuestionWidget]) -> None:
    widget = of_chat("close.segments")
    widget.check("3", "11")
    for _ in range(4):
        widget.hint()
    standing = next(each for each in Progress.of().standings() if each.question == "close.segments")
    assert (standing.verdict, standing.tries, standing.hints, standing.solution_shown) == ("almost", 1, 3, True)


def test_what_was_typed_or_captured_is_escaped() -> None:
    hostile = "<img src=x onerror=alert(1)>"
    widget = ask("handshake.synack-ack", caught(ANN.chat(said=hostile.encode()), source=hostile))
    for answer in (hostile, "1000001"):
        widget.check(answer, "2")
        assert "<img" not in _seen(widget) and "&lt;img" in _seen(widget)
    widget.close()


def test_what_goes_wrong_in_a_callback_is_seen_in_the_widget(
    widget: QuestionWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("<boom>")

    monkeypatch.setattr(question_widget, "check", break_down)
    _click(widget, "Check")
    assert "chatkit has a mistake here: RuntimeError(&#x27;&lt;boom&gt;&#x27;)" in _seen(widget)


def test_an_unknown_question_is_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(MisuseError, match=r"there are .*handshake\.syn-seq, handshake\.synack-ack"):
        ask("handshake.fin", CAPTURE)


def test_a_live_capture_is_told_from_a_capture() -> None:
    with pytest.raises(MisuseError, match=r"has one in \.capture"):
        ask("handshake.syn-seq", object())  # type: ignore[arg-type]


def test_checks_from_several_threads_leave_verdict_and_ladder_of_one_answer(widget: QuestionWidget) -> None:
    answers = [("1000000", "2"), ("1000001", "2"), ("77", "2")] * 4
    threads = [threading.Thread(target=widget.check, args=answer) for answer in answers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert ("<svg" in _seen(widget)) == (widget.feedback.ladder() is not None)
    assert widget.feedback.sentences[0] in _seen(widget)


def test_the_judge_needs_no_widgets() -> None:
    program = "import sys, chatkit.teach.checker; sys.exit('ipywidgets' in sys.modules or 'scapy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], timeout=30, check=False).returncode == 0


# ---- in a browser ----

CELLS = (
    "from chatkit.faces.question_widget import ask\nfrom tests.talks import Ends, caught\n"
    "capture = caught(Ends(1_000_000, 5_000_000).chat())",
    'ask("handshake.synack-ack", capture)',
)


def _notebook(folder: Path) -> str:
    cells = [
        {"cell_type": "code", "id": f"cell-{n}", "metadata": {}, "source": c, "outputs": [], "execution_count": None}
        for n, c in enumerate(CELLS)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    (folder / "question.ipynb").write_text(
        json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}), "utf-8"
    )
    return "question.ipynb"


@pytest.mark.slow
@needs_chromium
@pytest.mark.timeout(180)
def test_a_student_answers_wrong_asks_for_a_hint_and_answers_right_in_jupyterlab(tmp_path: Path) -> None:
    from playwright.sync_api import expect

    from tests.jupyter import KEY_TIME, Browser, JupyterLab

    with JupyterLab(tmp_path) as lab, Browser() as browser:
        notebook = browser.open(lab, _notebook(tmp_path))
        notebook.run_all()
        question = notebook.page.locator(".ck-question")
        number, frame = question.get_by_label("Number"), question.get_by_label("Frame that shows it")
        number.click()
        number.press_sequentially("1000000", delay=KEY_TIME)
        number.press("Enter")
        expect(question.get_by_role("status")).to_contain_text("Almost: the SYN takes no number")
        expect(question.locator(".spot")).to_have_count(1)
        question.get_by_role("button", name="Hint 1 of 4").click()
        expect(question).to_contain_text("Where to look.")
        number.fill("1000001")
        frame.click()
        frame.press_sequentially("2", delay=KEY_TIME)
        frame.press("Enter")
        expect(question.get_by_role("status")).to_contain_text("Right")
        expect(question.get_by_role("button", name="Hint 2 of 4")).to_be_visible()
