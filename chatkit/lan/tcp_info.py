"""What the kernel knows of a connection: TCP_INFO, which tells it to anybody who holds the socket (tcp(7))."""

import socket
import struct
from dataclasses import asdict, dataclass
from typing import Protocol

from chatkit.errors import LanError, MisuseError

STATES = {  # include/net/tcp_states.h, in RFC 9293's words
    1: "ESTABLISHED",
    2: "SYN-SENT",
    3: "SYN-RECEIVED",
    4: "FIN-WAIT-1",
    5: "FIN-WAIT-2",
    6: "TIME-WAIT",
    7: "CLOSED",
    8: "CLOSE-WAIT",
    9: "LAST-ACK",
    10: "LISTEN",
    11: "CLOSING",
    12: "SYN-RECEIVED",  # of a connection that is not accepted yet
}
_LAYOUT = struct.Struct("=B7x24I")  # struct tcp_info of include/uapi/linux/tcp.h: the part that every Linux has
_AT = {  # which of its 24 numbers
    "rto": 0,
    "snd_mss": 2,
    "unacked": 4,
    "lost": 6,
    "rtt": 15,
    "rttvar": 16,
    "snd_ssthresh": 17,
    "snd_cwnd": 18,
    "total_retrans": 23,
}
_NO_THRESHOLD = 0x7FFFFFFF
_SECOND = 1e6  # in microseconds, as the kernel counts


class HasDescriptor(Protocol):
    """A socket, a Client, and whatever else is one connection."""

    def fileno(self) -> int:
        """The descriptor."""


@dataclass(frozen=True, repr=False)
class TcpInfo:
    """A moment of a connection. Times are in seconds, sizes in bytes, windows of congestion in segments."""

    state: str  # as RFC 9293 names it
    rtt: float  # smoothed, RFC 6298 2: 0.0 before the first measurement
    rtt_variation: float
    rto: float
    cwnd: int  # segments
    ssthresh: int | None  # segments; None before the first loss
    mss: int  # of what we send
    in_flight: int  # segments sent and not acknowledged
    lost: int  # of them, segments that are taken for lost
    retransmissions: int  # segments, since the connection began

    def __repr__(self) -> str:
        return "\n".join(["TcpInfo(", *(f"    {name}={value!r}," for name, value in asdict(self).items()), ")"])


def tcp_info(connection: HasDescriptor) -> TcpInfo:
    """Ask the kernel. Raises LanError where it cannot tell: it is no TCP socket, or closed, or this is not Linux."""
    state, *values = _LAYOUT.unpack(_ask(connection))
    known = {name: values[at] for name, at in _AT.items()}
    return TcpInfo(
        state=STATES.get(state, f"state {state} of Linux"),
        rtt=known["rtt"] / _SECOND,
        rtt_variation=known["rttvar"] / _SECOND,
        rto=known["rto"] / _SECOND,
        cwnd=known["snd_cwnd"],
        ssthresh=known["snd_ssthresh"] if known["snd_ssthresh"] < _NO_THRESHOLD else None,
        mss=known["snd_mss"],
        in_flight=known["unacked"],
        lost=known["lost"],
        retransmissions=known["total_retrans"],
    )


def _ask(connection: HasDescriptor) -> bytes:
    option = getattr(socket, "TCP_INFO", None)
    if option is None:
        raise LanError("This system has no TCP_INFO: only Linux tells what it knows of a connection.")
    with _duplicate(connection) as sock:
        try:
            raw = sock.getsockopt(socket.IPPROTO_TCP, option, _LAYOUT.size)
        except OSError as error:
            raise LanError(f"{connection!r} is no TCP socket: the kernel has no TCP_INFO of it ({error}).") from error
    if len(raw) < _LAYOUT.size:
        raise LanError(f"This kernel's TCP_INFO has {len(raw)} bytes, and {_LAYOUT.size} are needed: it is too old.")
    return raw


def _duplicate(connection: HasDescriptor) -> socket.socket:
    if not callable(getattr(connection, "fileno", None)):
        raise MisuseError(f"{connection!r} is no connection: allowed is a socket, or what has a fileno()")
    try:
        return socket.fromfd(connection.fileno(), socket.AF_INET, socket.SOCK_STREAM)
    except (OSError, ValueError) as error:
        raise LanError(f"{connection!r} is closed: there is no TCP_INFO of it any more ({error}).") from error
