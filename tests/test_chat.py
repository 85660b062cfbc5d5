"""Chat: what the faces share, tried through its door."""

from collections.abc import Iterator
from queue import Queue
from typing import Any, TypeVar

import pytest

from chatkit.faces.chat import Chat
from chatkit.faces.colours import PALETTE, colour_of
from chatkit.faces.updates import Blame, Kind, Line, Phase, Roster, Status, Update
from chatkit.net.server import Server
from tests.peer import TIMEOUT, Peer
from tests.sealed_peer import client_tls, server_tls

U = TypeVar("U", Line, Roster, Status)


class Face:
    """A face with no looks: a door, and what came through it."""

    def __init__(self, **options: Any) -> None:
        self.inbox: Queue[Update] = Queue()
        self.chat = Chat(self.inbox.put, **options)

    def wait_for(self, kind: type[U]) -> U:
        while not isinstance(update := self.inbox.get(timeout=TIMEOUT), kind):
            pass
        return update

    def connect(self, server: Server, name: str = "ann") -> Status:
        self.chat.connect(name, server.address)
        assert self.wait_for(Status).phase is Phase.CONNECTING
        return self.wait_for(Status)


@pytest.fixture
def face() -> Iterator[Face]:
    face = Face()
    yield face
    face.chat.close()


def test_connecting_says_who_and_where_one_is(face: Face, server: Server) -> None:
    status = face.connect(server)
    assert (status.phase, status.name, status.server) == (Phase.CONNECTED, "ann", server.address)
    assert status.own == face.chat.client.address
    assert face.wait_for(Roster).names == ("ann",)


def test_a_message_is_shown_to_its_sender_and_sent_to_the_others(face: Face, server: Server) -> None:
    with Peer(server.address, "bob") as bob:
        face.connect(server)
        assert face.chat.enter(" hello\tbob\n") == ""
        assert bob.until("SAID") == "SAID ann hello bob"
        line = face.wait_for(Line)
        assert (line.kind, line.name, line.text, line.mine) == (Kind.SAID, "ann", "hello bob", True)
        bob.send("SAY hi\n")
        line = face.wait_for(Line)
        assert (line.name, line.text, line.mine, line.speaker) == ("bob", "hi", False, "bob")


def test_joins_and_leaves_are_noticed(face: Face, server: Server) -> None:
    face.connect(server)
    with Peer(server.address, "bob") as bob:
        assert face.wait_for(Line).text == "bob joined"
        assert face.wait_for(Roster).names == ("ann", "bob")
        bob.send("QUIT so long\n")
    assert face.wait_for(Line).text == "bob left (so long)"
    assert face.wait_for(Roster).names == ("ann",)


def test_a_name_that_mixes_alphabets_is_remarked_on(face: Face, server: Server) -> None:
    face.connect(server)
    with Peer(server.address, "\u0430nn2"):
        assert face.wait_for(Line).text == "\u0430nn2 joined (a name of Cyrillic and Latin letters)"


def test_commands_do_what_help_says(face: Face, server: Server) -> None:
    with Peer(server.address, "bob") as bob:
        face.connect(server)
        face.chat.enter("/help")
        assert "/msg NAME TEXT" in face.wait_for(Line).text
        face.chat.enter("/who")
        assert face.wait_for(Line).text == "2 here: bob, ann"
        face.chat.enter("/msg bob psst psst")
        assert bob.until("TOLD") == "TOLD ann psst psst"
        assert face.wait_for(Line).speaker == "to bob"
        face.chat.enter("//etc")
        assert bob.until("SAID") == "SAID ann /etc"
        face.chat.enter("/quit so long")
        assert bob.until("LEFT") == "LEFT ann so long"
        assert face.wait_for(Status) == Status(Phase.OFFLINE, "You left the chat.")


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("/dance", "/dance is not a command"),
        ("/msg bob", "/msg needs a name and a text"),
        ("x" * 8001, "8001 bytes of text, at most 8000"),
    ],
)
def test_what_is_not_sent_is_explained_at_once(face: Face, server: Server, typed: str, reason: str) -> None:
    face.connect(server)
    assert reason in face.chat.enter(typed)


