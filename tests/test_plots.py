"""The plots: what they draw is what the conversation says, and they say it in words too."""

import ast
import base64
import html
import io
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib
import pytest
from IPython.core.formatters import DisplayFormatter
from matplotlib.collections import LineCollection
from matplotlib.image import imread
from matplotlib.lines import Line2D

from chatkit.capture.recorded import recorded
from chatkit.errors import MisuseError
from chatkit.faces.plots import Plot, bytes_in_flight, rtt, throughput, time_sequence
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.judge import Judgement as J
from chatkit.tcp.options import Options
from chatkit.tcp.segment import Endpoint, Segment
from tests.figures import ENDS, A, B, numbered
from tests.talks import ACK, PSH, RST, SYN, Ends

ROOT = Path(__file__).parent.parent
KINDS = [time_sequence, rtt, bytes_in_flight, throughput]
NAMES = [
    "one-segment-lost", "five-percent-loss", "zero-window", "reordering", "last-segment-lost", "lan-delay",
    "reset-by-linger-0", "keep-alive", "ipv6",
]  # fmt: skip

every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
every_name = pytest.mark.parametrize("name", NAMES)


@cache
def _talk(name: str) -> Conversation:
    """The longest conversation of a recorded capture."""
    return max(recorded(name).conversations, key=lambda talk: len(talk.segments))


@cache
def _drawn(kind: Callable[..., Plot], name: str) -> Plot:
    return kind(_talk(name))


def _made(*segments: Segment) -> Conversation:
    return Conversation(tuple(numbered([*ENDS.handshake(), *segments])))


def _sender(talk: Conversation) -> Endpoint:
    return max(talk.endpoints, key=lambda end: talk.reassembled(end).end)


def _line(plot: Plot, label: str) -> Line2D:
    """The line whose label begins so."""
    return next(line for line in plot.axis.lines if str(line.get_label()).startswith(label))


def _points(line: Line2D) -> list[tuple[float, float]]:
    return list(zip(map(float, line.get_xdata()), map(float, line.get_ydata()), strict=True))  # type: ignore[arg-type]


def _labels(plot: Plot) -> list[str]:
    return [text.get_text() for legend in plot.legends for text in legend.get_texts()]


def _bars(plot: Plot) -> list[tuple[float, float, float]]:
    """(time, from, to) of each data segment."""
    return sorted(
        (float(bar[0][0]), float(bar[0][1]), float(bar[1][1]))
        for lines in plot.axis.collections
        if isinstance(lines, LineCollection) and lines.get_zorder() == 3
        for bar in lines.get_segments()
    )


def _since(talk: Conversation, segment: Segment) -> float:
    return segment.time - talk.segments[0].time


# ---- all of them ----


@every_kind
@every_name
def test_a_plot_has_a_title_labels_with_units_a_legend_and_words(kind: Callable[..., Plot], name: str) -> None:
    plot = _drawn(kind, name)
    assert "sends to" in plot.axis.get_title()
    assert plot.axis.get_xlabel() == "time since the first segment, in seconds"
    assert re.search(r"bytes|\bms\b", plot.axis.get_ylabel())
    assert len(_labels(plot)) >= 2
    assert plot.alt_text.startswith(plot.title)
    assert "RECORDED, not caught here" in plot.alt_text
    assert len(plot.alt_text) > 200


@every_kind
def test_the_other_direction_is_drawn_where_it_is_asked_for(kind: Callable[..., Plot]) -> None:
    talk = _talk("lan-delay")
    assert kind(talk, talk.client).title.endswith("what 10.0.0.2:45562 sends to 10.0.0.1:9898")
    assert kind(talk, names={talk.server: "server"}).title.count("server 10.0.0.1:9898") == 1


@every_kind
def test_an_endpoint_of_another_conversation_is_an_error(kind: Callable[..., Plot]) -> None:
    with pytest.raises(MisuseError, match="not in this conversation"):
        kind(_talk("ipv6"), ("10.9.9.9", 1))


