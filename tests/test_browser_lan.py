"""The notebook on the LAN as a person sees it: a real JupyterLab in a real Chromium.

A picture of the page at the end of each test is kept, in the folder that a failing test prints.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.needs import needs_chromium, needs_lan

pytest.importorskip("playwright", reason="needs Playwright: python3 -m chatkit test installs it")

from playwright.sync_api import Locator, expect

from tests.jupyter import Browser, JupyterLab, Notebook, becomes

NAME = "05-a-lan-of-your-own.ipynb"
NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
NARROW = 620  # pixels, of which JupyterLab itself takes about half

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180), needs_chromium, needs_lan]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="module", params=["lan", "recorded"])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """The notebook after Run All: in a light page with a LAN, in a dark page without one."""
    folder = tmp_path_factory.mktemp("notebooks")
    shutil.copy(NOTEBOOKS / NAME, folder)
    theme, choice = ("JupyterLab Light", "") if request.param == "lan" else ("JupyterLab Dark", "recorded")
    with JupyterLab(folder, theme, {"CHATKIT_CAPTURE": choice}) as lab, Browser() as browser:
        page = browser.open(lab, NAME)
        page.run_all()
        page.is_recorded = request.param == "recorded"  # type: ignore[attr-defined]
        yield page


@pytest.fixture
def notebook(opened: Notebook, pictures: Path, request: pytest.FixtureRequest) -> Iterator[Notebook]:
    yield opened
    picture = pictures / f"{re.sub('[^a-z]+', '-', request.node.name)}.png"
    opened.save_picture(picture)
    print(f"the page at the end of the test: {picture}")


def output(notebook: Notebook, code: str) -> Locator:
    cell = notebook.cell(code)
    cell.scroll_into_view_if_needed()
    return cell.locator(".jp-OutputArea").first


def test_run_all_runs_all_without_an_error(notebook: Notebook) -> None:
    prompts = notebook.page.locator(".jp-CodeCell .jp-InputPrompt").all_text_contents()
    assert [prompt for prompt in prompts if not re.fullmatch(r"\[\d+\]:", prompt)] == []
    expect(notebook.page.get_by_text("Traceback")).to_have_count(0)
    expect(notebook.page.get_by_text("Error displaying widget")).to_have_count(0)


def test_the_log_shows_what_was_dropped_and_that_it_came_again(notebook: Notebook) -> None:
    rows = output(notebook, 'wire_log(lan, "lan-loss")').get_by_role("row").filter(has_text="is this lost?")
    if notebook.is_recorded:  # a kernel that is kept waiting may send more again
        expect(rows).to_have_count(3)
    expect(rows.filter(has_text="dropped")).to_have_count(1)
    expect(rows.nth(0)).to_contain_text("dropped by drop(nth=1, sent_by='ann', carrying_data=True)")
    for text in ("SAY is this lost?", "SAID ann is this lost?"):
        expect(rows.filter(has_text=text).filter(has_text="delivered").first).to_be_visible()
    expect(rows.nth(0).locator("td, th").first).to_have_css("font-weight", "700")


def test_the_ladder_calls_it_a_retransmission(notebook: Notebook) -> None:
    drawn = output(notebook, 'ladder_of("ann", seen(lan, "lan-loss"))').locator("svg.chatkit-ladder")
    if notebook.is_recorded:
        expect(drawn.get_by_text("retransmission")).to_have_count(1)
    expect(drawn.get_by_text("retransmission").first).to_be_visible()
    before, *labels, _after = " ".join(drawn.locator("tspan").all_text_contents()).split('"SAY is this lost?')
    assert "retransmission" not in before.rpartition("PSH,ACK")[2]  # what stands above the first that was sent
    assert labels and all("retransmission" in label.rpartition("PSH,ACK")[2] for label in labels)


def test_what_eve_read_on_the_hub_is_marked(notebook: Notebook) -> None:
    marks = output(notebook, "eves = seen").locator("mark")
    for text in ("the key is u", "nder the mat"):
        expect(marks.filter(has_text=re.compile(f"^{text}$")).first).to_be_visible()


def test_wide_tables_scroll_inside_a_narrow_page(notebook: Notebook) -> None:
    with notebook.as_wide_as(NARROW):
        table = output(notebook, 'wire_log(lan, "lan-chat")').get_by_role("table")
        table.scroll_into_view_if_needed()
        scrolled = table.locator("xpath=..")
        assert becomes(scrolled, f"box => box.getBoundingClientRect().width <= {NARROW}")
        assert becomes(scrolled, "box => box.scrollWidth > box.clientWidth")


def test_the_chats_of_the_hub_go_on_until_the_last_button(notebook: Notebook) -> None:
    notebook.run_one('kind="hub"')
    box = output(notebook, 'kind="hub"').locator(".ck-chat")
    expect(box).to_have_count(2)
    expect(box.first).to_contain_text("● connected")
    notebook.page.get_by_role("button", name="End the chat").click()
    expect(notebook.page.get_by_text("Ended: the clients have left")).to_be_visible()
    expect(box.first).to_contain_text("○ not connected")
