"""Unread: what others said while the user did not look."""

import pytest

from chatkit.faces.unread import Unread
from chatkit.faces.updates import Kind, Line

HELLO, OWN = Line(Kind.SAID, "hello", "bob"), Line(Kind.SAID, "hi", "ann", mine=True)
AWAY = Unread(looking=False)


def test_who_looks_has_nothing_unread() -> None:
    assert Unread().after(HELLO) == Unread()


def test_messages_to_one_who_does_not_look_are_counted_and_the_first_is_marked() -> None:
    one = AWAY.after(HELLO)
    two = one.after(Line(Kind.TOLD, "psst", "bob"))
    assert (one.count, one.marked, two.count) == (1, True, 2)
    assert one.begins_after(AWAY) and not two.begins_after(one)


@pytest.mark.parametrize("kind", [Kind.PAST, Kind.NOTICE, Kind.TROUBLE])
def test_what_nobody_says_now_is_not_unread(kind: Kind) -> None:
    assert AWAY.after(Line(kind, "text", "bob")) == AWAY


def test_who_looks_again_still_sees_the_mark_until_the_next_word_or_glance_away() -> None:
    back = AWAY.after(HELLO).looks()
    assert (back.count, back.marked) == (0, True)
    assert not back.after(OWN).marked
    assert not back.acts().marked
    assert back.looks_away() == AWAY


def test_what_is_unread_stays_so_however_often_one_does_not_look() -> None:
    assert AWAY.after(HELLO).looks_away() == AWAY.after(HELLO)


def test_who_speaks_has_read_all() -> None:
    assert AWAY.after(HELLO).after(OWN) == AWAY
