"""HELLO, JOIN, USERS, JOINED: how a client comes in."""

from chatkit.net.conformance.probe import Broken, listed
from chatkit.net.conformance.rule import Rule, all_users, never_heard, refused, refused_for_good, same
from chatkit.net.conformance.visit import Visit
from chatkit.protocol.text import quote

_SILENT = 6


def hello(visit: Visit) -> None:
    first = visit.connect().next()
    if first is None:
        raise Broken(
            f"nothing came within {visit.patience:g} seconds of connecting; the server speaks first, "
            "after the handshake of TLS if it seals (--tls)"
        )
    if first.rstrip("\r").split(" ")[:2] != ["HELLO", "chat/1"]:
        raise Broken(f"the first line was {quote(first)}, not HELLO chat/1 and a text")
    if first.endswith("\r"):
        raise Broken("HELLO ended with CR LF; a server ends its lines with LF alone")


def welcome(visit: Visit) -> None:
    ann, name = visit.arrive(), visit.marked("ann")
    ann.send(f"JOIN {name}")
    bug = "JOIN ann was not answered by WELCOME ann"
    same(ann.get("WELCOME", bug), f"WELCOME {name}", bug)


def the_silent_stop_nobody(visit: Visit) -> None:
    silent = [visit.connect() for _ in range(_SILENT)]
    silent[0].send_raw(b"JOIN nev")
    try:
        visit.join("ann")
    except Broken as bug:
        raise Broken(
            f"while {_SILENT} clients were connected and said nothing, a newcomer had to wait ({bug}); "
            "the loop that accepts must not read"
        ) from None


def users_follow_welcome(visit: Visit) -> None:
    ann = visit.join("ann")
    after = ann.next()
    if after is None or not after.startswith("USERS "):
        raise Broken(f"after WELCOME comes USERS N and the names, at once; {listed([after] if after else [])} came")
    all_users(ann, after)


def users_counts_everybody(visit: Visit) -> None:
    bob, ann = visit.join("bob"), visit.join("ann")
    ann.fence()
    ann.send("WHO")
    names = all_users(ann, ann.get("USERS", "WHO was not answered"))
    for one in (ann, bob):
        if names.count(one.name) != 1:
            raise Broken(f"{one.name} is in the room, and stands {names.count(one.name)} times in USERS")


def the_others_hear_joined(visit: Visit) -> None:
    bob, ann = visit.join("bob"), visit.join("ann")
    bob.get(f"JOINED {ann.name}", "ann joined, and bob, who was there, did not hear of it")


def the_newcomer_does_not_hear_joined(visit: Visit) -> None:
    ann, name = visit.arrive(), visit.marked("ann")
    ann.send(f"JOIN {name}")
    heard = ann.until("WELCOME") + ann.fence()
    never_heard(heard, f"JOINED {name}", "JOINED was sent to the newcomer itself; it is for the others")


def who_has_not_joined_hears_nothing(visit: Visit) -> None:
    stranger, bob, ann = visit.arrive(), visit.join("bob"), visit.join("ann")
    ann.say(visit.marked("secret"))
    bob.get(f"SAID {ann.name}", "what ann said did not reach bob")
    heard = [line for line in stranger.fence() if visit.mark in line]
    if heard:
        raise Broken(f"a client that had not joined heard the room: {listed(heard)} came")


def verbs_in_any_case(visit: Visit) -> None:
    ann, bob = visit.arrive(), visit.join("bob")
    ann.send(f"join {visit.marked('ann')}")
    ann.get("WELCOME", "verbs are taken in capitals only: join in small letters did not let ann in")
    ann.send(f"sAy {visit.marked('hi')}")
    bob.get("SAID", "verbs are taken in capitals only: sAy was not obeyed")


def not_joined(visit: Visit) -> None:
    stranger = visit.arrive()
    for line in (f"SAY {visit.marked('hi')}", f"TELL {visit.marked('bob')} hi", "WHO"):
        refused(stranger, line, "not-joined")


def already_joined(visit: Visit) -> None:
    ann = visit.join("ann")
    for line in (f"JOIN {visit.marked('bob')}", "PASS secret"):
        refused(ann, line, "already-joined")


def ping_is_answered(visit: Visit) -> None:
    stranger, ann = visit.arrive(), visit.join("ann")
    for probe, when in ((stranger, "before JOIN"), (ann, "after JOIN")):
        probe.send("PING  a token ☕ ")
        same(probe.get("PONG", f"PING {when} was not answered"), "PONG  a token ☕ ", f"PING {when}")
    ann.send("PONG 42")
    never_heard(ann.fence(), "ERROR", "PONG has no answer")


def pass_is_ignored_in_an_open_room(visit: Visit) -> None:
    ann = visit.arrive()
    ann.send("PASS let me in")
    never_heard(ann.fence(), "", "PASS has no answer, it is judged at JOIN")
    ann.send(f"JOIN {visit.marked('ann')}")
    ann.get("WELCOME", "PASS in a room without a password kept ann out")


def password_needed(visit: Visit) -> None:
    stranger = visit.connect()
    stranger.get("HELLO", "a client that connected was not greeted")
    refused(stranger, f"JOIN {visit.marked('ann')}", "password-needed")


def wrong_password(visit: Visit) -> None:
    stranger = visit.connect()
    stranger.get("HELLO", "a client that connected was not greeted")
    stranger.send(f"PASS {visit.marked('wrong')}")
    for _ in range(2):
        refused(stranger, f"JOIN {visit.marked('ann')}", "wrong-password")
    refused_for_good(stranger, f"JOIN {visit.marked('ann')}", "wrong-password")


FIRST = (  # without these, nothing else can be tried
    Rule("the server speaks first: HELLO chat/1", "9", hello),
    Rule("JOIN is answered by WELCOME and the name", "8", welcome),
    Rule("clients that say nothing stop nobody", "14", the_silent_stop_nobody),
)

RULES = (
    Rule("USERS follows WELCOME", "8", users_follow_welcome),
    Rule("USERS N counts and names everybody, oneself too", "9", users_counts_everybody),
    Rule("the others hear JOINED", "8", the_others_hear_joined),
    Rule("the newcomer does not hear its own JOINED", "9", the_newcomer_does_not_hear_joined),
    Rule("who has not joined hears nothing of the room", "13", who_has_not_joined_hears_nothing),
    Rule("verbs are taken in any case", "3", verbs_in_any_case),
    Rule("SAY, TELL, WHO before JOIN: not-joined", "7", not_joined),
    Rule("JOIN, PASS after JOIN: already-joined", "7", already_joined),
    Rule("PING is answered by PONG, before JOIN too", "8", ping_is_answered),
)

IN_AN_OPEN_ROOM = (Rule("PASS is ignored where the room has no password", "8", pass_is_ignored_in_an_open_room),)

IN_A_LOCKED_ROOM = (
    Rule("JOIN without PASS: password-needed", "10", password_needed),
    Rule("a wrong password is told, and fatal the third time", "10", wrong_password),
)
