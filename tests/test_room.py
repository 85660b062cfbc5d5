"""Room: who may say what, and who hears it. Time is a number here, and nothing waits."""

from typing import Any

import pytest

from chatkit.protocol import messages as m
from chatkit.protocol.history import MAX_HISTORY_BYTES, History
from chatkit.protocol.limits import Limits
from chatkit.protocol.member import Member, State
from chatkit.protocol.messages import Code
from chatkit.protocol.room import Room


class Stage:
    """A room with people in it who write down what they get."""

    def __init__(self, limits: Limits | None = None, password: str | None = None, **more: Any) -> None:
        self.room = Room(limits, password, greeting="hi", **more)
        self.now = 0.0

    def enter(self, host: str = "10.0.0.1") -> Member:
        member = self.room.enter((host, 40000), self.now)
        return member

    def join(self, name: str, host: str = "10.0.0.1") -> Member:
        member = self.enter(host)
        self.say(member, f"JOIN {name}")
        self.hear()
        return member

    def say(self, member: Member, *lines: str) -> None:
        for line in lines:
            self.room.hear(member, line.encode(), self.now)

    def hear(self) -> dict[Member, list[str]]:
        return {member: data.decode().splitlines() for member, data in self.room.bag.take().items()}

    def answer(self, member: Member, *lines: str) -> list[str]:
        self.hear()
        self.say(member, *lines)
        return self.hear().get(member, [])

    def after(self, seconds: float) -> dict[Member, list[str]]:
        self.now += seconds
        self.room.tick(self.now)
        return self.hear()


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_everybody_is_greeted(stage: Stage) -> None:
    ann = stage.enter()
    assert stage.hear() == {ann: ["HELLO chat/1 hi"]}


def test_who_joins_is_welcomed_and_the_others_hear_it(stage: Stage) -> None:
    ann = stage.join("ann")
    bob = stage.enter()
    stage.say(bob, "join bob")
    assert stage.hear() == {ann: ["JOINED bob"], bob: ["HELLO chat/1 hi", "WELCOME bob", "USERS 2 ann bob"]}


def test_a_welcome_says_what_the_name_became(stage: Stage) -> None:
    assert stage.answer(stage.enter(), "JOIN Zoe\u0308")[0] == "WELCOME Zoë"


def test_all_others_hear_what_is_said_and_the_sender_does_not(stage: Stage) -> None:
    ann, bob, _new = stage.join("ann"), stage.join("bob"), stage.enter()
    stage.hear()
    stage.say(ann, "SAY  hello  bob ")
    assert stage.hear() == {bob: ["SAID ann  hello  bob "]}


def test_only_one_hears_what_is_told(stage: Stage) -> None:
    ann, bob, _carl = stage.join("ann"), stage.join("bob"), stage.join("carl")
    stage.hear()
    stage.say(ann, "TELL BOB psst", "TELL ann note to myself")
    assert stage.hear() == {bob: ["TOLD ann psst"], ann: ["TOLD ann note to myself"]}


def test_who_lists_all(stage: Stage) -> None:
    ann = stage.join("ann")
    stage.join("bob")
    assert stage.answer(ann, "WHO") == ["USERS 2 ann bob"]


def test_quit_is_answered_and_the_others_hear_why(stage: Stage) -> None:
    ann, bob = stage.join("ann"), stage.join("bob")
    stage.hear()
    stage.say(ann, "QUIT see you", "SAY too late")
    assert stage.hear() == {ann: ["BYE"], bob: ["LEFT ann see you"]}
    assert stage.room.closing == [ann]


def test_a_reset_is_heard_once(stage: Stage) -> None:
    ann, bob = stage.join("ann"), stage.join("bob")
    stage.hear()
    stage.room.leave(ann, "connection lost", stage.now)
    stage.room.leave(ann, "again", stage.now)
    assert stage.hear() == {bob: ["LEFT ann connection lost"]}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("SAY x", "not-joined"),
        ("TELL ann x", "not-joined"),
        ("WHO", "not-joined"),
        ("CAPTURE", "not-joined"),
        ("NONSENSE", "unknown-verb"),
        ("JOIN", "bad-name"),
        ("JOIN a b", "bad-name"),
        ("SAY", "no-text"),
    ],
)
def test_before_a_join_little_is_allowed(stage: Stage, line: str, code: str) -> None:
    (answer,) = stage.answer(stage.enter(), line)
    assert answer.startswith(f"ERROR {code} ")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("JOIN again", "already-joined"),
        ("PASS x", "already-joined"),
        ("TELL nobody x", "no-such-name"),
        ("TELL ann", "no-text"),
        ("SAY \x07", "bad-line"),
        ("CAPTURE", "no-capture"),
    ],
)
def test_an_error_does_not_end_the_connection(stage: Stage, line: str, code: str) -> None:
    ann = stage.join("ann")
    answers = stage.answer(ann, line, "PING still")
    assert answers[0].startswith(f"ERROR {code} ")
    assert answers[1:] == ["PONG still"]


def test_ping_and_quit_work_before_join(stage: Stage) -> None:
    assert stage.answer(stage.enter(), "", "PING x", "PONG y", "QUIT") == ["PONG x", "BYE"]


