"""The picture of a stretch of a scene: what is drawn where, and that what comes from the wire is only text."""

import re
import xml.etree.ElementTree as ET

import pytest

from chatkit.capture.recorded import names, recorded
from chatkit.faces.wire import words
from chatkit.faces.wire.captured import scene_of
from chatkit.faces.wire.picture import HEAD, LEFT, RIGHT, WIDE, Look, draw
from chatkit.faces.wire.scene import Kind, Page, Scene, lifelines
from chatkit.faces.wire.selection import Choice, Selection
from chatkit.faces.wire.wired import Wired
from chatkit.lan.log import Fate
from chatkit.net.event import What
from tests.stories import Story
from tests.talks import ACK, FIN, PSH, SYN, Ends, caught
from tests.test_scene import call
from tests.wires import HOSTS, HandLog, log_of

SVG = "{http://www.w3.org/2000/svg}"
CHAT = Ends(100, 300)
WELCOME = b"WELCOME ann\nUSERS 1 ann\n"
HOSTILE = "</text><script>alert(1)</script>&\x1b[31m\u202e"


def page_of(scene: Scene, choice: Choice | None = None) -> Page:
    return Selection(scene, choice).page()


def drawn(page: Page, look: Look | None = None) -> ET.Element:
    return ET.fromstring(draw(page, look))


def texts(svg: ET.Element) -> list[str]:
    return ["".join(text.itertext()) for text in svg.iter(f"{SVG}text")]


def shafts(svg: ET.Element, kind: str) -> list[tuple[float, ...]]:
    """(x, y, end x, end y) of each arrow of this kind."""
    paths = [group[0] for group in svg.iter(f"{SVG}g") if group.get("class") == kind]
    return [tuple(map(float, re.findall(r"-?[\d.]+", path.get("d") or ""))) for path in paths]


@pytest.mark.parametrize("name", names())
def test_every_recorded_capture_is_a_well_formed_drawing_with_all_its_frames(name: str) -> None:
    page = page_of(scene_of(recorded(name)))
    shown = {text for text in texts(drawn(page)) if re.fullmatch(r"frame \d+", text)}
    assert shown == {f"frame {step.arrow.segment.frame}" for step in page.steps if step.arrow}


def test_a_lifeline_has_its_name_its_address_and_the_state_before() -> None:
    svg = drawn(page_of(Wired(log_of(CHAT.handshake()), HOSTS)))
    assert {"ann", "10.0.0.1", "server", "10.0.0.9", "CLOSED", "LISTEN"} <= set(texts(svg))


def test_a_state_stands_where_its_segment_leaves_and_where_it_arrives() -> None:
    svg = drawn(page_of(Wired(log_of(CHAT.handshake()), HOSTS)))
    (_, sent, _, landed), _ = shafts(svg, "syn")
    at = {"".join(text.itertext()): float(text.get("y") or 0) for text in svg.iter(f"{SVG}text")}
    assert (at["SYN-SENT"] - 5, at["SYN-RECEIVED"] - 5) == (sent, round(landed))


def test_a_delayed_segment_slopes_and_is_crossed() -> None:
    log = log_of(CHAT.handshake())
    log.add(CHAT.up(PSH | ACK, 1, 1, b"slow"), 10, [60], Fate.DELAYED)
    log.add(CHAT.down(PSH | ACK, 1, 1, b"quick"), 20)
    slow, quick = sorted(shafts(drawn(page_of(Wired(log, HOSTS))), "data"), key=lambda shaft: shaft[3] - shaft[1])[::-1]
    assert slow[3] - slow[1] > 3 * (quick[3] - quick[1])
    assert slow[1] < quick[1] < quick[3] < slow[3]


def test_a_longer_pause_is_a_longer_way_down_within_limits() -> None:
    heights = []
    for pause in (1, 50, 150, 900_000):
        log = HandLog()
        log.add(CHAT.up(SYN, 0), 0)
        log.add(CHAT.down(SYN | ACK, 0, 1), pause)
        heights.append(float(drawn(page_of(Wired(log, HOSTS))).get("height") or 0))
    assert heights[0] < heights[1] < heights[2] < heights[3] < heights[0] + 100


