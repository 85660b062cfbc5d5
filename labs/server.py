"""The chat server. Start it, connect to it twice, watch its threads; then read where each step happens.

    python3 labs/server.py          here; Ctrl-C ends it
    nc 127.0.0.1 9898               in a second terminal, and in a third: type what the greeting says

    socket, bind, listen            chatkit/net/host.py          listen: a port to which clients can connect
    accept                          chatkit/net/server.py        _accept: one thread waits for the next client ...
    a thread for each client        chatkit/net/server.py        _read: ... and one for each waits for what it says
    recv, cut into lines            chatkit/protocol/framing.py  a stream has no messages, only the LF between them
    who hears what                  chatkit/protocol/room.py     the rules, without any socket
    send to all the others          chatkit/net/postman.py       _deliver: one thread writes, so all see one order
    FIN, close                      chatkit/net/postman.py       _close_seats: after a BYE
"""

import signal
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that chatkit is found without being installed

from chatkit.bootstrap import old_python

if old_python.is_too_old():
    sys.exit(old_python.complaint(["serve"]))

from chatkit.errors import MachineError
from chatkit.net.event import Event
from chatkit.net.server import Server

screen = threading.Lock()  # guards the screen: the lines of two threads must not mix


def show(event: Event) -> None:
    """Print what happened, and in which thread; the server calls this in the thread in which it happened."""
    address = "{}:{}".format(*event.address) if event.address else ""
    size = f"{event.bytes} bytes" if event.bytes else ""
    with screen:
        print(f"{event.thread:14} {event.what.value:10} {address:21}", event.who, size, event.text, flush=True)


ctrl_c: list[int] = []
signal.signal(signal.SIGINT, lambda number, frame: ctrl_c.append(number))  # only noted, so that we end in our own time

server = Server(port=int(sys.argv[1]) if len(sys.argv) > 1 else 9898)
server.subscribe(show)
try:
    server.start()
except MachineError as error:  # such as: the port is taken
    sys.exit(str(error))
with screen:
    print(f"Connections are allowed, on {server.address[0]} port {server.address[1]}. Ctrl-C ends it.", flush=True)
while not ctrl_c:
    time.sleep(0.2)  # the main thread has nothing to do: the other threads are the server
server.stop()
