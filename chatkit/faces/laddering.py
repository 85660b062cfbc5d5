"""python3 -m chatkit ladder FILE: the conversations of a capture file, in RFC 9293's notation."""

import argparse
from pathlib import Path

from chatkit.capture.capture import Capture
from chatkit.errors import CaptureError
from chatkit.faces.export import export
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.ladder import Ladder


def main(argv: list[str]) -> int:
    """Print a ladder for each conversation; returns the exit code."""
    options = _parser().parse_args(argv)
    capture = Capture.read(options.file)
    ladders = [_ladder(talk, options) for talk in _wanted(capture, options.port)]
    for ladder in ladders:
        print(f"{ladder.alt_text()}\n\n{ladder}\n")
    for remark in capture.remarks:
        print(f"Note: {remark}.")
    if options.out:
        _save_drawings(ladders, options.out)
    return 0


def _wanted(capture: Capture, port: int | None) -> list[Conversation]:
    talks = [talk for talk in capture.conversations if port in (None, talk.client[1], talk.server[1])]
    if not talks:
        where = "" if port is None else f" on port {port}"
        raise CaptureError(f"no TCP conversation{where} in it: {capture!r}")
    return talks


def _ladder(talk: Conversation, options: argparse.Namespace) -> Ladder:
    return talk.ladder(
        relative=options.relative, rows=options.rows or None, highlight=options.highlight, frames=options.frames
    )


def _save_drawings(ladders: list[Ladder], first: Path) -> None:
    """Write the first to the file that was named, the others beside it with a number."""
    for number, ladder in enumerate(ladders, start=1):
        path = first if number == 1 else first.with_stem(f"{first.stem}-{number}")
        print(f"Drawn: {export(ladder, path)}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m chatkit ladder",
        description="Draw each TCP conversation of a capture file as a ladder, with the states of both ends.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a pcap or pcapng file, gzipped or not")
    parser.add_argument("--port", type=int, metavar="N", help="only conversations with an end on this port")
    parser.add_argument(
        "--relative", action="store_true", help="count sequence numbers from the SYN, as Wireshark does"
    )
    parser.add_argument("--frames", action="store_true", help="end each line with the number of its frame")
    parser.add_argument("--rows", type=int, default=60, metavar="N", help="at most so many lines each (60); 0: all")
    parser.add_argument("--highlight", type=int, metavar="FRAME", help="point at this frame")
    parser.add_argument("--out", type=Path, metavar="OUT", help="also draw it: a svg, png or html file")
    return parser
