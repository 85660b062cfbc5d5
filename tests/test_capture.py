"""Captures: frames of every kind of link, files of every kind, and what is made of them."""

import gzip
from dataclasses import replace
from pathlib import Path
from struct import pack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatkit.capture import pcap
from chatkit.capture.capture import Capture
from chatkit.capture.dissect import ports_in, segment_in
from chatkit.capture.frame import Frame
from chatkit.capture.pcap import MAGIC
from chatkit.errors import CaptureError
from chatkit.tcp.segment import Segment
from tests.figures import ENDS
from tests.talks import ACK, PSH, SYN, Ends, caught, caught_twice, frame_of

CHAT = caught(ENDS.chat())
HELLO = ENDS.up(PSH | ACK, 1, 1, b"hello")
ETHERNET_HEADER = 14


def _datagram(segment: Segment = HELLO) -> bytes:
    return frame_of(segment, 1).data[ETHERNET_HEADER:]


def _in(link_type: int, header: bytes, datagram: bytes | None = None) -> Segment | None:
    data = header + (_datagram() if datagram is None else datagram)
    return segment_in(Frame(1, 0, data, link_type))


# Frames

LINKS = {
    "Ethernet": (1, bytes(12) + b"\x08\x00"),
    "Ethernet with a VLAN tag": (1, bytes(12) + b"\x81\x00\x00\x05" + b"\x08\x00"),
    "Ethernet with two VLAN tags": (1, bytes(12) + b"\x88\xa8\x00\x05\x81\x00\x00\x06" + b"\x08\x00"),
    "BSD loopback, little-endian": (0, b"\x02\x00\x00\x00"),
    "BSD loopback, big-endian": (0, b"\x00\x00\x00\x02"),
    "OpenBSD loopback": (108, b"\x00\x00\x00\x02"),
    "Linux cooked": (113, bytes(14) + b"\x08\x00"),
    "Linux cooked, version 2": (276, b"\x08\x00" + bytes(18)),
    "raw IP": (101, b""),
    "raw IP as OpenBSD numbers it": (14, b""),
    "raw IPv4": (228, b""),
}


@pytest.mark.parametrize("name", LINKS)
def test_a_segment_is_found_behind_the_header_of_every_link(name: str) -> None:
    segment = _in(*LINKS[name])
    assert segment is not None
    assert replace(segment, frame=0, time=0.0, ip_id=None) == HELLO


def test_ipv6_is_read_too_and_its_extension_headers_are_passed_over() -> None:
    ends = Ends(1, 2, ("2001:db8::1", 4000), ("2001:db8::2", 9898))
    data = frame_of(ends.up(PSH | ACK, 1, 1, b"hello"), 1).data
    plain = segment_in(Frame(1, 0, data))
    ip, tcp = data[14:54], data[54:]
    options = b"\x06\x00" + bytes(6)
    longer = data[:14] + ip[:4] + pack("!H", len(tcp) + 8) + b"\x00" + ip[7:] + options + tcp
    assert plain is not None
    assert plain.source == ("2001:db8::1", 4000)
    assert segment_in(Frame(1, 0, longer)) == plain


def test_padding_of_a_short_frame_is_no_payload() -> None:
    segment = _in(1, LINKS["Ethernet"][1], _datagram(ENDS.up(ACK, 1, 1)) + bytes(6))
    assert segment is not None
    assert segment.payload == b""


def test_a_total_length_of_0_means_that_the_frame_tells() -> None:
    datagram = bytearray(_datagram())
    datagram[2:4] = b"\x00\x00"
    segment = _in(101, b"", bytes(datagram))
    assert segment is not None
    assert segment.payload == b"hello"


def test_what_the_snaplen_cut_is_counted_as_uncaptured() -> None:
    whole = frame_of(HELLO, 1)
    segment = segment_in(replace(whole, data=whole.data[:-3], wire_length=len(whole.data)))
    assert segment is not None
    assert (segment.payload, segment.uncaptured, segment.size) == (b"he", 3, 5)


