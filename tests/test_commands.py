"""commands: what was typed, understood."""

import pytest

from chatkit.errors import MisuseError
from chatkit.faces.commands import HELP, Leaving, Sending, understand
from chatkit.faces.updates import Line
from chatkit.protocol import messages as m

TYPED = {
    "hello": m.Say("hello"),
    "//etc": m.Say("/etc"),
    "/msg bob psst psst": m.Tell("bob", "psst psst"),
    "/MSG  bob psst": m.Tell("bob", "psst"),
    "/who": m.Who(),
    "/capture": m.Capture(),
}


@pytest.mark.parametrize("typed", TYPED)
def test_what_is_typed_becomes_the_message_to_send(typed: str) -> None:
    order = understand(typed)
    assert isinstance(order, Sending) and order.message == TYPED[typed]


def test_what_is_said_is_shown_as_ones_own() -> None:
    order = understand("/msg bob psst")
    assert isinstance(order, Sending) and order.shown
    assert (order.shown.mine, order.shown.speaker, order.shown.text) == (True, "to bob", "psst")


def test_help_names_every_command() -> None:
    shown = understand("/help")
    assert isinstance(shown, Line) and shown.text == HELP
    assert all(command in HELP for command in ("/msg", "/who", "/capture", "/quit"))


def test_quit_takes_the_last_words_along() -> None:
    assert understand("/quit so long") == Leaving("so long")


@pytest.mark.parametrize("typed", ["/dance", "/msg", "/msg bob", "/"])
def test_what_cannot_be_meant_is_explained(typed: str) -> None:
    with pytest.raises(MisuseError, match="is not a command|needs a name and a text"):
        understand(typed)
