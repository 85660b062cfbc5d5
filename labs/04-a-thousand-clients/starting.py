"""How the three servers start: with as many descriptors as they may have, on a port that they print."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that chatkit is found without being installed

from chatkit.faces.notebook.crowd import allow_descriptors as allow_descriptors
from chatkit.protocol.limits import Limits

FOR_A_CROWD = Limits(max_clients=0, max_per_address=0, rate=0)  # a thousand clients come from one address


def wanted_port() -> int:
    """The number on the command line; 0 lets the system choose."""
    return int(sys.argv[1]) if len(sys.argv) > 1 else 0


def say_port(port: int) -> None:
    """Whoever has started the server may connect now."""
    print("listening on port", port, flush=True)
