"""chatkit: one small chat program that carries a whole course on computer networks.

    protocol/   what is said         bytes and rules                     (no socket, no thread, no clock)
    tcp/        what is seen         segments and their meaning          (neither)
    net/        how it travels       sockets and threads
    lan/        where it runs        hosts, and the wire between them
    capture/    how it is caught     frames from an interface or a file
    teach/      how it is learned    questions about the student's own capture
    faces/      how it looks         window, widget, terminal

`python3 -m chatkit` lists what can be started. The names below are those that notebooks use.
"""

# Where each name lives. Its module is imported when the name is first used (PEP 562): reading captures takes numpy,
# whose import alone is longer than that of the whole chat, and who only chats does not wait for it.
HOMES = {
    "Capture": "chatkit.capture.capture",
    "ChatkitError": "chatkit.errors",
    "Client": "chatkit.net.client",
    "Conversation": "chatkit.tcp.conversation",
    "Lan": "chatkit.lan.lan",
    "Limits": "chatkit.protocol.limits",
    "LiveCapture": "chatkit.capture.live",
    "Segment": "chatkit.tcp.segment",
    "Server": "chatkit.net.server",
    "THIS_COMPUTER": "chatkit.net.host",
    "TcpStateMachine": "chatkit.faces.wire.state_machine",
    "WireView": "chatkit.faces.wire.wire_view",
    "catch": "chatkit.capture.catch",
    "check": "chatkit.teach.checker",
    "export": "chatkit.faces.export",
    "recorded": "chatkit.capture.recorded",
}
TYPE_CHECKING = False

if TYPE_CHECKING:  # the same for whoever checks types
    from chatkit.capture.capture import Capture as Capture
    from chatkit.capture.catch import catch as catch
    from chatkit.capture.live import LiveCapture as LiveCapture
    from chatkit.capture.recorded import recorded as recorded
    from chatkit.errors import ChatkitError as ChatkitError
    from chatkit.faces.export import export as export
    from chatkit.faces.wire.state_machine import TcpStateMachine as TcpStateMachine
    from chatkit.faces.wire.wire_view import WireView as WireView
    from chatkit.lan.lan import Lan as Lan
    from chatkit.net.client import Client as Client
    from chatkit.net.host import THIS_COMPUTER as THIS_COMPUTER
    from chatkit.net.server import Server as Server
    from chatkit.protocol.limits import Limits as Limits
    from chatkit.tcp.conversation import Conversation as Conversation
    from chatkit.tcp.segment import Segment as Segment
    from chatkit.teach.checker import check as check


def __getattr__(name):  # type: ignore[no-untyped-def]  # an older Python has to be able to read this
    if name not in HOMES:
        raise AttributeError("module 'chatkit' has no name %r; it has %s" % (name, ", ".join(sorted(HOMES))))
    from importlib import import_module

    return getattr(import_module(HOMES[name]), name)


def __dir__():  # type: ignore[no-untyped-def]
    return sorted(set(globals()) | set(HOMES))
