"""chat/1 as a layer of scapy: the lines of one segment, each with its verb.

    from chatkit.capture.chat_layer import Chat, bind
    bind(9898)
    capture.packets[5][Chat].show()

scapy sees segments, not streams: a line that a segment's edge cuts is shown in two parts. Built again, the bytes are
the same.
"""

from typing import Any

from scapy.fields import PacketListField, StrField
from scapy.layers.inet import TCP
from scapy.packet import Packet, bind_layers, split_layers

LF = b"\n"


class ChatLine(Packet):  # type: ignore[misc]  # scapy has no types
    """One line, or the part of one that its segment has."""

    name = "chat/1 line"
    fields_desc = (StrField("verb", b""), StrField("rest", b""))  # `rest` begins with the space, and ends with the LF

    def do_dissect(self, s: bytes) -> bytes:
        """Take all of it: the verb ends at the first space or at the line's end."""
        size = min((at for at in (s.find(b" "), s.find(b"\r\n"), s.find(LF)) if at >= 0), default=len(s))
        self.setfieldval("verb", s[:size])
        self.setfieldval("rest", s[size:])
        return b""

    def mysummary(self) -> str:
        """`SAY hello`."""
        line: bytes = bytes(self.verb) + bytes(self.rest)
        return line.rstrip(b"\r\n").decode("utf-8", "backslashreplace")


class Chat(Packet):  # type: ignore[misc]
    """What one segment carries of a chat."""

    name = "chat/1"
    fields_desc = (PacketListField("lines", [], ChatLine),)

    def do_dissect(self, s: bytes) -> bytes:
        """Split at LF, and keep the LF with its line."""
        self.setfieldval("lines", [ChatLine(line) for line in _split(s)])
        return b""

    def mysummary(self) -> str:
        """The lines, one after the other."""
        return " | ".join(line.mysummary() for line in self.lines)


def bind(port: int = 9898) -> None:
    """Let scapy see chat/1 on this TCP port."""
    for side in _sides(port):
        bind_layers(TCP, Chat, **side)


def unbind(port: int = 9898) -> None:
    """Let scapy forget that."""
    for side in _sides(port):
        split_layers(TCP, Chat, **side)


def _sides(port: int) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"sport": port}, {"dport": port}


def _split(data: bytes) -> list[bytes]:
    parts = data.split(LF)
    return [part + LF for part in parts[:-1]] + [part for part in parts[-1:] if part]
