"""Postbag: what a batch owes equals handling one line at a time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.protocol import messages as m
from chatkit.protocol.limits import Limits
from chatkit.protocol.member import Member
from chatkit.protocol.messages import encode
from chatkit.protocol.postbag import MOST_FOR_ONE, Postbag
from chatkit.protocol.room import Room


def test_all_hear_but_the_one_who_spoke() -> None:
    bag: Postbag[str] = Postbag()
    for name in ("ann", "bob", "carl"):
        bag.start_listening(name)
    bag.to_all(b"1\n", but="ann")
    bag.to("bob", b"psst\n")
    bag.to_all(b"2\n", but="bob")
    owed = bag.take()
    assert dict(owed.items()) == {"ann": b"2\n", "bob": b"1\npsst\n", "carl": b"1\n2\n"}
    assert len(owed) == 3
    assert not bag.take()


def test_who_hears_all_of_it_hears_the_same_piece_of_bytes() -> None:
    bag: Postbag[str] = Postbag()
    for name in ("ann", "bob", "carl"):
        bag.start_listening(name)
    bag.take()
    bag.to_all(b"1\n", but="ann")
    owed = bag.take()
    assert (owed.own, owed.others, owed.whole) == ({}, ["bob", "carl"], b"1\n")


def test_who_comes_hears_what_follows_and_who_goes_hears_what_was_before() -> None:
    bag: Postbag[str] = Postbag()
    bag.start_listening("ann")
    bag.to_all(b"1\n")
    bag.start_listening("bob")
    bag.to_all(b"2\n")
    bag.stop_listening("ann")
    bag.to_all(b"3\n")
    assert dict(bag.take().items()) == {"ann": b"1\n2\n", "bob": b"2\n3\n"}


def test_a_batch_is_full_when_one_or_all_together_would_be_owed_too_much() -> None:
    alone, crowd, quiet = Postbag[int](), Postbag[int](), Postbag[int]()
    for bag in (crowd, quiet):
        for one in range(1000):
            bag.start_listening(one)
        bag.take()
    alone.to(1, b"x" * MOST_FOR_ONE)
    for one in range(1000):
        crowd.to_all(b"x" * 20, but=one)  # each is owed nearly all, but not the same
    quiet.to_all(b"x" * 20_000)  # all are owed the same piece
    assert [bag.is_full for bag in (alone, crowd, quiet)] == [False, True, False]
    alone.to_all(b"x")
    assert alone.is_full
    alone.take()
    assert not alone.is_full


NAMES = ("ann", "bob", "ANN", "carl", "")
LINES = st.one_of(
    st.builds(m.Join, st.sampled_from(NAMES)),
    st.builds(m.Say, st.sampled_from(("hello", "é 😀"))),
    st.builds(m.Tell, st.sampled_from(("ann", "bob", "nobody")), st.just("psst")),
    st.builds(m.Ping, st.just("x")),
    st.just(m.Who()),
    st.just(m.Quit("bye")),
).map(lambda message: encode(message).rstrip(b"\n"))

STEPS = st.one_of(
    st.tuples(st.just("enter"), st.integers(1, 2)),
    st.tuples(st.just("hear"), st.tuples(st.integers(0, 5), LINES)),
    st.tuples(st.just("leave"), st.integers(0, 5)),
    st.tuples(st.just("end"), st.integers(0, 5)),
    st.tuples(st.just("fail"), st.integers(0, 5)),
    st.tuples(st.just("tick"), st.sampled_from((1.0, 4.0, 70.0))),
)


class Stage:
    """A room, and all that each member ever got."""

    def __init__(self, history: int) -> None:
        self.room = Room(Limits(max_clients=4), history=history)
        self.members: list[Member] = []
        self.got: list[bytes] = []
        self.now = 0.0

    def play(self, step: tuple[str, object]) -> None:
        match step:
            case ("enter", int(host)):
                self.members.append(self.room.enter((f"10.0.0.{host}", 1), self.now))
                self.got.append(b"")
            case ("hear", (int(who), bytes(line))) if who < len(self.members):
                self.room.hear(self.members[who], line, self.now)
            case ("leave", int(who)) if who < len(self.members):
                self.room.leave(self.members[who], "gone", self.now)
            case ("end", int(who)) if who < len(self.members):
                self.room.end(self.members[who], self.now)
            case ("fail", int(who)) if who < len(self.members):
                self.room.fail(self.members[who], m.Code.TOO_LONG, "too long", self.now)
            case ("tick", float(seconds)):
                self.now += seconds
                self.room.tick(self.now)

    def deliver(self) -> None:
        for member, data in self.room.bag.take().items():
            self.got[self.members.index(member)] += data


@pytest.mark.parametrize("history", [0, 2])
@given(st.lists(STEPS, max_size=40), st.data())
def test_a_batch_says_what_one_line_at_a_time_would_say(
    history: int, steps: list[tuple[str, object]], data: st.DataObject
) -> None:
    single, batched = Stage(history), Stage(history)
    for step in steps:
        single.play(step)
        single.deliver()
        batched.play(step)
        if data.draw(st.booleans()):
            batched.deliver()
    batched.deliver()
    assert batched.got == single.got
