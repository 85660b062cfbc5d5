"""Frames from an interface through scapy's own listening socket, as bytes.

scapy dissects 3,000 packets a second, so nothing is dissected here: bytes and the kernel's time are kept, and the
rest is done later by whoever asks. On Linux the kernel filters by port. The socket is bound when the tap is made, so
there is no start to miss.
"""

import contextlib
import selectors
import socket
import sys
import time
from struct import Struct
from typing import Any

from chatkit.capture import bpf, link
from chatkit.capture.frame import Frame
from chatkit.capture.remedies import no_rights
from chatkit.errors import CaptureError

BUFFER_BYTES = 64 * 1024 * 1024
MAX_FRAME_BYTES = 262_144  # loopback frames reach 65,549 bytes: more than scapy asks for
BATCH = 1000  # frames in one go, so that nobody waits for the end of a flood

SOL_PACKET, PACKET_STATISTICS, PACKET_IGNORE_OUTGOING = 263, 6, 23  # linux/if_packet.h
SO_RCVBUFFORCE, SO_TIMESTAMPNS = 33, 35  # asm-generic/socket.h
_TIMESPEC = Struct("@qq")
_COUNTERS = Struct("@II")  # frames, drops; reset when they are read


class ScapyTap:
    """Every frame of one interface, on Linux of one port if one is given; on loopback each once."""

    name = "scapy"

    def __init__(self, interface: str | None = None, port: int | None = None) -> None:
        self.is_filtered = port is None
        self._dropped = 0
        self._count = 0
        self._is_finishing = False
        self._socket, self.interface = _open(interface)
        self._link_type = _link_type(self._socket)
        self._ready = selectors.DefaultSelector()  # select() would fail for descriptors over 1023
        if _is_linux():
            _prepare(self._socket.ins, self.interface)
            if port is not None and self._link_type == link.ETHERNET:
                self.is_filtered = _filter(self._socket.ins, port)
            self._ready.register(self._socket.ins, selectors.EVENT_READ)

    def receive(self, seconds: float) -> list[Frame]:
        """Wait at most so long for frames, and give those that are there."""
        return self._receive_linux(seconds) if _is_linux() else self._receive_elsewhere(seconds)

    def finish(self) -> None:
        """The kernel hands over frames as they come: there is nothing to ask for."""

    @property
    def dropped(self) -> int:
        """Frames that did not fit into the kernel's buffer."""
        if _is_linux():
            self._dropped += _COUNTERS.unpack(
                self._socket.ins.getsockopt(SOL_PACKET, PACKET_STATISTICS, _COUNTERS.size)
            )[1]
        return self._dropped

    def close(self) -> None:
        """Close the socket."""
        self._ready.close()
        self._socket.close()

    def _receive_linux(self, seconds: float) -> list[Frame]:
        if not self._ready.select(seconds):
            return []
        frames: list[Frame] = []
        while len(frames) < BATCH:
            try:
                data, ancillary, _, _ = self._socket.ins.recvmsg(MAX_FRAME_BYTES, 256)
            except BlockingIOError:
                break
            frames.append(self._frame(data, _nanoseconds(ancillary)))
        return frames

    def _receive_elsewhere(self, seconds: float) -> list[Frame]:
        """BSD, macOS and Windows: what scapy gives, and its clock, which has microseconds."""
        frames: list[Frame] = []
        until = time.monotonic() + seconds
        while not frames and time.monotonic() < until:
            for ready in self._socket.select([self._socket], 0.05):
                _, data, when = ready.recv_raw(MAX_FRAME_BYTES)
                if data:
                    frames.append(self._frame(data, round(float(when) * 1e9)))
        return frames

    def _frame(self, data: bytes, nanoseconds: int) -> Frame:
        self._count += 1
        return Frame(self._count, nanoseconds, data, self._link_type)


def _is_linux() -> bool:
    return sys.platform.startswith("linux")


def _open(interface: str | None) -> tuple[Any, str]:
    """scapy's listening socket, and the name of its interface; None is loopback."""
    try:
        from scapy.config import conf
        from scapy.error import Scapy_Exception
        from scapy.layers import l2  # noqa: F401 - which sets conf.L2listen up for this system
    except ImportError as error:
        raise CaptureError(
            "scapy is not installed. Remedy: python3 -m chatkit lab makes an environment with it"
        ) from error
    name = str(interface or conf.loopback_name)
    try:
        return conf.L2listen(iface=name, promisc=False), name
    except PermissionError as error:
        raise CaptureError(no_rights()) from error
    except (OSError, ValueError, Scapy_Exception) as error:  # ValueError too if over 1023 descriptors are open by now
        raise CaptureError(f"the interface {name} cannot be captured on: {error}. {_interfaces()}") from error


def _interfaces() -> str:
    return "There is " + ", ".join(name for _, name in socket.if_nameindex())


def _link_type(opened: Any) -> int:
    from scapy.config import conf

    number = conf.l2types.layer2num.get(getattr(opened, "LL", None), link.ETHERNET)
    return int(number)


def _prepare(opened: socket.socket, interface: str) -> None:
    """Linux: a large buffer, nanoseconds, and on loopback only what arrives, for what leaves is the same frame."""
    opened.setblocking(False)
    opened.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    try:
        opened.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
    except PermissionError:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)  # as much as the system grants
    if interface == "lo":
        with contextlib.suppress(OSError):  # before Linux 4.20: then the copies are found when segments are read
            opened.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)


def _filter(opened: socket.socket, port: int) -> bool:
    """Let the kernel filter; tell whether it does. What came before it did is thrown away: nobody has asked for it."""
    try:
        bpf.attach(opened, bpf.port_filter(port))
    except OSError:
        return False
    with contextlib.suppress(BlockingIOError):
        for _ in range(BATCH * 100):
            opened.recv(1)
    opened.getsockopt(SOL_PACKET, PACKET_STATISTICS, _COUNTERS.size)
    return True


def _nanoseconds(ancillary: list[tuple[int, int, bytes]]) -> int:
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS and len(data) >= _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack_from(data)
            return int(seconds * 10**9 + nanoseconds)
    return time.time_ns()
