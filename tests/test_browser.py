"""The first notebook as a person uses it: a real JupyterLab in a real Chromium.

A picture of the page at the end of each test is kept, in the folder that a failing test prints.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from tests.needs import needs_chromium, needs_lan

pytest.importorskip("playwright", reason="needs Playwright: python3 -m chatkit test installs it")

from playwright.sync_api import Locator, expect

from tests.jupyter import Browser, JupyterLab, Notebook, becomes

NAME = "00-first-words.ipynb"
NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
ATTACK = '<img src=x onerror="document.title=1"><b>bold</b>'
NARROW = 420  # pixels

WITHOUT_SYNACK = """
from dataclasses import replace
lost = conversation.handshake.synack.frame
replace(capture, frames=tuple(f for f in capture.frames if f.number != lost)).conversation().ladder()
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180), needs_chromium, needs_lan]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, pictures: Path) -> Iterator[Notebook]:
    """The notebook after Run All, with one cell more, which leaves a frame out."""
    folder = tmp_path_factory.mktemp("notebooks") / "copy"
    shutil.copytree(NOTEBOOKS, folder)
    notebook = nbformat.read(folder / NAME, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(WITHOUT_SYNACK.strip()))
    nbformat.write(notebook, folder / NAME)
    with JupyterLab(folder) as lab, Browser() as browser:
        page = browser.open(lab, NAME)
        try:
            page.run_all()
        finally:
            page.save_picture(pictures / "run-all.png")
        yield page


@pytest.fixture
def notebook(opened: Notebook, pictures: Path, request: pytest.FixtureRequest) -> Iterator[Notebook]:
    yield opened
    picture = pictures / f"{request.node.name}.png"
    opened.save_picture(picture)
    print(f"the page at the end of the test: {picture}")


def ladder(notebook: Notebook, code: str) -> Locator:
    return notebook.cell(code).locator("svg.chatkit-ladder")


def arrows(drawn: Locator) -> list[str]:
    """What stands at the arrows of a ladder, as a student reads it: flags and numbers."""
    return [text for text in drawn.locator("text").all_text_contents() if "seq" in text]


def question(notebook: Notebook, name: str) -> Locator:
    return notebook.page.locator(".ck-question", has_text=name)


def test_run_all_runs_all_without_an_error(notebook: Notebook) -> None:
    prompts = notebook.page.locator(".jp-CodeCell .jp-InputPrompt").all_text_contents()
    assert [prompt for prompt in prompts if not re.fullmatch(r"\[\d+\]:", prompt)] == []
    expect(notebook.page.get_by_text("Traceback")).to_have_count(0)
    expect(notebook.page.get_by_text("Error displaying widget")).to_have_count(0)


def test_both_chats_show_who_is_here_and_where_they_are_connected(notebook: Notebook) -> None:
    for own, address in (("ann", r"10\.0\.0\.2"), ("bob", r"10\.0\.0\.3")):
        chat = notebook.chat(own)
        expect(chat.box).to_contain_text("● connected")
        expect(chat.box).to_contain_text(re.compile(rf"you {address}:\d+ → server 10\.0\.0\.1:\d+"))
        expect(chat.users).to_contain_text("Users (2)")
        expect(chat.users.get_by_role("listitem")).to_have_text([re.compile("ann"), re.compile("bob")])


def test_what_is_typed_into_anns_box_is_read_in_bobs(notebook: Notebook) -> None:
    ann, bob = notebook.chat("ann"), notebook.chat("bob")
    ann.type("typed at full speed, with é and 🙂")
    ann.message.press("Enter")
    expect(bob.log.locator(".ck-line").last).to_contain_text("typed at full speed, with é and 🙂")
    expect(ann.log.locator(".ck-mine").last).to_contain_text("typed at full speed, with é and 🙂")
    expect(ann.message).to_have_value("")


def test_the_button_sends_as_enter_does(notebook: Notebook) -> None:
    bob = notebook.chat("bob")
    bob.type("by the button")
    bob.press("Send")
    expect(notebook.chat("ann").log.locator(".ck-line").last).to_contain_text("by the button")


def test_leaving_the_box_does_not_send_and_enter_later_does(notebook: Notebook) -> None:
    ann, bob = notebook.chat("ann"), notebook.chat("bob")
    ann.type("a second thought")
    bob.message.click()
    ann.message.press("Enter")
    expect(bob.log.locator(".ck-line").last).to_contain_text("a second thought")
    expect(bob.log.get_by_text("a second thought")).to_have_count(1)


def test_a_refused_command_is_explained_and_stays_to_be_mended(notebook: Notebook) -> None:
    ann = notebook.chat("ann")
    ann.type("/wh")
    ann.message.press("Enter")
    expect(ann.box.get_by_role("alert")).to_contain_text("/wh is not a command")
    expect(ann.message).to_have_value("/wh")
    ann.type("o")
    ann.message.press("Enter")
    expect(ann.log).to_contain_text("2 here: ann, bob")
    expect(ann.box.get_by_role("alert")).to_have_count(0)


