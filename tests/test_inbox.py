"""Inbox: what waits for a window is bounded, whatever a server sends."""

from chatkit.faces.tk.inbox import MAX_LINES, Inbox
from chatkit.faces.updates import Kind, Line, Phase, Roster, Status

CONNECTED, GONE = Status(Phase.CONNECTED, "You are ann.", "ann"), Status(Phase.OFFLINE, "Gone.")


def said(number: int) -> Line:
    return Line(Kind.SAID, str(number), "bob", when=0.0)


def test_updates_are_taken_in_the_order_in_which_they_came_and_not_too_many_at_once() -> None:
    inbox = Inbox()
    updates = [CONNECTED, said(1), said(2), GONE, said(3)]
    for update in updates:
        inbox.put(update)
    assert [*inbox.take(2), *inbox.take(2), *inbox.take(2)] == updates
    assert inbox.take(2) == []


def test_only_the_last_list_of_users_waits() -> None:
    inbox = Inbox()
    for number in range(3):
        inbox.put(Roster((f"u{number}",)))
        inbox.put(said(number))
    assert inbox.take(3) == [said(0), said(1), Roster(("u2",))]
    assert inbox.take(3) == [said(2)]


def test_of_too_many_lines_the_newest_wait_and_the_others_are_counted() -> None:
    inbox = Inbox()
    inbox.put(CONNECTED)
    for number in range(MAX_LINES + 10):
        inbox.put(said(number))
    first, notice, *lines = inbox.take(5 * MAX_LINES)
    assert first == CONNECTED
    assert isinstance(notice, Line) and notice.text == "10 lines came too fast to be shown."
    assert lines == [said(number) for number in range(10, MAX_LINES + 10)]


def test_where_the_connection_is_never_gets_lost_in_a_flood() -> None:
    inbox = Inbox()
    for number in range(3 * MAX_LINES):
        if number % MAX_LINES == 0:
            inbox.put(CONNECTED)
            inbox.put(GONE)
        inbox.put(said(number))
    assert [update for update in inbox.take(5 * MAX_LINES) if isinstance(update, Status)] == [CONNECTED, GONE] * 3
