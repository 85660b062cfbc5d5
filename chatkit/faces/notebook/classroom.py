"""The LAN, the server and the clients of a notebook, which may run each of its cells again, in any order.

    lan = start_lan("server", "ann", "bob")     is  Lan("server", "ann", "bob"), or what stands in for it
    server = start_server(lan)                  is  Server(port=0, host=lan["server"], daemon=True).start()
    panel = server_panel(lan)                   is  ServerPanel(lan["server"]), with a server of its own: panel.server
    live = watch(server)                        is  catch(port of the server, lan=lan)
    wire_view(server)                           is  WireView(lan), or of what can be caught instead
    ann = join("ann", server)                   is  ChatWidget("ann", server.address, host=lan["ann"])
    carol = join_with_window("carol", server)   is  open_window("carol", server.address, lan["carol"].run)

Each ends what the same cell started before: a second server, or a second ann, would stay behind and confuse everybody.
Together they end when the kernel does, or at the press of `end_button()`.
"""

import atexit
import os
import ssl
import subprocess

from ipywidgets import HTML, Button, HBox

from chatkit.capture.capture import Capture
from chatkit.capture.catch import CHOICE, Catch, catch, choice
from chatkit.capture.ongoing import OngoingCapture
from chatkit.errors import LanError, MisuseError
from chatkit.faces.chat_widget import ChatWidget
from chatkit.faces.display import why_no_window
from chatkit.faces.notebook.stand_in import StandIn, StandInHost
from chatkit.faces.server_panel import ServerPanel
from chatkit.faces.tk.window_process import WindowProcess, open_window
from chatkit.faces.wire.recorder import Recorder
from chatkit.faces.wire.wire_view import WireView
from chatkit.lan.host import LanHost
from chatkit.lan.lan import Lan
from chatkit.net.event import Address
from chatkit.net.host import THIS_COMPUTER, Host
from chatkit.net.server import Server
from chatkit.protocol.names import fold
from chatkit.tcp.segment import at

SERVER = "server"  # the host of a LAN that the server runs on