def test_text_from_others_is_shown_and_never_obeyed(notebook: Notebook) -> None:
    title = notebook.page.title()
    ann, bob = notebook.chat("ann"), notebook.chat("bob")
    ann.type(ATTACK)
    ann.message.press("Enter")
    expect(bob.log.locator(".ck-line").last).to_contain_text(ATTACK)
    expect(bob.log.locator("img, b")).to_have_count(0)
    assert notebook.page.title() == title


def test_the_log_stays_at_its_newest_line(notebook: Notebook) -> None:
    ann, bob = notebook.chat("ann"), notebook.chat("bob")
    for number in range(15):
        bob.message.fill(f"line {number}")
        bob.message.press("Enter")
        expect(ann.log).to_contain_text(f"line {number}")
    for chat in (ann, bob):
        expect(chat.log.locator(".ck-line").last).to_be_in_viewport(ratio=1)
        assert becomes(chat.log, "log => log.scrollHeight > log.clientHeight + 100")


def test_what_was_typed_is_on_the_ladder_after_a_handshake(notebook: Notebook) -> None:
    ann = notebook.chat("ann")
    ann.type("where is this?")
    ann.message.press("Enter")
    expect(notebook.chat("bob").log).to_contain_text("where is this?")
    notebook.run_from("capture = live.so_far()")
    drawn = ladder(notebook, 'names={conversation.client: "ann"')
    assert [arrow.split("seq")[0].strip() for arrow in arrows(drawn)[:3]] == ["SYN", "SYN,ACK", "ACK"]
    expect(drawn).to_contain_text('"SAY where is this?\\n"')


def test_a_frame_that_was_not_caught_is_not_drawn(notebook: Notebook) -> None:
    whole = arrows(ladder(notebook, 'names={conversation.client: "ann"'))
    missing = arrows(ladder(notebook, "conversation.handshake.synack.frame"))
    assert whole[1].startswith("SYN,ACK")
    assert [arrow for arrow in missing if arrow.startswith("SYN,ACK")] == []
    assert missing[0] == whole[0]


def test_a_wrong_answer_is_named_and_the_right_one_is_right(notebook: Notebook) -> None:
    syn, synack, *_ = arrows(ladder(notebook, 'names={conversation.client: "ann"'))
    seq, ack = re.findall(r"seq (\d+)", syn)[0], re.findall(r"ack (\d+)", synack)[0]
    asked = question(notebook, "handshake.synack-ack")
    asked.get_by_label("Number").fill(seq)
    asked.get_by_role("button", name="Check").click()
    expect(asked).to_contain_text("the SYN takes no number")
    asked.get_by_label("Number").fill(ack)
    asked.get_by_label("Frame that shows it").fill("2")
    asked.get_by_label("Frame that shows it").press("Enter")
    expect(asked).to_contain_text(re.compile("right", re.IGNORECASE))
    expect(asked).not_to_contain_text("the SYN takes no number")


def test_disconnect_is_seen_by_the_other_and_reconnect_too(notebook: Notebook) -> None:
    ann, bob = notebook.chat("ann"), notebook.chat("bob")
    bob.press("Disconnect")
    expect(bob.box).to_contain_text("○ not connected")
    expect(ann.users).to_contain_text("Users (1)")
    expect(ann.log).to_contain_text("bob left")
    bob.press("Reconnect")
    expect(ann.users).to_contain_text("Users (2)")
    expect(bob.box).to_contain_text("● connected")
    expect(bob.message).to_be_focused()


def test_running_the_clients_again_ends_the_older_ones(notebook: Notebook) -> None:
    notebook.run_one('ann = join("ann", server)')
    for own in ("ann", "bob"):
        expect(notebook.chat(own).users.get_by_role("listitem")).to_have_text([re.compile("ann"), re.compile("bob")])
    notebook.chat("ann").type("still here")
    notebook.chat("ann").message.press("Enter")
    expect(notebook.chat("bob").log).to_contain_text("still here")


def test_nothing_runs_over_the_edge_of_a_narrow_page(notebook: Notebook) -> None:
    with notebook.as_wide_as(NARROW + 200):
        for own in ("ann", "bob"):
            box = notebook.chat(own).box
            assert becomes(box, f"box => box.getBoundingClientRect().width <= {NARROW + 100}")
            assert becomes(box, "box => box.scrollWidth <= box.clientWidth")
            expect(notebook.chat(own).message).to_be_visible()


def test_the_last_button_ends_everything_politely(notebook: Notebook) -> None:
    notebook.page.get_by_role("button", name="End the chat").click()
    expect(notebook.page.get_by_text("Ended: the clients have left")).to_be_visible()
    for own in ("ann", "bob"):
        expect(notebook.chat(own).box).to_contain_text("○ not connected")
