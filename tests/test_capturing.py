"""python3 -m chatkit capture."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chatkit.capture.capture import Capture
from chatkit.capture.recorded import FOLDER
from chatkit.faces.capturing import main
from tests.needs import needs_live_capture, needs_tshark
from tests.test_live import _listening, _talk_over

RUN = [sys.executable, "-c", "import sys; from chatkit.faces.capturing import main; sys.exit(main(sys.argv[1:]))"]


@needs_live_capture
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_passed_before_ctrl_c_is_saved(tmp_path: Path, number: signal.Signals) -> None:
    path = tmp_path / "mine.pcap"
    with _listening() as listener:
        arguments = ["--port", str(listener.getsockname()[1]), "--to", str(path)]
        with subprocess.Popen([*RUN, *arguments], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("Capturing on lo, port")
            _talk_over(listener)
            process.send_signal(number)
            said, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert f"python3 -m chatkit ladder {path}" in said
    assert Capture.read(path).conversations[0].handshake is not None


@needs_live_capture
def test_it_can_end_by_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seconds", "0.1", "--to", str(tmp_path / "none.pcap")]) == 0
    assert "0 frames, 0 conversations" in capsys.readouterr().out
    assert Capture.read(tmp_path / "none.pcap").frames == ()


def test_with_a_file_it_says_what_the_file_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(FOLDER / "first-words.pcap")]) == 0
    assert "2 conversations" in capsys.readouterr().out


@needs_live_capture
def test_a_file_that_is_not_there_is_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "new.pcapng"
    assert main([str(path), "--seconds", "0.1", "--port", "1"]) == 0
    assert Capture.read(path).frames == ()
    assert "Not fit to be judged on.\n  - It is empty." in capsys.readouterr().out


@needs_live_capture
@needs_tshark
def test_a_capture_can_be_watched_through_a_pipe_while_it_is_made() -> None:
    with _listening() as listener:
        port = listener.getsockname()[1]
        with subprocess.Popen(
            [*RUN, "-", "--port", str(port)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as capturing:
            assert capturing.stderr
            capturing.stderr.readline()  # it captures
            watch = ["tshark", "-l", "-r", "-", "-d", f"tcp.port=={port},data", "-T", "fields", "-e", "tcp.flags"]
            with subprocess.Popen(watch, stdin=capturing.stdout, stdout=subprocess.PIPE, text=True) as watching:
                _talk_over(listener)
                assert watching.stdout
                assert watching.stdout.readline() == "0x0002\n"  # a SYN, before the capture has ended
                capturing.send_signal(signal.SIGINT)
                assert len(watching.stdout.readlines()) > 5  # `communicate` would miss what is read ahead already
