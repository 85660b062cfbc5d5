"""PROTOCOL.md says what the code does: its sessions are replayed, its grammar is parsed, its tables are compared."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.errors import ProtocolError
from chatkit.faces.serve_options import LIMITS
from chatkit.net.host import DEFAULT_PORT
from chatkit.net.server import Server
from chatkit.protocol import framing, names, room, text
from chatkit.protocol import messages as m
from chatkit.protocol.limits import Limits
from tests.peer import Peer

DOCUMENT = (Path(__file__).parent.parent / "PROTOCOL.md").read_text("utf-8")

FATAL = {"too-long", "too-many-tries", "join-timeout", "idle", "full"}
REQUESTS = {kind.__name__.upper() for kind in get_args(m.Request)}
REPLIES = {kind.__name__.upper() for kind in get_args(m.Reply)} - {"UNKNOWN"}

Accepts = Callable[[str, bytes], bool]


def block(language: str) -> str:
    """Give the fenced block of this language."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT, re.DOTALL | re.MULTILINE)
    assert len(blocks) == 1, f"{len(blocks)} blocks of {language}"
    return str(blocks[0])


def section(number: int) -> str:
    """Give the text of a section."""
    return re.split(r"^## \d+ ", DOCUMENT, flags=re.MULTILINE)[number]


