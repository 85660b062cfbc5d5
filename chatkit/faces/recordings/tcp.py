"""python3 -m chatkit.faces.recordings.tcp: makes the recorded captures that stand in for the experiments with TCP.

    before-accept    ann connects and says a line, and no program has accepted her
    backlog-full     three calls at a door with room for two
    killed           a program is connected to the chat server, and is killed
    restart          a server closes first, and ends
    slow-start       ann sends all that she may, over a long wire

It does what notebooks 06, 07 and 08 do, on a private LAN.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from chatkit.capture.capture import Capture
from chatkit.capture.recorded import FOLDER
from chatkit.faces.notebook.bulk import NAME, pour, save
from chatkit.faces.notebook.kernel_table import sockets_on
from chatkit.faces.notebook.tcp_views import ANN, SERVER, calls, catching, kill_a_client, restart
from chatkit.lan.lan import Lan
from chatkit.net.host import DEFAULT_PORT
from chatkit.net.server import Server

HOSTS = (SERVER, ANN, "bob")
LINE = b"is anybody in?\n"


def main(argv: list[str]) -> int:
    """Record into the folder that is named, or into the one where the kit finds its captures."""
    folder = Path(argv[0]) if argv else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with Lan(*HOSTS) as lan:
        for name, capture in record(lan):
            print(f"{name}: {capture}\n  saved as {capture.save(folder / f'{name}.pcap')}")
        transfer = pour(lan)
        save(transfer, folder)
        print(f"{NAME}: {transfer}")
    return 0


def record(lan: Lan) -> Iterator[tuple[str, Capture]]:
    """Make all but the last, which comes with what the kernel told meanwhile."""
    yield "before-accept", _before_accept(lan)
    yield "backlog-full", _backlog_full(lan)
    yield "killed", _killed(lan)
    yield "restart", restart(lan, reuse_address=True).capture


def _before_accept(lan: Lan) -> Capture:
    door = (lan[SERVER].address, DEFAULT_PORT)
    with lan[SERVER].listen(DEFAULT_PORT), catching(lan, DEFAULT_PORT, "") as live, lan[ANN].connect(door) as ann:
        ann.sendall(LINE)
        sockets_on(lan[SERVER], DEFAULT_PORT)  # meanwhile the ACK comes
    return live.stop()


def _backlog_full(lan: Lan) -> Capture:
    with lan[SERVER].listen(DEFAULT_PORT) as door, catching(lan, DEFAULT_PORT, "") as live:
        door.listen(1)
        calls(lan, door, 3)
    return live.stop()


def _killed(lan: Lan) -> Capture:
    with Server(DEFAULT_PORT, host=lan[SERVER]) as server, catching(lan, DEFAULT_PORT, "") as live:
        kill_a_client(lan["bob"], server)
    return live.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
