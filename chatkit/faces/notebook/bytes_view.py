"""A sentence as it lies in a conversation: which frame, at which byte, as numbers and as letters.

offset  bytes                                             text
     0  53 41 59 20[68 65 6c 6c 6f 2c 20 62 6f 62]0a      SAY [hello, bob].
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape

from chatkit.errors import MisuseError
from chatkit.tcp.conversation import Conversation, Found
from chatkit.tcp.segment import at
from chatkit.tcp.stream import Piece
from chatkit.tcp.style import NO_FORMULAS
from chatkit.tcp.visible import visible

WIDTH = 16  # bytes in a row
MAX_ROWS = 8  # of one segment
MAX_PLACES = 5

_PAPER = "overflow-x:auto;white-space:pre;padding:6px 0 10px;margin:0;line-height:1.5;background:none;color:inherit"
_PEN = "background:#ffe08a;color:#1a1a1a;padding:1px 0;font-weight:bold"  # dark on light in both themes

_HEADING = "offset  bytes" + " " * (3 * WIDTH - 3) + "text"


@dataclass(frozen=True)
class Pen:
    """How to mark; either way a row of numbers is 3 characters for each byte, and one."""

    begin: str
    end: str
    space: str  # around marked numbers, where the marks themselves take no space
    clean: Callable[[str], str]

    def mark_numbers(self, numbers: list[str], low: int, high: int) -> str:
        before = "".join(f" {number}" for number in numbers[:low])
        inside = self.begin + " ".join(numbers[low:high]) + self.end
        after = "".join(f"{number} " for number in numbers[high:])
        return f"{before}{self.space}{inside}{self.space}{after}"

    def mark_letters(self, letters: str, low: int, high: int) -> str:
        before, inside, after = map(self.clean, (letters[:low], letters[low:high], letters[high:]))
        return f"{before}{self.begin}{inside}{self.end}{after}"


PLAIN = Pen("[", "]", "", str)
PAPER = Pen(f'<mark style="{_PEN}">', "</mark>", " ", escape)


def show_bytes(conversation: Conversation, sentence: str) -> "BytesView":
    """Find a sentence in what both ends sent, encoded in UTF-8 as chat/1 does it."""
    if not sentence:
        raise MisuseError("no sentence to look for")
    return BytesView(conversation, sentence, conversation.find(sentence.encode()))


@dataclass(frozen=True, repr=False)
class BytesView:
    """The places where a sentence was found; it shows itself as text or in a notebook."""

    conversation: Conversation
    sentence: str
    places: tuple[Found, ...]

    def __str__(self) -> str:
        return "\n\n".join(f"{words}\n{_dump(part, PLAIN)}" if part else words for words, part in self._parts())

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        parts = (
            f'<div style="padding:0 8px"><bdi>{escape(words)}</bdi>{_paper(part) if part else ""}</div>'
            for words, part in self._parts()
        )
        return f'<div class="{NO_FORMULAS}">{"".join(parts)}</div>'

    def _parts(self) -> Iterator[tuple[str, Piece | None]]:
        """Sentences, each with the bytes that it speaks of."""
        if not self.places:
            yield f"{visible(self.sentence.encode())} is not in this conversation, {_ends(self.conversation)}.", None
        for place in self.places[:MAX_PLACES]:
            for part in place.parts:
                yield _where(part), part
        if len(self.places) > MAX_PLACES:
            yield f"And in {len(self.places) - MAX_PLACES} more places.", None
        if self.conversation.source:
            yield f"({self.conversation.source})", None


def _where(part: Piece) -> str:
    segment = part.segment
    return (
        f"{visible(part.data)} lies in frame {segment.frame}, from {at(segment.source)} to {at(segment.destination)}: "
        f"bytes {part.start} to {part.start + part.length - 1} of {segment.size}, counted from 0."
    )


def _ends(conversation: Conversation) -> str:
    return f"between {at(conversation.client)} and {at(conversation.server)}"


def _paper(part: Piece) -> str:
    return f'<pre style="{_PAPER}">{_dump(part, PAPER)}</pre>'


def _dump(part: Piece, pen: Pen) -> str:
    """The rows of the payload that the part touches, with the part marked."""
    first = part.start // WIDTH * WIDTH
    last = min(part.start + part.length, first + MAX_ROWS * WIDTH)
    return "\n".join([_HEADING, *(_row(offset, part, pen) for offset in range(first, last, WIDTH))])


def _row(offset: int, part: Piece, pen: Pen) -> str:
    row = part.segment.payload[offset : offset + WIDTH]
    low, high = max(part.start - offset, 0), min(part.start + part.length - offset, len(row))
    numbers = pen.mark_numbers([f"{byte:02x}" for byte in row], low, high)
    letters = pen.mark_letters("".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row), low, high)
    return f"{offset:6} {numbers}{'   ' * (WIDTH - len(row))}  {letters}"
