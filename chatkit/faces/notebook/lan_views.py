"""What a notebook shows of a private LAN; where there is none, what was recorded on one, which says so.

    seen(lan, "lan-loss")                    all that the wire saw, as a capture
    seen(lan, "eve-on-hub", at="eve")        what came to one host, and what it sent
    wire_log(lan, "lan-chat").first(8)       the log of the wire: who, to whom, and what became of it
    wire_log(lan, "lan-loss").with_text("hi")       of the frames with this text
    ladder_of("ann", capture)                the ladder of ann's conversation
    output_of(lan["ann"], "cat", "/etc/hosts")      what a program prints that runs in a host

The text names the recorded capture that each cell falls back on (faces/recordings made them).
"""

import shutil
import subprocess
import sys

from chatkit.capture.capture import Capture
from chatkit.capture.catch import choice
from chatkit.capture.recorded import recorded
from chatkit.capture.sniffing import Sniffing, sniff_in_host, sniff_on_loopback, sniff_recorded
from chatkit.capture.wire_capture import WireCapture, capture_of
from chatkit.errors import CaptureError, LanError, PeerError
from chatkit.faces.chat_widget import ChatWidget
from chatkit.faces.notebook.stand_in import StandIn, StandInHost
from chatkit.faces.notebook.wire_log import LogView, recorded_view, view_of
from chatkit.lan.host import LanHost
from chatkit.lan.lan import Lan
from chatkit.lan.tcp_info import TcpInfo, tcp_info
from chatkit.net.server import Server
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.ladder import Ladder

PATIENCE = 20.0  # seconds that a program may take

_LIKE_NC = """
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as connected:
    connected.sendall(sys.stdin.buffer.read())
    while data := connected.recv(4096):
        sys.stdout.buffer.write(data)
"""


def seen(lan: Lan | StandIn, instead: str, at: str | None = None) -> Capture:
    """Give what the wire saw, or what came to the host `at` and left it; without a LAN, the recorded `instead`."""
    if isinstance(lan, StandIn):
        return recorded(instead)
    _await_quiet(lan)
    return capture_of(lan.wire, at=at)


def wire_log(lan: Lan | StandIn, instead: str) -> LogView:
    """Give the log of the wire; without a LAN, the one that was recorded with the capture `instead`."""
    if isinstance(lan, StandIn):
        return recorded_view(instead)
    _await_quiet(lan)
    return view_of(lan.wire.log)


def conversation_of(name: str, capture: Capture) -> Conversation:
    """Find the newest conversation in which a client joins by this name: the wire knows it, for it is in the bytes."""
    for talk in reversed(capture.conversations):
        if f"JOIN {name}\n".encode() in talk.stream(talk.client):
            return talk
    raise CaptureError(f"nobody joins as {name} in this capture ({capture.source}): run the cells from the server on.")


def ladder_of(name: str, capture: Capture) -> Ladder:
    """Draw the newest conversation of this client."""
    talk = conversation_of(name, capture)
    return talk.ladder(names={talk.client: name, talk.server: "server"})


def ask_kernel(chat: ChatWidget) -> TcpInfo | str:
    """Ask the kernel what it knows of the chat's connection; where it cannot be asked, give the reason."""
    try:
        return tcp_info(chat)
    except (LanError, PeerError) as error:
        return str(error)


def output_of(host: LanHost | StandInHost, *program: str, typed: str = "") -> str:
    """Run a program in a host, type something into it, and give what it prints. Raises MachineError."""
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with host.run(program, text=True, **streams) as process:
        try:
            return str(process.communicate(typed, PATIENCE)[0])
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def talk_by_hand(host: LanHost | StandInHost, server: Server, typed: str) -> str:
    """Run `nc` in a host, connect it to the server, type something, and give what it prints.

    Where nc is not installed, a few lines of Python do what it does.
    """
    program = ("nc",) if shutil.which("nc") else (sys.executable, "-c", _LIKE_NC)
    return output_of(host, *program, *map(str, server.address), typed=typed)


def sniffing(lan: Lan | StandIn, name: str, server: Server) -> Sniffing:
    """Let scapy itself sniff: in the host of this name; else on loopback; else in a recorded capture."""
    if isinstance(lan, Lan):
        return sniff_in_host(lan[name], server.address[1])
    try:
        if choice() != "recorded":
            return sniff_on_loopback(server.address[1])
    except CaptureError:
        pass  # what it gives instead says that it is recorded
    return sniff_recorded("first-words")


def _await_quiet(lan: Lan) -> None:
    with WireCapture(lan.wire):
        pass  # it ends when the wire has been quiet for a moment
