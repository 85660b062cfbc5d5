"""Who has a port of this machine: what `ss -ltnp` says, read where it reads it.

    /proc/net/tcp, /proc/net/tcp6    every socket: its local port, its state, its owner, its inode
    /proc/PID/fd/N -> socket:[INODE]       which process has that socket open

Only Linux has these files; elsewhere nothing is known.
"""

import contextlib
import os
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_LISTEN = "0A"  # TCP_LISTEN in the kernel's enum
_SHOWN = 60  # characters of a command line


@dataclass(frozen=True, slots=True)
class Holder:
    """A program that listens; `pid` is None where it is another user's, whose processes we may not look into."""

    program: str
    pid: int | None = None

    def __str__(self) -> str:
        return self.program if self.pid is None else f"{self.program} (pid {self.pid})"


def find_holder(port: int) -> Holder | None:
    """Give the first program that listens on the port, on whichever address, or None where that is not known."""
    for inode, uid in _listening(port):
        pid = _process_with(f"socket:[{inode}]")
        return Holder(_command(pid), pid) if pid else Holder(f"a program of user {_user(uid)}")
    return None


def _listening(port: int) -> Iterator[tuple[str, int]]:
    """Give inode and owner of each socket that listens on the port."""
    for table in _TABLES:
        with contextlib.suppress(FileNotFoundError):  # not Linux, or no IPv6
            for row in table.read_text("ascii").splitlines()[1:]:
                _, local, _, state, _, _, _, uid, _, inode, *_ = row.split()
                if state == _LISTEN and int(local.rpartition(":")[2], 16) == port:
                    yield inode, int(uid)


def _process_with(link: str) -> int | None:
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile, or is another user's
            if any(os.readlink(file) == link for file in (process / "fd").iterdir()):
                return int(process.name)
    return None


def _command(pid: int) -> str:
    """Give the command line of a process, on one line and harmless: a process may call itself whatever it likes."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace").split("\0")
    except OSError:
        words = []  # it ended meanwhile
    line = " ".join([words[0].rpartition("/")[2], *words[1:]]) if words else ""
    shown = "".join(c if c.isprintable() else "?" for c in line)
    return textwrap.shorten(shown, _SHOWN, placeholder=" ...") or "a program"


def _user(uid: int) -> str:
    if sys.platform == "win32":
        return str(uid)  # it has no such files
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
