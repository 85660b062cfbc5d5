"""Why a LAN cannot be had here, and the remedy: what failed, and how the system is set, tell which it is."""

import errno
import os
import sys
from importlib.util import find_spec
from pathlib import Path

_NAMESPACES = ("user", "net", "pid", "mnt")
_ENOUGH = 10000
_APPARMOR = "kernel.apparmor_restrict_unprivileged_userns"
_DEBIAN = "kernel.unprivileged_userns_clone"

_NOT_LINUX = {
    "darwin": "macOS has no network namespaces. Remedy: run chatkit on Linux, in a virtual machine say",
    "win32": (
        "Windows has no network namespaces. Remedy: wsl --install, in PowerShell as administrator; "
        "then run chatkit in the Linux that it gives you"
    ),
}
_DOCKER = (
    "the container forbids it, as Docker does by default. Remedy: docker run --security-opt seccomp=unconfined "
    "--security-opt apparmor=unconfined --security-opt systempaths=unconfined"
)

BUILD_ANOTHER = "Make a new Lan (in a notebook: run the cell with start_lan again)."  # one that ended stays ended


def obstacle() -> str:
    """What stands in the way on this system, whoever asks; empty where nothing does."""
    if sys.platform != "linux":
        return _sentence(_NOT_LINUX.get(sys.platform, f"{sys.platform} has none. Remedy: run chatkit on Linux"))
    if os.uname().release.endswith("-Microsoft"):  # WSL 2 calls itself microsoft-standard-WSL2
        return _sentence(
            "WSL 1 has no kernel of Linux. Remedy: wsl --set-version NAME 2, in PowerShell; wsl -l names it"
        )
    if find_spec("pyroute2") is None:
        return _sentence(f"this Python has no pyroute2. Remedy: {_install()}")
    return ""


def explain(step: str, number: int | None, error: str) -> str:
    """Why that step failed: making `namespaces`, the `network` in them, or a `request` of a host. `number`: errno."""
    if step == "request":
        return f"The host cannot do that: {error}."
    if "No module named" in error:  # the helper does not look for modules everywhere where we do
        return _sentence(f"{error}. Remedy: {_install()}")
    return _sentence(_cause(step, number) or f"{error}. Remedy: {_run_as_root()}")


def _cause(step: str, number: int | None) -> str:
    match step, number:
        case _, errno.ENOSPC | errno.EUSERS:
            return _too_few_namespaces()
        case _, errno.EMFILE | errno.ENFILE:
            return "too many files would be open. Remedy: ulimit -n 4096"
        case "namespaces", errno.EINVAL:
            return "this kernel was built without namespaces. Remedy: another kernel, such as your distribution's own"
        case "namespaces", errno.EPERM | errno.EACCES | errno.ENOSYS:
            return _forbidden()
        case "network", errno.EROFS:
            return _DOCKER
        case "network", errno.EOPNOTSUPP:
            return "the kernel's module for pairs of interfaces is missing. Remedy: sudo modprobe veth"
        case "network", errno.EAFNOSUPPORT:
            return "the kernel's module for packet sockets is missing. Remedy: sudo modprobe af_packet"
    return ""


def _too_few_namespaces() -> str:
    """The table of one kind is full; 0 switches the kind off."""
    limits = {f"user.max_{kind}_namespaces": _setting(f"user.max_{kind}_namespaces") for kind in _NAMESPACES}
    low = {name: limit for name, limit in limits.items() if limit.isdigit() and int(limit) < _ENOUGH} or limits
    seen = ", ".join(f"{name} = {limit}" for name, limit in low.items())
    return f"no more namespaces are allowed ({seen}). Remedy: sudo sysctl -w " + " ".join(f"{n}={_ENOUGH}" for n in low)


def _forbidden() -> str:
    """Somebody said no: the first of those who do that, as far as their settings tell."""
    if _setting(_APPARMOR) == "1":
        return (
            "AppArmor keeps ordinary users from making namespaces, as on Ubuntu since 23.10. "
            f"Remedy: sudo sysctl -w {_APPARMOR}=0"
        )
    if _setting(_DEBIAN) == "0":
        return f"ordinary users may not make namespaces here. Remedy: sudo sysctl -w {_DEBIAN}=1"
    if "Seccomp:\t2" in _read("/proc/self/status"):  # a filter is in force
        return _DOCKER
    return f"the system does not let this user make namespaces. Remedy: {_run_as_root()}"


def _install() -> str:
    """Into an environment, never into the system's own Python."""
    if sys.prefix != sys.base_prefix:
        return f"{sys.executable} -m pip install pyroute2"
    return "python3 -m chatkit lab, which makes an environment that has it"


def _run_as_root() -> str:
    return "run it as root, with sudo, or on a computer of your own"


def _setting(name: str) -> str:
    """What sysctl(8) would show; empty if there is no such setting."""
    return _read("/proc/sys/" + name.replace(".", "/")).strip()


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _sentence(cause: str) -> str:
    return f"No private LAN can be had here: {cause}."
