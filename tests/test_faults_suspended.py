"""Faults of time: a process that is suspended, as on a laptop that falls asleep. Clocks go on, and it does not."""

import contextlib
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from chatkit.net.event import Address
from chatkit.net.server import Server
from chatkit.protocol.limits import Limits
from tests.crowd import Crowd
from tests.needs import needs_linux
from tests.server_process import server_process

pytestmark = needs_linux

PATIENCE = 1.5  # seconds, of the server; on a busy machine all is slow, and it must not run out before the night
NIGHT = 2.0  # seconds that somebody sleeps
MANY = 20  # so that not all of them are lucky

# ---- the server sleeps, and what all say meanwhile waits for it ----


def test_after_a_night_the_server_hears_what_waited_before_it_calls_anybody_idle() -> None:
    with server_process(Limits(idle=PATIENCE, ping_after=0)) as server, Crowd(server.address) as crowd:
        visitors = crowd.open_with(*(f"visitor{number}" for number in range(MANY)))
        with server.suspended():
            for visitor in visitors:
                visitor.say()
                visitor.ask()
            crowd.run_for(NIGHT)
        crowd.run(lambda: all(visitor.recording.read or visitor.is_over for visitor in visitors))
        assert not any(visitor.is_over for visitor in visitors)


def test_after_a_night_the_server_hears_the_joins_that_waited_before_it_calls_anybody_late() -> None:
    with server_process(Limits(join_time=PATIENCE)) as server, Crowd(server.address) as crowd:
        visitors = [crowd.come() for _ in range(MANY)]
        crowd.run(lambda: all(visitor.heard for visitor in visitors))
        with server.suspended():
            for number, visitor in enumerate(visitors):
                visitor.send(f"JOIN visitor{number}\n")
            crowd.run_for(NIGHT)
        crowd.run(lambda: all(visitor.joined or visitor.is_over for visitor in visitors))
        assert not any(visitor.is_over for visitor in visitors)


def test_after_a_night_the_server_hears_that_the_holders_of_names_are_alive_before_it_replaces_them() -> None:
    with server_process(Limits(takeover=PATIENCE)) as server, Crowd(server.address) as crowd:
        holders = crowd.open_with(*(f"visitor{number}" for number in range(MANY)))
        for holder in holders:
            holder.is_silent = True
            crowd.come(holder.name)
        crowd.run(lambda: all("PING still-there" in holder.heard for holder in holders))
        with server.suspended():
            for holder in holders:
                holder.send("PONG still-there\n")
            crowd.run_for(NIGHT)
        crowd.run(lambda: all(visitor.has_answer for visitor in crowd.visitors))
        assert not any(holder.is_over for holder in holders)


# ---- a client sleeps ----

_CLIENT = """
from queue import Queue
from chatkit.net.client import Client, Gone
from chatkit.protocol.messages import Error
inbox = Queue()
Client("sleeper", ("127.0.0.1", {port}), listener=inbox.put)
while not isinstance(message := inbox.get(), Gone):
    if isinstance(message, Error):
        print(message.text)
print(message.reason)
"""


@contextlib.contextmanager
def client_process(address: Address) -> Iterator["subprocess.Popen[str]"]:
    program = [sys.executable, "-c", _CLIENT.format(port=address[1])]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("limits", "talk", "reason", "sentence"),
    [
        (Limits(idle=1.5, ping_after=0.2), 0, "idle", r"nothing heard for 1\.5 seconds"),
        (Limits(outbox=10_000, rate=0), 3000, "too slow", r"was lost|without a BYE"),  # RST or FIN
    ],
)
def test_a_client_that_slept_too_long_is_told_in_a_sentence_and_the_others_went_on(
    limits: Limits, talk: int, reason: str, sentence: str
) -> None:
    with Server(port=0, limits=limits) as server, Crowd(server.address) as crowd:
        ann, bob = crowd.open_with("ann", "bob")
        with client_process(server.address) as sleeper:
            crowd.run(lambda: "JOINED sleeper" in bob.heard)
            sleeper.send_signal(signal.SIGSTOP)
            ann.say(talk, filling="x" * 3000)
            crowd.run(lambda: f"LEFT sleeper {reason}" in bob.heard)
            sleeper.send_signal(signal.SIGCONT)
            crowd.run(lambda: sleeper.poll() is not None)  # meanwhile ann and bob answer PING
            said, _ = sleeper.communicate()
        assert re.search(sentence, said)
        assert not (ann.is_over or bob.is_over)
