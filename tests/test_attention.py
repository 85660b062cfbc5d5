"""Attention: who pressed a key a short while ago reads what comes."""

from chatkit.faces.tty.attention import AWAY, Attention
from chatkit.faces.updates import Kind, Line

HELLO, NOTICE = Line(Kind.SAID, "hello", "bob"), Line(Kind.NOTICE, "carl joined")


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_what_comes_soon_after_a_key_is_read() -> None:
    clock = Clock()
    attention = Attention(clock)
    clock.now += AWAY
    assert not attention.came(HELLO)
    assert attention.count == 0


def test_what_comes_later_is_counted_and_the_first_of_it_is_marked() -> None:
    clock = Clock()
    attention = Attention(clock)
    clock.now += AWAY + 1
    assert [attention.came(line) for line in (NOTICE, HELLO, HELLO, NOTICE)] == [False, True, False, False]
    assert attention.count == 2


def test_a_key_means_that_all_is_read_until_nobody_has_typed_for_a_while() -> None:
    clock = Clock()
    attention = Attention(clock)
    clock.now += AWAY + 1
    attention.came(HELLO)
    attention.pressed()
    assert attention.count == 0
    assert not attention.came(HELLO)
    clock.now += AWAY + 1
    assert attention.came(HELLO)
