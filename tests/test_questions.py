"""Each question, on captures of which everything is known: right is right, and every mistake gets its name.

The expected numbers are written down here from how a capture was made, not taken from the questions.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from chatkit.capture.capture import Capture
from chatkit.tcp.segment import Segment
from chatkit.teach.catalogue import find_question, questions
from chatkit.teach.checker import check
from chatkit.teach.feedback import Feedback, Verdict
from chatkit.teach.kind import letter
from tests.stories import Story
from tests.talks import ACK, FIN, HELLO, PSH, RST, SYN, Ends, caught, caught_twice

V6 = {"client": ("fd00::1", 51_000), "server": ("fd00::9", 4040)}
PAIRS = (Ends(3_477_729_235, 1_950_300_111), Ends(4_294_967_290, 1_000_000), Ends(77_000_000, 2_147_483_640, **V6))
JOIN, PASS = b"JOIN ann\n", b"PASS red tulip\n"
SAYS = ("SAY café at noon? 🙂\n".encode(), "SAY grüß dich, bob\n".encode(), "SAY naïve\n".encode())


@dataclass(frozen=True)
class Case:
    """A question on one capture: what is right, in which frames, and what each mistake gives."""

    id: str
    story: Story
    answer: str
    frames: tuple[int, ...]
    mistakes: dict[str, str]
    capture: Capture | None = None

    def check(self, answer: str, frame: int | None = None) -> Feedback:
        return check(self.id, self.capture or self.story.capture, answer, frame)

    @property
    def name(self) -> str:
        return f"{self.id}-{self.story.ends.client_isn}"


def chat(number: int, segments: int = 3, closer: str = "client") -> Story:
    """Ann gives a password, joins, says a sentence and leaves."""
    story = Story(PAIRS[number]).opens().says(PASS + JOIN, "join").says(SAYS[number], "say")
    return story.says(b"SAID bob hi there\n", "said", who="server").closes(closer, segments)


CHATS = [chat(0), chat(1, segments=4, closer="server"), chat(2, segments=4)]
SHORT = [Story(ends).opens().says(JOIN, "join").says(say, "say") for ends, say in zip(PAIRS, SAYS, strict=True)]


# ---- what opens it ----


def _before_data() -> Iterator[Case]:
    for story in CHATS:
        yield Case("handshake.segments-before-data", story, "3", (story.frame["hello"],), {
            "connect-sends-nothing": "0", "data-in-the-syn": "1", "two-way-handshake": "2",
        })  # fmt: skip


def _ends() -> Iterator[Case]:
    for story in CHATS:
        both = sorted([story.ends.client, story.ends.server])
        server, client = (["a", "b"][both.index(end)] for end in (story.ends.server, story.ends.client))
        shown = story.frame["syn"], story.frame["synack"]
        yield Case("ends.server", story, server, shown, {"direction-from-the-list": client})
        ports = str(story.ends.client[1]), str(story.ends.server[1])
        yield Case("ends.ephemeral-port", story, ports[0], shown, {"port-of-the-server": ports[1]})


def _who_answers() -> Iterator[Case]:
    for story in CHATS:
        yield Case("handshake.who-answers", story, "b", (story.frame["synack"],), {
            "accept-shakes-hands": "a", "thread-shakes-hands": "c", "client-answers-itself": "d",
        })  # fmt: skip


# ---- data ----


def _ack_of_message() -> Iterator[Case]:
    for story, say in zip(CHATS, SAYS, strict=True):
        start, n = 1 + len(PASS + JOIN), len(say)
        ack = story.client_number
        acks = [s.seq for s in story.segments]
        shown = tuple(
            at for at, s in enumerate(story.segments, 1)
            if s.source == story.ends.server and s.ack == ack(start + n) and s.flags & ACK and at > story.frame["say"]
        )  # fmt: skip
        assert acks and shown
        yield Case("data.ack-of-message", story, str(ack(start + n)), shown, {
            "last-byte": str(ack(start + n - 1)),
            "one-per-segment": str(ack(start + 1)),
            "echo": str(ack(start)),
            "headers-counted": str(ack(start + n + 40)),
            "other-direction": str(story.server_number(1 + len(HELLO))),
        })  # fmt: skip


def _bytes_sent() -> Iterator[Case]:
    for number, story in enumerate(CHATS):
        n = len(PASS + JOIN + SAYS[number])
        yield Case("data.bytes-sent", story, str(n), (story.frame["say"],), {
            "syn-or-fin-counted": str(n + 1), "syn-and-fin-counted": str(n + 2), "last-less-first": str(n - 1),
            "headers-counted": str(n + 2 * 40), "other-direction": str(len(HELLO) + len(b"SAID bob hi there\n")),
        })  # fmt: skip
    for story in LOST:
        size = len(story.at("again").payload)
        n = 5 * size
        yield Case(
            "data.bytes-sent", story, str(n), (story.frame["data 4"],), {"retransmissions-counted": str(n + size)}
        )


def _segments_of_client() -> Iterator[Case]:
    for story in CHATS:
        yield Case("data.segments-of-client", story, "2", (), {
            "one-send-one-segment": "3",
            "pure-acks-counted": str(sum(s.source == story.ends.client for s in story.segments)),
            "both-directions": "4",
        })  # fmt: skip
    for story in LOST:
        yield Case("data.segments-of-client", story, "5", (), {"retransmissions-counted": "6"})


def _ack_means() -> Iterator[Case]:
    for story in CHATS:
        shown = tuple(
            at for at, s in enumerate(story.segments, 1)
            if s.source == story.ends.server and at > story.frame["join"] and not s.flags & SYN
        )  # fmt: skip
        yield Case("data.ack-means", story, "b", shown, {
            "acked-is-read": "a", "acked-is-delivered": "c", "acked-is-sent": "d",
        })  # fmt: skip


# ---- payload ----


def _payload() -> Iterator[Case]:
    for story, say in zip(CHATS, SAYS, strict=True):
        in_stream, headers = len(PASS + JOIN) + 4, 40
        yield Case("payload.find-sentence", story, "4", (story.frame["say"],), {
            "counted-from-1": "5", "place-of-the-line": "0", "place-in-the-frame": str(4 + headers),
            "place-in-the-stream": str(in_stream),
        })  # fmt: skip
        text = say.decode()[4:-1]
        n = len(text.encode())
        yield Case("payload.text-length", story, str(n), (), {
            "characters-for-bytes": str(len(text)), "ending-counted": str(n + 1), "verb-counted": str(n + 4),
        })  # fmt: skip
        yield Case("payload.who-can-read", story, "c", (), {
            "port-hides": "a", "password-hides": "b", "server-hides": "d",
        })  # fmt: skip
    for ends in PAIRS:
        story = Story(ends).opens().says(b"PING 1\n", "ping").says(b"PASS tulip\n", "pass").says(JOIN, "join")
        yield Case("payload.find-password", story, "5", (story.frame["pass"],), {
            "counted-from-1": "6", "place-of-the-line": "0", "place-in-the-frame": "45", "place-in-the-stream": "12",
        })  # fmt: skip


# ---- time ----


def _rtt() -> Iterator[Case]:
    for number, ends in enumerate(PAIRS):
        trip = 0.01 * (number + 1)
        story = Story(ends).opens().send("client", PSH | ACK, b"SAY hi\n", "say").send("server", ACK, name="ack of say",
                                                                                       after=trip)  # fmt: skip
        story.send("server", PSH | ACK, b"SAID bob hi\n", "reply", after=0.05).closes("client")
        handshake = (story.between("syn", "synack") + story.between("synack", "ack")) * 1000
        yield Case("timing.rtt", story, f"{trip * 1000:g} ms", (story.frame["ack of say"],), {
            "reply-time": f"{trip + 0.05} s", "one-way": f"{trip * 500} ms", "rtt-of-the-handshake": f"{handshake} ms",
        })  # fmt: skip
    for ends in PAIRS:
        story = Story(ends).opens().says(b"SAY first\n", "first").loses_first_of(1, b"SAY again\n", 0, wait=0.3)
        yield Case("timing.rtt", story, "1 ms", (story.frame["ack of first"],), {"rtt-of-a-retransmission": "301 ms"})
    yield from _constant(
        "timing.karn", "c", {"from-the-first-copy": "a", "from-the-second-copy": "b", "mean-of-both": "d"}
    )


def _threads() -> Iterator[Case]:
    yield from _constant(
        "threads.one-socket", "b", {"sockets-are-thread-safe": "a", "a-race-raises": "c", "the-last-wins": "d"}
    )
    yield from _constant(
        "threads.list-changed", "b", {"the-loop-has-a-copy": "a", "the-last-is-skipped": "c", "lists-complain": "d"}
    )
    yield from _constant(
        "threads.slow-reader", "b",
        {"only-the-sender-waits": "a", "tcp-drops": "c", "only-the-slow-one-suffers": "d"},
    )  # fmt: skip


def _constant(id: str, answer: str, mistakes: dict[str, str]) -> Iterator[Case]:
    """A question whose options are the same on every capture."""
    for story in CHATS:
        yield Case(id, story, answer, (), mistakes)


# ---- loss ----

LOST = [
    Story(ends).opens().loses_first_of(5, b"SAY is it lost?\n"[n:], 4).closes("client") for n, ends in enumerate(PAIRS)
]
TIMED = [
    Story(ends).opens().says(JOIN, "join").loses_first_of(1, b"SAY is it lost?\n", 0, wait=0.2 + n).closes("client")
    for n, ends in enumerate(PAIRS)
]
CALLED_TWICE = [Story(ends).opens(syn_lost=1.0 + n).says(JOIN, "join") for n, ends in enumerate(PAIRS)]


def _loss() -> Iterator[Case]:
    for story in LOST:
        again = story.frame["again"]
        yield Case("loss.retransmission", story, str(again), (again,), {
            "duplicate-ack-is-retransmission": str(story.frame["duplicate 2"]),
            "original-is-retransmission": str(story.frame["data 0"]),
        })  # fmt: skip
        yield Case("loss.how-noticed", story, "b", (again,), {
            "always-a-timeout": "c", "negative-ack": "a", "wire-tells": "d",
        })  # fmt: skip
    for story in TIMED:
        yield Case("loss.how-noticed", story, "c", (story.frame["again"],), {"always-fast": "b"})
    for ends in PAIRS:
        yield _overtaken(ends)
        yield _probed(ends)
    for story in CALLED_TWICE:
        wait = story.between("lost syn", "syn")
        yield Case("loss.syn-backoff", story, f"{wait} s", (story.frame["syn"],), {
            "the-next-wait": f"{2 * wait} s", "rtt-is-timeout": "2 ms",
        })  # fmt: skip
    for ends in PAIRS:
        late = Story(ends).send("client", SYN, name="lost syn", window=65535)
        late.sent["client"] = 0
        late.send("client", SYN, name="syn", after=1.0).send("server", SYN | ACK, name="synack", after=0.4)
        late.send("client", ACK)
        yield Case("loss.syn-backoff", late, "1 s", (late.frame["syn"],), {"until-the-answer": "1.4 s"})


def _overtaken(ends: Ends) -> Case:
    """A segment that another overtakes within a round trip, and later one that is lost."""
    story = Story(ends).opens()
    story.send("client", PSH | ACK, b"SAY two\n", "second", back=-8)
    story.send("client", PSH | ACK, b"SAY one\n", "overtaken", after=0.0002)
    story.sent["client"] += 8
    story.send("server", ACK).loses_first_of(5, b"SAY is it lost?\n", 4)
    mistakes = {"out-of-order-is-retransmission": str(story.frame["overtaken"])}
    return Case("loss.retransmission", story, str(story.frame["again"]), (story.frame["again"],), mistakes)


def _probed(ends: Ends) -> Case:
    """A keep-alive, and later a loss."""
    story = Story(ends).opens().says(JOIN, "join").send("client", ACK, name="probe", back=1).send("server", ACK)
    story.loses_first_of(5, b"SAY is it lost?\n", 4)
    mistakes = {"probe-is-retransmission": str(story.frame["probe"])}
    return Case("loss.retransmission", story, str(story.frame["again"]), (story.frame["again"],), mistakes)


# ---- windows ----


def _window() -> Iterator[Case]:
    for number, ends in enumerate(PAIRS):
        shift, flying = 5 + number, 700 + number
        story = Story(ends, shift).opens().send("client", PSH | ACK, b"SAY " + b"x" * (flying - 5) + b"\n", "say")
        story.send("server", ACK, name="old ack", ack=1, window=100)
        whole = 100 << shift
        yield Case("window.may-send", story, str(whole - flying), (), {
            "unscaled-window": "100", "flight-forgotten": str(whole), "flight-added": str(whole + flying),
            "window-of-the-syn": "65535",
        })  # fmt: skip
        stalled = Story(ends).opens().stalls(b"SAY are you there?\n"[number:]).closes("client")
        closed = stalled.frame["closed"]
        yield Case("window.closed", stalled, str(closed), (closed,), {
            "probe-is-closed": str(stalled.frame["probe"]), "update-is-closed": str(stalled.frame["update"]),
        })  # fmt: skip
        full = (
            Story(ends, shift=0).opens().send("server", ACK, window=10).send("client", PSH | ACK, b"0123456789", "full")
        )
        full.send("server", ACK, name="closed", window=0)
        yield Case("window.closed", full, str(full.frame["closed"]), (full.frame["closed"],), {
            "full-is-closed": str(full.frame["full"]),
        })  # fmt: skip
    yield from _constant(
        "window.whose", "c", {"flow-is-congestion-control": "a", "sender-closes": "b", "loss-closes": "d"}
    )
    yield from _constant("window.send-returned", "d", {
        "returned-is-delivered": "a", "returned-is-acked": "b", "returned-is-sent": "c",
    })  # fmt: skip


# ---- goodbye ----


def _time_wait() -> Iterator[Case]:
    for ends in PAIRS:
        start = Story(ends).opens().says(JOIN, "join").closes("client")
        yield Case("close.time-wait", start, "b", (start.frame["fin"],), {
            "always-the-server": "a", "both-wait": "c", "nobody-waits": "d",
        })  # fmt: skip
        server = Story(ends).opens().says(JOIN, "join").closes("server", 4)
        yield Case("close.time-wait", server, "a", (server.frame["fin"],), {"always-the-client": "b"})
        at_once = Story(ends).opens().closes_at_once()
        yield Case("close.time-wait", at_once, "c", (at_once.frame["fin"], at_once.frame["second fin"]), {})
        broken = Story(ends).opens().says(JOIN, "join").breaks("server")
        yield Case("close.time-wait", broken, "d", (broken.frame["rst"],), {})
    yield from _constant("close.restart", "b", {
        "reuseaddr-cures-loss": "a", "reuseaddr-ends-time-wait": "c", "reuseaddr-shares": "d",
    })  # fmt: skip


def _closing() -> Iterator[Case]:
    for ends in PAIRS:
        three, four = (Story(ends).opens().says(JOIN, "join").closes("client", n) for n in (3, 4))
        yield Case("close.segments", three, "3", (three.frame["last"],), {"always-four": "4", "fins-alone": "2"})
        yield Case("close.segments", four, "4", (four.frame["last"],), {"always-three": "3"})
        end = 1 + len(JOIN)  # the number of the FIN
        yield Case("close.ack-of-fin", three, str(three.client_number(end + 1)), (three.frame["second fin"],), {
            "fin-takes-no-number": str(three.client_number(end)),
            "ack-takes-a-number": str(three.client_number(end + 2)),
            "other-direction": str(three.server_number(1 + len(HELLO))),
        })  # fmt: skip
        riding = (
            Story(ends)
            .opens()
            .send("client", FIN | PSH | ACK, b"QUIT\n", "fin")
            .send("server", FIN | ACK, name="second fin")
        )
        riding.send("client", ACK)
        yield Case("close.ack-of-fin", riding, str(riding.client_number(7)), (riding.frame["second fin"],), {
            "data-before-the-fin": str(riding.client_number(1)),
        })  # fmt: skip


def _ending() -> Iterator[Case]:
    for ends in PAIRS:
        closed = Story(ends).opens().says(JOIN, "join").closes("server")
        fins = closed.frame["fin"], closed.frame["second fin"]
        yield Case("close.ending", closed, "a", fins, {"fin-is-rst": "c"})
        broken = Story(ends).opens().says(JOIN, "join").breaks("client")
        yield Case("close.ending", broken, "c", (broken.frame["rst"],), {"rst-is-fin": "a", "every-rst-refuses": "b"})
        refused = Story(ends).send("client", SYN).send("server", RST | ACK, name="rst")
        yield Case("close.ending", refused, "b", (2,), {"refused-is-no-answer": "d", "refusal-breaks-off": "c"})
        silent = Story(ends).send("client", SYN)
        silent.sent["client"] = 0
        silent.send("client", SYN, after=1.0)
        yield Case("close.ending", silent, "d", (1, 2), {"no-answer-is-refused": "b"})


# ---- order ----


def _letters(story: Story, order: list[int]) -> str:
    """The letters of these frames, as this capture's question offers them."""
    talk = story.capture.conversations[0]
    offers = find_question("order.segments").offers_on(talk)
    return " ".join(letter(offers, str(frame)) for frame in order)


