"""pcapng as it is written: read back to the nanosecond, and by Wireshark's own programs without a complaint."""

import subprocess
from dataclasses import replace
from pathlib import Path

from chatkit.capture.capture import Capture
from chatkit.capture.recorded import recorded
from tests.needs import needs_tshark
from tests.talks import Ends, caught
from tests.tshark import our_rows, rows

CHAT = caught(Ends(100, 300).chat())


def test_frames_of_several_links_are_read_back_as_they_were(tmp_path: Path) -> None:
    raw = replace(CHAT.frames[1], data=CHAT.frames[1].data[14:], link_type=101, wire_length=99)
    mixed = replace(CHAT, frames=(CHAT.frames[0], raw, *CHAT.frames[2:]), dropped=7)
    read = Capture.read(mixed.save(tmp_path / "mixed.pcapng"))
    assert [(f.number, f.nanoseconds, f.data, f.link_type, f.length) for f in read.frames] == [
        (f.number, f.nanoseconds, f.data, f.link_type, f.length) for f in mixed.frames
    ]
    assert (read.dropped, read.remarks) == (7, ())


def test_a_capture_of_nothing_is_a_file_too(tmp_path: Path) -> None:
    assert len(Capture.read(caught([]).save(tmp_path / "empty.pcapng"))) == 0


@needs_tshark
def test_wireshark_reads_it_and_its_comment(tmp_path: Path) -> None:
    capture = replace(recorded("one-segment-lost"), dropped=3)
    path = capture.save(tmp_path / "lost.PCAPNG")
    told = subprocess.run(["capinfos", "-M", str(path)], capture_output=True, text=True, check=True).stdout
    for words in ("nanoseconds (9)", "Capture application: chatkit", "RECORDED", f"packets:   {len(capture)}"):
        assert words in told
    assert [(r.frame, r.seq, r.ack, r.size) for r in rows(path)] == [
        (r.frame, r.seq, r.ack, r.size) for r in our_rows(Capture.read(path))
    ]