def test_nothing_is_sent_before_one_is_connected(face: Face) -> None:
    assert face.chat.enter("hello") == "Not sent: not connected."
    assert face.chat.enter("  ") == ""


@pytest.mark.parametrize(
    ("name", "blame", "sentence"),
    [
        ("bob", Blame.NAME, "is here already"),
        ("b b", Blame.NAME, "1 to 20 letters"),
    ],
)
def test_a_refusal_blames_the_field(face: Face, server: Server, name: str, blame: Blame, sentence: str) -> None:
    with Peer(server.address, "bob") as bob:
        face.chat.connect(name, server.address)
        if name == "bob":
            bob.until("PING")
            bob.send("PONG x\n")
        face.wait_for(Status)
        status = face.wait_for(Status)
    assert (status.phase, status.blame) == (Phase.OFFLINE, blame)
    assert sentence in status.sentence


@pytest.mark.parametrize("said", [None, "swordfisch"])
def test_without_the_password_one_is_told_that_it_is_needed_and_may_try_another(said: str | None) -> None:
    face = Face(password=said)
    with Server(port=0, password="swordfish") as server:
        refused = face.connect(server)
        face.chat.password = "swordfish"
        assert face.connect(server).phase is Phase.CONNECTED
        face.chat.close()
    assert (refused.phase, refused.blame) == (Phase.OFFLINE, Blame.PASSWORD)
    assert refused.sentence == (
        "The server refused: that is not the room's password (3 tries)." if said else "This room has a password."
    )


def test_a_server_that_is_gone_blames_the_server(face: Face) -> None:
    with Server(port=0) as server:
        face.connect(server)
    assert face.wait_for(Status).sentence == "The server said BYE: the server is closing."
    face.chat.reconnect()
    face.wait_for(Status)
    status = face.wait_for(Status)
    assert (status.phase, status.blame) == (Phase.OFFLINE, Blame.SERVER)
    assert "Nobody listens" in status.sentence


def test_one_can_come_back(face: Face, server: Server) -> None:
    face.connect(server)
    face.chat.disconnect()
    assert face.wait_for(Status).phase is Phase.OFFLINE
    face.chat.reconnect()
    assert face.wait_for(Status).phase is Phase.CONNECTING
    assert face.wait_for(Status).phase is Phase.CONNECTED


def test_closing_leaves_politely_and_may_be_done_twice(face: Face, server: Server) -> None:
    with Peer(server.address, "bob") as bob:
        face.connect(server)
        face.chat.close()
        face.chat.close()
        assert bob.until("LEFT") == "LEFT ann"


def test_a_name_has_one_colour_whatever_its_case() -> None:
    assert colour_of("Ann") == colour_of("ann")
    assert len({colour_of(f"user{n}") for n in range(200)}) == len(PALETTE)


def test_the_cast_of_the_lessons_have_colours_of_their_own() -> None:
    cast = ("ann", "bob", "carl", "carol", "dave", "eve", "mallory")
    assert len({colour_of(name) for name in cast}) == len(cast)


@pytest.mark.parametrize("ground", ["on_light", "on_dark"])
def test_every_colour_can_be_read_on_its_ground(ground: str) -> None:
    for colour in PALETTE:
        luminance = _luminance(getattr(colour, ground))
        ground_luminance = 1.0 if ground == "on_light" else _luminance("#1e1e1e")
        high, low = max(luminance, ground_luminance), min(luminance, ground_luminance)
        assert (high + 0.05) / (low + 0.05) >= 4.5, colour


def _luminance(rgb: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = [int(rgb[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_a_sealed_connection_says_how() -> None:
    with Server(port=0, tls=server_tls()) as server:
        face = Face(tls=client_tls())
        status = face.connect(server)
        face.chat.close()
    assert status.seal is not None and status.seal.version.startswith("TLS 1.")
    assert status.story == f"You are ann. Sealed by {status.seal}."
