"""A LAN for root, for an ordinary user, and for whom the system forbids it: that one gets the reason and the remedy."""

import errno
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from chatkit.errors import LanError
from chatkit.lan import Lan, remedies, why_no_lan
from tests.needs import SYSTEM_PYTHON, needs_lan, needs_linux, needs_root, needs_system_python

ROOT = Path(__file__).parent.parent
PATIENCE = 30.0  # seconds

WHY = "from chatkit.lan import why_no_lan; print(why_no_lan())"
NO_RIGHTS = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]

# Let unshare(2) fail with EPERM, as Docker's filter does: seccomp(2), with a classic BPF program of four instructions.
FILTER = """
import ctypes, os, platform, struct, sys
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
UNSHARE = {"x86_64": 272, "aarch64": 97}[platform.machine()]
program = [(LOAD, 0, 0, 0), (JUMP_IF_EQUAL, 0, 1, UNSHARE), (RETURN, 0, 0, ERRNO | 1), (RETURN, 0, 0, ALLOW)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
head = ctypes.create_string_buffer(struct.pack("HP", len(program), ctypes.addressof(code)))
libc = ctypes.CDLL(None)
assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
assert libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, head) == 0
os.execvp(sys.argv[1], sys.argv[1:])
"""


def limited(*limits: str) -> list[str]:
    """The start of a command, in a user namespace in which these limits are 0, for a user without rights in it."""
    script = "".join(f"echo 0 > /proc/sys/user/{limit} && " for limit in limits) + 'exec "$@"'
    return ["unshare", "--user", "--map-root-user", "sh", "-c", script, "sh", *NO_RIGHTS]


DOORS = {  # what is closed: how, and what is said then
    "the number of user namespaces": (
        limited("max_user_namespaces"),
        "no more namespaces are allowed (user.max_user_namespaces = 0). "
        "Remedy: sudo sysctl -w user.max_user_namespaces=10000.",
    ),
    "the number of network namespaces": (
        limited("max_net_namespaces", "max_pid_namespaces"),
        "no more namespaces are allowed (user.max_net_namespaces = 0, user.max_pid_namespaces = 0). "
        "Remedy: sudo sysctl -w user.max_net_namespaces=10000 user.max_pid_namespaces=10000.",
    ),
    "a filter of system calls": (
        [sys.executable, "-c", FILTER],
        "the container forbids it, as Docker does by default. Remedy: docker run --security-opt seccomp=unconfined "
        "--security-opt apparmor=unconfined --security-opt systempaths=unconfined.",
    ),
}


def say(*command: str) -> str:
    """What a command prints, run in the root of chatkit."""
    answer = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"COLUMNS": "1000"}, capture_output=True, text=True, timeout=PATIENCE
    )
    assert answer.stderr == ""
    return answer.stdout


# ---- who gets one ----


@needs_lan
@needs_root
def test_root_gets_one_and_needs_no_user_namespace_for_it() -> None:
    with Lan("ann") as lan, lan["ann"].run(["readlink", "/proc/self/ns/user"], stdout=subprocess.PIPE) as program:
        assert program.communicate(timeout=PATIENCE)[0].decode().strip() == os.readlink("/proc/self/ns/user")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder with chatkit and pyroute2 in it that everybody may read, wherever this Python and this clone are."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        shutil.copytree(ROOT / "chatkit", folder / "chatkit")
        shutil.copytree(Path(sysconfig.get_path("purelib"), "pyroute2"), folder / "pyroute2")
        shutil.copy(ROOT / "tests" / "unprivileged.py", folder)
        subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
        yield folder


