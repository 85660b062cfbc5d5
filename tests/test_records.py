"""Records of TLS and the hellos before them, on streams that were made for it, and beside tshark on real ones."""

import subprocess

import pytest

from chatkit.capture.hello import TLS_1_2, TLS_1_3, hello_of
from chatkit.capture.recorded import FOLDER, recorded
from chatkit.capture.records import HEADER_BYTES, Kind, Record, records, records_of
from chatkit.tcp.conversation import Conversation
from chatkit.teach.sealed_example import SEALED, client_hello, sealed, server_hello
from tests.needs import needs_tshark
from tests.stories import Story
from tests.talks import ACK, PSH, SYN, Ends

ENDS = Ends(4_294_967_290, 1_950_300_111)
ALERT = b"\x15\x03\x03\x00\x02\x01\x00"
STREAM = client_hello("chat.example") + b"\x14\x03\x03\x00\x01\x01" + sealed(36) + sealed(0) + ALERT
KINDS = [Kind.HANDSHAKE, Kind.CHANGE_CIPHER_SPEC, Kind.APPLICATION_DATA, Kind.APPLICATION_DATA, Kind.ALERT]


def conversation(*payloads: bytes, server: bytes = b"") -> Conversation:
    """The client sends these, a segment for each; then the server answers."""
    story = Story(ENDS).send("client", SYN).send("server", SYN | ACK).send("client", ACK)
    for payload in payloads:
        story.send("client", PSH | ACK, payload)
    return (story.send("server", PSH | ACK, server) if server else story).capture.conversations[0]


def of_client(talk: Conversation) -> tuple[Record, ...]:
    return tuple(records(talk.reassembled(talk.client), talk.client))


@pytest.mark.parametrize("size", [1, 2, 7, 64, len(STREAM)])
def test_however_the_stream_is_cut_into_segments_the_records_are_the_same(size: int) -> None:
    talk = conversation(*(STREAM[at : at + size] for at in range(0, len(STREAM), size)))
    found = of_client(talk)
    assert [record.kind for record in found] == KINDS
    assert b"".join(record.header + record.data for record in found) == STREAM
    assert [record.offset for record in found[1:]] == [record.end for record in found[:-1]]
    for record in found:
        parts = b"".join(part.data for part in record.parts)
        assert record.is_whole and parts == record.header + record.data


def test_a_record_is_complete_with_the_segment_that_brings_its_last_byte() -> None:
    first, rest = STREAM[:3], STREAM[3:]
    [hello, *_] = of_client(conversation(first, rest))
    assert [part.segment.frame for part in hello.parts] == [4, 5]
    assert hello.completed_by.frame == 5
    assert repr(hello).startswith("<Record in frame 4, 5: handshake from 10.0.0.1:40000, ")


def test_one_that_is_not_all_there_says_so_and_less_than_a_header_is_none() -> None:
    cut = sealed(10)[:-1]
    [record] = of_client(conversation(cut))
    assert (record.is_whole, record.length, len(record.data)) == (False, 27, 26)
    assert "not whole" in repr(record)
    assert of_client(conversation(cut[: HEADER_BYTES - 1])) == ()


@pytest.mark.parametrize(
    "stream", [b"JOIN ann\nSAY hi\n", b"\x17\x02\x00\x00\x01x", b"\x17\x03\x03\xff\xff", bytes(40)]
)
def test_what_is_no_tls_has_no_records_and_no_hello(stream: bytes) -> None:
    talk = conversation(stream)
    assert of_client(talk) == () and hello_of(talk) is None
    assert len(of_client(conversation(STREAM + stream))) == len(KINDS)


def test_behind_a_gap_no_record_is_found() -> None:
    segments = list(conversation(sealed(5), sealed(6), sealed(7)).segments)
    assert len(of_client(Conversation([*segments[:4], segments[5]]))) == 1


def test_both_ends_come_in_the_order_of_the_wire() -> None:
    found = records_of(SEALED)
    frames = [record.completed_by.frame for record in found]
    assert frames == sorted(frames) and {record.sender for record in found} == {SEALED.client, SEALED.server}


# ---- hellos ----


@pytest.mark.parametrize(("name", "version"), [("chat.example", TLS_1_3), ("", TLS_1_3), ("server", TLS_1_2)])
def test_a_hello_says_a_name_if_one_was_dialled_and_the_answer_a_version(name: str, version: int) -> None:
    hello = hello_of(conversation(client_hello(name), server=server_hello(version)))
    assert hello and (hello.server_name, hello.version, hello.cipher) == (name, version, 0x1301)


def test_a_hello_without_an_answer_has_no_version_yet() -> None:
    hello = hello_of(conversation(client_hello("server")))
    assert hello and (hello.server_name, hello.version, hello.certificates) == ("server", None, ())


def test_a_hello_that_is_cut_anywhere_is_no_crash() -> None:
    whole = client_hello("server")
    for end in range(len(whole)):
        assert hello_of(conversation(whole[:end])) is None
    answer = server_hello()
    for end in range(1, len(answer)):
        hello = hello_of(conversation(whole, server=answer[:end]))
        assert hello and hello.version is None


def test_a_hello_whose_lengths_lie_is_no_crash() -> None:
    whole = client_hello("server")
    for place in range(HEADER_BYTES + 4 + 34, len(whole)):  # behind the version and the random bytes
        lies = whole[:place] + b"\xff" + whole[place + 1 :]
        hello = hello_of(conversation(lies))
        assert hello is None or len(hello.server_name) <= len(whole)


def test_up_to_tls_1_2_the_certificate_is_in_clear() -> None:
    old, new = (hello_of(recorded(name).conversations[0]) for name in ("tls-old", "tls-sealed"))
    assert old and new and (old.version, new.version) == (TLS_1_2, TLS_1_3)
    assert len(old.certificates) == 1 and old.certificates[0][:1] == b"\x30" and new.certificates == ()


# ---- beside tshark ----


def ask(name: str, field: str) -> list[str]:
    """What tshark has for this field, over all frames in their order."""
    capture = recorded(name)
    port = capture.conversations[0].server[1]
    command = ["tshark", "-r", str(FOLDER / f"{name}.pcap"), f"-dtcp.port=={port},tls", "-Y", "tcp.stream==0"]
    done = subprocess.run(
        [*command, "-T", "fields", "-e", field], capture_output=True, text=True, check=True, timeout=60
    )
    return [value for line in done.stdout.splitlines() for value in line.split(",") if value]


@needs_tshark
@pytest.mark.parametrize("name", ["tls-sealed", "tls-old", "tls-lengths"])
def test_tshark_sees_the_same_records_and_the_same_name(name: str) -> None:
    talk = recorded(name).conversations[0]
    found = records_of(talk)
    assert [int(length) for length in ask(name, "tls.record.length")] == [record.length for record in found]
    kinds = ask(name, "tls.record.content_type") + ask(name, "tls.record.opaque_type")
    assert sorted(map(int, kinds)) == sorted(record.kind for record in found)
    hello = hello_of(talk)
    assert hello and ask(name, "tls.handshake.extensions_server_name") == [hello.server_name]
