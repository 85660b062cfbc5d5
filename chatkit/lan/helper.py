"""Our end of the helper: a process that holds the namespaces of a LAN, and makes sockets in them for us.

A socket stays in the namespace where it was made, whoever holds it: so the server, the clients, and their threads stay
in this process, and only their sockets live elsewhere. Requests and sockets travel over a Unix socket
(SCM_RIGHTS, unix(7)). When that closes, for whatever reason, the helper ends, and all that it held with it.
"""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chatkit.errors import LanError
from chatkit.lan.plan import Place
from chatkit.lan.remedies import BUILD_ANOTHER, explain, obstacle

SWITCH = -1  # the number of the namespace where the wire's ends are

_INSIDE = Path(__file__).with_name("inside.py")
_ENTER = Path(__file__).with_name("enter.py")
_MOST_BYTES = 65536
_MOST_FILES = 8
_PATIENCE = 20.0  # seconds to build a LAN of forty, on a laptop that is busy
_END_TIME = 5.0  # seconds until a process that does not end is killed
_CLOSED = f"This LAN is closed. {BUILD_ANOTHER}"
_GONE = f"The helper that holds this LAN is gone, and the LAN with it. {BUILD_ANOTHER}"


class Helper:
    """Starts the helper process. Raises LanError, with the remedy, where the machine does not allow it."""

    def __init__(self, places: Sequence[Place]) -> None:
        if reason := obstacle():
            raise LanError(reason)
        self._asking = threading.Lock()  # guards the control socket, _asked and _programs
        self._asked = 0  # requests so far
        self._programs: list[subprocess.Popen[Any]] = []
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(_PATIENCE)
        self._life, breath = os.pipe()
        try:
            with theirs, open(breath):
                self._process = _start(theirs.fileno(), breath)
        except BaseException:
            self._hang_up()
            raise
        try:
            reply, _ = self._ask(hosts=[place.as_dict() for place in places])
        except BaseException:
            self.close()
            raise
        self.remarks: tuple[str, ...] = tuple(reply["remarks"])

    def socket(self, host: int, family: int, kind: int, protocol: int = 0) -> socket.socket:
        """Make a socket in the namespace of that host. Raises LanError."""
        number = self._obtain("socket", host, family=family, type=kind, protocol=protocol)[0]
        return socket.socket(family, kind, protocol, fileno=number)

    def read(self, host: int, path: str) -> str:
        """Read a file of /proc as that host sees it. Raises LanError."""
        with open(self._obtain("open", host, path=path)[0]) as opened:
            return opened.read()

    def write(self, host: int, path: str, text: str) -> None:
        """Write it. Raises LanError."""
        self._obtain("write", host, path=path, text=text)

    def run(self, host: int, program: Sequence[str | os.PathLike[str]], **options: Any) -> subprocess.Popen[Any]:
        """Start a program in that host, with the options of Popen; it ends with the LAN. Raises LanError, OSError."""
        namespaces = self._obtain("namespaces", host)
        try:
            options["pass_fds"] = (*options.get("pass_fds", ()), *namespaces)
            process = subprocess.Popen(_command(_ENTER, ",".join(map(str, namespaces)), *program), **options)
        finally:
            _close(namespaces)
        with self._asking:
            self._programs = [*(other for other in self._programs if other.poll() is None), process]
        return process

    @property
    def pid(self) -> int:
        """The process that waits for the helper, which is process 1 of its own namespace."""
        return self._process.pid

    def close(self) -> None:
        """End the helper, and with it every program in the LAN. Safe to call twice."""
        with self._asking:
            self._hang_up()
            programs, self._programs = self._programs, []
        for process in (self._process, *programs):
            _see_off(process)

    @property
    def life(self) -> int:
        """The end of a pipe that hangs up when the helper is gone, and that we keep until `close`: so the wire of a LAN
        that nobody closes, and that Python throws away, ends too.
        """
        return self._life

    def _hang_up(self) -> None:
        self._control.close()
        if self._life >= 0:
            os.close(self._life)
            self._life = -1

    def _obtain(self, what: str, host: int, **details: Any) -> list[int]:
        """Ask for something, and give the open files that came with the answer."""
        return self._ask(do={"what": what, "host": host, **details})[1]

    def _ask(self, **request: Any) -> tuple[dict[str, Any], list[int]]:
        with self._asking:
            if self._control.fileno() < 0:
                raise LanError(_CLOSED)
            self._asked += 1
            try:
                self._control.send(json.dumps(request | {"number": self._asked}).encode())
                reply, files = self._answer()
            except TimeoutError as error:
                raise LanError(f"The helper that holds this LAN is silent since {_PATIENCE:g} seconds.") from error
            except ConnectionError as error:
                raise LanError(_GONE) from error
        if "step" in reply:
            raise LanError(explain(reply["step"], reply["errno"], reply["error"]))
        return reply, files

    def _answer(self) -> tuple[dict[str, Any], list[int]]:
        """Give the answer to the last request. Others may come before it: to one that Ctrl-C interrupted, say."""
        while True:
            data, files, flags, _ = socket.recv_fds(self._control, _MOST_BYTES, _MOST_FILES)
            for number in files:
                os.set_inheritable(number, False)  # MSG_CMSG_CLOEXEC is ignored by recv_fds before Python 3.12
            if not data:
                raise ConnectionResetError
            reply = json.loads(data)
            if reply["number"] == self._asked and not flags & socket.MSG_CTRUNC:
                return reply, list(files)
            _close(files)
            if flags & socket.MSG_CTRUNC:
                raise LanError("This process has too many open files. Remedy: ulimit -n 4096, before it starts")


def _start(control: int, breath: int) -> subprocess.Popen[bytes]:
    """Start the helper, in a session of its own: a Ctrl-C in our terminal is not for it. It keeps `breath` open."""
    command, files = _command(_INSIDE, str(control)), [control, breath]
    try:
        return subprocess.Popen(command, pass_fds=files, stdin=subprocess.DEVNULL, start_new_session=True)
    except OSError as error:
        raise LanError(f"The helper that holds a LAN could not be started: {error}.") from error


def _command(file: Path, *arguments: str | os.PathLike[str]) -> list[str | os.PathLike[str]]:
    """Give the command that runs it; -P keeps the folder of chatkit/lan, with all its names, off the path."""
    return [sys.executable, "-P", file, *arguments]


def _see_off(process: subprocess.Popen[Any]) -> None:
    """Wait until it has ended, and see that it does."""
    try:
        process.wait(_END_TIME)
    except subprocess.TimeoutExpired:
        process.kill()  # what it looks after ends with it
        process.wait()


def _close(files: Sequence[int]) -> None:
    for number in files:
        os.close(number)