@every_kind
@pytest.mark.parametrize("segments", [[], [ENDS.up(PSH | ACK, 1, 1, b"hello")], [ENDS.up(RST, 1)]])
def test_a_conversation_of_next_to_nothing_gives_a_plot(kind: Callable[..., Plot], segments: list[Segment]) -> None:
    for start in range(4):
        talk = Conversation(tuple(numbered([*ENDS.handshake(), *segments])[start:]) or (ENDS.up(SYN, 0),))
        for sender in (None, *talk.endpoints):
            assert kind(talk, sender).axis.get_title()


@pytest.mark.parametrize("kind", [time_sequence, bytes_in_flight, throughput])
def test_where_there_is_no_data_the_plot_says_so(kind: Callable[..., Plot]) -> None:
    plot = kind(_made())
    assert plot.axis.texts[-1].get_text() == "This capture has no data from 192.0.2.1:40000."
    assert "no data from" in plot.alt_text


def test_where_no_round_trip_can_be_timed_the_plot_says_so() -> None:
    plot = rtt(Conversation((ENDS.up(PSH | ACK, 1, 1, b"hello"),)))
    assert plot.axis.texts[-1].get_text() in plot.alt_text
    assert "No round trip can be timed" in plot.alt_text


@every_kind
def test_a_dollar_sign_is_a_dollar_sign_and_what_the_font_lacks_gives_no_warning(kind: Callable[..., Plot]) -> None:
    talk = replace(_talk("ipv6"), source="from /home/王/$x^2$_{\\frac.pcap\n🙂")
    plot = kind(talk, names={talk.client: "a$b$c"})
    plot._repr_html_()
    assert not any(text.get_parse_math() for text in (plot.axis.title, *plot.axis.texts))
    assert "a$b$c" in plot.title


def test_a_long_source_loses_its_middle() -> None:
    plot = time_sequence(replace(_talk("ipv6"), source="read from /" + "folder/" * 40 + "mine.pcap"))
    shown = plot.axis.texts[0].get_text()
    assert len(shown) < 110
    assert shown.endswith("mine.pcap)")


@every_kind
@pytest.mark.parametrize("name", ["syn-lost", "five-percent-loss"])
def test_no_words_reach_beyond_the_paper(kind: Callable[..., Plot], name: str) -> None:
    plot = kind(_talk(name), names=dict.fromkeys(_talk(name).endpoints, "somebody with a long name"))
    plot.draw_without_rendering()
    for part in (plot.axis.title, *plot.axis.texts, *plot.legends, plot.axis.xaxis.label, plot.axis.yaxis.label):
        box = part.get_window_extent()
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= plot.bbox.x1 and box.y1 <= plot.bbox.y1 + 1, part


def test_nothing_of_pyplot_is_touched() -> None:
    program = (
        "import sys; from chatkit import recorded; from chatkit.faces.plots import time_sequence;"
        "time_sequence(recorded('ipv6').conversations[0])._repr_html_(); print('matplotlib.pyplot' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False"]


DRAWERS = {"plotting.py", "bulk.py"}  # a command, and an experiment for a notebook that shows plots anyway


def test_only_the_plots_import_matplotlib() -> None:
    for path in (ROOT / "chatkit").rglob("*.py"):
        tree = ast.walk(ast.parse(path.read_text("utf-8")))
        names = [node.module or "" for node in tree if isinstance(node, ast.ImportFrom)]
        assert path.parent.name == "plots" or not any(name.startswith("matplotlib") for name in names), path
        assert path.name in DRAWERS or path.parent.name == "plots" or "chatkit.faces.plots" not in names, path


@every_kind
def test_a_clock_that_goes_back_gives_a_plot(kind: Callable[..., Plot]) -> None:
    talk = _talk("one-segment-lost")
    backwards = tuple(replace(segment, time=-segment.time) for segment in talk.segments)
    kind(replace(talk, segments=backwards)).draw_without_rendering()


# ---- on a page, and in a file ----


def test_a_notebook_shows_one_picture_with_its_words() -> None:
    shown, _ = DisplayFormatter().format(plot := _drawn(time_sequence, "reordering"))
    assert set(shown) == {"text/html", "text/plain"}
    (alt,) = re.findall(r'<img alt="([^"]*)"', shown["text/html"])
    assert html.unescape(alt) == plot.alt_text
    assert plot.alt_text in shown["text/plain"]


