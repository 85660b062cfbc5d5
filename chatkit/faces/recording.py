"""python3 -m chatkit.faces.recording: makes the recorded capture that chatkit brings, from a real chat.

ann joins, bob joins, they talk, ann leaves, bob leaves: two conversations, whole from SYN to the last ACK.
"""

import queue
import sys
from pathlib import Path

from chatkit.capture.capture import Capture
from chatkit.capture.live import LiveCapture
from chatkit.capture.recorded import FOLDER
from chatkit.net.client import Client, Gone
from chatkit.net.host import DEFAULT_PORT
from chatkit.net.server import Server
from chatkit.protocol.messages import Left, Reply, Said

NAME = "first-words"
PATIENCE = 5.0  # seconds that a message may take


def main(argv: list[str]) -> int:
    """Record into the file that is named, or into the place where the kit finds it."""
    path = Path(argv[0]) if argv else FOLDER / f"{NAME}.pcap"
    path.parent.mkdir(parents=True, exist_ok=True)
    capture = record()
    capture.save(path)
    print(f"{capture}\n\nSaved as {path}.")
    return 0


def record(port: int = DEFAULT_PORT) -> Capture:
    """Capture a chat of ann and bob on loopback."""
    with Server(port) as server, LiveCapture(server.address[1]) as live:
        _chat(server)
    return live.capture


def _chat(server: Server) -> None:
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
