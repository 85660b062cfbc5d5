"""The questions about slow start: right is right on any transfer that grows, and each mistake is called by its name."""

from dataclasses import replace

import pytest

from chatkit.capture.capture import Capture
from chatkit.capture.recorded import recorded
from chatkit.lan.lan import Lan
from chatkit.tcp.options import Options
from chatkit.tcp.segment import Segment
from chatkit.teach.catalogue import find_question
from chatkit.teach.checker import check
from chatkit.teach.feedback import Feedback, Verdict
from tests.calm import calm_transfer
from tests.needs import needs_lan
from tests.stories import Story
from tests.talks import ACK, PSH, SYN, Ends, caught

TRIP = 0.05  # seconds
SIZE = 100  # bytes in a segment
MSS = 536
SIDES = (Ends(3_477_729_235, 1_950_300_111), Ends(4_294_967_290, 1_000_000), Ends(77_000_000, 2_147_483_640))


def transfer(ends: Ends, rounds: tuple[int, ...] = (10, 20, 25), window: int = 500, at_server: bool = False) -> Story:
    """A handshake, and then so many segments in each round trip; windows are in 128 bytes."""
    near, far = (0.001, TRIP) if at_server else (TRIP, 0.001)
    story = Story(ends).send("client", SYN, name="syn", window=65535)
    story.send("server", SYN | ACK, name="synack", window=65535, after=near)
    story.send("client", ACK, name="ack", after=far)
    for number, count in enumerate(rounds):
        for at in range(count):
            story.send("client", PSH | ACK, b"x" * SIZE, f"{number}.{at}")
        story.send("server", ACK, window=window, after=near)
    story.segments = [with_mss(segment) for segment in story.segments]
    return story


def with_mss(segment: Segment) -> Segment:
    return replace(segment, options=Options(mss=MSS, window_scale=7)) if segment.flags & SYN else segment


def named(feedback: Feedback) -> tuple[Verdict, str]:
    return feedback.verdict, feedback.named.id if feedback.named else ""


@pytest.mark.parametrize("ends", SIDES)
@pytest.mark.parametrize("rounds", [(10, 20, 25), (4, 8, 16, 9), (10, 19, 38, 3)])
def test_the_first_two_round_trips_are_counted_whatever_the_kernel_does(ends: Ends, rounds: tuple[int, ...]) -> None:
    story = transfer(ends, rounds)
    for number, id in enumerate(("congestion.initial-window", "congestion.slow-start")):
        last = story.frame[f"{number}.{rounds[number] - 1}"]
        assert check(id, story.capture, rounds[number], last).verdict is Verdict.RIGHT
        assert named(check(id, story.capture, rounds[number], last - 1)) == (Verdict.ALMOST, "other-frame")
        assert check(id, story.capture, rounds[number]).verdict is Verdict.MISSING
        assert check(id, story.capture, 1234, last).verdict is Verdict.NOT_YET


@pytest.mark.parametrize("ends", SIDES)
def test_each_mistake_about_the_first_round_trip_has_its_name(ends: Ends) -> None:
    capture = transfer(ends).capture
    mistakes = {
        "cwnd-is-in-the-header": (64, 64 * 128, 64 * 128 // SIZE),
        "only-the-receiver-limits": (55,),
        "slow-start-is-one": (1,),
        "bytes-counted": (10 * SIZE,),
    }
    for name, answers in mistakes.items():
        for answer in answers:
            assert named(check("congestion.initial-window", capture, answer)) == (Verdict.ALMOST, name)


@pytest.mark.parametrize("ends", SIDES)
def test_each_mistake_about_the_second_has_its_name(ends: Ends) -> None:
    capture = transfer(ends).capture
    mistakes = {
        "window-stays": 10, "one-more-each-round": 11, "counted-from-the-start": 30, "the-rest-at-once": 45,
    }  # fmt: skip
    for name, answer in mistakes.items():
        assert named(check("congestion.slow-start", capture, answer)) == (Verdict.ALMOST, name)


@pytest.mark.parametrize("ends", SIDES)
def test_who_holds_it_back_is_told_by_the_window(ends: Ends) -> None:
    free = transfer(ends)
    last = free.frame["0.9"]
    assert check("congestion.held-back", free.capture, "network", last).verdict is Verdict.RIGHT
    names = {"receiver": "flow-is-congestion-control", "empty": "nothing-left", "ack": "one-ack-each"}
    for answer, name in names.items():
        assert named(check("congestion.held-back", free.capture, answer, last)) == (Verdict.ALMOST, name)


def test_a_receiver_with_little_room_is_what_holds_it_back() -> None:
    story = transfer(SIDES[0])
    opening = [replace(s, window=1000) if s.flags & SYN and s.flags & ACK else s for s in story.segments]
    assert check("congestion.held-back", caught(opening), "receiver", story.frame["0.9"]).verdict is Verdict.RIGHT
    assert check("congestion.held-back", caught(opening), "network", story.frame["0.9"]).verdict is Verdict.NOT_YET


def test_where_the_congestion_window_stands_can_be_predicted() -> None:
    assert find_question("congestion.where").is_predictable
    capture = transfer(SIDES[0]).capture
    names = {"a": "cwnd-is-in-the-header", "b": "flow-is-congestion-control", "d": "cwnd-is-settled"}
    assert check("congestion.where", capture, "c").verdict is Verdict.RIGHT
    assert {key: named(check("congestion.where", capture, key))[1] for key in names} == names


def with_large_segments() -> Capture:
    story = transfer(SIDES[0])
    return caught([replace(s, payload=s.payload * 10) if s.size else s for s in story.segments])


def with_a_repetition() -> Capture:
    story = transfer(SIDES[0])
    story.send("client", PSH | ACK, b"x" * SIZE, back=SIZE)
    return story.capture


UNFIT = {
    "the receiver's side": (transfer(SIDES[0], at_server=True).capture, "not made where the client is"),
    "no growth": (transfer(SIDES[0], (10, 10, 10)).capture, "no transfer that grows"),
    "two round trips": (transfer(SIDES[0], (10, 20)).capture, "no transfer that grows"),
    "offload": (with_large_segments(), "larger than a frame can be"),
    "loss": (with_a_repetition(), "no transfer that grows"),
    "a chat": (recorded("first-words"), "its wire is too short"),
}


@pytest.mark.parametrize(("capture", "said"), UNFIT.values(), ids=UNFIT)
def test_a_capture_that_cannot_show_it_is_unfit_and_says_what_to_redo(capture: Capture, said: str) -> None:
    feedback = check("congestion.initial-window", capture, 10, 13)
    assert feedback.verdict is Verdict.UNFIT
    assert said in feedback.sentences[1] and "private LAN" in feedback.sentences[2]


def test_the_recorded_transfer_is_fit_and_the_round_trips_are_the_bursts_of_the_clock() -> None:
    for answer, id in ((10, "congestion.initial-window"), (20, "congestion.slow-start")):
        assert "is right. Which frame" in check(id, recorded("slow-start"), answer).sentences[0]


@needs_lan
def test_a_transfer_on_a_lan_is_counted_as_its_clock_counts_it() -> None:
    with Lan("server", "ann") as lan:
        transfer = calm_transfer(lan)
    for number, id in enumerate(("congestion.initial-window", "congestion.slow-start")):
        assert "is right. Which frame" in check(id, transfer.capture, transfer.bursts[number]).sentences[0]
