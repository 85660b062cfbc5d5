"""A chat server in a process of its own, which can be suspended, killed, and looked at from outside."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from chatkit.net.event import Address
from chatkit.protocol.limits import Limits

_PROGRAM = """
import gc, sys
from chatkit.net.server import Server
from chatkit.protocol.limits import Limits
with Server({port}, limits={limits}) as server:
    print(server.address[1], flush=True)
    for _ in sys.stdin:
        gc.collect()
        print(sum(type(thing).__module__.startswith("chatkit") for thing in gc.get_objects()), flush=True)
"""


class ServerProcess:
    """The server and its process, as Linux shows it under /proc."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self.address: Address = ("127.0.0.1", port)
        self._process = process
        self._proc = Path(f"/proc/{process.pid}")

    @contextlib.contextmanager
    def suspended(self) -> Iterator[None]:
        """Stop the whole process for a while, as on a laptop that falls asleep; clocks go on."""
        os.kill(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._process.pid, signal.SIGCONT)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def threads(self) -> int:
        return len(list((self._proc / "task").iterdir()))

    def descriptors(self) -> int:
        return len(list((self._proc / "fd").iterdir()))

    def objects(self) -> int:
        """Give how many objects of chatkit's classes are alive."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write("count\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def memory(self) -> int:
        """Give the bytes that are resident."""
        status = (self._proc / "status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS"))


@contextlib.contextmanager
def server_process(limits: Limits, port: int = 0) -> Iterator[ServerProcess]:
    """Start one; in the end it is told to stop, and has to do so without a word about it."""
    program = [sys.executable, "-c", _PROGRAM.format(port=port, limits=limits)]
    pipe = subprocess.PIPE
    with subprocess.Popen(program, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            assert process.stdout
            yield ServerProcess(process, int(process.stdout.readline()))
            killed = process.poll() is not None
            _, complaints = process.communicate(timeout=10)
            assert complaints == "" and (killed or process.returncode == 0), complaints
        finally:
            process.kill()
