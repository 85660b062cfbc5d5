"""Membership: what the lines of a server make of a client, without a server."""

import pytest

from chatkit.net.membership import NOTHING, Heard, Membership
from chatkit.protocol import messages as m

HELLO = b"HELLO chat/1 hi"
WELCOME = b"WELCOME ann"


def after(*lines: bytes) -> Membership:
    membership = Membership("ann")
    for line in lines:
        membership.hear(line)
    return membership


def refusal(*lines: bytes) -> str:
    membership = after(*lines)
    assert membership.refusal and not membership.is_in
    return membership.refusal.sentence


def test_a_greeting_is_answered_by_the_password_and_the_name() -> None:
    secret = m.Pass("tulip")
    assert Membership("ann").hear(HELLO) == Heard((m.Join("ann"),))
    assert Membership("ann", secret).hear(HELLO) == Heard((secret, m.Join("ann")))


def test_a_list_of_users_that_is_whole_lets_us_in_and_is_one_message() -> None:
    membership = after(HELLO, WELCOME)
    assert membership.hear(b"USERS 3 ann bob") == NOTHING
    assert not membership.is_in
    assert membership.hear(b"USERS 3 carl") == Heard(news=m.Users(3, ("ann", "bob", "carl")))
    assert membership.is_in and membership.refusal is None


def test_the_list_follows_who_comes_and_goes() -> None:
    assert after(HELLO, WELCOME, b"USERS 2 ann bob", b"JOINED carl", b"LEFT BOB").users == ("ann", "carl")


def test_the_name_is_what_the_server_makes_of_it_in_one_spelling() -> None:
    assert after(HELLO, "WELCOME Zoe\u0308".encode()).name == "Zoë"


@pytest.mark.parametrize("name", ["x" * 21, "x" * 8000, "\u3164", "\u2066ann", "a\u200db", "ann bob", ""])
def test_who_is_welcomed_by_what_is_no_name_is_not_in_a_chat(name: str) -> None:
    assert refusal(HELLO, f"WELCOME {name}".encode(), b"USERS 1 ann").startswith("That is not a chat/1 server: it said")


def test_a_second_greeting_and_a_second_welcome_change_nothing() -> None:
    membership = after(HELLO, WELCOME, b"USERS 1 ann")
    assert membership.hear(HELLO) == membership.hear(b"WELCOME eve") == NOTHING
    assert membership.name == "ann"


def test_the_first_refusal_is_the_one_and_nothing_counts_after_it() -> None:
    lines = HELLO, b"ERROR full no place", b"ERROR idle you are late", WELCOME, b"USERS 1 ann"
    assert refusal(*lines) == "The server refused: no place."
    assert after(*lines).refusal.code == "full"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("line", "farewell"),
    [
        (b"ERROR idle", "The server ended the connection: idle."),
        (b"ERROR too-long over 8192 bytes", "The server ended the connection: over 8192 bytes."),
        (b"BYE", "The server said BYE."),
        (b"ERROR no-such-name nobody is called x", ""),
        (b"\xff", ""),
    ],
)
def test_a_farewell_is_a_bye_or_a_fatal_error(line: bytes, farewell: str) -> None:
    assert after(HELLO, WELCOME, b"USERS 1 ann", line).farewell == farewell
