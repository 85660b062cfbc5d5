"""Why the protocol is lines of text: `pickle.loads` does not read data, it obeys it (pickle, "Restricting Globals").

    harmful = with_a_surprise()                 bytes that eve sends instead of a list of users
    load_at_ann(lan, harmful)                   a program of ann's asks eve for the list, and loads what comes
    read_as_text(harmful)                       the same bytes, for a reader who only knows lines

The surprise is one call of print, and it happens in a process of its own.
"""

import pickle
import subprocess
import sys

from chatkit.errors import ProtocolError
from chatkit.faces.notebook.stand_in import StandIn
from chatkit.lan.lan import Lan
from chatkit.protocol.messages import decode_reply

SENTENCE = "This line is eve's. She chose the function and its argument, and ann's computer has called it."
PATIENCE = 10.0  # seconds

_ASKS_AND_LOADS = """
import pickle, socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as connected:
    data = b"".join(iter(lambda: connected.recv(4096), b""))
print("ann's program prints the list of users:", pickle.loads(data))
"""


class _Surprise:
    """Pickled, it is no object, but a note to call a function: whoever loads it calls."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, (SENTENCE,)


def with_a_surprise() -> bytes:
    """What eve sends instead of a list."""
    return pickle.dumps(_Surprise())


def load_at_ann(lan: Lan | StandIn, data: bytes) -> str:
    """Let a program in ann's host connect to eve, load the bytes that come, and give all that it printed."""
    with lan["eve"].listen(0) as door:
        door.settimeout(PATIENCE)
        address, port = lan["eve"].address, door.getsockname()[1]
        program = (sys.executable, "-c", _ASKS_AND_LOADS, address, str(port))
        with lan["ann"].run(program, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            with door.accept()[0] as caller:
                caller.sendall(data)
            return str(process.communicate(timeout=PATIENCE)[0])


def read_as_text(data: bytes) -> str:
    """Read the first line as chat/1: the message, or the reason why it is none. Nothing is ever called."""
    try:
        return repr(decode_reply(data.partition(b"\n")[0]))
    except ProtocolError as error:
        return f"no message: {error.text}"
