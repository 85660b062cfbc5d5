"""The whole story in one test: a server, ann with nc, bob at the window, and what they said on the wire.

What nobody here wrote has a say in it: nc speaks for ann, a window manager and xdotool move bob's hands, and tshark has
to read the same numbers in the same frames.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chatkit.capture.capture import Capture
from chatkit.capture.live import LiveCapture
from chatkit.tcp.segment import Flag, Segment
from chatkit.teach.checker import check
from chatkit.teach.feedback import Verdict
from tests.needs import needs_display, needs_live_capture, needs_nc, needs_tshark
from tests.peer import TIMEOUT
from tests.xvfb import Person

ROOT = Path(__file__).parent.parent


@contextmanager
def running(*command: str, display: str = "") -> Iterator["subprocess.Popen[str]"]:
    """Another program, talked to through its pipes, and ended by its process id."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"DISPLAY": display}, text=True, bufsize=1,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=TIMEOUT)


def read_until(process: "subprocess.Popen[str]", pattern: str) -> str:
    assert process.stdout
    for line in process.stdout:
        if re.search(pattern, line):
            return line
    raise AssertionError(f"the program ended and never said {pattern}")


def tell(process: "subprocess.Popen[str]", line: str) -> None:
    assert process.stdin
    process.stdin.write(line + "\n")
    process.stdin.flush()


@pytest.fixture
def server() -> Iterator[tuple["subprocess.Popen[str]", int]]:
    with running(sys.executable, "-m", "chatkit", "serve", "--port", "0") as serving:
        port = int(read_until(serving, r"nc 127\.0\.0\.1 \d+").split()[-1])
        yield serving, port


@needs_nc
@needs_display
@needs_live_capture
@needs_tshark
def test_what_ann_and_bob_say_is_caught_drawn_and_asked_about(
    server: tuple["subprocess.Popen[str]", int], display: str, tmp_path: Path
) -> None:
    serving, port = server
    with LiveCapture(port) as live:
        talk_to_each_other(serving, port, display)
    capture = live.capture
    drawn_is_what_was_caught(capture, port)
    tshark_agrees(capture, capture.save(tmp_path / "story.pcap"))
    exercise_three_knows_right_from_wrong(capture, port)


def talk_to_each_other(serving: "subprocess.Popen[str]", port: int, display: str) -> None:
    window = (sys.executable, "-m", "chatkit", "window", "--name", "bob", "--port", str(port), "--connect")
    with running("nc", "127.0.0.1", str(port)) as ann:
        assert "JOIN" in read_until(ann, "^HELLO chat/1")  # the greeting tells a person what to type
        tell(ann, "JOIN ann")
        read_until(serving, "ann")
        with running(*window, display=display):
            read_until(serving, "bob")
            bob = Person(display)
            bob.focus(bob.find("bob"))
            tell(ann, "SAY hello, bob é")
            bob.types("hello, ann")
            bob.presses("Return")
            read_until(ann, "^SAID bob hello, ann$")
        read_until(ann, "^LEFT bob")
        tell(ann, "QUIT")
        read_until(ann, "^BYE")


def drawn_is_what_was_caught(capture: Capture, port: int) -> None:
    ann, bob = capture.conversations
    assert [segment.flags for segment in ann.handshake or ()] == [Flag.SYN, Flag.SYN | Flag.ACK, Flag.ACK]
    assert ann.stream(ann.client) == "JOIN ann\nSAY hello, bob é\nQUIT\n".encode()
    assert b"SAID ann hello, bob \xc3\xa9\n" in bob.stream(bob.server)
    ladder = str(ann.ladder())
    assert f"<SEQ={ann.isn(ann.client)}><CTL=SYN>" in ladder
    assert "SAY hello, bob é" in ladder
    assert "SAY hello" in ann.ladder().svg()
    without = Capture(tuple(f for f in capture.frames if f.number != ann.find(b"SAY hello")[0].segment.frame), "cut")
    assert "SAY hello" not in str(without.conversation(by=ann.client).ladder())


def tshark_agrees(capture: Capture, file: Path) -> None:
    fields = ["frame.number", "tcp.seq_raw", "tcp.ack_raw", "tcp.len"]
    command = ["tshark", "-r", str(file), "-T", "fields", *(part for field in fields for part in ("-e", field))]
    said = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout
    read = [tuple(int(number or 0) for number in line.split("\t")) for line in said.splitlines()]
    assert read == [(s.frame, s.seq, s.ack, s.size) for s in capture.segments]


def exercise_three_knows_right_from_wrong(capture: Capture, port: int) -> None:
    talk = capture.conversations[0]
    opening = talk.handshake
    assert opening
    isn, synack = opening.syn.seq, opening.synack
    client = talk.client[1]

    def verdict(question: str, answer: int, segment: Segment) -> tuple[Verdict, str]:
        feedback = check(question, capture, answer, segment.frame, client=client)
        return feedback.verdict, feedback.named.id if feedback.named else ""

    data = next(segment for segment in talk.sent_by(talk.client) if segment.size)
    after = (isn + 1) % 2**32
    assert verdict("handshake.syn-seq", isn, opening.syn) == (Verdict.RIGHT, "")
    assert verdict("handshake.synack-ack", after, synack) == (Verdict.RIGHT, "")
    assert verdict("handshake.first-data-seq", after, data) == (Verdict.RIGHT, "")
    assert verdict("handshake.synack-ack", isn, synack) == (Verdict.ALMOST, "syn-takes-no-number")
    assert verdict("handshake.first-data-seq", isn, data) == (Verdict.ALMOST, "syn-takes-no-number")
