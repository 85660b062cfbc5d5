"""The judge: it passes the servers that are right, and names the bug of each that is not."""

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from chatkit.errors import MisuseError, Refused
from chatkit.faces import checking
from chatkit.net.client import Client
from chatkit.net.conformance import Report, judge
from chatkit.net.conformance.judging import EVERY_RULE
from chatkit.net.event import Address
from chatkit.net.server import Server
from tests.planted import bugs
from tests.planted.sound import Client as PlantedClient
from tests.planted.sound import GenerousServer, SoundServer

ROOT = Path(__file__).parent.parent

_PAST = "PAST: what was said to all before one came, in order, where it is told"

PLANTED: dict[type[SoundServer], tuple[str, set[str]]] = {
    # server: what the report has to say, and the rules that may break with that bug
    bugs.RecvIsMessage: (
        'A recv() was taken for a message: "SAY one\\nSAY two\\nSAY three\\n", sent in one piece, reached bob as '
        '"SAID ann one", "SAY two", "SAY three"',
        {
            "framing: lines that come glued together",
            "framing: a line that comes byte by byte",
            "framing: a line and a half",
            "framing: a cut inside a UTF-8 character",
            "framing: an empty line is ignored",
            "framing: half a line at the end is not said",
            "SAY: 250 that are sent at once all arrive",
        },
    ),
    bugs.NothingKeptForTheNextRecv: (
        "A recv() was taken for a message: a line that came byte by byte was not put together",
        {
            "framing: a line that comes byte by byte",
            "framing: a line and a half",
            "framing: a cut inside a UTF-8 character",
            "framing: half a line at the end is not said",
        },
    ),
    bugs.DecodesBeforeItSplits: (
        "Bytes were decoded or obeyed before the line was whole",
        {"framing: a cut inside a UTF-8 character", "errors: bad-line, for what is not UTF-8"},
    ),
    bugs.HalfLineSaid: ("Half a line was said", {"framing: half a line at the end is not said"}),
    bugs.CrKept: (
        "A CR before LF is dropped, but",
        {"framing: CR LF ends a line as LF does", "framing: an empty line is ignored"},
    ),
    bugs.NoLimit: (
        "10000000 bytes came without LF, and the server went on collecting them",
        {
            "errors: too-long, for a line of 8193 bytes",
            "errors: the last ERROR is not destroyed by an RST",
            "others: 10 MB without LF: too-long, at their sender's cost",
        },
    ),
    bugs.NamesNotFolded: (
        'Names are not folded: "ANN" is the same as ann',
        {
            "names: ANN is ann, in full-width letters too",
            "names: STRASSE is Straße",
            "names: TELL BOB reaches bob",
        },
    ),
    bugs.NamesGivenAway: (
        "Ann answers PING, but lost name and connection",
        {
            "names: who asks for one and half-closes is answered",
            "names: one that is in the room is taken",
            "names: ANN is ann, in full-width letters too",
            "names: STRASSE is Straße",
        },
    ),
    bugs.SenderEchoed: ("The sender was echoed", {"SAY: the sender does not"}),
    bugs.StrangersHear: (
        "A client that had not joined heard the room",
        {"who has not joined hears nothing of the room"},
    ),
    bugs.TellToAll: ("TELL went to others than the one it names", {"TELL: reaches that one, and nobody else"}),
    bugs.TextStripped: ("Spaces were stripped", {"SAY: spaces arrive as they were sent"}),
    bugs.VerbsInCapitalsOnly: ("Verbs are taken in capitals only", {"verbs are taken in any case"}),
    bugs.UsersCountsTheOthers: (
        "N counts all names, oneself too",
        {"USERS follows WELCOME", "USERS N counts and names everybody, oneself too"},
    ),
    bugs.JoinedToOneself: (
        "JOINED was sent to the newcomer itself",
        {"the newcomer does not hear its own JOINED"},
    ),
    bugs.LeftMissing: (
        "Ann said QUIT, and bob did not hear LEFT",
        {
            "LEFT: the others hear it, with the last word",
            "LEFT: once, when a stream ends without QUIT",
            "LEFT: once, when a connection is reset",
        },
    ),
    bugs.GhostsStay: (
        "Ann's stream has ended, and USERS still names her",
        {
            "LEFT: once, when a stream ends without QUIT",
            "LEFT: once, when a connection is reset",
            "USERS does not name who is gone",
        },
    ),
    bugs.DyingOfBadBytes: ("and the connection ended", {"errors: bad-line, for what is not UTF-8"}),
    bugs.ErrorDestroyedByRst: (
        "close() with bytes that nobody read sends RST",
        {"errors: the last ERROR is not destroyed by an RST"},
    ),
    bugs.SlowReaderStallsAll: (
        "One client that does not read stopped the others",
        {"others: a client that does not read stops nobody"},
    ),
    bugs.ReadsWhereItAccepts: (
        "the loop that accepts must not read",
        {"clients that say nothing stop nobody"},
    ),
    bugs.PastBeforeUsers: ("PAST came before USERS", {"PAST: after USERS", "USERS follows WELCOME"}),
    bugs.PastNewestFirst: ("What was said before bob came reaches him as PAST, in its order", {_PAST}),
    bugs.PastSaidAgain: (
        'reaches him as PAST, in its order, or not at all: "PAST ann one", "PAST ann two", "PAST ann three" was '
        'expected, "SAID ann one"',
        {_PAST},
    ),
    bugs.PastWithWhispers: ("What ann told one alone came to a newcomer", {_PAST}),
    bugs.CaptureUnknown: (
        'ERROR no-capture; "ERROR unknown-verb',
        {
            "CAPTURE: a link, or no-capture",
            "CAPTURE before JOIN: not-joined",
            "errors: bad-line, for anything behind CAPTURE",
        },
    ),
    bugs.OneLinkForAll: (
        "Two clients were given the same link",
        {"CAPTURE: a link for each client, where there are any"},
    ),
}


