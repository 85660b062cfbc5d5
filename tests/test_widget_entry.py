import queue
from collections.abc import Iterator

import pytest

from chatkit.faces.widgets.entry import Entry

PATIENCE = 5.0
SUBMIT = {"event": "submit"}


class Typed:
    """An entry, and a browser that speaks to it as JupyterLab's does."""

    def __init__(self) -> None:
        self.entered: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.entry = Entry(lambda: self.entered.put(self.entry.text), moment=0.05)

    def press_enter(self, text: str | None = None) -> None:
        """The word "submit" comes first; the text only if it differs from what the kernel has."""
        self.entry.widget._handle_custom_msg(SUBMIT, [])
        if text is not None:
            self.leave(text)

    def leave(self, text: str) -> None:
        """What comes when the line loses the focus."""
        self.entry.widget.set_state({"value": text})

    def next(self) -> str:
        return self.entered.get(timeout=PATIENCE)


@pytest.fixture
def typed() -> Iterator[Typed]:
    typed = Typed()
    yield typed
    typed.entry.close()


def test_enter_enters_the_whole_text(typed: Typed) -> None:
    typed.press_enter("hello, bob")
    assert typed.next() == "hello, bob"
    assert typed.entered.empty()


def test_the_same_text_can_be_entered_again(typed: Typed) -> None:
    for _ in range(2):
        typed.press_enter("hello")
        assert typed.next() == "hello"
        typed.entry.clear()


def test_a_line_that_loses_the_focus_is_not_entered(typed: Typed) -> None:
    typed.leave("half a sen")
    assert typed.entered.empty()


def test_what_stood_there_already_is_entered_too(typed: Typed) -> None:
    typed.leave("left for a while")
    typed.press_enter()
    assert typed.next() == "left for a while"


def test_an_enter_without_text_does_not_arm_what_is_typed_later(typed: Typed) -> None:
    typed.press_enter()
    assert typed.next() == ""
    typed.leave("not meant to be sent")
    assert typed.entered.empty()


def test_after_the_end_nothing_is_entered(typed: Typed) -> None:
    typed.press_enter()
    typed.entry.close()
    assert typed.entered.empty()
