"""What was said in a conversation, line by line, as chat/1 reads it: who, in which frames, and which message it is.

    said(capture.conversations[0])

The line is the student's; what it means is looked up in `protocol`. All of it comes from the wire, so all is escaped.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import overload

from chatkit.errors import ProtocolError
from chatkit.protocol.messages import Message, decode_reply, decode_request
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.lines import Line
from chatkit.tcp.visible import visible

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Saying:
    """One line, and what it says."""

    line: Line
    is_from_client: bool
    message: Message | None  # None where the line is no message, or not whole
    trouble: str  # why there is no message; empty if there is one

    def __repr__(self) -> str:
        who = "client" if self.is_from_client else "server"
        frames = ", ".join(str(segment.frame) for segment in self.line.segments)
        return f"{who:6}  frame {frames:9}  {visible(self.line.data)}" + (f"  ({self.trouble})" if self.trouble else "")


class Sayings(Sequence[Saying]):
    """All that was said, in the order in which it was complete; it draws itself as a table."""

    def __init__(self, sayings: tuple[Saying, ...]) -> None:
        self._sayings = sayings

    @overload
    def __getitem__(self, index: int) -> Saying: ...
    @overload
    def __getitem__(self, index: slice) -> "Sayings": ...
    def __getitem__(self, index: int | slice) -> "Saying | Sayings":
        return Sayings(self._sayings[index]) if isinstance(index, slice) else self._sayings[index]

    def __len__(self) -> int:
        return len(self._sayings)

    def __repr__(self) -> str:
        return "\n".join(map(repr, self._sayings))

    def _repr_html_(self) -> str:
        return f'<pre style="white-space:pre-wrap">{escape(repr(self))}</pre>'


def said(conversation: Conversation) -> Sayings:
    """Read the lines of both ends as chat/1."""
    return Sayings(tuple(_read(conversation)))


def _read(talk: Conversation) -> Iterator[Saying]:
    for line in talk.lines():
        is_from_client = line.sender == talk.client
        if line.data or not line.is_whole:  # an empty line says nothing
            yield Saying(line, is_from_client, *_message(line, is_from_client))


def _message(line: Line, is_from_client: bool) -> tuple[Message | None, str]:
    if not line.is_whole:
        return None, "not all of the line is there"
    data = line.data.removeprefix(_BOM) if not line.offset else line.data
    try:
        return (decode_request(data) if is_from_client else decode_reply(data)), ""
    except ProtocolError as error:
        return None, error.text
