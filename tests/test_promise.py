"""The judge of the promise: it accepts whatever keeps it, and finds each way in which it can be broken."""

from collections.abc import Callable
from copy import deepcopy
from random import Random

import pytest

from tests.promise import Recording, judge

SEEDS = range(20)


class TrueRoom:
    """A room that keeps the promise, with nothing in it that could go wrong."""

    def __init__(self) -> None:
        self.witness, self.others = Recording("witness"), list[Recording]()
        self._here: list[Recording] = []
        self._enter(self.witness)

    def come(self, name: str) -> None:
        self._tell_all(f"JOINED {name}")
        self.others.append(Recording(name))
        self._enter(self.others[-1])

    def say(self, one: Recording) -> None:
        one.said.append(f"{self.others.index(one)}.{len(one.said)}")
        self._tell_all(f"SAID {one.name} {one.said[-1]}", but=one)
        one.read = len(one.said)

    def tell(self, one: Recording, other: Recording) -> None:
        other.heard.append(f"TOLD {one.name} {len(other.heard)}")

    def go(self, one: Recording) -> None:
        self._here.remove(one)
        self._tell_all(f"LEFT {one.name} bye")
        one.heard.append("BYE")

    def _enter(self, one: Recording) -> None:
        self._here.append(one)
        names = [other.name for other in self._here]
        one.heard += ["HELLO chat/1 hi", f"WELCOME {one.name}"]
        one.heard += [f"USERS {len(names)} {' '.join(part)}" for part in (names[:3], names[3:]) if part]

    def _tell_all(self, line: str, but: Recording | None = None) -> None:
        for one in self._here:
            if one is not but:
                one.heard.append(line)


def a_day(random: Random) -> TrueRoom:
    """Some people come, talk and go, some of them twice; at least two hear each other for a while."""
    room = TrueRoom()
    for name in ("ann", "bob"):
        room.come(name)
    for _ in range(60):
        here = [one for one in room.others if not one.heard_bye]
        free = sorted({"ann", "bob", "carl", "dan", "eve"} - {one.name for one in here})
        choice = random.random()
        if free and (choice < 0.15 or len(here) < 2):
            room.come(random.choice(free))
        elif choice < 0.25:
            room.go(random.choice(here))
        elif choice < 0.35:
            room.tell(*random.choices(here, k=2))
        else:
            room.say(random.choice(here))
    room.come("frank")  # the last words, which all hear who are still here
    frank = room.others[-1]
    for _ in range(3):
        room.say(frank)
    for one in [*room.others, room.witness]:
        if not one.heard_bye:
            room.go(one)
    return room


@pytest.mark.parametrize("seed", SEEDS)
def test_a_kept_promise_is_not_called_broken(seed: int) -> None:
    room = a_day(Random(seed))
    assert judge(room.witness, room.others) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_one_that_is_cut_off_may_have_heard_and_said_less(seed: int) -> None:
    random = Random(seed)
    room = a_day(random)
    for one in room.others:
        has_namesake = sum(other.name == one.name for other in room.others) > 1
        at_least = one.heard.index(f"WELCOME {one.name}") + 1 if has_namesake else 0
        del one.heard[random.randrange(at_least, len(one.heard)) :]
        one.said += ["not read any more", "nor this"]
    assert judge(room.witness, room.others) == []


# ---- planted ----


def listener(room: TrueRoom) -> Recording:
    """Somebody who heard frank's last words and was not frank."""
    return next(one for one in room.others if f"SAID frank {frank(room).said[0]}" in one.heard)


def frank(room: TrueRoom) -> Recording:
    return room.others[-1]


def nth(heard: list[str], start: str, n: int = 0) -> int:
    """Give where the nth line stands that begins so."""
    return [number for number, line in enumerate(heard) if line.startswith(start)][n]


def lost_for_one(room: TrueRoom) -> None:
    heard = listener(room).heard
    del heard[nth(heard, "SAID frank")]


def lost_for_all(room: TrueRoom) -> None:
    for one in (room.witness, *room.others):
        one.heard = [line for line in one.heard if line != f"SAID frank {frank(room).said[1]}"]


def the_last_lost_for_all(room: TrueRoom) -> None:
    for one in (room.witness, *room.others):
        one.heard = [line for line in one.heard if line != f"SAID frank {frank(room).said[-1]}"]


def lost_for_the_witness(room: TrueRoom) -> None:
    del room.witness.heard[nth(room.witness.heard, "SAID frank")]


def doubled_for_one(room: TrueRoom) -> None:
    heard = listener(room).heard
    at = nth(heard, "SAID frank")
    heard.insert(at, heard[at])


def doubled_for_all(room: TrueRoom) -> None:
    for one in (room.witness, *room.others):
        if f"SAID frank {frank(room).said[0]}" in one.heard:
            one.heard.insert(nth(one.heard, "SAID frank"), f"SAID frank {frank(room).said[0]}")


def swapped_for_one(room: TrueRoom) -> None:
    heard = listener(room).heard
    at = nth(heard, "SAID frank")
    heard[at], heard[at + 1] = heard[at + 1], heard[at]


