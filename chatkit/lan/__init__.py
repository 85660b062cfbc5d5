"""Where it runs: a private LAN of real hosts, and a programmable wire between them, for an ordinary user of Linux.

    lan         the whole of it: hosts by name, and the wire; plan, who has which address
    host        sockets and programs of one host; settings, how its TCP behaves; tcp_info, what it knows of a connection
    wire        what can be done to the wire, and seen of it: log, what became of every frame
    mover       the thread that moves the frames: port, switching, rule_list, waiting, watch are its parts
    rules       drop, delay, ...; rule and when, what a rule is; lines; headers, datagram, checksums of a frame
    scenarios   what can happen to TCP, to be had at any time; stage, plays, troubles
    attacks     what a stranger can do to the hosts, and to nobody else
    helper      our end of the process that holds the namespaces; inside and enter run there; remedies, where they can't

Only the helper imports pyroute2, and only Linux is asked for what only Linux has.
"""

from chatkit.lan.lan import Lan as Lan
from chatkit.lan.lan import why_no_lan as why_no_lan
from chatkit.lan.rules import corrupt as corrupt
from chatkit.lan.rules import delay as delay
from chatkit.lan.rules import drop as drop
from chatkit.lan.rules import duplicate as duplicate
from chatkit.lan.rules import limit as limit
from chatkit.lan.rules import reorder as reorder
from chatkit.lan.rules import rewrite as rewrite
from chatkit.lan.tcp_info import tcp_info as tcp_info
