"""The dissector for Wireshark: what tshark shows with it is what was said."""

import re
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from chatkit.capture.capture import Capture
from chatkit.capture.dissector import dissector_path
from chatkit.capture.recorded import FOLDER
from chatkit.protocol import messages
from tests.needs import needs_tshark
from tests.talks import ACK, PSH, Ends, caught

SCRIPT = f"lua_script:{dissector_path()}"
V4, V6 = Ends(100, 300), Ends(100, 300, ("2001:db8::1", 4000), ("2001:db8::2", 9898))


def _tshark(path: Path, *options: str) -> str:
    command = ["tshark", "-X", SCRIPT, "-r", str(path), *options]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    return done.stdout.decode(errors="replace")


def _shown(path: Path, field: str) -> list[str]:
    """What tshark shows of this field, in the order of the frames."""
    output = _tshark(path, "-Y", "chatkit", "-T", "fields", "-E", "aggregator=\x1f", "-e", field)
    return [value for line in output.splitlines() if line for value in line.split("\x1f")]


def _said(path: Path) -> list[str]:
    """The lines of both ends, in the order in which they were complete."""
    lines = [line for talk in Capture.read(path).conversations for line in talk.lines() if line.is_whole]
    return [line.data.decode() for line in sorted(lines, key=lambda line: line.completed_by.frame)]


@needs_tshark
@pytest.mark.parametrize("name", ["first-words", "lan-chat", "eve-on-hub"])
def test_tshark_shows_the_lines_that_were_said(name: str) -> None:
    path = FOLDER / f"{name}.pcap"
    assert _shown(path, "chatkit.line") == _said(path) != []
    assert _shown(path, "chatkit.verb") == [line.split(" ")[0] for line in _said(path)]


@needs_tshark
@pytest.mark.parametrize("ends", [V4, V6], ids=["IPv4", "IPv6"])
def test_lines_are_put_together_and_taken_apart(ends: Ends, tmp_path: Path) -> None:
    parts = ["tell bob caf", "é at ", "noon?\r\nSAY  two spaces\nWHO\nQUI", "T\n"]
    data = [part.encode() for part in parts]
    offsets = [1 + sum(map(len, data[:at])) for at in range(len(data))]
    sent = [ends.up(PSH | ACK, offset, 1, part) for offset, part in zip(offsets, data, strict=True)]
    path = caught([*ends.handshake(), *sent]).save(tmp_path / "x.pcap")
    assert _shown(path, "chatkit.verb") == ["TELL", "SAY", "WHO", "QUIT"]
    assert _shown(path, "chatkit.name") == ["bob"]
    assert _shown(path, "chatkit.text") == ["café at noon?", " two spaces"]
    assert _tshark(path, "-Y", "chatkit", "-T", "fields", "-e", "_ws.col.Info").split("\n")[:2] == [
        "TELL, SAY, WHO",
        "QUIT",
    ]


@needs_tshark
def test_the_words_of_a_reply_have_names(tmp_path: Path) -> None:
    reply = b"HELLO chat/1 welcome in\nUSERS 2 ann bob\nERROR bad-name too long\nLEFT ann\n"
    path = caught([*V4.handshake(), V4.down(PSH | ACK, 1, 1, reply)]).save(tmp_path / "x.pcap")
    for field, shown in {"version": ["chat/1"], "count": ["2"], "names": ["ann bob"], "code": ["bad-name"]}.items():
        assert _shown(path, f"chatkit.{field}") == shown
    assert _shown(path, "chatkit.text") == ["welcome in", "too long"]


@needs_tshark
@pytest.mark.parametrize("soup", [b"\n\n \n\r\n", b"\xff\xfe\x00\n", b"SAY\nSAY \nTELL  x\n", b"x" * 9000, b" \n" * 50])
def test_no_bytes_are_an_error_of_the_dissector(soup: bytes, tmp_path: Path) -> None:
    path = caught([*V4.handshake(), V4.up(PSH | ACK, 1, 1, soup)]).save(tmp_path / "x.pcap")
    shown = _tshark(path, "-V")
    assert "Lua Error" not in shown
    assert ("chatkit" in shown) or "chat/1" in shown


def test_the_dissector_has_the_verbs_of_the_protocol_and_what_follows_each() -> None:
    table = re.search(r"local WORDS = \{(.*?)\n\}", dissector_path().read_text(), re.DOTALL)
    assert table
    words = {verb: re.findall(r'"(\w+)"', rest) for verb, rest in re.findall(r"(\w+) = \{(.*?)\}", table[1])}
    kinds = {*get_args(messages.Request), *get_args(messages.Reply)} - {messages.Unknown}
    assert words == {kind.__name__.upper(): [field.name for field in fields(kind)] for kind in kinds}
