"""Conversations of which everything is known, because they were made so: for questions, and the mistakes in them.

    story = Story(Ends(100, 300)).opens().says(b"SAY hello\\n", "say").closes("client", segments=3)
    story.frame["say"], story.number("say"), story.capture

Each step moves the numbers of both ends on, and its segments are remembered by name.
"""

from dataclasses import dataclass, field, replace

from chatkit.capture.capture import Capture
from chatkit.tcp.options import Options
from chatkit.tcp.segment import Flag, Segment
from chatkit.tcp.sequence import add
from tests.talks import ACK, FIN, HELLO, PSH, RST, SYN, Ends, caught

MOMENT = 0.001  # seconds between two segments


@dataclass
class Story:
    """Both ends, what they have sent so far, and when."""

    ends: Ends
    shift: int = 7  # of the server's windows
    segments: list[Segment] = field(default_factory=list)
    frame: dict[str, int] = field(default_factory=dict)  # by name, the first of that name
    sent: dict[str, int] = field(default_factory=lambda: {"client": 0, "server": 0})  # relative numbers
    clock: float = 0.0

    @property
    def capture(self) -> Capture:
        return caught(self.segments)

    def send(
        self, who: str, flags: Flag, data: bytes = b"", name: str = "", after: float = MOMENT, **others: int
    ) -> "Story":
        """One segment; `back` goes so many numbers back, `ack` and `window` are as the header has them."""
        peer = "server" if who == "client" else "client"
        back = others.get("back", 0)
        make = self.ends.up if who == "client" else self.ends.down
        made = make(flags, self.sent[who] - back, others.get("ack", self.sent[peer]), data)
        self.clock += after
        options = Options(mss=1460, window_scale=self.shift) if flags & SYN else made.options
        made = replace(made, time=self.clock, options=options, window=others.get("window", 64))
        self.segments.append(made)
        if not back:
            self.sent[who] += made.length
        if name:
            self.frame.setdefault(name, len(self.segments))
        return self

    def at(self, name: str) -> Segment:
        return self.segments[self.frame[name] - 1]

    def between(self, first: str, last: str) -> float:
        """Seconds."""
        return self.at(last).time - self.at(first).time

    def client_number(self, relative: int) -> int:
        return add(self.ends.client_isn, relative)

    def server_number(self, relative: int) -> int:
        return add(self.ends.server_isn, relative)

    # ---- steps ----

    def opens(self, syn_lost: float = 0.0) -> "Story":
        """The handshake, and the server's greeting; a SYN that is lost is sent again so many seconds later."""
        if syn_lost:
            self.send("client", SYN, name="lost syn")
            self.sent["client"] = 0
        self.send("client", SYN, name="syn", after=syn_lost or MOMENT, window=65535)
        self.send("server", SYN | ACK, name="synack", window=65535)
        self.send("client", ACK, name="ack")
        return self.says(HELLO, "hello", who="server")

    def says(self, data: bytes, name: str, who: str = "client") -> "Story":
        """A segment of data, and its ACK, called `ack of` it."""
        self.send(who, PSH | ACK, data, name)
        return self.send("server" if who == "client" else "client", ACK, name=f"ack of {name}")

    def closes(self, first: str, segments: int = 3) -> "Story":
        """In three or four segments."""
        second = "server" if first == "client" else "client"
        self.send(first, FIN | ACK, name="fin")
        if segments == 4:
            self.send(second, ACK, name="ack of fin")
        self.send(second, FIN | ACK, name="second fin")
        return self.send(first, ACK, name="last")

    def closes_at_once(self) -> "Story":
        """Both say FIN before they hear the other's."""
        self.send("client", FIN | ACK, name="fin")
        self.send("server", FIN | ACK, name="second fin", ack=self.sent["client"] - 1)
        self.send("client", ACK)
        return self.send("server", ACK, name="last")

    def breaks(self, who: str) -> "Story":
        """A reset."""
        return self.send(who, RST | ACK, name="rst")

    def loses_first_of(self, count: int, data: bytes, duplicates: int, wait: float = MOMENT) -> "Story":
        """So many segments of the client; the first is lost, the server repeats its ACK, and it comes again."""
        start = self.sent["client"]
        for number in range(count):
            self.send("client", PSH | ACK, data, name=f"data {number}")
        for number in range(duplicates):
            self.send("server", ACK, name=f"duplicate {number}", ack=start)
        self.send("client", PSH | ACK, data, name="again", back=count * len(data), after=wait)
        return self.send("server", ACK, name="ack of all")

    def stalls(self, data: bytes) -> "Story":
        """The server does not read: its window closes, is probed, and opens."""
        self.says(data, "before")
        self.send("client", PSH | ACK, b"x" * 256, name="filling")
        self.send("server", ACK, name="closed", window=0)
        self.send("client", ACK, name="probe", back=1)
        self.send("server", ACK, name="still closed", window=0)
        self.send("server", ACK, name="update", window=64)
        return self.says(data, "after")
