"""Who hears what: SAY, TELL, WHO; each text once, in order, byte for byte."""

from chatkit.net.conformance.probe import Broken, Probe, listed
from chatkit.net.conformance.rule import Rule, heard_only, never_heard, news_of, refused, same
from chatkit.net.conformance.visit import Visit

_ROUNDS = 15
_FLOOD = 250  # more than the burst that chatkit allows: the rest is read later
_MAX_TEXT_BYTES = 8000

_SPACED = ("  two before", "two after  ", "two  between", "   ")
_UNTOUCHED = {
    "👩\u200d👩\u200d👧": "the joiners (ZWJ) of an emoji",
    "می\u200cخواهم": "the ZWNJ of a Persian word",  # noqa: RUF001
    "☕\ufe0f": "a variation selector",
    "a\u200fb\u200ec": "the direction marks RLM and LRM",
    "e\u0301 is not \u00e9": "a text that is not NFC",
    "\ufeff bom": "U+FEFF, which is dropped at the start of the stream only",
}


def the_others_hear_said(visit: Visit) -> None:
    ann, bob, carl = (visit.join(word) for word in ("ann", "bob", "carl"))
    ann.say(visit.marked("hello"))
    for listener in (bob, carl):
        line = listener.get("SAID", f"ann said hello, and {listener.name} did not hear it")
        same(line, f"SAID {ann.name} {visit.marked('hello')}", f"ann said hello, and {listener.name} heard it wrong")


def the_sender_does_not(visit: Visit) -> None:
    ann, bob = visit.join("ann"), visit.join("bob")
    ann.say(visit.marked("hello"))
    bob.get("SAID", "ann said hello, and bob did not hear it")
    never_heard(ann.fence(), "SAID", "the sender was echoed: ann's own SAY came back to her; she knows what she said")


def once_and_in_one_order(visit: Visit) -> None:
    """Three talk at the same time; a round is heard before the next begins, so no line is glued to another."""
    bob, carl = visit.join("bob"), visit.join("carl")
    speakers = [visit.join(word) for word in ("ann", "dan", "eve")]
    said = {one.name: [f"{visit.marked('text')}-{number}" for number in range(_ROUNDS)] for one in speakers}
    heard: list[str] = []
    for number in range(_ROUNDS):
        for one in speakers:
            one.say(said[one.name][number])
        heard += _hear(bob, len(speakers))
    for name, texts in said.items():
        bug = f"each message comes exactly once, in its sender's order; {_ROUNDS} of {name}'s reached bob wrong"
        heard_only(news_of(name, heard), [f"SAID {name} {text}" for text in texts], bug)
    _same_order(heard, _hear(carl, len(heard)))


def tell_reaches_one(visit: Visit) -> None:
    ann, bob, carl = (visit.join(word) for word in ("ann", "bob", "carl"))
    ann.send(f"TELL {bob.name} {visit.marked('psst')}")
    line = bob.get("TOLD", "ann told bob something, and he did not hear it")
    same(line, f"TOLD {ann.name} {visit.marked('psst')}", "ann told bob something, and he heard it wrong")
    for other in (ann, carl):
        overheard = [line for line in other.fence() if visit.marked("psst") in line]
        if overheard:
            raise Broken(f"TELL went to others than the one it names: {other.name} heard {listed(overheard)}")


def tell_oneself(visit: Visit) -> None:
    ann = visit.join("ann")
    ann.send(f"TELL {ann.name} {visit.marked('note')}")
    line = ann.get("TOLD", "ann told herself something, which is allowed, and did not hear it")
    same(line, f"TOLD {ann.name} {visit.marked('note')}", "ann told herself something, and heard it wrong")


def no_such_name(visit: Visit) -> None:
    refused(visit.join("ann"), f"TELL {visit.marked('nobody')} hi", "no-such-name")


