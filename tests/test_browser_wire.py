"""The wire view as a person sees it: a real JupyterLab in a real Chromium, light with a LAN, dark without one.

A picture of the page at the end of each test is kept, in the folder that a failing test prints.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.needs import needs_chromium, needs_lan

pytest.importorskip("playwright", reason="needs Playwright: python3 -m chatkit test installs it")

from playwright.sync_api import Locator, expect

from tests.jupyter import Browser, JupyterLab, Notebook, becomes

NAME = "wire.ipynb"
NARROW = 820  # pixels, of which JupyterLab itself takes more than a third
CELLS = (
    "from chatkit.faces.notebook.classroom import *\n"
    'lan = start_lan("server", "ann", "bob")\nserver = start_server(lan)\nwire_view(server)',
    'ann, bob = join("ann", server), join("bob", server)\nann',
    "close_all()",
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180), needs_chromium, needs_lan]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="module", params=["lan", "recorded"])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """The first two cells have run."""
    folder = tmp_path_factory.mktemp("notebooks")
    _write(folder / NAME)
    theme, choice = ("JupyterLab Light", "") if request.param == "lan" else ("JupyterLab Dark", "recorded")
    with JupyterLab(folder, theme, {"CHATKIT_CAPTURE": choice}) as lab, Browser(1400, 1400) as browser:
        page = browser.open(lab, NAME)
        page.run_one("wire_view(server)")
        page.run_one("join(")
        page.is_live = request.param == "lan"  # type: ignore[attr-defined]
        yield page
        page.run_one("close_all")


@pytest.fixture
def notebook(opened: Notebook, pictures: Path, request: pytest.FixtureRequest) -> Iterator[Notebook]:
    yield opened
    picture = pictures / f"{re.sub('[^a-z]+', '-', request.node.name)}.png"
    view(opened).scroll_into_view_if_needed()
    opened.save_picture(picture)
    print(f"the page at the end of the test: {picture}")


def view(notebook: Notebook) -> Locator:
    return notebook.page.locator(".ck-wire").first


def press(notebook: Notebook, words: str) -> None:
    view(notebook).get_by_role("button", name=words).click()


def last_frame(notebook: Notebook) -> Locator:
    return view(notebook).locator("svg text", has_text=re.compile(r"^frame \d+$")).last


def test_the_handshake_can_be_stepped_through_with_its_states(notebook: Notebook) -> None:
    press(notebook, "First")
    expect(view(notebook).locator(".ck-caption")).to_contain_text("ann is SYN-SENT, server is SYN-RECEIVED")
    for sentence in ("ann is ESTABLISHED", "server is ESTABLISHED"):
        while sentence not in view(notebook).locator(".ck-caption").inner_text():
            before = view(notebook).locator(".ck-count").inner_text()
            press(notebook, "Next")
            expect(view(notebook).locator(".ck-count")).not_to_have_text(before)


def test_what_is_typed_into_the_chat_travels_before_ones_eyes(notebook: Notebook) -> None:
    if not notebook.is_live:  # type: ignore[attr-defined]
        expect(view(notebook)).to_contain_text("RECORDED, not caught here")
        return
    press(notebook, "Last")
    notebook.chat("ann").type("see me travel")
    notebook.page.keyboard.press("Enter")
    drawn = view(notebook).locator("svg")
    expect(drawn).to_contain_text("SAY see me travel")
    expect(drawn).to_contain_text("SAID ann see me travel")
    expect(drawn.locator("text", has_text="recv() 18 bytes")).to_contain_text("with ann, reader-1")


def test_with_the_keyboard_a_step_is_chosen_and_its_bytes_open(notebook: Notebook) -> None:
    press(notebook, "First")
    number = view(notebook).get_by_role("spinbutton", name="Step")
    expect(number).to_have_value("1")
    number.focus()
    for _ in range(3):
        notebook.page.keyboard.press("ArrowUp")
    expect(view(notebook).locator(".ck-count")).to_contain_text("Step 4 of")
    notebook.page.keyboard.press("ArrowDown")
    expect(view(notebook).locator(".ck-count")).to_contain_text("Step 3 of")
    expect(view(notebook).locator("svg rect.spot")).to_have_count(1)
    for key in ("Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab", "Enter"):  # to the button Next
        notebook.page.keyboard.press(key)
    expect(view(notebook).locator(".ck-count")).to_contain_text("Step 4 of")


def test_a_step_that_is_clicked_opens_its_bytes(notebook: Notebook) -> None:
    press(notebook, "First")
    steps = view(notebook).get_by_role("listbox", name=re.compile("Steps")).locator("option")
    expect(steps).to_have_count(1)  # who clicks into a list while it changes, clicks beside it
    steps.first.click()
    expect(view(notebook).locator(".chatkit-anatomy figcaption")).to_contain_text("SYN")
    expect(view(notebook).locator("svg rect.spot")).to_have_count(1)


def test_slow_motion_shows_one_step_after_another(notebook: Notebook) -> None:
    press(notebook, "First")
    view(notebook).get_by_label("Speed").select_option("10 steps a second")
    press(notebook, "Play")
    expect(view(notebook).locator(".ck-count")).to_have_text(re.compile(r"Step ([5-9]|\d\d) of"))
    press(notebook, "Pause")


def test_pure_acks_can_be_left_out(notebook: Notebook) -> None:
    press(notebook, "Last")
    if notebook.is_live:  # type: ignore[attr-defined]
        press(notebook, "Pause")
    toggle = view(notebook).get_by_role("button", name="pure ACKs")
    toggle.click()
    expect(view(notebook).locator("svg")).to_contain_text("not shown")
    toggle.click()
    expect(view(notebook).locator("svg")).not_to_contain_text("not shown")


def test_in_a_narrow_page_the_picture_scrolls_and_the_buttons_wrap(notebook: Notebook) -> None:
    with notebook.as_wide_as(NARROW):
        inner = view(notebook).locator(".ck-film .widget-html-content > div")
        assert becomes(inner, "box => box.scrollWidth > box.clientWidth")
        for button in view(notebook).get_by_role("button").all():
            assert becomes(button, _ENDS_INSIDE)


def test_words_have_contrast_on_the_page(notebook: Notebook) -> None:
    press(notebook, "First")
    ratio = view(notebook).locator("svg text", has_text="SYN-SENT").first.evaluate(_CONTRAST)
    assert ratio > 4.5


_ENDS_INSIDE = """button => {
    const right = box => box.getBoundingClientRect().right;
    return right(button) <= right(button.closest(".ck-wire"));
}"""
_CONTRAST = """text => {
    const light = colour => {
        const [r, g, b] = colour.match(/[\\d.]+/g).map(Number)
            .map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ink = light(getComputedStyle(text).fill);
    const ground = light(getComputedStyle(text.closest(".ck-wire")).backgroundColor);
    return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
}"""


def _write(path: Path) -> None:
    cells = [
        {"cell_type": "code", "id": f"cell-{n}", "metadata": {}, "source": c, "outputs": [], "execution_count": None}
        for n, c in enumerate(CELLS)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    path.write_text(json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}), "utf-8")
