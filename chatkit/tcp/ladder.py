"""A conversation in RFC 9293's own notation: line by line the segment, and the state of each end.

        10.0.0.1:40000                                       10.0.0.9:9898
    1.  CLOSED                                               LISTEN
    2.  SYN-SENT    --> <SEQ=100><CTL=SYN>               --> SYN-RECEIVED
    3.  ESTABLISHED <-- <SEQ=300><ACK=101><CTL=SYN,ACK>  <-- SYN-RECEIVED

`...` on one side stands for a segment that is on its way: it left, or arrives, and the other end has nothing of it yet.
The RFC's figures have lines for what leaves no trace on the wire, the calls (Close) and the passing of 2MSL; a capture
doesn't, so neither has a ladder. `?` is a state that the capture leaves open.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from chatkit.tcp.drawing import draw, page
from chatkit.tcp.history import Moment
from chatkit.tcp.segment import Endpoint, Flag, Segment, at, notation
from chatkit.tcp.visible import columns, visible

if TYPE_CHECKING:
    from chatkit.tcp.conversation import Conversation

TEXT_LIMIT = 40  # columns of payload shown in a line


@dataclass(frozen=True)
class Row:
    """One line: a moment with its number; or, where `skipped` is not 0, so many that were left out, this the last."""

    number: int  # as the RFC numbers them: line 1 is before the first segment
    moment: Moment
    skipped: int = 0


@dataclass(frozen=True, repr=False)
class Ladder:
    """Prints itself as text, and draws itself in a notebook.

    Numbers are absolute as in the RFC's figures, so that they can be found in the bytes of the frame.
    """

    conversation: "Conversation"
    relative: bool = False  # count from the ISNs instead
    data: bool = True  # show how much payload and what; without it, <DATA> as in the RFC
    rows: int | None = 60  # at most so many lines; the middle is left out. None is no limit
    highlight: int | None = None  # number of the frame to point at
    names: Mapping[Endpoint, str] = field(default_factory=dict)  # what to call an endpoint
    frames: bool = False  # end each line with its frame's number

    def __str__(self) -> str:
        client, server = self.heading
        before = self.conversation.history
        table = [("1.", str(before.client_before), "", "", "", str(before.server_before))]
        table += [self._cells(row) for row in self.shown]
        widths = [max(columns(cells[place]) for cells in table) for place in range(5)]
        margin, between = " " * (widths[0] + 2), sum(widths[1:]) + 4
        lines = [margin + _pad(client, between) + server, *(_line(cells, widths) for cells in table)]
        return "\n".join([*lines, margin + self.label_of_source] if self.label_of_source else lines)

    def svg(self) -> str:
        """The same as a picture, with the payload under the arrows."""
        return draw(self)

    def alt_text(self) -> str:
        """What the picture shows, in words."""
        talk = self.conversation
        client, server = self.heading
        opened = "opened by a three-way handshake" if talk.handshake else "of which the handshake is not all captured"
        sizes = [talk.reassembled(endpoint).end for endpoint in talk.endpoints]
        return (
            f"Ladder diagram of {len(talk.segments)} segments between {client} on the left and {server} on the right, "
            f"{opened}. The left end sends {sizes[0]} bytes, the right end {sizes[1]}. "
            f"The conversation is {talk.teardown.ending.value}. {self.label_of_source}"
        )

    def in_full(self) -> str:
        """What the picture shows, in words and then line by line with the frames."""
        return f"{self.alt_text()}\n\n{replace(self, frames=True)}"

    def _repr_html_(self) -> str:
        return page(self)

    def __repr__(self) -> str:
        return str(self)

    @property
    def heading(self) -> tuple[str, str]:
        """What stands above the two columns of states."""
        client, server = (self.names.get(endpoint, "") for endpoint in self.conversation.endpoints)
        return _named(client, self.conversation.client), _named(server, self.conversation.server)

    @property
    def shown(self) -> tuple[Row, ...]:
        """The lines after the first, with the middle left out where there are too many."""
        rows = [Row(number, moment) for number, moment in enumerate(self.conversation.history.moments, start=2)]
        return tuple(self._without_middle(rows))

    @property
    def label_of_source(self) -> str:
        """What kind of evidence this is: a recorded capture must not pass for one's own."""
        return f"({self.conversation.source})" if self.conversation.source else ""

    def points_at(self, segment: Segment) -> bool:
        """Whether this is the segment to highlight."""
        return segment.frame == self.highlight

    def numbers(self, segment: Segment) -> tuple[int, int | None]:
        """(seq, ack), absolute or relative; no ack without the ACK flag."""
        if self.relative:
            return self.conversation.relative(segment)
        return segment.seq, segment.ack if Flag.ACK in segment.flags else None

    def label(self, segment: Segment) -> str:
        """The segment in the RFC's notation, with its payload if that is wanted."""
        seq, ack = self.numbers(segment)
        if not segment.size:
            return notation(segment, seq, ack)
        data = f"<DATA={segment.size} {visible(segment.payload, TEXT_LIMIT)}>" if self.data else "<DATA>"
        return notation(segment, seq, ack) + data

    def _without_middle(self, rows: list[Row]) -> Iterator[Row]:
        """Keep the opening and the close, and what is pointed at."""
        limit = len(rows) if self.rows is None else max(2, self.rows)
        tail = len(rows) - limit // 3
        skipped = 0
        for index, row in enumerate(rows):
            is_wanted = len(rows) <= limit or index < limit - limit // 3 or index >= tail
            if is_wanted or self.points_at(row.moment.segment):
                if skipped:
                    yield replace(rows[index - 1], skipped=skipped)
                skipped = 0
                yield row
            else:
                skipped += 1

    def _cells(self, row: Row) -> tuple[str, str, str, str, str, str]:
        if row.skipped:
            return "", f"... {row.skipped} more", "", "", "", ""
        moment, segment = row.moment, row.moment.segment
        tail = f"  frame {segment.frame}" if self.frames or self.points_at(segment) else ""
        tail += " <==" if self.points_at(segment) else ""
        if segment.source == self.conversation.client:
            near, far = "-->" if moment.sent else "...", "-->" if moment.arrived else "..."
            seen = (moment.sent, moment.arrived)
        else:
            near, far = "<--" if moment.arrived else "...", "<--" if moment.sent else "..."
            seen = (moment.arrived, moment.sent)
        left = str(moment.client) if seen[0] else ""
        right = str(moment.server) if seen[1] else ""
        return f"{row.number}.", left, near, self.label(segment), far, right + tail


def _named(name: str, endpoint: Endpoint) -> str:
    return f"{name} {at(endpoint)}" if name else at(endpoint)


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    number, left, near, label, far, right = (_pad(text, width) for text, width in zip(cells, [*widths, 0], strict=True))
    return f"{number}  {left} {near} {label} {far} {right}".rstrip()


def _pad(text: str, width: int) -> str:
    return text + " " * (width - columns(text))  # str.ljust counts an emoji as one column