def _order() -> Iterator[Case]:
    for ends in PAIRS:
        story = Story(ends).opens().says(JOIN, "join").closes("server")
        names = ["syn", "synack", "ack", "hello", "join", "fin", "second fin"]
        frames = [story.frame[name] for name in names]
        client = [story.frame[name] for name in ("syn", "ack", "join", "second fin")]
        server = [story.frame[name] for name in ("synack", "hello", "fin")]
        by_seq = sorted(frames, key=lambda frame: story.segments[frame - 1].seq - (
            story.ends.client_isn if frame in client else story.ends.server_isn) & 0xFFFFFFFF)  # fmt: skip
        slow = 2 * story.between("syn", "ack")
        by_clock = sorted(frames, key=lambda f: story.segments[f - 1].time - (slow if f in server else 0))
        yield Case("order.segments", story, _letters(story, frames), (), {
            "one-end-after-the-other": _letters(story, client + server), "by-time-only": _letters(story, by_clock),
            "by-seq-only": _letters(story, by_seq),
        })  # fmt: skip


TURNS = {  # which moment, and both states after it: the remainder of the client's ISN by 8 chooses
    0: ("syn", "SYN-SENT and SYN-RECEIVED"),
    1: ("synack", "ESTABLISHED and SYN-RECEIVED"),
    2: ("ack", "ESTABLISHED and ESTABLISHED"),
    3: ("fin", "FIN-WAIT-1 and CLOSE-WAIT"),
    4: ("second fin", "TIME-WAIT and LAST-ACK"),
    5: ("last", "TIME-WAIT and CLOSED"),
}