def spaces_stay(visit: Visit) -> None:
    ann, bob = visit.join("ann"), visit.join("bob")
    for text in _SPACED:
        _passed_on(ann, bob, text, "spaces were stripped; a text is passed on byte for byte")


def no_text_is_touched(visit: Visit) -> None:
    ann, bob = visit.join("ann"), visit.join("bob")
    for text, what in _UNTOUCHED.items():
        _passed_on(ann, bob, text, f"{what} must arrive as it was sent")


def a_long_text_passes(visit: Visit) -> None:
    ann, bob = visit.join("ann"), visit.join("bob")
    text = "é" * (_MAX_TEXT_BYTES // 2)
    ann.say(text)
    line = bob.get(f"SAID {ann.name}", f"a text of {_MAX_TEXT_BYTES} bytes, which is allowed, did not reach bob")
    if line != f"SAID {ann.name} {text}":
        arrived = len(line.encode()) - len(f"SAID {ann.name} ")
        raise Broken(f"of a text of {_MAX_TEXT_BYTES} bytes, {arrived} reached bob; they may come in many recv() calls")


def a_flood_is_slowed_not_lost(visit: Visit) -> None:
    ann, bob = visit.join("ann"), visit.join("bob")
    texts = [f"{visit.marked('text')}-{number}" for number in range(_FLOOD)]
    ann.pour("".join(f"SAY {text}\n" for text in texts).encode())
    heard: list[str] = []
    while len(heard) < _FLOOD and (line := bob.next()):
        heard += [line] if line.startswith("SAID") else []
    bug = f"{_FLOOD} messages sent at once did not all reach bob, once and in order"
    heard_only(heard, [f"SAID {ann.name} {text}" for text in texts], bug)


def nobody_is_heard_before_joined(visit: Visit) -> None:
    bob, ann = visit.join("bob"), visit.join("ann")
    ann.say(visit.marked("hello"))
    heard = news_of(ann.name, bob.until(f"SAID {ann.name}"))
    wanted = [f"JOINED {ann.name}", f"SAID {ann.name} {visit.marked('hello')}"]
    heard_only(heard, wanted, "ann joined and said hello, and bob heard it wrong")


RULES = (
    Rule("SAY: the others hear SAID", "8", the_others_hear_said),
    Rule("SAY: the sender does not", "8", the_sender_does_not),
    Rule("SAY: nobody is heard before their JOINED", "13", nobody_is_heard_before_joined),
    Rule("SAY: each exactly once, in one order for all", "13", once_and_in_one_order),
    Rule("SAY: 250 that are sent at once all arrive", "14", a_flood_is_slowed_not_lost),
    Rule("SAY: spaces arrive as they were sent", "5", spaces_stay),
    Rule("SAY: joiners, selectors, marks arrive as they were sent", "5", no_text_is_touched),
    Rule("SAY: 8000 bytes of text pass", "5", a_long_text_passes),
    Rule("TELL: reaches that one, and nobody else", "8", tell_reaches_one),
    Rule("TELL: to oneself is allowed", "8", tell_oneself),
    Rule("TELL: to nobody who is here: no-such-name", "10", no_such_name),
)


def _hear(probe: Probe, count: int) -> list[str]:
    """Give the next so many SAIDs."""
    return [probe.get("SAID", "of what several said at the same time, some was lost") for _ in range(count)]


def _same_order(first: list[str], second: list[str]) -> None:
    if first != second:
        at = next(number for number, (one, other) in enumerate(zip(first, second, strict=True)) if one != other)
        raise Broken(
            f"two listeners heard the same talk in two orders: where bob heard {listed(first[at : at + 2])}, "
            f"carl heard {listed(second[at : at + 2])}; all share one order"
        )


def _passed_on(ann: Probe, bob: Probe, text: str, bug: str) -> None:
    ann.say(text)
    line = bob.get("SAID", f"{bug}; it did not reach bob")
    same(line, f"SAID {ann.name} {text}", bug)
