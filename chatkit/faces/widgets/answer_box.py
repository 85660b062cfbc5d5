"""What an answer is given with: a line to type into, or, where there are options, a button for each."""

from collections.abc import Callable
from typing import Any

from ipywidgets import Layout, RadioButtons

from chatkit.faces.widgets.entry import Entry
from chatkit.teach.kind import CHOICE, Kind, Offers, letter


class AnswerBox:
    """Looks alike from outside, whichever it is; `entered` is called when Enter is pressed."""

    def __init__(self, kind: Kind, offers: Offers, entered: Callable[..., None]) -> None:
        self._entry: Entry | None = None
        self._radio: Any = None
        if kind is CHOICE and offers:
            rows = [(option.text, letter(offers, option.key)) for option in offers]
            self._radio = RadioButtons(options=rows, value=None, layout=Layout(width="100%"))
            self._radio.add_class("ck-options")
        else:
            self._entry = Entry(entered, description=kind.label, placeholder=kind.placeholder)

    @property
    def widgets(self) -> tuple[Any, ...]:
        """What is to be shown in a row."""
        return (self._entry.widget if self._entry else self._radio,)

    @property
    def text(self) -> str:
        """What was typed, or the letter of the option that was chosen; empty if neither."""
        return self._entry.text if self._entry else str(self._radio.value or "")

    @text.setter
    def text(self, text: str) -> None:
        if self._entry:
            self._entry.widget.value = text
        else:
            known = {value: value for _, value in self._radio.options}
            known |= {label.casefold(): value for label, value in self._radio.options}
            self._radio.value = known.get(text.strip().casefold().strip("()."), None)

    def close(self) -> None:
        """End what waits in it."""
        if self._entry:
            self._entry.close()