def _states() -> Iterator[Case]:
    for start in (6_000, 12_000, 66_666 * 6):
        for turn, (_, pair) in TURNS.items():
            story = Story(Ends(start + turn, 900_000)).opens().says(JOIN, "join").closes("client")
            wrong: dict[str, str] = {}
            if turn in (0, 1):
                wrong["listen-to-established"] = pair.replace("SYN-RECEIVED", "ESTABLISHED")
            if turn > 1:
                wrong["a-step-behind"] = TURNS[turn - 1][1]
            if turn in (3, 4):
                wrong["a-step-ahead"] = TURNS[turn + 1][1]
            if turn not in (2, 5):
                wrong["ends-swapped"] = " and ".join(reversed(pair.split(" and ")))
            yield Case("order.states", story, pair, (), wrong)


MAKERS: tuple[Callable[[], Iterator[Case]], ...] = (
    _before_data, _ends, _who_answers, _ack_of_message, _bytes_sent, _segments_of_client, _ack_means, _payload, _rtt,
    _loss, _window, _time_wait, _closing, _ending, _order, _states, _threads,
)  # fmt: skip
CASES = [case for make in MAKERS for case in make()]
ELSEWHERE = {q.id for q in questions() if q.exercise in (3, *range(19, 24))}
# in test_{handshake,congestion,attack,eavesdropping,sealing,scale}_questions
ALL = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@ALL
def test_the_right_answer_is_right_with_every_frame_that_shows_it(case: Case) -> None:
    wants_frame = find_question(case.id).wants_frame
    for frame in case.frames if wants_frame else (None,):
        feedback = case.check(case.answer, frame)
        assert feedback.verdict is Verdict.RIGHT, feedback