def test_a_long_pause_is_told_in_words() -> None:
    log = HandLog()
    log.add(CHAT.up(SYN, 0), 0)
    log.add(CHAT.up(SYN, 0), 1000)
    assert "1.0 s pass" in texts(drawn(page_of(Wired(log, HOSTS))))


def test_a_dropped_segment_ends_in_a_cross_and_what_is_sent_again_is_dashed() -> None:
    log = log_of(CHAT.handshake())
    log.add(CHAT.up(PSH | ACK, 1, 1, b"again"), 10, [], Fate.DROPPED)
    log.add(CHAT.up(PSH | ACK, 1, 1, b"again"), 210)
    svg = drawn(page_of(Wired(log, HOSTS)))
    (_, _, lost_end, _), (_, _, end, _) = shafts(svg, "data")
    assert lost_end < end
    assert [path.get("class") for path in svg.iter(f"{SVG}path")].count("lost") == 1
    dashed = [path for path in svg.iter(f"{SVG}path") if path.get("stroke-dasharray") == "9 5"]
    assert len(dashed) == 1
    assert "dropped by a rule" in texts(svg)
    assert any(text.endswith("retransmission") for text in texts(svg))


def test_what_has_not_arrived_by_the_end_of_the_page_is_on_its_way() -> None:
    log = log_of(CHAT.handshake())
    log.add(CHAT.up(PSH | ACK, 1, 1, b"slow"), 10, [500], Fate.DELAYED)
    log.add(CHAT.down(PSH | ACK, 1, 1, b"quick"), 20)
    shown = Selection(Wired(log, HOSTS))
    assert "frame 4: on its way" in texts(drawn(shown.page(0, 4)))
    assert "frame 4 arrives" in texts(drawn(shown.page()))


def test_what_arrives_on_a_page_comes_in_from_above_if_it_left_before() -> None:
    log = log_of(CHAT.handshake())
    log.add(CHAT.up(PSH | ACK, 1, 1, b"slow"), 10, [500], Fate.DELAYED)
    log.add(CHAT.down(PSH | ACK, 1, 1, b"quick"), 20)
    svg = drawn(Selection(Wired(log, HOSTS)).page(4, 5))
    assert "frame 4 arrives" in texts(svg)
    assert HEAD in [shaft[1] for shaft in shafts(svg, "data")]


def test_the_second_of_two_copies_begins_where_the_first_began() -> None:
    log = log_of(CHAT.handshake())
    log.add(CHAT.up(PSH | ACK, 1, 1, b"twice"), 10, [10.05, 60], Fate.DUPLICATED)
    first, second = shafts(drawn(page_of(Wired(log, HOSTS))), "data")
    assert first[:2] == second[:2]
    assert first[3] < second[3]


def test_what_nobody_waits_for_any_more_shows_no_sign_of_arrival() -> None:
    log = log_of(CHAT.handshake())
    log.add(CHAT.up(PSH | ACK, 1, 1, b"slow"), 10, [])
    assert "no sign of arrival" in texts(drawn(page_of(Wired(log, HOSTS))))


def test_calls_stand_at_the_lifeline_of_their_host_with_their_thread() -> None:
    heard = [call(What.ACCEPTED, 2.5), call(What.SENT, 6.0, client="ann", bytes=9)]
    capture = caught([*CHAT.handshake(), CHAT.down(PSH | ACK, 1, 1, WELCOME), *CHAT.chat()[4:]])
    svg = drawn(page_of(scene_of(capture, heard=heard)))
    assert {"accept()x", "send() 9 bytesx"} <= set(texts(svg))
    marks = [path.get("d") or "" for path in svg.iter(f"{SVG}path") if path.get("class") == "call"]
    assert len({mark.split(" ")[0] for mark in marks}) == 2, "each on the lifeline of its own host"


def test_a_server_with_several_conversations_says_which_one_a_state_is_of() -> None:
    bob = Ends(7000, 9000, client=("10.0.0.2", 40002))
    svg = drawn(page_of(Wired(log_of([*CHAT.handshake(), *bob.handshake()]), HOSTS)))
    assert {"SYN-RECEIVEDwith ann", "ESTABLISHEDwith bob"} <= set(texts(svg))


