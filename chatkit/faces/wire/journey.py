"""The journey of a message: from `send()` in one thread to the face of another, step by step, on one axis of time.

    events = []
    server.subscribe(events.append, every_delivery=True)
    ann = Client("ann", server.address, on_event=events.append)
    ...
    journey("hello, bob", capture, events)

    ann's thread    [send()]
    ann's TCP           | frame 12
    server's TCP        | frame 13 acknowledges
    reader               | recv()
    queue                [==]                       a letter waits for the postman
    postman                 [====]                  ...
    bob's face                     | shown

The capture tells what was on the wire, the events what the programs did; they are joined by counting bytes. A moment
that nobody told is left out, and the journey says so: nothing is guessed.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from chatkit.capture.capture import Capture
from chatkit.errors import MisuseError
from chatkit.faces.wire import journey_page
from chatkit.faces.wire.lanes import Lane, Step
from chatkit.faces.wire.spoken import chats, find, told
from chatkit.faces.wire.trip import Trip
from chatkit.lan.log import Passage
from chatkit.net.event import Event
from chatkit.tcp.lines import Line


@dataclass(frozen=True, repr=False)
class Journey:
    """The steps of one message, in the order of cause and effect. It prints as a list, and draws itself."""

    message: str
    sender: str
    receiver: str  # empty where nobody was told of it
    steps: tuple[Step, ...]
    untold: tuple[str, ...]  # what nobody told, a sentence each
    source: str = ""

    @property
    def start(self) -> float:
        """When it begins."""
        return min(step.when for step in self.steps)

    @property
    def seconds(self) -> float:
        """How long the message is on its way; an ACK may come later."""
        return max((step.when for step in self.steps if not step.is_aside), default=self.start) - self.start

    def place(self, lane: Lane) -> str:
        """What a lane is called here."""
        return lane.value.format(sender=self.sender, receiver=self.receiver)

    def svg(self) -> str:
        """The picture alone."""
        return journey_page.draw(self)

    def text(self) -> str:
        """All of it in words."""
        return journey_page.text(self)

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return journey_page.page(self)


def journey(
    wanted: str | Line,
    capture: Capture,
    events: Iterable[Event] = (),
    *,
    to: str = "",
    number: int = 1,
    log: Iterable[Passage] = (),
) -> Journey:
    """Follow what was said in these words, or in this line, to the one who is first told of it, or `to` somebody.

    `events` are those of the server, with every delivery, and of the clients, in any mixture; a transcript has them,
    too. `log` is that of a LAN's wire, which knows when a frame arrived. With `number` 2 it is the second time that
    somebody said so. Raises MisuseError where the capture has no such message.
    """
    among = chats(capture)
    spoken = find(among, wanted, number)
    heard, unsure = told(among, spoken, to)
    if to and to not in {chat.name for chat in among}:
        raise MisuseError(f"nobody is called {to!r} in this capture; there is {', '.join(c.name for c in among)}")
    passages = {(passage.nanoseconds, passage.data): passage for passage in log}
    trip = Trip(capture, spoken, heard[0] if heard else None, list(events), passages)
    steps = tuple(trip.steps())
    doubt = [
        f"Which line told {name} of it can't be told from the capture: it was said as {name} joined." for name in unsure
    ]
    receiver = heard[0].chat.name if heard else ""
    return Journey(spoken.text, spoken.chat.name, receiver, steps, (*trip.untold, *doubt), capture.source)