def test_a_later_fragment_is_no_segment() -> None:
    datagram = bytearray(_datagram())
    datagram[6:8] = b"\x00\x10"
    assert _in(101, b"", bytes(datagram)) is None


@pytest.mark.parametrize(
    "frame",
    [
        Frame(1, 0, b""),
        Frame(1, 0, bytes(12) + b"\x08\x06" + bytes(28)),  # ARP
        Frame(1, 0, bytes(12) + b"\x08\x00" + b"\x45"),
        Frame(1, 0, bytes(12) + b"\x81\x00"),
        Frame(1, 0, frame_of(HELLO, 1).data, 147),  # a link that is not known
        Frame(1, 0, frame_of(HELLO, 1).data[:50]),  # cut inside TCP's header
    ],
)
def test_what_is_no_segment_is_none_and_stays_a_frame(frame: Frame) -> None:
    assert segment_in(frame) is None
    capture = Capture((frame,), "made for a test")
    assert (len(capture), capture.segments, capture.conversations) == (1, (), ())


@given(st.binary(max_size=120), st.sampled_from([0, 1, 12, 101, 108, 113, 228, 229, 276, 999]))
def test_no_bytes_are_too_strange_for_a_frame(data: bytes, link_type: int) -> None:
    frame = Frame(1, 0, data, link_type)
    segment = segment_in(frame)
    assert segment is None or ports_in(frame) == (segment.source[1], segment.destination[1])


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 90), st.integers(0, 255)), min_size=1, max_size=12))
def test_no_flipped_byte_breaks_what_is_read_from_a_chat(flips: list[tuple[int, int, int]]) -> None:
    frames = list(CHAT.frames)
    for which, place, value in flips:
        data = bytearray(frames[which].data)
        data[place % len(data)] = value
        frames[which] = replace(frames[which], data=bytes(data))
    capture = Capture(tuple(frames), "made for a test")
    for talk in capture.conversations:
        assert len(talk.states) == len(talk.judgements) == len(talk.segments)
        assert str(talk.ladder())
        assert talk.ladder(relative=True).svg()


# Copies


def test_a_loopback_capture_that_has_each_frame_twice_gives_each_segment_once() -> None:
    twice = caught_twice(ENDS.chat())
    assert (len(twice.frames), len(twice.segments), twice.doubles) == (20, 10, 10)
    assert twice.conversations[0].handshake is not None


def test_a_retransmission_is_no_copy() -> None:
    capture = caught([*ENDS.handshake(), HELLO, HELLO])
    assert (len(capture.segments), capture.doubles) == (5, 0)


# Files


@pytest.mark.parametrize("name", ["mine.pcap", "mine.PCAP"])
def test_what_is_saved_is_read_back_to_the_nanosecond(tmp_path: Path, name: str) -> None:
    odd = Capture((replace(CHAT.frames[0], nanoseconds=1_700_000_000_123_456_789), *CHAT.frames[1:]), "made for a test")
    assert Capture.read(odd.save(tmp_path / name)).frames == tuple(
        replace(frame, wire_length=len(frame.data)) for frame in odd.frames
    )


def test_frames_of_two_kinds_of_link_do_not_go_into_one_pcap_file(tmp_path: Path) -> None:
    mixed = Capture((CHAT.frames[0], replace(CHAT.frames[1], link_type=101)), "made for a test")
    with pytest.raises(CaptureError, match="several link types"):
        mixed.save(tmp_path / "mixed.pcap")