def swapped_for_all(room: TrueRoom) -> None:
    first, second = (f"SAID frank {text}" for text in frank(room).said[:2])
    for one in (room.witness, *room.others):
        one.heard = [{first: second, second: first}.get(line, line) for line in one.heard]


def changed_for_all(room: TrueRoom) -> None:
    for one in (room.witness, *room.others):
        one.heard = [line.replace(f"SAID frank {frank(room).said[0]}", "SAID frank x") for line in one.heard]


def under_another_name(room: TrueRoom) -> None:
    for one in (room.witness, *room.others):
        at = f"SAID frank {frank(room).said[0]}"
        one.heard = [
            line.replace("SAID frank", f"SAID {listener(room).name}") if line == at else line for line in one.heard
        ]


def heard_by_its_sender(room: TrueRoom) -> None:
    frank(room).heard.insert(-1, f"SAID frank {frank(room).said[0]}")


def heard_before_joined(room: TrueRoom) -> None:
    for one in (room.witness, *room.others):
        if "JOINED frank" in one.heard:
            at, said = one.heard.index("JOINED frank"), nth(one.heard, "SAID frank")
            one.heard[at], one.heard[said] = one.heard[said], one.heard[at]


def heard_before_joined_by_one(room: TrueRoom) -> None:
    heard = listener(room).heard
    heard.insert(heard.index("JOINED frank"), heard.pop(nth(heard, "SAID frank")))


def heard_after_left(room: TrueRoom) -> None:
    heard = room.witness.heard
    heard.insert(nth(heard, "LEFT frank"), heard.pop(nth(heard, "SAID frank", -1)))


def left_twice(room: TrueRoom) -> None:
    heard = room.witness.heard
    heard.insert(nth(heard, "LEFT frank"), "LEFT frank bye")


def joined_twice(room: TrueRoom) -> None:
    heard = room.witness.heard
    heard.insert(heard.index("JOINED frank"), "JOINED frank")


def joined_is_not_told(room: TrueRoom) -> None:
    for one in (room.witness, *room.others):
        one.heard = [line for line in one.heard if not line.startswith(("JOINED frank", "SAID frank", "LEFT frank"))]


def a_stranger_is_heard(room: TrueRoom) -> None:
    room.witness.heard[-1:-1] = ["JOINED nobody", "LEFT nobody"]


def heard_too_early(room: TrueRoom) -> None:
    """Frank hears what was said right before he came in."""
    before = [
        line for line in room.witness.heard[: room.witness.heard.index("JOINED frank")] if line.startswith("SAID")
    ]
    frank(room).heard.insert(1, before[-1])


def the_list_lacks_one(room: TrueRoom) -> None:
    heard = frank(room).heard
    at = nth(heard, "USERS")
    heard[at] = f"USERS {int(heard[at].split()[1]) - 1} " + " ".join(heard[at].split()[2:])
    heard[at + 1 :] = [line.rsplit(" ", 1)[0] if line.startswith("USERS") else line for line in heard[at + 1 :]]


def told_twice(room: TrueRoom) -> None:
    frank(room).heard[-1:-1] = ["TOLD witness psst"] * 2


def told_by_nobody(room: TrueRoom) -> None:
    frank(room).heard.insert(-1, "TOLD nobody psst")


def more_after_bye(room: TrueRoom) -> None:
    frank(room).heard.append("PONG x")


def the_end_missed(room: TrueRoom) -> None:
    """One hears BYE, and not the last words before it."""
    one = listener(room)
    del one.heard[-2]


def the_witness_left_early(room: TrueRoom) -> None:
    room.witness.heard.pop()


PLANTS: list[Callable[[TrueRoom], None]] = [
    lost_for_one, lost_for_all, the_last_lost_for_all, lost_for_the_witness, doubled_for_one, doubled_for_all,
    swapped_for_one, swapped_for_all, changed_for_all, under_another_name, heard_by_its_sender, heard_before_joined,
    heard_before_joined_by_one, heard_after_left, left_twice, joined_twice, joined_is_not_told, a_stranger_is_heard,
    heard_too_early, the_list_lacks_one, told_twice, told_by_nobody, more_after_bye, the_end_missed,
    the_witness_left_early,
]  # fmt: skip


@pytest.mark.parametrize("plant", PLANTS)
def test_a_broken_promise_is_found(plant: Callable[[TrueRoom], None]) -> None:
    for seed in SEEDS:
        room = a_day(Random(seed))
        before = deepcopy((room.witness, room.others))
        plant(room)
        assert (room.witness, room.others) != before
        assert judge(room.witness, room.others) != []


def test_one_that_was_let_in_and_is_known_to_nobody_is_found_among_its_namesakes() -> None:
    room = TrueRoom()
    room.come("ann")
    room.others.append(deepcopy(room.others[0]))
    room.go(room.others[0])
    room.go(room.witness)
    assert "ann was let in, and the others heard no JOINED" in judge(room.witness, room.others)