class Classroom:
    """What runs here: at most one LAN, one server, one capture, and one client of each name at each address."""

    def __init__(self) -> None:
        self._lan: Lan | StandIn | None = None
        self._server: Server | None = None
        self._panel: ServerPanel | None = None  # has a server of its own, in the place of that
        self._capture: Catch | None = None
        self._recorder = Recorder()  # of the calls of this server
        self._view: WireView | None = None
        self._clients: dict[tuple[Address, str], ChatWidget | WindowProcess] = {}

    def start_lan(self, *names: str, kind: str = "switch") -> Lan | StandIn:
        """Make a private LAN with these hosts, and end all from before; where there can be none, a stand-in says why.

        `kind` is "switch" or "hub". Raises MisuseError for names or a kind that no LAN can have.
        """
        self.close()
        if chosen := choice():
            self._lan = StandIn(names, f"{CHOICE}={chosen} is set in the environment.", kind)
        else:
            self._lan = _lan_or_stand_in(names, kind)
        return self._lan

    def start_server(
        self, lan: Lan | StandIn | None = None, port: int = 0, tls: ssl.SSLContext | None = None
    ) -> Server:
        """Start a server on the host of the LAN called server, or on this computer; end the one from before.

        Port 0 lets the system choose a free one; with `tls` it seals. Raises MachineError where the port cannot be had.
        """
        self._end_chat()
        host: Host = THIS_COMPUTER if lan is None else lan[SERVER]
        self._server = Server(port, host=host, tls=tls, daemon=True).start()
        self._recorder = Recorder()
        self._recorder.listen_to(self._server)
        return self._server

    def server_panel(
        self, lan: Lan | StandIn | None = None, port: int = 0, tls: ssl.SSLContext | None = None
    ) -> ServerPanel:
        """Start a server as `start_server` does, and show it: its users, its log, and buttons to stop and start it."""
        self._end_chat()
        self._recorder = Recorder()
        self._panel = ServerPanel(THIS_COMPUTER if lan is None else lan[SERVER], port, self._recorder.listen_to, tls)
        return self._panel

    def watch(self, server: Server) -> Catch:
        """Catch what the server and its clients send, or hand over a recorded capture where that is not allowed."""
        self._end_capture()
        lan = self._lan_of(server)
        self._capture = catch(server.address[1], lan=lan if isinstance(lan, Lan) else None)
        return self._capture

    def wire_view(self, server: Server) -> WireView:
        """Show what passes between the server and its clients, while it passes, with the calls that caused it.

        Without a LAN it is what can be caught here, else a recorded capture. It ends the view from before.
        """
        self._end_view()
        names, heard = {at(server.address): SERVER}, self._recorder.heard
        self._view = WireView(self._wire_of(server), names=names, heard=heard, port=server.address[1])
        return self._view

    def join(self, name: str, server: Server, tls: ssl.SSLContext | None = None) -> ChatWidget:
        """Give a chat that is connected to the server, and end the one of this name from before.

        On a LAN it runs on the host of its name; MisuseError if there is none. With `tls` it seals.
        """
        host = self._host(name, server)
        self._end_client(name, server)
        chat = ChatWidget(
            name, server.address, host=host or THIS_COMPUTER, tls=tls, on_event=self._recorder.of_client(name)
        )
        self._clients[server.address, fold(name)] = chat
        return chat

    def join_with_window(
        self, name: str, server: Server, *, ca: bytes = b"", fingerprint: str = ""
    ) -> WindowProcess | str:
        """Open a chat window that connects to the server; where there can be none, give the reason and the remedy.

        For a server that seals, `ca` is the certificate of the authority to trust, in PEM, or `fingerprint` that of the
        server.
        """
        host = self._host(name, server)
        if why_not := _why_no_window_in(host) or why_no_window():
            return why_not
        self._end_client(name, server)
        run = host.run if host else subprocess.Popen
        window = open_window(name, server.address, run, ca=ca, fingerprint=fingerprint)
        self._clients[server.address, fold(name)] = window
        return window

    def close(self) -> None:
        """End all clients politely, then the server, the capture of it all, and the LAN. Safe to call twice."""
        self._end_chat()
        if self._lan:
            self._lan.close()
            self._lan = None

    def end_button(self) -> HBox:
        """A button that does what `close` does."""
        button, words = Button(description="End the chat", icon="power-off"), HTML()

        def end(_: object) -> None:
            self.close()
            words.value = "Ended: the clients have left, the server is stopped, nothing is captured any more."

        button.on_click(end)
        return HBox([button, words])

    def _host(self, name: str, server: Server) -> LanHost | StandInHost | None:
        """Where a client of this server runs; None is this computer."""
        lan = self._lan_of(server)
        if lan is None:
            return None
        if name not in lan:
            raise MisuseError(
                f"no host is called {name!r}; there is {', '.join(lan)}: "
                f"make the LAN with one more, start_lan({', '.join(map(repr, (*lan, name)))})"
            )
        return lan[name]

    def _wire_of(self, server: Server) -> Lan | OngoingCapture | Capture:
        """The best there is to look at."""
        lan = self._lan_of(server)
        if isinstance(lan, Lan):
            return lan
        live = self._capture or self.watch(server)
        return live if isinstance(live, OngoingCapture) else live.capture

    def _lan_of(self, server: Server) -> Lan | StandIn | None:
        """The LAN that the server runs on; None if that is none of ours."""
        address, _ = server.address
        return self._lan if self._lan and address in {host.address for host in self._lan.values()} else None

    def _end_chat(self) -> None:
        while self._clients:
            self._clients.popitem()[1].close()
        if self._server:
            self._server.stop()
            self._server = None
        if self._panel:
            self._panel.close()
            self._panel = None
        self._end_view()
        self._end_capture()

    def _end_client(self, name: str, server: Server) -> None:
        if before := self._clients.pop((server.address, fold(name)), None):
            before.close()

    def _end_view(self) -> None:
        if self._view:
            self._view.close()
            self._view = None

    def _end_capture(self) -> None:
        if self._capture:
            self._capture.stop()
            self._capture = None


def _why_no_window_in(host: LanHost | StandInHost | None) -> str:
    """A display that is reached over TCP, as with ssh -X, is out of reach of a host that has a network of its own."""
    display = os.environ.get("DISPLAY", "")
    if not isinstance(host, LanHost) or display.startswith((":", "unix:")) or not display:
        return ""
    return (
        f'No window: the display "{display}" is reached over the network, and the host {host.name} has none that '
        "leads there. Start this on the desktop itself, or choose CHATKIT_CAPTURE=loopback."
    )


def _lan_or_stand_in(names: tuple[str, ...], kind: str) -> Lan | StandIn:
    try:
        return Lan(*names, kind=kind)
    except LanError as error:
        return StandIn(names, str(error), kind)


def side_by_side(*chats: ChatWidget) -> HBox:
    """Show several chats in one row, or below each other where the page is narrow."""
    row = HBox([chat.box for chat in chats])
    row.add_class("ck-pair")
    return row


_HERE = Classroom()  # a kernel is one process, and one class

start_lan, start_server, watch, wire_view = _HERE.start_lan, _HERE.start_server, _HERE.watch, _HERE.wire_view
server_panel, join, join_with_window = _HERE.server_panel, _HERE.join, _HERE.join_with_window
close_all, end_button = _HERE.close, _HERE.end_button
atexit.register(close_all)
