"""The chat server of the kit: a thread for each client that waits for what it says, and one that writes to all.

    python3 labs/04-a-thousand-clients/threads_server.py [PORT]        Ctrl-C ends it

    the thread of ann     recv ... waits ...          lines --.
    the thread of bob     recv ... waits ...          lines --+-->  the postman: rules, then a send to each
    the thread of carl    recv ... waits ...          lines --'

A thread that waits costs memory, and no time: the system does not look at it until something has come.
Read `chatkit/net/server.py` (accept, read) and `chatkit/net/postman.py` (write).
"""

import contextlib
import threading

from starting import FOR_A_CROWD, allow_descriptors, say_port, wanted_port

from chatkit.net.server import Server

if __name__ == "__main__":
    allow_descriptors()
    with contextlib.suppress(KeyboardInterrupt), Server(wanted_port(), limits=FOR_A_CROWD) as server:
        say_port(server.address[1])
        threading.Event().wait()  # the main thread has nothing to do
