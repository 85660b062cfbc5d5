"""What the programs of a notebook tell of their socket calls, kept for whoever draws them.

    recorder = Recorder()
    recorder.listen_to(server)
    ann = Client("ann", server.address, on_event=recorder.of_client("ann"))
    WireView(lan, heard=recorder.heard)

The list grows while they talk, and a live view looks into it as often as it paints.
"""

from collections.abc import Callable

from chatkit.faces.wire.calls import Heard
from chatkit.net.event import Event
from chatkit.net.server import Server

MOST = 200_000  # events that are kept; those that come later are only counted


class Recorder:
    """A list that many threads add to: they hand over and return."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []  # `append` is safe from any thread
        self.beyond = 0  # events that were not kept

    def listen_to(self, server: Server) -> Callable[[], None]:
        """Keep what the server tells from now on; give the function that ends it."""
        return server.subscribe(self._keeper(""), every_delivery=True)

    def of_client(self, name: str) -> Callable[[Event], None]:
        """What a client of this name is to tell its events to."""
        return self._keeper(name)

    def _keeper(self, client: str) -> Callable[[Event], None]:
        def keep(event: Event) -> None:
            if len(self.heard) < MOST:
                self.heard.append(Heard(event, client))
            else:
                self.beyond += 1

        return keep

    def __repr__(self) -> str:
        return f"<Recorder: {len(self.heard)} events, {self.beyond} more were not kept>"
