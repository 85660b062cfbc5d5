"""The options of `python3 -m chatkit serve`; a number that cannot be meant is refused before anything starts."""

import argparse
import contextlib
import math
from collections.abc import Callable

from chatkit.faces.sealing import add_server_options
from chatkit.net.host import DEFAULT_PORT
from chatkit.protocol.history import MAX_HISTORY
from chatkit.protocol.limits import Limits

CAPTURE_PORT = DEFAULT_PORT + 1  # of the web server that hands out captures

_DEFAULT = Limits()


def parse(argv: list[str]) -> argparse.Namespace:
    """Read the command line. Raises SystemExit with a sentence on stderr."""
    parser = _parser()
    options = parser.parse_args(argv)
    if options.capture and options.port == options.capture_port != 0:
        parser.error(f"--capture-port: {options.port} is the port of the chat, choose another")
    return options


def limits(options: argparse.Namespace) -> Limits:
    """Give the limits that were asked for; who may be silent only for a while is asked for life in good time."""
    chosen = {name: getattr(options, name) for name in LIMITS}
    ping_after = min(_DEFAULT.ping_after, options.idle / 2) if options.idle else _DEFAULT.ping_after
    return Limits(ping_after=ping_after, **chosen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m chatkit serve",
        description="Start the chat server. Ctrl-C ends it.",
        epilog="A limit of 0 means no limit. A password for the room is taken from the environment variable "
        "CHATKIT_PASSWORD, because everybody on a machine can read its command lines.",
    )
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help="TCP port (%(default)s); 0: any free one")
    parser.add_argument("--open", action="store_true", help="let other computers connect, not only this one")
    parser.add_argument(
        "--history",
        type=_past,
        default=0,
        metavar="MESSAGES",
        help=f"how many of the last ones whoever joins is told, at most {MAX_HISTORY} (%(default)s)",
    )
    parser.add_argument(
        "--transcript", metavar="FILE", help="append each event, and so all that is said, to FILE, as lines of JSON"
    )
    parser.add_argument(
        "--capture",
        action="store_true",
        help="capture what passes, and let each client fetch the frames of its own connection, and of no other",
    )
    parser.add_argument(
        "--capture-port",
        type=_port,
        default=CAPTURE_PORT,
        metavar="PORT",
        help="where they are fetched (%(default)s); 0: any free one",
    )
    for name, (kind, unit, what) in LIMITS.items():
        option, default = f"--{name.replace('_', '-')}", getattr(_DEFAULT, name)
        parser.add_argument(option, type=kind, default=default, metavar=unit, help=f"{what} (%(default)s)")
    add_server_options(parser)
    return parser


def _port(text: str) -> int:
    if not (_is_whole(text) and int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is no port, allowed are 0 to 65535")
    return int(text)


def _past(text: str) -> int:
    if not (_is_whole(text) and int(text) <= MAX_HISTORY):
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed, whole numbers from 0 (none) to {MAX_HISTORY} are")
    return int(text)


def _count(text: str) -> int:
    if not _is_whole(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed, whole numbers from 0 (no limit) are")
    return int(text)


def _amount(text: str) -> float:
    with contextlib.suppress(ValueError):
        if math.isfinite(value := float(text)) and value >= 0:
            return value
    raise argparse.ArgumentTypeError(f"{text!r} is not allowed, numbers from 0 (no limit) are")


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 13


LIMITS: dict[str, tuple[Callable[[str], float], str, str]] = {  # a field of Limits: how to read it, its unit, its help
    "join_time": (_amount, "SECONDS", "from connecting to a JOIN that succeeds"),
    "idle": (_amount, "SECONDS", "of silence, then a client is ended"),
    "max_clients": (_count, "CLIENTS", "connections in all"),
    "max_per_address": (_count, "CLIENTS", "connections from one address"),
    "rate": (_amount, "LINES", "a second from one client, with a burst of twice that"),
    "outbox": (_count, "BYTES", "that may wait for one client"),
}
