"""The one thread that changes what a widget shows.

Messages come in threads, and widgets that two threads write lose updates. So whoever has news only asks, and the
painter paints: at once, and then at most ten times a second, however much comes.

    reader ---- ask --.
    worker ---- ask --+--> painter ---- paint --> widgets
    button ---- ask --'
"""

import logging
import threading
from collections.abc import Callable

PERIOD = 0.1  # seconds between two paintings: faster than an eye reads, slow enough for a browser


class Painter:
    """Owns the thread that calls `paint`; with `every` also unasked, each time so many seconds have passed."""

    def __init__(self, paint: Callable[[], None], name: str, every: float | None = None) -> None:
        self._paint, self._every = paint, every
        self._asked, self._closing = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"chat-painter-{name}", daemon=True)
        self._thread.start()

    def ask(self) -> None:
        """There is news. May be called from any thread, and returns at once."""
        self._asked.set()

    def close(self) -> None:
        """Paint what was asked for, and end the thread. Safe to call twice."""
        self._closing.set()
        self._asked.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._asked.wait(self._every)
            self._paint_once()
            self._closing.wait(PERIOD)
        if self._asked.is_set():
            self._paint_once()

    def _paint_once(self) -> None:
        self._asked.clear()  # before painting: what comes meanwhile is painted next time
        try:
            self._paint()
        except Exception:  # the next painting may go well, and nobody else would tell of this one
            logging.getLogger("chatkit").exception("a widget could not be painted")
