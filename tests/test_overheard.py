"""The eavesdropper beside the transcript: equal in plain text, deaf under TLS, and with more than was written down."""

import pytest

from chatkit.capture.capture import Capture
from chatkit.capture.recorded import recorded
from chatkit.capture.wire_capture import capture_of
from chatkit.faces.overheard import Remark, compare
from chatkit.faces.transcript import Transcript
from chatkit.lan.lan import Lan
from chatkit.net.client import Client
from chatkit.net.event import Event, What
from chatkit.net.server import Server
from chatkit.net.tls import unverified_context
from tests.needs import needs_lan
from tests.sealed_peer import server_tls
from tests.talks import ACK, HELLO, PSH, Ends, caught

ANN, BOB = Ends(100, 300), Ends(500, 700, client=("10.0.0.2", 40001))


def transcript(*said: tuple[str, str]) -> Transcript:
    return Transcript(tuple(Event(What.SAID, who, text=text) for who, text in said))


def talk(ends: Ends, said: bytes, heard: bytes = b"") -> Capture:
    """A conversation in which the client says all of it, and the server then answers."""
    here, there = 1 + len(said), 1 + len(HELLO)
    return caught(
        [
            *ends.handshake(),
            ends.down(PSH | ACK, 1, 1, HELLO),
            ends.up(PSH | ACK, 1, there, said),
            ends.down(PSH | ACK, there, here, heard or b"WELCOME ann\nUSERS 1 ann\n"),
        ]
    )


def both(one: Capture, other: Capture) -> Capture:
    return caught([*one.segments, *other.segments])


def test_in_plain_text_the_eavesdropper_has_every_word() -> None:
    found = compare(transcript(("ann", "é"), ("ann", "é")), talk(ANN, "JOIN ann\nSAY é\nSAY é\n".encode()))
    assert found.is_equal
    assert found.both == (Remark("ann", "é"),) * 2
    assert repr(found) == "The eavesdropper has all 2 messages, word for word."


def test_each_message_counts_once_however_many_hear_it() -> None:
    capture = both(
        talk(ANN, b"JOIN ann\nSAY hi\n"),
        talk(BOB, b"JOIN bob\n", b"WELCOME bob\nUSERS 2 ann bob\nSAID ann hi\n"),
    )
    assert compare(transcript(("ann", "hi")), capture).is_equal


def test_what_somebody_hears_gives_the_others_away() -> None:
    capture = talk(BOB, b"JOIN bob\n", b"WELCOME bob\nUSERS 2 ann bob\nPAST ann before\nSAID ann hi\n")
    assert compare(transcript(("ann", "before"), ("ann", "hi")), capture).is_equal


def test_behind_a_switch_only_ones_own_is_there() -> None:
    found = compare(transcript(("ann", "hi"), ("bob", "secret")), talk(ANN, b"JOIN ann\nSAY hi\n"))
    assert found.only_in_transcript == (Remark("bob", "secret"),)
    verdict = "The eavesdropper has 1 of 2 messages."
    assert repr(found).startswith(f"{verdict}\nonly the server wrote down (1):\n  bob: secret")


def test_what_the_server_refused_is_on_the_wire_all_the_same() -> None:
    found = compare(transcript(), talk(ANN, b"SAY too early\n", b"ERROR not-joined JOIN first\n"))
    assert found.only_on_the_wire == (Remark("10.0.0.1:40000", "too early"),)


def test_the_wire_gives_away_the_password_and_the_whispers_that_no_transcript_has() -> None:
    capture = both(
        talk(ANN, b"PASS tulip\nJOIN ann\nTELL bob psst\n"),
        talk(BOB, b"JOIN bob\n", b"WELCOME bob\nUSERS 2 ann bob\nTOLD ann psst\n"),
    )
    found = compare(transcript(), capture)
    assert found.passwords == (Remark("ann", "tulip"),)
    assert found.whispers == (Remark("ann", "to bob: psst"),)
    assert found.is_equal


def test_bytes_that_are_no_chat_give_nothing_away() -> None:
    noise = bytes(range(256)) * 4
    found = compare(transcript(("ann", "hi")), talk(ANN, noise, noise))
    verdict = "The eavesdropper has nothing of what was said to all."
    assert repr(found) == f"{verdict}\nonly the server wrote down (1):\n  ann: hi"


def test_another_port_is_not_the_chat() -> None:
    assert not compare(transcript(), talk(ANN, b"JOIN ann\nSAY hi\n"), port=80).only_on_the_wire


def test_a_recorded_password_is_read() -> None:
    assert [remark.text for remark in compare(transcript(), recorded("password")).passwords] == ["tulip"]


def test_hostile_words_do_no_harm_where_they_are_shown() -> None:
    found = compare(transcript(("<b>", "\x1b[2J\u202e<script>")), talk(ANN, b"JOIN ann\nSAY <img src=x>\n"))
    html = found._repr_html_()
    assert "<script" not in html
    assert "<img" not in html
    assert "<b>" not in html
    assert "\x1b" not in html
    assert "\u202e" not in html


def test_a_long_list_is_cut_where_it_is_shown_only() -> None:
    found = compare(transcript(*[("ann", str(number)) for number in range(70)]), talk(ANN, b""))
    assert len(found.only_in_transcript) == 70
    assert repr(found).endswith("\n  and 20 more")


@needs_lan
@pytest.mark.parametrize(
    ("kind", "sealed", "has_all"), [("hub", False, True), ("switch", False, False), ("hub", True, False)]
)
def test_on_a_real_lan_eve_has_all_behind_a_hub_and_nothing_behind_a_switch_or_under_tls(
    kind: str, sealed: bool, has_all: bool
) -> None:
    events: list[Event] = []
    tls = server_tls() if sealed else None
    with Lan("server", "ann", "bob", "eve", kind=kind) as lan, Server(host=lan["server"], tls=tls) as server:
        server.subscribe(events.append)
        for name in ("ann", "bob"):
            trusting = unverified_context() if sealed else None
            with Client(name, server.address, host=lan[name], password="tulip", tls=trusting) as client:
                client.say(f"I am {name}")
        found = compare(Transcript(tuple(events)), capture_of(lan.wire, at="eve"))
    words = (Remark("ann", "I am ann"), Remark("bob", "I am bob"))
    assert (found.both, found.only_in_transcript) == ((words, ()) if has_all else ((), words))
    assert len(found.passwords) == (2 if has_all else 0)
