"""python3 -m chatkit check: is an answer about a capture right (answering.py)? does a server keep to PROTOCOL.md?

    check close.segments mine.pcap 3 --frame 33
    check server HOST:PORT
    check server HOST:PORT --ca FILE          where the server seals with TLS
"""

import argparse
import os
import textwrap

from chatkit.faces.sealing import add_client_options, context_of_client
from chatkit.net.conformance import Report, Verdict, judge
from chatkit.net.host import DEFAULT_PORT, parse_address

_WIDTH = 100


def main(argv: list[str]) -> int:
    """Check a server, or an answer; the exit code is 0 if it is right, 1 if not, 2 if there is nothing to check."""
    if argv[:1] == ["server"]:
        return check_server(argv[1:])
    if not argv:
        print(f"usage: {_USAGE}")
        return 2
    from chatkit.faces import answering  # it needs packages, and the check of a server does not

    return answering.main(argv)


def check_server(argv: list[str]) -> int:
    """Judge a server and print what was found."""
    options = _parser().parse_args(argv)
    address = parse_address(options.server)
    print(f"Trying what PROTOCOL.md says on {address[0]} port {address[1]} ...\n", flush=True)
    report = judge(
        address,
        password=os.environ.get("CHATKIT_PASSWORD"),
        slow=options.slow,
        patience=options.patience,
        tls=context_of_client(options),
    )
    print(as_text(report))
    return 0 if report.passed else 1


def as_text(report: Report) -> str:
    """Give the table of rules, a paragraph for each that is broken, and the verdict."""
    table = "\n".join(f"  {'yes' if verdict.passed else 'NO ':5} {verdict.rule}" for verdict in report.verdicts)
    return "\n\n".join([table, *map(_paragraph, report.broken), report.conclusion])


def _paragraph(verdict: Verdict) -> str:
    """Give the rule, and below it, indented, the sentence that names the bug."""
    sentence = textwrap.fill(
        verdict.sentence, _WIDTH, initial_indent="  ", subsequent_indent="  ", break_long_words=False
    )
    return f"NO: {verdict.rule}\n{sentence}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m chatkit check server",
        description="Try what PROTOCOL.md says on a running chat server. Its clients come and go in a few seconds, and "
        "whoever is in the room sees them: choose a server where nobody talks.",
        epilog="For a room with a password, put that into the environment variable CHATKIT_PASSWORD.",
    )
    parser.add_argument("server", metavar="HOST:PORT", help=f"the server; without :PORT it is {DEFAULT_PORT}")
    parser.add_argument("--slow", action="store_true", help="also try what takes seconds, or a hundred clients")
    parser.add_argument(
        "--patience", type=float, default=2.0, metavar="SECONDS", help="how long the server has for an answer (2)"
    )
    add_client_options(parser)
    return parser


_USAGE = """python3 -m chatkit check QUESTION FILE [ANSWER] [--frame N]
       python3 -m chatkit check server HOST:PORT [--slow] [--tls] [--ca FILE | --fingerprint SHA256]"""
