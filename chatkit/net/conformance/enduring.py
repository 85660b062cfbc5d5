"""What one client does must not make another one wait: the checks that run alone, since a bad server stalls for all."""

from chatkit.net.conformance.probe import Broken
from chatkit.net.conformance.rule import Rule, all_users
from chatkit.net.conformance.visit import Visit

_LINES_UNREAD = 240  # 1.9 MB: more than the buffers of systems hold for one who does not read
_LINE_BYTES = 8000
_ENDLESS = 10_000_000
_CROWD = 145  # their names fill more than one line
_LONG_NAME = 13  # code points, and the mark
_MAX_LINE_BYTES = 8192


def a_slow_reader_stops_nobody(visit: Visit) -> None:
    ann, bob, slow = visit.join("ann"), visit.join("bob"), visit.join("slow", small_window=True)
    slow.reads = False
    for number in range(_LINES_UNREAD):
        try:
            ann.say("x" * _LINE_BYTES)
            bob.get(f"SAID {ann.name}", "bob heard nothing more")
        except (Broken, TimeoutError):
            raise Broken(
                f"one client that does not read stopped the others: after {number} messages of {_LINE_BYTES} bytes bob "
                "heard nothing more; sendall() waits for the slowest, and everybody waits with it"
            ) from None


def no_end_in_sight(visit: Visit) -> None:
    ann, bob = visit.join("ann"), visit.join("bob")
    ann.pour(b"x" * _ENDLESS)
    ann.get("ERROR too-long", f"{_ENDLESS} bytes came without LF, and the server went on collecting them")
    if not bob.is_obeyed():
        raise Broken("what ann sent without LF cost bob his connection: his PING was not answered")


def a_long_list_takes_several_lines(visit: Visit) -> None:
    crowd = [visit.join(chr(0x20000 + number) * _LONG_NAME) for number in range(_CROWD)]  # 4 bytes each: CJK, plane 2
    ann = crowd[-1]
    ann.fence()
    ann.send("WHO")
    first = ann.get("USERS", f"WHO was not answered in a room of {_CROWD}")
    if len(first.encode()) >= _MAX_LINE_BYTES:
        raise Broken(f"USERS came in a line of {len(first.encode()) + 1} bytes, {_MAX_LINE_BYTES} are allowed")
    if missing := {one.name for one in crowd} - set(all_users(ann, first)):
        raise Broken(f"{len(missing)} of {_CROWD} who are in the room are not in USERS")


RULES = (
    Rule("others: 10 MB without LF: too-long, at their sender's cost", "10", no_end_in_sight),
    Rule("others: a crowd stands in USERS on several lines", "9", a_long_list_takes_several_lines, slow=True),
    Rule("others: a client that does not read stops nobody", "14", a_slow_reader_stops_nobody),
)
