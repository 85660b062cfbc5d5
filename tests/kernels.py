"""Kernels of Jupyter that are spoken to through files, not ports.

Jupyter tells a kernel five ports that were free a moment before. On a machine where tests open and close them all the
time, one of them may be taken by then.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_ports() -> Iterator[dict[str, str]]:
    """Give what a KernelManager is to be told; the path is short, for the name of such a file has 107 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="ck-") as folder:
        yield {"transport": "ipc", "ip": f"{folder}/kernel"} if sys.platform == "linux" else {}
