"""What an eavesdropper read from the wire, beside what the server wrote down: what has each that the other lacks?

    compare(read_transcript("chat.jsonl"), capture)

In plain text the two are equal, and the eavesdropper has more: the password, and what was told to one alone. Behind a
switch only what crossed that one cable is there; under TLS, nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from html import escape
from operator import or_

from chatkit.capture.capture import Capture
from chatkit.capture.said import Saying, said
from chatkit.faces.transcript import Transcript
from chatkit.net.host import DEFAULT_PORT
from chatkit.protocol.messages import Pass, Past, Said, Say, Tell, Told, Welcome
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import at
from chatkit.tcp.visible import visible

_SHOWN = 50  # rows of each kind


@dataclass(frozen=True, slots=True)
class Remark:
    """Who said what; where the capture has no name for who, it is an address."""

    who: str
    text: str

    def __repr__(self) -> str:
        return f"{_plain(self.who)}: {_plain(self.text)}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was said to all, as the server and as the eavesdropper have it, and what only the wire gives away."""

    both: tuple[Remark, ...]
    only_in_transcript: tuple[Remark, ...]
    only_on_the_wire: tuple[Remark, ...]
    whispers: tuple[Remark, ...]  # each once; the text is "to bob: psst"
    passwords: tuple[Remark, ...]

    @property
    def is_equal(self) -> bool:
        """Whether the eavesdropper missed nothing of what was said to all, and heard nothing else."""
        return not (self.only_in_transcript or self.only_on_the_wire)

    def __repr__(self) -> str:
        return "\n".join(_rows(self))

    def _repr_html_(self) -> str:
        return f'<pre style="white-space:pre-wrap">{escape(repr(self))}</pre>'


def compare(transcript: Transcript, capture: Capture, port: int = DEFAULT_PORT) -> Comparison:
    """Read every conversation on the server's port as chat/1, and hold it against the transcript."""
    overheard = [_overhear(talk) for talk in capture.conversations if port in (own for _, own in talk.endpoints)]
    written = Counter(Remark(event.who, event.text) for event in transcript.said)
    spoken = Counter(remark for one in overheard for remark in one.spoken)
    heard = reduce(or_, (Counter(one.heard) for one in overheard), Counter[Remark]())  # each listener hears it again
    wire = spoken | heard
    return Comparison(
        both=tuple((written & wire).elements()),
        only_in_transcript=tuple((written - wire).elements()),
        only_on_the_wire=tuple((wire - written).elements()),
        whispers=tuple(dict.fromkeys(remark for one in overheard for remark in one.whispers)),
        passwords=tuple(remark for one in overheard for remark in one.passwords),
    )


# ---- one conversation ----


@dataclass(frozen=True, slots=True)
class _Overheard:
    spoken: tuple[Remark, ...]  # by its client
    heard: tuple[Remark, ...]  # by its client, from others
    whispers: tuple[Remark, ...]
    passwords: tuple[Remark, ...]


def _overhear(talk: Conversation) -> _Overheard:
    sayings = list(said(talk))
    who = _name(sayings) or at(talk.client)
    messages = [saying.message for saying in sayings]
    return _Overheard(
        spoken=tuple(Remark(who, m.text) for m in messages if isinstance(m, Say)),
        heard=tuple(Remark(m.name, m.text) for m in messages if isinstance(m, Said | Past)),
        whispers=tuple(_whispers(messages, who)),
        passwords=tuple(Remark(who, m.secret) for m in messages if isinstance(m, Pass)),
    )


def _name(sayings: Iterable[Saying]) -> str:
    """Give the name under which the server let the client in."""
    return next((saying.message.name for saying in sayings if isinstance(saying.message, Welcome)), "")


def _whispers(messages: Iterable[object], who: str) -> Iterator[Remark]:
    """Give what was told to one, the same on its way in and on its way out."""
    for message in messages:
        match message:
            case Tell(name, text):
                yield Remark(who, f"to {name}: {text}")
            case Told(name, text):
                yield Remark(name, f"to {who}: {text}")


# ---- how it reads ----


def _rows(found: Comparison) -> Iterator[str]:
    yield _verdict(found)
    for words, remarks in (
        ("only the server wrote down", found.only_in_transcript),
        ("only the eavesdropper read", found.only_on_the_wire),
        ("whispered, and read all the same", found.whispers),
        ("passwords that were read", found.passwords),
    ):
        if remarks:
            yield f"{words} ({len(remarks)}):"
            yield from (f"  {remark!r}" for remark in remarks[:_SHOWN])
        if len(remarks) > _SHOWN:
            yield f"  and {len(remarks) - _SHOWN} more"


def _verdict(found: Comparison) -> str:
    if not (found.both or found.only_on_the_wire):
        return "The eavesdropper has nothing of what was said to all."
    if found.is_equal:
        return f"The eavesdropper has all {len(found.both)} messages, word for word."
    return f"The eavesdropper has {len(found.both)} of {len(found.both) + len(found.only_in_transcript)} messages."


def _plain(text: str) -> str:
    return visible(text.encode("utf-8", "surrogatepass"))[1:-1].replace('\\"', '"')
