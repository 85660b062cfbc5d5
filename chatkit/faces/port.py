"""A TCP port, as a person types it."""

import argparse

from chatkit.errors import MisuseError


def read_port(typed: str) -> int:
    """Give the port; raises MisuseError with a sentence for the user."""
    text = typed.strip()
    if text.isascii() and text.isdigit() and 0 < int(text[:6]) < 65536:
        return int(text)
    raise MisuseError(f'"{text[:20]}" is no port: a number from 1 to 65535, usually 9898.')


def port_option(typed: str) -> int:
    """Read the port of a command line; argparse takes only its own error for a sentence."""
    try:
        return read_port(typed)
    except MisuseError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
