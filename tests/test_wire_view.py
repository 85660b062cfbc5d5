"""The wire view as a student uses it: played, stepped through, filtered, opened; and live on a LAN."""

import re
import threading
from collections.abc import Iterator

import pytest

from chatkit.capture.recorded import recorded
from chatkit.errors import MisuseError
from chatkit.faces.wire import wire_view
from chatkit.faces.wire.captured import scene_of
from chatkit.faces.wire.film import MOST_ROWS, Film
from chatkit.faces.wire.recorder import Recorder
from chatkit.faces.wire.scene import Kind
from chatkit.faces.wire.wire_view import WireView
from chatkit.lan.lan import Lan
from chatkit.lan.rules import drop
from chatkit.net.client import Client
from chatkit.net.server import Server
from tests.needs import needs_lan
from tests.stories import Story
from tests.talks import ACK, PSH, Ends, caught
from tests.traces import wait_until

CHAT = Ends(100, 300)
STORY = Story(CHAT).opens().says(b"SAY hello\n", "hello").says(b"SAY again\n", "again").closes("client")


@pytest.fixture
def view() -> Iterator[WireView]:
    with WireView(STORY.capture, names={"10.0.0.1": "ann", "10.0.0.9": "server"}, rows=4) as view:
        yield view


def press(view: WireView, words: str) -> None:
    """Press this button; the painter has painted when this returns."""
    buttons = {button.description: button for button in view._controls.film}
    buttons[words].click()
    view._paint()


def frames(view: WireView) -> list[int]:
    """The frames in the picture."""
    return [int(number) for number in re.findall(r">frame (\d+)<", view._picture.value)]


def choose(view: WireView, index: int) -> None:
    view._list.index = index
    view._paint()


def test_a_film_begins_with_its_first_rows_and_stands_still(view: WireView) -> None:
    assert frames(view) == [1, 2, 3, 4]
    assert "Step 4 of 12" in view._caption.value
    assert [button.description for button in view._controls.film] == ["First", "Back", "Play", "Next", "Last"]


def test_a_film_that_stands_still_has_no_thread() -> None:
    before = set(threading.enumerate())
    WireView(STORY.capture)
    assert set(threading.enumerate()) == before


def test_it_is_stepped_through_forward_and_back_and_from_end_to_end(view: WireView) -> None:
    seen = []
    for words in ("Next", "Next", "Back", "First", "Back", "Last", "Next"):
        press(view, words)
        seen.append(frames(view)[-1])
    assert seen == [5, 6, 5, 1, 1, 12, 12]


def test_played_it_goes_on_by_itself_to_its_end(view: WireView) -> None:
    view._controls.speed.value = 0.1
    press(view, "Play")
    assert view._controls.film[2].description == "Pause"
    wait_until(lambda: view._controls.film[2].description == "Play", "the end of the film")
    assert frames(view) == [9, 10, 11, 12]


def test_a_film_that_has_ended_is_played_from_the_beginning(view: WireView) -> None:
    press(view, "Last")
    press(view, "Play")
    assert frames(view)[-1] < 4
    press(view, "Pause")


def test_the_list_has_the_steps_of_the_picture_and_one_that_is_chosen_opens_its_bytes(view: WireView) -> None:
    assert [label.split()[:3] for label, _ in view._list.options][2:] == [["3", "frame", "3"], ["4", "frame", "4"]]
    choose(view, 3)
    assert 'class="spot"' in view._picture.value
    assert "Frame 4" in view._anatomy.value
    assert "HELLO chat/1" in view._anatomy.value


def test_who_steps_on_closes_what_was_open(view: WireView) -> None:
    choose(view, 3)
    press(view, "Next")
    assert view._list.index is None
    assert view._anatomy.value == ""
    assert 'class="spot"' not in view._picture.value


def test_one_can_jump_to_a_message(view: WireView) -> None:
    places = dict(view._controls.message.options)
    assert [words for words in places if "SAY" in words] == [
        'frame 6: "SAY hello\\n"',
        'frame 8: "SAY again\\n"',
    ]
    view._controls.message.value = places['frame 8: "SAY again\\n"']
    view._paint()
    assert frames(view)[-1] == 8
    assert "Frame 8" in view._anatomy.value


def test_a_step_is_gone_to_and_opened_by_its_number(view: WireView) -> None:
    view._controls.number.value = 6
    view._paint()
    assert frames(view) == [3, 4, 5, 6]
    assert "Frame 6" in view._anatomy.value
    press(view, "Next")
    assert (view._controls.number.value, view._controls.number.max) == (7, 12)
    view._controls.number.value = 0
    view._paint()
    assert frames(view) == []


def test_what_is_not_wanted_is_left_out_and_the_film_stays_near_its_place(view: WireView) -> None:
    press(view, "Last")
    view._controls.kinds[Kind.PURE_ACK].value = False
    view._paint()
    assert frames(view) == [6, 8, 10, 11]
    assert "pure ACK not shown" in view._picture.value
    view._controls.kinds[Kind.PURE_ACK].value = True
    view._paint()
    assert frames(view) == [8, 9, 10, 11]


def test_a_conversation_can_be_chosen() -> None:
    with WireView(recorded("lan-chat")) as view:
        options = dict(view._controls.talk.options)
        view._controls.talk.value = next(number for words, number in options.items() if words.startswith("bob"))
        press(view, "Last")
        assert ">bob<" in view._picture.value
        assert ">ann<" not in view._picture.value


