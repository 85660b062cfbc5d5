"""Socket calls, as the programs themselves tell of them: they stand at the margin of the host that made them.

An event comes when its call has returned. So `send()` stands where it gave its bytes to TCP, and `recv()` where it had
something to give.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chatkit.faces.wire.scene import Call, Talk
from chatkit.net.event import Event, What

_CALLS = {
    What.CONNECTED: "connect()",
    What.ACCEPTED: "accept()",
    What.RECEIVED: "recv()",
    What.SENT: "send()",
    What.DELIVERED: "send()",
    What.SHUT_DOWN: "shutdown(SHUT_WR)",
    What.CLOSED: "close()",
}


@dataclass(frozen=True, slots=True)
class Heard:
    """An event, and the name of the client that told of it; empty if the server did."""

    event: Event
    client: str = ""


def call_of(heard: Heard, talks: Sequence[Talk]) -> Call | None:
    """The socket call that an event tells of; None where it is none, or of a conversation that was not seen."""
    event = heard.event
    words = _CALLS.get(event.what)
    is_batch = not heard.client and event.what is What.SENT and event.address is None
    talk = _talk_of(heard, talks)
    if not words or is_batch or talk is None:  # of a batch, each single send is told, too
        return None
    size = f" {event.bytes} byte{'s' * (event.bytes != 1)}" if event.bytes else ""
    host = talk.client if heard.client else talk.server
    return Call(event.when, host, event.thread, words + size, talk)


def _talk_of(heard: Heard, talks: Sequence[Talk]) -> Talk | None:
    """The newest conversation of this client that had begun: a server knows its address, a client its own name."""
    event = heard.event
    for talk in reversed(talks):
        if heard.client:
            is_its = heard.client == talk.client.name and event.address == talk.endpoints[1]
        else:
            is_its = event.address == talk.endpoints[0]
        if is_its and talk.start <= event.when:
            return talk
    return None
