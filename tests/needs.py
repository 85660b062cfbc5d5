"""What a test may need beside Python: each a mark that skips it, and says with which command it can be had."""

import os
import shutil
import socket
import subprocess
import sys

import pytest

from chatkit.lan.lan import why_no_lan


def _needs_program(program: str, package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        shutil.which(program) is None, reason=f"needs {program}: sudo apt install {package} (Debian, Ubuntu)"
    )


def _may_capture() -> bool:
    """Whether a packet socket can be had: Linux, as root or with CAP_NET_RAW."""
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
    except (AttributeError, OSError):
        return False
    return True


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _is_recent(python: str) -> bool:
    """Whether there is this Python, recent enough for chatkit."""
    program = "import sys; raise SystemExit(sys.version_info < (3, 11))"
    return shutil.which(python) is not None and subprocess.run([python, "-c", program]).returncode == 0


SYSTEM_PYTHON = "/usr/bin/python3"  # for other users: the one that runs the tests may be in a folder of root's

needs_root = pytest.mark.skipif(not _is_root(), reason="needs root: sudo python3 -m chatkit test")
needs_live_capture = pytest.mark.skipif(
    not _may_capture(), reason="needs the right to capture: sudo python3 -m chatkit test (Linux)"
)
needs_lan = pytest.mark.skipif(bool(_NO_LAN := why_no_lan()), reason=f"needs a private LAN: {_NO_LAN}")
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: it looks into /proc")
needs_system_python = pytest.mark.skipif(
    not _is_recent(SYSTEM_PYTHON), reason=f"needs {SYSTEM_PYTHON}, 3.11 at least: sudo apt install python3"
)
needs_display = _needs_program("Xvfb", "xvfb openbox xdotool imagemagick python3-tk")
needs_chromium = _needs_program("chromium", "chromium")
needs_tshark = _needs_program("tshark", "tshark")
needs_nc = _needs_program("nc", "netcat-openbsd")
needs_openssl = _needs_program("openssl", "openssl")
needs_compiler = _needs_program("cc", "gcc libc6-dev")
needs_tmux = _needs_program("tmux", "tmux")
needs_old_python = _needs_program("pypy3", "pypy3")
