"""Captures that the kit brings, for machines that do not let their users capture.

They are real: chatkit's own server and clients made them (`python3 -m chatkit.faces.recordings.chats`, and the others
there). And they say that they are recorded, wherever they are shown.
"""

from dataclasses import replace
from pathlib import Path

from chatkit.capture.capture import Capture
from chatkit.errors import MisuseError

FOLDER = Path(__file__).with_name("recorded")


def names() -> tuple[str, ...]:
    """What there is."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.pcap")))


def recorded(name: str = "first-words") -> Capture:
    """The recorded capture of this name."""
    if name not in names():
        raise MisuseError(f"no recorded capture is called {name!r}; there is {', '.join(names())}")
    capture = Capture.read(FOLDER / f"{name}.pcap")
    return replace(capture, source=f"RECORDED, not caught here: {name}, which chatkit brings")
