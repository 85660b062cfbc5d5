"""Take the pictures of the README: real screenshots, of a real JupyterLab, a real window and real terminals.

    .venv/bin/python -m tests.pictures [FOLDER]

Needs chromium, Xvfb, openbox, xdotool, ImageMagick and xterm; FOLDER is notebooks/pictures if none is named.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbformat

from chatkit.net.ports import find_holder
from chatkit.net.server import Server
from tests.jupyter import ROOT, Browser, JupyterLab, Notebook
from tests.peer import Peer
from tests.xvfb import Person, a_screen, wait_until

PORT = 9901


def main(folder: Path) -> None:
    """Take all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    take_notebook(folder / "notebook.png")
    take_question(folder / "question.png")
    with tempfile.TemporaryDirectory() as home, a_screen(Path(home)) as display:
        take_window(Person(display), folder / "window.png")
        take_terminals(Person(display), folder / "terminal.png")


def take_notebook(file: Path) -> None:
    """The first notebook after all its cells ran: the two chats, the wire below them, and the bytes of a segment."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(ROOT / "notebooks" / "00-first-words.ipynb", folder)
        with JupyterLab(folder) as lab, Browser(1500, 1500) as browser:
            notebook = browser.open(lab, "00-first-words.ipynb")
            notebook.run_all()
            chats, wire, bytes_ = (folder / f"{part}.png" for part in ("chats", "wire", "bytes"))
            say(notebook, "bob", "hello, ann. Who else can read this?")
            say(notebook, "ann", "whoever looks at the wire")
            open_step(notebook, "SAY whoever")
            photograph(notebook, ".ck-pair", chats)
            photograph(notebook, ".ck-wire .ck-film", wire)
            photograph(notebook, ".ck-wire .chatkit-anatomy", bytes_)
        run("convert", "-background", "white", "-gravity", "center", str(chats), str(wire),
            "(", str(bytes_), "-gravity", "north", "-crop", "x246+0+0", "+repage", ")", "-gravity", "center", "-append",
            "-bordercolor", "white", "-border", "8", str(file))  # fmt: skip


def open_step(notebook: Notebook, words: str) -> None:
    """Choose the step with these words in the list of the wire view, so that its bytes open."""
    steps = notebook.page.locator(".ck-wire select[size]")
    option = steps.locator("option", has_text=words).last
    option.wait_for(state="attached")
    steps.select_option(value=option.get_attribute("value"))
    notebook.page.locator(".ck-wire .chatkit-anatomy").wait_for()


def take_question(file: Path) -> None:
    """A question about a close, answered wrong: the mistake has a name."""
    lines = ["from chatkit import recorded", "from chatkit.faces.question_widget import ask",
             "question = ask('close.segments', recorded('password'))", "question"]  # fmt: skip
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("\n".join(lines))], metadata=python)
    with tempfile.TemporaryDirectory() as name:
        nbformat.write(notebook, Path(name) / "question.ipynb")
        with JupyterLab(Path(name), env={"CHATKIT_PROGRESS": os.devnull}) as lab, Browser(1240, 1500) as browser:
            shown = browser.open(lab, "question.ipynb")
            shown.run_all()
            question = shown.page.locator(".ck-question")
            question.get_by_label("Number").fill("4")
            question.get_by_label("Frame that shows it").fill("17")
            question.get_by_role("button", name="Check").click()
            question.get_by_role("status").wait_for()
            photograph(shown, ".ck-question", file)


def say(notebook: Notebook, name: str, text: str) -> None:
    chat = notebook.chat(name)
    chat.type(text)
    chat.press("Send")


def photograph(notebook: Notebook, selector: str, file: Path) -> None:
    part = notebook.page.locator(selector).first
    part.scroll_into_view_if_needed()
    notebook.page.wait_for_timeout(1500)  # JupyterLab lays the page out again after it scrolled
    part.screenshot(path=file)


def take_window(person: Person, file: Path) -> None:
    """The Tkinter window in a conversation of three."""
    with Server(port=0) as server, Peer(server.address, "ann") as ann, Peer(server.address, "carl") as carl:
        command = (sys.executable, "-m", "chatkit", "window", "--name", "bob", "--connect", "--port")
        with running(person, *command, str(server.address[1])):
            ann.until("JOINED bob")
            carl.until("JOINED bob")
            ann.send("SAY hello, bob! Can you read this?\n")
            carl.until("SAID")
            window = person.find("bob")
            person.focus(window)
            person.types("I can. So can whoever captures here.")
            person.presses("Return")
            carl.until("SAID bob")
            carl.send("SAY every byte of it: see frame 19\nTELL bob just between us: lunch at noon?\nPING x\n")
            carl.until("PONG")
            person.types("let us look at the ladd")
            person.photographs_window(window, file)


def take_terminals(person: Person, file: Path) -> None:
    """The server's log on the left, a client on the right."""
    with running(person, *terminal("server", "+0+0"), "serve", "--port", str(PORT)):
        person.find("server")
        wait_until(lambda: find_holder(PORT), "the server to listen")
        with Peer(("127.0.0.1", PORT), "bob") as bob:
            with running(person, *terminal("client", "+0+305"), "chat", "--name", "ann", f"127.0.0.1:{PORT}"):
                bob.until("JOINED ann")
                person.focus(person.find("client"))
                bob.send("SAY hello from nc, é and all\n")
                person.types("hello bob, hello world")
                person.presses("Return")
                bob.until("SAID ann")
                bob.send("SAY see you\nQUIT lunch\n")
                bob.until("BYE")
                with Peer(("127.0.0.1", PORT), "carl") as carl:
                    person.types("/who")
                    person.presses("Return")
                    carl.send("TELL ann psst, who else is here?\nPING x\n")
                    carl.until("PONG")
                    person.types("let us cap")
                    person.photographs(file)
    run("convert", str(file), "-trim", "-bordercolor", "#444444", "-border", "6", str(file))


def terminal(title: str, place: str) -> tuple[str, ...]:
    """Give the words that open a terminal and begin a chatkit command in it."""
    looks = ("-fa", "DejaVu Sans Mono", "-fs", "11", "-bg", "#1e1e1e", "-fg", "#e6e6e6", "-geometry", f"84x14{place}")
    return ("xterm", *looks, "-title", title, "-e", sys.executable, "-m", "chatkit")


@contextlib.contextmanager
def running(person: Person, *command: str) -> Iterator[None]:
    """Another program on the person's screen."""
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"DISPLAY": person.display})
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=60)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "notebooks" / "pictures")