@ALL
def test_no_other_frame_is_taken_for_evidence(case: Case) -> None:
    if find_question(case.id).wants_frame:
        for frame in set(range(1, len(case.story.segments) + 1)) - set(case.frames):
            feedback = case.check(case.answer, frame)
            assert (feedback.verdict, feedback.named and feedback.named.id) == (Verdict.ALMOST, "other-frame"), frame
        assert case.check(case.answer).verdict is Verdict.MISSING


@ALL
def test_each_mistake_is_called_by_its_name(case: Case) -> None:
    for name, answer in case.mistakes.items():
        feedback = case.check(answer, 1)
        assert (feedback.verdict, feedback.named and feedback.named.id) == (Verdict.ALMOST, name), feedback


@ALL
def test_what_nothing_explains_is_never_right_and_gets_a_hint(case: Case) -> None:
    question = find_question(case.id)
    if question.kind.name in ("a number", "a sequence number"):
        feedback = case.check("1234567", 1)
        assert feedback.verdict is Verdict.NOT_YET and question.where in feedback.sentences


def test_every_mistake_of_every_question_is_named_on_three_captures_at_least() -> None:
    seen: dict[tuple[str, str], set[str]] = {}
    for case in CASES:
        for name in case.mistakes:
            seen.setdefault((case.id, name), set()).add(repr(case.story.segments))
    wanted = {(q.id, m.id) for q in questions() if q.id not in ELSEWHERE for m in q.misconceptions}
    wanted -= {("loss.retransmission", "duplicate-capture")}  # on three captures of their own, below
    assert {pair: len(seen.get(pair, ())) for pair in wanted if len(seen.get(pair, ())) < 3} == {}


