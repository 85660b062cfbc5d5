"""Forged frames: whatever a header says of its sender, anybody can write."""

import socket
import struct

from chatkit.lan.checksums import with_checksums
from chatkit.lan.datagram import ARP, IPV4
from chatkit.lan.headers import FLAGS, mac_bytes
from chatkit.lan.host import Address, LanHost

ARP_REQUEST, ARP_REPLY = 1, 2  # RFC 826

_ARP_OF_IPV4 = bytes.fromhex("0001 0800 06 04")
_TTL, _TCP, _WINDOW = 64, 6, 64240
_HEADER_WORDS = 5  # of 32 bits, in TCP's header without options


def segment(liar: LanHost, to: LanHost, source: Address, port: int, seq: int, flag: str) -> bytes:
    """A segment without data, from the liar's interface, that says it is from `source`."""
    bits = 1 << FLAGS.index(flag)
    tcp = struct.pack("!HHIIBBHHH", source[1], port, seq, 0, _HEADER_WORDS << 4, bits, _WINDOW, 0, 0)
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, _TTL, _TCP, 0) + _packed(source[0], to.address)
    return with_checksums(_ethernet(liar, to, IPV4) + ip + tcp)


def arp(liar: LanHost, to: LanHost, operation: int, claimed: str, asked: str) -> bytes:
    """A question or an answer of ARP that says: the owner of the address `claimed` is the liar."""
    mac = mac_bytes(liar.mac)
    says = struct.pack("!H", operation) + mac + _packed(claimed) + mac + _packed(asked)
    return _ethernet(liar, to, ARP) + _ARP_OF_IPV4 + says


def _ethernet(liar: LanHost, to: LanHost, ether_type: int) -> bytes:
    return mac_bytes(to.mac) + mac_bytes(liar.mac) + struct.pack("!H", ether_type)


def _packed(*addresses: str) -> bytes:
    return b"".join(map(socket.inet_aton, addresses))
