"""Names: which are allowed, and which are the same."""

import pytest

from chatkit.protocol.names import BadName, clean_name, fold

GOOD = ["a", "ann", "Ann_2", "x-y", "_", "-", "7", "Zoë", "مریم", "अनु", "李", "Ünal", "a" * 20, "é" * 20, "٣"]
BAD = [
    "",
    "a" * 21,
    "a b",
    " ann",
    "ann ",
    "a.b",
    "a/b",
    "<b>",
    "a\tb",
    "a\x00",
    "😀",
    "\u0301a",  # a mark with no letter before it
    "1\u0301",  # nor after a digit
    "a\u200bb",  # zero width space
    "a\u200db",  # joiners are for text
    "\u3164",  # Hangul filler: a letter that is not seen
    "\u115f",
    "\u1160a",
    "\uffa0",
    "a\ufe0f",  # variation selector
    "a\u034f",  # combining grapheme joiner
    "a\u202eb",
    "a\ufeff",
]


@pytest.mark.parametrize("name", GOOD)
def test_a_good_name_is_taken_as_it_is(name: str) -> None:
    assert clean_name(name) == name


@pytest.mark.parametrize("name", BAD)
def test_a_bad_name_is_refused_with_the_rule(name: str) -> None:
    with pytest.raises(BadName, match="1 to 20 letters, digits, _ or -"):
        clean_name(name)


def test_a_name_is_composed_before_it_is_measured() -> None:
    assert clean_name("e\u0301" * 20) == "é" * 20


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann", "ann"),
        ("ANN", "ann"),
        ("ＡＮＮ", "ann"),
        ("Straße", "STRASSE"),
        ("é", "e\u0301"),
        ("ﬁn", "FIN"),
        ("İ", "i\u0307"),
    ],
)
def test_names_that_look_alike_are_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("ann", "anna"), ("e", "é"), ("a_b", "a-b")])
def test_other_names_are_others(one: str, other: str) -> None:
    assert fold(one) != fold(other)
