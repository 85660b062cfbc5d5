"""python3 -m chatkit.faces.recordings.chats: makes recorded captures that chatkit brings, from real chats on loopback.

    first-words   ann joins, bob joins, they talk, ann leaves, bob leaves
    password      ann gives the room's password, says a sentence, and leaves

All conversations are whole, from SYN to the last ACK.
"""

import queue
import sys
from collections.abc import Callable
from pathlib import Path

from chatkit.capture.capture import Capture
from chatkit.capture.live import LiveCapture
from chatkit.capture.recorded import FOLDER
from chatkit.net.client import Client, Gone
from chatkit.net.host import DEFAULT_PORT
from chatkit.net.server import Server
from chatkit.protocol.messages import Left, Reply, Said

SECRET = "tulip"  # made up, as every password in this kit
PATIENCE = 5.0  # seconds that a message may take


def main(argv: list[str]) -> int:
    """Record into the folder that is named, or into the one where the kit finds its captures."""
    folder = Path(argv[0]) if argv else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name in CHATS:
        capture = record(name)
        print(f"{capture}\n\nSaved as {capture.save(folder / f'{name}.pcap')}.")
    return 0


def record(name: str, port: int = DEFAULT_PORT) -> Capture:
    """Capture the chat of this name."""
    chat, password = CHATS[name]
    with Server(port, password=password) as server, LiveCapture(server.address[1]) as live:
        chat(server)
    return live.capture


def _first_words(server: Server) -> None:
    """Each line waits until the one before it has been read: so the capture reads like the talk."""
    to_ann, to_bob = Inbox(), Inbox()
    with (
        Client("ann", server.address, listener=to_ann) as ann,
        Client("bob", server.address, listener=to_bob) as bob,
    ):
        ann.say("hello, bob")
        to_bob.wait_for(Said)
        bob.say("hello, ann: café at noon?")
        to_ann.wait_for(Said)
        ann.say("gladly 🙂")
        to_bob.wait_for(Said)
        ann.quit("see you")
        to_bob.wait_for(Left)
        bob.quit()


def _with_password(server: Server) -> None:
    with Client("ann", server.address, password=SECRET) as ann:
        ann.say("the café at noon 🙂")


CHATS: dict[str, tuple[Callable[[Server], None], str | None]] = {
    "first-words": (_first_words, None),
    "password": (_with_password, SECRET),
}


class Inbox:
    """Keeps what a client hears, for somebody who waits for it."""

    def __init__(self) -> None:
        self._messages: queue.Queue[Reply | Gone] = queue.Queue()

    def __call__(self, message: Reply | Gone) -> None:
        self._messages.put(message)

    def wait_for(self, kind: type[Reply]) -> None:
        """Wait for the next message of this kind; queue.Empty if none comes in time."""
        while not isinstance(self._messages.get(timeout=PATIENCE), kind):
            pass


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
