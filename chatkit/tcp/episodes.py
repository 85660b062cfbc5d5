"""Times at which an end let its peer send nothing: from the segment that closes its window to the one that opens it.

    A  WND=0     ------>     closed
    B            <------     probe: is there room again?
    A  WND=0     ------>
    A  WND=4096  ------>     reopened
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from chatkit.tcp.judge import Judgement, Judgements
from chatkit.tcp.segment import Endpoint, Flag, Segment


@dataclass(frozen=True, slots=True)
class ZeroWindow:
    """One time in which an end advertised a window of 0."""

    closed: Segment  # the first that advertises 0
    reopened: Segment | None  # the first after it that does not; None if the capture has none
    probes: tuple[Segment, ...]  # with which the peer asked in between

    @property
    def duration(self) -> float | None:
        """Seconds; None if the window stays closed as far as the capture goes."""
        return self.reopened.time - self.closed.time if self.reopened else None

    def __repr__(self) -> str:
        until = f"for {self.duration * 1000:.3f} ms" if self.duration is not None else "to the end of the capture"
        return f"<ZeroWindow from frame {self.closed.frame} {until}, {len(self.probes)} probes>"


def zero_windows(judged: Iterable[tuple[Segment, Judgements]], endpoint: Endpoint) -> tuple[ZeroWindow, ...]:
    """Every time in which the endpoint advertised 0, in order; the segments come with their judgements."""
    return tuple(_episodes(judged, endpoint))


def _episodes(judged: Iterable[tuple[Segment, Judgements]], endpoint: Endpoint) -> Iterator[ZeroWindow]:
    closed: Segment | None = None
    probes: list[Segment] = []
    for segment, verdict in judged:
        if segment.source == endpoint and Judgement.ZERO_WINDOW in verdict:
            closed = closed or segment
        elif closed and segment.source == endpoint and segment.window and not segment.flags & Flag.RST:
            yield ZeroWindow(closed, segment, tuple(probes))
            closed, probes = None, []
        elif closed and Judgement.ZERO_WINDOW_PROBE in verdict:
            probes.append(segment)
    if closed:
        yield ZeroWindow(closed, None, tuple(probes))
