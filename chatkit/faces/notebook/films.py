"""The wire view of a scene in which nobody says who they are, as they do in a chat.

film(played("zero-window"))             whoever calls is called ann, whoever is called is the server
"""

from chatkit.capture.capture import Capture
from chatkit.faces.wire.wire_view import ROWS, WireView
from chatkit.tcp.segment import at


def film(capture: Capture, rows: int = ROWS) -> WireView:
    """Show what passed between ann and the server, step by step; `rows` is how many steps are seen at once."""
    names: dict[str, str] = {}
    for talk in capture.conversations:
        names |= {at(talk.client): "ann", at(talk.server): "server"}
    return WireView(capture, names=names, rows=rows)