COMMON = (
    bugs.RecvIsMessage,
    bugs.DecodesBeforeItSplits,
    bugs.HalfLineSaid,
    bugs.NamesNotFolded,
    bugs.SenderEchoed,
    bugs.VerbsInCapitalsOnly,
    bugs.UsersCountsTheOthers,
    bugs.LeftMissing,
    bugs.ErrorDestroyedByRst,
    bugs.SlowReaderStallsAll,
)
RARE = tuple(kind for kind in PLANTED if kind not in COMMON)

Reports = dict[type[SoundServer], Report]


@pytest.fixture(scope="module")
def reports(request: pytest.FixtureRequest) -> Reports:
    """Judge planted servers side by side: most of the time is spent in waiting for what does not come."""
    kinds: tuple[type[SoundServer], ...] = request.param
    with ThreadPoolExecutor(len(kinds)) as pool:
        return dict(zip(kinds, pool.map(_judge_planted, kinds), strict=True))


def _judge_planted(kind: type[SoundServer]) -> Report:
    with kind() as server:
        return judge(server.address)


@pytest.fixture
def address() -> Iterator[Address]:
    with Server(port=0) as server:
        yield server.address


def test_the_server_of_chatkit_keeps_every_rule(address: Address) -> None:
    report = judge(address)
    assert report.passed, str(report)


def test_the_server_of_chatkit_keeps_every_rule_with_all_that_it_may_offer() -> None:
    with Server(port=0, history=1000, capture_link=lambda address: f"http://127.0.0.1/{address[1]}") as server:
        report = judge(server.address)
    assert report.passed, str(report)


@pytest.mark.slow
def test_the_server_of_chatkit_keeps_the_slow_rules_too(address: Address) -> None:
    report = judge(address, slow=True)
    assert report.passed, str(report)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [SoundServer, GenerousServer])
def test_a_sound_server_that_shares_no_code_with_chatkit_keeps_every_rule(kind: type[SoundServer]) -> None:
    with kind() as server:
        report = judge(server.address, slow=True)
    assert report.passed, str(report)


def test_two_judges_in_one_room_with_strangers_do_not_disturb_each_other(address: Address) -> None:
    with Client("stranger", address) as stranger, ThreadPoolExecutor(2) as pool:
        both = [pool.submit(judge, address) for _ in range(2)]
        while wait(both, timeout=0.02).not_done:
            stranger.say("I am always talking")
    for one in both:
        assert one.result().passed, str(one.result())


@pytest.mark.parametrize("reports", [COMMON], indirect=True, ids=["common"])
@pytest.mark.parametrize("kind", COMMON, ids=lambda kind: kind.__name__)
def test_a_planted_bug_is_named_and_nothing_else_is_blamed(kind: type[SoundServer], reports: Reports) -> None:
    _is_named(kind, reports[kind])


