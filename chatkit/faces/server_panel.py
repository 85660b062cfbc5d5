"""A server in a notebook, with what a room's host wants to see: who is here, how busy it is, and its log.

    panel = server_panel(lan)        of faces.notebook.classroom; it starts at once
    ann = join("ann", panel.server)
    panel.stop(), panel.start()      the buttons do the same; it comes back at the same port

All that is shown comes from the server's events. Its threads only put them into a queue; one painter takes them out.
"""

import ssl
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from ipywidgets import HTML, Button, HBox, Layout, VBox

from chatkit.errors import MachineError, MisuseError
from chatkit.faces.serve import invitation
from chatkit.faces.widgets import server_html as html
from chatkit.faces.widgets.guarded import guarded
from chatkit.faces.widgets.painter import Painter
from chatkit.faces.widgets.server_story import SHOWN, ServerStory
from chatkit.faces.widgets.style import STYLE
from chatkit.net.event import Address, Event
from chatkit.net.host import THIS_COMPUTER, Host
from chatkit.net.server import Server
from chatkit.tcp.style import NO_FORMULAS

TICK = 1.0  # seconds: the graph moves on, even when nothing happens
MAX_WAITING = 50_000  # events; what comes beyond that between two paintings is not shown, and the panel says so
MISSED = "More happened at once than could be shown: the numbers below may be too small."


class ServerPanel:
    """A server and its panel; the last value of a cell shows it. Its threads are daemons, so that a kernel can end.

    `prepare` is called with each server before it starts; with `tls` they seal. Raises MachineError where the port
    cannot be had.
    """

    def __init__(
        self,
        host: Host = THIS_COMPUTER,
        port: int = 0,
        prepare: Callable[[Server], object] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._host, self._prepare, self._tls = host, prepare, tls
        self._story = ServerStory()  # the painter's
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._trouble, self._runs, self._closed = "", False, False
        self._changing = threading.Lock()  # guards _server and these two; no event of a server waits for it
        self._make()
        self._painter = Painter(self._paint, "server", every=TICK)
        try:
            self._server = self._started(port)
        except MachineError:
            self._painter.close()
            raise

    # ---- for cells ----

    @property
    def server(self) -> Server:
        """The server that runs, or ran last."""
        return self._server

    @property
    def address(self) -> Address:
        """Where it listens, or listened last."""
        return self._server.address

    def start(self) -> None:
        """Start a server again, at the same port. Raises MachineError where it cannot be had any more."""
        with self._changing:
            if self._closed:
                raise MisuseError("this panel was closed: run its cell again")
            if not self._runs:
                self._server = self._started(self.address[1])

    def stop(self) -> None:
        """Say BYE to all, and stop. The panel stays, and can start again."""
        with self._changing:
            self._end()

    def close(self) -> None:
        """Stop for good, and end the painter; what was seen stays. Safe to call twice."""
        with self._changing:
            self._closed = True
            self._end()
        self._painter.close()

    def __repr__(self) -> str:
        return f"<ServerPanel of {self._server!r}>"

    def text(self) -> str:
        """What it shows, in words: the server, who is here, and the log."""
        return "\n".join([repr(self), *self._story.lines.copy()])

    def _repr_html_(self) -> str:
        """The panel as it is now, for paper and for `export`: nothing in it moves any more."""
        parts = (self._head, self._sentence, self._to_type, self._users, self._graph, self._log)
        shown = "".join(part.value for part in parts)
        return f'{STYLE}{html.STYLE}<div class="ck-chat ck-server {NO_FORMULAS}">{shown}</div>'

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return {**self.box._repr_mimebundle_(**options), "text/html": self._repr_html_(), "text/plain": self.text()}

    # ---- the parts ----

    def _make(self) -> None:
        self._head, self._sentence, self._to_type, self._users, self._graph, self._log = (HTML() for _ in range(6))
        self._start = self._button("Start", "Start again, at the same port", self.start)
        self._stop = self._button("Stop", "Say BYE to all, and stop", self.stop)
        top = HBox([self._head, HBox([self._start, self._stop])])
        top.add_class("ck-top")
        style = HTML(STYLE + html.STYLE, layout=Layout(display="none"))
        self.box = VBox([style, top, self._sentence, self._to_type, self._users, self._graph, self._log])
        self.box.add_class("ck-chat").add_class("ck-server")

    def _button(self, words: str, tooltip: str, work: Callable[[], None]) -> Button:
        def clicked() -> None:
            self._complain("")
            work()

        button = Button(description=words, tooltip=tooltip)
        button.on_click(guarded(clicked, self._complain))
        return button

    def _started(self, port: int) -> Server:
        """A server of which all is seen from its first moment on."""
        server = Server(port, host=self._host, tls=self._tls, daemon=True)
        server.subscribe(self._note)
        if self._prepare:
            self._prepare(server)
        server.start()
        self._runs = True
        return server

    def _end(self) -> None:
        self._server.stop()
        self._runs = False

    # ---- any thread ----

    def _note(self, event: Event) -> None:
        """Keep an event for the painter. For the server's threads: it never waits."""
        if event.what not in SHOWN:
            return
        if self._events.qsize() < MAX_WAITING:
            self._events.put(event)
            self._painter.ask()
        else:
            self._trouble = MISSED

    def _complain(self, sentence: str) -> None:
        self._trouble = sentence
        self._painter.ask()

    # ---- the painter's thread ----

    def _paint(self) -> None:
        self._take_events()
        story = self._story
        self._head.value, self._sentence.value = html.head(story), html.trouble(self._trouble)
        self._to_type.value = html.to_type(_invitation(story.address, sealed=self._tls is not None))
        self._users.value, self._log.value = html.users(story), html.log(story)
        self._graph.value = html.graph(story, time.time())
        self._start.disabled = self._closed or story.address is not None
        self._stop.disabled = story.address is None

    def _take_events(self) -> None:
        """Take what is there; what comes meanwhile is the next painting's."""
        for _ in range(self._events.qsize()):
            self._story.tell(self._events.get())


def _invitation(address: Address | None, sealed: bool) -> str:
    """What to type: on this computer in a terminal, as `serve` says it; on a LAN, or under TLS, in a cell."""
    if address is None:
        return ""
    is_here = address[0] == THIS_COMPUTER.address
    if is_here and not sealed:
        return invitation(False, [], address[1]).rstrip()
    whom = "this computer only" if is_here else "the hosts of the LAN"
    seal, tls = (", and sealed with TLS", ", tls=trust") if sealed else ("", "")
    cell = "In a cell, where `trust` is a context that trusts the server's certificate" if sealed else "In a cell"
    return f'Connections are allowed from {whom}{seal}. {cell}:\n\n    join("ann", panel.server{tls})'
