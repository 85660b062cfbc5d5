"""Which conversation of a capture an answer is judged on, and whether it is fit for that.

Where several would do (ann and bob both talked to the server), the frame that a student names says which one is meant;
without it, it is the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chatkit.capture.capture import Capture
from chatkit.capture.fitness import Fault, Kind, elsewhere, without_tcp
from chatkit.errors import MisuseError
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import Segment, at
from chatkit.teach.fitness import Need, fault, met


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an answer is judged on; `conversation` is None where none could be chosen."""

    capture: Capture
    conversation: Conversation | None
    unfit: Fault | None = None
    others: tuple[Conversation, ...] = ()  # would have been fit as well

    @property
    def fit(self) -> Conversation | None:
        """The conversation, if answers can be judged on it."""
        return None if self.unfit else self.conversation

    @property
    def description(self) -> str:
        """What kind of evidence it is, and whose conversation."""
        talk = self.conversation
        return self.capture.source + (f"; {_ends(talk)}" if talk else "")


def gather(
    capture: Capture,
    needs: tuple[Need, ...],
    *,
    port: int | None = None,
    client: int | None = None,
    frame: int | None = None,
) -> Evidence:
    """Choose a conversation by the server's port, the client's port, and the frame; None leaves each open."""
    if not isinstance(capture, Capture):
        kind = type(capture).__name__
        raise MisuseError(f"a question is about a Capture, not about a {kind}; a LiveCapture has one in .capture")
    talks = [talk for talk in capture.conversations if _concerns(talk, port, client)]
    if not talks:
        return Evidence(capture, None, _nothing(capture, port, client))
    fit = [talk for talk in talks if fault(talk, needs) is None]
    if not fit:
        nearest = max(talks, key=lambda talk: met(talk, needs))
        return Evidence(capture, nearest, fault(nearest, needs))
    servers = sorted({talk.server[1] for talk in fit})
    if len(servers) > 1 and port is None:
        return Evidence(capture, None, _several(servers))
    chosen = _with_frame(capture, fit, frame) or fit[0]
    return Evidence(capture, chosen, others=tuple(talk for talk in fit if talk is not chosen))


def original(capture: Capture, frame: int) -> Segment | None:
    """The segment in a frame, or that of which the frame is a copy, as loopback makes them; None if it has none."""
    if found := capture.segments.in_frame(frame):
        return found
    copy = capture.every_segment.in_frame(frame)
    return _copied(capture, copy) if copy else None


def _copied(capture: Capture, copy: Segment) -> Segment | None:
    return next((s for s in capture.segments if replace(copy, frame=s.frame, time=s.time) == s), None)


def _with_frame(capture: Capture, talks: list[Conversation], frame: int | None) -> Conversation | None:
    segment = None if frame is None else original(capture, frame)
    return next((talk for talk in talks if segment and talk.segments.in_frame(segment.frame)), None)


def _ends(talk: Conversation) -> str:
    if _tells_who_called(talk):
        return f"client {at(talk.client)}, server {at(talk.server)}"
    return f"{at(talk.client)} and {at(talk.server)}"


def _tells_who_called(talk: Conversation) -> bool:
    return talk.isn(talk.client) is not None


def _ports(talk: Conversation) -> set[int]:
    """The port on which the server listens; both where nothing tells which it is."""
    return {talk.server[1]} if _tells_who_called(talk) else {talk.client[1], talk.server[1]}


def _concerns(talk: Conversation, port: int | None, client: int | None) -> bool:
    if not _tells_who_called(talk):
        return all(wanted is None or wanted in _ports(talk) for wanted in (port, client))
    return port in (None, talk.server[1]) and client in (None, talk.client[1])


def _several(ports: Sequence[int]) -> Fault:
    listed = ", ".join(str(port) for port in ports)
    said = f"It has conversations with servers on ports {listed}."
    return Fault(Kind.SEVERAL, said, f"Say which is meant, as port={ports[0]}.")


def _nothing(capture: Capture, port: int | None, client: int | None) -> Fault:
    """Why there is nothing to choose from."""
    if fault := without_tcp(capture):
        return fault
    of_server = [talk for talk in capture.conversations if _concerns(talk, port, None)]
    if of_server:
        clients = ", ".join(str(talk.client[1]) for talk in of_server)
        said = f"It has no client on port {client}."
        return Fault(Kind.ELSEWHERE, said, f"There are clients on {clients}: name one of these.")
    return elsewhere(capture, port or 0, sorted({port for talk in capture.conversations for port in _ports(talk)}))
