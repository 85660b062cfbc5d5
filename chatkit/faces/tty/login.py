"""Who wants to chat, and where: taken from the command line, and asked for in the terminal."""

import argparse
import getpass
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from chatkit.errors import MisuseError
from chatkit.faces.port import port_option, read_port
from chatkit.faces.sealing import add_client_options, context_of_client
from chatkit.faces.tty.screen_text import harmless
from chatkit.faces.updates import Blame
from chatkit.faces.user import own_name
from chatkit.net.event import Address
from chatkit.net.host import DEFAULT_PORT, parse_address
from chatkit.protocol.names import BadName, clean_name

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Login:
    """A username and a server's address, whether to come back when the connection is lost, and how it is sealed."""

    name: str
    server: Address
    reconnect: bool = False
    tls: ssl.SSLContext | None = None


def read_login(argv: list[str], by_hand: bool) -> Login:
    """Give the login of the command line; what it lacks is asked for, or is the usual where nobody can be asked.

    Raises EOFError where the answer is Ctrl-D.
    """
    options = _parser().parse_args(argv)
    tls = context_of_client(options)
    name, server = options.name or own_name(), (options.server or "127.0.0.1", options.port or DEFAULT_PORT)
    if options.server:
        server = parse_address(options.server, server[1])
    if by_hand and options.name is None:
        name = _ask_name(name)
    if by_hand and options.server is None:
        server = _ask_server(server, port_too=options.port is None)
    return Login(name, server, options.reconnect, tls)


def ask_again(login: Login, blame: Blame) -> Login:
    """Ask for what has to change."""
    if blame is Blame.NAME:
        return replace(login, name=_ask_name(login.name))
    return replace(login, server=_ask_server(login.server))


def ask_password() -> str:
    """Ask for the password of the room; what is typed is not shown."""
    return getpass.getpass("Password of the room: ")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m chatkit chat",
        description="Chat in this terminal. What is not given is asked for. "
        "Where the input is a pipe, each line is a message or a command, and its end is /quit.",
    )
    parser.add_argument("server", nargs="?", metavar="HOST[:PORT]", help="the server, such as 127.0.0.1")
    parser.add_argument("--name", help="your username")
    parser.add_argument("--port", type=port_option, help=f"the server's port ({DEFAULT_PORT})")
    parser.add_argument("--reconnect", action="store_true", help="try again, by itself, when the connection is lost")
    add_client_options(parser)
    return parser


def _ask_name(default: str) -> str:
    """Ask for the username until it is one that chat/1 allows."""
    return _ask("Username", default, clean_name)


def _ask_server(default: Address, port_too: bool = True) -> Address:
    """Ask for the server, and for its port unless `HOST:PORT` answered that too."""
    host, port = _ask("Server", default[0], lambda typed: parse_address(typed, default[1]))
    return (host, _ask("Port", str(port), read_port)) if port_too and port == default[1] else (host, port)


def _ask(question: str, default: str, read: Callable[[str], T]) -> T:
    """Ask until the answer can be read; Enter alone means the default."""
    hint = f" [{default}]" if default else ""
    while True:
        answer = input(f"{question}{hint}: ").strip() or default
        try:
            return read(answer)
        except (MisuseError, BadName) as error:
            print(f"  {harmless(str(error))}.".replace("..", "."))
