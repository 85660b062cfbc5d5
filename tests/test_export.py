"""Pictures written to files: each is complete in itself, says what evidence it is, and says all in words, too."""

import re
import struct
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from chatkit.capture.recorded import recorded
from chatkit.errors import MachineError, MisuseError
from chatkit.faces import rasterizer
from chatkit.faces.export import export, page_of
from chatkit.faces.notebook.thread_timeline import thread_timeline
from chatkit.faces.plots import bytes_in_flight, throughput
from chatkit.faces.rasterizer import MOST_DOTS, find_browser, rasterize
from chatkit.faces.server_panel import ServerPanel
from chatkit.faces.wire.anatomy import anatomy_in
from chatkit.faces.wire.state_machine import TcpStateMachine
from chatkit.faces.wire.wire_view import WireView
from chatkit.net.event import Event, What
from chatkit.tcp.conversation import Conversation
from tests.needs import needs_chromium
from tests.talks import ACK, PSH, Ends, caught

SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}"><rect width="{0}" height="{1}"/></svg>'


def _talk(name: str = "one-segment-lost") -> Conversation:
    return recorded(name).conversations[0]


def _views() -> dict[str, Any]:
    talk = _talk()
    events = [Event(What.LISTENING, when=1.0), Event(What.ACCEPTED, when=1.5, thread="chat-accept")]
    return {
        "ladder": talk.ladder(),
        "state machine": TcpStateMachine(talk),
        "station": TcpStateMachine(talk).at(6),
        "flight": bytes_in_flight(talk),
        "throughput": throughput(talk),
        "timeline": thread_timeline(events, 1.0, 2.0),
    }


every_view = pytest.mark.parametrize("view", _views().values(), ids=_views().keys())


def _size_of(png: Path) -> tuple[int, int]:
    width, height = struct.unpack(">II", png.read_bytes()[16:24])
    return width, height


# ---- svg and html ----


@every_view
def test_an_svg_is_complete_in_itself_and_says_what_it_shows(view: Any, tmp_path: Path) -> None:
    root = ElementTree.parse(export(view, tmp_path / "x.svg")).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("role") == "img"
    assert root.findtext("{http://www.w3.org/2000/svg}title")
    assert root.findtext("{http://www.w3.org/2000/svg}desc")


@every_view
def test_a_page_needs_no_other_file_and_runs_nothing(view: Any, tmp_path: Path) -> None:
    page = export(view, tmp_path / "x.html").read_text("utf-8")
    assert not re.search(r"<script|<link|@import|\ssrc=", page)
    assert set(re.findall(r'(?:href|url)[=(]"?([^")]*)', page)) <= set(re.findall(r"#[\w-]+", page))
    assert "default-src 'none'" in page


@pytest.mark.parametrize("name", ["ladder", "state machine", "station", "flight", "throughput"])
def test_a_page_says_what_evidence_it_is(name: str) -> None:
    assert "<p>Evidence: RECORDED, not caught here" in page_of(_views()[name])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ladder", "frame 17"),
        ("state machine", "SYN-SENT by snd SYN"),
        ("station", "rcv ACK of SYN"),
        ("flight", "bytes are in flight"),
        ("timeline", "waiting in accept"),
    ],
)
def test_a_page_says_the_same_in_words(name: str, said: str) -> None:
    view = TcpStateMachine(_talk()).at(5) if name == "station" else _views()[name]
    assert said in page_of(view).partition("<h2>The same in words</h2>")[2]


def test_a_wire_view_is_written_as_it_stands() -> None:
    with WireView(recorded("first-words")) as view:
        page = page_of(view)
    assert "<p>Evidence: RECORDED, not caught here: first-words" in page
    assert "ann → server  SYN" in page


def test_what_a_stranger_wrote_is_only_text() -> None:
    ends = Ends(1, 2)
    evil = ends.up(PSH | ACK, 1, 1, b"<script>alert(1)</script>\n")
    talk = caught([*ends.handshake(), evil], "<b>caught</b>").conversations[0]
    page = page_of(talk.ladder())
    assert "<script" not in page
    assert "<b>caught" not in page
    assert "&lt;script&gt;" in page


# ---- png ----


@needs_chromium
@pytest.mark.slow
def test_a_png_is_drawn_by_a_browser_in_twice_the_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    picture = export(TcpStateMachine(_talk()), "x.png")
    assert _size_of(picture) == (1800, 1352)
    assert [path.name for path in tmp_path.iterdir()] == ["x.png"]


@needs_chromium
@pytest.mark.slow
@pytest.mark.parametrize(("height", "expected"), [(200, 400), (700, 1400), (9000, 9000)])
def test_a_picture_is_seen_to_its_lower_edge(height: int, expected: int, tmp_path: Path) -> None:
    from matplotlib.image import imread

    picture = rasterize(SQUARE.format(300, height), tmp_path / "x.png")
    assert _size_of(picture)[1] == expected
    assert imread(picture)[-1, 0, :3].tolist() == [0, 0, 0]


def test_a_plot_needs_no_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rasterizer, "find_browser", lambda: None)
    assert export(throughput(_talk()), tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


def test_without_a_browser_it_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rasterizer, "find_browser", lambda: None)
    with pytest.raises(MachineError, match="takes Chromium, Chrome or Edge"):
        export(_talk().ladder(), tmp_path / "x.png")


def test_where_there_is_no_browser_none_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_browser() is None


@pytest.mark.parametrize(("said", "told"), [("no display", "no display"), ("", "nothing")])
def test_a_browser_that_draws_nothing_is_quoted(
    said: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "browser"
    program.write_text(f"#!/bin/sh\necho '{said}' >&2\n")
    program.chmod(0o755)
    monkeypatch.setattr(rasterizer, "find_browser", lambda: str(program))
    with pytest.raises(MachineError, match=f"has drawn nothing. It said: {told}"):
        rasterize(SQUARE.format(5, 5), tmp_path / "x.png")


def test_a_picture_that_no_browser_can_draw_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rasterizer, "find_browser", lambda: "/bin/true")
    with pytest.raises(MisuseError, match="write it as svg"):
        rasterize(SQUARE.format(5, MOST_DOTS + 1), tmp_path / "x.png")


# ---- what cannot be ----


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MisuseError, match=r"\.svg, \.png, \.html, not as 'x\.gif'"):
        export(_talk().ladder(), tmp_path / "x.gif")


def test_what_has_no_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MisuseError, match="has no picture"):
        export("a word", tmp_path / "x.svg")  # type: ignore[arg-type]


def test_what_is_no_drawing_can_be_a_page_and_nothing_else(tmp_path: Path) -> None:
    frame = anatomy_in(recorded("first-words"), 8)
    page = export(frame, tmp_path / "x.html").read_text("utf-8")
    assert "<title>Frame 8" in page and "Destination MAC" in page and "<script" not in page
    with pytest.raises(MisuseError, match=r"as \.html only, not as 'x\.png'"):
        export(frame, tmp_path / "x.png")


def test_a_servers_panel_can_be_handed_in(tmp_path: Path) -> None:
    panel = ServerPanel()
    panel.close()
    page = export(panel, tmp_path / "x.html").read_text("utf-8")
    assert "<title>&lt;ServerPanel" in page and "Chat server" in page and "Log" in page


@pytest.mark.parametrize("kind", ["svg", "html"])
def test_a_folder_that_is_not_there_is_said(kind: str, tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="cannot be written: No such file"):
        export(_talk().ladder(), tmp_path / "missing" / f"x.{kind}")
