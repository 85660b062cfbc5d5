"""A capture without what was said: every byte that TCP carries is 0, and all the rest is as it was.

    | link | IP header | TCP header | options | 0 0 0 0 0 0 | padding |

Lengths, numbers, times and checksums stay, so a conversation is judged as before; only its text is gone. The checksums
are those of the text, and no longer fit. Frames that carry no TCP are left alone.
"""

from dataclasses import replace

from chatkit.capture.capture import Capture
from chatkit.capture.datagram import TCP, Datagram, datagram_at
from chatkit.capture.frame import Frame
from chatkit.capture.link import datagram_start

_LEAST_HEADER = 20  # bytes of a TCP header without options


def headers_only(capture: Capture) -> Capture:
    """The same capture with all payload of TCP zeroed."""
    frames = tuple(map(_without_text, capture.frames))
    return replace(capture, frames=frames, source=f"{capture.source}, headers only")


def has_text(capture: Capture) -> bool:
    """Whether any byte that TCP carries is not 0."""
    return any(_without_text(frame).data != frame.data for frame in capture.frames)


def _without_text(frame: Frame) -> Frame:
    start = datagram_start(frame.link_type, frame.data)
    datagram = None if start is None else datagram_at(frame.data, start, frame.length)
    if datagram is None or datagram.protocol != TCP:
        return frame
    begin, end = _text_of(frame.data, datagram)
    return replace(frame, data=frame.data[:begin] + bytes(end - begin) + frame.data[end:]) if begin < end else frame


def _text_of(data: bytes, datagram: Datagram) -> tuple[int, int]:
    """Where the payload of TCP lies in the captured bytes; only the first fragment of a datagram has TCP's header."""
    end = min(datagram.end, len(data))
    if datagram.fragment and datagram.fragment.offset:
        return datagram.start, end
    offset = data[datagram.start + 12] >> 4 if datagram.start + 12 < len(data) else 0
    return datagram.start + max(offset * 4, _LEAST_HEADER), end
