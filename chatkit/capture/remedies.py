"""What to do where a system does not let its users capture: one sentence for each."""

import sys
from pathlib import Path

_RIGHTS = {
    "linux": (
        "this user may not capture frames. Remedy: sudo apt install wireshark-common, sudo dpkg-reconfigure "
        "wireshark-common (answer yes), sudo usermod -aG wireshark $USER, and log in again"
    ),
    "darwin": "this user may not open /dev/bpf*. Remedy: install Wireshark with its ChmodBPF package, and log in again",
    "win32": (
        "Npcap is missing or for administrators only. Remedy: install it from npcap.com, and do not restrict it "
        "to administrators"
    ),
}


def no_rights() -> str:
    """Why this user can't capture, and the remedy."""
    if _never_gains_rights():
        return (
            "this process can never gain the right to capture (no_new_privs is set, as in many containers). "
            "Remedy: run it on a computer of your own, or go on with a recorded capture"
        )
    return _RIGHTS.get(sys.platform, "this user may not capture frames. Remedy: run it as an administrator")


def _never_gains_rights() -> bool:
    try:
        return "NoNewPrivs:\t1" in Path("/proc/self/status").read_text()
    except OSError:
        return False  # not Linux
