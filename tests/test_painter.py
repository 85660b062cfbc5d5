import queue
import threading

import pytest

from chatkit.faces.widgets.painter import PERIOD, Painter

PATIENCE = 5.0


def test_what_is_asked_for_is_painted() -> None:
    painted = threading.Event()
    painter = Painter(painted.set, "ann")
    painter.ask()
    assert painted.wait(PATIENCE)
    painter.close()


def test_many_askings_in_a_row_are_few_paintings() -> None:
    paintings: queue.SimpleQueue[str] = queue.SimpleQueue()
    painter = Painter(lambda: paintings.put("painted"), "ann")
    for _ in range(10_000):
        painter.ask()
    painter.close()
    assert 1 <= paintings.qsize() < 10_000 * PERIOD


def test_the_last_asking_before_the_end_is_painted() -> None:
    for _ in range(20):
        news, shown = [0], [0]

        def paint(news: list[int] = news, shown: list[int] = shown) -> None:
            shown[0] = news[0]

        painter = Painter(paint, "ann")
        for number in range(1, 50):
            news[0] = number
            painter.ask()
        painter.close()
        assert shown == [49]


def test_a_painting_that_fails_is_logged_and_the_next_one_done(caplog: pytest.LogCaptureFixture) -> None:
    begun: queue.SimpleQueue[str] = queue.SimpleQueue()

    def paint() -> None:
        begun.put("painting")
        raise ValueError("no ink")

    painter = Painter(paint, "ann")
    for _ in range(2):
        painter.ask()
        begun.get(timeout=PATIENCE)
    painter.close()
    assert caplog.text.count("no ink") >= 2


def test_a_painter_may_be_closed_twice() -> None:
    painter = Painter(lambda: None, "ann")
    painter.close()
    painter.close()


def test_what_changes_with_time_is_painted_unasked() -> None:
    paintings: queue.SimpleQueue[str] = queue.SimpleQueue()
    painter = Painter(lambda: paintings.put("painted"), "clock", every=0.001)
    for _ in range(2):
        paintings.get(timeout=PATIENCE)
    painter.close()
