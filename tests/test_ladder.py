"""The ladder: RFC 9293's figures as text, and the same as a picture."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import Segment
from chatkit.tcp.visible import columns
from tests import figures
from tests.figures import ENDS, A, B, numbered
from tests.talks import ACK, FIN, PSH, SYN

HOSTILE = b'</pre><script>alert("x")</script>\x1b]0;owned\x07 & \xe2\x80\xae'
SVG = "{http://www.w3.org/2000/svg}"


def _talk(segments: list[Segment]) -> Conversation:
    return Conversation(tuple(segments))


def _long_talk(count: int) -> Conversation:
    lines = [ENDS.up(PSH | ACK, 1 + 4 * n, 1, b"line") for n in range(count)]
    return _talk(numbered([*ENDS.handshake(), *lines, ENDS.up(FIN | ACK, 1 + 4 * count, 1)]))


def _says(payload: bytes) -> Conversation:
    return _talk(numbered([*ENDS.handshake(), ENDS.up(PSH | ACK, 1, 1, payload)]))


@pytest.mark.parametrize("number", [6, 7, 12, 13])
def test_the_text_is_that_of_rfc_9293_figure(number: int) -> None:
    printed = getattr(figures, f"FIGURE_{number}_PRINTED")
    ladder = _talk(getattr(figures, f"FIGURE_{number}")).ladder(data=False)
    assert [line.split() for line in str(ladder).splitlines()[1:]] == [
        line.split() for line in printed.strip().splitlines()
    ]


def test_columns_stand_below_each_other() -> None:
    lines = str(_says("é 🙂".encode()).ladder()).splitlines()
    assert len({line.index("<SEQ") for line in lines[2:]}) == 1
    assert len({columns(line) - columns(line.split()[-1]) for line in lines[1:]}) == 1


def test_the_heading_names_both_ends() -> None:
    ladder = _says(b"x").ladder(names={A: "ann", B: "server"})
    assert str(ladder).splitlines()[0].split() == ["ann", "192.0.2.1:40000", "server", "192.0.2.2:9898"]


def test_numbers_are_absolute_unless_relative_ones_are_asked_for() -> None:
    talk = _says(b"x")
    assert "<SEQ=101><ACK=301><CTL=PSH,ACK>" in str(talk.ladder())
    assert "<SEQ=1><ACK=1><CTL=PSH,ACK>" in str(talk.ladder(relative=True))


def test_payload_is_shown_with_its_length_in_bytes() -> None:
    assert '<DATA=10 "café 🙂">' in str(_says("café 🙂".encode()).ladder())


def test_a_long_conversation_shows_its_beginning_and_its_end() -> None:
    text = str(_long_talk(100).ladder(rows=12))
    assert "... 92 more" in text
    assert len(text.splitlines()) == 2 + 12 + 1
    assert "<CTL=SYN>" in text
    assert "<CTL=FIN,ACK>" in text


def test_without_a_limit_every_line_is_there() -> None:
    assert "more" not in str(_long_talk(100).ladder(rows=None))


def test_the_segment_to_highlight_is_shown_in_the_middle_of_a_long_conversation_too() -> None:
    text = str(_long_talk(100).ladder(rows=12, highlight=50))
    assert [line.split()[-3:] for line in text.splitlines() if "<==" in line] == [["frame", "50", "<=="]]
    assert re.findall(r"\.\.\. (\d+) more", text) == ["41", "50"]


def test_a_segment_that_is_not_in_the_capture_is_not_in_the_ladder() -> None:
    whole = numbered([*ENDS.handshake(), ENDS.up(PSH | ACK, 1, 1, b"hello")])
    assert "hello" not in str(_talk(whole[:3]).ladder())
    assert str(_talk(whole[1:]).ladder()).count("SYN-SENT") == 1  # only as what must have been before


@pytest.mark.parametrize("figure", [figures.FIGURE_6, figures.FIGURE_7, figures.FIGURE_12, figures.FIGURE_13])
def test_the_drawing_is_well_formed_and_says_what_it_shows(figure: list[Segment]) -> None:
    drawing = ElementTree.fromstring(_talk(figure).ladder().svg())
    assert drawing.get("role") == "img"
    assert [drawing.find(f"{SVG}{part}") is not None for part in ("title", "desc")] == [True, True]


def test_the_drawing_has_states_flags_and_payload_in_clear() -> None:
    drawing = ElementTree.fromstring(_says(b"SAY hello, bob\n").ladder(names={A: "ann"}).svg())
    words = " ".join(drawing.itertext())
    for word in ("ann", "SYN-RECEIVED", "ESTABLISHED", "SYN,ACK", '"SAY hello, bob\\n"', "15 bytes", "frame 4"):
        assert word in words


def test_crossing_segments_cross_in_the_drawing() -> None:
    words = " ".join(ElementTree.fromstring(_talk(figures.FIGURE_7).ladder().svg()).itertext())
    assert "frame 1 arrives" in words
    assert "no sign of arrival" not in words


def test_a_segment_that_was_lost_does_not_reach_the_other_lifeline() -> None:
    talk = _talk(numbered([ENDS.up(SYN, 0), *ENDS.handshake()]))
    words = " ".join(ElementTree.fromstring(talk.ladder().svg()).itertext())
    assert "no sign of arrival" in words
    assert "retransmission" in words


def test_hostile_payload_is_only_text() -> None:
    ladder = _says(HOSTILE).ladder()
    for shown in (ladder._repr_html_(), ladder.svg()):
        assert "<script" not in shown
        assert "\x1b" not in shown
        assert "\u202e" not in shown
    assert str(ladder).replace("\n", "").isprintable()
    ElementTree.fromstring(ladder.svg())


def test_a_hostile_name_is_only_text() -> None:
    html = _says(b"x").ladder(names={A: "<img src=x onerror=alert(1)>"})._repr_html_()
    assert "<img" not in html


def test_the_page_has_the_whole_ladder_as_text_with_frames() -> None:
    html = _says(b"hello").ladder()._repr_html_()
    assert "<details>" in html
    assert "frame 4" in html[html.index("<pre>") :]


def test_the_alternative_text_says_what_happened() -> None:
    said = _talk(numbered(ENDS.chat())).ladder().alt_text()
    assert "10 segments" in said
    assert "three-way handshake" in said
    assert "closed by both ends" in said


def test_a_file_of_its_own_is_a_drawing_in_light_and_dark() -> None:
    svg = _says(b"x").ladder().svg()
    assert svg.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert "prefers-color-scheme:dark" in svg
    assert '[data-jp-theme-light="false"]' in svg


def test_a_conversation_in_a_notebook_draws_its_ladder() -> None:
    assert _says(b"x")._repr_html_().startswith("<figure")


def test_two_drawings_on_one_page_share_no_ids() -> None:
    assert " id=" not in replace(_says(b"x").ladder(), highlight=2).svg()