def test_numbers_are_absolute_where_that_is_wanted(view: WireView) -> None:
    assert "seq 0 ack 1" in view._picture.value
    view._controls.absolute.value = True
    view._paint()
    assert "seq 300 ack 101" in view._picture.value
    assert "seq 300 ack 101" in view.text()


def test_the_caption_says_the_last_step_and_what_changes_by_it(view: WireView) -> None:
    press(view, "First")
    assert "ann → server SYN seq 0; ann is SYN-SENT, server is SYN-RECEIVED" in view._caption.value
    assert 'aria-live="polite"' in view._caption.value


def test_what_goes_wrong_in_a_callback_is_seen_in_the_widget(view: WireView, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object) -> None:
        raise RuntimeError("<boom>")

    monkeypatch.setattr(view._film, "press", break_down)
    press(view, "Next")
    assert "chatkit has a mistake here: RuntimeError(&#x27;&lt;boom&gt;&#x27;)" in view._caption.value


def test_what_was_captured_is_only_text() -> None:
    hostile = "<img src=x onerror=alert(1)>"
    capture = caught([*CHAT.handshake(), CHAT.up(PSH | ACK, 1, 1, hostile.encode())], source=hostile)
    with WireView(capture, names={"10.0.0.1": hostile}) as view:
        choose(view, 3)
        shown = "".join(child.value for child in (view._picture, view._caption, view._anatomy))
        assert "<img" not in shown
        assert "<img" not in view._repr_mimebundle_()["text/html"]


def test_for_paper_there_are_the_picture_and_the_words(view: WireView) -> None:
    bundle = view._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "<svg" in bundle["text/html"]
    assert "<style>" in view.svg()
    assert bundle["text/plain"] == view.text()
    assert "4 segments between ann, server" in view.text()


def test_on_paper_it_is_the_same_whenever_a_live_film_was_painted_last() -> None:
    film = Film(scene_of(recorded("first-words")), rows=10, is_live=True)
    film.advance()
    before, seen = film.paper(), film.page()
    film.advance()
    assert film.paper().steps == before.steps and film.page().steps != seen.steps
    assert 10 < len(before.steps) <= MOST_ROWS



@pytest.mark.parametrize("rows", [0, MOST_ROWS + 1])
def test_a_picture_of_no_rows_or_of_too_many_is_refused(rows: int) -> None:
    with pytest.raises(MisuseError, match="a picture has 1 to 40"):
        WireView(STORY.capture, rows=rows)


def test_what_has_no_wire_is_refused() -> None:
    with pytest.raises(MisuseError, match="has no wire to look at"):
        WireView("10.0.0.1")  # type: ignore[arg-type]


def test_an_empty_capture_says_that_nothing_has_passed() -> None:
    with WireView(caught([])) as view:
        assert "Nothing has passed yet." in view._caption.value
        press(view, "Next")
        press(view, "Play")
        press(view, "First")
        assert "Step 0 of 0" in view._caption.value


def test_callbacks_of_many_threads_leave_one_picture(view: WireView) -> None:
    threads = [threading.Thread(target=press, args=(view, words)) for words in ("Next", "Back", "Next", "Last") * 5]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    view._paint()
    assert f"Step {frames(view)[-1]} of 12" in view._caption.value


# ---- live ----


@needs_lan
def test_live_it_shows_what_passes_with_calls_and_drops_and_ends_when_it_is_closed() -> None:
    before = set(threading.enumerate())
    recorder = Recorder()
    with Lan("server", "ann") as lan, Server(port=0, host=lan["server"]) as server:
        recorder.listen_to(server)
        with WireView(lan, heard=recorder.heard, rows=MOST_ROWS) as view:
            lan.wire.add(drop(nth=2, sent_by="ann", carrying_data=True))
            ann = Client("ann", server.address, host=lan["ann"], on_event=recorder.of_client("ann"))
            ann.say("hello")
            wait_until(lambda: "retransmission" in view._picture.value, "the retransmission")
            ann.close()
            wait_until(lambda: "LAST-ACK" in view._picture.value, "the close")
            shown = view._picture.value
    assert "dropped by drop(nth=2" in shown
    assert all(f">{call}<" in shown for call in ("connect()", "accept()", "send() 10 bytes", "recv() 10 bytes"))
    assert set(threading.enumerate()) <= before


@needs_lan
def test_a_live_view_that_is_stepped_back_stands_still_while_more_comes_until_it_is_told_to_go_on() -> None:
    with Lan("server", "ann") as lan, Server(port=0, host=lan["server"]) as server, WireView(lan) as view:
        with Client("ann", server.address, host=lan["ann"]) as ann:
            wait_until(lambda: "WELCOME" in view._picture.value, "the welcome")
            press(view, "First")
            ann.say("more")
            wait_until(lambda: "of 1" in view._caption.value and view._film.length > 8, "more")
            assert frames(view) == [3]
            press(view, "Last")
            wait_until(lambda: "SAY more" in view._picture.value, "the newest")


def test_the_view_is_ready_for_the_most_rows() -> None:
    assert wire_view.ROWS <= MOST_ROWS == 40