def test_a_name_of_another_address_is_taken(stage: Stage) -> None:
    stage.join("ann", "10.0.0.1")
    (answer,) = stage.answer(stage.enter("10.0.0.2"), "JOIN ANN")
    assert answer.startswith("ERROR name-taken ")


def test_the_tenth_failed_join_is_the_last(stage: Stage) -> None:
    ann = stage.enter()
    answers = stage.answer(ann, *["JOIN !"] * 11)
    assert [answer.split()[1] for answer in answers] == ["bad-name"] * 10 + ["too-many-tries"]
    assert ann.state is State.CLOSING


def test_the_tenth_join_may_succeed(stage: Stage) -> None:
    assert stage.answer(stage.enter(), *["JOIN !"] * 9, "JOIN ann")[-2:] == ["WELCOME ann", "USERS 1 ann"]


def test_too_long_a_text_is_fatal(stage: Stage) -> None:
    ann, bob = stage.join("ann"), stage.join("bob")
    assert stage.answer(ann, "SAY " + "x" * 8001)[0].startswith("ERROR too-long ")
    assert ann.state is State.CLOSING
    assert bob.state is State.JOINED


def test_a_full_room_says_so_after_hello() -> None:
    stage = Stage(Limits(max_clients=1))
    stage.enter()
    late = stage.enter()
    assert [line.split()[:2] for line in stage.hear()[late]] == [["HELLO", "chat/1"], ["ERROR", "full"]]
    assert stage.room.closing == [late]


def test_a_full_address_does_not_fill_the_room_and_a_place_is_given_back() -> None:
    stage = Stage(Limits(max_per_address=1))
    first = stage.enter("10.0.0.1")
    assert stage.enter("10.0.0.1").state is State.CLOSING
    assert stage.enter("10.0.0.2").state is State.NEW
    stage.room.leave(first, "", stage.now)
    stage.room.forget(first)
    assert stage.enter("10.0.0.1").state is State.NEW


def test_who_does_not_join_in_time_is_sent_away(stage: Stage) -> None:
    ann = stage.enter()
    stage.hear()
    assert stage.after(60) == {}
    assert stage.after(1)[ann][0].startswith("ERROR join-timeout ")


def test_silence_is_asked_about_once_and_then_ends(stage: Stage) -> None:
    ann = stage.join("ann")
    assert stage.after(61)[ann] == ["PING still-there"]
    assert stage.after(100) == {}
    assert stage.after(500)[ann][0].startswith("ERROR idle ")


def test_any_line_counts_as_life(stage: Stage) -> None:
    ann = stage.join("ann")
    for _ in range(20):
        stage.after(50)
        stage.say(ann, "")
    assert ann.state is State.JOINED


def test_a_limit_of_zero_is_no_limit() -> None:
    stage = Stage(Limits(0, 0, 0, 3, 0, 0, 0, 0))
    ann, _new = stage.join("ann"), stage.enter()
    stage.hear()
    assert stage.after(1e9) == {}
    assert ann.state is State.JOINED


# ---- two who want one name from one address ----


def test_a_holder_who_shows_life_keeps_its_name(stage: Stage) -> None:
    ann, twin = stage.join("ann"), stage.enter()
    stage.hear()
    stage.say(twin, "JOIN Ann", "SAY me first")
    assert stage.hear() == {ann: ["PING still-there"]}
    stage.say(ann, "PONG still-there")
    assert [line.split()[1] for line in stage.hear()[twin]] == ["name-taken", "not-joined"]
    assert stage.after(4) == {}


def test_a_silent_holder_is_replaced_and_what_was_said_meanwhile_is_heard(stage: Stage) -> None:
    ann, bob, twin = stage.join("ann"), stage.join("bob", "10.0.0.2"), stage.enter()
    stage.hear()
    stage.say(twin, "JOIN ann", "SAY back again")
    assert stage.after(2.9) == {ann: ["PING still-there"]}
    heard = stage.after(0.1)
    assert heard[ann][0].startswith("BYE ")
    assert heard[bob] == ["LEFT ann replaced from the same address", "JOINED ann", "SAID ann back again"]
    assert heard[twin] == ["WELCOME ann", "USERS 2 bob ann"]
    assert ann.state is State.CLOSING


def test_who_waits_gets_the_name_when_its_holder_quits(stage: Stage) -> None:
    ann, twin = stage.join("ann"), stage.enter()
    stage.say(twin, "JOIN ann")
    stage.hear()
    stage.room.leave(ann, "reset", stage.now)
    assert stage.hear()[twin] == ["WELCOME ann", "USERS 1 ann"]


def test_who_waits_and_hangs_up_is_answered_first(stage: Stage) -> None:
    ann, twin = stage.join("ann"), stage.enter()
    stage.hear()
    stage.say(twin, "JOIN ann", "QUIT")
    stage.room.end(twin, stage.now)
    stage.say(ann, "PONG still-there")
    assert [line.split()[0] for line in stage.hear()[twin]] == ["ERROR", "BYE"]
    assert twin.state is State.CLOSING


