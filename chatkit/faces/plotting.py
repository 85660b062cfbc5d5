"""python3 -m chatkit plot FILE --out OUT.png: one conversation of a capture file, drawn over time."""

import argparse
from pathlib import Path

from chatkit.capture.capture import Capture
from chatkit.errors import CaptureError, MachineError
from chatkit.faces.export import export
from chatkit.faces.plots import Plot, bytes_in_flight, rtt, throughput, time_sequence
from chatkit.tcp.conversation import Conversation

KINDS = {"time-sequence": time_sequence, "rtt": rtt, "in-flight": bytes_in_flight, "throughput": throughput}
ENDS = ("client", "server")


def main(argv: list[str]) -> int:
    """Draw it, and print what the picture shows; returns the exit code."""
    options = _parser().parse_args(argv)
    capture = Capture.read(options.file)
    talk = _wanted(capture, options.port, options.conversation)
    sender = getattr(talk, options.sender) if options.sender else None
    plot = KINDS[options.kind](talk, sender)
    _save(plot, options.out)
    print(plot.alt_text)
    for remark in capture.remarks:
        print(f"Note: {remark}.")
    print(f"Drawn: {options.out}")
    return 0


def _save(plot: Plot, path: Path) -> None:
    try:
        write = export if path.suffix.lower() == ".html" else Plot.save
        write(plot, path)
    except OSError as error:
        raise MachineError(f"{path} cannot be written: {error.strerror}") from error


def _wanted(capture: Capture, port: int | None, number: int | None) -> Conversation:
    """The conversation with this number, else that with most payload: it has most to show."""
    talks = [talk for talk in capture.conversations if port in (None, talk.client[1], talk.server[1])]
    where = "" if port is None else f" on port {port}"
    if not talks:
        raise CaptureError(f"no TCP conversation{where} in it: {capture!r}")
    if number is None:
        return max(talks, key=lambda talk: sum(segment.size for segment in talk.segments))
    if not 1 <= number <= len(talks):
        raise CaptureError(f"no conversation {number}{where}: they have the numbers 1 to {len(talks)}")
    return talks[number - 1]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m chatkit plot", description="Draw one TCP conversation of a capture file over time."
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a pcap or pcapng file, gzipped or not")
    parser.add_argument("--out", type=Path, metavar="OUT", required=True, help="where to: a png, svg, pdf or html file")
    parser.add_argument("--kind", choices=KINDS, default="time-sequence", help="what to draw (time-sequence)")
    parser.add_argument("--sender", choices=ENDS, help="whose segments (those of the end that sent more)")
    parser.add_argument("--port", type=int, metavar="N", help="only a conversation with an end on this port")
    parser.add_argument(
        "--conversation", type=int, metavar="N", help="which one, as `ladder` numbers them (the one with most payload)"
    )
    return parser
