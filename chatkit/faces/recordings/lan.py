"""python3 -m chatkit.faces.recordings.lan: makes the recorded captures that stand in where there is no LAN.

    lan-chat         ann and bob join the server over a switch, and ann says a word
    lan-loss         the same, and then one segment of hers is dropped
    lan-delay        the same, and then bob comes back over a wire that takes 0.1 s
    eve-on-switch    what came to eve all the while
    eve-on-hub       what comes to her from another chat, over a hub

It does what `notebooks/05-a-lan-of-your-own.ipynb` does, in the same order.
"""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from chatkit.capture.capture import Capture
from chatkit.capture.recorded import FOLDER
from chatkit.capture.wire_capture import WireCapture, capture_of
from chatkit.faces.notebook.wire_log import save_log
from chatkit.faces.recordings.chats import Inbox
from chatkit.lan.lan import Lan
from chatkit.lan.rules import delay, drop
from chatkit.net.client import Client
from chatkit.net.host import DEFAULT_PORT
from chatkit.net.server import Server
from chatkit.protocol.messages import Said

HOSTS = ("server", "ann", "bob", "eve")
HELLO, LOST, SECRET = "hello, bob", "is this lost?", "the key is under the mat"


def main(argv: list[str]) -> int:
    """Record into the folder that is named, or into the one where the kit finds its captures."""
    folder = Path(argv[0]) if argv else FOLDER
    for name, capture in record(folder):
        print(f"{name}: {capture}\n")
    return 0


def record(folder: Path) -> Iterator[tuple[str, Capture]]:
    """Make all of them, with the logs of their wires; gives each as it is saved."""
    folder.mkdir(parents=True, exist_ok=True)
    with Lan(*HOSTS) as lan, Server(DEFAULT_PORT, host=lan["server"]) as server:
        for name in _over_a_switch(lan, server):
            capture = _save(lan, name, folder)
            save_log(list(lan.wire.log)[: len(capture)], name, folder)
            yield name, capture
        yield "eve-on-switch", _save(lan, "eve-on-switch", folder, at="eve")
    with (
        Lan(*HOSTS, kind="hub") as lan,
        Server(DEFAULT_PORT, host=lan["server"]) as server,
        _joined(lan, server) as (ann, to_bob, _),
    ):
        _say(ann, SECRET, to_bob)
        yield "eve-on-hub", _save(lan, "eve-on-hub", folder, at="eve")


def _over_a_switch(lan: Lan, server: Server) -> Iterator[str]:
    """Name each moment that is worth keeping, once it has come."""
    with _joined(lan, server) as (ann, to_bob, bob):
        _say(ann, HELLO, to_bob)
        yield "lan-chat"
        lan.wire.add(drop(nth=1, sent_by="ann", carrying_data=True))
        _say(ann, LOST, to_bob)
        yield "lan-loss"
        bob.quit()
        lan.wire.clear()
        lan.wire.add(delay(0.1))
        with Client("bob", server.address, host=lan["bob"]):
            yield "lan-delay"
            lan.wire.clear()


@contextmanager
def _joined(lan: Lan, server: Server) -> Iterator[tuple[Client, Inbox, Client]]:
    """Ann and bob in the room, and what bob hears."""
    to_bob = Inbox()
    with ExitStack() as stack:
        ann = stack.enter_context(Client("ann", server.address, host=lan["ann"]))
        bob = stack.enter_context(Client("bob", server.address, host=lan["bob"], listener=to_bob))
        yield ann, to_bob, bob


def _say(client: Client, text: str, inbox: Inbox) -> None:
    client.say(text)
    inbox.wait_for(Said)


def _save(lan: Lan, name: str, folder: Path, at: str | None = None) -> Capture:
    with WireCapture(lan.wire):
        pass  # it ends when the wire has been quiet for a moment
    capture = capture_of(lan.wire, at=at)
    capture.save(folder / f"{name}.pcap")
    return capture


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
