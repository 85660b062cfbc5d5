"""Every field of every recorded frame is what tshark reads there; damaged frames give what is there."""

import random
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from chatkit.capture.capture import Capture
from chatkit.capture.frame import Frame
from chatkit.capture.recorded import FOLDER, names, recorded
from chatkit.faces.wire.anatomy import Anatomy, anatomy, anatomy_in
from chatkit.faces.wire.field import Field, Value
from chatkit.faces.wire.field_table import ABOUT
from chatkit.tcp.judge import Judgement
from chatkit.tcp.options import Options
from chatkit.tcp.segment import Flag
from tests.needs import needs_tshark
from tests.talks import Ends, caught
from tests.tshark import ask

MANY = 5_000  # damaged frames


def _number(text: str) -> int:
    return int(text, 16 if text.startswith("0x") else 10)


READ: dict[str, Callable[[str], Value]] = {  # how to read what tshark prints; the others are numbers
    **dict.fromkeys(("eth.dst", "eth.src", "arp.src.hw_mac", "arp.dst.hw_mac"), str),
    **dict.fromkeys(("ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "arp.src.proto_ipv4", "arp.dst.proto_ipv4"), str),
    "tcp.flags": lambda text: _number(text) & 0xFF,
    "vlan.dei": lambda text: int(text in ("1", "True")),
}
OURS = {  # not in tshark, or by other names there
    *(
        "link",
        "sender",
        "reserved",
        "eth.padding",
        "ip.opt.type",
        "extensions",
        "ip.flags",
        "chatkit.line",
        "data",
        "tcp.payload",
    ),
    *("tcp.options.sack_perm", "tcp.options.sack", "tcp.options.timestamp", "tcp.options.nop", "tcp.options.eol"),
    *("tcp.options.tfo", "tcp.options.unknown", "tcp.flags.res"),
    *(key for key in ABOUT if key.startswith(("sll.", "null.", "vlan."))),
    "ip.version",  # there, IPv6 has it too
}
FIELDS = [key for key in ABOUT if key not in OURS]
STATUS = {"ip.checksum.status": "ip.checksum", "tcp.checksum.status": "tcp.checksum"}


def frame(data: bytes, link_type: int = 1, wire_length: int = 0) -> Frame:
    return Frame(1, 0, data, link_type, wire_length)


def syn() -> bytes:
    """A frame of a LAN, with options."""
    return recorded("clean").frame(recorded("clean").segments[0].frame).data


def said(*payloads: bytes) -> Capture:
    """What a client sent, segment by segment."""
    ends, segments, seq = Ends(100, 300), [], 1
    for payload in payloads:
        segments.append(ends.up(Flag.PSH | Flag.ACK, seq, 1, payload))
        seq += len(payload)
    return caught([*ends.handshake(), *segments])


# ---- the oracle ----


@needs_tshark
@pytest.mark.parametrize("name", names())
def test_every_field_is_what_tshark_reads_and_the_checksums_are_judged_as_it_does(name: str) -> None:
    rows = ask(FOLDER / f"{name}.pcap", *STATUS, *FIELDS)
    for ours, row in zip(recorded(name).frames, rows, strict=True):
        named = anatomy(ours).named
        for key, status in zip(STATUS.values(), row, strict=False):
            assert not status or (named[key].note == "right") == (status == "1"), f"frame {ours.number}: {key}"
        for key, text in zip(FIELDS, row[len(STATUS) :], strict=True):
            assert (key in named) == bool(text), f"frame {ours.number}: {key}"
            assert not text or named[key].value == READ.get(key, _number)(text.split(",")[0]), f"{ours}: {key}"


@needs_tshark
def test_keys_with_a_dot_are_wiresharks() -> None:
    listed = subprocess.run(["tshark", "-G", "fields"], capture_output=True, text=True, check=True, timeout=60).stdout
    known = {line.split("\t")[2] for line in listed.splitlines() if "\t" in line}
    assert {key for key in ABOUT if "." in key} - known == {"chatkit.line"}  # which our own dissector adds


LINKS = {  # link type and what stands before the datagram, and the fields to compare
    "802.1Q": (1, syn()[:12] + bytes.fromhex("8100 a07b 0800"), "vlan.priority vlan.dei vlan.id vlan.etype"),
    "loopback of BSD": (0, bytes.fromhex("02000000"), "null.family"),
    "SLL": (113, bytes.fromhex("0004 0001 0006 020000000001 0000 0800"), "sll.pkttype sll.hatype sll.halen sll.etype"),
    "SLL2": (
        276,
        bytes.fromhex("0800 0000 00000002 0001 04 06 020000000001 0000"),
        "sll.pkttype sll.hatype sll.halen sll.etype sll.ifindex",
    ),
    "raw": (101, b"", "ip.ttl"),
}


@needs_tshark
@pytest.mark.parametrize("name", LINKS)
def test_other_links_are_what_tshark_reads(name: str, tmp_path: Path) -> None:
    link, header, fields = LINKS[name]
    ours = frame(header + syn()[14:], link)
    keys = [*fields.split(), "ip.src", "tcp.srcport"]
    [row] = ask(Capture((ours,), "a test").save(tmp_path / "link.pcap"), *keys)
    read = [READ.get(key, _number)(text) for key, text in zip(keys, row, strict=True)]
    assert [anatomy(ours).named[key].value for key in keys] == read


def test_the_options_are_those_that_the_dissector_finds() -> None:
    for name in ("clean", "one-segment-lost", "five-percent-loss"):
        capture = recorded(name)
        for segment in capture.segments:
            assert _options(anatomy(capture.frame(segment.frame))) == replace(segment.options, unknown=())


def _options(anatomy: Anatomy) -> Options:
    def value(key: str) -> Value:
        field = anatomy.named.get(f"tcp.options.{key}")
        return field.value if field else None

    edges = value("sack") or ()
    assert isinstance(edges, tuple)
    return Options(
        mss=value("mss_val"),  # type: ignore[arg-type]
        window_scale=value("wscale.shift"),  # type: ignore[arg-type]
        sack_permitted="tcp.options.sack_perm" in anatomy.named,
        sack=tuple(zip(edges[::2], edges[1::2], strict=True)),
        timestamps=value("timestamp"),  # type: ignore[arg-type]
    )


# ---- what the conversation tells ----


def test_with_its_capture_a_window_is_scaled_and_numbers_are_relative() -> None:
    named = anatomy_in(recorded(), 14).named
    assert named["tcp.window_size_value"].note == "65\u202f536 bytes, scaled"
    assert named["tcp.seq_raw"].note == "relative: 1"


def test_a_whole_line_is_said_to_be_one() -> None:
    line = anatomy_in(recorded(), 14).named["chatkit.line"]
    assert (line.words, line.note) == (r'"JOIN bob\n"', "a whole line")


def test_a_line_that_is_cut_tells_which_frame_completes_it() -> None:
    capture = said(b"SAY he", b"llo\n")
    first, second = capture.segments[-2:]
    assert anatomy_in(capture, first.frame).named["chatkit.line"].note == (
        f'the beginning of a line that frame {second.frame} completes: "SAY hello"'
    )
    assert f"begins in frame {first.frame}" in anatomy_in(capture, second.frame).named["chatkit.line"].note


def test_two_lines_in_one_segment_are_two_fields() -> None:
    capture = said(b"SAY a\nSAY b\n")
    fields = anatomy_in(capture, capture.segments[-1].frame).fields
    assert [field.words for field in fields if field.key == "chatkit.line"] == [r'"SAY a\n"', r'"SAY b\n"']


def test_a_retransmission_says_which_frame_had_its_bytes_first() -> None:
    capture = recorded("last-segment-lost")
    again = capture.conversations[0].judged(Judgement.RETRANSMISSION)[0]
    note = anatomy_in(capture, again.frame).named["tcp.payload"].note
    [first] = [s for s in capture.segments if s.frame == int(re.findall(r"frame (\d+)", note)[0])]
    assert (first.seq, first.payload) == (again.seq, again.payload)


# ---- checksums ----


def test_a_checksum_that_is_left_to_the_card_is_told_from_a_wrong_one() -> None:
    assert "offload" in anatomy_in(recorded(), 14).named["tcp.checksum"].note
    damaged = bytearray(recorded("clean").frames[-1].data)
    right = anatomy(frame(bytes(damaged))).named["tcp.checksum"]
    damaged[-1] ^= 1
    assert right.note == "right"
    assert anatomy(frame(bytes(damaged))).named["tcp.checksum"].note.startswith("wrong: 0x")


def test_the_right_checksum_of_ip_is_told() -> None:
    data = bytearray(syn())
    was, data[24:26] = data[24:26].hex(), b"\xab\xcd"
    assert anatomy(frame(bytes(data))).named["ip.checksum"].note == f"wrong: 0x{was} would be right"


# ---- frames that are cut, damaged, or of something else ----


def test_the_fields_of_a_whole_frame_cover_it_in_order() -> None:
    for name in ("clean", "ipv6", "lan-chat", "first-words"):
        for whole in recorded(name).frames:
            assert _covered(anatomy(whole).fields) == set(range(len(whole.data)))


def test_a_cut_frame_gives_the_fields_up_to_the_cut() -> None:
    whole = syn()
    for size in range(len(whole)):
        fields = anatomy(frame(whole[:size], wire_length=len(whole))).fields
        assert _covered(fields) == set(range(size))


def test_padding_is_no_payload() -> None:
    fields = anatomy(frame(syn() + bytes(6))).fields
    assert (fields[-1].key, fields[-1].start) == ("eth.padding", len(syn()))


def test_damaged_frames_give_what_is_there() -> None:
    chance = random.Random(7)
    seeds = [frame for name in ("clean", "ipv6", "lan-chat", "one-segment-lost") for frame in recorded(name).frames]
    links = (0, 1, 1, 1, 9, 101, 104, 113, 228, 276, 999)
    for _ in range(MANY):
        data = bytearray(chance.choice(seeds).data)
        for _ in range(chance.randint(1, 5)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        data = data[: chance.randint(0, len(data))] if chance.random() < 0.3 else data
        found = anatomy(frame(bytes(data), chance.choice(links), chance.choice([0, 0, 9000])))
        assert _covered(found.fields) <= set(range(len(data)))
        assert all(field.start < field.end for field in found.fields)
        assert found.text() and found._repr_html_()


def _covered(fields: tuple[Field, ...]) -> set[int]:
    return {at for field in fields for at in range(field.start, field.end)}


# ---- the page ----


def test_what_strangers_send_is_escaped_on_the_page() -> None:
    capture = said(b"SAY <script>alert(1)</script>\n")
    page = anatomy_in(capture, capture.segments[-1].frame)._repr_html_()
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_each_field_has_a_row_with_a_name_a_value_and_a_sentence() -> None:
    found = anatomy_in(recorded(), 14)
    page = found._repr_html_()
    assert page.count("<tr class=") == len(found.fields) == page.count('type="radio"')
    for field in found.fields:
        assert field.about.label in page
        assert field.about.sentence.replace("'", "&#x27;") in page


def test_bytes_and_rows_are_linked_without_a_script() -> None:
    page = anatomy_in(recorded(), 14)._repr_html_()
    rows = set(re.findall(r'<tr class="(f\d+)"', page))
    assert rows == {name for names in re.findall(r'<label [^>]*class="\w+ ([^"]+)"', page) for name in names.split()}
    assert "<script" not in page


def test_jupyterlab_leaves_the_arrow_keys_to_the_fields() -> None:
    found = anatomy_in(recorded(), 14)
    assert found._repr_html_().count('data-lm-suppress-shortcuts="true"') == len(found.fields)


def test_two_pictures_of_one_frame_do_not_share_their_marks() -> None:
    found = anatomy_in(recorded(), 14)
    ids = [set(re.findall(r'id="(\w+)', found._repr_html_())) for _ in range(2)]
    assert not ids[0] & ids[1]


def test_a_huge_frame_is_not_drawn_to_its_end() -> None:
    page = anatomy(frame(syn() + bytes(65_000)))._repr_html_()
    assert "more bytes" in page
    assert len(page) < 200_000


def test_recorded_evidence_says_so() -> None:
    assert "RECORDED" in anatomy_in(recorded(), 1).text()
    assert "RECORDED" in anatomy_in(recorded("eve-on-switch"), 1)._repr_html_()
