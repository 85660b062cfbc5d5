"""What there is on this machine: one function for each finding, each "no" with its remedy."""

import importlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from chatkit.bootstrap import port
from chatkit.bootstrap.environment import HERE, Part
from chatkit.bootstrap.remedy import install
from chatkit.doctor.finding import Finding
from chatkit.faces.display import why_no_window
from chatkit.net.host import DEFAULT_PORT, addresses

PATIENCE = 20.0  # seconds for a Python that is asked

ENOUGH_DESCRIPTORS = 512  # a class of a hundred, two or three for each, and the rest of the program

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "firefox", "brave-browser", "microsoft-edge", "wslview")

# Asked of the environment's Python, if there is one: pyroute2 and scapy are there.
LAN = """
import json, time
from chatkit.lan import why_no_lan
started = time.perf_counter()
print(json.dumps([why_no_lan(), time.perf_counter() - started]))
"""
MEANS = """
import dataclasses, json
from chatkit.capture.means import means
print(json.dumps([dataclasses.asdict(each) for each in means()]))
"""

EXERCISES = """
import json
from chatkit.capture.means import means
from chatkit.lan import why_no_lan
from chatkit.teach.preflight import preflight
found = preflight(not why_no_lan(), any(each.available for each in means()))
print(json.dumps([found.own, found.recorded]))
"""

WIRESHARKS = (
    Path("/Applications/Wireshark.app"),
    Path(os.environ.get("PROGRAMFILES", "C:/Program Files"), "Wireshark", "Wireshark.exe"),
)


def examine() -> list[Finding]:
    """All findings, what is needed first."""
    return [
        python(),
        environment(),
        tk(),
        display(),
        browser(),
        private_lan(),
        live_capture(),
        exercises(),
        wireshark(),
        chat_port(),
        console(),
        descriptors(),
        own_addresses(),
    ]


def python() -> Finding:
    """The Python that runs this; an older one does not come so far."""
    return Finding("Python", True, f"{sys.version.split()[0]} ({sys.executable})", needed=True)


def environment() -> Finding:
    """JupyterLab and the rest: whole, or still to be made."""
    lack = HERE.lacks(Part.LAB)
    if lack is None:
        return Finding("notebooks", True, f"their environment is in {HERE.folder}", needed=True)
    if not os.access(HERE.root, os.W_OK):
        return Finding("notebooks", False, f"{HERE.root} cannot be written: copy chatkit into a folder of yours", True)
    ensurepip = importlib.util.find_spec("ensurepip")
    if shutil.which("uv") is None and (ensurepip is None or ensurepip.origin is None):  # or only its empty folder
        return Finding("notebooks", False, f"their environment needs Python's ensurepip. Type: {install('venv')}", True)
    return Finding("notebooks", True, f"python3 -m chatkit lab makes their environment ({lack})", needed=True)


def tk() -> Finding:
    """Tkinter, of which the window is made; it comes with Python, never from pip."""
    try:
        importlib.import_module("tkinter")
    except ImportError:
        return Finding("Tk", False, why_no_window())
    return Finding("Tk", True, "python3 -m chatkit window can be drawn")


def display() -> Finding:
    """A screen on which a window can open: one is opened, out of sight."""
    if not tk().ok:
        seen = os.environ.get("DISPLAY") or sys.platform in ("darwin", "win32")
        return Finding("display", bool(seen), "not tried: that needs Tk")
    reason = why_no_window()
    return Finding("display", not reason, reason or "a window can be opened")


def browser() -> Finding:
    """A browser for JupyterLab; macOS and Windows bring one."""
    if sys.platform in ("darwin", "win32"):
        return Finding("browser", True, "the one of this system")
    found = next(filter(shutil.which, BROWSERS), None)
    remedy = f"{install('Chromium')}; or open JupyterLab from another computer: lab --no-browser says how"
    return Finding("browser", found is not None, found or remedy)


def private_lan() -> Finding:
    """Whether hosts with a wire between them can be had here: one is made for a moment."""
    python, whose = best_python()
    try:
        reason, seconds = ask(python, LAN)
    except (subprocess.SubprocessError, ValueError) as error:
        return Finding("private LAN", False, f"{whose} Python could not say: {error}")
    user = "root" if hasattr(os, "geteuid") and os.geteuid() == 0 else "an ordinary user"
    return Finding("private LAN", not reason, reason or f"made and ended in {seconds:.1f} seconds, by {user}")


