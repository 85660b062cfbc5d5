"""What the panel of a server shows, told event by event. One thread owns it, the painter; nothing here is a widget."""

from collections import deque
from dataclasses import dataclass, field

from chatkit.faces.log import log_line
from chatkit.net.event import Address, Event, What

MAX_LINES = 12  # of the log
SPAN = 60  # seconds of which the messages are counted

SHOWN = {
    What.LISTENING, What.ACCEPTED, What.RECEIVED, What.JOINED, What.SAID, What.LEFT, What.CLOSED, What.REFUSED,
    What.TROUBLE, What.STOPPED,
}  # fmt: skip


@dataclass(slots=True)
class Guest:
    """One connection."""

    address: Address
    name: str = ""  # empty before JOIN
    thread: str = ""  # that reads what comes from there; empty before anything has come
    messages: int = 0


@dataclass(slots=True)
class ServerStory:
    """Everything that can be seen of a server."""

    address: Address | None = None  # None while it does not listen
    guests: dict[Address, Guest] = field(default_factory=dict)  # the first first
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=MAX_LINES))  # the last ones of the log
    count: int = 0  # how many lines there were
    messages: dict[int, int] = field(default_factory=dict)  # to the room, in each of the last seconds since 1970

    def tell(self, event: Event) -> None:
        """The event has come."""
        if line := log_line(event):
            self.lines.append(line)
            self.count += 1
        match event.what:
            case What.LISTENING:
                self.address = event.address
            case What.STOPPED:
                self.address = None
            case What.ACCEPTED if event.address:
                self.guests[event.address] = Guest(event.address)
            case What.LEFT | What.CLOSED if event.address:
                self.guests.pop(event.address, None)
        if event.address in self.guests:
            self._tell_of(self.guests[event.address], event)

    def per_second(self, now: float) -> list[int]:
        """The messages in each of the last seconds, up to the last that is over."""
        return [self.messages.get(second, 0) for second in range(int(now) - SPAN, int(now))]

    def _tell_of(self, guest: Guest, event: Event) -> None:
        match event.what:
            case What.RECEIVED:
                guest.thread = event.thread
            case What.JOINED:
                guest.name = event.who
            case What.SAID:
                guest.messages += 1
                self._count(int(event.when))

    def _count(self, second: int) -> None:
        if second not in self.messages:
            self.messages = {at: count for at, count in self.messages.items() if at >= second - SPAN}
        self.messages[second] = self.messages.get(second, 0) + 1
