"""Checksums, held against scapy, which computes its own, and against the RFC's example."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP, fragment
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Packet

from chatkit.lan.checksums import checksum, with_checksums

ETHER = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")  # else scapy would ask the network for them
IP4, IP6 = IP(src="10.0.0.1", dst="10.0.0.2"), IPv6(src="fd00::1", dst="fd00::2")
WITH_OPTIONS = IP(src="10.0.0.1", dst="10.0.0.2", options=b"\1" * 8)
KINDS = [
    IP4 / TCP(seq=1, flags="PA"),
    IP4 / TCP(options=[("MSS", 1460), ("WScale", 7)]),
    IP4 / UDP(sport=1, dport=2),
    IP4 / ICMP(),
    IP6 / TCP(flags="S"),
    IP6 / UDP(),
    IP6 / ICMPv6EchoRequest(),
    IP6 / IPv6ExtHdrHopByHop() / UDP(),
    Dot1Q() / IP4 / TCP(),
    WITH_OPTIONS / UDP(),
]


def without_checksums(packet: Packet) -> bytes:
    """As scapy builds it, but with a checksum everywhere that is wrong."""
    wrong = packet.copy()
    for layer in (IP, TCP, UDP, ICMP, ICMPv6EchoRequest):
        if layer in wrong:
            setattr(wrong[layer], "cksum" if layer is ICMPv6EchoRequest else "chksum", 0xBEEF)
    return bytes(wrong)


def test_the_example_of_rfc_1071_section_3() -> None:
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2


@settings(max_examples=200)
@given(st.sampled_from(KINDS), st.binary(max_size=99))
def test_scapy_computes_the_same(kind: Packet, payload: bytes) -> None:
    packet = ETHER / kind / payload
    right = bytes(packet)
    assert without_checksums(packet) != right
    assert with_checksums(without_checksums(packet)) == right
    assert with_checksums(right) == right


@given(st.sampled_from(KINDS), st.integers(0, 30))
def test_padding_after_the_datagram_is_not_summed(kind: Packet, size: int) -> None:
    packet = ETHER / kind / b"x"
    assert with_checksums(without_checksums(packet) + bytes([7]) * size) == bytes(packet) + bytes([7]) * size


@pytest.mark.parametrize("network", [IP4, IP6])
def test_the_checksum_of_udp_is_never_zero_for_zero_says_there_is_none(network: Packet) -> None:
    packet = ETHER / network / UDP(sport=0, dport=2) / b"xx"
    sum_without_port = int.from_bytes(bytes(packet[UDP])[6:8], "big")
    packet[UDP].sport = sum_without_port  # now all words sum to 0xFFFF
    right = bytes(packet)
    assert right[-4:-2] == b"\xff\xff"
    assert with_checksums(without_checksums(packet)) == right


def test_of_a_fragment_only_the_ip_header_is_mended() -> None:
    for piece in fragment(IP4 / UDP() / bytes(3000), 1480):
        wrong = ETHER / piece.copy()
        wrong[IP].chksum = 0xBEEF
        assert with_checksums(bytes(wrong)) == bytes(ETHER / piece)


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        bytes(14),
        bytes(ETHER / ARP()),
        bytes(ETHER / IP6 / IPv6ExtHdrFragment(m=1) / UDP(chksum=0xBEEF) / b"12345678"),
        bytes(ETHER / IP6 / TCP(chksum=0xBEEF) / b"cut")[:-1],
    ],
)
def test_what_is_no_whole_datagram_stays_as_it_is(frame: bytes) -> None:
    assert with_checksums(frame) == frame


@given(st.sampled_from([b"\x08\x00", b"\x86\xdd"]), st.binary(max_size=80))
def test_any_bytes_keep_their_length(ether_type: bytes, data: bytes) -> None:
    frame = bytes(12) + ether_type + data
    assert len(with_checksums(frame)) == len(frame)