def test_every_exercise_that_a_capture_of_one_chat_can_answer_has_a_question() -> None:
    assert {question.exercise for question in questions()} >= {*range(1, 8), *range(9, 24), 25}


# ---- what is unfit ----

E = Ends(3_000_000, 9_000_000)
WHOLE, OPEN = chat(0), SHORT[0]
UNANSWERED = Story(E).opens().send("client", PSH | ACK, b"SAY hi\n")
GAP = Story(E).opens().send("client", PSH | ACK, b"a").send("client", PSH | ACK, b"b", back=-5)
MISSES = {
    "handshake.segments-before-data": (caught(WHOLE.segments[:3]), "Nobody sends any data"),
    "data.ack-of-message": (UNANSWERED.capture, "No message of the client has an ACK"),
    "data.ack-means": (UNANSWERED.capture, "is not acknowledged in it"),
    "data.bytes-sent": (GAP.capture, "5 bytes of the client are missing"),
    "payload.find-sentence": (Story(E).opens().says(JOIN, "join").capture, "The client says nothing in it"),
    "payload.text-length": (Story(E).opens().says(b"SAY plain\n", "say").capture, "more than one byte"),
    "payload.find-password": (Story(E).opens().says(JOIN, "join").capture, "gives no password"),
    "timing.rtt": (UNANSWERED.capture, "was sent just once and acknowledged"),
    "loss.retransmission": (WHOLE.capture, "Nothing was sent again"),
    "loss.how-noticed": (Story(E).opens().loses_first_of(2, b"SAY hi\n", 1).capture, "Nothing in it tells for certain"),
    "loss.syn-backoff": (WHOLE.capture, "SYN was sent once"),
    "window.closed": (WHOLE.capture, "No window is 0"),
    "close.time-wait": (OPEN.capture, "still open"),
    "close.segments": (OPEN.capture, "still open"),
    "close.ack-of-fin": (Story(E).opens().breaks("server").capture, "It ends with a reset"),
    "close.ending": (OPEN.capture, "still open"),
    "order.segments": (caught(WHOLE.segments[:2]), "too few segments"),
}


