"""Faults of the wire: it loses, reorders, doubles and delays. TCP mends all that, and the promise is kept."""

from collections.abc import Callable

import pytest

from chatkit.lan.lan import Lan
from chatkit.lan.rule import Rule
from chatkit.lan.rules import corrupt, delay, drop, duplicate, reorder
from chatkit.net.server import Server
from chatkit.protocol.limits import Limits
from tests.crowd import Crowd
from tests.needs import needs_lan
from tests.test_faults_crowd import close_the_room

pytestmark = needs_lan

PEOPLE = ("ann", "bob", "carl", "dan")
PATIENCE = 30.0  # seconds: a timeout of TCP doubles with each loss in a row
SEED = 7

WIRES: dict[str, Callable[[], list[Rule]]] = {
    "loss": lambda: [drop(chance=0.05, seed=SEED)],
    "order": lambda: [reorder(behind=2, patience=0.02, chance=0.2, seed=SEED)],
    "doubles": lambda: [duplicate(chance=0.2, seed=SEED)],
    "noise": lambda: [corrupt(chance=0.05, seed=SEED, carrying_data=True)],
    "delay": lambda: [delay(0.1, jitter=0.02)],
    "all of it": lambda: [
        drop(chance=0.05, seed=SEED),
        duplicate(chance=0.1, seed=SEED),
        reorder(behind=2, patience=0.02, chance=0.1, seed=SEED),
        delay(0.1, jitter=0.05),
    ],
}


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("wire", WIRES)
def test_on_a_bad_wire_each_message_comes_once_and_in_order(wire: str) -> None:
    with Lan("server", "witness", *PEOPLE) as lan:
        rules = [lan.wire.add(rule) for rule in WIRES[wire]()]
        talk(lan, rounds=15)
        assert all(rule.applied for rule in rules)


def test_a_few_lost_segments_are_not_noticed_in_the_chat() -> None:
    with Lan("server", "witness", *PEOPLE) as lan:
        lost = lan.wire.add(drop(nth=(3, 8, 21), carrying_data=True))
        talk(lan, rounds=3)
        assert lost.applied == 3


def talk(lan: Lan, rounds: int) -> None:
    """All talk at once, in `rounds` of a few lines; one comes late, one resets, the others leave politely."""
    with Server(host=lan["server"], port=0, limits=Limits(rate=0)) as server, Crowd(server.address) as crowd:
        for name in ("witness", *PEOPLE):
            visitor = crowd.come(name, lambda address, host=lan[name]: host.connect(address, PATIENCE))
            crowd.run(lambda one=visitor: one.joined, PATIENCE)
        _, *people = crowd.visitors
        for number in range(rounds):
            for visitor in people[: 2 + number]:
                visitor.say(3, filling="x" * (40 * number))
            crowd.run_for(0.05)
        for visitor in people:
            visitor.ask()
        crowd.run(lambda: all(visitor.recording.read for visitor in people), PATIENCE)
        people[0].reset()
        for visitor in people[1:]:
            visitor.quit()
        close_the_room(crowd)
