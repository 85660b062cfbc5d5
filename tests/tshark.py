"""What tshark reads in a capture, segment by segment, to be held against what chatkit reads."""

import subprocess
from pathlib import Path
from typing import NamedTuple

from chatkit.capture.capture import Capture
from chatkit.tcp.judge import Judgement as J

CHECKSUMS = ("ip", "tcp", "udp")
WORDS = {  # tcp.analysis.*
    "retransmission": J.RETRANSMISSION,
    "spurious_retransmission": J.RETRANSMISSION,
    "fast_retransmission": J.FAST_RETRANSMISSION,
    "out_of_order": J.OUT_OF_ORDER,
    "lost_segment": J.AFTER_GAP,
    "duplicate_ack": J.DUPLICATE_ACK,
    "zero_window": J.ZERO_WINDOW,
    "zero_window_probe": J.ZERO_WINDOW_PROBE,
    "window_update": J.WINDOW_UPDATE,
    "keep_alive": J.KEEP_ALIVE,
    "keep_alive_ack": J.KEEP_ALIVE_ACK,
}


class Row(NamedTuple):
    """One segment; numbers are relative, as people read them."""

    frame: int
    seq: int
    ack: int
    size: int
    words: frozenset[J]


def ask(path: Path, *fields: str, only: str = "") -> list[list[str]]:
    """Give these fields of the frames for which the filter `only` holds; checksums are checked."""
    options = [f"-o{protocol}.check_checksum:TRUE" for protocol in CHECKSUMS]
    names = [argument for field in fields for argument in ("-e", field)]
    command = ["tshark", "-r", str(path), *options, "-Y", only, "-T", "fields", *names]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return [line.split("\t") for line in done.stdout.splitlines()]


def rows(path: Path) -> list[Row]:
    """Give what tshark says of each segment."""
    words = [f"tcp.analysis.{word}" for word in WORDS]
    return [
        Row(int(frame), int(seq), int(ack or 0), int(size), _words(said))
        for frame, seq, ack, size, *said in ask(
            path, "frame.number", "tcp.seq", "tcp.ack", "tcp.len", *words, only="tcp"
        )
    ]


def our_rows(capture: Capture) -> list[Row]:
    """Give what chatkit says of each segment."""
    found = []
    for talk in capture.conversations:
        for segment, verdict in zip(talk.segments, talk.judgements, strict=True):
            seq, ack = talk.relative(segment)
            found.append(Row(segment.frame, seq, ack or 0, segment.size, verdict & frozenset(WORDS.values())))
    return sorted(found)


def _words(said: list[str]) -> frozenset[J]:
    words = frozenset(word for word, mark in zip(WORDS.values(), said, strict=True) if mark)
    return words - {J.RETRANSMISSION} if J.FAST_RETRANSMISSION in words else words  # tshark says both
