"""What TLS adds to the rules, where a server seals."""

from chatkit.net.conformance.probe import Broken, Ending
from chatkit.net.conformance.rule import Rule
from chatkit.net.conformance.visit import Visit

_SILENT = 3


def the_end_is_sealed(visit: Visit) -> None:
    ann = visit.join("ann")
    ann.send("QUIT")
    ann.get("BYE", "QUIT was not answered by BYE")
    ann.half_close()
    if ann.end() is Ending.OPEN:
        raise Broken("after BYE the server did not end the connection")
    if visit.trouble(ann):
        raise Broken(
            "after BYE the server's stream ended without close_notify, as one that was cut by somebody on the way; "
            "unwrap(), or its like, comes before close()"
        )


def who_does_not_shake_hands_stops_nobody(visit: Visit) -> None:
    silent = [visit.knock() for _ in range(_SILENT)]
    try:
        visit.join("ann")
    except Broken as bug:
        raise Broken(
            f"while {_SILENT} clients were connected and did not begin the handshake of TLS, a newcomer had to wait "
            f"({bug}); the handshake belongs into each client's own thread, not into the loop that accepts"
        ) from None
    for probe in silent:
        probe.vanish()


RULES = (
    Rule("TLS: who does not shake hands stops nobody", "15", who_does_not_shake_hands_stops_nobody),
    Rule("TLS: the server's end is sealed with close_notify", "15", the_end_is_sealed),
)
