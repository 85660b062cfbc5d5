"""A name that mixes alphabets is remarked on, and no honest name is."""

import time

import pytest

from chatkit.faces.alphabets import remark_on
from chatkit.faces.log import log_line
from chatkit.net.event import Event, What


@pytest.mark.parametrize(
    ("name", "remark"),
    [
        ("\u0430nn", " (a name of Cyrillic and Latin letters)"),
        ("b\u03bfb", " (a name of Greek and Latin letters)"),
        ("\u0430\u03bfb", " (a name of Cyrillic and Greek and Latin letters)"),
    ],
)
def test_letters_of_two_alphabets_are_named(name: str, remark: str) -> None:
    assert remark_on(name) == remark


@pytest.mark.parametrize(
    "name", ["", "ann", "Анна", "Ελένη", "zoë", "e\u0301", "ann-42_", "山田taro", "たろうtaro", "יוסי2", "اَن", "한글"]
)
def test_honest_names_are_left_alone(name: str) -> None:
    assert remark_on(name) == ""


def test_the_log_of_the_server_says_it_of_who_joins() -> None:
    event = Event(What.JOINED, "\u0430nn", ("127.0.0.1", 50132), when=time.time())
    assert (log_line(event) or "").endswith("\u0430nn joined (a name of Cyrillic and Latin letters)")
