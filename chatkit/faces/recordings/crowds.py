"""python3 -m chatkit.faces.recordings.crowds: makes the recorded capture of a room in which one does not read.

    slow-reader    eight guests come and talk; one says nothing, and another takes nothing out of its socket

It does what notebook 12 does, on a private LAN.
"""

import sys
from pathlib import Path

from chatkit.capture.recorded import FOLDER
from chatkit.faces.notebook.slow_reader import GUESTS, RECORDED, let_one_sleep
from chatkit.faces.notebook.tcp_views import SERVER
from chatkit.lan.lan import Lan


def main(argv: list[str]) -> int:
    """Record into the folder that is named, or into the one where the kit finds its captures."""
    folder = Path(argv[0]) if argv else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with Lan(SERVER, GUESTS) as lan:
        print(let_one_sleep(lan).save(folder / f"{RECORDED}.pcap"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
