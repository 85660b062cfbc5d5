"""What an ordinary user does with a LAN. It is run as a file, where chatkit and pyroute2 are found, and prints JSON."""

import json
import os
import subprocess
import time
from queue import Queue

from chatkit import Client, Server
from chatkit.lan import Lan, drop
from chatkit.protocol.messages import Said

PATIENCE = 10.0  # seconds

started = time.perf_counter()
with Lan("server", "ann", "bob") as lan:
    report = {"user": os.geteuid(), "seconds": time.perf_counter() - started, "remarks": lan.remarks}
    lost = lan.wire.add(drop(nth=2, sent_by="ann", carrying_data=True))
    heard: Queue[object] = Queue()
    with Server(host=lan["server"]) as server, Client("bob", server.address, host=lan["bob"], listener=heard.put):
        with Client("ann", server.address, host=lan["ann"]) as ann:
            ann.say("hello")
            while not isinstance(said := heard.get(timeout=PATIENCE), Said):
                pass
    with lan["ann"].run(["cat", "/etc/hosts"], stdout=subprocess.PIPE, text=True) as cat:
        names = cat.communicate(timeout=PATIENCE)[0].splitlines()[:3]
    report |= {"said": said.text, "dropped": lost.applied, "names": names, "ended": cat.returncode}
print(json.dumps(report))