def test_what_a_name_has_of_html_is_escaped() -> None:
    talk = _talk("ipv6")
    page = time_sequence(talk, names={talk.client: '"><script>'})._repr_html_()
    assert "<script>" not in page


def test_the_paper_is_white_whatever_style_the_reader_has_chosen() -> None:
    with matplotlib.rc_context({"savefig.facecolor": "black", "figure.facecolor": "black", "text.color": "white"}):
        page = time_sequence(_talk("reordering"))._repr_html_()
    (data,) = re.findall(r'base64,([^"]+)"', page)
    pixels: Any = imread(io.BytesIO(base64.b64decode(data)))
    assert pixels[0, 0].tolist() == [1, 1, 1, 1]
    assert pixels[:60, :, :3].min() < 0.2, "the title is dark"


@pytest.mark.parametrize("ending", ["png", "svg", "pdf", "PNG"])
def test_a_file_says_what_it_shows(ending: str, tmp_path: Path) -> None:
    path = _drawn(rtt, "reordering").save(tmp_path / f"trips.{ending}")
    written = path.read_bytes().replace(b"\\(", b"(").replace(b"\\)", b")")
    assert b"Round-trip times of what" in written


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MisuseError, match="not as 'trips.doc'"):
        _drawn(rtt, "reordering").save(tmp_path / "trips.doc")


# ---- the time-sequence graph ----


@every_name
def test_there_is_a_bar_for_each_data_segment(name: str) -> None:
    talk = _talk(name)
    data = [s for s in talk.sent_by(_sender(talk)) if s.size]
    expected = [(_since(talk, s), talk.relative(s).seq, talk.relative(s).seq + s.size) for s in data]
    assert _bars(_drawn(time_sequence, name)) == sorted(expected)


@every_name
def test_the_line_of_the_acks_never_goes_back_and_ends_at_the_highest(name: str) -> None:
    talk = _talk(name)
    heights = [height for _, height in _points(_line(_drawn(time_sequence, name), "acknowledged"))]
    acks = [talk.relative(s).ack or 0 for s in talk.segments if s.source != _sender(talk)]
    assert heights == sorted(heights)
    assert heights[-1] == max(acks)


@every_name
@pytest.mark.parametrize(
    ("judgement", "label"),
    [(J.RETRANSMISSION, "retransmission"), (J.FAST_RETRANSMISSION, "fast retransmission"),
     (J.OUT_OF_ORDER, "segment"), (J.ZERO_WINDOW_PROBE, "zero window probe"), (J.KEEP_ALIVE, "keep-alive")],
)  # fmt: skip
def test_there_is_a_mark_for_each_segment_that_stands_out(name: str, judgement: J, label: str) -> None:
    talk = _talk(name)
    wanted = [_since(talk, s) for s in talk.judged(judgement) if s.source == _sender(talk)]
    plot = _drawn(time_sequence, name)
    drawn = [
        [time for time, _ in _points(line)]
        for line in plot.axis.lines
        if re.match(rf"\d+ {label}s?($| out of order)", str(line.get_label()))
    ]
    assert drawn == ([wanted] if wanted else [])
    if wanted:
        assert re.search(rf"\b{len(wanted)} {label}s?\b", plot.alt_text)


def test_retransmissions_differ_in_shape_as_well_as_in_colour() -> None:
    plot = _drawn(time_sequence, "five-percent-loss")
    lines = [line for line in plot.axis.lines if "retransmission" in str(line.get_label())]
    assert len({line.get_marker() for line in lines}) == 2
    assert {line.get_color() for line in lines}.isdisjoint({_line(plot, "data segment").get_color()})


def test_the_window_reaches_from_what_is_acknowledged_as_far_as_its_size() -> None:
    talk = _talk("zero-window")
    answers = [s for s in talk.segments if s.source == talk.server]
    edges = [(_since(talk, s), (talk.relative(s).ack or 0) + (talk.window(s) or 0)) for s in answers]
    assert _points(_line(time_sequence(talk), "right edge"))[:-1] == edges


