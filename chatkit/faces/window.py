"""python3 -m chatkit window: chat in a window.

This file knows how the window starts and ends; it imports Tk only once it is known that there is one.
"""

import argparse
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from chatkit.faces.display import why_no_window
from chatkit.faces.port import port_option
from chatkit.faces.sealing import add_client_options, context_of_client
from chatkit.faces.tk.emoji_fonts import protect_from_colour_fonts
from chatkit.faces.user import own_name
from chatkit.net.host import DEFAULT_PORT

_ENDING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # Ctrl-C; kill; the terminal is closed; the same on Windows


def main(argv: list[str]) -> int:
    """Open the window and stay until it is closed; gives the exit code."""
    options = _read_options(argv)
    tls = context_of_client(options)
    if why_not := why_no_window():
        print(why_not, file=sys.stderr)
        return 1
    protect_from_colour_fonts()
    from chatkit.faces.tk.chat_window import ChatWindow

    window = ChatWindow(options.name, (options.server, options.port), options.title, options.reconnect, tls)
    with _ending_with(window.close_soon):
        window.run(options.connect)
    return 0


def _read_options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python3 -m chatkit window", description="Chat in a window.")
    parser.add_argument("--name", default=own_name(), help="who you are in the chat (default: %(default)s)")
    parser.add_argument("--server", default="127.0.0.1", metavar="HOST", help="where it runs (default: %(default)s)")
    parser.add_argument("--port", type=port_option, default=DEFAULT_PORT, help="its TCP port (default: %(default)s)")
    parser.add_argument("--connect", action="store_true", help="connect at once, without waiting for the form")
    parser.add_argument("--reconnect", action="store_true", help="try again, by itself, when the connection is lost")
    parser.add_argument("--title", default="chatkit", help="the title of the window")
    add_client_options(parser)
    return parser.parse_args(argv)


@contextmanager
def _ending_with(close: Callable[[], None]) -> Iterator[None]:
    """Within, whatever ends a program closes the window instead, so that it can leave the chat first."""
    numbers = [getattr(signal, name) for name in _ENDING if hasattr(signal, name)]
    before = [signal.signal(number, lambda *_: close()) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
