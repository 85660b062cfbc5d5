"""How fast an end may send, as far as the network is concerned: slow start, and a window that no header has.

A round trip is told by numbers, not by a clock: it begins with a segment, and ends when that one is acknowledged. Only
a capture made where the sender is shows what it had sent by then.
"""

from collections.abc import Iterator
from dataclasses import replace

from chatkit.capture.fitness import Fault
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.options import Options
from chatkit.tcp.segment import Flag, Segment
from chatkit.tcp.sequence import add
from chatkit.teach.example import CLIENT, CLIENT_ISN, SERVER, SERVER_ISN
from chatkit.teach.fitness import SYN, SYNACK, first_data_of_client, lacks
from chatkit.teach.kind import CHOICE, COUNT, Offers, Option
from chatkit.teach.landmarks import covering_acks, data_from_client, frames, sent_again
from chatkit.teach.question import Answer, Gives, Misconception, Question, Way, always, chosen
from chatkit.teach.subjects.window import known_scale
from chatkit.teach.value import Choice, Count, Values

POUR = "Send much at once over a wire that takes long, on a private LAN, and capture at the sender."
LONG = 0.004  # seconds: in less than that a sender may be busy with other things

Round = tuple[Segment, ...]

# ---- round trips ----


def _rounds(talk: Conversation) -> Iterator[Round]:
    """The client's data, by round trips: what it sends until the first of it is acknowledged."""
    again = set(frames(sent_again(talk)))
    left = [s for s in data_from_client(talk) if s.frame not in again]
    while left:
        acks = covering_acks(talk, talk.client, left[0].end)
        end = acks[0].frame if acks else left[-1].frame + 1
        sent = tuple(s for s in left if s.frame < end)
        left = left[len(sent) :]
        yield sent


def a_bulk_transfer(talk: Conversation) -> Fault | None:
    """Three round trips, seen where the sender is, with segments as they were on the wire."""
    if not _is_seen_at_client(talk):
        return lacks("It was not made where the client is, or its wire is too short to see a round trip.", POUR)
    if any(s.size > _largest(talk) for s in data_from_client(talk)):
        return lacks("Its segments are larger than a frame can be: they were cut only after they were caught.", POUR)
    rounds = list(_rounds(talk))
    if sent_again(talk) or len(rounds) < 3 or len(rounds[1]) <= len(rounds[0]):
        return lacks("It has no transfer that grows from round trip to round trip.", POUR)
    return None


def _is_seen_at_client(talk: Conversation) -> bool:
    """There a SYN waits for a round trip, and its SYN,ACK for nothing."""
    handshake = talk.handshake
    if not handshake or not handshake.ack:
        return False
    waited, answered = handshake.synack.time - handshake.syn.time, handshake.ack.time - handshake.synack.time
    return waited > LONG and waited > 4 * answered


def _largest(talk: Conversation) -> int:
    return min(s.options.mss or 536 for s in talk.segments.with_flags(Flag.SYN))


def _first_two(talk: Conversation) -> tuple[Round, Round]:
    first, second, *_ = _rounds(talk)
    return first, second


def _total(talk: Conversation) -> int:
    return sum(map(len, _rounds(talk)))


def _first(talk: Conversation) -> Answer:
    first, _ = _first_two(talk)
    return Answer(Count(len(first)), (first[-1].frame,))


def _second(talk: Conversation) -> Answer:
    first, second = _first_two(talk)
    grown = f"{len(second)} after {len(first)}: {len(second) / len(first):.2g} times as many"
    return Answer(Count(len(second), working=grown), (second[-1].frame,))


