"""python3 -m chatkit serve: the chat server, and what it prints.

The main thread prints the log and waits for Ctrl-C; everything else happens in the server's own threads.
"""

import argparse
import contextlib
import errno
import os
import signal
import ssl
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TYPE_CHECKING

from chatkit.errors import MachineError
from chatkit.faces import serve_options
from chatkit.faces.log import WORTH_A_LINE, Log
from chatkit.faces.sealing import Sealing, sealing_of_server
from chatkit.faces.transcript import TranscriptFile
from chatkit.faces.user import PASSWORD, room_password
from chatkit.net.host import DEFAULT_PORT, ThisComputer, addresses, write_address
from chatkit.net.ports import find_holder
from chatkit.net.server import Server

if TYPE_CHECKING:
    from chatkit.faces.evidence.offer import Offer

Handler = Callable[[int, FrameType | None], None] | signal.Handlers

WARNING = """\
Warning: only for an internal network. Nothing is encrypted: whoever captures
there can read along, and whoever reaches this computer can join.
"""
SEALED_WARNING = """\
Warning: only for an internal network. Whoever reaches this computer can join.
"""

_TICK = 0.2  # seconds; on Windows a wait without a limit would not notice Ctrl-C
_SPARE_FILES = 32  # what the process opens beside its clients


def main(argv: list[str]) -> int:
    """Serve until Ctrl-C; returns the exit code."""
    options = serve_options.parse(argv)
    with _note_signals() as signals:
        try:
            _serve(options, Log(sys.stdout), signals)
        except BrokenPipeError:  # whoever read the log is gone
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more at its end
    return 0


def invitation(open_to_all: bool, own_addresses: list[str], port: int, sealing: Sealing | None = None) -> str:
    """Give what a class has to know: who may connect, where to, and what to type for that."""
    here = _lines_to_type("127.0.0.1", port, sealing.to_type_here if sealing else "")
    if not open_to_all:
        return "\n".join(["Connections are allowed from this computer only:", "", *here])
    lines = ["Connections are allowed from every computer that reaches this one:", ""]
    for address in own_addresses:
        lines += _lines_to_type(address, port, sealing.to_type if sealing else "")
    return "\n".join([*lines, "and from this computer:", "", *here, SEALED_WARNING if sealing else WARNING])


def _lines_to_type(address: str, port: int, tls: str) -> list[str]:
    place = address if port == DEFAULT_PORT else write_address((address, port))
    if tls:
        return [f"    python3 -m chatkit chat {place} {tls}", f"    openssl s_client -quiet {address}:{port}", ""]
    return [f"    python3 -m chatkit chat {place}", f"    nc {address} {port}", ""]


def _serve(options: argparse.Namespace, log: Log, signals: list[int]) -> None:
    host = ThisComputer(open_to_all=options.open)
    limits, history = serve_options.limits(options), options.history
    sealing = sealing_of_server(options)
    tls = sealing.context if sealing else None
    with _offer_captures(options, tls) as offer:
        server = Server(
            options.port,
            host=host,
            limits=limits,
            password=room_password(),
            history=history,
            capture_link=offer.links.link if offer else None,
            tls=tls,
        )
        server.subscribe(log.note, only=WORTH_A_LINE)
        if offer:
            server.subscribe(offer.links.note)
        with _transcript(options.transcript, server, log):
            _run(options, server, log, signals, sealing, offer.explanation if offer else "")


@contextlib.contextmanager
def _offer_captures(options: argparse.Namespace, tls: ssl.SSLContext | None) -> "Iterator[Offer | None]":
    """Capture, where that was asked for, from before the first client comes."""
    if not options.capture:
        yield None
        return
    from chatkit.faces.evidence.offer import offer  # it needs packages, and the chat does not

    options.port = options.port or _free_port()
    with offer(options.port, web_port=options.capture_port, open_to_all=options.open, tls=tls) as offered:
        yield offered


def _free_port() -> int:
    with ThisComputer().listen(0) as listener:
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def _transcript(path: str | None, server: Server, log: Log) -> Iterator[None]:
    """Write down what happens, where that was asked for."""
    if path is None:
        yield
        return
    with TranscriptFile(path, log.note) as file:
        server.subscribe(file.note)
        yield


def _run(
    options: argparse.Namespace,
    server: Server,
    log: Log,
    signals: list[int],
    sealing: Sealing | None,
    on_captures: str,
) -> None:
    _start(server, options.port)
    try:
        _announce(options, server, log, sealing, on_captures)
        while not signals:
            log.print_what_comes(_TICK)
        log.say("Stopping: everybody hears BYE.")
    finally:
        server.stop()
    log.print_what_comes(0)
    log.say("Stopped: every socket is closed.")


def _start(server: Server, port: int) -> None:
    try:
        server.start()
    except MachineError as error:
        holder = find_holder(port) if _is_taken(error) else None
        if holder is None:
            raise
        remedy = f"End it (kill {holder.pid})" if holder.pid else "Let them end it"
        raise MachineError(f"Port {port} is taken by {holder}. {remedy}, or choose another port (--port).") from error


def _is_taken(error: MachineError) -> bool:
    return isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.EADDRINUSE


def _announce(options: argparse.Namespace, server: Server, log: Log, sealing: Sealing | None, on_captures: str) -> None:
    port = server.address[1]
    log.say(f"chat/1 server on port {port}.")
    log.say(invitation(options.open, addresses(), port, sealing))
    if sealing:
        log.say(sealing.explanation)
    if room_password():
        log.say(f"The room has a password: every client asks for it, and a script takes it from {PASSWORD}.")
        log.say("By hand, PASS and the password come before JOIN.")
    if too_few := _raise_file_limit(options.max_clients):
        log.say(too_few)
    if options.transcript:
        log.say(f"All that is said to the room is written to {options.transcript}. Tell the class.")
    if on_captures:
        log.say(on_captures)
    log.say("Ctrl-C ends it.\n")


def _raise_file_limit(clients: int) -> str:
    """Allow this process as many open files as the system lets it; give the sentence to say if they are too few."""
    if sys.platform == "win32":
        return ""  # has no such limit
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (hard, 10_240):  # macOS says "no limit" and means OPEN_MAX
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            break
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY or files >= clients + _SPARE_FILES:
        return ""
    fit = max(0, files - _SPARE_FILES)
    return f"Only about {fit} clients fit: the system allows a process {files} open files (ulimit -Hn)."


@contextlib.contextmanager
def _note_signals() -> Iterator[list[int]]:
    """Note each Ctrl-C and SIGTERM in a list, however often they come: no second one cuts the goodbye short."""
    noted: list[int] = []  # no Event: it has a lock, for which a signal inside the first one would wait forever
    _handle_signals(lambda number, _: noted.append(number))
    try:
        yield noted
    finally:
        _handle_signals(signal.SIG_IGN)  # one that comes now, while Python ends, has nothing left to end


def _handle_signals(handler: Handler) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)
