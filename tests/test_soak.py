"""Soak: some minutes of people who come, talk, misbehave and vanish, on one server that has to stay as it was.

    CHATKIT_SOAK_SECONDS=3600 CHATKIT_SEED=7 python3 -m pytest tests/test_soak.py

A soak is a row of days. A day begins and ends with an empty room; then all recordings are judged, and the server's
process is looked at. Dice say what happens, and their seed stands in the test's name; when it happens is the machine's
affair.
"""

import os
import time
from collections.abc import Callable
from random import Random

import pytest

from chatkit.protocol.limits import Limits
from tests.crowd import Crowd, Visitor
from tests.needs import needs_linux
from tests.server_process import server_process
from tests.test_faults_crowd import close_the_room, wait_until

pytestmark = [pytest.mark.slow, needs_linux]

SEED = int(os.environ.get("CHATKIT_SEED", "1"))
SECONDS = float(os.environ.get("CHATKIT_SOAK_SECONDS", "80"))
DAY = 9.0  # seconds
MOMENT = 0.004  # seconds
EVENING = 20.0  # seconds, at most, until the last has left and all is judged
PEOPLE = 25  # who are here at one time
HANDFUL = 20  # objects that threads still have in their hands: the last letter, its seat, member and connection
GROWTH = 8_000_000  # bytes that a process may grow after its first day, for reasons of its own

LIMITS = Limits(rate=300, outbox=100_000, takeover=0.3, ping_after=1, idle=4, join_time=3, max_per_address=0)

NONSENSE = [
    b"\n", b"\r\n", b"WHO\n", b"WHO are you\n", b"SHOUT hi\n", b"JOIN !\n", b"PASS word\n", b"TELL nobody hi\n",
    b"SAY\n", b"TELL\n", b"PONG\n", b"CAPTURE\n", b"SAY \xff\n", b"\x00\n", b"SAY \xe2\x80\xae\n", b"say\n", b" \n",
    b"PONG still-there\n" * 50, b"WHO\n" * 50, b"\n" * 500,
]  # fmt: skip
TOO_MUCH = [b"x" * 9000 + b"\n", b"SAY " + b"y" * 8001 + b"\n", b"z" * 30_000]

Habit = Callable[[Visitor, Random], None]


def talk(visitor: Visitor, dice: Random) -> None:
    visitor.say(dice.randrange(4), filling="x" * dice.choice((0, 0, 0, 0, 10, 300)))


def talk_at_length(visitor: Visitor, dice: Random) -> None:
    visitor.say(filling="x" * 7900)


def flood(visitor: Visitor, dice: Random) -> None:
    visitor.say(dice.randrange(900))


def whisper(visitor: Visitor, dice: Random) -> None:
    visitor.send(f"TELL witness {visitor.name} {dice.random()}\nTELL {visitor.name} {dice.random()}\n")


def talk_nonsense(visitor: Visitor, dice: Random) -> None:
    visitor.send(dice.choice(NONSENSE))


def ask(visitor: Visitor, dice: Random) -> None:
    visitor.ask()


def look_away(visitor: Visitor, dice: Random) -> None:
    visitor.is_deaf = True


def look_again(visitor: Visitor, dice: Random) -> None:
    visitor.is_deaf = False


def fall_asleep(visitor: Visitor, dice: Random) -> None:
    visitor.is_deaf = visitor.is_silent = True


def drown(visitor: Visitor, dice: Random) -> None:
    """Ask for more than the system keeps for one that does not read."""
    visitor.send("".join(f"TELL {visitor.name} {dice.random()}{'x' * 7900}\n" for _ in range(500)))
    fall_asleep(visitor, dice)


def quit(visitor: Visitor, dice: Random) -> None:
    visitor.quit()


def half_close(visitor: Visitor, dice: Random) -> None:
    visitor.ask()
    visitor.send("SAY half a li")
    visitor.finish()


def reset(visitor: Visitor, dice: Random) -> None:
    visitor.reset()


def say_too_much(visitor: Visitor, dice: Random) -> None:
    visitor.send(dice.choice(TOO_MUCH))


HABITS: dict[Habit, int] = {  # and how often
    talk: 700, talk_at_length: 20, flood: 3, whisper: 40, talk_nonsense: 60, ask: 60, look_away: 10, look_again: 60,
    fall_asleep: 2, drown: 1, quit: 12, half_close: 6, reset: 8, say_too_much: 2,
}  # fmt: skip


def something_happens(crowd: Crowd, dice: Random) -> None:
    _, *here = crowd.alive
    awake = [visitor for visitor in here if visitor.has_answer and not visitor.is_silent]
    if len(here) < PEOPLE and dice.random() < 0.3:
        somebody_comes(crowd, here, dice)
    elif awake:
        visitor = dice.choice(awake)
        [habit] = dice.choices(list(HABITS), list(HABITS.values())) if visitor.joined else [quit]
        habit(visitor, dice)


def somebody_comes(crowd: Crowd, here: list[Visitor], dice: Random) -> None:
    """Some never say who they are, some want a name that is taken, some talk before they know that they are in."""
    choice = dice.random()
    wanted = {visitor.name for visitor in here if not visitor.has_answer}
    holders = [visitor for visitor in here if visitor.joined and visitor.name not in wanted]
    if choice < 0.05:
        crowd.come()
    elif choice < 0.3 and holders:
        crowd.come(dice.choice(holders).name)
    else:
        talk(crowd.come(f"v{len(crowd.visitors)}"), dice)


def a_day(crowd: Crowd, dice: Random) -> None:
    crowd.open_with("witness")
    for _ in range(int(DAY / MOMENT)):
        for _ in range(dice.randrange(12)):
            something_happens(crowd, dice)
        crowd.run_for(MOMENT)
    for visitor in crowd.alive[1:]:
        visitor.is_deaf = visitor.is_silent = False
        visitor.quit()
    close_the_room(crowd)


@pytest.mark.timeout(SECONDS + 4 * EVENING)
@pytest.mark.parametrize("seed", [SEED])
def test_days_of_people_leave_nothing_behind_and_all_heard_what_was_promised(seed: int) -> None:
    dice, end, sizes = Random(seed), time.monotonic() + SECONDS, []
    with server_process(LIMITS) as server:
        threads, descriptors, objects = server.threads(), server.descriptors(), server.objects() + HANDFUL
        while time.monotonic() < end:
            with Crowd(server.address) as crowd:
                a_day(crowd, dice)
            wait_until(lambda: (server.threads(), server.descriptors()) == (threads, descriptors))
            assert server.objects() <= objects
            sizes.append(server.memory())
    assert sizes[-1] - sizes[0] < GROWTH, sizes
