"""What a student is told: which conversation was judged, what of the answer is missing, and where to look."""

from dataclasses import replace

import pytest

from chatkit.capture.capture import Capture
from chatkit.capture.frame import Frame
from chatkit.errors import MisuseError
from chatkit.tcp.segment import Segment
from chatkit.teach.checker import check
from chatkit.teach.feedback import Feedback, Verdict
from tests.talks import ACK, PSH, SERVER, Ends, caught

ID = "handshake.synack-ack"
ANN = Ends(1_000_000, 5_000_000)
BOB = Ends(2_000_000, 6_000_000, client=("10.0.0.2", 40_002))
WEB = Ends(3_000_000, 7_000_000, client=("10.0.0.1", 40_004), server=("10.0.0.9", 80))
ALONE = caught(ANN.chat())
TWO = caught([*ANN.chat(), *BOB.chat()])  # ann in frames 1 to 10, bob in 11 to 20


def _text(feedback: Feedback) -> str:
    return " ".join(feedback.sentences)


# ---- what was answered ----


def test_nothing_answered_is_missing_and_says_what_to_write() -> None:
    feedback = check(ID, ALONE)
    assert feedback.verdict is Verdict.MISSING
    assert _text(feedback) == "Write the ack of the SYN,ACK, and a frame that shows it."


def test_a_right_number_without_a_frame_is_missing_its_frame() -> None:
    feedback = check(ID, ALONE, "1,000,001")
    assert feedback.verdict is Verdict.MISSING
    assert "1000001 is right. Which frame shows it?" in _text(feedback)


def test_a_right_number_with_a_wrong_frame_is_told_what_that_frame_holds() -> None:
    feedback = check(ID, ALONE, "1000001", "3")
    assert (feedback.verdict, feedback.look) == (Verdict.ALMOST, 3)
    assert "frame 3 does not show it: it carries <SEQ=1000001><ACK=5000001><CTL=ACK> from the client" in _text(feedback)


def test_a_frame_that_is_not_there_is_told_so() -> None:
    feedback = check(ID, ALONE, "1000001", "99")
    assert (feedback.verdict, feedback.look) == (Verdict.ALMOST, None)
    assert "this capture has no such frame" in _text(feedback)


def test_a_frame_without_tcp_is_told_so() -> None:
    chatter = Frame(11, ALONE.frames[-1].nanoseconds, bytes(60))
    feedback = check(ID, replace(ALONE, frames=(*ALONE.frames, chatter)), "1000001", "11")
    assert "it carries no TCP segment" in _text(feedback)


def test_a_wrong_number_without_a_frame_is_told_to_give_one_too() -> None:
    assert "Write the number of a frame that shows it, too." in _text(check(ID, ALONE, "1000000"))


@pytest.mark.parametrize(
    ("answer", "frame", "sentence"),
    [
        ("banana", "2", 'The answer: "banana" is no number.'),
        ("-1", "2", "The answer: -1 is no sequence number"),
        (str(2**32), "2", "The answer: 4294967296 is no sequence number"),
        ("1000001", "two", 'The frame: "two" is no number.'),
        ("1000001", "0", "The frame: 0 is no frame"),
        (1.5, 2, 'The answer: "1.5" is no whole number.'),
    ],
)
def test_what_cannot_be_read_gets_a_sentence_and_never_a_traceback(
    answer: object, frame: object, sentence: str
) -> None:
    feedback = check(ID, ALONE, answer, frame)  # type: ignore[arg-type]
    assert feedback.verdict is Verdict.MISSING
    assert sentence in _text(feedback)


def test_a_number_that_nothing_explains_is_not_called_almost() -> None:
    feedback = check(ID, ALONE, "123", "2")
    assert (feedback.verdict, feedback.named) == (Verdict.NOT_YET, None)
    assert "No segment of this conversation has that number" in _text(feedback)
    assert "Frame 2 is the right place to look." in _text(feedback)


