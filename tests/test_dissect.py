"""Frames of every link, headers of every kind, a chat in fragments: what is read, and what tshark reads."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from struct import pack

import pytest

from chatkit.capture import pcap
from chatkit.capture.capture import Capture
from chatkit.capture.dissect import segment_in
from chatkit.capture.frame import Frame
from chatkit.capture.recorded import recorded
from chatkit.tcp.segment import Segment
from tests.needs import needs_tshark
from tests.talks import ACK, PSH, Ends, frame_of

V4, V6 = Ends(100, 300), Ends(100, 300, ("2001:db8::1", 4000), ("2001:db8::2", 9898))
ETHERNET = 14
SECOND = 10**9


def _datagrams(ends: Ends) -> list[bytes]:
    segments = (replace(s, ip_id=number) for number, s in enumerate(ends.chat(said=b"JOIN ann\n" * 5), 1))
    return [_with_checksum(frame_of(segment, 1).data[ETHERNET:]) for segment in segments]


def _with_checksum(datagram: bytes) -> bytes:
    """tshark puts only those fragments together whose header has a right checksum."""
    if datagram[0] >> 4 == 6:
        return datagram
    size = (datagram[0] & 15) * 4
    header = datagram[:10] + b"\0\0" + datagram[12:size]
    total = sum(int.from_bytes(header[at : at + 2], "big") for at in range(0, size, 2))
    total = (total & 0xFFFF) + (total >> 16)
    return header[:10] + pack("!H", 0xFFFF & ~((total & 0xFFFF) + (total >> 16))) + header[12:] + datagram[size:]


def _numbered(contents: list[bytes], link: int = 1) -> list[Frame]:
    return [
        Frame(n, 1_700_000_000 * SECOND + n * 1_000_000, data, link, len(data)) for n, data in enumerate(contents, 1)
    ]


def _ether(datagram: bytes) -> bytes:
    return b"\2\0\0\0\0\1\2\0\0\0\0\2" + _type(datagram) + datagram


def _type(datagram: bytes) -> bytes:
    return b"\x86\xdd" if datagram[0] >> 4 == 6 else b"\x08\x00"


def _tshark(path: Path) -> list[tuple[int, ...]]:
    fields = [argument for name in ("frame.number", "tcp.seq", "tcp.ack", "tcp.len") for argument in ("-e", name)]
    command = ["tshark", "-r", str(path), "-Y", "tcp", "-T", "fields", *fields]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return [tuple(int(number or 0) for number in line.split("\t")) for line in done.stdout.splitlines()]


def _ours(capture: Capture) -> list[tuple[int, ...]]:
    return sorted(
        (s.frame, talk.relative(s).seq, talk.relative(s).ack or 0, s.size)
        for talk in capture.conversations
        for s in talk.segments
    )


def _agree(frames: list[Frame], tmp_path: Path) -> list[tuple[int, ...]]:
    """Save the frames, and see that tshark reads the same; give what that is."""
    pcap.write(path := tmp_path / "x.pcap", frames, frames[0].link_type)
    ours = _ours(Capture.read(path))
    assert ours == _tshark(path)
    return ours


def _tagged(*tags: int) -> Callable[[bytes], bytes]:
    head = b"".join(pack("!HH", kind, 5) for kind in tags)
    return lambda d: bytes(12) + head + _type(d) + d


def _ppp(d: bytes) -> bytes:
    return b"\x00\x57" if _type(d) == b"\x86\xdd" else b"\x00\x21"


LINKS: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "Ethernet": (1, _ether),
    "VLAN": (1, _tagged(0x8100)),
    "QinQ": (1, _tagged(0x88A8, 0x8100)),
    "three tags": (1, _tagged(0x9100, 0x8100, 0x8100)),
    "LLC and SNAP": (1, lambda d: bytes(12) + pack("!H", len(d) + 8) + b"\xaa\xaa\x03\0\0\0" + _type(d) + d),
    "MPLS": (1, lambda d: bytes(12) + b"\x88\x47" + b"\x00\x01\x00\x40\x00\x02\x01\x40" + d),
    "PPPoE": (1, lambda d: bytes(12) + b"\x88\x64\x11\x00\0\1" + pack("!H", len(d) + 2) + _ppp(d) + d),
    "cooked": (113, lambda d: bytes(5) + b"\x01\x00\x06" + bytes(6) + _type(d) + d),
    "cooked with a VLAN tag": (113, lambda d: bytes(5) + b"\1\0\6" + bytes(6) + b"\x81\0\0\5" + _type(d) + d),
    "cooked, version 2": (276, lambda d: _type(d) + bytes(2) + b"\0\0\0\1\0\1\0\6" + bytes(8) + d),
    "BSD loopback, little-endian": (0, lambda d: (b"\x1e" if d[0] >> 4 == 6 else b"\x02") + bytes(3) + d),
    "BSD loopback, big-endian": (0, lambda d: bytes(3) + (b"\x1e" if d[0] >> 4 == 6 else b"\x02") + d),
    "OpenBSD loopback": (108, lambda d: bytes(3) + (b"\x18" if d[0] >> 4 == 6 else b"\x02") + d),
    "raw IP": (101, lambda d: d),
    "PPP": (9, lambda d: b"\xff\x03" + _ppp(d) + d),
}


@needs_tshark
@pytest.mark.parametrize("ends", [V4, pytest.param(V6, marks=pytest.mark.slow)], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize("name", LINKS)
def test_a_conversation_is_read_on_every_link_as_tshark_reads_it(name: str, ends: Ends, tmp_path: Path) -> None:
    link, around = LINKS[name]
    assert len(_agree(_numbered([around(d) for d in _datagrams(ends)], link), tmp_path)) == 10


# Fragments


def _fragments(datagram: bytes, size: int = 24) -> list[bytes]:
    """Cut a datagram as a router, or a sender of IPv6, would."""
    if datagram[0] >> 4 == 6:
        return _fragments_of_ipv6(datagram, size)
    payload = datagram[20:]
    parts = []
    for at in range(0, len(payload), size):
        part = payload[at : at + size]
        place = (0x2000 if at + size < len(payload) else 0) | at // 8
        parts.append(
            _with_checksum(
                datagram[:2] + pack("!H", 20 + len(part)) + datagram[4:6] + pack("!H", place) + datagram[8:20] + part
            )
        )
    return parts


def _fragments_of_ipv6(datagram: bytes, size: int) -> list[bytes]:
    payload, ident = datagram[40:], sum(datagram) & 0xFFFFFFFF
    parts = []
    for at in range(0, len(payload), size):
        part = payload[at : at + size]
        extension = b"\x06\x00" + pack("!HI", at | (at + size < len(payload)), ident)
        parts.append(datagram[:4] + pack("!H", 8 + len(part)) + b"\x2c" + datagram[7:40] + extension + part)
    return parts


def _with_data(ends: Ends) -> bytes:
    segment = replace(ends.up(PSH | ACK, 1, 1, b"SAY what is cut is put together again, in whatever order\n"), ip_id=77)
    return _with_checksum(frame_of(segment, 1).data[ETHERNET:])


@needs_tshark
@pytest.mark.parametrize("ends", [V4, V6], ids=["IPv4", "IPv6"])
def test_a_conversation_in_fragments_is_the_same_and_belongs_to_the_frames_that_complete_it(
    ends: Ends, tmp_path: Path
) -> None:
    contents = [_ether(part) for datagram in _datagrams(ends) for part in _fragments(datagram)]
    rows = _agree(_numbered(contents), tmp_path)
    assert len(rows) == 10
    assert len(contents) > 12


# Headers


def _one(datagram: bytes) -> Segment | None:
    return segment_in(_numbered([_ether(datagram)])[0])


def _v6(next_header: int, extensions: bytes) -> bytes:
    plain = _with_data(V6)
    size = pack("!H", len(plain) - 40 + len(extensions))
    return plain[:4] + size + bytes([next_header]) + plain[7:40] + extensions + plain[40:]


EXTENSIONS = {
    "hop by hop": (0, b"\x06\x00\x01\x04" + bytes(4)),
    "routing": (43, b"\x06\x00\x00\x00" + bytes(4)),
    "destination options": (60, b"\x06\x00\x01\x04" + bytes(4)),
    "authentication": (51, b"\x06\x04" + bytes(22)),
    "atomic fragment": (44, b"\x06\x00\x00\x00\x00\x00\x00\x07"),
    "hop by hop, then destination options": (0, b"\x3c\x00\x01\x04" + bytes(4) + b"\x06\x00\x01\x04" + bytes(4)),
}


@needs_tshark
@pytest.mark.parametrize("name", EXTENSIONS)
def test_extension_headers_are_passed_over_as_tshark_passes_them(name: str, tmp_path: Path) -> None:
    [row] = _agree(_numbered([_ether(_v6(*EXTENSIONS[name]))]), tmp_path)
    assert row[3] == 57


@needs_tshark
def test_options_of_ipv4_are_passed_over(tmp_path: Path) -> None:
    plain = _with_data(V4)
    longer = b"\x46" + plain[1:2] + pack("!H", len(plain) + 4) + plain[4:20] + b"\x01\x01\x01\x00" + plain[20:]
    [row] = _agree(_numbered([_ether(_with_checksum(longer))]), tmp_path)
    assert row[3] == 57


def test_options_that_the_capture_cut_are_known_to_be_cut() -> None:
    syn = next(f for f in recorded("clean").frames if (s := segment_in(f)) and s.options.mss)
    whole, cut = (segment_in(replace(syn, data=syn.data[:end], wire_length=len(syn.data))) for end in (None, 58))
    assert whole and cut
    assert (whole.options.is_cut, cut.options.is_cut) == (False, True)


def test_headers_that_contradict_their_lengths_are_no_segments() -> None:
    plain = _with_data(V4)
    for broken in (
        b"\x44" + plain[1:],  # a header of 16 bytes
        plain[:2] + b"\x00\x10" + plain[4:],  # shorter than its header
        plain[:32] + b"\xf0" + plain[33:60],  # TCP's header goes on beyond the datagram
        plain[:32] + b"\x40" + plain[33:],  # TCP's header of 16 bytes
    ):
        assert _one(broken) is None
