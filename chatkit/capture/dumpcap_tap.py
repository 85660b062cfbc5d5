"""Frames from dumpcap, Wireshark's own catcher: its file capabilities may let it capture where Python may not.

    dumpcap -i lo -f "port 9898" -P -w -      writes a pcap file to its standard output as the frames come

It hands frames over in batches about once a second, so a stop waits for that before it ends the program.
"""

import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import time

from chatkit.capture import pcap
from chatkit.capture.frame import Frame
from chatkit.capture.remedies import no_rights
from chatkit.errors import CaptureError

START_TIME = 5.0  # seconds to say that it captures
BATCH_TIME = 1.2  # seconds after which the last batch has been handed over
END_TIME = 3.0  # seconds to end when asked to, before it is killed


class DumpcapTap:
    """Every frame of one interface, of one port if one is given, as dumpcap hands them over."""

    name = "dumpcap"
    is_filtered = True

    def __init__(self, interface: str | None = None, port: int | None = None) -> None:
        self.interface = interface or loopback_name()
        self._reader = pcap.RecordReader()
        self._is_asked_to_end = False
        self._process = _launch(self.interface, port)
        self._ready = selectors.DefaultSelector()
        try:
            self._wait_for_start()
        except CaptureError:
            self.close()
            raise
        self._ready.register(self._output, selectors.EVENT_READ)

    def receive(self, seconds: float) -> list[Frame]:
        """Wait at most so long for frames, and give those that are there. Raises OSError if it ended unasked."""
        if not self._ready.get_map() or not self._ready.select(seconds):
            return []
        data = os.read(self._output, 1 << 20)
        if not data:
            self._ready.unregister(self._output)
            if not self._is_asked_to_end:
                raise OSError("dumpcap has ended")
        return list(self._reader.feed(data))

    def finish(self) -> None:
        """Wait for the last batch, and ask it to end."""
        time.sleep(BATCH_TIME)
        self._is_asked_to_end = True
        self._process.send_signal(signal.SIGTERM)

    @property
    def dropped(self) -> int:
        """Frames lost by the kernel or by dumpcap, which it tells when it has ended."""
        if self._process.poll() is None or not self._process.stderr:
            return 0
        counts = re.search(rb"received/dropped on interface .*: \d+/(\d+)", self._process.stderr.read())
        return int(counts[1]) if counts else 0

    def close(self) -> None:
        """End the program."""
        self._ready.close()
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(END_TIME)
        except subprocess.TimeoutExpired:
            self._process.kill()  # it may hang when it is ended right after its start
            self._process.wait()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe:
                pipe.close()

    @property
    def _output(self) -> int:
        assert self._process.stdout
        return self._process.stdout.fileno()

    def _wait_for_start(self) -> None:
        """Read what it says until it captures: from then on no frame is missed."""
        assert self._process.stderr
        said, until = b"", time.monotonic() + START_TIME
        with selectors.DefaultSelector() as ready:
            ready.register(self._process.stderr, selectors.EVENT_READ)
            while b"File: " not in said:
                if not ready.select(max(0.0, until - time.monotonic())):
                    raise CaptureError(f"dumpcap did not begin to capture within {START_TIME:.0f} s")
                chunk = os.read(self._process.stderr.fileno(), 4096)
                if not chunk:
                    raise CaptureError(_complaint(said))
                said += chunk


def _launch(interface: str, port: int | None) -> "subprocess.Popen[bytes]":
    program = shutil.which("dumpcap")
    if program is None:
        raise CaptureError("dumpcap is not installed. Remedy: install Wireshark")
    only = ["-f", f"port {port}"] if port is not None else []
    return subprocess.Popen(
        [program, "-i", interface, *only, "-P", "-w", "-"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # a Ctrl-C is for us: the tail is still to come
    )


def loopback_name() -> str:
    """What this system calls its loopback interface."""
    return {"win32": r"\Device\NPF_Loopback", "linux": "lo"}.get(sys.platform, "lo0")


def _complaint(said: bytes) -> str:
    words = " ".join(said.decode(errors="replace").split())
    if "permission" in words.lower() or "not permitted" in words.lower():
        return no_rights()
    return f"dumpcap gave up: {words[:300]}"
