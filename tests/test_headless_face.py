"""A face without a window freezes, thaws, and loses updates, in each run."""

import threading

from chatkit.faces.notebook.headless_face import (
    Face,
    connecting_in_a_thread,
    connecting_in_the_handler,
    two_threads_count,
)
from chatkit.net.host import THIS_COMPUTER

HOSTS = {"server": THIS_COMPUTER, "ann": THIS_COMPUTER}


def test_a_handler_that_waits_holds_up_every_key() -> None:
    order = connecting_in_the_handler(HOSTS)
    assert repr(order) == "1. Connect is clicked\n2. HELLO, at last\n3. key h\n4. key i"


def test_with_a_thread_that_waits_the_keys_come_first() -> None:
    order = connecting_in_a_thread(HOSTS)
    assert order.seen == ("Connect is clicked", "key h", "key i", "HELLO, at last")


def test_two_threads_that_read_before_either_writes_lose_an_update() -> None:
    assert (two_threads_count(whole=False), two_threads_count(whole=True)) == (1, 2)


def test_handlers_run_in_the_thread_of_the_face_and_later_ones_in_their_order() -> None:
    called: list[tuple[str, str]] = []
    done = threading.Event()

    def note(name: str) -> None:
        called.append((name, threading.current_thread().name))

    def begin() -> None:
        face.after(0.01, lambda: (note("late"), done.set()))  # type: ignore[func-returns-value]
        face.after(0.0, lambda: note("soon"))

    with Face() as face:
        face.do(begin)
        assert done.wait(5)
    assert called == [("soon", "chat-face"), ("late", "chat-face")]