@pytest.mark.slow
@pytest.mark.parametrize("reports", [RARE], indirect=True, ids=["rare"])
@pytest.mark.parametrize("kind", RARE, ids=lambda kind: kind.__name__)
def test_a_rare_planted_bug_is_named_too(kind: type[SoundServer], reports: Reports) -> None:
    _is_named(kind, reports[kind])


def _is_named(kind: type[SoundServer], report: Report) -> None:
    sentence, rules = PLANTED[kind]
    assert not report.passed
    assert {verdict.rule for verdict in report.broken} <= rules, str(report)
    assert any(sentence in verdict.sentence for verdict in report.broken), str(report)


@pytest.mark.parametrize(
    ("greeting", "bug"),
    [
        (b"HELLO chat/1 welcome\r\n", "HELLO ended with CR LF"),
        (b"220 mail.example ESMTP\n", 'The first line was "220 mail.example ESMTP", not HELLO chat/1'),
        (b"HELLO chat/2 welcome\n", "not HELLO chat/1"),
        (b"", "Nothing came"),
    ],
)
def test_what_is_no_chat_server_is_told_in_one_sentence(greeting: bytes, bug: str) -> None:
    class Other(SoundServer):
        def greet(self, client: PlantedClient) -> None:
            client.sock.sendall(greeting)
            self.start(client)

    with Other() as server:
        report = judge(server.address, patience=0.3)
    assert bug in report.verdicts[0].sentence
    assert report.unjudged > 50


def test_nobody_there_is_refused_with_a_sentence() -> None:
    with Server(port=0) as server:
        address = server.address
    with pytest.raises(Refused, match="Nobody listens"):
        judge(address)


def test_every_rule_names_a_section_of_the_protocol() -> None:
    sections = re.findall(r"^## (\d+) ", (ROOT / "PROTOCOL.md").read_text("utf-8"), re.MULTILINE)
    assert {rule.section for rule in EVERY_RULE} <= set(sections)


def test_every_rule_is_one_sentence_of_its_own() -> None:
    sentences = [rule.sentence for rule in EVERY_RULE]
    assert len(sentences) == len(set(sentences))


# ---- python3 -m chatkit check ----


def test_check_server_prints_a_table_and_the_verdict(address: Address, capsys: pytest.CaptureFixture[str]) -> None:
    assert checking.main(["server", f"{address[0]}:{address[1]}"]) == 0
    printed = capsys.readouterr().out
    assert "  yes   framing: lines that come glued together\n" in printed
    assert "NO" not in printed
    assert printed.splitlines()[-1].startswith(f"{address[0]}:{address[1]} speaks chat/1")


def test_check_server_says_below_the_table_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    with bugs.HalfLineSaid() as server:
        assert checking.main(["server", f"127.0.0.1:{server.address[1]}"]) == 1
    table, paragraph, verdict = capsys.readouterr().out.split("\n\n")[1:]
    assert "  NO    framing: half a line at the end is not said" in table
    assert paragraph.startswith("NO: framing: half a line at the end is not said\n  Half a line was said: ann's")
    assert paragraph.endswith("See PROTOCOL.md, section 3.")
    assert re.search(r"does not speak chat/1 yet: it broke 1 of \d+ rules\.$", verdict)


def test_check_asks_for_a_subject(capsys: pytest.CaptureFixture[str]) -> None:
    assert checking.main([]) == 2
    assert "check server HOST:PORT" in capsys.readouterr().out


def test_check_server_needs_an_address() -> None:
    with pytest.raises(MisuseError, match="no address"):
        checking.main(["server", "host:port"])


def test_a_room_with_a_password_is_judged_with_the_one_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHATKIT_PASSWORD", "open sesame")
    with Server(port=0, password="open sesame") as server:
        code = checking.main(["server", f"127.0.0.1:{server.address[1]}"])
    printed = capsys.readouterr().out
    assert code == 0, printed
    assert "yes   JOIN without PASS: password-needed" in printed


def test_the_judge_runs_on_a_bare_python(address: Address) -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-E", "-m", "chatkit", "check", "server", f"127.0.0.1:{address[1]}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=40,
    )
    assert done.returncode == 0, done.stdout + done.stderr