def test_a_number_from_another_header_is_told_where_it_stands() -> None:
    feedback = check(ID, ALONE, 1_000_010, 2)  # the FIN's
    assert feedback.verdict is Verdict.NOT_YET
    assert "It stands in frame 7, as the ack of a segment from 10.0.0.9:9898." in _text(feedback)


def test_a_relative_number_from_another_header_is_told_where_it_stands() -> None:
    assert "It stands in frame 7, as the relative ack of a segment" in _text(check(ID, ALONE, 10, 2))


def test_a_wrong_number_that_is_relative_is_said_to_be_relative() -> None:
    feedback = check("handshake.first-data-seq", ALONE, 2, 6)
    assert "2, a relative number, is not the seq" in _text(feedback)


# ---- which conversation ----


def test_of_two_conversations_the_first_is_judged() -> None:
    assert check(ID, TWO, 1_000_001, 2).verdict is Verdict.RIGHT
    assert "client 10.0.0.1:40000, server 10.0.0.9:9898" in check(ID, TWO).judged_on


def test_the_frame_says_which_conversation_is_meant() -> None:
    feedback = check(ID, TWO, 2_000_001, 12)
    assert feedback.verdict is Verdict.RIGHT
    assert "client 10.0.0.2:40002" in feedback.judged_on


def test_the_port_of_the_client_chooses_a_conversation() -> None:
    feedback = check(ID, TWO, 2_000_000, client=40_002)
    assert feedback.named and feedback.named.id == "syn-takes-no-number"


def test_a_number_of_one_conversation_and_a_frame_of_another_is_named() -> None:
    feedback = check(ID, TWO, 2_000_001, 2)
    assert (feedback.verdict, feedback.named and feedback.named.id) == (Verdict.ALMOST, "other-conversation")
    assert "right in the conversation of client 10.0.0.2:40002, not of 10.0.0.1:40000" in _text(feedback)


def test_a_frame_of_a_conversation_that_was_not_chosen_is_told_so() -> None:
    feedback = check(ID, TWO, 1_000_001, 12, client=40_000)
    assert (feedback.verdict, feedback.look) == (Verdict.ALMOST, None)
    assert "it belongs to another conversation, 10.0.0.9:9898 > 10.0.0.2:40002" in _text(feedback)


def test_a_conversation_that_is_fit_is_preferred_to_one_that_is_not() -> None:
    midstream_first = caught([*ANN.chat()[3:], *BOB.chat()])
    assert check(ID, midstream_first, 2_000_001, 9).verdict is Verdict.RIGHT


def test_a_port_that_is_used_again_makes_two_conversations() -> None:
    again = Ends(9_000, 8_000)
    capture = caught([*ANN.chat(), *again.chat()])
    assert check(ID, capture, 1_000_001, 2).verdict is Verdict.RIGHT
    assert check(ID, capture, 9_001, 12).verdict is Verdict.RIGHT


def test_several_servers_are_asked_about_by_their_port() -> None:
    capture = caught([*ANN.chat(), *WEB.chat()])
    feedback = check(ID, capture, 3_000_001, 12)
    assert feedback.verdict is Verdict.UNFIT
    assert "servers on ports 80, 9898. Say which is meant, as port=80." in _text(feedback)
    assert check(ID, capture, 3_000_001, 12, port=80).verdict is Verdict.RIGHT


def test_nothing_on_the_port_is_unfit_and_says_which_ports_there_are() -> None:
    feedback = check(ID, ALONE, 1_000_001, 2, port=9899)
    assert feedback.verdict is Verdict.UNFIT
    assert "It has nothing on port 9899, only on 9898." in _text(feedback)


def test_an_unknown_client_is_told_which_there_are() -> None:
    assert "There are clients on 40000, 40002" in _text(check(ID, TWO, client=1))


def test_the_server_is_found_by_its_port_though_the_capture_begins_midstream() -> None:
    feedback = check(ID, caught(ANN.chat()[3:]), 1_000_001, 2, port=9898)
    assert "It has no SYN" in _text(feedback)


