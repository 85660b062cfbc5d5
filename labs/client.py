"""The client: it connects to the server over TCP, and shows the chat in a window.

    python3 labs/server.py        first, in one terminal
    python3 labs/client.py        then, in another; once for each user

Read on in chatkit/net/client.py, where the socket is: connect, send, recv, close.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that chatkit is found without being installed

from chatkit.__main__ import main

sys.exit(main(["window", *sys.argv[1:]]))
