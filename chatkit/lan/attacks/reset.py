"""A forged reset: one segment, and a connection of two others is over, if its number is right (RFC 5961, section 3)."""

from chatkit.lan.attacks.aim import host_of, number_in
from chatkit.lan.attacks.frames import segment
from chatkit.lan.host import PORTS, Address
from chatkit.lan.lan import Lan

MOST_SEQ = 2**32 - 1


def forge_reset(lan: Lan, source: Address, target: Address, seq: int, *, sent_by: str = "eve") -> bytes:
    """Send the target a RST that says it is from `source`, and give the frame.

    Both are ends of a connection in the LAN, by name or address, and port. Raises MisuseError, LanError.
    """
    liar, victim, other = host_of(lan, sent_by), host_of(lan, target[0]), host_of(lan, source[0])
    for _, port in (source, target):
        number_in(1, PORTS - 1, port, "port")
    number_in(0, MOST_SEQ, seq, "sequence number")
    frame = segment(liar, victim, (other.address, source[1]), target[1], seq, "RST")
    lan.wire.inject(frame, sent_by=liar.name)
    return frame