@pytest.mark.parametrize(("id", "capture", "said"), [(id, *row) for id, row in MISSES.items()], ids=MISSES)
def test_a_capture_that_has_not_got_it_is_unfit_and_says_what_to_redo(id: str, capture: Capture, said: str) -> None:
    feedback = check(id, capture, "1", 1)
    assert feedback.verdict is Verdict.UNFIT
    assert said in feedback.sentences[1] and len(feedback.sentences[2]) > 20


@pytest.mark.parametrize("id", [question.id for question in questions()])
def test_a_capture_without_a_handshake_is_unfit_for_whatever_counts_from_it(id: str) -> None:
    midstream = caught(WHOLE.segments[6:])
    free = {q.id for q in questions() if not q.needs} | {"close.ending", "payload.who-can-read"}
    assert (check(id, midstream, "1", 1).verdict is Verdict.UNFIT) == (id not in free)


def test_options_that_are_cut_leave_the_scale_unknown() -> None:
    frames = WHOLE.capture.frames
    cut = tuple(replace(f, data=f.data[:54], wire_length=len(f.data)) for f in frames)
    feedback = check("window.may-send", replace(WHOLE.capture, frames=cut), "1")
    assert feedback.verdict is Verdict.UNFIT


def test_the_order_of_a_capture_and_every_other_that_is_possible_is_right() -> None:
    story = chat(0)
    late = [story.frame[name] for name in ("syn", "synack", "hello", "ack", "join", "fin", "second fin")]
    assert (
        check("order.segments", story.capture, _letters(story, late)).verdict is Verdict.RIGHT
    )  # hello needs no ACK first


