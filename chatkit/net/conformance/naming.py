"""Which names there are, when two are the same, and who has one."""

import time

from chatkit.net.conformance.probe import Broken, Ending, Probe, listed
from chatkit.net.conformance.rule import Rule, heard_only, news_of, refused, same
from chatkit.net.conformance.visit import Visit
from chatkit.protocol.text import quote

_TAKEOVER = 3.0  # seconds that a silent holder has
_MAX_TRIES = 10

_BAD = {
    "": "is empty",
    "abcdefghijklmnopqrstu": "has 21 letters",
    "ann bob": "has a space in it",
    "ann!": "has a ! in it",
    "ann😀": "has an emoji in it, which is no letter",
    "ann\u3164": "has U+3164 in it, a letter that nobody can see",
    "ann\u200d": "has U+200D in it, which nobody can see",
    "\u0301ann": "begins with a mark, which has no letter to stand on",
}
_GOOD = ("Zoë_7", "नमस्ते", "이름", "أحمد")
_LONGEST = ("x", "é", "o\u0308")  # as often as 20 code points after NFC allow
_TWINS = ("ANN", "Ann", "ａｎｎ")  # noqa: RUF001 the full-width twin is the point


def bad_names(visit: Visit) -> None:
    ann = visit.arrive()
    for name, fault in _BAD.items():
        try:
            refused(ann, f"JOIN {name}", "bad-name")
        except Broken as bug:
            raise Broken(f"the name {quote(name)} {fault}, so it is a bad-name; {bug}") from None


def a_failed_join_may_be_tried_again(visit: Visit) -> None:
    ann = visit.arrive()
    refused(ann, "JOIN ann!", "bad-name")
    _let_in(ann, visit.marked("ann"))


def who_asks_and_half_closes_is_answered(visit: Visit) -> None:
    ann, other = visit.join("ann"), visit.arrive()
    other.send(f"JOIN {ann.name}")
    other.half_close()
    if not ann.is_obeyed():
        raise Broken(f"{ann.name} answers PING, but lost name and connection to one who asked for the name")
    other.get("ERROR name-taken", "a newcomer that half-closed was not told that the name is taken")


def ten_tries(visit: Visit) -> None:
    ann = visit.arrive()
    for _ in range(_MAX_TRIES - 1):
        refused(ann, "JOIN ann!", "bad-name")
    ann.send("JOIN ann!")
    ann.get("ERROR too-many-tries", f"after {_MAX_TRIES} JOINs that failed, too-many-tries ends the connection")
    if ann.end() is Ending.OPEN:
        raise Broken("too-many-tries is fatal, but the server did not end the connection after it")


def good_names(visit: Visit) -> None:
    room_left = 20 - len(visit.marked(""))
    for word in (*_GOOD, *(letter * room_left for letter in _LONGEST)):
        _let_in(visit.arrive(), visit.marked(word))


def names_become_nfc(visit: Visit) -> None:
    ann = visit.arrive()
    ann.send("JOIN " + visit.marked("rene\u0301"))
    reply = ann.get("WELCOME", "the name with e and U+0301, which NFC makes one letter, did not let the client in")
    if reply == "WELCOME " + visit.marked("rene\u0301"):
        raise Broken("names are normalised to NFC: e and U+0301 become one letter; they stayed two")
    same(reply, "WELCOME " + visit.marked("ren\u00e9"), "WELCOME says what the name became")


def a_name_is_taken(visit: Visit) -> None:
    ann, other = visit.join("ann"), visit.arrive()
    _refused_while_she_lives(ann, other, ann.name, f"{ann.name} is in the room, and answers PING")
    _let_in(other, visit.marked("bob"))


def names_are_folded(visit: Visit) -> None:
    ann, other = visit.join("ann"), visit.arrive()
    for twin in _TWINS:
        bug = f"names are not folded: {quote(twin)} is the same as ann, who is in the room"
        _refused_while_she_lives(ann, other, visit.marked(twin), bug)


