"""The chat under a bare Python: no site-packages, nothing but the standard library and this folder."""

import sys
import textwrap

import pytest

from tests.programs import ROOT, Program

IMPORTS = """
    import pkgutil
    from importlib import import_module
    import chatkit.faces.chat, chatkit.faces.terminal, chatkit.faces.serve, chatkit.faces.window
    for room in ("protocol", "net"):
        for module in pkgutil.walk_packages(import_module(f"chatkit.{room}").__path__, f"chatkit.{room}."):
            import_module(module.name)
    try:
        import tkinter
    except ImportError:
        pass  # some systems bring it in a package of its own
    else:
        import chatkit.faces.tk.chat_window
"""

TWO_CLIENTS = """
    from queue import SimpleQueue
    from chatkit import Client, Server
    from chatkit.protocol.messages import Said

    heard = SimpleQueue()
    with Server(port=0) as server, Client("ann", server.address, listener=heard.put) as ann:
        with Client("bob", server.address) as bob:
            bob.say("hello é 😀")
            while not isinstance(message := heard.get(timeout=10), Said):
                pass
            assert message == Said("bob", "hello é 😀"), message
            assert ann.users == server.users == ("ann", "bob")
"""

FACES = """
    from queue import SimpleQueue
    from chatkit import Server
    from chatkit.faces.chat import Chat, Kind, Line, Phase, Status

    def wait_for(updates, wanted):
        while not wanted(update := updates.get(timeout=10)):
            pass
        return update

    updates = {"ann": SimpleQueue(), "bob": SimpleQueue()}
    chats = {name: Chat(queue.put) for name, queue in updates.items()}
    with Server(port=0) as server:
        for name, chat in chats.items():
            chat.connect(name, server.address)
            wait_for(updates[name], lambda u: isinstance(u, Status) and u.phase is Phase.CONNECTED)
        assert chats["ann"].enter("/msg bob psst") == ""
        line = wait_for(updates["bob"], lambda u: isinstance(u, Line) and u.kind is Kind.TOLD)
        assert (line.name, line.text) == ("ann", "psst")
        for chat in chats.values():
            chat.close()
"""

PROOF = """
    import sys
    from pathlib import Path

    mine = [name for name in sys.modules if name.partition(".")[0] == "chatkit"]
    foreign = {name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names - {"chatkit", "__main__"}
    paths = [path for path in sys.path if "site-packages" in path or "dist-packages" in path]
    print(f"foreign {sorted(foreign)}, paths {paths}, own modules {len(mine)}.")
"""


def bare(*code: str) -> Program:
    """Run code in an isolated Python (-I) without `site` (-S), which would add the packages that pip installed."""
    start = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
    return Program(sys.executable, "-I", "-S", "-c", start + "".join(map(textwrap.dedent, code)))


@pytest.mark.parametrize("code", [IMPORTS, TWO_CLIENTS, FACES], ids=["imports", "two clients", "two faces"])
def test_the_chat_needs_nothing_that_pip_installs(code: str) -> None:
    with bare(code, PROOF) as program:
        assert program.end() == 0, program.seen
    assert "foreign [], paths [], own modules " in program.seen


def test_server_and_terminal_talk_as_programs_of_a_bare_python() -> None:
    start = "from chatkit.__main__ import main; sys.exit(main({!r}))"
    with bare(start.format(["serve", "--port", "0"])) as server:
        port = server.wait_for(r"server on port (\d+)")[1]
        with bare(start.format(["chat", "--name", "ann", f"127.0.0.1:{port}"])) as ann:
            ann.wait_for("You are ann")
            with bare(start.format(["chat", "--name", "bob", f"127.0.0.1:{port}"])) as bob:
                bob.type("hello\n")
                ann.wait_for("bob: hello")
                assert bob.end() == 0
            ann.wait_for(r"\* bob left")
            assert ann.end() == 0
        server.interrupt()
        assert server.end() == 0
