"""The segments of a conversation in rows, with what an observer calls each of them.

    frame  ms    from    seq   ack   bytes  window  called
    6      20.3  client  1     1     1448   65536   new data
    13     40.9  server  1     2897  0      65536   duplicate ACK

Numbers count from the ISNs, and windows are in bytes, scaled as both SYNs have settled it; `?` where they are missing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from chatkit.faces.notebook.aligned import aligned
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.judge import Judgement, Judgements
from chatkit.tcp.segment import Segment

_HEADING = ("frame", "ms", "from", "seq", "ack", "bytes", "window", "called")
_PLAIN = {Judgement.NEW_DATA, Judgement.PURE_ACK}  # said where nothing better can be said


@dataclass(frozen=True, repr=False)
class SegmentTable:
    """All segments of one conversation."""

    conversation: Conversation

    def __repr__(self) -> str:
        source = self.conversation.source
        return aligned([_HEADING, *self._rows()]) + (f"\n({source})" if source else "")

    def _rows(self) -> Iterator[tuple[str, ...]]:
        talk = self.conversation
        for segment, verdict in zip(talk.segments, talk.judgements, strict=True):
            yield (
                str(segment.frame),
                f"{(segment.time - talk.segments[0].time) * 1000:.1f}",
                "client" if segment.source == talk.client else "server",
                *self._numbers(segment),
                _called(verdict),
            )

    def _numbers(self, segment: Segment) -> tuple[str, str, str, str]:
        seq, ack = self.conversation.relative(segment)
        window = self.conversation.window(segment)
        return str(seq), "" if ack is None else str(ack), str(segment.size), "?" if window is None else str(window)


def table_of(conversation: Conversation) -> SegmentTable:
    """Show the conversation as a table."""
    return SegmentTable(conversation)


def _called(verdict: Judgements) -> str:
    said = [judgement.value for judgement in Judgement if judgement in verdict and judgement not in _PLAIN]
    return ", ".join(said or [judgement.value for judgement in Judgement if judgement in verdict])
