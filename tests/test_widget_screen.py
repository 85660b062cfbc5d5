from dataclasses import replace

from chatkit.faces.updates import Blame, Kind, Line, Phase, Roster, Status
from chatkit.faces.widgets.screen import MAX_LINES, Screen

ANN, SERVER = ("127.0.0.1", 50000), ("127.0.0.1", 9898)
CONNECTED = Status(Phase.CONNECTED, "You are ann.", "ann", ANN, SERVER)


def said(text: str) -> Line:
    return Line(Kind.SAID, text, "bob")


def test_lines_stand_in_the_order_in_which_they_came() -> None:
    screen = Screen().after(said("one")).after(said("two"))
    assert [line.text for line in screen.lines] == ["one", "two"]
    assert screen.dropped == 0


def test_only_the_last_lines_are_kept_and_the_others_counted() -> None:
    screen = Screen()
    for number in range(MAX_LINES + 5):
        screen = screen.after(said(str(number)))
    assert len(screen.lines) == MAX_LINES
    assert screen.lines[0].text == "5"
    assert (screen.dropped, screen.count) == (5, MAX_LINES + 5)


def test_the_lines_since_a_count_are_given_also_when_older_ones_are_gone() -> None:
    screen = Screen()
    for number in range(MAX_LINES + 5):
        screen = screen.after(said(str(number)))
    assert [line.text for line in screen.since(MAX_LINES + 3)] == [str(MAX_LINES + 3), str(MAX_LINES + 4)]
    assert len(screen.since(0)) == MAX_LINES


def test_the_own_name_is_kept_when_the_connection_is_gone() -> None:
    screen = Screen().after(CONNECTED).after(Roster(("ann",))).after(Status(Phase.OFFLINE, "The server said BYE."))
    assert (screen.name, screen.was_in, screen.status.own) == ("ann", True, None)
    assert screen.trouble == "The server said BYE."


def test_connecting_takes_the_trouble_away() -> None:
    refused = Screen().after(Status(Phase.OFFLINE, "Nobody listens.", "ann", blame=Blame.SERVER))
    assert refused.trouble == "Nobody listens."
    assert refused.after(Status(Phase.CONNECTING)).trouble == ""
    assert not refused.was_in


def test_the_chat_box_keeps_when_one_went_and_when_one_came_again() -> None:
    screen = Screen().after(CONNECTED).after(Status(Phase.WAITING, "Lost.", plan="Trying again in 1 s (try 1)."))
    screen = screen.after(Status(Phase.CONNECTING, "Connecting", is_news=False))
    screen = screen.after(Status(Phase.WAITING, "Nobody listens.", plan="Trying again in 2 s (try 2)."))
    assert screen.waiting == "Nobody listens. Trying again in 2 s (try 2)."
    screen = screen.after(Status(Phase.CONNECTED, "Connected again: you are ann."))
    assert [line.text for line in screen.lines] == ["Lost.", "Connected again: you are ann."]
    assert screen.waiting == ""


def test_what_the_user_did_wrong_stays_while_the_wait_is_counted_down() -> None:
    waiting = Status(Phase.WAITING, "Lost.", plan="Trying again in 2 s (try 1).")
    screen = replace(Screen().after(CONNECTED).after(waiting), trouble="Not sent: not connected.")
    assert screen.after(replace(waiting, is_news=False)).trouble == "Not sent: not connected."
    assert screen.after(waiting).trouble == ""
