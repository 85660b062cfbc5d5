"""What a notebook shows of TLS, on a LAN, on loopback, and as it was recorded."""

from pathlib import Path

import pytest

from chatkit.capture.hello import TLS_1_2, TLS_1_3
from chatkit.capture.recorded import names, recorded
from chatkit.errors import CaptureError
from chatkit.faces.notebook import sealed_talk, tls_views
from chatkit.faces.notebook.between import go_between
from chatkit.faces.notebook.eve_views import HOSTS, PASSWORD, WORDS
from chatkit.faces.notebook.sealed_talk import Talk, talk
from chatkit.faces.notebook.stand_in import StandIn
from chatkit.faces.notebook.tls_views import eve_can_tell, keys_for, records_in
from chatkit.faces.overheard import Remark
from chatkit.faces.recordings.sealed import ATTACKS, TALKS, main
from chatkit.lan.lan import Lan
from tests.needs import needs_lan, needs_live_capture

NOT_HERE = StandIn(HOSTS, "It is locked.")
SAID = tuple(Remark(who, text) for who, text in WORDS)


@pytest.fixture
def nothing_can_be_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKIT_CAPTURE", "recorded")


def of_recorded(name: str) -> Talk:
    version, words = TALKS[name]
    return talk(NOT_HERE, name, version, words)


def row(rows: tls_views.Rows, question: str) -> tuple[str, ...]:
    return next(row[1:] for row in rows.rows if row[0] == question)


@needs_lan
@pytest.mark.parametrize("version", [None, TLS_1_2, TLS_1_3])
def test_on_a_hub_eve_reads_what_is_plain_and_nothing_that_is_sealed(version: int | None) -> None:
    with Lan(*HOSTS, kind="hub") as lan:
        heard = talk(lan, "", version)
    assert heard.compared.both == (() if version else SAID)
    assert heard.compared.passwords == (() if version else (Remark("ann", PASSWORD), Remark("bob", PASSWORD)))
    assert bool(heard.keys) == bool(version) and "seen at eve" in repr(heard)


@needs_lan
def test_where_nothing_comes_to_eve_there_is_nothing_to_compare() -> None:
    with Lan(*HOSTS) as lan:
        talk(lan, "")  # the switch learns who is where
        heard = talk(lan, "")
    assert heard.compared.only_in_transcript == SAID
    with pytest.raises(CaptureError, match="no conversation"):
        _ = heard.anns


@needs_live_capture
def test_without_a_lan_it_happens_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKIT_CAPTURE", "loopback")
    heard = talk(NOT_HERE, "tls-sealed", TLS_1_3, words=[("ann", "hello")])
    assert "caught live on" in repr(heard)
    assert '"SAY hello\\n"' in repr(records_in(heard.anns, heard.keys))


@pytest.mark.usefixtures("nothing_can_be_caught")
@pytest.mark.parametrize("name", TALKS)
def test_where_nothing_can_be_caught_it_is_recorded(name: str) -> None:
    heard = of_recorded(name)
    assert "RECORDED" in repr(heard) and heard.words == TALKS[name][1]
    assert bool(heard.keys) == bool(TALKS[name][0])
    assert heard.compared.is_equal == (name == "tls-plain")


@pytest.mark.usefixtures("nothing_can_be_caught")
def test_what_eve_can_tell_stands_beside_each_other() -> None:
    told = eve_can_tell(**{name: of_recorded(name) for name in ("tls-plain", "tls-sealed", "tls-old")})
    assert row(told, "TLS") == ("none", "TLS 1.3", "TLS 1.2")
    assert row(told, "the certificate") == ("none", "sealed", "of server")
    assert row(told, "the server's name") == ("no name is said", "server", "server")
    assert row(told, "ann's first lines") == ('"PASS tulip" "JOIN ann"', "sealed", "sealed")
    assert all(" > 10.0.0.1:" in ends for ends in row(told, "who with whom"))
    assert row(told, "bytes in ann's segments")[0] == "11 9 29 29 5"


@pytest.mark.usefixtures("nothing_can_be_caught")
def test_records_are_counted_and_with_the_keys_they_are_read() -> None:
    sealed = of_recorded("tls-sealed")
    closed, read = records_in(sealed.anns), records_in(sealed.anns, sealed.keys)
    assert [row[:5] for row in closed.rows] == [row[:5] for row in read.rows]
    assert {row[5] for row in closed.rows} == {""}
    opened = [row[5] for row in read.rows if row[2] == "application data"]
    assert '"PASS tulip\\n"' in opened and "(the certificate)" in opened and "(close_notify: I have said all)" in opened
    with pytest.raises(CaptureError, match="of another connection"):
        records_in(sealed.anns, of_recorded("tls-lengths").keys)


@pytest.mark.usefixtures("nothing_can_be_caught")
def test_of_the_keys_those_of_this_connection_are_shown_and_cut_short() -> None:
    sealed = of_recorded("tls-sealed")
    _, *rows = keys_for(sealed.anns, sealed.keys).rows
    assert {"CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"} <= {label for label, _, _ in rows}
    assert len({random for _, random, _ in rows}) == 1 and 2 * len(rows) == len(sealed.keys.splitlines()) - 1
    assert all(secret.endswith("…") for _, _, secret in rows)


def test_what_was_opened_cannot_speak_to_the_terminal() -> None:
    assert tls_views._content(tls_views.Opened(None, tls_views.Kind.APPLICATION_DATA, b"\x1b[2J")) == '"\\x1b[2J"'  # type: ignore[arg-type]


# ---- in the middle ----


@needs_lan
def test_who_checks_nothing_is_read_and_who_checks_is_told() -> None:
    with Lan(*HOSTS, kind="hub") as lan:
        careless, careful = (go_between(lan, "", careful=careful) for careful in (False, True))
    for words in ("client: PASS tulip", "client: SAY the key is under the mat"):
        assert words in repr(careless) and words not in repr(careful)
    assert "bob hears        the key is under the mat" in careless.lines
    assert "nobody here trusts" in repr(careful) and "client:" not in repr(careful)
    assert len(careless.capture.conversations) == 3


@pytest.mark.parametrize("name", ATTACKS)
def test_without_a_lan_what_she_did_is_recorded_and_says_why(name: str) -> None:
    between = go_between(NOT_HERE, name, careful=ATTACKS[name])
    assert "RECORDED" in repr(between) and "it was not played here: It is locked." in repr(between)
    assert ("client: PASS tulip" in repr(between)) == (not ATTACKS[name])


# ---- what is recorded ----


@needs_lan
def test_the_command_that_records_makes_what_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 0
    assert {path.stem for path in tmp_path.iterdir()} == {*TALKS, *ATTACKS} <= set(names())
    monkeypatch.setattr(sealed_talk, "FOLDER", tmp_path)
    again = sealed_talk._recorded("tls-sealed", recorded("tls-sealed"))
    assert again.words == WORDS and "CLIENT_TRAFFIC_SECRET_0" in again.keys
    assert capsys.readouterr().out.count("saved in") == len({*TALKS, *ATTACKS})