def live_capture() -> Finding:
    """Whether frames can be caught here, and by which means."""
    python, whose = best_python()
    try:
        found = ask(python, MEANS)
    except (subprocess.SubprocessError, ValueError) as error:
        return Finding("live capture", False, f"{whose} Python could not say: {error}")
    ways = [means["name"] for means in found if means["available"]]
    if ways:
        return Finding("live capture", True, f"by {', '.join(ways)} (so says {whose} Python)")
    reasons = [f"{means['name']}: {means['reason']}. {means['remedy'].rstrip('.')}." for means in found]
    return Finding("live capture", False, " ".join([*reasons, "Until then notebooks show a recorded capture."]))


def exercises() -> Finding:
    """How many exercises can be done here on captures of one's own."""
    if not HERE.has(Part.LAB):
        return Finding("exercises", False, "they are counted once there is an environment: python3 -m chatkit lab")
    try:
        own, recorded = ask(HERE.python, EXERCISES)
    except (subprocess.SubprocessError, ValueError) as error:
        return Finding("exercises", False, f"the environment's Python could not say: {error}")
    if not recorded:
        return Finding("exercises", True, f"all {len(own)} that ask about a capture, on your own")
    unlock = "a private LAN here: see that row"
    if not own:
        unlock = "a private LAN or live capture here (see those rows), or a server with serve --capture"
    listed = ", ".join(map(str, recorded))
    said = f"{len(own)} of {len(own) + len(recorded)} that ask about a capture can be done on your own; {listed} on "
    return Finding("exercises", False, f"{said}recorded ones, until there is {unlock}")


def best_python() -> tuple[Path | str, str]:
    """The Python that runs the notebooks, or else this one, and whose it is."""
    return (HERE.python, "the environment's") if HERE.has(Part.LAB) else (sys.executable, "this")


def ask(python: Path | str, question: str) -> Any:
    """What another Python prints, read as JSON; raises SubprocessError or ValueError where it cannot answer."""
    answer = subprocess.run([python, "-c", question], cwd=HERE.root, capture_output=True, timeout=PATIENCE, check=True)
    return json.loads(answer.stdout)


def wireshark() -> Finding:
    """What opens a saved capture."""
    found = next(filter(None, map(shutil.which, ("wireshark", "tshark"))), None)
    found = found or next((str(path) for path in WIRESHARKS if path.exists()), None)
    return Finding("Wireshark", found is not None, found or install("Wireshark"))


def chat_port() -> Finding:
    """The port that the chat server takes if it is told no other."""
    problem = port.obstacle(DEFAULT_PORT)
    if problem is None:
        return Finding(f"port {DEFAULT_PORT}", True, "free for a chat server")
    other = f"Or use another one: python3 -m chatkit serve --port {port.next_free(DEFAULT_PORT + 1)}"
    return Finding(f"port {DEFAULT_PORT}", False, f"{port.explain(DEFAULT_PORT, problem)} {other}")


def console() -> Finding:
    """Whether every character of a chat can be printed here."""
    encoding = str(sys.stdout.encoding)
    remedy = "set PYTHONUTF8=1" if os.name == "nt" else "export LC_ALL=C.UTF-8"
    utf8 = encoding.lower().replace("-", "") == "utf8"
    return Finding("console", utf8, encoding if utf8 else f"it is {encoding}, not UTF-8. Type: {remedy}")


def descriptors() -> Finding:
    """How many connections a server here may have."""
    if sys.platform == "win32":
        return Finding("descriptors", True, "Windows sets no limit that a class would reach")
    import resource

    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    enough = limit == resource.RLIM_INFINITY or limit >= ENOUGH_DESCRIPTORS
    remedy = f"at most {limit}, too few for a class. Before `serve`, type: ulimit -n 4096"
    return Finding("descriptors", enough, f"at most {limit} open files and connections" if enough else remedy)


def own_addresses() -> Finding:
    """What others would type to reach a server here."""
    found = addresses()
    nothing = "none that others could type: this computer is on no network. The chat runs on 127.0.0.1"
    return Finding("address", bool(found), ", ".join(found) or nothing)
