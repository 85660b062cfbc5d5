"""The segments that questions ask about. Each comes as all its copies, for a segment may have been sent again."""

from collections.abc import Callable, Iterable

from chatkit.tcp.conversation import Conversation
from chatkit.tcp.judge import Judgement
from chatkit.tcp.segment import Endpoint, Flag, Segment
from chatkit.tcp.sequence import add, distance

Copies = tuple[Segment, ...]
SENT_AGAIN = {Judgement.RETRANSMISSION, Judgement.FAST_RETRANSMISSION}


def syns(talk: Conversation) -> Copies:
    """The SYN by which the client opens."""
    return tuple(s for s in talk.sent_by(talk.client) if s.flags & (Flag.SYN | Flag.ACK) == Flag.SYN)


def synacks(talk: Conversation) -> Copies:
    """The SYN,ACK by which the server answers; it may acknowledge data that came with the SYN (RFC 7413)."""
    isn = talk.isn(talk.client)
    if isn is None:
        return ()
    reach = max((syn.size for syn in syns(talk)), default=0)
    both = Flag.SYN | Flag.ACK
    answers = (s for s in talk.sent_by(talk.server) if s.flags & both == both)
    return tuple(s for s in answers if 0 <= distance(add(isn, 1), s.ack) <= reach)


def data_from_client(talk: Conversation) -> Copies:
    """Every segment that brings data from the client."""
    return tuple(s for s in talk.sent_by(talk.client) if s.size and not s.flags & Flag.RST)


def first_data(talk: Conversation) -> Copies:
    """The segment that brings the client's first byte: that which has the number after the SYN's."""
    isn = talk.isn(talk.client)
    return () if isn is None else tuple(s for s in data_from_client(talk) if _brings(s, add(isn, 1)))


def last_of_handshake(talk: Conversation) -> Segment | None:
    """The client's ACK of the SYN,ACK; None where it was not captured."""
    return talk.handshake.ack if talk.handshake else None


def first_bytes(talk: Conversation) -> Copies:
    """The segment that brings the first byte of all, from either end."""
    first = next((s for s in talk.segments if s.size and not s.flags & Flag.RST), None)
    if first is None:
        return ()
    return tuple(s for s in talk.sent_by(first.source) if s.size and _brings(s, first.first_byte))


def acks_of(talk: Conversation, end: Endpoint, number: int) -> Copies:
    """The segments with which the other end says to this one: I wait for that number next."""
    return tuple(s for s in talk.segments if s.destination == end and s.flags & Flag.ACK and s.ack == number)


def covering_acks(talk: Conversation, end: Endpoint, number: int) -> Copies:
    """The segments with which the other end says to this one that all before that number has come."""
    heard = (s for s in talk.segments if s.destination == end and s.flags & Flag.ACK and not s.flags & Flag.RST)
    return tuple(s for s in heard if distance(number, s.ack) >= 0)


def sent_again(talk: Conversation) -> Copies:
    """What was sent a second time, whatever it carries and whatever made its sender do so."""
    copied = _copied(talk)
    verdicts = zip(talk.segments, talk.judgements, strict=True)
    again = {s.frame for s, verdict in verdicts if verdict & SENT_AGAIN and s.length}
    return tuple(s for s in talk.segments if s.frame in again and copied.get(s.frame, s.frame) in again)


def came_twice(talk: Conversation) -> Copies:
    """What was sent once, and came twice: not even that of which it is a copy was sent again."""
    again, copied = set(frames(sent_again(talk))), _copied(talk)
    return tuple(s for s in talk.segments if s.frame in copied and s.frame not in again)


def _copied(talk: Conversation) -> dict[int, int]:
    """Frames with a datagram that came before, and where: the same identification in the header of IP (RFC 6864)."""
    first: dict[tuple[object, ...], int] = {}
    copied: dict[int, int] = {}
    for s in talk.segments:
        if s.ip_id:
            frame = first.setdefault((s.source, s.ip_id, s.seq, s.ack, s.flags, s.size), s.frame)
            if frame != s.frame:
                copied[s.frame] = frame
    return copied


def other(talk: Conversation, end: Endpoint) -> Endpoint:
    """The end that this one talks with."""
    return talk.server if end == talk.client else talk.client


def first_of(find: Callable[[Conversation], Copies]) -> Callable[[Conversation], Segment | None]:
    """The first of what is found, for whoever is to look at it; None where nothing is."""
    return lambda talk: next(iter(find(talk)), None)


def frames(copies: Iterable[Segment]) -> tuple[int, ...]:
    """The frames that carry them."""
    return tuple(segment.frame for segment in copies)


def _brings(segment: Segment, seq: int) -> bool:
    return 0 <= distance(segment.first_byte, seq) < segment.size