def _windows_of_client(talk: Conversation) -> Values:
    """What somebody finds who looks for it in the header."""
    first, _ = _first_two(talk)
    field, scaled = first[0].window, talk.window(first[0]) or first[0].window
    return tuple(Count(number) for number in {field, scaled, scaled // first[0].size})


def _counts(*find: str) -> Gives:
    """Ways to count the first two round trips that answer another question."""

    def gives(talk: Conversation) -> Values:
        first, second = _first_two(talk)
        found = {
            "all": _total(talk),
            "rest": _total(talk) - len(first),
            "bytes": sum(s.size for s in first),
            "same": len(first),
            "one more": len(first) + 1,
            "so far": len(first) + len(second),
            "one": 1,
        }
        return tuple(Count(found[name]) for name in find)

    return gives


HEADER = (
    "cwnd is in the header",
    "The window in a header says what its own sender is ready to receive. What a sender allows itself to send, the "
    "congestion window, stands in no header: count what it sends before an ACK comes.",
)
INITIAL = (
    Misconception("cwnd-is-in-the-header", *HEADER, _windows_of_client),
    Misconception(
        "only-the-receiver-limits",
        "the receiver's window alone decides",
        "The receiver's window would allow all of it at once. Look at the times: after some segments the client waits, "
        "though there is more to send.",
        _counts("all"),
    ),
    Misconception(
        "slow-start-is-one",
        "slow start begins with one segment",
        "That was so once (RFC 2001). Since RFC 6928 ten are allowed, and Linux takes them.",
        _counts("one"),
    ),
    Misconception("bytes-counted", "bytes for segments", "Count segments, not bytes.", _counts("bytes")),
)
GROWTH = (
    Misconception(
        "window-stays",
        "the window stays the same",
        "Each ACK lets out more than the segments that it acknowledges: count once more.",
        _counts("same"),
    ),
    Misconception(
        "one-more-each-round",
        "one more in each round trip",
        "So it grows later, in congestion avoidance. In slow start each ACKed segment allows one more, so all of them "
        "together allow twice as many.",
        _counts("one more"),
    ),
    Misconception(
        "counted-from-the-start",
        "all so far",
        "That is what was sent since the beginning. The first round trip is over by then.",
        _counts("so far"),
    ),
    Misconception(
        "the-rest-at-once",
        "all that is left",
        "After the first ACK not all that is left may follow at once. Look for the second pause.",
        _counts("rest"),
    ),
)

# ---- who holds it back ----

REASONS: Offers = (
    Option("receiver", "the receiver has no more room: its window is full"),
    Option("network", "the sender guesses that the network bears no more: its congestion window is full"),
    Option("empty", "the client has nothing more to send"),
    Option("ack", "TCP waits for the ACK of each segment before it sends the next"),
)


def _reason(talk: Conversation) -> Answer:
    first, _ = _first_two(talk)
    last = first[-1]
    flight = next(flight for flight in talk.flight(talk.client) if flight.segment.frame == last.frame)
    is_full = flight.window is not None and flight.window - flight.in_flight < last.size
    return Answer(Choice("receiver" if is_full else "network"), (last.frame,))


def _if_not_right(key: str) -> Gives:
    """A mistake only where the capture says otherwise."""
    return lambda talk: () if _reason(talk).value.is_meant_by(key) else (Choice(key),)


FLOW_IS_CONGESTION = Misconception(
    "flow-is-congestion-control",
    "flow control taken for congestion control",
    "Compare what is in flight with the window of the server's last segment: there is room for much more. It is the "
    "client that holds itself back.",
    _if_not_right("receiver"),
)
HELD_BACK = (
    FLOW_IS_CONGESTION,
    Misconception(
        "nothing-left", "nothing left to send", "More data follows as soon as an ACK comes.", chosen("empty")
    ),
    Misconception(
        "one-ack-each",
        "each segment waits for its ACK",
        "Several segments went out before the first ACK came back.",
        chosen("ack"),
    ),
)

# ---- where it stands ----

PLACES: Offers = (
    Option("sent", "in the window field of the segments that the sender sends"),
    Option("acks", "in the window field of the ACKs that come back"),
    Option("kernel", "nowhere on the wire: only the sender's system knows it"),
    Option("syn", "in an option of the SYNs, for the whole connection"),
)
PLACE = (
    Misconception("cwnd-is-in-the-header", *HEADER, chosen("sent")),
    Misconception(
        "flow-is-congestion-control",
        "flow control taken for congestion control",
        "What comes back is the receiver's window: flow control. The receiver knows nothing of the network between.",
        chosen("acks"),
    ),
    Misconception(
        "cwnd-is-settled",
        "the congestion window is settled in the handshake",
        "The SYNs settle sizes of segments and how windows are scaled. The congestion window changes with each ACK and "
        "each loss.",
        chosen("syn"),
    ),
)

# ---- an example ----


def _poured() -> Conversation:
    """Four segments, then eight, then five; each round trip takes 0.1 s."""
    made = [_segment(True, Flag.SYN, 0, 0.1), _segment(False, Flag.SYN, 0, 0.2), _segment(True, Flag.ACK, 1, 0.2)]
    sent = 0
    for number, size in enumerate((4, 8, 5), 2):
        made += [_segment(True, Flag.ACK, 1 + (sent + at) * 100, number / 10, b"x" * 100) for at in range(size)]
        sent += size
        made.append(_segment(False, Flag.ACK, 1, (number + 1) / 10, ack=1 + sent * 100))
    return Conversation([replace(segment, frame=frame) for frame, segment in enumerate(made, 1)])


def _segment(is_client: bool, flags: Flag, seq: int, time: float, payload: bytes = b"", ack: int = 1) -> Segment:
    """One segment, with relative numbers; only the SYN of the client acknowledges nothing."""
    ends = (CLIENT, SERVER) if is_client else (SERVER, CLIENT)
    own, other = (CLIENT_ISN, SERVER_ISN) if is_client else (SERVER_ISN, CLIENT_ISN)
    if is_client and flags & Flag.SYN:
        return Segment(0, time, *ends, own, 0, flags, 64_000, b"", Options(mss=100))
    options = Options(mss=100) if flags & Flag.SYN else Options()
    return Segment(0, time, *ends, add(own, seq), add(other, ack), flags | Flag.ACK, 64_000, payload, options)


POURED = _poured()
NEEDS = (SYN, SYNACK, known_scale, first_data_of_client, a_bulk_transfer)

QUESTIONS = (
    Question(
        id="congestion.initial-window",
        exercise=19,
        level=3,
        subject="the number of segments in the first round trip",
        prompt="The client has much to send, and the wire is long. How many segments with data does it send before "
        "the first of them is acknowledged?",
        frame_is="The frame is the last of them.",
        needs=NEEDS,
        right=_first,
        why="So many are allowed before anything is known of the network: the initial window (RFC 6928).",
        misconceptions=INITIAL,
        where="Find the first ACK of data, and count the client's segments with data before it.",
        rule="The congestion window begins with ten segments at most (RFC 6928, section 2).",
        kind=COUNT,
        example=POURED,
        way=Way.LAN,
    ),
    Question(
        id="congestion.slow-start",
        exercise=19,
        level=3,
        subject="the number of segments in the second round trip",
        prompt="The second round trip begins with the client's first segment after the first ACK of data, and ends "
        "when that segment is acknowledged. How many segments with data does the client send in it?",
        frame_is="The frame is the last of them.",
        needs=NEEDS,
        right=_second,
        why="In slow start each segment that is acknowledged allows one more, so the window doubles.",
        misconceptions=GROWTH,
        where="Count from the first pause to the second: a time-sequence graph shows both.",
        rule="For each ACK of new data the congestion window grows by as much as was acknowledged, by a segment at "
        "most (RFC 5681, section 3.1).",
        kind=COUNT,
        example=POURED,
        way=Way.LAN,
    ),
    Question(
        id="congestion.held-back",
        exercise=19,
        level=3,
        subject="the reason",
        prompt="After its first segments with data the client pauses. What holds it back?",
        frame_is="The frame is the last segment before the first pause.",
        needs=NEEDS,
        right=_reason,
        why="It may send as much as the smaller one of two windows allows: the receiver's, and its own guess.",
        misconceptions=HELD_BACK,
        where="Work out what is in flight before the pause, and compare it with the window of the server.",
        rule="A sender has no more in flight than the smaller of both windows (RFC 5681, section 3.1).",
        kind=CHOICE,
        offers=REASONS,
        example=POURED,
        way=Way.LAN,
    ),
    Question(
        id="congestion.where",
        exercise=19,
        level=3,
        subject="the place",
        prompt="A sender keeps a congestion window. Where can an observer read it?",
        needs=(),
        right=always("kernel"),
        why="An observer can only count what is in flight. On Linux TCP_INFO tells it, to whoever holds the socket.",
        misconceptions=PLACE,
        where="Go through the fields of a header (RFC 9293, section 3.1). Whose window is the one there?",
        rule="The congestion window is a variable of the sender's (RFC 5681, section 2).",
        kind=CHOICE,
        offers=PLACES,
        wants_frame=False,
        example=POURED,
    ),
)
