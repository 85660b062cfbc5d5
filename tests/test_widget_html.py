from html.parser import HTMLParser

import pytest

from chatkit.faces.colours import colour_of
from chatkit.faces.updates import Blame, Kind, Line, Phase, Roster, Status
from chatkit.faces.widgets import html
from chatkit.faces.widgets.screen import MAX_LINES, Screen
from chatkit.net.tls import Seal

SERVER = ("127.0.0.1", 9898)
ATTACK = '<script>alert(1)</script><img src=x onerror="alert(2)">&amp;</bdi></div>'
CONNECTED = Screen().after(Status(Phase.CONNECTED, "You are ann.", "ann", ("127.0.0.1", 50000), SERVER))


class Seen(HTMLParser):
    """What a browser makes of it: the tags, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)
        assert self.open == [], "a tag is not closed"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("kind", Kind)
def test_text_is_shown_and_never_obeyed(kind: Kind) -> None:
    seen = Seen(html.log(Screen().after(Line(kind, ATTACK, "bob"))))
    assert ATTACK in seen.text
    assert set(seen.tags) <= {"div", "span", "bdi"}


def test_names_and_sentences_and_addresses_are_escaped_too() -> None:
    status = Status(Phase.CONNECTED, ATTACK, ATTACK, (ATTACK, 1), (ATTACK, 2))
    screen = Screen().after(status).after(Roster((ATTACK,))).after(Line(Kind.SAID, "x", ATTACK))
    offline = screen.after(Status(Phase.OFFLINE, ATTACK))
    for page in (html.head(screen), html.log(screen), html.users(screen), html.trouble(offline)):
        assert not {"script", "img"} & set(Seen(page).tags)


def test_a_name_and_a_text_are_isolated_from_what_stands_beside_them() -> None:
    page = html.log(Screen().after(Line(Kind.SAID, "שלום", "דוד")))
    assert "<bdi>שלום</bdi>" in page
    assert ">דוד</bdi>" in page


def test_the_head_says_who_where_and_whether_connected() -> None:
    text = Seen(html.head(CONNECTED)).text
    assert all(word in text for word in ("ann", "connected", "127.0.0.1:50000", "127.0.0.1:9898"))
    assert "not connected" in Seen(html.head(Screen())).text


def test_the_mark_stands_above_the_first_unread_line_also_when_that_is_gone() -> None:
    old, new = Line(Kind.SAID, "old", "bob", mine=True), Line(Kind.SAID, "news", "bob")
    screen = Screen().after(old).after(new).after(new)
    text = Seen(html.log(screen)).text
    assert text.index("old") < text.index("2 new") < text.index("news")
    assert " new" not in Seen(html.log(screen.read())).text
    for _ in range(MAX_LINES):
        screen = screen.after(new)
    assert Seen(html.log(screen)).text.count(f"{MAX_LINES + 2} new") == 1


def test_the_past_has_no_time_and_is_not_new() -> None:
    page = html.log(Screen().after(Line(Kind.PAST, "long ago", "bob")))
    assert "ck-past" in page and "ck-time" not in page and "ck-new" not in page


def test_a_countdown_is_seen_and_not_read_aloud_each_second() -> None:
    first = CONNECTED.after(Status(Phase.WAITING, "Lost.", "ann", plan="Trying again in 2 s (try 1).", seconds=2))
    later = first.after(Status(Phase.WAITING, "Lost.", "ann", plan="Trying again in 1 s (try 1).", is_news=False))
    assert 'role="alert"' in html.trouble(first)
    assert "Lost. Trying again in 1 s (try 1)." in html.trouble(later) and "alert" not in html.trouble(later)
    trying = later.after(Status(Phase.CONNECTING, "Connecting", "ann", is_news=False))
    assert "Lost." in html.trouble(trying)
    assert html.trouble(trying.after(Status(Phase.CONNECTED, "Connected again.", "ann"))) == ""


def test_the_head_says_how_the_connection_is_sealed() -> None:
    seal = Seal("TLS 1.3", "TLS_AES_256_GCM_SHA384", "AB:CD")
    status = Status(Phase.CONNECTED, "You are ann.", "ann", ("127.0.0.1", 50000), SERVER, seal=seal)
    page = html.head(Screen().after(status))
    assert "TLS 1.3" in Seen(page).text and "AB:CD" in page


def test_own_messages_and_private_ones_are_marked_in_words() -> None:
    own = Seen(html.log(Screen().after(Line(Kind.SAID, "hello", "ann", mine=True)))).text
    private = Seen(html.log(Screen().after(Line(Kind.TOLD, "psst", "bob")))).text
    assert "you" in own
    assert "bob to you" in private
    assert "private" in private


def test_the_colour_of_a_name_is_given_for_light_and_for_dark() -> None:
    page, colour = html.users(CONNECTED.after(Roster(("bob",)))), colour_of("bob")
    assert f"--on-light:{colour.on_light};--on-dark:{colour.on_dark}" in page


def test_the_list_of_users_counts_all_and_marks_oneself() -> None:
    text = Seen(html.users(CONNECTED.after(Roster(("Ann", "bob"))))).text
    assert "Users (2)" in text
    assert "Ann you" in text


def test_a_long_list_of_users_is_cut_and_says_so() -> None:
    text = Seen(html.users(Screen().after(Roster(tuple(f"u{n}" for n in range(html.MAX_NAMES + 7)))))).text
    assert f"Users ({html.MAX_NAMES + 7})" in text
    assert "and 7 more" in text


def test_a_chat_box_that_dropped_lines_says_so() -> None:
    screen = Screen()
    for _ in range(MAX_LINES + 3):
        screen = screen.after(Line(Kind.SAID, "hello", "bob"))
    assert "3 older lines are not shown" in Seen(html.log(screen)).text


def test_trouble_is_an_alert_and_a_goodbye_looks_milder() -> None:
    refused = html.trouble(Screen().after(Status(Phase.OFFLINE, "Nobody listens.", blame=Blame.SERVER)))
    left = html.trouble(Screen().after(Status(Phase.OFFLINE, "You left the chat.")))
    assert 'role="alert"' in refused
    assert "ck-remark" not in refused
    assert "ck-remark" in left
    assert html.trouble(Screen()) == ""