def test_of_two_who_wait_the_second_waits_for_the_first(stage: Stage) -> None:
    _ann, twin, third = stage.join("ann"), stage.enter(), stage.enter()
    stage.say(twin, "JOIN ann")
    stage.say(third, "JOIN ann")
    heard = stage.after(3)
    assert heard[twin] == ["HELLO chat/1 hi", "WELCOME ann", "USERS 1 ann", "PING still-there"]
    stage.say(twin, "PONG still-there")
    assert stage.hear()[third][0].startswith("ERROR name-taken ")


def test_who_waits_and_says_too_much_waits_no_more(stage: Stage) -> None:
    _ann, twin = stage.join("ann"), stage.enter()
    answers = stage.answer(twin, "JOIN ann", *["PING x"] * 101)
    assert answers[0].startswith("ERROR name-taken ")
    assert answers[1:] == ["PONG x"] * 101


# ---- a room with a password ----


@pytest.fixture
def locked() -> Stage:
    return Stage(password="swordfish")


def test_the_password_opens(locked: Stage) -> None:
    assert locked.answer(locked.enter(), "PASS swordfish", "JOIN ann") == ["WELCOME ann", "USERS 1 ann"]


def test_a_locked_room_asks_for_the_password(locked: Stage) -> None:
    ann = locked.enter()
    assert locked.answer(ann, "JOIN ann")[0].startswith("ERROR password-needed ")
    assert ann.state is State.NEW


def test_the_third_wrong_password_is_fatal(locked: Stage) -> None:
    ann = locked.enter()
    answers = locked.answer(ann, *["PASS guess", "JOIN ann"] * 3)
    assert [answer.split()[1] for answer in answers] == ["wrong-password"] * 3
    assert ann.state is State.CLOSING
    assert not any("guess" in answer or "swordfish" in answer for answer in answers)


def test_an_open_room_ignores_a_password(stage: Stage) -> None:
    assert stage.answer(stage.enter(), "PASS whatever", "JOIN ann")[0] == "WELCOME ann"


def test_the_minutes_tell_who_came_and_went(stage: Stage) -> None:
    ann = stage.join("ann")
    stage.say(ann, "SAY x", "SAY", "QUIT bye")
    assert [type(message) for _, message in stage.room.minutes] == [m.Joined, m.Said, m.Error, m.Left]


def test_a_closing_room_says_bye_to_all(stage: Stage) -> None:
    ann, new = stage.join("ann"), stage.enter()
    stage.hear()
    stage.room.close("closing")
    assert stage.hear() == {ann: ["BYE closing"], new: ["BYE closing"]}
    assert stage.room.closing == [ann, new]


def test_a_code_is_a_word_that_stands_in_the_design() -> None:
    assert all(code.islower() and code.replace("-", "").isalpha() for code in Code)


# ---- what is offered only where it was asked for ----


def test_a_newcomer_hears_the_last_messages_after_the_list_of_users() -> None:
    stage = Stage(history=2)
    ann = stage.join("ann")
    stage.say(ann, "SAY one", "SAY two", "SAY three")
    bob = stage.enter()
    assert stage.answer(bob, "JOIN bob") == ["WELCOME bob", "USERS 2 ann bob", "PAST ann two", "PAST ann three"]


def test_a_room_without_a_history_keeps_nothing(stage: Stage) -> None:
    ann = stage.join("ann")
    stage.say(ann, "SAY one")
    bob = stage.enter()
    assert stage.answer(bob, "JOIN bob") == ["WELCOME bob", "USERS 2 ann bob"]


def test_what_was_told_to_one_is_no_history() -> None:
    stage = Stage(history=2)
    ann = stage.join("ann")
    stage.say(ann, "TELL ann a secret")
    bob = stage.enter()
    assert stage.answer(bob, "JOIN bob") == ["WELCOME bob", "USERS 2 ann bob"]


def test_a_history_of_long_messages_stays_far_under_what_may_wait_for_a_client() -> None:
    history = History(1000)
    for number in range(100):
        history.add("ann", f"{number} {'x' * 7990}")
    lines = history.lines().splitlines()
    assert len(history.lines()) <= MAX_HISTORY_BYTES < len(history.lines()) + 8100
    assert lines[-1].startswith(b"PAST ann 99 ")


def test_a_history_fits_the_outbox_of_a_newcomer() -> None:
    stage = Stage(Limits(outbox=4000), history=1000)
    ann = stage.join("ann")
    stage.say(ann, *(f"SAY {number} {'x' * 90}" for number in range(50)))
    past = [line for line in stage.answer(stage.enter(), "JOIN bob") if line.startswith("PAST")]
    assert 500 < sum(len(line) + 1 for line in past) <= 1000 and past[-1].startswith("PAST ann 49 ")


def test_whoever_joined_is_told_where_the_capture_of_its_own_address_is() -> None:
    stage = Stage(capture_link=lambda address: f"http://here/{address[1]}")
    ann = stage.join("ann")
    assert stage.answer(ann, "CAPTURE") == ["CAPTURED http://here/40000"]
    assert stage.answer(stage.enter(), "CAPTURE")[0].startswith("ERROR not-joined")