def table(number: int) -> list[list[str]]:
    """Give the cells of the rows of a section's table, without its head."""
    rows = [row.strip("|").split("|") for row in section(number).splitlines() if row.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


# ---- the sessions ----

STEP = re.compile(r"(\w+) (?:(connects|half-closes|end of stream)|([<>]) +(\d+) (.*))")


def steps() -> list[tuple[str, ...]]:
    matches = [STEP.fullmatch(line) for line in block("session").splitlines()]
    assert all(matches)
    return [match.groups(default="") for match in matches if match]


def test_the_session_happens_as_it_is_written() -> None:
    people: dict[str, Peer] = {}
    with Server(port=0) as server, ExitStack() as stack:
        for who, event, direction, _, line in steps():
            match event or direction:
                case "connects":
                    people[who] = stack.enter_context(Peer(server.address))
                case ">":
                    people[who].send(line + "\n")
                case "<":
                    assert people[who].line() == line + "\n"
                case "half-closes":
                    people[who].finish()
                case "end of stream":
                    assert people[who].rest() == ""


def test_the_session_counts_its_bytes() -> None:
    for _, _, direction, count, line in steps():
        if direction:
            assert int(count) == len(line.encode()) + 1, line


def test_a_person_with_nc_sees_what_is_written() -> None:
    command, *lines = block("nc").splitlines()
    assert command == f"$ nc 127.0.0.1 {DEFAULT_PORT}"
    with Server(port=0) as server, Peer(server.address) as person:
        for line in lines:
            if line[0].islower():
                person.send(line + "\n")
            else:
                assert person.line() == line + "\n"


# ---- the tables ----


def verbs_in(rows: list[list[str]]) -> list[str]:
    return [row[0].strip("`").split(" ")[0] for row in rows]


def test_every_request_has_a_row_and_every_row_a_request() -> None:
    assert sorted(verbs_in(table(8))) == sorted(REQUESTS)


def test_every_reply_has_a_row_and_every_row_a_reply() -> None:
    assert sorted(verbs_in(table(9))) == sorted(REPLIES)


def test_every_state_knows_every_request() -> None:
    told = {verb for _, line, *_ in table(7) for verb in re.findall(r"[A-Z]{3,}", line)}
    assert told == REQUESTS


def test_every_error_code_has_a_row_and_every_row_a_code() -> None:
    assert sorted(row[0].strip("`") for row in table(10)) == sorted(m.Code)


def test_the_fatal_errors_are_marked() -> None:
    fatal = {row[0].strip("`"): row[1] for row in table(10)}
    assert {code for code, mark in fatal.items() if mark == "yes"} == FATAL
    assert {code for code, mark in fatal.items() if mark == "the third time"} == {"wrong-password"}


def test_every_code_that_is_mentioned_exists() -> None:
    mentioned = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", DOCUMENT))
    assert mentioned - set(m.Code) == set()


def test_the_limits_are_those_of_the_server() -> None:
    limits = {row[0]: row[1] for row in table(14)}
    for what, limit in limits.items():
        if option := re.match(r"`--([a-z-]+)`", what):
            assert int(limit.split()[0]) == getattr(Limits(), option[1].replace("-", "_")), what
    options = {option for what in limits for option in re.findall(r"`--([a-z-]+)`", what)}
    assert options == {name.replace("_", "-") for name in LIMITS}


@pytest.mark.parametrize(
    ("what", "limit"),
    [
        ("a line, with its LF", framing.MAX_LINE_BYTES),
        ("a text", text.MAX_TEXT_BYTES),
        ("a name", names.MAX_NAME),
        ("JOINs that fail", room.MAX_JOIN_TRIES),
        ("wrong passwords", room.MAX_WRONG_PASSWORDS),
        ("a held name", Limits().takeover),
        ("silence of a joined client until the server sends PING", Limits().ping_after),
    ],
)
def test_a_limit_without_an_option_is_the_one_in_the_code(what: str, limit: float) -> None:
    (row,) = [row for row in table(14) if row[0] == what]
    assert int(row[1].split(",")[0].split()[0]) == limit


def test_the_lines_that_a_waiting_newcomer_may_send_are_counted() -> None:
    assert f"need not keep more than {room.MAX_HELD_LINES} lines" in " ".join(section(11).split())


def test_what_links_lead_to_is_there() -> None:
    headings = re.findall(r"^## (.*)$", DOCUMENT, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#(.*?)\)", DOCUMENT)) == anchors
    numbers = {int(heading.split()[0]) for heading in headings}
    assert {int(number) for number in re.findall(r"sections? (\d+)", DOCUMENT)} <= numbers


# ---- the grammar ----


@pytest.fixture(scope="module")
def accepts() -> Iterator[Accepts]:
    """Whether a rule of the document's ABNF matches these bytes, in the eyes of a parser that nobody here wrote."""
    abnf = pytest.importorskip("abnf", reason="needs abnf: python3 -m chatkit test installs it")

    class Grammar(abnf.Rule):  # type: ignore[misc, name-defined]
        """The rules of the document; terminals are bytes, so bytes are handed over as Latin-1."""

    Grammar.load_grammar(block("abnf"))

    def accepts(rule: str, data: bytes) -> bool:
        try:
            Grammar(rule).parse_all(data.decode("latin-1"))
        except abnf.ParseError:
            return False
        return True

    yield accepts


def decodes(line: bytes) -> bool:
    """Whether the code understands a request; its names are looked at later, so their characters are looked at here."""
    try:
        request = m.decode_request(line)
    except ProtocolError:
        return False
    return re.fullmatch(r"[A-Za-z0-9_\-\u0080-\U0010ffff]+", getattr(request, "name", "x")) is not None


GOOD_REQUESTS = (
    *(b"PASS", b"PASS ", b"PASS open sesame", b"JOIN ann", b"join Zo\xc3\xab_7-"),
    *(b"SAY hi", b"sAy  hi ", b"SAY  ", "SAY 👩\u200d👧 می\u200cخواهم".encode()),
    *(b"TELL bob hi", b"TELL bob  ", b"WHO", b"WHO ", b"CAPTURE", b"PING 1 2", b"PONG x"),
    *(b"QUIT", b"QUIT ", b"QUIT see you"),
    *(b"SAY \xef\xbf\xbd", b"SAY \xf4\x8f\xbf\xbf", b"SAY \xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa"),
)
BAD_REQUESTS = (
    *(b"JOIN", b"JOIN ", b"JOIN ann bob", b"JOIN ann!", b"SAY", b"SAY ", b"SAYhi", b" SAY hi", b"SAY\thi"),
    *(b"TELL", b"TELL bob", b"TELL bob ", b"TELL  hi", b"WHO is there", b"PING", b"PING ", b"CAPTURE it"),
    *(b"SHOUT", b"HELLO chat/1", b"SAY a\tb", b"SAY a\x7f", b"SAY hi\r", b"SAY \xc2\x85"),
    *(b"SAY \xff", b"SAY \xc0\xaf", b"SAY \xed\xa0\x80", b"SAY \xf4\x90\x80\x80", b"SAY \xc3"),
    *(b"SAY \xe2\x80\xa8", b"SAY \xe2\x80\xae", b"SAY \xe2\x81\xa6", b"SAY \xe2\x81\xa9"),
)


@pytest.mark.parametrize("line", GOOD_REQUESTS)
def test_grammar_and_code_accept_a_good_request(line: bytes, accepts: Accepts) -> None:
    assert accepts("request", line)
    assert decodes(line)


@pytest.mark.parametrize("line", BAD_REQUESTS)
def test_grammar_and_code_refuse_a_bad_request(line: bytes, accepts: Accepts) -> None:
    assert not accepts("request", line)
    assert not decodes(line)


PIECES = (
    [verb.encode() for verb in (*REQUESTS, "say", "Tell", "SHOUT")]
    + [b" ", b" ", b"  ", b"ann", b"x", b"_-9", b"!", b"\t", b"\r", b"\x00", b"\x1f", b"\x7f", b"~"]
    + [c.encode() for c in "é\u007f\u0080\u009f\u00a0\u2027\u2028\u202e\u202f\u2065\u2066\u2069\u206a\ud7ff\ue000😀"]
    + b"\xc0\x80 \xe0\x80\x80 \xed\xa0\x80 \xf0\x80\x80\x80 \xf4\x90\x80\x80 \xf5 \xc3 \x80".split()
)


@given(st.lists(st.sampled_from(PIECES), max_size=6).map(b"".join))
def test_grammar_and_code_agree_on_any_request(accepts: Accepts, line: bytes) -> None:
    assert accepts("request", line) == decodes(line)


REPLIES_SENT = (
    m.Hello("chat/1", "hi there"), m.Hello("chat/1"), m.Welcome("Zoë"), m.Users(0, ()), m.Users(2, ("ann", "bob")),
    m.Joined("ann"), m.Said("ann", " two  spaces "), m.Told("ann", "é"), m.Left("ann"), m.Left("ann", "bye all"),
    m.Past("ann", "old"), m.Captured("http://10.0.0.1/x.pcap"), m.Ping("still there"), m.Pong("42"), m.Bye(),
    m.Bye("the server is closing"), *(m.Error(code, "because") for code in m.Code), m.Error("no-text"),
)  # fmt: skip


@pytest.mark.parametrize("reply", REPLIES_SENT, ids=repr)
def test_what_the_code_writes_is_in_the_grammar_and_read_again(reply: m.Reply, accepts: Accepts) -> None:
    line = m.encode(reply)
    assert accepts("reply-line", line)
    assert m.decode_reply(line.removesuffix(b"\n")) == reply


BAD_REPLIES = (
    *(b"HELLO", b"WELCOME", b"WELCOME ", b"USERS", b"USERS ann", b"USERS -1", b"SAID ann", b"SAID ann "),
    *(b"TOLD", b"LEFT", b"ERROR", b"PING", b"SAID ann a\x1bb", b"SAID ann \xff", b"BYE \xe2\x80\xa8"),
)


@pytest.mark.parametrize("line", BAD_REPLIES)
def test_grammar_and_code_refuse_a_bad_reply(line: bytes, accepts: Accepts) -> None:
    assert not accepts("reply", line)
    with pytest.raises(ProtocolError):
        m.decode_reply(line)


def test_the_session_is_in_the_grammar(accepts: Accepts) -> None:
    said = {mark: "".join(line + "\n" for _, _, direction, _, line in steps() if direction == mark) for mark in "<>"}
    assert accepts("from-client", said[">"].encode())
    assert accepts("from-client", b"\xef\xbb\xbf" + said[">"].replace("\n", "\r\n").encode() + b"\r\n\n")
    assert accepts("from-server", said["<"].encode())


def test_the_grammar_has_a_rule_for_every_verb() -> None:
    rules = set(re.findall(r"^([a-z0-9-]+) +=", block("abnf"), re.MULTILINE))
    assert {verb.lower() for verb in REQUESTS | REPLIES} <= rules
