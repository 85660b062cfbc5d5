"""Messages: a line becomes one, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.errors import MisuseError, ProtocolError
from chatkit.protocol import messages as m
from chatkit.protocol.framing import MAX_LINE_BYTES, LineSplitter

REQUESTS = [
    (b"JOIN ann", m.Join("ann")),
    (b"join ann", m.Join("ann")),
    (b"JOIN  ann ", m.Join(" ann ")),
    (b"JOIN", m.Join("")),
    (b"SAY hello,  bob ", m.Say("hello,  bob ")),
    (b"SAY  x", m.Say(" x")),
    ("sAy é😀".encode(), m.Say("é😀")),
    (b"TELL bob  hi there", m.Tell("bob", " hi there")),
    (b"WHO", m.Who()),
    (b"who ", m.Who()),
    (b"PING a b", m.Ping("a b")),
    (b"PONG x", m.Pong("x")),
    (b"QUIT", m.Quit()),
    (b"QUIT ", m.Quit()),
    (b"QUIT so long", m.Quit("so long")),
    (b"PASS a secret", m.Pass("a secret")),
    (b"CAPTURE", m.Capture()),
]
REPLIES = [
    (b"HELLO chat/1 type JOIN", m.Hello("chat/1", "type JOIN")),
    (b"WELCOME ann", m.Welcome("ann")),
    (b"USERS 2 ann bob", m.Users(2, ("ann", "bob"))),
    (b"JOINED bob", m.Joined("bob")),
    (b"SAID ann hello", m.Said("ann", "hello")),
    (b"TOLD ann psst", m.Told("ann", "psst")),
    (b"LEFT ann", m.Left("ann")),
    (b"LEFT ann too slow", m.Left("ann", "too slow")),
    (b"PAST ann once", m.Past("ann", "once")),
    (b"CAPTURED http://x/y", m.Captured("http://x/y")),
    (b"BYE", m.Bye()),
    (b"ERROR bad-name no", m.Error("bad-name", "no")),
    (b"FUTURE thing", m.Unknown("FUTURE")),
]
BAD_REQUESTS = [
    (b"SAY \xff", "bad-line"),
    (b"SAY a\x00b", "bad-line"),
    (b"SAY a\tb", "bad-line"),
    ("SAY \u202e".encode(), "bad-line"),
    (b"SAY a\r", "bad-line"),
    (b"WHO now", "bad-line"),
    (b"\xc3\xa9", "unknown-verb"),
    ("\u017fAY x".encode(), "unknown-verb"),
    (b"SHOUT x", "unknown-verb"),
    (b" SAY x", "unknown-verb"),
    (b"WELCOME ann", "unknown-verb"),
    (b"SAY", "no-text"),
    (b"SAY ", "no-text"),
    (b"TELL", "no-text"),
    (b"TELL bob", "no-text"),
    (b"TELL bob ", "no-text"),
    (b"PING", "no-text"),
    (b"SAY " + b"x" * 8001, "too-long"),
    (b"TELL b " + b"x" * 8001, "too-long"),
]


@pytest.mark.parametrize(("line", "message"), REQUESTS)
def test_a_request_is_read(line: bytes, message: m.Request) -> None:
    assert m.decode_request(line) == message


@pytest.mark.parametrize(("line", "message"), REPLIES)
def test_a_reply_is_read_and_written_alike(line: bytes, message: m.Reply) -> None:
    assert m.decode_reply(line) == message
    if not isinstance(message, m.Unknown):
        assert m.encode(message) == line + b"\n"


@pytest.mark.parametrize("line", [b"WELCOME two words", b"JOINED two words", b"USERS 1 ", b"USERS many", b"SAID ann"])
def test_a_reply_that_no_server_may_send_is_an_error(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        m.decode_reply(line)


@pytest.mark.parametrize(("line", "code"), BAD_REQUESTS)
def test_a_bad_request_has_its_code(line: bytes, code: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        m.decode_request(line)
    assert caught.value.code == code


def test_the_longest_text_passes() -> None:
    assert m.decode_request(b"SAY " + b"x" * 8000) == m.Say("x" * 8000)


def test_a_password_is_never_shown() -> None:
    assert "hunter2" not in repr(m.Pass("hunter2"))
    for line in (b"PASS hunter2\xff", b"PASS hunter2\x00", b"PASSS hunter2"):
        with pytest.raises(ProtocolError) as caught:
            m.decode_request(line)
        assert "hunter2" not in caught.value.text


@pytest.mark.parametrize(
    "message", [m.Say("a\nb"), m.Say(""), m.Say("x" * 8001), m.Tell("a b", "x"), m.Tell("bob", ""), m.Said("", "x")]
)
def test_what_cannot_be_sent_is_refused_before_it_is(message: m.Message) -> None:
    with pytest.raises(MisuseError):
        m.encode(message)


@given(st.binary(max_size=60).filter(lambda line: b"\n" not in line))
def test_any_line_is_a_message_or_a_protocol_error(line: bytes) -> None:
    for decode in (m.decode_request, m.decode_reply):
        try:
            message = decode(line)
        except ProtocolError as error:
            assert m.error_line(error.code, error.text).startswith(b"ERROR ")
        else:
            assert isinstance(message, m.Message)


TEXT = st.text(
    st.characters(
        exclude_categories=("Cc", "Cs"),
        exclude_characters="\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    ),
    min_size=1,
    max_size=80,
)


@given(TEXT)
def test_text_arrives_as_it_was_sent(text: str) -> None:
    (line,) = LineSplitter().feed(m.encode(m.Say(text)))
    assert m.decode_request(line) == m.Say(text)


@pytest.mark.parametrize("count", [0, 1, 400, 401, 3000])
def test_a_long_list_of_users_takes_lines_that_are_not_too_long(count: int) -> None:
    names = [f"{'n' * 15}{number}" for number in range(count)]
    lines = LineSplitter().feed(m.users_lines(names))
    assert all(len(line) < MAX_LINE_BYTES for line in lines)
    parts = [m.decode_reply(line) for line in lines]
    assert all(isinstance(part, m.Users) and part.count == count for part in parts)
    if count:
        assert [name for part in parts if isinstance(part, m.Users) for name in part.names] == names
