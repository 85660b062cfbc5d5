"""Sequence numbers are 32 bits on a circle: after 4294967295 comes 0 (RFC 9293, section 3.4).

So "less than" means "behind by less than half the circle", and every sum and difference is modulo 2^32.
"""

CIRCLE = 1 << 32
HALF = 1 << 31


def add(seq: int, count: int) -> int:
    """The number that lies `count` steps after `seq`."""
    return (seq + count) % CIRCLE


def distance(start: int, seq: int) -> int:
    """How many steps `seq` lies ahead of `start`; negative when it lies behind."""
    return (seq - start + HALF) % CIRCLE - HALF