@pytest.mark.parametrize("kind", [time_sequence, bytes_in_flight])
def test_a_window_of_unknown_scale_is_not_drawn_and_that_is_said(kind: Callable[..., Plot]) -> None:
    talk = _talk("one-segment-lost")
    plot = kind(replace(talk, segments=talk.segments[3:]))
    assert not any("window" in label for label in _labels(plot))
    assert "The window is not drawn" in plot.axis.texts[0].get_text()
    assert "The window is not drawn" in plot.alt_text


def test_a_window_far_above_the_data_does_not_flatten_them() -> None:
    plot = _drawn(time_sequence, "one-segment-lost")
    assert plot.axis.get_ylim()[1] < 1.1 * 8689
    assert any("above the picture" in label for label in _labels(plot))


def test_sack_blocks_stand_where_they_say() -> None:
    sack = Options(sack=((ENDS.client_isn + 11, ENDS.client_isn + 21),))
    told = replace(ENDS.down(ACK, 1, 1), options=sack)
    talk = _made(ENDS.up(ACK, 1, 1, b"a" * 10), ENDS.up(ACK, 11, 1, b"b" * 10), told)
    told_at = _since(talk, talk.segments[-1])
    plot = time_sequence(talk, A)
    (blocks,) = (c for c in plot.axis.collections if isinstance(c, LineCollection) and c.get_zorder() == 2)
    assert [block.tolist() for block in blocks.get_segments()] == [[[told_at, 11], [told_at, 21]]]
    assert "SACK block" in _labels(plot)


@pytest.mark.parametrize(("talk", "label"), [
    (_made(ENDS.up(ACK, 1, 1, b"hello"), ENDS.up(RST | ACK, 6, 1)), "1 reset by the sender"),
    (_made(ENDS.up(ACK, 1, 1, b"hello"), ENDS.down(RST, 1)), "1 reset by the receiver"),
])  # fmt: skip
def test_a_reset_is_marked(talk: Conversation, label: str) -> None:
    plot = time_sequence(talk)
    assert label in _labels(plot)
    assert f"{label} at 0.04 s" in plot.alt_text


def test_sequence_numbers_go_on_after_the_end_of_their_circle() -> None:
    ends = Ends(client_isn=2**32 - 5, server_isn=7, client=A, server=B)
    huge = [replace(ends.up(ACK, 1 + number * 2**30, 1), uncaptured=2**30) for number in range(6)]
    plot = time_sequence(Conversation(tuple(numbered([*ends.handshake(), *huge]))))
    assert [low for _, low, _ in _bars(plot)] == [1 + number * 2**30 for number in range(6)]


@pytest.mark.parametrize("name", ["syn-lost", "keep-alive", "reset-by-linger-0", "zero-window"])
def test_whatever_is_marked_can_be_seen(name: str) -> None:
    plot = _drawn(time_sequence, name)
    (left, right), (bottom, top) = plot.axis.get_xlim(), plot.axis.get_ylim()
    marks = [point for line in plot.axis.lines if line.get_linestyle() == "None" for point in _points(line)]
    assert all(left < time < right and bottom < place < top for time, place in marks)


# ---- round trips ----


@every_name
def test_there_is_a_dot_for_each_round_trip_in_milliseconds(name: str) -> None:
    talk = _talk(name)
    samples = talk.rtts(_sender(talk))
    plot = _drawn(rtt, name)
    assert _points(_line(plot, f"{len(samples)} round trip")) == [(_since(talk, s.ack), s.rtt * 1000) for s in samples]
    assert _points(_line(plot, "smoothed"))[:-1] == [(_since(talk, s.ack), s.srtt * 1000) for s in samples]
    assert _points(_line(plot, "timeout"))[:-1] == [(_since(talk, s.ack), s.rto * 1000) for s in samples]


def test_the_scale_is_logarithmic_only_where_that_is_needed() -> None:
    assert _drawn(rtt, "one-segment-lost").axis.get_yscale() == "log"
    slow = [replace(s, time=s.time * 40) for s in _made().segments]
    assert rtt(Conversation(tuple(slow))).axis.get_yscale() == "linear"


def test_what_karns_rule_leaves_out_is_said() -> None:
    plot = _drawn(rtt, "five-percent-loss")
    assert "Karn's rule" in plot.alt_text
    assert "3 retransmissions: not timed" in _labels(plot)


# ---- bytes in flight ----