def test_numbers_are_relative_unless_absolute_ones_are_asked_for() -> None:
    page = page_of(scene_of(caught(CHAT.handshake())))
    assert "SYN,ACKseq 0 ack 1" in texts(drawn(page))
    assert "SYN,ACKseq 300 ack 101" in texts(drawn(page, Look(relative=False)))


def test_pure_acks_that_are_left_out_are_counted() -> None:
    story = Story(CHAT).opens().says(b"SAY a\n", "a").says(b"SAY b\n", "b")
    page = page_of(scene_of(story.capture), Choice(kinds=frozenset({Kind.DATA})))
    assert [text for text in texts(drawn(page)) if "not shown" in text] == [
        "1 pure ACK not shown",
        "1 pure ACK not shown",
        "1 pure ACK not shown",
    ]


def test_the_step_that_is_chosen_is_marked() -> None:
    page = page_of(scene_of(caught(CHAT.handshake())))
    marked = drawn(page, Look(chosen=page.steps[1].key))
    assert [rect.get("class") for rect in marked.iter(f"{SVG}rect")] == ["spot"]
    assert list(drawn(page).iter(f"{SVG}rect")) == []


def test_hostile_payload_and_names_are_only_text() -> None:
    capture = caught(
        [*CHAT.handshake(), CHAT.up(PSH | ACK, 1, 1, HOSTILE.encode())], source=HOSTILE.replace("\x1b", "")
    )
    page = page_of(scene_of(capture, {"10.0.0.1": "<b>ann</b>"}))
    svg = draw(page)
    assert "<script" not in svg
    assert "<b>" not in svg
    assert "\x1b" not in svg
    assert "<b>ann</b>" in texts(ET.fromstring(svg))


def test_a_hostile_welcome_is_a_harmless_name() -> None:
    capture = caught([*CHAT.handshake(), CHAT.down(PSH | ACK, 1, 1, "WELCOME a\x1b\u202eb\n".encode())])
    assert scene_of(capture).talks[0].client.name == "a??b"


def test_two_pictures_on_one_page_share_no_ids() -> None:
    assert " id=" not in draw(page_of(scene_of(recorded("simultaneous-open"))))


def test_the_picture_says_in_words_what_it_shows() -> None:
    svg = drawn(page_of(scene_of(caught(CHAT.chat()), {"10.0.0.1": "ann", "10.0.0.9": "server"})))
    desc = svg.findtext(f"{SVG}desc") or ""
    assert desc.startswith("10 segments between ann, server, time running down.")
    assert svg.get("role") == "img"


def test_an_empty_page_is_a_picture_too() -> None:
    assert drawn(page_of(scene_of(caught([], source="nothing")))).get("role") == "img"


def test_lifelines_stand_still_where_they_are_asked_for() -> None:
    scene = scene_of(recorded("lan-chat"))
    hosts = tuple(lifelines(scene.talks))
    alone = Selection(scene).page(0, 3)
    assert len(alone.hosts) == 2
    assert {"ann", "server", "bob"} <= set(texts(drawn(alone, Look(hosts=hosts))))


def test_two_hosts_have_room_for_numbers_as_they_are_in_the_header() -> None:
    svg = drawn(page_of(scene_of(caught(CHAT.handshake()))))
    assert float(svg.get("width") or 0) == LEFT + WIDE + RIGHT


def test_the_same_in_words_has_every_step_and_every_change_of_state() -> None:
    log = log_of(CHAT.handshake())
    log.add(CHAT.up(FIN | ACK, 1, 1), 10, [], Fate.DROPPED)
    assert list(words.tell(page_of(Wired(log, HOSTS)))) == [
        "frame 1    0.000 ms  ann → server  SYN  seq 0; ann is SYN-SENT, server is SYN-RECEIVED",
        "frame 2    1.000 ms  server → ann  SYN,ACK  seq 0 ack 1; ann is ESTABLISHED",
        "frame 3    2.000 ms  ann → server  ACK  seq 1 ack 1; server is ESTABLISHED",
        "frame 4    9.000 ms  ann → server  FIN,ACK  seq 1 ack 1  dropped by a rule; ann is FIN-WAIT-1",
    ]
