"""QUIT, LEFT, and the end of a connection."""

from chatkit.net.conformance.probe import Broken, Ending, Probe
from chatkit.net.conformance.rule import Rule, never_heard, same
from chatkit.net.conformance.visit import Visit


def bye(visit: Visit) -> None:
    ann = visit.join("ann")
    _quits(ann)
    if ann.end() is Ending.OPEN:
        raise Broken("after BYE the server did not end the connection; where the client does not, the server does")


def bye_after_a_half_close(visit: Visit) -> None:
    ann = visit.join("ann")
    ann.send("QUIT")
    ann.half_close()
    bug = "ann said QUIT and half-closed, and got no BYE; b'' from recv() ends only the direction from the client"
    ann.get("BYE", bug)
    if ann.end() is Ending.OPEN:
        raise Broken("ann said QUIT and half-closed, and the server did not end its direction after BYE")


def bye_before_join(visit: Visit) -> None:
    _quits(visit.arrive())


def nothing_after_quit(visit: Visit) -> None:
    ann, bob = visit.join("ann"), visit.join("bob")
    ann.send_raw(f"QUIT\nSAY {visit.marked('late')}\n".encode())
    heard = bob.until(f"LEFT {ann.name}") + bob.fence()
    never_heard(heard, f"SAID {ann.name}", "ann was obeyed after her QUIT")


def left_has_the_last_word(visit: Visit) -> None:
    ann, bob = visit.join("ann"), visit.join("bob")
    ann.send("QUIT see you")
    line = bob.get("LEFT", "ann said QUIT, and bob did not hear LEFT")
    same(line, f"LEFT {ann.name} see you", "the text after QUIT is the text after LEFT")


def left_after_a_fin(visit: Visit) -> None:
    ann, bob = visit.join("ann"), visit.join("bob")
    ann.vanish()
    _heard_left_once(ann, bob, "ann's stream ended without QUIT")


def left_after_a_rst(visit: Visit) -> None:
    ann, bob = visit.join("ann"), visit.join("bob")
    ann.send_raw(b"SAY in the mid")
    ann.reset()
    _heard_left_once(ann, bob, "ann's connection was reset in mid-line")


def who_left_is_not_listed(visit: Visit) -> None:
    ann, bob = visit.join("ann"), visit.join("bob")
    ann.vanish()
    bob.until(f"LEFT {ann.name}")
    bob.send("WHO")
    listed = bob.get("USERS", "WHO was not answered")
    if ann.name in listed.split(" "):
        raise Broken("ann's stream has ended, and USERS still names her")


RULES = (
    Rule("QUIT is answered by BYE and the end", "12", bye),
    Rule("QUIT and a half-close: BYE comes all the same", "12", bye_after_a_half_close),
    Rule("QUIT before JOIN: BYE", "7", bye_before_join),
    Rule("QUIT is the last line that is obeyed", "7", nothing_after_quit),
    Rule("LEFT: the others hear it, with the last word", "8", left_has_the_last_word),
    Rule("LEFT: once, when a stream ends without QUIT", "12", left_after_a_fin),
    Rule("LEFT: once, when a connection is reset", "12", left_after_a_rst),
    Rule("USERS does not name who is gone", "9", who_left_is_not_listed),
)


def _quits(probe: Probe) -> None:
    probe.send("QUIT")
    probe.get("BYE", "QUIT was not answered by BYE")


def _heard_left_once(ann: Probe, bob: Probe, what: str) -> None:
    line = bob.get(f"LEFT {ann.name}", f"{what}, and bob did not hear LEFT")
    if line.split(" ")[1] != ann.name:
        raise Broken(f"{what}, and LEFT names {line.split(' ')[1]}")
    never_heard(bob.fence(), f"LEFT {ann.name}", f"{what}, and LEFT came more than once")