@every_name
def test_the_steps_are_what_is_in_flight(name: str) -> None:
    talk = _talk(name)
    expected = [(_since(talk, f.segment), f.in_flight) for f in talk.flight(_sender(talk))]
    assert _points(_line(_drawn(bytes_in_flight, name), "in flight"))[:-1] == expected


@pytest.mark.parametrize("kind", [time_sequence, bytes_in_flight])
def test_the_time_in_which_the_window_is_closed_is_shaded(kind: Callable[..., Plot]) -> None:
    talk = _talk("zero-window")
    (closed,) = talk.zero_windows(talk.server)
    plot = kind(talk)
    (shade,) = plot.axis.patches
    assert closed.reopened
    assert shade.get_extents().width > 0
    box = shade.get_path().get_extents(shade.get_patch_transform())
    assert (box.x0, box.x1) == pytest.approx((_since(talk, closed.closed), _since(talk, closed.reopened)))
    assert "The peer's window closed 1 time, at 0.08702 s, for 217 ms." in plot.alt_text


# ---- throughput ----


def _area(plot: Plot, label: str) -> float:
    """Bytes: those per second, times the seconds of each bin."""
    (stairs,) = (patch for patch in plot.axis.patches if str(patch.get_label()).startswith(label))
    values, edges, _ = stairs.get_data()  # type: ignore[attr-defined]
    return float((values * (edges[1:] - edges[:-1])).sum())


@every_name
def test_goodput_has_every_byte_once(name: str) -> None:
    talk = _talk(name)
    assert _area(_drawn(throughput, name), "goodput") == pytest.approx(talk.reassembled(_sender(talk)).end)


@pytest.mark.parametrize("name", ["one-segment-lost", "five-percent-loss", "last-segment-lost"])
def test_what_is_sent_again_comes_on_top(name: str) -> None:
    talk = _talk(name)
    sent = sum(segment.size for segment in talk.sent_by(talk.client))
    plot = _drawn(throughput, name)
    assert _area(plot, "with what was sent again") == pytest.approx(sent)
    assert f"Sent once more: {sent - talk.reassembled(talk.client).end:,} bytes." in plot.alt_text


def test_a_byte_counts_once_however_its_segments_overlap() -> None:
    lengths = [(1, 10), (31, 10), (6, 10), (1, 60), (11, 20), (61, 1)]
    plot = throughput(_made(*(ENDS.up(ACK, seq, 1, b"x" * size) for seq, size in lengths)))
    assert _area(plot, "goodput") == pytest.approx(61)
    assert _area(plot, "with what was sent again") == pytest.approx(111)


# ---- the congestion window ----


def test_the_congestion_window_is_drawn_from_when_the_kernel_told_it() -> None:
    talk = _talk("one-segment-lost")
    start = talk.segments[0].time
    plot = bytes_in_flight(talk, cwnd=[(start + 0.01, 5240), (start + 0.02, 10480)])
    assert _points(_line(plot, "the sender's congestion window"))[:2] == [
        (pytest.approx(0.01, abs=1e-6), 5240.0),
        (pytest.approx(0.02, abs=1e-6), 10480.0),
    ]
    assert "The sender's congestion window is between 5,240 and 10,480 bytes." in plot.alt_text


def test_a_congestion_window_that_nobody_asked_for_is_not_mentioned() -> None:
    plot = _drawn(bytes_in_flight, "one-segment-lost")
    assert "congestion" not in plot.alt_text
    assert not any("congestion" in label for label in _labels(plot))


def test_a_huge_congestion_window_does_not_flatten_the_rest() -> None:
    talk = _talk("one-segment-lost")
    alone = _drawn(bytes_in_flight, "one-segment-lost").axis.get_ylim()[1]
    assert bytes_in_flight(talk, cwnd=[(talk.segments[0].time, 10**9)]).axis.get_ylim()[1] < 4 * alone


@every_kind
def test_a_plot_is_an_svg_of_its_own_that_says_what_it_shows(kind: Callable[..., Plot]) -> None:
    plot = _drawn(kind, "one-segment-lost")
    root = ElementTree.fromstring(plot.svg())
    assert root.get("role") == "img"
    assert root.findtext("{http://www.w3.org/2000/svg}desc") == plot.alt_text