def the_strasse_has_one_name(visit: Visit) -> None:
    strasse, other = visit.join("Straße"), visit.arrive()
    bug = "names are not folded: STRASSE is the same as Straße, who is in the room"
    _refused_while_she_lives(strasse, other, visit.marked("STRASSE"), bug)


def tell_finds_a_folded_name(visit: Visit) -> None:
    ann, bob = visit.join("ann"), visit.join("bob")
    ann.send(f"TELL {visit.marked('BOB')} {visit.marked('psst')}")
    bob.get("TOLD", "names are not folded: TELL BOB did not reach bob")


def a_name_is_free_again(visit: Visit) -> None:
    ann = visit.join("ann")
    ann.send("QUIT")
    ann.get("BYE", "QUIT was not answered by BYE")
    _let_in(visit.arrive(), ann.name, "the name of one who left is not free again")


def a_silent_holder_is_replaced(visit: Visit) -> None:
    bob, ann, newcomer = visit.join("bob"), visit.join("ann"), visit.arrive()
    bob.get(f"JOINED {ann.name}", "ann joined, and bob, who was there, did not hear of it")
    ann.answers_ping = False
    asked = time.monotonic()
    newcomer.send(f"JOIN {ann.name}")
    ann.get("PING", "somebody asked for ann's name from ann's address, and ann was not asked by PING if she lives")
    bug = f"ann did not answer PING for {_TAKEOVER:g} seconds, and a newcomer did not get her name"
    newcomer.get("WELCOME", bug, patience=_TAKEOVER + visit.patience)
    if (waited := time.monotonic() - asked) < _TAKEOVER / 2:
        raise Broken(f"ann lost her name after {waited:.1f} seconds, she has {_TAKEOVER:g} to answer PING")
    if ann.end() is Ending.OPEN:
        raise Broken("the silent client was replaced, but its connection was not closed")
    heard = [line.split(" ")[0] for line in news_of(ann.name, bob.until(f"JOINED {ann.name}"))]
    heard_only(heard, ["LEFT", "JOINED"], "ann was replaced by a newcomer with her name, and bob heard it wrong")


RULES = (
    Rule("names: nothing but letters, digits, _ and -, with their marks", "6", bad_names),
    Rule("names: 20 code points of any script", "6", good_names),
    Rule("names: a failed JOIN may be tried again", "7", a_failed_join_may_be_tried_again),
    Rule("names: the tenth JOIN that fails is fatal", "10", ten_tries),
    Rule("names: normalised to NFC", "6", names_become_nfc),
    Rule("names: one that is in the room is taken", "11", a_name_is_taken),
    Rule("names: who asks for one and half-closes is answered", "11", who_asks_and_half_closes_is_answered),
    Rule("names: ANN is ann, in full-width letters too", "6", names_are_folded),
    Rule("names: STRASSE is Straße", "6", the_strasse_has_one_name),
    Rule("names: TELL BOB reaches bob", "6", tell_finds_a_folded_name),
    Rule("names: free again once somebody left", "11", a_name_is_free_again),
    Rule("names: a holder that is silent for 3 s is replaced", "11", a_silent_holder_is_replaced, slow=True),
)


def _let_in(probe: Probe, name: str, bug: str = "") -> None:
    probe.send(f"JOIN {name}")
    probe.get("WELCOME", bug or f"{quote(name)} is a good name, but did not let the client in")


def _refused_while_she_lives(holder: Probe, other: Probe, name: str, bug: str) -> None:
    """The name is held by one who answers PING meanwhile, as all probes of a visit do."""
    other.send(f"JOIN {name}")
    reply = other.next()
    if not holder.is_obeyed():
        raise Broken(f"{holder.name} answers PING, but lost name and connection to one who asked for {name}")
    if reply is None or not reply.startswith("ERROR name-taken"):
        came = listed([reply] if reply else [])
        raise Broken(f"{bug}; JOIN {name} was not answered by ERROR name-taken, {came} came")
