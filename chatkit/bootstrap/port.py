"""Is a port of this computer free, and if not, who has it?"""

import errno
import os
import re
import shutil
import socket
import subprocess
import sys

from chatkit.net.ports import Holder, find_holder

LARGEST = 65535


def obstacle(port: int) -> OSError | None:
    """Why no server on this computer can have the port now; None where one can."""
    try:
        for address in ("127.0.0.1", ""):  # macOS lets one have the first while somebody has the second
            with socket.socket() as probe:
                if os.name == "posix":  # past connections must not count; on Windows it would steal the port
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, port))
    except OSError as error:
        return error
    return None


def next_free(port: int) -> int:
    """The first free port from this one on."""
    return next(candidate for candidate in range(port, LARGEST + 1) if obstacle(candidate) is None)


def explain(port: int, problem: OSError) -> str:
    """Why the port cannot be had, and what to do, as far as the system tells."""
    if problem.errno != errno.EADDRINUSE:
        return f"Port {port} cannot be had: {problem.strerror}."
    holder = find_holder(port) if sys.platform == "linux" else _ask_the_system(port)
    if holder is None:
        return f"Port {port} is taken by another program."
    remedy = "" if holder.pid is None else f" To end it: {'taskkill /PID' if os.name == 'nt' else 'kill'} {holder.pid}"
    return f"Port {port} is taken by {holder}.{remedy}"


def read_netstat(text: str, port: int) -> Holder | None:
    """The holder, from what `netstat -ano -p TCP` prints on Windows, in any language."""
    match = re.search(rf"^\s*TCP\s+\S+:{port}\s+\S+:0\s+\S+\s+(\d+)", text, re.MULTILINE)
    return Holder("another program", int(match[1])) if match else None


def read_lsof(text: str) -> Holder | None:
    """The holder, from what `lsof -Fpc` prints: a line p with the number, then a line c with the name."""
    match = re.search(r"^p(\d+)\nc(.*)", text, re.MULTILINE)
    return Holder(match[2], int(match[1])) if match else None


def _ask_the_system(port: int) -> Holder | None:
    if sys.platform == "win32":
        return read_netstat(_said_by("netstat", "-ano", "-p", "TCP"), port)
    return read_lsof(_said_by("lsof", "-nP", "-Fpc", f"-iTCP:{port}", "-sTCP:LISTEN"))


def _said_by(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return ""
    return subprocess.run(command, capture_output=True, text=True, errors="replace").stdout
