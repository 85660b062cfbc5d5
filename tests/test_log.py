"""The log: which events are worth a line, how the line reads, and that printing holds up nobody."""

import io
import time

import pytest

from chatkit.faces.colours import colour_of
from chatkit.faces.log import MAX_WAITING, WORTH_A_LINE, Log, log_line
from chatkit.net.event import Event, What

WHEN = 1_700_000_000.0
CLOCK = time.strftime("%H:%M:%S", time.localtime(WHEN))
ANN = ("127.0.0.1", 50132)


def event(what: What, who: str = "", text: str = "") -> Event:
    return Event(what, who, ANN, text=text, when=WHEN)


LINES = [
    (event(What.JOINED, "ann"), "ann joined"),
    (event(What.LEFT, "ann"), "ann left"),
    (event(What.LEFT, "ann", "closed without QUIT"), "ann left: closed without QUIT"),
    (event(What.LEFT, "", "join timeout"), "somebody left: join timeout"),
    (event(What.REFUSED, "ann", "unknown-verb BLA is not known"), "ann was refused (unknown-verb): BLA is not known"),
    (event(What.REFUSED, "", 'bad-name "a b" has a space'), 'somebody was refused (bad-name): "a b" has a space'),
    (event(What.TROUBLE, "", "no thread for this client"), "trouble: no thread for this client"),
]


@pytest.mark.parametrize(("event", "words"), LINES)
def test_an_event_reads_as_time_address_and_words(event: Event, words: str) -> None:
    assert log_line(event) == f"{CLOCK}  127.0.0.1:50132        {words}"


def test_the_words_begin_in_the_same_column_whatever_the_address() -> None:
    longest = Event(What.JOINED, "ann", ("255.255.255.255", 65535), when=WHEN)
    nobody = Event(What.TROUBLE, text="no descriptor is left", when=WHEN)
    assert log_line(longest) == f"{CLOCK}  255.255.255.255:65535  ann joined"
    assert log_line(nobody) == f"{CLOCK}  {'':21}  trouble: no descriptor is left"


@pytest.mark.parametrize("what", [what for what in What if what not in WORTH_A_LINE])
def test_other_events_are_worth_no_line(what: What) -> None:
    assert log_line(event(what, "ann", "text")) is None


def test_what_is_said_in_the_room_stays_out_of_the_log() -> None:
    assert log_line(event(What.SAID, "ann", "a secret")) is None


@pytest.mark.parametrize("hostile", ["\x1b]0;title\x07", "\x1b[2J", "\u202eevil", "\x9b2J", "\r\n14:02:11 root joined"])
def test_nothing_that_a_terminal_obeys_gets_into_a_line(hostile: str) -> None:
    line = log_line(event(What.LEFT, "ann", hostile)) or ""
    assert line.isprintable()
    assert "\\" in line


def test_braces_in_a_reason_are_just_text() -> None:
    assert (log_line(event(What.LEFT, "ann", "{who} {0}")) or "").endswith("ann left: {who} {0}")


def test_colour_changes_no_word_and_is_the_names_own() -> None:
    line = log_line(event(What.JOINED, "ann"), colour=True) or ""
    assert f"\x1b[38;5;{colour_of('ann').terminal}mann joined\x1b[0m" in line


class Stream(io.StringIO):
    """Remembers how much had been flushed."""

    flushed = ""

    def flush(self) -> None:
        self.flushed = self.getvalue()


def test_each_line_is_flushed_and_a_pipe_gets_no_colour() -> None:
    stream = Stream()
    log = Log(stream)
    log.note(event(What.JOINED, "ann"))
    log.note(event(What.LEFT, "ann"))
    log.print_what_comes(patience=0)
    assert stream.flushed.splitlines() == [log_line(event(What.JOINED, "ann")), log_line(event(What.LEFT, "ann"))]


def test_a_log_that_nobody_prints_stays_small_and_says_so_later() -> None:
    stream = Stream()
    log = Log(stream)
    for _ in range(MAX_WAITING + 5):
        log.note(event(What.JOINED, "ann"))
    log.print_what_comes(patience=0)
    log.print_what_comes(patience=0)
    lines = stream.getvalue().splitlines()
    assert len(lines) == MAX_WAITING + 1
    assert lines[-1] == "(lines are missing here: more came than could be printed)"
