"""What tshark reads in the recorded captures: asked once for each of them, for all the tests that want to know."""

from functools import cache

from chatkit.capture.recorded import FOLDER
from tests.tshark import WORDS, ask

FIELDS = (
    "frame.number",
    "tcp.len",
    "tcp.window_size",
    "tcp.analysis.acks_frame",
    "tcp.analysis.ack_rtt",
    "tcp.analysis.bytes_in_flight",
    "tcp.analysis.window_full",
    "tcp.analysis.ack_lost_segment",
    *(f"tcp.analysis.{word}" for word in WORDS),
)


class Row(dict[str, str]):
    """The fields of one segment; one that it has not is empty."""

    @property
    def frame(self) -> int:
        return self.number("frame.number")

    def number(self, field: str) -> int:
        return int(self[field])


@cache
def read_by_tshark(name: str) -> list[Row]:
    """The segments of the recorded capture of this name."""
    rows = ask(FOLDER / f"{name}.pcap", *FIELDS, only="tcp")
    return [Row(zip(FIELDS, values, strict=True)) for values in rows]