def _pcap(order: str, magic: bytes, link_type: int = 1) -> bytes:
    unit = MAGIC[magic][1]
    head = magic + pack(order + "HHiIII", 2, 4, 0, 0, 65535, link_type)
    records = (
        pack(order + "IIII", f.nanoseconds // 10**9, f.nanoseconds % 10**9 // unit, len(f.data), len(f.data)) + f.data
        for f in CHAT.frames
    )
    return head + b"".join(records)


@pytest.mark.parametrize("magic", MAGIC)
def test_pcap_is_read_in_both_byte_orders_with_micro_and_nanoseconds(tmp_path: Path, magic: bytes) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(_pcap(MAGIC[magic][0], magic))
    read = Capture.read(path)
    assert [f.nanoseconds for f in read.frames] == [f.nanoseconds for f in CHAT.frames]
    assert read.segments == CHAT.segments


def test_the_high_bits_of_the_link_type_are_not_part_of_it(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(_pcap("<", b"\xd4\xc3\xb2\xa1", link_type=0x14000001))
    assert Capture.read(path).link_type == 1


def test_a_gzipped_file_is_read_and_a_cut_one_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap.gz"
    zipped = gzip.compress(_pcap("<", b"\xd4\xc3\xb2\xa1"))
    path.write_bytes(zipped)
    assert Capture.read(path).segments == CHAT.segments
    path.write_bytes(zipped[:-60])
    cut = Capture.read(path)
    assert 0 < len(cut.frames) < 10
    assert any("gzip" in remark for remark in cut.remarks)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(24, 24 + 10 * 80))
def test_a_file_that_is_cut_gives_the_frames_before_the_cut(tmp_path: Path, length: int) -> None:
    path = tmp_path / "x.pcap"
    whole = _pcap("<", b"\xd4\xc3\xb2\xa1")
    path.write_bytes(whole[:length])
    cut = Capture.read(path)
    assert [f.data for f in cut.frames] == [f.data for f in CHAT.frames[: len(cut.frames)]]
    size = 24 + sum(16 + len(frame.data) for frame in cut.frames)
    assert bool(cut.remarks) == (size < min(length, len(whole)))


def test_a_pcap_file_is_read_the_same_in_any_pieces() -> None:
    whole = _pcap("<", b"\xd4\xc3\xb2\xa1")
    reader = pcap.RecordReader()
    frames = [frame for at in range(len(whole)) for frame in reader.feed(whole[at : at + 1])]
    assert frames == pcap.RecordReader().feed(whole)
    assert reader.remarks() == []


def _block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    return pack(order + "II", kind, 12 + len(body)) + body + pack(order + "I", 12 + len(body))


def _section(order: str = "<") -> bytes:
    return _block(0x0A0D0D0A, pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def _interface(link_type: int, options: bytes = b"", order: str = "<") -> bytes:
    return _block(1, pack(order + "HHI", link_type, 0, 0) + options, order)


def _packet(interface: int, ticks: int, data: bytes, order: str = "<") -> bytes:
    head = pack(order + "IIIII", interface, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return _block(6, head + data, order)


NANOSECONDS = pack("<HHB3x", 9, 1, 9)
FRAME = CHAT.frames[0].data


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_is_read_in_both_byte_orders(tmp_path: Path, order: str) -> None:
    path = tmp_path / "x.pcapng"
    path.write_bytes(_section(order) + _interface(1, order=order) + _packet(0, 1_500_000, FRAME, order))
    assert Capture.read(path).frames == (Frame(1, 1_500_000_000, FRAME, 1, len(FRAME)),)


def test_pcapng_with_several_sections_and_interfaces_keeps_each_link_type_and_clock(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    path.write_bytes(
        _section() + _interface(1) + _interface(101, NANOSECONDS) + _packet(1, 7, FRAME[14:]) + _packet(0, 7, FRAME)
        + _section() + _interface(101) + _packet(0, 8, FRAME[14:])
    )  # fmt: skip
    frames = Capture.read(path).frames
    assert [(f.number, f.link_type, f.nanoseconds) for f in frames] == [(1, 101, 7), (2, 1, 7000), (3, 101, 8000)]


def test_a_cut_pcapng_file_gives_the_frames_before_the_cut(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    path.write_bytes((_section() + _interface(1) + _packet(0, 1, FRAME) + _packet(0, 2, FRAME))[:-5])
    capture = Capture.read(path)
    assert len(capture.frames) == 1
    assert "ends inside the block" in capture.remarks[0]


def test_a_frame_of_an_interface_that_is_not_described_is_left_out_with_a_remark(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    path.write_bytes(_section() + _packet(3, 1, FRAME))
    assert Capture.read(path).remarks == ("a frame of interface 3, but only 0 are described: left out",)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "neither pcap nor pcapng"),
        (b"GET / HTTP/1.1", "begins with the bytes 47 45 54 20"),
        (b"\x1f\x8bnot gzip at all", "cannot be unzipped"),
    ],
)
def test_what_is_no_capture_file_is_an_error_that_says_what_was_seen(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(data)
    with pytest.raises(CaptureError, match=said):
        Capture.read(path)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=r"missing\.pcap cannot be read"):
        Capture.read(tmp_path / "missing.pcap")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from([*MAGIC, b"\x0a\x0d\x0d\x0a"]), st.binary(max_size=200))
def test_no_bytes_are_too_strange_for_a_file(tmp_path: Path, magic: bytes, data: bytes) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(magic + data)
    assert Capture.read(path) is not None


# The capture as students see it


def test_a_capture_says_what_it_is() -> None:
    assert repr(CHAT).splitlines() == [
        "<Capture made for a test: 10 frames, 1 conversation>",
        "  <Conversation 192.0.2.1:40000 > 192.0.2.2:9898: 10 segments, 9 and 37 bytes, closed by both ends>",
    ]


def test_the_drops_of_the_kernel_are_shown() -> None:
    assert "3 frames lost by the kernel" in repr(replace(CHAT, dropped=3))


def test_conversations_can_be_asked_for_by_port() -> None:
    other = Ends(1, 2, ("192.0.2.1", 5000), ("192.0.2.2", 80))
    both = caught([*ENDS.chat(), *other.chat()])
    assert both.conversation(80).client == ("192.0.2.1", 5000)
    assert both.conversation(by=("192.0.2.1", 40000)).server[1] == 9898
    assert len(both.on_port(80).segments) == 10
    assert both.on_port(80).segments[0].frame == 11  # frames keep their numbers
    with pytest.raises(CaptureError, match="no conversation on port 7 in this capture; there is one on port 9898, 80"):
        both.conversation(7)


def test_a_frame_is_found_by_its_number() -> None:
    assert CHAT.frame(3) is CHAT.frames[2]
    with pytest.raises(CaptureError, match="no frame 11"):
        CHAT.frame(11)


def test_the_frames_are_scapy_packets_when_they_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    CHAT.packets[5].show()
    shown = capsys.readouterr().out
    assert "JOIN ann" in shown
    assert "dport     = 9898" in shown
    assert [len(CHAT.packets), len(CHAT.packets[2:4])] == [10, 2]


def test_the_table_of_frames_is_short_and_harmless() -> None:
    hostile = caught([*ENDS.handshake(), *[ENDS.up(PSH | ACK, 1, 1, b"<script>alert(1)</script>\x1b[2J")] * 60])
    table = hostile._repr_html_()
    assert "<script" not in table
    assert "\x1b" not in table
    assert "... 13 more frames" in table
    assert table.count("<tr>") == 51


def test_the_table_has_the_numbers_of_a_segment() -> None:
    table = caught(ENDS.chat())._repr_html_()
    for cell in ("192.0.2.1:40000", "SYN,ACK", "JOIN ann"):
        assert cell in table


def test_data_in_a_syn_is_read(tmp_path: Path) -> None:
    capture = caught([ENDS.up(SYN, 0, 0, b"fast")])
    assert Capture.read(capture.save(tmp_path / "x.pcap")).conversations[0].stream(ENDS.client) == b"fast"
