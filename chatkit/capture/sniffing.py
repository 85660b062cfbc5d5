"""scapy's own sniffer, for a notebook: it listens while they talk, and keeps what it heard as scapy's packets.

    with sniff_in_host(lan["bob"], port) as sniffer:       a packet socket inside a host of a LAN
    with sniff_on_loopback(port) as sniffer:               scapy's own socket, where that is allowed
    with sniff_recorded("first-words") as sniffer:         scapy reads a file
        ann.say("hello")
    sniffer.packets

Two things have to be waited for: that it listens, before anybody talks, and in the end that the wire is quiet.
"""

import contextlib
import socket
import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

from chatkit.capture.recorded import FOLDER
from chatkit.errors import CaptureError
from chatkit.tcp.visible import visible

if TYPE_CHECKING:
    from chatkit.lan.host import LanHost

PATIENCE = 5.0  # seconds until it listens
QUIET = 0.5  # seconds without a packet: then they have finished
MOST = 3.0  # seconds that are waited for that
SHOWN = 8  # packets
TEXT_LIMIT = 40  # columns of payload

_SOL_PACKET, _PACKET_IGNORE_OUTGOING = 263, 23  # linux/if_packet.h


class Sniffing:
    """One run of scapy's sniffer; `packets` is what it kept, once the `with` is over."""

    def __init__(self, where: str, port: int | None = None, **source: Any) -> None:
        from scapy.layers import inet  # here, for it takes a while: not when the first packet is there
        from scapy.sendrecv import AsyncSniffer

        self.where = where
        self.packets: Any = ()
        self._source, self._port, self._tcp = source, port, inet.TCP
        self._heard = 0.0  # when the last packet came
        self._listens = threading.Event()
        self._sniffer = AsyncSniffer(
            lfilter=self._is_wanted, prn=self._note, started_callback=self._listens.set, **source
        )

    def __enter__(self) -> "Sniffing":
        self._sniffer.start()
        if not self._listens.wait(PATIENCE):  # its thread has died, and says so nowhere
            self._close()
            raise CaptureError(f"scapy does not begin to listen ({self.where}).")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if "offline" not in self._source:  # a file comes to its end by itself
            self._await_quiet()
            self._sniffer.stop(join=False)
        self._sniffer.join(PATIENCE)
        self._close()
        self.packets = self._sniffer.results

    def __repr__(self) -> str:
        lines = [f"<scapy, {self.where}: {len(self.packets)} packets>"]
        lines += [f"  {packet.summary()}{_text(packet)}" for packet in self.packets[:SHOWN]]
        left_out = len(self.packets) - SHOWN
        return "\n".join([*lines, f"  ... {left_out} more"] if left_out > 0 else lines)

    def _is_wanted(self, packet: Any) -> bool:
        tcp = self._tcp
        return tcp in packet and self._port in (None, packet[tcp].sport, packet[tcp].dport)

    def _note(self, packet: Any) -> None:
        self._heard = time.monotonic()

    def _await_quiet(self) -> None:
        begin = time.monotonic()
        while time.monotonic() < min(begin + MOST, max(begin, self._heard) + QUIET):
            time.sleep(QUIET / 10)

    def _close(self) -> None:
        if opened := self._source.get("opened_socket"):
            opened.close()


def sniff_in_host(host: "LanHost", port: int) -> Sniffing:
    """Listen on eth0 of a host, by a packet socket that was made inside it: no rights of this computer are needed."""
    from scapy.layers.l2 import Ether
    from scapy.supersocket import SuperSocket

    class Ear(SuperSocket):  # type: ignore[misc]  # scapy has no types
        """What scapy listens with: it reads bytes, and says which layer is the outermost."""

        def __init__(self, sock: socket.socket) -> None:
            self.ins = self.outs = sock

        def recv_raw(self, x: int = 65535) -> tuple[Any, bytes, None]:
            return Ether, self.ins.recv(x), None

    return Sniffing(f"on eth0 of the host {host.name}", port, opened_socket=Ear(host.raw()))


def sniff_on_loopback(port: int) -> Sniffing:
    """Listen on loopback. Raises CaptureError where scapy may not."""
    from scapy.config import conf
    from scapy.error import Scapy_Exception
    from scapy.layers import inet, l2  # noqa: F401 - which set conf.L2listen up, and make IP and TCP known

    try:
        opened = conf.L2listen(iface=conf.loopback_name)
    except (OSError, ValueError, Scapy_Exception) as error:
        raise CaptureError(f"scapy may not listen on loopback here: {error}") from error
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # before Linux 4.20 each packet comes twice
            opened.ins.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
    return Sniffing(f"on loopback, port {port}", port, opened_socket=opened)


def sniff_recorded(name: str) -> Sniffing:
    """Let scapy read a recorded capture instead."""
    from scapy.layers import inet, l2  # noqa: F401

    return Sniffing(f"RECORDED, not caught here: {name}", offline=str(FOLDER / f"{name}.pcap"))


def _text(packet: Any) -> str:
    """What an application has written into it."""
    from scapy.packet import Raw

    return f"  {visible(packet[Raw].load, TEXT_LIMIT)}" if Raw in packet else ""