def test_frames_cut_inside_the_header_are_unfit() -> None:
    cut = tuple(replace(f, data=f.data[:40], wire_length=len(f.data)) for f in ALONE.frames)
    feedback = check(ID, replace(ALONE, frames=cut), 1_000_001, 2)
    assert feedback.verdict is Verdict.UNFIT
    assert "cut after 40 bytes" in _text(feedback) and "snaplen" in _text(feedback)


def test_frames_cut_inside_the_payload_are_fit_for_numbers() -> None:
    cut = tuple(replace(f, data=f.data[:56], wire_length=len(f.data)) for f in ALONE.frames)
    assert check("handshake.first-data-seq", replace(ALONE, frames=cut), 1_000_001, 6).verdict is Verdict.RIGHT


def test_frames_that_are_no_tcp_are_unfit() -> None:
    noise = Capture(tuple(Frame(n, n, bytes(60)) for n in (1, 2)), "made for a test")
    assert "It has 2 frames, and no TCP segment in them." in _text(check(ID, noise, 1, 1))


def test_what_is_no_capture_is_refused_with_a_sentence() -> None:
    with pytest.raises(MisuseError, match="about a Capture, not about a list"):
        check(ID, [], 1, 1)  # type: ignore[arg-type]


# ---- how it is shown ----


def test_feedback_prints_verdict_reasons_and_what_it_was_judged_on() -> None:
    lines = repr(check(ID, ALONE, 1_000_000, 2)).splitlines()
    assert lines[0] == "≈ almost: the SYN takes no number (handshake.synack-ack)"
    assert lines[-1] == "  Judged on this capture: made for a test; client 10.0.0.1:40000, server 10.0.0.9:9898."


def test_the_ladder_points_at_the_segment_to_look_at() -> None:
    almost, right = check(ID, ALONE, 1_000_000, 2), check(ID, ALONE, 1_000_001, 2)
    assert [line for line in str(almost.ladder()).splitlines() if "<==" in line and "<CTL=SYN>" in line]
    assert [line for line in str(right.ladder()).splitlines() if "<==" in line and "<CTL=SYN,ACK>" in line]


def test_a_long_conversation_keeps_the_pointed_at_segment_on_its_short_ladder() -> None:
    lines = [ANN.up(PSH | ACK, 1 + 10 * n, 1, b"SAY hello\n") for n in range(200)]
    feedback = check("handshake.first-data-seq", caught([*ANN.handshake(), *lines]), 1_000_001, 4)
    shown = str(feedback.ladder())
    assert "<==" in shown and len(shown.splitlines()) < 20


def test_without_a_segment_to_look_at_there_is_no_ladder() -> None:
    assert check(ID, ALONE).ladder() is None
    assert check(ID, caught([])).ladder() is None


def test_a_verdict_is_told_by_a_word_and_a_sign_not_by_colour_alone() -> None:
    page = check(ID, ALONE, 1_000_001, 2)._repr_html_()
    assert "✓</span> Right" in page and 'role="status"' in page
    assert len({verdict.word for verdict in Verdict}) == len({verdict.sign for verdict in Verdict}) == len(Verdict)


def test_what_was_typed_and_captured_is_escaped_in_html() -> None:
    hostile = "<img src=x onerror=alert(1)>"
    shouted = [*ANN.handshake(), ANN.up(PSH | ACK, 1, 1, hostile.encode())]
    page = check("handshake.first-data-seq", caught(shouted, source=hostile), 1_000_001, 4)._repr_html_()
    page += check(ID, ALONE, hostile, 2)._repr_html_()
    assert "<img" not in page and "&lt;img" in page


def test_checking_leaves_no_trace_in_the_capture() -> None:
    capture = caught(ANN.chat())
    first = repr(check(ID, capture, 1_000_001, 2))
    check(ID, capture, "banana", 9)
    assert repr(check(ID, capture, 1_000_001, 2)) == first


def test_a_segment_from_a_stranger_on_the_same_port_does_not_disturb() -> None:
    stray = Segment(0, 0.0, ("10.0.0.7", 50_000), SERVER, 1, 1, ACK)
    assert check(ID, caught([stray, *ANN.chat()]), 1_000_001, 3).verdict is Verdict.RIGHT
