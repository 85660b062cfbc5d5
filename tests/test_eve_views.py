"""What eve hears, what she does, and what gives her away; on a LAN, and as it was recorded."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatkit.capture.recorded import recorded
from chatkit.faces.notebook import eve_views
from chatkit.faces.notebook.eve_views import HOSTS, PASSWORD, WORDS, believed, claims_in, lie, overhear, ways_of
from chatkit.faces.notebook.stand_in import StandIn
from chatkit.faces.overheard import Remark
from chatkit.lan.lan import Lan
from tests.needs import needs_lan

SAID = tuple(Remark(who, text) for who, text in WORDS)
NOT_HERE = StandIn(HOSTS, "It is locked.")


@pytest.fixture
def lan() -> Iterator[Lan]:
    """A switch, and nobody has said a word."""
    with Lan(*HOSTS) as lan:
        yield lan


@needs_lan
def test_on_a_hub_eve_hears_every_word_and_both_passwords() -> None:
    with Lan(*HOSTS, kind="hub") as lan:
        compared = overhear(lan, "").compared
    assert (compared.both, compared.is_equal) == (SAID, True)
    assert compared.passwords == (Remark("ann", PASSWORD), Remark("bob", PASSWORD))


@needs_lan
def test_on_a_switch_she_hears_nothing_and_after_a_lie_what_goes_through_her(lan: Lan) -> None:
    assert overhear(lan, "").compared.only_in_transcript == SAID
    assert "is  server" in believed(lan) and "is  eve" not in believed(lan)
    assert lie(lan) == believed(lan)
    assert believed(lan).count("is  eve") == 2
    compared = overhear(lan, "").compared
    assert compared.is_equal and compared.passwords == (Remark("ann", PASSWORD),)


@needs_lan
def test_the_words_are_those_that_are_given_and_the_ears_too(lan: Lan) -> None:
    heard = overhear(lan, "", at="bob", words=[("bob", "hello, ann")])
    assert heard.compared.both == (Remark("bob", "hello, ann"),)
    assert "seen at bob" in repr(heard)


@needs_lan
def test_what_is_saved_is_what_is_given_where_there_is_no_lan(
    lan: Lan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    overhear(lan, "", at="ann").save("spy-hub", tmp_path)
    monkeypatch.setattr(eve_views, "FOLDER", tmp_path)
    said = overhear(NOT_HERE, "spy-hub").transcript.said
    assert tuple((event.who, event.text) for event in said) == WORDS
    assert (tmp_path / "spy-hub.pcap").exists()


@pytest.mark.parametrize(("name", "count"), [("spy-hub", 3), ("spy-switch", 0), ("spy-between", 3)])
def test_without_a_lan_it_is_recorded_and_says_why(name: str, count: int) -> None:
    heard = overhear(NOT_HERE, name)
    assert len(heard.compared.both) == count
    assert "RECORDED" in repr(heard) and "it was not played here: It is locked." in repr(heard)
    assert lie(NOT_HERE) == "Nobody lies here. It is locked."
    assert believed(NOT_HERE) == "Nobody has asked for a MAC address yet."


def test_a_frame_that_was_forwarded_has_the_same_identification_and_has_lived_longer() -> None:
    _, first, second = ways_of("SAY the key", recorded("spy-between")).rows
    assert first[1:3] == ("ann", "eve") and second[1:3] == ("eve", "server")
    assert first[3] == second[3] and (first[4], second[4]) == ("64", "63")


def test_an_address_that_two_claim_is_marked() -> None:
    rows = {row[0]: row[1:] for row in claims_in(recorded("spy-at-ann")).rows}
    assert rows["10.0.0.1"] == ("server", "server, eve", "TWO CLAIM IT")
    assert rows["10.0.0.2"] == ("ann", "ann", "")
    assert "RECORDED" in repr(claims_in(recorded("spy-at-ann")))
