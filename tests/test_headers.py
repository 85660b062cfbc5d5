"""Headers: whatever the bytes are, they say what stands there, or that nothing does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP, fragment
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Packet, Raw

from chatkit.lan.headers import FLAGS, KINDS, Headers, mac_bytes, mac_text

ETHER = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")  # else scapy would ask the network for them
IP4, IP6 = IP(src="10.0.0.1", dst="10.0.0.2"), IPv6(src="fd00::1", dst="fd00::2")
SEGMENT = TCP(sport=40000, dport=9898, seq=0xFFFFFFFF, ack=7, flags="PA") / b"SAY hello\n"
NETWORKS = [IP4, IP6, Dot1Q() / IP4, Dot1Q() / Dot1Q() / IP6, IP(src="10.0.0.1", dst="10.0.0.2", options=b"\1" * 8)]
FORGED = [  # Ethernet's type, and then anything: VLAN tags, an IHL under 5, a header length under 5, lengths of 0
    b"",
    bytes(14),
    bytes(12) + b"\x81\x00" * 700,
    bytes(12) + b"\x08\x00" + b"\x40" + bytes(60),
    bytes(12) + b"\x08\x00" + b"\x4f" + bytes(20),
    bytes(12) + b"\x08\x00" + b"\x45" + bytes(8) + b"\x06" + bytes(60),
    bytes(12) + b"\x86\xdd" + b"\x60" + bytes(60),
    bytes(12) + b"\x86\xdd" + b"\x60" + bytes(3) + b"\xff\xff" + bytes(60),
    bytes(12) + b"\x08\x06" + bytes(40),
]


def headers(packet: Packet) -> Headers:
    return Headers(bytes(packet))


def everything_of(frame: Headers) -> list[object]:
    names = [name for name in dir(Headers) if not name.startswith("__")]
    return [getattr(frame, name) for name in names]


def assert_sound(data: bytes) -> None:
    frame = Headers(data)
    everything_of(frame)
    assert frame.kind in KINDS
    assert frame.payload in data
    assert (frame.ports is not None) == (frame.kind in ("tcp", "udp"))
    assert (frame.seq is not None) == (frame.ack is not None) == (frame.kind == "tcp")
    assert frame.flags <= set(FLAGS)


@given(st.binary(max_size=120))
def test_any_bytes_can_be_asked_everything(data: bytes) -> None:
    assert_sound(data)


@given(st.sampled_from([b"\x08\x00", b"\x86\xdd", b"\x08\x06", b"\x81\x00\x00\x00\x08\x00"]), st.binary(max_size=120))
def test_any_bytes_after_a_known_type_can_be_asked_everything(ether_type: bytes, data: bytes) -> None:
    assert_sound(bytes(12) + ether_type + data)


@given(st.sampled_from(NETWORKS), st.data())
def test_a_segment_that_is_cut_or_changed_anywhere_can_be_asked_everything(
    network: Packet, data: st.DataObject
) -> None:
    frame = bytearray(bytes(ETHER / network / SEGMENT))
    for at in data.draw(st.lists(st.integers(0, len(frame) - 1), max_size=4)):
        frame[at] = data.draw(st.integers(0, 255))
    assert_sound(bytes(frame[: data.draw(st.integers(0, len(frame)))]))


@pytest.mark.parametrize("data", FORGED)
def test_what_is_forged_says_nothing(data: bytes) -> None:
    assert_sound(data)
    frame = Headers(data)
    assert (frame.ports, frame.flags, frame.payload) == (None, frozenset(), b"")


@pytest.mark.parametrize("network", NETWORKS)
def test_a_segment_is_read_whatever_is_below_it(network: Packet) -> None:
    frame = headers(ETHER / network / SEGMENT)
    assert (frame.kind, frame.ports, frame.flags) == ("tcp", (40000, 9898), {"PSH", "ACK"})
    assert (frame.seq, frame.ack, frame.payload) == (0xFFFFFFFF, 7, b"SAY hello\n")
    assert (frame.source, frame.destination) in [("10.0.0.1", "10.0.0.2"), ("fd00::1", "fd00::2")]
    assert (frame.source_mac, frame.destination_mac) == ("02:00:00:00:00:01", "02:00:00:00:00:02")


def test_options_of_tcp_are_no_payload() -> None:
    frame = headers(ETHER / IP4 / TCP(flags="S", options=[("MSS", 1460), ("SAckOK", b""), ("WScale", 7)]))
    assert (frame.flags, frame.payload) == ({"SYN"}, b"")


@pytest.mark.parametrize(
    ("packet", "kind"),
    [
        (ETHER / ARP(psrc="10.0.0.1", pdst="10.0.0.2"), "arp"),
        (ETHER / IP4 / UDP() / b"x", "udp"),
        (ETHER / IP4 / ICMP() / b"ping", "icmp"),
        (ETHER / IP6 / ICMPv6EchoRequest(), "icmp"),
        (ETHER / IP6 / IPv6ExtHdrHopByHop() / UDP() / b"x", "udp"),
        (ETHER / IP4 / IP4 / TCP(), "ip"),
        (Ether(type=0x88CC) / Raw(b"lldp"), "other"),
    ],
)
def test_each_frame_has_a_kind(packet: Packet, kind: str) -> None:
    assert headers(packet).kind == kind


def test_arp_names_who_asks_and_who_is_asked_for() -> None:
    frame = headers(ETHER / ARP(psrc="10.0.0.1", pdst="10.0.0.2"))
    assert (frame.source, frame.destination) == ("10.0.0.1", "10.0.0.2")


def test_arp_for_other_addresses_than_those_of_ipv4_says_nothing() -> None:
    assert headers(ETHER / ARP(ptype=0x86DD, plen=16)).source is None


@pytest.mark.parametrize("transport", [TCP(flags="A"), UDP() / b"x"])
def test_the_padding_of_a_short_frame_is_no_payload(transport: Packet) -> None:
    frame = Headers(bytes(ETHER / IP4 / transport) + bytes(18))
    assert frame.payload == bytes(transport.payload)


def test_only_the_first_fragment_has_the_headers() -> None:
    first, *rest = map(headers, (ETHER / piece for piece in fragment(IP4 / UDP(sport=1, dport=2) / bytes(3000), 1480)))
    assert (first.kind, first.ports, len(first.payload)) == ("udp", (1, 2), 1472)
    assert [(later.kind, later.ports, later.payload) for later in rest] == [("ip", None, b"")] * 2


def test_only_the_first_fragment_of_ipv6_has_the_headers() -> None:
    first = headers(ETHER / IP6 / IPv6ExtHdrFragment(m=1, offset=0) / UDP(sport=1, dport=2) / b"12345678")
    later = headers(ETHER / IP6 / IPv6ExtHdrFragment(m=0, offset=2, nh=17) / Raw(bytes(40)))
    assert (first.kind, first.ports) == ("udp", (1, 2))
    assert (later.kind, later.ports) == ("ip", None)


def test_a_segment_whose_header_claims_less_than_20_bytes_carries_nothing() -> None:
    frame = headers(ETHER / IP4 / TCP(dataofs=4) / b"data")
    assert (frame.kind, frame.payload) == ("tcp", b"")


def test_a_mac_address_is_written_and_read() -> None:
    assert mac_bytes(mac_text(bytes(range(6)))) == bytes(range(6))