def test_states_are_asked_for_only_while_nothing_is_on_its_way() -> None:
    for turn in range(8):
        e = Ends(104 + turn, 300)  # the server speaks on, while the client's FIN is on its way to it
        talk = [*e.handshake(), e.up(PSH | FIN | ACK, 1, 1, b"bye\n"), e.down(PSH | ACK, 1, 1, b"hi\n")]
        capture = caught([*talk, e.up(ACK, 6, 4), e.down(FIN | ACK, 4, 6), e.up(ACK, 6, 5)])
        conversation = capture.conversations[0]
        frame = find_question("order.states").right(conversation).frames[0]
        states = conversation.states[frame - 1]
        assert check("order.states", capture, f"{states.client} and {states.server}").verdict is Verdict.RIGHT


def test_a_syn_that_was_lost_does_not_stay_on_its_way_for_ever() -> None:
    story = Story(Ends(6_001, 300)).opens(syn_lost=1.0).says(JOIN, "join").closes("client")
    assert check("order.states", story.capture, "ESTABLISHED and SYN-RECEIVED").verdict is not Verdict.UNFIT


@pytest.mark.parametrize("story", LOST, ids=lambda story: str(story.ends.client_isn))
def test_a_frame_that_was_caught_twice_is_no_retransmission(story: Story) -> None:
    feedback = check("loss.retransmission", caught_twice(story.segments), 2 * story.frame["data 1"])
    assert (feedback.verdict, feedback.named and feedback.named.id) == (Verdict.ALMOST, "duplicate-capture")


