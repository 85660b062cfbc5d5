"""python3 -m chatkit.faces.recordings.attacks: makes what stands in where nobody can be attacked.

    spy-hub, spy-switch, spy-between     what comes to eve while ann and bob talk: on a hub, on a switch, after a lie
    spy-at-ann                           what came to ann, the lie among it
    attack-heard, attack-resets          ann's connection as eve hears it, and the resets that she forges for it
    attack-flood, attack-cookies         a flood of SYNs, against a server without cookies, and with them

It does what notebooks 09 and 11 do, on a private LAN.
"""

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from chatkit.capture.recorded import FOLDER
from chatkit.capture.wire_capture import WireCapture, capture_of
from chatkit.faces.notebook.attack_views import (
    COOKIES,
    FLOODED,
    HEARD,
    RESETS,
    ByHand,
    Moment,
    attempt,
    flood,
    look,
    next_number,
    save,
)
from chatkit.faces.notebook.eve_views import ANN, BOB, EVE, HOSTS, SERVER, lie, overhear
from chatkit.lan.lan import Lan
from chatkit.net.client import Client
from chatkit.net.host import DEFAULT_PORT
from chatkit.net.server import Server
from chatkit.tcp.sequence import add

FAR, NEAR = 1 << 31, 1000  # steps from the next number


def main(argv: list[str]) -> int:
    """Record into the folder that is named, or into the one where the kit finds its captures."""
    folder = Path(argv[0]) if argv else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*_spy(folder), *_reset(folder), *_flood(folder)):
        print(f"{name}: saved in {folder}")
    return 0


def _spy(folder: Path) -> Iterator[str]:
    with Lan(*HOSTS, kind="hub") as lan:
        overhear(lan, "").save("spy-hub", folder)
        yield "spy-hub"
    with Lan(*HOSTS) as lan:
        overhear(lan, "").save("spy-switch", folder)
        yield "spy-switch"
        lie(lan)
        overhear(lan, "").save("spy-between", folder)
        yield "spy-between"
        capture_of(lan.wire, at=ANN).save(folder / "spy-at-ann.pcap")
        yield "spy-at-ann"


def _reset(folder: Path) -> Iterator[str]:
    with (
        Lan(*HOSTS, kind="hub") as lan,
        Server(DEFAULT_PORT, host=lan[SERVER]) as server,
        Client(BOB, server.address, host=lan[BOB]) as bob,
        closing(ByHand(lan, server)) as ann,
    ):
        ann.say("JOIN ann")
        ann.say("WHO")
        with WireCapture(lan.wire):
            pass  # it ends when the wire has been quiet for a moment
        capture_of(lan.wire, at=EVE).save(folder / f"{HEARD}.pcap")
        yield HEARD
        save(dict(_attempts(ann, bob)), RESETS, folder)
        yield RESETS


def _attempts(ann: ByHand, bob: Client) -> Iterator[tuple[str, Moment]]:
    talk, needed = look(ann, "").conversation, next_number(ann)
    relative = add(needed, -(talk.isn(talk.server) or 0))
    numbers = {"blind": add(needed, FAR), "relative": relative, "in-window": add(needed, NEAR), "exact": needed}
    for name, seq in numbers.items():
        yield name, attempt(ann, seq, "")
    bob.say("ann, are you there?")
    yield "afterwards", look(ann, "")


def _flood(folder: Path) -> Iterator[str]:
    with Lan(*HOSTS) as lan:
        for name, syn_cookies in ((FLOODED, False), (COOKIES, True)):
            save({"flood": flood(lan, syn_cookies=syn_cookies)}, name, folder)
            yield name


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
