"""A line to type into, in a notebook, that knows when Enter was pressed.

The browser sends the text when Enter is pressed, and also when the line loses the focus. For Enter alone it sends the
word "submit", just before the text. So "submit" arms, and the text that follows is entered. Where nothing follows,
because the text stood there already (it was refused before, or left for a while), it is entered a moment later.
"""

import threading
from collections.abc import Callable
from typing import Any

from ipywidgets import Text

MOMENT = 0.3  # seconds in which the text follows its "submit"


class Entry:
    """Calls `entered` with no argument each time that Enter is pressed; `text` is what stands there then.

    `kind` is the widget; a Password shows nothing of the text.
    """

    def __init__(
        self, entered: Callable[[], None], *, moment: float = MOMENT, kind: type[Text] = Text, **traits: Any
    ) -> None:
        self.widget = kind(continuous_update=False, **traits)
        self._entered, self._moment = entered, moment
        self._changing = threading.Lock()  # guards _armed, between callbacks and the timer's thread
        self._armed: threading.Timer | None = None
        self.widget.on_msg(lambda widget, content, buffers: self._hear(content))
        self.widget.observe(lambda change: self._fire(), "value")

    @property
    def text(self) -> str:
        """What stands there."""
        return str(self.widget.value)

    def clear(self) -> None:
        """Make it empty."""
        self.widget.value = ""

    def close(self) -> None:
        """Forget an Enter that is not done yet, and end the timer's thread."""
        if timer := self._disarm():
            timer.join()

    def _hear(self, content: dict[str, Any]) -> None:
        if content.get("event") == "submit":
            self._disarm()
            self._arm()

    def _arm(self) -> None:
        timer = threading.Timer(self._moment, self._fire)
        timer.name, timer.daemon = "chat-entry", True
        with self._changing:
            self._armed = timer
        timer.start()

    def _fire(self) -> None:
        if self._disarm():
            self._entered()

    def _disarm(self) -> threading.Timer | None:
        with self._changing:
            timer, self._armed = self._armed, None
        if timer:
            timer.cancel()
        return timer