@needs_lan
@needs_root
@needs_system_python
def test_an_ordinary_user_gets_one_without_any_rights(open_folder: Path) -> None:
    user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", "--bounding-set=-all"]
    answer = subprocess.run(
        [*user, SYSTEM_PYTHON, open_folder / "unprivileged.py"],
        cwd=open_folder,
        env={"PATH": os.defpath, "PYTHONPATH": str(open_folder)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert answer.stderr == ""
    report = json.loads(answer.stdout)
    assert report.pop("seconds") < 5
    assert report == {
        "user": 65534,
        "remarks": [],
        "said": "hello",
        "dropped": 1,
        "names": ["10.0.0.1\tserver", "10.0.0.2\tann", "10.0.0.3\tbob"],
        "ended": 0,
    }


# ---- who gets none ----


@needs_lan
@pytest.mark.parametrize("door", DOORS)
def test_a_closed_door_is_named_and_so_is_what_opens_it(door: str) -> None:
    closing, reason = DOORS[door]
    assert say(*closing, sys.executable, "-c", WHY) == f"No private LAN can be had here: {reason}\n"


@needs_lan
@pytest.mark.parametrize("door", DOORS)
def test_the_doctor_says_the_same_words(door: str) -> None:
    closing, reason = DOORS[door]
    rows = say(*closing, sys.executable, "-m", "chatkit", "doctor").splitlines()
    row = next(row for row in rows if row.startswith("private LAN"))
    assert row.split(maxsplit=3)[2:] == ["NO", f"No private LAN can be had here: {reason}"]


STEPS = [  # the step, what the system answered, how it is set, and what is said
    ("namespaces", errno.EPERM, {"kernel/apparmor_restrict_unprivileged_userns": "1"}, "AppArmor"),
    ("namespaces", errno.EACCES, {"kernel/apparmor_restrict_unprivileged_userns": "1"}, "unprivileged_userns=0"),
    (
        "namespaces",
        errno.EPERM,
        {"kernel/unprivileged_userns_clone": "0"},
        "sysctl -w kernel.unprivileged_userns_clone=1",
    ),
    ("namespaces", errno.EPERM, {}, "Remedy: run it as root"),
    ("namespaces", errno.EINVAL, {}, "built without namespaces"),
    ("namespaces", errno.ENOSPC, {"user/max_user_namespaces": "0"}, "sysctl -w user.max_user_namespaces=10000"),
    ("namespaces", errno.ENOSPC, {"user/max_user_namespaces": "9" * 5}, "user.max_user_namespaces=10000"),
    ("network", errno.EOPNOTSUPP, {}, "Remedy: sudo modprobe veth"),
    ("network", errno.EAFNOSUPPORT, {}, "Remedy: sudo modprobe af_packet"),
    ("network", errno.EROFS, {}, "Remedy: docker run"),
    ("network", errno.EMFILE, {}, "Remedy: ulimit -n 4096"),
    ("network", None, {}, "what the system said. Remedy: "),
    ("namespaces", errno.EIO, {}, "what the system said. Remedy: "),
]


@pytest.mark.parametrize("step, number, settings, said", STEPS)
def test_how_the_system_is_set_tells_which_door_is_closed(
    step: str, number: int | None, settings: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"/proc/sys/{name}": f"{value}\n" for name, value in settings.items()}
    monkeypatch.setattr(remedies, "_read", lambda path: files.get(path, ""))
    assert said in remedies.explain(step, number, "what the system said")


OTHER_SYSTEMS = [
    ("darwin", "23.1.0", "macOS has no network namespaces. Remedy: "),
    ("win32", "10", "Remedy: wsl --install"),
    ("freebsd14", "14.0", "Remedy: run chatkit on Linux"),
    ("linux", "4.4.0-19041-Microsoft", "Remedy: wsl --set-version"),
]


@pytest.mark.parametrize("system, release, said", OTHER_SYSTEMS)
def test_another_system_is_told_what_it_needs_before_anything_starts(
    system: str, release: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr("os.uname", lambda: SimpleNamespace(release=release))
    assert said in why_no_lan()
    with pytest.raises(LanError, match="No private LAN can be had here"):
        Lan("ann")


@needs_linux
@pytest.mark.parametrize("prefix, said", [("/venv", "-m pip install pyroute2"), (sys.base_prefix, "-m chatkit lab")])
def test_a_python_without_pyroute2_is_told_how_to_get_it(
    prefix: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remedies, "find_spec", lambda _: None)
    monkeypatch.setattr(sys, "prefix", prefix)
    assert "this Python has no pyroute2. Remedy: " in why_no_lan() and said in why_no_lan()


@needs_linux
def test_chatkit_lan_can_be_imported_where_there_are_no_namespaces() -> None:
    without = "import socket, os, select, sys; sys.platform = 'darwin'; " + "".join(
        f"vars({module}).pop('{name}', None); "
        for module, name in [("socket", "AF_PACKET"), ("os", "eventfd"), ("select", "epoll"), ("socket", "AF_UNIX")]
    )
    assert "macOS" in say(sys.executable, "-c", without + WHY)
