"""One at a time: a lock on a file, which the system lets go of when its holder ends, however it ends."""

import errno
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

PAUSE = 0.2


@contextmanager
def alone(path: Path, say_wait: Callable[[], None]) -> Iterator[None]:
    """Hold the lock on `path`; where somebody else holds it, call `say_wait` and wait."""
    with path.open("a") as file:  # never removed: a second file of that name would be a second lock
        if not _take(file):
            say_wait()
            while not _take(file):
                time.sleep(PAUSE)
        yield


if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[str]) -> bool:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _take(file: IO[str]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            # A file system without locks (some network ones) has nobody to wait for.
            return error.errno in (errno.ENOLCK, errno.EOPNOTSUPP)
        return True