@pytest.mark.parametrize("story", LOST[:2], ids=lambda story: str(story.ends.client_isn))  # IPv6 identifies no datagram
def test_nor_is_a_frame_that_the_wire_doubled(story: Story) -> None:
    capture = caught_on_a_doubling_wire(story.segments, story.frame["data 1"])
    feedback = check("loss.retransmission", capture, story.frame["data 1"] + 1)
    assert (feedback.verdict, feedback.named and feedback.named.id) == (Verdict.ALMOST, "duplicate-capture")
    assert check("loss.retransmission", capture, story.frame["again"] + 1).verdict is Verdict.RIGHT
    both = caught_on_a_doubling_wire(story.segments, story.frame["again"])
    for frame in (story.frame["again"], story.frame["again"] + 1):
        assert check("loss.retransmission", both, frame).verdict is Verdict.RIGHT


def caught_on_a_doubling_wire(segments: list[Segment], doubled: int) -> Capture:
    """One frame comes twice, so long after the first that loopback cannot have done it."""
    frames = list(caught(segments).frames)
    copy = replace(frames[doubled - 1], nanoseconds=frames[doubled - 1].nanoseconds + 5_000_000)
    frames.insert(doubled, copy)
    return Capture(tuple(replace(f, number=n) for n, f in enumerate(frames, 1)), "made for a test, one frame twice")


def test_the_last_sentence_is_the_last_of_the_stream_whatever_came_first() -> None:
    e = Ends(100, 300)
    late = [e.up(PSH | ACK, 10, 1, b"SAY last\n"), e.down(ACK, 1, 1), e.up(PSH | ACK, 1, 1, b"SAY one\n\n")]
    capture = caught([*e.handshake(), *late, e.down(ACK, 1, 19)])
    assert check("payload.find-sentence", capture, "4", 4).verdict is Verdict.RIGHT


def test_an_ack_that_was_overtaken_says_no_window() -> None:
    e = Ends(100, 300)
    lines = [e.up(PSH | ACK, 1, 1, b"a" * 10), e.up(PSH | ACK, 11, 1, b"b" * 10), e.up(PSH | ACK, 21, 1, b"c" * 10)]
    acks = [replace(e.down(ACK, 1, 21), window=1000), replace(e.down(ACK, 1, 11), window=900)]
    capture = caught([*e.handshake(), *lines, *acks])
    assert check("window.may-send", capture, "990").verdict is Verdict.RIGHT


def test_a_close_whose_first_ack_rides_with_data_takes_four() -> None:
    story = Story(PAIRS[0]).opens().send("client", FIN | ACK, name="fin").send("server", PSH | ACK, b"BYE\n")
    story.send("server", FIN | ACK).send("client", ACK, name="last")
    assert check("close.segments", story.capture, "4", story.frame["last"]).verdict is Verdict.RIGHT
    feedback = check("close.segments", story.capture, "3", story.frame["last"])
    assert feedback.named and feedback.named.id == "always-three"


def test_a_close_may_be_counted_with_what_was_sent_again() -> None:
    story = Story(PAIRS[0]).opens().closes("client")
    story.send("server", FIN | ACK, back=1, after=0.3).send("client", ACK)
    for count, frame in (("3", story.frame["last"]), ("5", len(story.segments)), ("3", len(story.segments))):
        assert check("close.segments", story.capture, count, frame).verdict is Verdict.RIGHT


def test_a_copy_that_loopback_makes_is_the_same_frame() -> None:
    capture = caught_twice(LOST[0].segments)
    again = 2 * LOST[0].frame["again"]
    assert check("loss.how-noticed", capture, "b", again).verdict is Verdict.RIGHT
