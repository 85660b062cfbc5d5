"""A port of the switch: where the wire meets the interface of one host.

It is a packet socket with a ring that the kernel fills (PACKET_MMAP, TPACKET_V2: Documentation/networking/packet_mmap
of Linux). The ring is there since a socket's own buffer holds some ninety frames for an ordinary user, and one window
of TCP is thousands.

    a slot:  | status, length, captured, offset, -, seconds, nanoseconds, VLAN tag | ... | the frame |
    status:  0 it is the kernel's to fill     1 (TP_STATUS_USER) it is ours to read
"""

import mmap
import socket
import struct
import threading
from collections.abc import Iterator

from chatkit.errors import LanError

SOL_PACKET = 263
PACKET_RX_RING, PACKET_STATISTICS, PACKET_VERSION, PACKET_QDISC_BYPASS = 5, 6, 10, 20
TPACKET_V2 = 1
ETH_P_ALL = 3

_SLOT_BYTES = 2048  # a frame of 1514 bytes and its header
_BLOCK_BYTES = 65536
_ALL_PORTS_BYTES = 64 * 1024 * 1024
_MOST_BLOCKS, _LEAST_BLOCKS = 128, 8  # for one port: 8 MiB, which is 4096 frames, down to 256 frames

_HEADER = struct.Struct("=IIIHHII")
_KERNELS = struct.pack("=I", 0)
_USERS, _HAS_TAG = 1, 1 << 4
_TAG = struct.Struct("=HH")  # after the header: its content, and its Ethernet type
_ADDRESSES = 12  # bytes of a frame that stand before the tag


class Port:
    """One end of the wire. `number` is that of the host, `sock` a packet socket in the switch's namespace."""

    def __init__(self, number: int, sock: socket.socket, ports: int) -> None:
        self.number = number
        self._socket = sock
        self._guard = threading.Lock()  # guards _lost, and that nobody asks about a ring that is being closed
        self._lost = 0
        blocks = min(_MOST_BLOCKS, max(_LEAST_BLOCKS, _ALL_PORTS_BYTES // ports // _BLOCK_BYTES))
        self._size = blocks * _BLOCK_BYTES
        self._at = 0
        try:
            self._ring = self._make_ring(blocks)
        except OSError as error:
            raise LanError(
                f"The kernel gives no ring of {self._size} bytes to a port of the switch: {error}."
            ) from error

    def fileno(self) -> int:
        """The descriptor, for a selector."""
        return self._socket.fileno()

    @property
    def has_frames(self) -> bool:
        """Whether a frame waits in the ring; any thread may ask."""
        with self._guard:
            return not self._ring.closed and bool(self._ring[self._at] & _USERS)

    @property
    def lost(self) -> int:
        """Frames that found the ring full, as the kernel counts them; any thread may ask, and also after the end."""
        with self._guard:
            self._count_lost()
            return self._lost

    def receive(self, most: int) -> Iterator[tuple[int, bytes]]:
        """Give the frames that came, at most so many, each with its time in nanoseconds since 1970."""
        ring = self._ring
        for _ in range(most):
            at = self._at
            status, _, captured, offset, _, seconds, nanoseconds = _HEADER.unpack_from(ring, at)
            if not status & _USERS:
                return
            frame = ring[at + offset : at + offset + captured]
            if status & _HAS_TAG:
                frame = _with_tag(frame, *_TAG.unpack_from(ring, at + _HEADER.size))
            ring[at : at + 4] = _KERNELS
            self._at = (at + _SLOT_BYTES) % self._size
            yield seconds * 1_000_000_000 + nanoseconds, frame

    def send(self, frame: bytes) -> None:
        """Give the frame to the host. Raises OSError."""
        self._socket.send(frame)

    def close(self) -> None:
        """Give back the ring and the socket. Safe to call twice."""
        with self._guard:
            self._count_lost()
            self._ring.close()
            self._socket.close()

    def _count_lost(self) -> None:
        """Ask the kernel, which counts from 0 again after each question."""
        if self._socket.fileno() >= 0:
            self._lost += struct.unpack("II", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]

    def _make_ring(self, blocks: int) -> mmap.mmap:
        self._socket.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
        self._socket.setsockopt(SOL_PACKET, PACKET_QDISC_BYPASS, 1)
        shape = struct.pack("IIII", _BLOCK_BYTES, blocks, _SLOT_BYTES, self._size // _SLOT_BYTES)
        self._socket.setsockopt(SOL_PACKET, PACKET_RX_RING, shape)
        ring = mmap.mmap(self._socket.fileno(), self._size)
        self._socket.bind((f"port{self.number}", ETH_P_ALL))  # last: from now on frames come
        return ring


def _with_tag(frame: bytes, content: int, ether_type: int) -> bytes:
    """Put the VLAN tag back (IEEE 802.1Q), which the kernel takes out of a frame before it shows it."""
    return frame[:_ADDRESSES] + struct.pack("!HH", ether_type, content) + frame[_ADDRESSES:]
