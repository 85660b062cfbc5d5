"""python3 -m chatkit.faces.recordings.scenarios: makes the recorded captures of the scenarios that chatkit brings.

Each is played on a private LAN, and saved where `chatkit.capture.recorded` finds it. Names choose some of them.
"""

import sys

from chatkit.capture.played import played
from chatkit.capture.recorded import FOLDER
from chatkit.errors import MachineError
from chatkit.lan.lan import why_no_lan
from chatkit.lan.scenarios import SCENARIOS


def main(argv: list[str]) -> int:
    """Record the scenarios that are named, or all."""
    if why_not := why_no_lan():
        raise MachineError(f"Scenarios cannot be recorded here. {why_not}")
    for name in argv or SCENARIOS:
        capture = played(name)
        print(f"{capture}\n  saved as {capture.save(FOLDER / f'{name}.pcap')}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
