"""The segments that questions ask about. Each comes as all its copies, for a segment may have been sent again."""

from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import Flag, Segment
from chatkit.tcp.sequence import add, distance

Copies = tuple[Segment, ...]


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


def _brings(segment: Segment, seq: int) -> bool:
    return 0 <= distance(segment.first_byte, seq) < segment.size
